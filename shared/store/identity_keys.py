"""All keys of the users table. The items of one user, their sessions among them, are one partition."""

from hashlib import sha256
from typing import Final

from shared.identity.users import normal_address, normal_name
from shared.ids import ErasureId, MailId, SessionId, UserId
from shared.store.codec import Item, text

SESSION_PREFIX: Final = "SESSION#"
ERASURE_PREFIX: Final = "ERASURE#"
DUE_PARTITION: Final = "ERASURES"
_MAIL_PREFIX: Final = "MAIL#"  # also in template.yaml: the filter of the function that sends them


def _key(partition: str, sort: str) -> Item:
    return {"pk": text(partition), "sk": text(sort)}


def name_partition(name: str) -> str:
    """Returns the partition of a user name, in any case."""
    return f"NAME#{normal_name(name)}"


def login_key(name: str) -> Item:
    """Returns the key of what a login reads of a user, in any case of the name."""
    return _key(name_partition(name), "LOGIN")


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


def mails_key(subject: str) -> Item:
    """Returns the key of the count of the latest mails of a subject (`shared.identity.outbox.MailLimit`).

    It outlives users: otherwise who registers and erases users could send any number of mails. So it does not name the
    subject, which may be an e-mail address.
    """
    return _key(f"MAILS#{sha256(subject.encode()).hexdigest()}", "MAILS")


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


def name_guesses_partition(name: str) -> str:
    """Returns the partition of the counters of guesses at a user name, in any case."""
    return f"GUESS#NAME#{normal_name(name)}"


def guess_key(counted: str, by: str) -> Item:
    """Returns the key of a counter of guesses at what is `counted`, such as a name, by those whom `by` names.

    All counters of a name are one partition, so that it can be unlocked and erased.
    """
    return _key(f"GUESS#{counted}", by)


def erasure_key(erasure_id: ErasureId) -> Item:
    """Returns the key of an erasure, which is a job first and a certificate after it."""
    return _key(f"{ERASURE_PREFIX}{erasure_id}", "ERASURE")


def erasure_in(key: Item) -> ErasureId:
    """Returns the id of an erasure in its key."""
    return ErasureId(str(key["pk"]["S"]).removeprefix(ERASURE_PREFIX))


def erased_user_key(user_id: UserId) -> Item:
    """Returns the key of what says that a user is being erased, and by which erasure."""
    return _key(user_partition(user_id), "ERASURE")


def due_key(due_at: int, erasure_id: ErasureId) -> Item:
    """Returns the key of what says when an erasure has to go on: in order of time, so that those due are one Query."""
    return _key(DUE_PARTITION, f"{due_at:012}#{erasure_id}")


def due_up_to(now: int) -> str:
    """Returns a sort key after those of the erasures that are due at `now`, and before all others."""
    return f"{now + 1:012}"


def due_in(key: Item) -> ErasureId:
    """Returns the id of the erasure in the key of what says when it is due."""
    return ErasureId(str(key["sk"]["S"]).partition("#")[2])
