"""The mails that wait to be sent: what is sent for each, to whom, and how often. Times are seconds since 1970 (UTC).

Everything that depends on whom an address belongs to is looked up here, behind the stream. So the routes that ask for a
mail do the same work, and give the same response, for every address.

What strangers can have sent is limited, by whom it is sent to and by who asks for it. A mail beyond a limit is dropped.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

from shared.errors import StoreFault
from shared.identity import notifications
from shared.identity.addresses import StoredCode, claim_of
from shared.identity.codes import hash_of, new_code
from shared.identity.mail import Mail
from shared.identity.notifications import AddressRefused, Letter, MailRefused, Notifier
from shared.identity.users import Account, AddressClaim, Profile, normal_address
from shared.ids import UserId

DAY_SECONDS: Final = 24 * 3600
# To one address, for the requests of one network, within any 24 hours: whoever needs more does not read them there.
MAILS_TO_AN_ADDRESS: Final = 5
# For the requests of all networks, and for verifications and resets each: otherwise a stranger who knows the address
# could keep its owner from verifying it or from resetting a password.
MAILS_TO_AN_ADDRESS_BY_ALL: Final = 4 * MAILS_TO_AN_ADDRESS
# For which one user has asked: as many as two addresses get, such as one with a typing error and the right one.
MAILS_OF_A_USER: Final = 2 * MAILS_TO_AN_ADDRESS
# For which the clients of one network have asked, however many users they have made for it: as many people as register
# at a school or a company in one day.
MAILS_OF_A_NETWORK: Final = 100

Outcome = Literal[
    "sent",
    "late",  # not sent now: the stream delivers it again
    "refused",  # by the mail service, for good
    "address refused",
    "limited",  # the address, the user or the network had all mails that it may have within a day
    "nothing to send",  # it is sent already, or its reason is gone
    "off",  # the deployment sends no mails
]


Limited = Literal["address", "user", "network"]


@dataclass(frozen=True, slots=True)
class MailLimit:
    """How many mails one subject may have within any 24 hours. `subject` is what distinguishes it from all others."""

    by: Limited
    subject: str = field(repr=False)
    mails: int


def _limits_of_asking(mail: Mail) -> list[MailLimit]:
    """Returns the limits of who has asked for a mail: the user, if it was one, before the network of all users."""
    network = MailLimit("network", f"NETWORK#{mail.network}", MAILS_OF_A_NETWORK)
    if mail.user_id is None:
        return [network]
    return [MailLimit("user", f"USER#{mail.user_id}", MAILS_OF_A_USER), network]


def _limits_of(mail: Mail, address: str) -> list[MailLimit]:
    """Returns the limits of what is sent to an address."""
    subject = f"{mail.kind.upper()}#{normal_address(address)}"
    return [
        MailLimit("address", f"{subject}#{mail.network}", MAILS_TO_AN_ADDRESS),
        MailLimit("address", subject, MAILS_TO_AN_ADDRESS_BY_ALL),
    ]


class OutboxStore(Protocol):
    """Storage of mails, and of what their texts depend on. All methods raise Contended, Throttled and AnswerLost."""

    def is_waiting(self, mail: Mail) -> bool:
        """Returns whether the mail was neither sent nor dropped."""

    def remove(self, mail: Mail) -> None:
        """Deletes the mail, which was sent or dropped."""

    def count(self, limit: MailLimit, mail: Mail, now: int) -> bool:
        """Counts the mail by a limit, once. Returns whether it may be sent: not if the limit is reached."""

    def owner(self, address: str) -> UserId | None:
        """Returns the user whose verified address it is, in any case and composition; None if it is nobody's."""

    def profile(self, user_id: UserId) -> Profile | None:
        """Returns the profile of a user."""

    def account(self, username: str) -> Account | None:
        """Returns what a login reads of a user."""

    def put_verification_code(self, code: StoredCode, now: int) -> bool:
        """Stores the code for the address of a user, in the place of an earlier one.

        Returns whether there still is such a user.
        """

    def put_reset_code(self, code: StoredCode, now: int) -> bool:
        """Stores the code for the password of a user, in the place of an earlier one.

        Returns whether its address still belongs to the user.
        """


@dataclass(frozen=True, slots=True)
class _Draft:
    """A mail about to be sent: whom to, what stores its code, and its text."""

    to: str = field(repr=False)
    store_code: Callable[[str], bool]
    letter: Callable[[str], Letter]


