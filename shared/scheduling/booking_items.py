"""What each calendar holds of an event on several: the event itself at home, and a copy in each of the others."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from shared import ids
from shared.errors import InvalidRequest
from shared.ids import CalendarId, EventId
from shared.scheduling.access import OWNER, CalendarAccess, Grant
from shared.scheduling.events import Event, Stamp
from shared.scheduling.fences import ALL_FENCES, Fence, fences_of, weeks_touched
from shared.scheduling.instants import Instant
from shared.scheduling.newly_taken import fences_moved, newly_taken, only_frees
from shared.scheduling.quotas import Usage
from shared.scheduling.roles import Right

# The number of actions of a transaction.
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
MOST_ACTIONS: Final = 100
# Why an item is not overwritten: no two events have one id, unless one was moved away and its old uid used again.
OWN_EVENT: Final = "holds an event of its own with the id of this one"


@dataclass(frozen=True, slots=True)
class PlaceRead:
    """A calendar as it was read for a change: what it grants the caller, and what it holds of the event.

    `fences` are those that were asked for, by name; `usage` is None if nothing limits what the calendar may hold.
    """

    access: CalendarAccess
    granted: Grant
    event: Event | None
    fences: Mapping[str, Fence] = field(default_factory=dict)
    usage: Usage | None = None

    @property
    def grant(self) -> Grant:
        """Returns what the caller may do: everything, in a calendar of their own."""
        return OWNER if self.access.own else self.granted

    def fences_moved(self, event: Event, *, checked: bool) -> Sequence[str]:
        """Returns the names of the fences that a write of `event` moves, which is checked for conflicts or not."""
        return fences_moved(event, self.event, newly_taken(event, self.event) if checked else None)

    def fences_of(self, event: Event, split_off: "SplitOff | None" = None, *, checked: bool) -> list[Fence] | None:
        """Returns the fences that a write of `event` moves; None if not all of them were read.

        Where time goes from one item to another, that is all of them, though none of it is new: a Query may show one of
        the two without the other.
        """
        names = self.fences_moved(event, checked=checked)
        if split_off is not None and split_off.busy:
            names = ALL_FENCES
        return [self.fences[name] for name in names] if self.fences.keys() >= set(names) else None


# What calendars hold of an event.
Places = Mapping[CalendarId, PlaceRead]


@dataclass(frozen=True, slots=True)
class SplitOff:
    """A series that is made of a part of another one: `event`, in place of what the calendars of `places` hold of it.

    When it is split off, `part` is what it would be before its own change: that much of its time was taken already, so
    only other time is checked. None once it is stored: then it is deleted because the other series has its time again,
    or restored because the other one leaves it.
    """

    event: Event
    places: Places
    part: Event | None = None

    @property
    def previous(self) -> Event | None:
        """Returns what is stored of it in its calendar."""
        return self.places[self.event.calendar_id].event

    @property
    def busy(self) -> bool:
        """Returns whether any of it takes its time, or did before its own change."""
        return self.event.content.busy or (self.part is not None and self.part.content.busy)

    @property
    def taken(self) -> Event | None:
        """Returns what newly takes time."""
        return newly_taken(self.event, self.part or self.previous)

    def in_calendar(self, calendar_id: CalendarId, expires_at: int) -> "SplitOff | None":
        """Returns what a calendar is to hold of it: itself in its home, and elsewhere a copy. None: as it does now.

        What is taken off the calendar is kept until `expires_at`.
        """
        held = (each for each in items_of(self.event, (), (), self.places, expires_at))
        event = next((each for each in held if each.calendar_id == calendar_id), None)
        if event is None or calendar_id == self.event.calendar_id:
            return None if event is None else self
        return replace(self, event=event, part=None if self.part is None else copy_in(calendar_id, self.part, None))


@dataclass(frozen=True, slots=True)
class PlaceWrite:
    """What is written in one calendar: `event` in place of what `place` has of it, which moves `fences`.

    In the same transaction another series may be `split_off` from it, or be deleted because this one has its time
    again.

    The transaction holds to `right` of the caller; to nothing if that is None. Where the write is `allowing` conflicts,
    that is the right to write, in a calendar that is not strict.
    """

    event: Event
    place: PlaceRead
    fences: Sequence[Fence] = ()
    right: Right | None = None
    allowing: bool = False
    split_off: SplitOff | None = None

    @property
    def taken(self) -> Event | None:
        """Returns what newly takes time in the calendar; None if nothing does.

        Of a series and what is split off from it that is the second one: the first one gets shorter.
        """
        if self.split_off is None or self.split_off.event.deleted:
            return newly_taken(self.event, self.place.event)
        return self.split_off.taken

    @property
    def written(self) -> Event:
        """Returns what the calendar then has of what the request changed."""
        return self.event if self.split_off is None or self.split_off.event.deleted else self.split_off.event

    @property
    def making_way(self) -> EventId | None:
        """Returns the id of what leaves its time to `written` in the same transaction."""
        if self.split_off is None:
            return None
        return self.split_off.event.id if self.split_off.event.deleted else self.event.id

    @property
    def live(self) -> bool:
        """Returns whether the calendar has the event afterwards."""
        return not self.event.deleted

    @property
    def actions(self) -> int:
        """Returns how many actions of a transaction it takes at most."""
        rights = 0 if self.right is None else 1 + self.allowing
        return 1 + (self.split_off is not None) + len(self.fences) + rights


def later_than_all(event: Event, places: Places, now_ns: int) -> Event:
    """Returns `event` with a history_id that is later than that of every version in `places`."""
    latest = max((place.event.history_id for place in places.values() if place.event is not None), default=None)
    if latest is None or latest < event.history_id:
        return event
    return replace(event, stamp=replace(event.stamp, history_id=ids.later_id(now_ns, latest)))


def homes_in(places: Places) -> set[CalendarId]:
    """Returns the calendars that the copies in `places` name as their homes."""
    live = (place.event for place in places.values() if place.event is not None and not place.event.deleted)
    return {event.home for event in live if event.home is not None}


def items_of(
    event: Event,
    left: Collection[CalendarId],
    same: Collection[CalendarId],
    places: Places,
    expires_at: int,
) -> Iterator[Event]:
    """Yields what each calendar is to hold after `event` is written in its home, the home first.

    The other calendars are those that the event names, and those that it has `left`. What stays as it is is not
    yielded. A calendar's item of another event of the same id is not overwritten.

    Args:
        event: The event as it is to be at home.
        left: The calendars in which there may be something of it that it names no more.
        same: The calendars that it names and that stay as they are.
        places: All of these calendars but those of `same`.
        expires_at: Until when, in seconds since 1970, what is taken off is kept.

    Raises:
        InvalidRequest: a calendar holds another event with the id of this one.
    """
    yield event
    named = event.content.calendars
    frees = only_frees(event, places[event.calendar_id].event)
    for at, calendar_id in enumerate(named):
        if calendar_id in same:
            continue
        before = places[calendar_id].event
        # A copy of this very event names its home, or the one that it is being moved from.
        if before is not None and not before.deleted and before.home not in (event.calendar_id, *left):
            raise InvalidRequest.of(f"calendars[{at}]", OWN_EVENT)
        gone = before is None or before.deleted
        # In a calendar that was purged there is nothing of it that could be freed.
        if not event.deleted and not (frees and gone):
            copy = copy_in(calendar_id, event, before)
            if before is None or gone or (before.content, before.home) != (copy.content, copy.home):
                yield copy
    for calendar_id in (*named, *left) if event.deleted else [each for each in left if each not in named]:
        before = places[calendar_id].event
        if calendar_id != event.calendar_id and before is not None and not before.deleted:
            yield taken_off(event, before, expires_at)


def copy_in(calendar_id: CalendarId, event: Event, before: Event | None) -> Event:
    """Returns the copy of `event` in a calendar that holds `before` of it."""
    kind = event.stamp.type
    if before is None:
        kind = "create"
    elif before.deleted:
        kind = "restore"
    elif kind in ("create", "restore", "move"):
        kind = "update"
    return replace(
        event,
        calendar_id=calendar_id,
        home=event.calendar_id,
        content=replace(event.content, calendars=()),
        stamp=replace(_stamp(event, before), type=kind),
        checked_until=None if before is None else before.checked_until,
        uid=None,
        creation_digest=None,
    )


def taken_off(event: Event, before: Event, expires_at: int) -> Event:
    """Returns what a calendar holds once `event`, managed elsewhere, is not there any more, in place of `before`."""
    return replace(
        before,
        home=event.calendar_id,
        content=replace(before.content, calendars=()),
        stamp=replace(_stamp(event, before), type="delete"),
        expires_at=expires_at,
    )


def _stamp(event: Event, before: Event | None) -> Stamp:
    # An operation is counted in each calendar by itself, and so are the versions.
    rolled_back_to = event.stamp.rolled_back_to if before is not None else None
    version = before.stamp.version + 1 if before is not None else 1
    return replace(event.stamp, version=version, operation_size=1, rolled_back_to=rolled_back_to)


def noted(write: PlaceWrite, checked_until: Instant | None) -> PlaceWrite:
    """Returns `write` of an event of which a series says how far it was checked in the calendar, if it was just now."""
    if write.taken is not write.written:
        return write
    noted_event = replace(write.written, checked_until=checked_until)
    if write.split_off is None or write.split_off.event.deleted:
        return replace(write, event=noted_event)
    return replace(write, split_off=replace(write.split_off, event=noted_event))


def check_size(writes: Sequence[PlaceWrite], event: Event) -> None:
    """Checks that `writes`, which put `event` on calendars and take it off others, fit into one transaction.

    Where it takes its time, that has an action for the event, one for the right, and one for each fence. An event is on
    no more calendars than can take its time all at once, however it came there: or it could not be moved any more.

    Raises:
        InvalidRequest: they do not.
    """
    on = {event.calendar_id, *event.content.calendars, *(each.event.calendar_id for each in writes if each.live)}
    most = MOST_ACTIONS // (len(fences_of(event.content)) + 2)
    if event.content.busy and not event.deleted and len(on) > most:
        weeks = weeks_touched(event.content.interval)
        what = "a series" if event.content.recurrence is not None else f"an event that touches {weeks} weeks"
        raise InvalidRequest.of("calendars", f"must be at most {most - 1} for {what}")
    if sum(each.actions for each in writes) > MOST_ACTIONS:
        why = "must be changed in two steps: these, and those that it is to leave, are too many at once"
        raise InvalidRequest.of("calendars", why)


def rotated(calendar_ids: Sequence[CalendarId], event_id: EventId) -> list[CalendarId]:
    """Returns `calendar_ids` from another one on for each event, so that callers at once do not all want the first."""
    first = int(event_id[-12:], 16) % len(calendar_ids) if calendar_ids else 0
    return [*calendar_ids[first:], *calendar_ids[:first]]
