"""What each writer of a race does: drawn from a seed, so that every run has the same plan."""

import random
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from shared import ids
from shared.ids import CalendarId, EventId, OperationId
from shared.scheduling.events import Content, Event, Stamp
from shared.scheduling.instants import Instant, shifted

Kind = Literal["create", "allow", "replace", "patch both", "patch one", "roll back", "restore", "delete"]

WRITERS = 16
HOUR, DAY = 3600, 24 * 3600

# Where the races are run: mostly where an ISO week begins, in UTC.
BORDERS = (
    "2026-11-23T00:00:00Z",  # from Sunday 23:00 to Monday 01:00
    "2027-01-04T00:00:00Z",  # 2026 has a week 53, and this is its end
    "2027-01-01T00:00:00Z",  # New Year, within that week
    "2021-01-04T00:00:00Z",
    "2024-12-30T00:00:00Z",  # a week 1 that begins in the old year
    "2026-03-30T00:00:00Z",  # the clocks of Europe changed the day before
)
# What events last in a race, around the borders of the length classes, to the second.
LENGTHS = {
    "night": (900, 1800, HOUR, 2 * HOUR),
    "short": (900, HOUR, 2 * HOUR, 4 * HOUR, 4 * HOUR + 1),
    "days": (4 * HOUR, 4 * HOUR + 1, DAY, 3 * DAY, 3 * DAY + 1),
    "weeks": (3 * DAY, 3 * DAY + 1, 10 * DAY, 31 * DAY, 31 * DAY + 1),
    "all": (HOUR, 4 * HOUR, 4 * HOUR + 1, 3 * DAY, 3 * DAY + 1, 31 * DAY, 31 * DAY + 1, 200 * DAY, 366 * DAY),
}
STYLES = ("night", "short", "days", "short", "weeks", "night", "days", "all")
FIRST_KINDS: tuple[Kind, ...] = (
    *("create",) * 6,
    *("replace", "patch both", "roll back", "restore") * 2,
    "allow",
)
NEXT_KINDS: tuple[Kind, ...] = ("create", "delete", "replace", "patch both", "patch one", "roll back")

_SEED = 20261122
_SEEDED_MS = 1_700_000_000_000


@dataclass(frozen=True)
class Move:
    """One call of a writer: what it wants, and for which time.

    A writer changes the event that it created last; before that, the one that it shares with another writer.
    """

    kind: Kind
    start: Instant
    length: int

    @property
    def end(self) -> Instant:
        """When the time wanted is over."""
        return shifted(self.start, self.length)


@dataclass(frozen=True)
class Round:
    """A calendar of its own, on which all writers work at once."""

    number: int

    @property
    def calendar_id(self) -> CalendarId:
        """Whose calendar it is."""
        return CalendarId(str(UUID(int=(_SEED << 64) + self.number)))

    @property
    def style(self) -> str:
        """How long events last."""
        return STYLES[self.number % len(STYLES)]

    @property
    def border(self) -> Instant:
        """Around which instant they lie."""
        return Instant(BORDERS[self.number % len(BORDERS)])

    def moves(self, writer: int) -> list[Move]:
        """What `writer` does, one after another; the first while all others do theirs."""
        dice = random.Random(f"{_SEED} {self.number} {writer}")  # noqa: S311 a plan, not a secret
        kinds = [dice.choice(FIRST_KINDS), *dice.choices(NEXT_KINDS, k=dice.randrange(2))]
        return [Move(kind, *self._interval(dice)) for kind in kinds]

    def _interval(self, dice: random.Random) -> tuple[Instant, int]:
        length = dice.choice(LENGTHS[self.style])
        # Wide enough for some to fit beside each other, and narrow enough for most to overlap.
        reach = HOUR if self.style == "night" else dice.choice(LENGTHS[self.style]) * 2
        return shifted(self.border, dice.randrange(-reach, reach)), length

    def home(self, writer: int) -> tuple[Event, Event]:
        """The event that two writers share: first in the midst of the race, then moved to where nobody else comes."""
        shared = writer // 2
        dice = random.Random(f"home {_SEED} {self.number} {shared}")  # noqa: S311 a plan, not a secret
        start, length = self._interval(dice)
        away = shifted(Instant("2100-01-04T12:00:00Z"), shared * 400 * DAY)
        number = self.number * WRITERS + shared
        event_id = EventId(ids.derived_id(_SEEDED_MS, number))
        versions = []
        for version, (begins, lasts) in enumerate(((start, length), (away, HOUR)), start=1):
            history_id = ids.derived_id(_SEEDED_MS + version, number)
            content = Content(title="Home", start=begins, end=shifted(begins, lasts))
            stamp = Stamp(
                type="create" if version == 1 else "update",
                changed_by=self.calendar_id,
                operation_id=OperationId(history_id),
                history_id=history_id,
                version=version,
            )
            created_at = ids.made_at(event_id)
            versions.append(
                Event(id=event_id, calendar_id=self.calendar_id, created_at=created_at, content=content, stamp=stamp)
            )
        return versions[0], versions[1]
