"""Typical requests about calendars that are shared, and their members."""

from typing import Final

from shared import ids
from shared.ids import CalendarId, UserId
from shared.scheduling.roles import Role
from shared.sharing.calendars import CalendarRecord, CalendarSettings, Member
from shared.sharing.grants import GrantWrite, RoleChange
from shared.sharing.invitations import DAY, SECRET_BYTES, Invitation, code_of, id_of
from shared.store.access_keys import directory_key
from shared.store.calendars import DynamoCatalogueStore
from shared.store.codec import text
from shared.store.invitations import DynamoInvitationStore
from shared.store.members import DynamoMemberStore
from tests.harness.dataset import Dataset, GatewayEvent, at
from tests.harness.routes import Prepare, Route

C: Final = "/calendars/{calendar_id}"
# How many members a calendar has, beside its owner.
MEMBERS: Final = 10


def made_before(data: Dataset) -> str:
    """Returns a new id that is older than any request."""
    return ids.new_id(data.runtime.now_ns() - 60_000_000_000)


def calendar(data: Dataset, settings: CalendarSettings | None = None) -> CalendarId:
    """Stores a calendar of which the dataset's user is the owner."""
    now = data.runtime.now()
    made = CalendarRecord(
        CalendarId(made_before(data)),
        settings or CalendarSettings("Room 4", "room"),
        frozenset({data.user_id}),
        1,
        created_at=now,
        changed_at=now,
    )
    owner = Member(data.user_id, "ada", "owner", accepted=True, granted_by=data.user_id, granted_at=now)
    DynamoCatalogueStore(data.runtime.clients, data.runtime.settings.access_table).create(made, owner, [])
    return made.id


def store_of(data: Dataset) -> DynamoMemberStore:
    """Returns the store of members."""
    settings = data.runtime.settings
    return DynamoMemberStore(data.runtime.clients, settings.access_table, settings.directory_table)


def named(data: Dataset, user_id: UserId, username: str) -> UserId:
    """Stores who has a name."""
    data.runtime.clients.dynamodb.put_item(
        TableName=data.runtime.settings.directory_table,
        Item={**directory_key(username), "user_id": text(user_id), "username": text(username)},
    )
    return user_id


def user(data: Dataset, username: str = "grace") -> UserId:
    """Stores that another user has a name."""
    return named(data, UserId(made_before(data)), username)


def admit(data: Dataset, calendar_id: CalendarId, user_id: UserId, role: Role, username: str = "grace") -> UserId:
    """Stores the membership of a user."""
    change = RoleChange(user_id, None, role, username, accepted=True)
    entry_id = made_before(data)
    write = GrantWrite(calendar_id, data.user_id, None, (change,), (entry_id,), data.runtime.now())
    assert store_of(data).write(write) is None
    return user_id


def shared(data: Dataset, members: int = MEMBERS) -> CalendarId:
    """Stores a calendar with that many members."""

    def make() -> CalendarId:
        made = calendar(data)
        for number in range(members):
            admit(data, made, UserId(made_before(data)), "viewer", f"user{number}")
        return made

    found: CalendarId = data.once(f"shared with {members}", make)
    return found


def _create(data: Dataset, _: int) -> GatewayEvent:
    return data.request("POST", "/calendars", {"name": "Room 4", "kind": "room", "everyone": "booker"})


def _list(data: Dataset, _: int) -> GatewayEvent:
    shared(data)
    return data.request("GET", "/calendars")


def _get(data: Dataset, _: int) -> GatewayEvent:
    return data.request("GET", C, calendar_id=shared(data))


def _patch(data: Dataset, index: int) -> GatewayEvent:
    return data.request("PATCH", C, {"name": f"Room {index}", "everyone": "viewer"}, calendar_id=calendar(data))


def _members(data: Dataset, _: int) -> GatewayEvent:
    return data.request("GET", f"{C}/members", calendar_id=shared(data))


def _own(data: Dataset, _: int) -> GatewayEvent:
    return data.request("GET", f"{C}/members/me", calendar_id=shared(data))


def _decide(data: Dataset, _: int) -> GatewayEvent:
    return data.request("PATCH", f"{C}/members/me", {"colour": "#336699"}, calendar_id=calendar(data))


def _grant(data: Dataset, _: int) -> GatewayEvent:
    user(data)
    return data.request(
        "PUT", f"{C}/members/{{username}}", {"role": "editor"}, calendar_id=calendar(data), username="grace"
    )


def _share_own(data: Dataset, _: int) -> GatewayEvent:
    user(data)
    resource = f"{C}/members/{{username}}"
    return data.request("PUT", resource, {"role": "editor"}, calendar_id=data.calendar_id, username="grace")


def _revoke(data: Dataset, _: int) -> GatewayEvent:
    made = calendar(data)
    gone = admit(data, made, user(data), "editor")
    return data.request("DELETE", f"{C}/members/{{username}}", calendar_id=made, username=gone)


