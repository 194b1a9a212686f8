"""What a race of bookings has left, held against what was answered.

Every calendar is read whole, strongly consistent; what it has held in between, the table's stream tells.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from shared.ids import CalendarId, EventId, OperationId
from shared.runtime import Runtime
from shared.scheduling.events import Content, Event
from shared.scheduling.intervals import Interval
from shared.store.codec import event_of
from tests.harness.stream import Stream, of_events
from tests.integration.conflicts.contended_calendar import double_bookings, event_items
from tests.integration.sharing.booking_races import WRITERS, Answer, Round

Versions = Mapping[tuple[CalendarId, EventId], Sequence[Event]]


@dataclass
class Findings:
    """How many requests of a race ended how, and what was found wrong, in words."""

    rounds: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    written: Counter[str] = field(default_factory=Counter)
    attempts: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    events: int = 0
    copies: int = 0
    double_bookings: int = 0
    at_odds: list[str] = field(default_factory=list)
    not_there: list[str] = field(default_factory=list)
    untrue: list[str] = field(default_factory=list)

    @property
    def wrong(self) -> tuple[int, list[str], list[str], list[str]]:
        """Returns all that was found wrong."""
        return self.double_bookings, self.at_odds, self.not_there, self.untrue

    def __str__(self) -> str:
        answers = ", ".join(f"{number} {name}" for name, number in sorted(self.answers.items()))
        kinds = ", ".join(f"{number} {name}" for name, number in sorted(self.written.items()))
        tries = ", ".join(f"{name} {sum(all_) / len(all_):.2f}/{max(all_)}" for name, all_ in self.attempts.items())
        return (
            f"{self.rounds} rounds of {WRITERS} writers, {self.answers.total()} requests: {answers} "
            f"(written: {kinds}); attempts, mean/most: {tries}; {self.events} events, {self.copies} copies; "
            f"{self.double_bookings} double bookings, {len(self.at_odds)} events at odds, "
            f"{len(self.not_there)} answered and not there, {len(self.untrue)} untrue conflicts"
        )

    def add(self, runtime: Runtime, stream: Stream, played: Round) -> None:
        """Adds a round, of which `stream` has not been read yet."""
        stored = {each: event_items(runtime, each) for each in played.calendars}
        history = _history(stream)
        self.rounds += 1
        for answer in played.answers:
            self.answers[answer.status] += 1
            self.attempts[answer.kind].append(answer.attempts)
            if answer.status == "written":
                self.written[answer.kind] += 1
        self.double_bookings += sum(len(double_bookings(each)) for each in stored.values())
        everywhere = defaultdict(list)
        for event in (event for events in stored.values() for event in events):
            everywhere[event.id].append(event)
        self.events += len(everywhere)
        self.copies += sum(len(each) for each in everywhere.values())
        for event_id, held in everywhere.items():
            versions = [version for (_, each), found in history.items() if each == event_id for version in found]
            why = _at_odds(held, versions)
            if why:
                self.at_odds.append(f"{event_id}: {why}")
        self.not_there += _not_there(played.answers, stored, history)
        self.untrue += _untrue(played.answers, history)


def _history(stream: Stream) -> Versions:
    """Returns every version that was stored since the last call, in order."""
    found = defaultdict(list)
    for record in of_events(stream.read()):
        event = event_of(record["dynamodb"]["NewImage"])
        found[event.calendar_id, event.id].append(event)
    return {place: sorted(versions, key=lambda each: each.stamp.version) for place, versions in found.items()}


def _at_odds(held: Sequence[Event], versions: Sequence[Event]) -> str | None:
    """Returns why the calendars are at odds about an event, of which they hold `held`."""
    live = [each for each in held if not each.deleted]
    homes = [each for each in live if each.home is None]
    copies = [each for each in live if each.home is not None]
    at_home = {each.history_id for each in versions if each.home is None}
    if any(each.history_id not in at_home for each in versions):
        return "a change of a copy that is none of its home"
    if len(homes) != 1:
        return "two homes" if homes else "copies without a home" if copies else None
    (home,) = homes
    faults = {
        "not on the calendars that its home names": {*home.content.calendars} != {each.calendar_id for each in copies},
        "a copy names another home": any(each.home != home.calendar_id for each in copies),
        "a copy is later than its home": any(each.history_id > home.history_id for each in copies),
        "a copy has another content": any(each.content != _of_copy(home) for each in copies),
    }
    return next((why for why, wrong in faults.items() if wrong), None)


def _of_copy(home: Event) -> Content:
    return replace(home.content, calendars=())


def _not_there(answers: Iterable[Answer], stored: Mapping[CalendarId, Sequence[Event]], history: Versions) -> list[str]:
    """Returns where what was answered and what was stored differ: each request made one version, or none."""
    made: defaultdict[OperationId | None, set[str]] = defaultdict(set)
    for versions in history.values():
        for version in versions:
            made[version.stamp.operation_id].add(version.history_id)
    found = []
    for answer in answers:
        number = len(made.pop(answer.operation_id, ()))
        # A restoration of what is there already changes nothing.
        least = {"written": 0 if answer.kind in ("restore", "move", "calendars") else 1}.get(answer.status, 0)
        most = 1 if answer.status in ("written", "unknown") else 0
        if not least <= number <= most:
            found.append(f"{answer.kind}, {answer.status}: {number} versions")
        event = answer.event
        if event is not None and event not in history.get((event.calendar_id, event.id), ()):
            found.append(f"{answer.kind}: the version answered was never stored")
    found += [f"versions of nobody's request: {each}" for each in made]
    last = {place: versions[-1] for place, versions in history.items()}
    if last != {(each.calendar_id, each.id): each for events in stored.values() for each in events}:
        found.append("not the last version is stored")
    return found


def _untrue(answers: Iterable[Answer], history: Versions) -> list[str]:
    """Returns the conflicts that named something that was not there while the request was under way."""
    asked = {answer.operation_id: answer for answer in answers}
    stays = defaultdict(list)
    for (calendar_id, event_id), versions in history.items():
        for version, after in zip(versions, [*versions[1:], None], strict=True):
            interval = version.content.interval
            if not version.deleted and version.stamp.operation_id is not None:
                came = asked[version.stamp.operation_id].began
                left = asked[after.stamp.operation_id].ended if after and after.stamp.operation_id else None
                stays[calendar_id, interval.start, interval.end].append((event_id, came, left))
    found = []
    for answer in answers:
        if answer.status != "conflict":
            continue
        if not answer.collisions:
            found.append(f"{answer.kind}: nothing is named")
        for each in answer.collisions:
            there = any(
                each.id in (None, event_id)
                and event_id != answer.own_id
                and came <= answer.ended
                and (left is None or left >= answer.began)
                for event_id, came, left in stays[each.calendar_id, each.start, each.end]
            )
            if not there:
                found.append(f"{answer.kind}: {each} was not there")
            elif answer.wanted is not None and not answer.wanted.overlaps(Interval(each.start, each.end)):
                found.append(f"{answer.kind}: {each} is not in the way")
    return found
