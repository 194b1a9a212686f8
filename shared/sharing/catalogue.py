"""Calendars: made, listed, read, changed, deleted and restored."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from shared import cursors, ids
from shared.errors import Contended, InvalidCursor, InvalidRequest
from shared.ids import CalendarId, UserId, default_calendar
from shared.request import Request
from shared.scheduling.preconditions import Precondition
from shared.scheduling.roles import Role
from shared.sharing.calendars import (
    CalendarRecord,
    CalendarSettings,
    ListEntry,
    LogEntry,
    Member,
    Standing,
    admitted,
    unshared,
)
from shared.sharing.grants import FirstShare, GrantReport, Lookup, first_share, standing_of

# What one read of many items is limited to, without the two items of the default calendar.
PAGE_CALENDARS: Final = 98

Listing = Sequence[tuple[ListEntry, CalendarRecord]]


class CatalogueStore(Protocol):
    """Storage of calendars. All methods raise Contended, Throttled (nothing was written) and AnswerLost."""

    def create(self, calendar: CalendarRecord, owner: Member, log: Sequence[LogEntry]) -> None:
        """Stores a new calendar, its first member and the beginning of its log; idempotent."""

    def find(self, calendar_id: CalendarId, user_id: UserId) -> Lookup:
        """Returns a calendar and the membership of a user."""

    def listed(self, user_id: UserId, after: str, *, accepted: bool) -> tuple[list[ListEntry], str | None]:
        """Returns a page of a user's list behind the calendar `after`, and behind which one it goes on.

        It has all entries, or those that are `accepted`, or those that are not.
        """

    def calendars(self, wanted: Sequence[CalendarId]) -> Mapping[CalendarId, CalendarRecord]:
        """Returns those of at most 98 calendars that exist."""

    def default(
        self, user_id: UserId, wanted: Sequence[CalendarId]
    ) -> tuple[CalendarRecord | None, ListEntry | None, Mapping[CalendarId, CalendarRecord]]:
        """Returns the default calendar of a user and its entry in their list, as far as stored, and `calendars`."""

    def change(
        self,
        before: CalendarRecord,
        after: CalendarRecord,
        *,
        holder: UserId | None,
        log: Sequence[LogEntry],
        first: FirstShare | None,
    ) -> bool:
        """Stores `after` if `before` is stored and `holder`, if any, is an owner. Returns whether it did."""


class Catalogue:
    """The calendars that the user of a request has or may see."""

    def __init__(self, store: CatalogueStore, request: Request, report: GrantReport) -> None:
        """Reports changes of everyone's role to `report`."""
        self._store = store
        self._request = request
        self._report = report

    def create(self, settings: CalendarSettings) -> Standing:
        """Makes a calendar of which the caller is the owner."""
        request = self._request
        calendar = CalendarRecord(
            CalendarId(ids.new_id(request.now_ns)),
            settings,
            frozenset({request.actor}),
            1,
            created_at=request.now,
            changed_at=request.now,
        )
        owner = Member(
            request.actor, request.username, "owner", accepted=True, granted_by=request.actor, granted_at=request.now
        )
        log = [self._entry(request.actor, None, "owner")]
        if settings.everyone is not None:
            log.append(self._entry(None, None, settings.everyone))
        request.deadline.retry(lambda: self._store.create(calendar, owner, log))
        self._tell(calendar.id, log)
        return Standing(request.actor, calendar, owner)

    def _entry(self, user_id: UserId | None, before: Role | None, after: Role | None) -> LogEntry:
        request = self._request
        return LogEntry(ids.new_id(request.now_ns), request.actor, user_id, before, after)

    def _tell(self, calendar_id: CalendarId, log: Sequence[LogEntry]) -> None:
        for entry in log:
            self._report(calendar_id, entry)

    def get(self, calendar_id: CalendarId) -> Standing:
        """Returns a calendar that the caller may see; to its owners also one that is deleted. Raises NotFound."""
        return admitted(self._standing(calendar_id), "busy", deleted=True)

    def _standing(self, calendar_id: CalendarId) -> Standing | None:
        request = self._request
        found = request.deadline.retry(lambda: self._store.find(calendar_id, request.actor))
        return standing_of(found, calendar_id, request)

    def page(self, limit: int, cursor: str | None, *, accepted: bool) -> tuple[Listing, str | None]:
        """Returns a page of the caller's list, the default calendar first, and the cursor of the next one.

        Deleted calendars are in the list of their owners alone. A page may be short, and even empty.

        Raises:
            InvalidCursor: The cursor is none of this list.
        """
        request, query = self._request, f"calendars accepted={accepted}".lower()
        after = "" if cursor is None else cursors.decode(query, cursor, ("after",))["after"]
        if after and not ids.is_id(after):
            raise InvalidCursor
        entries, following = request.deadline.retry(lambda: self._store.listed(request.actor, after, accepted=accepted))
        own = default_calendar(request.actor)
        first = cursor is None and accepted
        room = min(limit - first, PAGE_CALENDARS)
        page = [each for each in entries if each.calendar_id != own]
        if len(page) > room:
            page, following = page[:room], page[room - 1].calendar_id if room else after
        wanted = [each.calendar_id for each in page]
        if first:
            calendar, entry, found = request.deadline.retry(lambda: self._store.default(request.actor, wanted))
            shown = [
                (entry or ListEntry(own, "owner", accepted=True), calendar or unshared(request.actor, request.username))
            ]
        else:
            found = request.deadline.retry(lambda: self._store.calendars(wanted)) if wanted else {}
            shown = []
        shown += [(each, found[each.calendar_id]) for each in page if each.calendar_id in found]
        shown = [(each, calendar) for each, calendar in shown if calendar.deleted_at is None or each.role == "owner"]
        return shown, None if following is None else cursors.encode(query, {"after": following})

    def patch(self, calendar_id: CalendarId, changes: Mapping[str, Any], condition: Precondition) -> Standing:
        """Changes settings of a calendar, of which the caller has to be an owner; None stands for a default.

        Raises:
            NotFound, NotAllowed: The caller is no owner.
            PreconditionFailed: The calendar is not as `condition` says.
            InvalidRequest: The caller's default calendar would be strict.
        """
        return self._request.deadline.retry(lambda: self._patched(calendar_id, changes, condition))

    def _patched(self, calendar_id: CalendarId, changes: Mapping[str, Any], condition: Precondition) -> Standing:
        request = self._request
        found = self._store.find(calendar_id, request.actor)
        standing = admitted(standing_of(found, calendar_id, request), "share")
        condition.check(standing.tag)
        before = standing.calendar
        settings = before.settings.patched({**changes})
        if settings == before.settings:
            return standing
        if settings.strict and standing.in_default:
            # Nothing is looked up when its owner writes there, so nothing could hold them to it.
            raise InvalidRequest.of(
                "strict", "must be false: in a default calendar its owner can always allow conflicts"
            )
        after = CalendarRecord(
            before.id,
            settings,
            before.owners,
            before.version + 1,
            created_at=before.created_at if before.stored else request.now,
            changed_at=request.now,
        )
        first = first_share(standing, request)
        everyone = before.settings.everyone, settings.everyone
        log = [self._entry(None, *everyone)] if everyone[0] != everyone[1] else []
        holder = None if standing.in_default else request.actor
        if not self._store.change(before, after, holder=holder, log=log, first=first):
            raise Contended("the calendar or the role has changed meanwhile")
        self._tell(calendar_id, log)
        return Standing(request.actor, after, standing.member or (None if first is None else first.owner))