def _revoke_by_name(data: Dataset, _: int) -> GatewayEvent:
    made = calendar(data)
    admit(data, made, user(data), "editor")
    return data.request("DELETE", f"{C}/members/{{username}}", calendar_id=made, username="grace")


def _leave(data: Dataset, _: int) -> GatewayEvent:
    """Another user's calendar, of which the dataset's user is an editor."""
    other = Dataset(data.runtime)
    made = calendar(other)
    admit(other, made, data.user_id, "editor")
    return data.request("DELETE", f"{C}/members/me", calendar_id=made)


def _transfer(data: Dataset, _: int) -> GatewayEvent:
    made = calendar(data)
    admit(data, made, user(data), "editor")
    return data.request("POST", f"{C}/transfer", {"to": "grace", "role": "viewer"}, calendar_id=made)


def _log(data: Dataset, _: int) -> GatewayEvent:
    return data.request("GET", f"{C}/log", calendar_id=shared(data))


def invited(data: Dataset, calendar_id: CalendarId, number: int = 0) -> tuple[str, str]:
    """Stores an invitation, and returns its id and its code."""
    secret, now = number.to_bytes(SECRET_BYTES), data.runtime.now()
    invitation = Invitation(id_of(secret), "viewer", "grace@example.com", data.user_id, now, now + DAY)
    store = DynamoInvitationStore(data.runtime.clients, data.runtime.settings.access_table)
    assert store.add(calendar_id, invitation, holder=data.user_id, first=None) is None
    return invitation.id, code_of(calendar_id, secret)


def _invite(data: Dataset, _: int) -> GatewayEvent:
    return data.request("POST", f"{C}/invitations", {"role": "viewer"}, calendar_id=shared(data))


def _invitations(data: Dataset, index: int) -> GatewayEvent:
    invited(data, shared(data), index)
    return data.request("GET", f"{C}/invitations", calendar_id=shared(data))


def _of_invitation(method: str) -> Prepare:
    def of(data: Dataset, index: int) -> GatewayEvent:
        invitation_id, _ = invited(data, shared(data), index)
        resource = f"{C}/invitations/{{invitation_id}}"
        return data.request(method, resource, calendar_id=shared(data), invitation_id=invitation_id)

    return of


def _accept(data: Dataset, index: int) -> GatewayEvent:
    other = Dataset(data.runtime)
    _, code = invited(other, calendar(other), index)
    return data.request("POST", "/invitations/accept", {"code": code})


def _delete(data: Dataset, _: int) -> GatewayEvent:
    return data.request("DELETE", C, calendar_id=calendar(data))


def _restore(data: Dataset, _: int) -> GatewayEvent:
    made, now = calendar(data), data.runtime.now()
    store = DynamoCatalogueStore(data.runtime.clients, data.runtime.settings.access_table)
    assert store.delete(made, data.user_id, now)
    return data.request("POST", f"{C}/restore", calendar_id=made)


def _find_time(calendars: int) -> Prepare:
    """Searches the default calendar and others, for a day, of which each has an event."""

    def prepare(data: Dataset, _: int) -> GatewayEvent:
        data.store(data.version(0))
        others = data.once(f"{calendars} calendars", lambda: [calendar(data) for _ in range(calendars - 1)])
        asked = {"calendars": [data.calendar_id, *others], "from": at(0), "to": at(DAY // 60), "slot_minutes": 60}
        return data.request("POST", "/free-busy", asked)

    return prepare


SHARING_ROUTES: Final = (
    Route("find a time of one's own", "find_time", _find_time(1)),
    Route("find a time in 5 calendars", "find_time", _find_time(5)),
    Route("find a time in 20 calendars", "find_time", _find_time(20)),
    Route("make a calendar", "calendars", _create, 201),
    Route("list calendars", "calendars", _list),
    Route("get a calendar", "calendars", _get),
    Route("patch a calendar", "calendars", _patch),
    Route("list members", "members", _members),
    Route("get a membership", "members", _own),
    Route("patch a membership", "members", _decide),
    Route("grant", "members", _grant),
    Route("share the default calendar", "members", _share_own),
    Route("revoke", "members", _revoke, 204),
    Route("revoke by name", "members", _revoke_by_name, 204),
    Route("leave", "members", _leave, 204),
    Route("transfer", "members", _transfer),
    Route("delete a calendar", "calendars", _delete, 204),
    Route("restore a calendar", "calendars", _restore, 204),
    Route("list changes of roles", "calendars", _log),
    Route("invite", "invitations", _invite, 201),
    Route("list invitations", "invitations", _invitations),
    Route("get an invitation", "invitations", _of_invitation("GET")),
    Route("withdraw an invitation", "invitations", _of_invitation("DELETE"), 204),
    Route("accept an invitation", "invitations", _accept),
)
