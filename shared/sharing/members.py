"""The members of a calendar: listed, given a role, removed; and what each of them decides for themselves."""

from collections.abc import Mapping
from typing import Any, Protocol

from shared import cursors, ids
from shared.errors import Contended, InvalidCursor, InvalidRequest, NotFound
from shared.ids import CalendarId, UserId, default_calendar
from shared.request import Request
from shared.scheduling.roles import Role
from shared.sharing.calendars import ListEntry, Member, admitted
from shared.sharing.grants import (
    PAUSE_SECONDS,
    GrantReport,
    Grants,
    GrantStore,
    GrantWrite,
    Lookup,
    RoleChange,
    first_share,
    standing_of,
)
from shared.sharing.naming import Memberships, named, supposed
from shared.sharing_errors import DefaultCalendar


class MemberStore(GrantStore, Protocol):
    """Storage of members. All methods raise Contended, Throttled (nothing was written) and AnswerLost."""

    def page(
        self, calendar_id: CalendarId, user_id: UserId, after: str, limit: int
    ) -> tuple[Lookup, list[Member], str | None]:
        """Returns what `find` returns, a page of members behind the user `after`, and behind whom it goes on."""

    def own(self, calendar_id: CalendarId, user_id: UserId) -> tuple[Lookup, ListEntry | None]:
        """Returns what `find` returns, and the calendar's entry in the user's list."""

    def decide(self, user_id: UserId, before: ListEntry, after: ListEntry, *, new: bool) -> bool:
        """Stores `after` in a user's list. Returns whether it did: not if they are no member any more.

        With `new`, it may be that nothing is stored of it, as of a default calendar.
        """


