"""Changes of roles: what is written together, what it is held to, and what did not hold. No I/O."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from shared.errors import AnswerLost, Contended, InvalidRequest, NotFound
from shared.ids import CalendarId, UserId, default_calendar, new_id
from shared.request import Request
from shared.scheduling.roles import Role
from shared.sharing.calendars import MAX_OWNERS, CalendarRecord, LogEntry, Member, Standing, admitted, unshared
from shared.sharing_errors import LastOwner

# Retries of a change of roles pause for a random time up to this, however many there were: a revocation meets the
# transactions of the one whose right it takes, and waits that double would let them go on for seconds.
PAUSE_SECONDS: Final = 0.025
# How often a change learns, at once, that roles are other ones; then it pauses, and reads.
SUPPOSITIONS: Final = 4


@dataclass(frozen=True, slots=True)
class RoleChange:
    """A change of the role of a user; None: they are no member.

    It is written if `before` is the stored role and, if `consenting`, the user has accepted the calendar. A user who
    becomes a member is called `username`. With `accepted` the calendar is accepted by it; without, it is as it was.
    """

    user_id: UserId
    before: Role | None
    after: Role | None
    username: str = field(default="", repr=False)
    accepted: bool = False
    consenting: bool = False


@dataclass(frozen=True, slots=True)
class FirstShare:
    """What is stored of a default calendar when it is first shared or changed: itself, and its user's membership."""

    calendar: CalendarRecord
    owner: Member


