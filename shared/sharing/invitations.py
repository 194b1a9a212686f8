"""Invitations: codes that the owners of a calendar hand to people whose user names they do not know.

A code is good once, and as long as who has made it is an owner: what somebody has handed out ends with their right to
do so.
"""

import binascii
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Final, Protocol
from uuid import UUID

from shared import cursors, ids
from shared.errors import AnswerLost, Contended, InvalidCursor, NotFound
from shared.ids import CalendarId, UserId, default_calendar
from shared.request import Request
from shared.scheduling.roles import RIGHTS, InvitedRole, Role
from shared.sharing.calendars import CalendarRecord, Member, Standing, admitted
from shared.sharing.grants import (
    PAUSE_SECONDS,
    FirstShare,
    GrantReport,
    Grants,
    GrantStore,
    GrantWrite,
    Lookup,
    Refusal,
    RoleChange,
    explain,
    first_share,
    standing_of,
)

# 160 bits: nobody guesses one in the days for which it is good.
SECRET_BYTES: Final = 20
_CALENDAR_BYTES: Final = 16
_CODE_LENGTH: Final = 48
DAY: Final = 24 * 3600
_WHAT: Final = "invitation"


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation. Its `id` is the hash of the secret in the code, of which nothing else is kept."""

    id: str
    role: InvitedRole
    label: str = field(repr=False)
    made_by: UserId
    created_at: int
    expires_at: int


def code_of(calendar_id: CalendarId, secret: bytes) -> str:
    """Returns the code of a secret: 48 characters, which tell the calendar as well."""
    return urlsafe_b64encode(UUID(calendar_id).bytes + secret).decode()


def id_of(secret: bytes) -> str:
    """Returns the id of the invitation whose code has the secret."""
    return sha256(secret).hexdigest()


def parsed(code: str) -> tuple[CalendarId, str] | None:
    """Returns the calendar and the id of the invitation that a code is of; None if it is no code."""
    if len(code) != _CODE_LENGTH:
        return None
    try:
        decoded = b64decode(code, b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(decoded) != _CALENDAR_BYTES + SECRET_BYTES:
        return None
    calendar_id = CalendarId(str(UUID(bytes=decoded[:_CALENDAR_BYTES])))
    return calendar_id, id_of(decoded[_CALENDAR_BYTES:])


class InvitationStore(GrantStore, Protocol):
    """Storage of invitations. All methods raise Contended, Throttled (nothing was written) and AnswerLost."""

    def invited(self, calendar_id: CalendarId, user_id: UserId, invitation_id: str) -> tuple[Lookup, Invitation | None]:
        """Returns what `find` returns, and an invitation."""

    def add(
        self, calendar_id: CalendarId, invitation: Invitation, *, holder: UserId | None, first: FirstShare | None
    ) -> Refusal | None:
        """Stores an invitation to a calendar that is there, if `holder` is an owner; idempotent."""

    def drop(self, calendar_id: CalendarId, invitation_id: str, *, holder: UserId | None) -> Refusal | None:
        """Deletes an invitation, if there is one, and if `holder` is an owner."""

    def invitations(
        self, calendar_id: CalendarId, user_id: UserId, after: str, limit: int
    ) -> tuple[Lookup, list[Invitation], str | None]:
        """Returns what `find` returns, a page of invitations, and behind which it goes on."""


class Invitations:
    """The invitations to calendars, for the user of a request."""

    def __init__(
        self, store: InvitationStore, request: Request, report: GrantReport, random_bytes: Callable[[int], bytes]
    ) -> None:
        """Takes secrets from `random_bytes`, and reports changes of roles to `report`."""
        self._store = store
        self._request = request
        self._report = report
        self._random_bytes = random_bytes
        self._grants = Grants(store, request, report)
        self._unanswered = False

    def create(self, calendar_id: CalendarId, role: InvitedRole, label: str, days: int) -> tuple[Invitation, str]:
        """Makes an invitation, by an owner. Returns it and its code, which is not to be had again. One call.

        Raises:
            NotFound, NotAllowed: The caller is no owner.
        """
        request, secret = self._request, self._random_bytes(SECRET_BYTES)
        invitation = Invitation(id_of(secret), role, label, request.actor, request.now, request.now + days * DAY)
        request.deadline.retry(lambda: self._add(calendar_id, invitation), longest=PAUSE_SECONDS)
        return invitation, code_of(calendar_id, secret)

    def _add(self, calendar_id: CalendarId, invitation: Invitation) -> None:
        holder = self._holder(calendar_id)
        refusal = self._store.add(calendar_id, invitation, holder=holder, first=None)
        if refusal is None:
            return
        first = first_share(self._refused(calendar_id, refusal), self._request)
        if first is not None and self._store.add(calendar_id, invitation, holder=holder, first=first) is None:
            return
        raise Contended("the calendar or the role has changed meanwhile")

    def _holder(self, calendar_id: CalendarId) -> UserId | None:
        actor = self._request.actor
        return None if calendar_id == default_calendar(actor) else actor

    def _refused(self, calendar_id: CalendarId, refusal: Refusal) -> Standing:
        """Returns what the caller is in a calendar after a refusal. Raises NotFound and NotAllowed."""
        del refusal  # what is now counts, not what was in the way
        return admitted(self._grants.standing(calendar_id), "share")

    def page(self, calendar_id: CalendarId, limit: int, cursor: str | None) -> tuple[list[Invitation], str | None]:
        """Returns a page of the invitations that are good, to a calendar in which the caller may write.

        Raises:
            NotFound, NotAllowed: The caller may not write there.
            InvalidCursor: The cursor is none of this list.
        """
        request, query = self._request, f"invitations {calendar_id}"
        after = "" if cursor is None else cursors.decode(query, cursor, ("after",))["after"]
        if cursor is not None and not is_invitation_id(after):
            raise InvalidCursor
        lookup, found, following = request.deadline.retry(
            lambda: self._store.invitations(calendar_id, request.actor, after, limit)
        )
        admitted(standing_of(lookup, calendar_id, request), "write")
        live = [each for each in found if each.expires_at > request.now]
        return live, None if following is None else cursors.encode(query, {"after": following})

    def get(self, calendar_id: CalendarId, invitation_id: str) -> Invitation:
        """Returns an invitation to a calendar in which the caller may write.

        Raises:
            NotFound, NotAllowed: The caller may not write there, or the invitation was used, or has lapsed.
        """
        request = self._request
        lookup, invitation = request.deadline.retry(
            lambda: self._store.invited(calendar_id, request.actor, invitation_id)
        )
        admitted(standing_of(lookup, calendar_id, request), "write")
        if invitation is None or invitation.expires_at <= request.now:
            raise NotFound(_WHAT)
        return invitation

    def withdraw(self, calendar_id: CalendarId, invitation_id: str) -> None:
        """Deletes an invitation, if there is one, by an owner. One call.

        Raises:
            NotFound, NotAllowed: The caller is no owner.
        """
        self._request.deadline.retry(lambda: self._withdraw(calendar_id, invitation_id), longest=PAUSE_SECONDS)

    def _withdraw(self, calendar_id: CalendarId, invitation_id: str) -> None:
        refusal = self._store.drop(calendar_id, invitation_id, holder=self._holder(calendar_id))
        # There is none to a default calendar of which nothing is stored.
        if refusal is not None and self._refused(calendar_id, refusal).calendar.stored:
            raise Contended("the calendar or the role has changed meanwhile")

    def accept(self, code: str) -> Standing:
        """Makes the caller a member by a code, which is used up.

        A member whose role includes what the invitation gives, or something else, keeps it.

        Raises:
            NotFound: The code is none, or was used, has lapsed, or was withdrawn; or who made it is no owner any more.
        """
        named = parsed(code)
        if named is None:
            raise NotFound(_WHAT)
        return self._request.deadline.retry(lambda: self._accept(*named), longest=PAUSE_SECONDS)

    def _accept(self, calendar_id: CalendarId, invitation_id: str) -> Standing:
        request = self._request
        lookup, invitation = self._store.invited(calendar_id, request.actor, invitation_id)
        calendar, member = lookup.calendar, lookup.member
        if calendar is None or calendar.deleted_at is not None:
            raise NotFound(_WHAT)
        if invitation is None and self._unanswered and member is not None:
            return Standing(request.actor, calendar, member)  # an attempt without an answer has done it
        if invitation is None or invitation.expires_at <= request.now:
            raise NotFound(_WHAT)
        write = self._acceptance(calendar, member, invitation)
        try:
            refusal = self._store.write(write)
        except AnswerLost:
            self._unanswered = True
            raise
        if refusal is not None:
            if refusal.holder or refusal.invitation:
                raise NotFound(_WHAT)
            explain(refusal, write)
            raise Contended("the membership has changed meanwhile")
        for entry in write.log:
            self._report(calendar_id, entry)
        (change,) = write.changes
        return Standing(request.actor, calendar, self._member(member, change.after, invitation))

    def _acceptance(self, calendar: CalendarRecord, member: Member | None, invitation: Invitation) -> GrantWrite:
        """Returns the write that uses an invitation up. Raises NotFound if its own maker, no owner now, uses it."""
        request = self._request
        before = None if member is None else member.role
        after: Role = invitation.role
        if before is not None and not RIGHTS[after] >= RIGHTS[before]:
            after = before
        own = invitation.made_by == request.actor
        if own and before != "owner":
            raise NotFound(_WHAT)
        return GrantWrite(
            calendar.id,
            by=invitation.made_by,
            holder=None if own else invitation.made_by,
            changes=(RoleChange(request.actor, before, after, request.username, accepted=True),),
            log_ids=(ids.new_id(request.now_ns),),
            at=request.now,
            invitation=invitation.id,
        )

    def _member(self, before: Member | None, role: Role | None, invitation: Invitation) -> Member | None:
        request = self._request
        if role is None:
            return None
        if before is not None and before.role == role:
            return replace(before, accepted=True)
        return Member(
            request.actor,
            request.username,
            role,
            accepted=True,
            granted_by=invitation.made_by,
            granted_at=request.now,
        )


def is_invitation_id(text: str) -> bool:
    """Returns whether a text has the form of an invitation's id: 64 hexadecimal digits in lower case."""
    return len(text) == 2 * sha256().digest_size and all(each in "0123456789abcdef" for each in text)
