"""The transfer of a calendar: another owner in place of the caller."""

from shared.errors import Contended, InvalidRequest
from shared.ids import CalendarId, UserId
from shared.request import Request
from shared.scheduling.roles import InvitedRole
from shared.sharing.calendars import Member
from shared.sharing.grants import PAUSE_SECONDS, GrantReport, Grants, GrantStore, GrantWrite, RoleChange
from shared.sharing.naming import Memberships, named, supposed
from shared.sharing_errors import DefaultCalendar


def transfer(
    store: GrantStore, request: Request, report: GrantReport, calendar_id: CalendarId, name: str, role: InvitedRole
) -> Member:
    """Makes the member who has the name or the id `name` an owner in place of the caller, who has `role` from then on.

    Returns:
        The other owner.

    Raises:
        NotFound, NotAllowed: The caller is no owner.
        InvalidRequest: The other one is no member who has accepted the calendar.
        DefaultCalendar: It is somebody's default calendar.
    """
    grants = Grants(store, request, report)
    return request.deadline.retry(
        lambda: _transfer(grants, store, request, calendar_id, name, role), longest=PAUSE_SECONDS
    )


def _transfer(
    grants: Grants, store: GrantStore, request: Request, calendar_id: CalendarId, name: str, role: InvitedRole
) -> Member:
    actor = request.actor
    standing, user, known = named(store, request, calendar_id, name)
    owners = standing.calendar.owners
    # A default calendar has its user, whose id it has, among its owners for ever.
    if UserId(calendar_id) in owners:
        raise DefaultCalendar
    if user is None:
        raise InvalidRequest.of("to", "no such user")
    user_id, username = user
    if user_id == actor:
        raise InvalidRequest.of("to", "must be somebody else")
    heir = known or supposed(user_id)

    def plan(members: Memberships) -> GrantWrite:
        nonlocal heir
        giver, taker = members[actor], members[user_id]
        if giver is None or giver.role != "owner":
            raise Contended("the caller's role has changed meanwhile")
        if taker is None or not taker.accepted:
            raise InvalidRequest.of("to", "must be a member who has accepted the calendar")
        heir = taker
        changes: tuple[RoleChange, ...] = (RoleChange(actor, "owner", role),)
        if taker.role != "owner":
            changes = (RoleChange(user_id, taker.role, "owner", consenting=True), *changes)
        return grants.write(calendar_id, changes, owners=owners)

    grants.settle(plan, {user_id: heir, actor: standing.member})
    if heir.role == "owner":
        return heir
    return Member(user_id, username, "owner", accepted=True, granted_by=actor, granted_at=request.now)
