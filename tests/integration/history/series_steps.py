"""Steps of random histories that concern occurrences of a series: one, all from one on, or all as seen at one.

They are tried of any event. Where it is deleted, is no series, or has no such occurrence, they are answered by 404.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.harness.gateway import Reply
from tests.integration.history.event_steps import RULES, unless_refused
from tests.integration.history.moved_days import dragged
from tests.integration.history.series_of_days import (
    DAY,
    Days,
    Refused,
    clock,
    divided,
    ended,
    has,
    instant,
    overlapping,
    own,
    settled,
    takes_place,
    times,
    times_of,
    utc,
    with_one,
    with_parts,
    written,
)
from tests.integration.history.version_model import TITLES, Json, KeptEvent, VersionModel

HOUR = timedelta(hours=1)
# By how much an occurrence is moved, and how long it then is: half an hour, to other hours, and to other days.
MOVES = [(HOUR / 2, HOUR), (3 * HOUR, 2 * HOUR), (-HOUR, HOUR), (DAY, HOUR), (-DAY, HOUR / 2), (2 * DAY + HOUR, HOUR)]


@dataclass(frozen=True)
class Change:
    """A change of a series from one occurrence on, or of all of it as seen there; what it does not change is None."""

    title: str | None = None
    times: tuple[datetime, datetime] | None = None
    rule: str | None = None
    exceptions: str = "keep"

    def send(self, model: VersionModel, event: KeptEvent, one: str, scope: str) -> Reply:
        fields: Json = {} if self.title is None else {"title": self.title}
        fields |= {} if self.times is None else times(*self.times)
        fields |= {} if self.rule is None else {"recurrence": {"rule": self.rule}}
        query: Json = {"scope": scope, "exceptions": self.exceptions, "on_conflict": "allow"}
        return model.api("PATCH", f"/events/{event.event_id}_{one}", fields, **query)

    def made_of(self, content: Json, one: str) -> Json:
        """Returns a series after the change. Raises Refused."""
        if self.times is not None:
            content = dragged(content, one, *self.times)
        if self.rule is not None:
            content = with_parts(content, rule=self.rule)
        title = content["title"] if self.title is None else self.title
        return settled({**content, "title": title}, drop=self.exceptions == "drop")


def one_of(event: KeptEvent, value: int) -> str:
    """Returns the recurrence id of an exception or of one of the first five occurrences, or one that there is not."""
    content = event.content()
    recurrence: Json = content["recurrence"] or {"dates": [], "excluded": [], "changed": {}}
    exceptions: list[str] = sorted({*recurrence["dates"], *recurrence["excluded"], *recurrence["changed"]})
    if exceptions and value % 3 == 0:
        return exceptions[value % len(exceptions)]
    wrong = HOUR if value % 13 == 12 else timedelta(0)
    step = DAY if content["recurrence"] is None else Days.of(content).step
    return written(clock(utc(content["start"]), content["time_zone"]) + value % 5 * step + wrong)


def change_one(model: VersionModel, event: KeptEvent, value: int) -> None:
    _change_one(model, event, one_of(event, value), {"title": TITLES[value // 5 % 3]})


def move_one(model: VersionModel, event: KeptEvent, value: int) -> None:
    one = one_of(event, value)
    by, length = MOVES[value // 5 % len(MOVES)]
    start = instant(datetime.fromisoformat(one), event.content()["time_zone"]) + by
    back = value // 5 % 7 == 6
    _change_one(model, event, one, {"start": None, "end": None} if back else times(start, start + length))


def bring_back_one(model: VersionModel, event: KeptEvent, value: int) -> None:
    _change_one(model, event, one_of(event, value), {"cancelled": False})


def cancel_one(model: VersionModel, event: KeptEvent, value: int) -> None:
    one = one_of(event, value)
    reply = model.api("DELETE", f"/events/{event.event_id}_{one}")
    if _there(event, one, reply):
        model.expect(event, reply, with_one(event.content(), one, {"cancelled": True}), model.read(event))


def roll_back_one(model: VersionModel, event: KeptEvent, value: int) -> None:
    """One occurrence is what it was at a version, if the series had it then and has it now."""
    one = one_of(event, value)
    before = event.content()
    # Where it was another one, if there is such a version.
    every = [*range(len(event.documents))]
    numbers = [each for each in every if _of_one(event.content(each), one) != _of_one(before, one)] or every
    number = numbers[value // 5 % len(numbers)]
    body = {"history_id": model.versions(event)[number]["history_id"]}
    path = f"/events/{event.event_id}/rollback"
    reply = model.api("POST", path, body, on_conflict="allow", occurrence=one)
    then = _of_one(event.content(number), one)
    if event.deleted or not has(before, one) or then is None:
        assert reply.status == 404, (reply, one)
        return
    expected = unless_refused(lambda: _apart(with_one(before, one, then)))
    document = reply.body
    if expected is not None:
        assert document.pop("changed") == (expected != before)
    model.expect(event, reply, expected, document)


def split(model: VersionModel, event: KeptEvent, value: int) -> None:
    """All from one occurrence on have another title, other times, or another rule."""
    one = one_of(event, value)
    change = _change_of(event, one, value // 5)
    reply = change.send(model, event, one, "following")
    if not _there(event, one, reply):
        return
    before = event.content()
    try:
        parts = divided(before, one)
        tail = change.made_of(before if parts is None else parts[1], one)
        refused = parts is not None and overlapping(parts[0], tail)
    except Refused:
        refused = True
    if refused:
        assert reply.status == 422, reply
        return
    if parts is None:
        model.expect(event, reply, tail, model.read(event))
        return
    head, rest = parts
    assert reply.status == 200, reply
    if tail == rest:
        assert reply.body["id"] == f"{event.event_id}_{one}"
        return
    assert reply.body["split_from"] == event.event_id
    other = KeptEvent(reply.body["id"])
    model.events.append(other)
    model.add((event, model.read(event)), (other, reply.body))
    assert [event.content(), other.content()] == [head, tail]
    assert (event.documents[-1]["version"], other.documents[-1]["version"]) == (len(event.documents), 1)


def end(model: VersionModel, event: KeptEvent, value: int) -> None:
    """The series ends before one of its occurrences: before the first that takes place it is deleted."""
    one = one_of(event, value)
    reply = model.api("DELETE", f"/events/{event.event_id}_{one}", scope="following")
    if not _there(event, one, reply):
        return
    try:
        head = ended(event.content(), one)
    except Refused:
        assert reply.status == 422, reply
        return
    if head is None:
        assert reply.status == 204
        model.add((event, None))
        return
    model.expect(event, reply, head, model.read(event))


def change_all(model: VersionModel, event: KeptEvent, value: int) -> None:
    one = one_of(event, value)
    change = _change_of(event, one, value // 5)
    reply = change.send(model, event, one, "all")
    if _there(event, one, reply):
        made = unless_refused(lambda: change.made_of(event.content(), one))
        model.expect(event, reply, made, model.read(event))


def _of_one(content: Json, one: str) -> Json | None:
    """Returns what an occurrence has of its own, None for what it does not have, and whether it is cancelled."""
    if not has(content, one):
        return None
    its_own = {name: own(content, one).get(name) for name in ("title", "start", "end")}
    return {**its_own, "cancelled": one in content["recurrence"]["excluded"]}


def _change_of(event: KeptEvent, one: str, value: int) -> Change:
    kind, which = value % 4, value // 4
    if kind == 0:
        return Change(title=TITLES[which % 3])
    if kind == 1:
        return Change(rule=RULES[which % 3], exceptions="keep" if which % 2 else "drop")
    by, length = MOVES[which % len(MOVES)]
    start = by + (times_of(event.content(), one)[0] if has(event.content(), one) else datetime.fromisoformat(one))
    return Change(title=None if kind == 2 else TITLES[which % 3], times=(start, start + length))


def _change_one(model: VersionModel, event: KeptEvent, one: str, fields: Json) -> None:
    reply = model.api("PATCH", f"/events/{event.event_id}_{one}", fields, on_conflict="allow")
    if _there(event, one, reply, cancelled="cancelled" in fields):
        made = unless_refused(lambda: _apart(with_one(event.content(), one, fields)))
        model.expect(event, reply, made, model.read(event))


def _there(event: KeptEvent, one: str, reply: Reply, *, cancelled: bool = False) -> bool:
    """Returns whether there is such an occurrence; if not, the request was answered by 404."""
    there = not event.deleted and has(event.content(), one)
    if there and not cancelled:
        there = takes_place(event.content(), one)
    assert (reply.status == 404) is not there, (reply, one)
    return there


def _apart(content: Json) -> Json:
    """Returns a series. Raises Refused if two of its occurrences overlap."""
    if overlapping(content):
        raise Refused
    return content
