"""All keys of the users table. The items of one user, their sessions among them, are one partition."""

from typing import Final

from shared.identity.users import normal_address, normal_name
from shared.ids import MailId, SessionId, UserId
from shared.store.codec import Item, text

SESSION_PREFIX: Final = "SESSION#"
_MAIL_PREFIX: Final = "MAIL#"  # also in template.yaml: the filter of the function that sends them


def _key(partition: str, sort: str) -> Item:
    return {"pk": text(partition), "sk": text(sort)}


def login_key(name: str) -> Item:
    """Returns the key of what a login reads of a user, which ignores the name's case."""
    return _key(f"NAME#{normal_name(name)}", "LOGIN")


def user_partition(user_id: UserId) -> str:
    """Returns the partition of a user's own items: the profile, the sessions, a code that was sent to them."""
    return f"USER#{user_id}"


def profile_key(user_id: UserId) -> Item:
    """Returns the key of a user's profile."""
    return _key(user_partition(user_id), "PROFILE")


def session_key(user_id: UserId, family: SessionId) -> Item:
    """Returns the key of a session."""
    return _key(user_partition(user_id), f"{SESSION_PREFIX}{family}")


def session_in(key: Item) -> SessionId:
    """Returns the id of a session in its key."""
    return SessionId(str(key["sk"]["S"]).removeprefix(SESSION_PREFIX))


def address_partition(address: str) -> str:
    """Returns the partition of what is known of an e-mail address, in any case and composition."""
    return f"EMAIL#{normal_address(address)}"


def address_key(address: str) -> Item:
    """Returns the key of the user to whom an e-mail address belongs. There is one for verified addresses only."""
    return _key(address_partition(address), "ADDRESS")


def mails_key(address: str) -> Item:
    """Returns the key of the mails that were lately sent to an e-mail address."""
    return _key(address_partition(address), "MAILS")


def verification_code_key(user_id: UserId) -> Item:
    """Returns the key of the code that verifies the address of a user."""
    return _key(user_partition(user_id), "CODE#verification")


def reset_code_key(address: str) -> Item:
    """Returns the key of the code that resets the password of the user whose verified address is `address`."""
    return _key(address_partition(address), "CODE#reset")


def mail_key(mail_id: MailId) -> Item:
    """Returns the key of a mail that is to be sent."""
    return _key(f"{_MAIL_PREFIX}{mail_id}", "MAIL")


def mail_in(key: Item) -> MailId:
    """Returns the id of a mail in its key."""
    return MailId(str(key["pk"]["S"]).removeprefix(_MAIL_PREFIX))


def guess_key(counted: str) -> Item:
    """Returns the key of a counter of guesses; `counted` says whose guesses at what it counts."""
    return _key(f"GUESS#{counted}", "GUESS")
