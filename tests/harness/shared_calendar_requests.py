"""Typical requests to a shared calendar: those to one's own, by a member and by somebody whose right is everyone's."""

from dataclasses import dataclass, field, replace
from typing import Final

from shared.ids import CalendarId
from shared.scheduling.roles import EveryoneRole, Role
from tests.harness.dataset import Dataset, GatewayEvent
from tests.harness.event_requests import EVENT_ROUTES
from tests.harness.history_requests import HISTORY_ROUTES
from tests.harness.routes import Prepare
from tests.harness.sharing import SharedCalendar

EDITOR: Final = "in a shared calendar"
BOOKER: Final = "in a calendar of everyone"
# Those that a booker may not make.
ALLOWING: Final = (
    *("bulk", "create, conflicts allowed", "patch both times, conflicts allowed"),
    "undo of 10 deletions, conflicts allowed",
)
UNDER_A_CALENDAR: Final = tuple(
    route for route in (*EVENT_ROUTES, *HISTORY_ROUTES) if route.function != "record_history"
)


@dataclass(slots=True)
class SharedDataset(Dataset):
    """A shared calendar, and one who may do something there: all in it was created by that user."""

    role: Role | None = None
    everyone: EveryoneRole | None = None
    calendar: SharedCalendar = field(init=False)

    def __post_init__(self) -> None:
        self.calendar = SharedCalendar(self.runtime)
        self.calendar.set_state(self.everyone)
        if self.role is not None:
            self.calendar.grant(self.user_id, self.role)

    @property
    def calendar_id(self) -> CalendarId:
        """Returns the id of the shared calendar."""
        return self.calendar.calendar_id

    def request(
        self,
        method: str,
        resource: str,
        document: object = None,
        query: dict[str, str] | None = None,
        **path: str,
    ) -> GatewayEvent:
        """Returns what the gateway passes to a function for a request of the user, under the calendar."""
        resource = f"/calendars/{{calendar_id}}{resource}"
        # Named, since `super()` does not work in a class with slots that a decorator has made anew.
        return Dataset.request(self, method, resource, document, query, calendar_id=self.calendar_id, **path)


def _shared(prepare: Prepare, role: Role | None, everyone: EveryoneRole | None) -> Prepare:
    """Returns `prepare` for requests of a user with these roles to a shared calendar."""

    def shared(data: Dataset, index: int) -> GatewayEvent:
        made = data.once(f"{role} {everyone}", lambda: SharedDataset(data.runtime, role=role, everyone=everyone))
        return prepare(made, index)

    return shared


SHARED_ROUTES: Final = (
    *(
        replace(route, name=f"{route.name}, {EDITOR}", prepare=_shared(route.prepare, "editor", None))
        for route in UNDER_A_CALENDAR
    ),
    *(
        replace(route, name=f"{route.name}, {BOOKER}", prepare=_shared(route.prepare, None, "booker"))
        for route in UNDER_A_CALENDAR
        if not route.name.startswith(ALLOWING)
    ),
)