@dataclass(frozen=True, slots=True)
class GrantWrite:
    """Changes of roles that are written at once, by `by` at `at`, with an entry of the log for each.

    Attributes:
        calendar_id: The calendar, which has to exist and not to be deleted, unless it is stored with this write.
        by: Who changes the roles.
        holder: Who has to be an owner at that moment; None: nobody has to.
        changes: The changes.
        log_ids: The ids of the entries.
        at: When, in seconds since 1970.
        first: What else is stored, of a default calendar of which nothing is.
        owners: The owners as they were read; needed if one user becomes an owner and another one does not stay one.
        invitation: The hash of the code by which they are made: the invitation goes with it.
    """

    calendar_id: CalendarId
    by: UserId
    holder: UserId | None
    changes: tuple[RoleChange, ...]
    log_ids: tuple[str, ...]
    at: int
    first: FirstShare | None = None
    owners: frozenset[UserId] | None = None
    invitation: str | None = None

    @property
    def gained(self) -> frozenset[UserId]:
        """Returns who becomes an owner."""
        return frozenset(each.user_id for each in self.changes if each.after == "owner" != each.before)

    @property
    def log(self) -> tuple[LogEntry, ...]:
        """Returns the entries of the log."""
        return tuple(
            LogEntry(entry_id, self.by, each.user_id, each.before, each.after)
            for entry_id, each in zip(self.log_ids, self.changes, strict=True)
            if each.before != each.after
        )

    @property
    def lost(self) -> frozenset[UserId]:
        """Returns who does not stay an owner."""
        return frozenset(each.user_id for each in self.changes if each.before == "owner" != each.after)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Which conditions of a write did not hold; nothing was written.

    Attributes:
        holder: Whether it is that who changes the roles is no owner.
        of_calendar: Whether it is that of the calendar.
        calendar: The calendar, if so and if there is one.
        members: What is stored of those whose role is another one, or who have not consented.
        invitation: Whether it is that the invitation is gone.
    """

    holder: bool = False
    of_calendar: bool = False
    calendar: CalendarRecord | None = None
    members: Mapping[UserId, Member | None] = field(default_factory=dict)
    invitation: bool = False


@dataclass(frozen=True, slots=True)
class Lookup:
    """What a read has found: of a calendar, of the caller's membership, and of a user whom the request names.

    `target` is the membership of a user who was named by id; `named` the id and the name of one who was named by name.
    """

    calendar: CalendarRecord | None
    member: Member | None = None
    target: Member | None = None
    named: tuple[UserId, str] | None = None


class GrantStore(Protocol):
    """Storage of roles. All methods raise Contended, Throttled (nothing was written) and AnswerLost."""

    def find(
        self,
        calendar_id: CalendarId,
        user_id: UserId,
        *,
        target: UserId | None = None,
        username: str | None = None,
    ) -> Lookup:
        """Returns a calendar, the membership of a user, and who else is named; strongly consistent."""

    def write(self, write: GrantWrite) -> Refusal | None:
        """Writes changes of roles, all or none. Returns why not, if a condition did not hold."""


# Told of each change of a role in a calendar.
GrantReport = Callable[[CalendarId, LogEntry], None]


def standing_of(found: Lookup, calendar_id: CalendarId, request: Request) -> Standing | None:
    """Returns what the caller is in the calendar that was read; None if there is none."""
    calendar = found.calendar
    if calendar is None and calendar_id == default_calendar(request.actor):
        calendar = unshared(request.actor, request.username)
    return None if calendar is None else Standing(request.actor, calendar, found.member)


def first_share(standing: Standing, request: Request) -> FirstShare | None:
    """Returns what has to be stored of a default calendar of which nothing is; None of any other calendar."""
    if standing.calendar.stored:
        return None
    now = request.now
    calendar = CalendarRecord(
        standing.calendar.id, standing.calendar.settings, standing.calendar.owners, 1, created_at=now, changed_at=now
    )
    return FirstShare(calendar, Member(request.actor, request.username, "owner", True, request.actor, now))  # noqa: FBT003


class Grants:
    """What changes roles, for the user of a request.

    A change supposes what the roles are, and is written on condition that they are so. If they are not, the answer of
    the database tells what they are, and the change is made again for those.
    """

    def __init__(self, store: GrantStore, request: Request, report: GrantReport) -> None:
        """Reports changes of roles to `report`."""
        self._store = store
        self._request = request
        self._report = report
        self._unanswered: GrantWrite | None = None

    def standing(self, calendar_id: CalendarId) -> Standing | None:
        """Returns what the caller is in a calendar; None if there is no such calendar."""
        return standing_of(self._store.find(calendar_id, self._request.actor), calendar_id, self._request)

    def write(
        self,
        calendar_id: CalendarId,
        changes: tuple[RoleChange, ...],
        standing: Standing | None = None,
        owners: frozenset[UserId] | None = None,
    ) -> GrantWrite:
        """Returns the write of `changes`, held to the caller's being an owner, or to what it says of the caller.

        Args:
            calendar_id: The calendar.
            changes: The changes.
            standing: What the caller is there, if that is known: then a default calendar is stored if it is not yet.
            owners: The owners as they were read; needed if one user becomes an owner and another one does not stay one.
        """
        request = self._request
        held = calendar_id != default_calendar(request.actor) and all(each.user_id != request.actor for each in changes)
        return GrantWrite(
            calendar_id,
            request.actor,
            request.actor if held else None,
            changes,
            tuple(new_id(request.now_ns) for _ in changes),
            request.now,
            None if standing is None else first_share(standing, request),
            owners,
        )

    def settle(
        self, plan: Callable[[Mapping[UserId, Member | None]], GrantWrite | None], known: Mapping[UserId, Member | None]
    ) -> GrantWrite | None:
        """Writes what `plan` returns for the members concerned: as they are in `known`, or else as the database tells.

        Returns:
            What was written; None if `plan` had nothing to write.

        Raises:
            NotFound, NotAllowed, LastOwner, InvalidRequest: As `explain` says, or `plan` raises it.
            Contended, Throttled, AnswerLost: Read again, and retry.
        """
        members = dict(known)
        for _ in range(SUPPOSITIONS):
            write = plan(members)
            if write is None:
                # Perhaps since an attempt without an answer has done it.
                self._tell(self._unanswered)
                return None
            try:
                refusal = self._store.write(write)
            except AnswerLost:
                self._unanswered = write
                raise
            if refusal is None:
                self._tell(write)
                return write
            if refusal.holder:
                admitted(self.standing(write.calendar_id), "share")
            explain(refusal, write)
            if refusal.holder or not refusal.members:
                break
            members.update(refusal.members)
        raise Contended("the roles have changed meanwhile")

    def _tell(self, write: GrantWrite | None) -> None:
        if write is not None:
            for entry in write.log:
                self._report(write.calendar_id, entry)


def explain(refusal: Refusal, write: GrantWrite) -> None:
    """Raises the error that a condition on the calendar stands for; returns if the write may be tried again.

    Raises:
        NotFound: There is no such calendar, or it is deleted.
        LastOwner: The owners to be removed are all that there are.
        InvalidRequest: There are as many owners as there may be.
    """
    if not refusal.of_calendar or write.first is not None:
        return
    calendar = refusal.calendar
    if calendar is None or calendar.deleted_at is not None:
        raise NotFound("calendar")
    if write.lost and not write.gained and len(calendar.owners) <= 1:
        raise LastOwner
    if write.gained and not write.lost and len(calendar.owners) >= MAX_OWNERS:
        raise InvalidRequest.of("role", f"must not be owner: a calendar has at most {MAX_OWNERS} owners")