@dataclass(frozen=True, slots=True)
class Outbox:
    """Sends mails, each once: one that was sent is removed, and a second delivery then finds nothing to send.

    Only if the function ends, or the response of the mail service is lost, between sending and removing, a mail is sent
    twice. The code of the later one counts then.
    """

    store: OutboxStore
    notifier: Notifier | None
    random_bytes: Callable[[int], bytes]

    def send(self, mail: Mail, now: int) -> tuple[Outcome, str]:
        """Sends what is to be sent for `mail` at `now`, and removes it, unless that is `late`.

        Returns:
            What became of it and, for a fault, its code, or what the limit is of.
        """
        why = ""
        try:
            try:
                outcome, why = self._send(mail, now)
            except MailRefused as refusal:
                outcome, why = "address refused" if isinstance(refusal, AddressRefused) else "refused", str(refusal)
            self.store.remove(mail)
        except StoreFault as fault:
            return "late", str(fault)
        return outcome, why

    def _send(self, mail: Mail, now: int) -> tuple[Outcome, str]:
        if self.notifier is None:
            return "off", ""
        if mail.expires_at <= now or not self.store.is_waiting(mail):
            return "nothing to send", ""
        # Before it is looked up whether there is anything to send: otherwise whoever is about to reach a limit could
        # find out, by whether their own next mail comes, to which addresses mails are sent.
        reached = self._reached(_limits_of_asking(mail), mail, now)
        if reached is not None:
            return "limited", reached
        draft = self._verification(mail, now) if mail.kind == "verification" else self._reset(mail, now)
        if draft is None:
            return "nothing to send", ""
        reached = self._reached(_limits_of(mail, draft.to), mail, now)
        if reached is not None:
            return "limited", reached
        return ("sent" if self._deliver(draft, self.notifier) else "nothing to send"), ""

    def _deliver(self, draft: _Draft, notifier: Notifier) -> bool:
        """Sends a mail with a new code. Returns whether it did: not if the user is being erased."""
        code = new_code(self.random_bytes)
        if not draft.store_code(code):
            return False
        letter = draft.letter(code)
        notifier.send(letter.to, letter.subject, letter.text)
        return True

    def _reached(self, limits: list[MailLimit], mail: Mail, now: int) -> Limited | None:
        """Counts the mail by each of `limits`, up to the first that is reached, which is returned."""
        return next((limit.by for limit in limits if not self.store.count(limit, mail, now)), None)

    def _verification(self, mail: Mail, now: int) -> _Draft | None:
        profile = None if mail.user_id is None else self.store.profile(mail.user_id)
        claim = None if profile is None else claim_of(profile, now)
        if profile is None or claim is None or claim.address != mail.address:
            return None
        owner = self.store.owner(claim.address)
        if owner is not None and owner != profile.user_id:
            return self._notice(owner)
        return self._draft_of_code(profile, claim, now)

    def _draft_of_code(self, profile: Profile, claim: AddressClaim, now: int) -> _Draft:
        def store_code(code: str) -> bool:
            hashed = hash_of(code, "verification", profile.user_id)
            return self.store.put_verification_code(StoredCode(hashed, profile.user_id, claim), now)

        return _Draft(claim.address, store_code, lambda code: notifications.verification(claim.address, code))

    def _notice(self, owner: UserId) -> _Draft | None:
        """Returns the mail to the user `owner`, whose address somebody else has entered. It has no code."""
        profile = self.store.profile(owner)
        if profile is None:
            return None
        to = profile.email
        return _Draft(to, lambda _: True, lambda _: notifications.already_used(to, profile.username))

    def _reset(self, mail: Mail, now: int) -> _Draft | None:
        owner = self.store.owner(mail.address)
        profile = None if owner is None else self.store.profile(owner)
        account = None if profile is None else self.store.account(profile.username)
        if profile is None or account is None or account.disabled_at is not None:
            return None
        # To the address as it was verified: the one that was sent may be another mailbox, of the same normal form.
        claim = AddressClaim(profile.email, profile.email_set_at)
        if normal_address(claim.address) != normal_address(mail.address):
            return None

        def store_code(code: str) -> bool:
            hashed = hash_of(code, "reset", normal_address(claim.address))
            return self.store.put_reset_code(StoredCode(hashed, account.user_id, claim), now)

        return _Draft(
            claim.address, store_code, lambda code: notifications.reset(claim.address, account.username, code)
        )
