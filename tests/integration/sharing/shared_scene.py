"""A shared calendar with an event, and ways to write there."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from shared.ids import UserId
from shared.runtime import Runtime
from shared.scheduling.events import Event
from shared.scheduling.roles import Role
from shared.store.codec import event_attributes
from shared.store.keys import version_key
from tests.harness.botocore_faults import Wire
from tests.harness.clock import Clock
from tests.harness.gateway import Api, Reply
from tests.harness.payloads import ALLOW, LATER, REVIEW
from tests.harness.sharing import SharedCalendar, new_user
from tests.integration.conflicts.contended_calendar import event_items

Json = dict[str, Any]
WINDOW: Final = "from=2027-03-01T00:00:00Z&to=2027-03-02T00:00:00Z"
NIGHT: Final = {"title": "Night shift", "start": "2027-03-01T22:00:00Z", "end": "2027-03-01T23:00:00Z"}


@dataclass
class SharedScene:
    """A calendar with one event of the owner's, at its second version; the first is in the history."""

    direct: Runtime
    clock: Clock
    wire: Wire
    calendar: SharedCalendar = field(init=False)
    first: Json = field(init=False)
    event: Json = field(init=False)

    def __post_init__(self) -> None:
        self.calendar = SharedCalendar(self.direct)
        owner = self.api(self.calendar.owner)
        self.first = owner("POST", "/events", REVIEW).body
        self.record(self.stored()[0])
        self.clock.forward(seconds=1)
        self.event = owner("PATCH", self.path, {"title": "Retro", **LATER}).body
        self.clock.forward(seconds=1)
        self.wire.requests.clear()
        self.wire.calls.clear()
        self.wire.order.clear()

    @property
    def path(self) -> str:
        """Returns the path of the event."""
        return f"/events/{self.first['id']}"

    def api(self, user_id: UserId) -> Api:
        """Returns the client of a user."""
        return Api(user_id, calendar=self.calendar.calendar_id)

    def member(self, role: Role) -> Api:
        """Returns the client of a new member."""
        return self.api(self.calendar.member(role))

    def stranger(self) -> Api:
        """Returns the client of a user without a role."""
        return self.api(new_user())

    def revoke(self, member: Api) -> None:
        """Ends a membership."""
        self.calendar.revoke(member.user_id, self.clock.sleep)

    def stored(self) -> list[Event]:
        """Returns all events, deleted ones too, by id."""
        return sorted(event_items(self.direct, self.calendar.calendar_id), key=lambda each: each.id)

    def record(self, event: Event) -> None:
        """Brings a version into the history, as the stream would."""
        self.direct.clients.dynamodb.put_item(
            TableName=self.direct.settings.history_table,
            Item=event_attributes(event) | version_key(event.calendar_id, event.id, event.history_id),
        )


Write = Callable[[SharedScene, Api], Reply]
# All ways in which one event is written; the status of the response is below 300.
WAYS: Final[dict[str, Write]] = {
    "create": lambda _, api: api("POST", "/events", NIGHT),
    "create, conflicts allowed": lambda _, api: api("POST", f"/events{ALLOW}", NIGHT),
    "create under a key": lambda _, api: api("POST", "/events", NIGHT, headers={"Idempotency-Key": "4711"}),
    "replace": lambda scene, api: api("PUT", scene.path, NIGHT),
    "move": lambda scene, api: api("PATCH", scene.path, {"start": NIGHT["start"], "end": NIGHT["end"]}),
    "move one end": lambda scene, api: api("PATCH", scene.path, {"end": "2027-03-01T12:00:00Z"}),
    "move, conflicts allowed": lambda scene, api: api("PATCH", f"{scene.path}{ALLOW}", {"end": NIGHT["end"]}),
    "patch the title": lambda scene, api: api("PATCH", scene.path, {"title": "Changed"}),
    "delete": lambda scene, api: api("DELETE", scene.path),
    "rollback": lambda scene, api: api("POST", f"{scene.path}/rollback", {"history_id": scene.first["history_id"]}),
}