class Members:
    """The members of calendars, for the user of a request."""

    def __init__(self, store: MemberStore, request: Request, report: GrantReport) -> None:
        """Reports changes of roles to `report`."""
        self._store = store
        self._request = request
        self._grants = Grants(store, request, report)

    def page(self, calendar_id: CalendarId, limit: int, cursor: str | None) -> tuple[list[Member], str | None]:
        """Returns a page of the members of a calendar in which the caller may write, and the cursor of the next one.

        Raises:
            NotFound, NotAllowed: The caller may not write there.
            InvalidCursor: The cursor is none of this list.
        """
        request, query = self._request, f"members {calendar_id}"
        after = "" if cursor is None else cursors.decode(query, cursor, ("after",))["after"]
        if cursor is not None and not ids.is_id(after):
            raise InvalidCursor
        found, members, following = request.deadline.retry(
            lambda: self._store.page(calendar_id, request.actor, after, limit)
        )
        standing = admitted(standing_of(found, calendar_id, request), "write")
        first = first_share(standing, request)
        if first is not None:
            return [first.owner], None
        return members, None if following is None else cursors.encode(query, {"after": following})

    def put(self, calendar_id: CalendarId, name: str, role: Role) -> Member:
        """Gives the user who has the name or the id `name` a role, in a calendar of which the caller is an owner.

        Raises:
            NotFound, NotAllowed: The caller is no owner.
            InvalidRequest: There is no such user, or there are as many owners as there may be.
            LastOwner, DefaultCalendar: The user has to stay an owner.
        """
        return self._request.deadline.retry(lambda: self._put(calendar_id, name, role), longest=PAUSE_SECONDS)

    def _put(self, calendar_id: CalendarId, name: str, role: Role) -> Member:
        request = self._request
        standing, target, known = named(self._store, request, calendar_id, name)
        if target is None:
            raise InvalidRequest.of("username", "no such user")
        user_id, username = target
        if default_calendar(user_id) == calendar_id and role != "owner":
            raise DefaultCalendar
        latest = known

        def plan(members: Memberships) -> GrantWrite | None:
            nonlocal latest
            latest = members[user_id]
            before = None if latest is None else latest.role
            if before == role:
                return None
            if user_id == request.actor and before != "owner":
                raise Contended("the caller's role has changed meanwhile")
            return self._grants.write(calendar_id, (RoleChange(user_id, before, role, username),), standing)

        done = self._grants.settle(plan, {user_id: known})
        if done is None and latest is not None:
            return latest
        return Member(
            user_id,
            username if latest is None else latest.username,
            role,
            accepted=latest is not None and latest.accepted,
            granted_by=request.actor,
            granted_at=request.now,
        )

    def remove(self, calendar_id: CalendarId, name: str) -> None:
        """Takes the role of the user who has the name or the id `name`, if they are a member.

        One call if they are named by id, and are an editor. Once it has returned, nothing more is written by a right
        of the membership.

        Raises:
            NotFound, NotAllowed: The caller is no owner.
            LastOwner, DefaultCalendar: The user has to stay an owner.
        """
        self._request.deadline.retry(lambda: self._remove(calendar_id, name), longest=PAUSE_SECONDS)

    def _remove(self, calendar_id: CalendarId, name: str) -> None:
        request = self._request
        user_id = UserId(name.lower())
        known: Member | None = supposed(user_id)
        if not ids.is_id(user_id) or user_id == request.actor or default_calendar(user_id) == calendar_id:
            _, target, known = named(self._store, request, calendar_id, name)
            if target is None:
                return
            user_id = target[0]
            if default_calendar(user_id) == calendar_id:
                raise DefaultCalendar
            known = known or supposed(user_id)

        def plan(members: Memberships) -> GrantWrite | None:
            member = members[user_id]
            if user_id == request.actor and (member is None or member.role != "owner"):
                raise Contended("the caller's role has changed meanwhile")
            return None if member is None else self._removal(calendar_id, member)

        try:
            self._grants.settle(plan, {user_id: known})
        except NotFound:
            # Of a default calendar of which nothing is stored there is nobody to be removed.
            if calendar_id != default_calendar(request.actor):
                raise

    def _removal(self, calendar_id: CalendarId, member: Member) -> GrantWrite:
        return self._grants.write(calendar_id, (RoleChange(member.user_id, member.role, None),))

    def leave(self, calendar_id: CalendarId) -> None:
        """Ends the caller's membership. One call if they are an editor.

        Raises:
            NotFound: The caller has no right there.
            LastOwner, DefaultCalendar: The caller has to stay an owner.
        """
        if calendar_id == default_calendar(self._request.actor):
            raise DefaultCalendar
        self._request.deadline.retry(lambda: self._leave(calendar_id), longest=PAUSE_SECONDS)

    def _leave(self, calendar_id: CalendarId) -> None:
        actor = self._request.actor

        def plan(members: Memberships) -> GrantWrite | None:
            member = members[actor]
            return None if member is None else self._removal(calendar_id, member)

        if self._grants.settle(plan, {actor: supposed(actor)}) is None:
            admitted(self._grants.standing(calendar_id), "busy")

    def own(self, calendar_id: CalendarId) -> tuple[Member, ListEntry]:
        """Returns the caller's membership, and the calendar's entry in their list.

        Raises:
            NotFound: The caller is no member.
        """
        return self._request.deadline.retry(lambda: self._own(calendar_id))[:2]

    def _own(self, calendar_id: CalendarId) -> tuple[Member, ListEntry, bool]:
        request = self._request
        found, entry = self._store.own(calendar_id, request.actor)
        standing = admitted(standing_of(found, calendar_id, request), "busy")
        first = first_share(standing, request)
        member = standing.member if first is None else first.owner
        if member is None:
            raise NotFound("member")
        default = ListEntry(calendar_id, member.role, accepted=member.accepted)
        return member, entry or default, standing.in_default

    def decide(self, calendar_id: CalendarId, changes: Mapping[str, Any]) -> tuple[Member, ListEntry]:
        """Changes what the caller decides for themselves: `accepted`, `hidden` and `colour`; None: as it was at first.

        Raises:
            NotFound: The caller is no member.
            InvalidRequest: The calendar is the caller's default calendar, which is accepted for ever.
        """
        return self._request.deadline.retry(lambda: self._decided(calendar_id, changes))

    def _decided(self, calendar_id: CalendarId, changes: Mapping[str, Any]) -> tuple[Member, ListEntry]:
        member, before, in_default = self._own(calendar_id)
        accepted = bool(changes.get("accepted", before.accepted))
        if in_default and not accepted:
            raise InvalidRequest.of("accepted", "must be true: it is your default calendar")
        after = ListEntry(
            calendar_id,
            member.role,
            accepted=accepted,
            hidden=bool(changes.get("hidden", before.hidden)),
            colour=changes.get("colour", before.colour),
        )
        if after != before and not self._store.decide(self._request.actor, before, after, new=in_default):
            raise Contended("the membership has changed meanwhile")
        return (
            Member(
                member.user_id,
                member.username,
                member.role,
                accepted=accepted,
                granted_by=member.granted_by,
                granted_at=member.granted_at,
            ),
            after,
        )
