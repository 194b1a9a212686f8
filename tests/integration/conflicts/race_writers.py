"""How a writer of a race gets at the calendar: by the domain's calls, or by requests to the functions."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from shared.errors import Collision, EventConflict, FieldError, InvalidRequest, NotFound, OutcomeUnknown, Unavailable
from shared.ids import CalendarId, EventId, HistoryId, UserId
from shared.scheduling.calendar import Calendar
from shared.scheduling.events import Event
from shared.scheduling.instants import Instant
from shared.scheduling.terms import Terms
from tests.harness.gateway import Api, Reply
from tests.integration.conflicts.contended_calendar import content
from tests.integration.conflicts.race_schedule import Kind

Status = Literal["written", "conflict", "unavailable", "unknown", "gone", "refused"]
_NO_VERSION: Final = HistoryId("")
_NO_TIME: Final = Instant("")


@dataclass(frozen=True)
class Written:
    """What a writer was answered of the version that it made; of a deletion through the gateway only which event."""

    event_id: EventId
    history_id: HistoryId = _NO_VERSION
    version: int = 0
    start: Instant = _NO_TIME
    end: Instant = _NO_TIME


class Writer(Protocol):
    """Makes one change for the owner of a calendar; `first` is the first version of the event to change.

    Raises EventConflict, InvalidRequest, NotFound, Unavailable and OutcomeUnknown.
    """

    def __call__(self, kind: Kind, calendar_id: CalendarId, first: Event, start: Instant, end: Instant) -> Written: ...


def domain_writer(calendar: Callable[[CalendarId], Calendar]) -> Writer:
    """A writer that calls the calendar of an owner itself."""

    def write(kind: Kind, calendar_id: CalendarId, first: Event, start: Instant, end: Instant) -> Written:
        requested, said = calendar(calendar_id), content(start, end)
        match kind:
            case "create":
                event = requested.create(said)
            case "allow":
                event = requested.create(said, Terms(on_conflict="allow"))
            case "replace":
                event = requested.replace(first.id, said)
            case "patch both":
                event = requested.patch(first.id, {"start": start, "end": end})
            case "patch one":
                event = requested.patch(first.id, {"end": end})
            case "delete":
                event = requested.delete(first.id)
            case "roll back" | "restore":
                event = requested.roll_back(first)
        return Written(event.id, event.history_id, event.stamp.version, event.content.start, event.content.end)

    return write


def handler_writer(kind: Kind, calendar_id: CalendarId, first: Event, start: Instant, end: Instant) -> Written:
    """A writer that sends requests to the functions."""
    send, path = Api(user_id=UserId(calendar_id)), f"/events/{first.id}"
    body = {"title": "Review", "start": start, "end": end}
    match kind:
        case "create":
            reply = send("POST", "/events", body)
        case "allow":
            reply = send("POST", "/events", body, on_conflict="allow")
        case "replace":
            reply = send("PUT", path, body)
        case "patch both":
            reply = send("PATCH", path, {"start": start, "end": end})
        case "patch one":
            reply = send("PATCH", path, {"end": end})
        case "delete":
            reply = send("DELETE", path)
        case "roll back" | "restore":
            reply = send("POST", f"{path}/rollback", {"history_id": first.history_id})
    return _written(reply, first.id)


def _written(reply: Reply, event_id: EventId) -> Written:
    """What an answer says; its errors as the domain's."""
    match reply.status:
        case 200 | 201:
            event = reply.body
            return Written(event["id"], event["history_id"], event["version"], event["start"], event["end"])
        case 204:
            return Written(event_id)
        case 409:
            raise EventConflict([Collision(**each) for each in reply.body["conflicts"]], reply.body["next_free"])
        case 422:
            raise InvalidRequest([FieldError(**each) for each in reply.body["errors"]])
        case 404:
            raise NotFound("event")
        case 503 if reply.body["title"] == "Outcome unknown":
            raise OutcomeUnknown(reply.body["detail"])
        case 503:
            raise Unavailable(reply.body["detail"])
    raise AssertionError(reply)
