"""The mails that wait to be sent: what is sent for each, to whom, and how often. Times are seconds since 1970 (UTC).

Everything that depends on whom an address belongs to is looked up here, behind the stream. So the routes that ask for a
mail do the same work, and give the same response, for every address.
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

# To one address, within any 24 hours.
MAILS_A_DAY: Final = 5
DAY_SECONDS: Final = 24 * 3600

Outcome = Literal[
    "sent",
    "late",  # not sent now: the stream delivers it again
    "refused",  # by the mail service, for good
    "address refused",
    "limited",  # the address had MAILS_A_DAY mails
    "nothing to send",  # it is sent already, or its reason is gone
    "off",  # the deployment sends no mails
]


class OutboxStore(Protocol):
    """Storage of mails, and of what their texts depend on. All methods raise Contended, Throttled and AnswerLost."""

    def is_waiting(self, mail: Mail) -> bool:
        """Returns whether the mail was neither sent nor dropped."""

    def remove(self, mail: Mail) -> None:
        """Deletes the mail, which was sent or dropped."""

    def count(self, to: str, mail: Mail, now: int) -> bool:
        """Counts the mail among those to an address, once. Returns whether it may be sent: not after MAILS_A_DAY."""

    def owner(self, address: str) -> UserId | None:
        """Returns the user whose verified address it is, in any case and composition; None if it is nobody's."""

    def profile(self, user_id: UserId) -> Profile | None:
        """Returns the profile of a user."""

    def account(self, username: str) -> Account | None:
        """Returns what a login reads of a user."""

    def put_verification_code(self, code: StoredCode, now: int) -> None:
        """Stores the code for the address of a user, in the place of an earlier one."""

    def put_reset_code(self, code: StoredCode, now: int) -> None:
        """Stores the code for the password of the user to whom its address belongs, in the place of an earlier one."""


@dataclass(frozen=True, slots=True)
class _Draft:
    """A mail about to be sent: whom to, what stores its code, and its text."""

    to: str = field(repr=False)
    store_code: Callable[[str], None]
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
            What became of it and, for a fault, its code.
        """
        why = ""
        try:
            try:
                outcome = self._send(mail, now)
            except MailRefused as refusal:
                outcome, why = "address refused" if isinstance(refusal, AddressRefused) else "refused", str(refusal)
            self.store.remove(mail)
        except StoreFault as fault:
            return "late", str(fault)
        return outcome, why

    def _send(self, mail: Mail, now: int) -> Outcome:
        if self.notifier is None:
            return "off"
        draft = self._draft(mail, now)
        if draft is None:
            return "nothing to send"
        if not self.store.count(draft.to, mail, now):
            return "limited"
        code = new_code(self.random_bytes)
        draft.store_code(code)
        letter = draft.letter(code)
        self.notifier.send(letter.to, letter.subject, letter.text)
        return "sent"

    def _draft(self, mail: Mail, now: int) -> _Draft | None:
        if mail.expires_at <= now or not self.store.is_waiting(mail):
            return None
        return self._verification(mail, now) if mail.kind == "verification" else self._reset(mail, now)

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
        def store_code(code: str) -> None:
            hashed = hash_of(code, "verification", profile.user_id)
            self.store.put_verification_code(StoredCode(hashed, profile.user_id, claim), now)

        return _Draft(claim.address, store_code, lambda code: notifications.verification(claim.address, code))

    def _notice(self, owner: UserId) -> _Draft | None:
        """Returns the mail to the user `owner`, whose address somebody else has entered. It has no code."""
        profile = self.store.profile(owner)
        if profile is None:
            return None
        to = profile.email
        return _Draft(to, lambda _: None, lambda _: notifications.already_used(to, profile.username))

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

        def store_code(code: str) -> None:
            hashed = hash_of(code, "reset", normal_address(claim.address))
            self.store.put_reset_code(StoredCode(hashed, account.user_id, claim), now)

        return _Draft(
            claim.address, store_code, lambda code: notifications.reset(claim.address, account.username, code)
        )
