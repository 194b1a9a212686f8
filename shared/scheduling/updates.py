"""Changes of an event without a read before: one conditional update, whose failure determines the next step."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from shared import ids
from shared.errors import AnswerLost, Contended, InvalidRequest, NotFound, Throttled
from shared.ids import CalendarId, EventId, HistoryId
from shared.request import Request
from shared.scheduling.events import NO_CONTENT, Content, Event, Stamp
from shared.scheduling.guard import Plan
from shared.scheduling.lost_answers import LostAnswers
from shared.scheduling.preconditions import UNCONDITIONAL, Precondition
from shared.scheduling.recurrences import ZONE_NEEDED, occurrence
from shared.scheduling.series_changes import merged
from shared.scheduling.wall_times import applied

# The fields of a patch that change when an event takes place, or whether it then takes time.
TIMED: Final = frozenset({"start", "end", "all_day", "start_date", "end_date", "transparency", "recurrence"})


@dataclass(frozen=True, slots=True)
class ConditionalUpdate:
    """A change of an event's `content` fields other than times, or its deletion (with `expires_at`).

    It is applied only to a live event whose history_id is less than `below` and that meets `condition` and, unless it
    is a deletion, only if it changes something. The database increments the version number.
    """

    stamp: Stamp
    below: HistoryId
    content: Mapping[str, str | None]
    condition: Precondition = UNCONDITIONAL
    expires_at: int | None = None


class OnSeveralCalendars(Exception):
    """An event cannot be changed without a read: it is `event`, on several calendars.

    `lost` is what was written before without a response.
    """

    def __init__(self, event: Event, lost: LostAnswers) -> None:
        super().__init__(event.id)
        self.event = event
        self.lost = lost


class UpdateStore(Protocol):
    """The operations on the events table that a conditional update needs."""

    def update(
        self, calendar_id: CalendarId, event_id: EventId, update: ConditionalUpdate
    ) -> tuple[bool, Event | None]:
        """Applies `update` if its conditions hold. Returns whether they did, and the event as stored afterwards.

        Raises:
            Contended, Throttled, AnswerLost.
        """


class Updater:
    """The writer of conditional updates in the calendar of a request."""

    def __init__(self, store: UpdateStore, request: Request) -> None:
        """Updates events in the calendar of `request`; retries end at its deadline."""
        self._store = store
        self._request = request

    def update(
        self,
        event_id: EventId,
        make: Plan,
        stamp: Stamp,
        fields: Mapping[str, str | None],
        condition: Precondition = UNCONDITIONAL,
        expires_at: int | None = None,
    ) -> Event:
        """Changes `fields` of the content with `stamp`. Returns the event as stored afterwards.

        `make` is the same change as a plan: it determines why the database did not apply the update.

        Raises:
            Unavailable (nothing written), OutcomeUnknown, and the errors of `make`.
            OnSeveralCalendars: nothing was written, but for what `lost` may say.
        """
        lost = LostAnswers(unread=True)
        floor: HistoryId | None = None
        now_ns = self._request.now_ns
        for _ in self._request.deadline.attempts():
            history_id = ids.later_id(now_ns, floor) if floor else HistoryId(ids.new_id(now_ns))
            # If a write without a response had been applied, the stored id would not be below its id, and this update
            # would fail. So no change is applied twice.
            below = lost.first or history_id
            update = ConditionalUpdate(stamp.numbered(history_id, 0), below, fields, condition, expires_at)
            try:
                applied, stored = self._store.update(self._request.calendar_id, event_id, update)
            except AnswerLost:
                lost.add(history_id)
                floor = history_id
                continue
            except (Contended, Throttled):
                continue
            if stored is not None and (applied or lost.applied(stored)):
                return stored
            if make(stored) is None:
                return live(stored)
            if live(stored).on_several:
                raise OnSeveralCalendars(live(stored), lost)
            stored_id = live(stored).history_id
            floor = stored_id if floor is None else max(floor, stored_id)
        raise lost.out_of_time("event")


def live(stored: Event | None) -> Event:
    """Returns `stored`, if it exists and is not deleted. Raises NotFound."""
    if stored is None or stored.deleted:
        raise NotFound("event")
    return stored


def live_occurrence(event: Event, recurrence_id: str, *, cancelled: bool = False) -> Event:
    """Returns an occurrence of `event`, with `cancelled` also one that does not take place. Raises NotFound."""
    found = occurrence(event, recurrence_id, cancelled=cancelled)
    if found is None:
        raise NotFound("occurrence of this event")
    return found


def patched(content: Content, fields: Mapping[str, Any]) -> Content:
    """Returns `content` with `fields` (of `wall_times.applied`) changed; of a recurrence, with what it says of that.

    A time zone of None stands for the default, which a series has only if that is said. If they have no rule, the
    end of the one that it has follows the time of day.

    Raises InvalidRequest if the result is not valid.
    """
    said = fields.get("recurrence")
    if said is not None:
        fields = {**fields, "recurrence": merged(content.recurrence, said)}
    fields = _in_zone(content, fields)
    after = applied(content, fields)
    if after.recurrence is not None and "rule" not in (said or ()):
        # Imported late: most events are no series.
        from shared.scheduling.moved_rules import with_end_following  # noqa: PLC0415

        after = with_end_following(after, content)
    fault = after.interval.fault(opaque=after.opaque)
    if fault is not None:
        field = next((name for name in ("end", "start", "transparency") if name in fields), "start")
        raise InvalidRequest.of(field, f"with the rest of the event: end {fault}")
    return after


def _in_zone(content: Content, fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns `fields` with the default in place of a time zone that is to be None.

    Raises InvalidRequest: a series would be in the zone that is the default, and nobody has said so.
    """
    reset = fields.get("time_zone", content.time_zone) is None
    if fields.get("recurrence", content.recurrence) is not None:
        untold = content.recurrence is None and content.time_zone == NO_CONTENT.time_zone and "time_zone" not in fields
        if reset or untold:
            raise InvalidRequest.of("time_zone", ZONE_NEEDED)
    return {**fields, "time_zone": NO_CONTENT.time_zone} if reset else fields
