"""The access table as functions of events use it: they read what a calendar grants, and hold to it when they write."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar, get_args

from shared.errors import NotAllowed, NotFound
from shared.ids import CalendarId
from shared.scheduling.access import CalendarAccess, Grant
from shared.scheduling.events import Event
from shared.scheduling.roles import EveryoneRole, Right, Role, rights_of, roles_with
from shared.store import access_keys
from shared.store.batches import batch_get
from shared.store.client import Clients
from shared.store.codec import Item, text

T = TypeVar("T")

# How many keys a grant is read at.
GRANT_KEYS: Final = 2
# The condition on a calendar's state that the calendar is not deleted.
LIVE: Final = "attribute_not_exists(deleted_at)"
_THERE_AND_LIVE: Final = f"attribute_exists(pk) AND {LIVE}"
# How old a grant may be when the last read that it allows ends.
LONGEST_SECONDS: Final = 1.0


class GrantAge:
    """How long ago grants were read: never known better than by when their read began."""

    def __init__(self, now: Callable[[], float]) -> None:
        """Uses a clock in seconds, `now`."""
        self.now = now
        self.read_at: float | None = None

    @property
    def fresh(self) -> bool:
        """Returns whether the grants were read, at most LONGEST_SECONDS ago."""
        return self.read_at is not None and self.now() - self.read_at <= LONGEST_SECONDS


class GrantReader:
    """What a calendar grants the user of an access: read beside what it guards, and held to by what is written.

    A grant is never cached beyond the request.
    """

    def __init__(self, clients: Clients, table: str, access: CalendarAccess, monotonic: Callable[[], float]) -> None:
        """Uses the access table of name `table`; `monotonic` is a clock in seconds."""
        self._clients = clients
        self._table = table
        self._age = GrantAge(monotonic)
        self.access = access
        self.grant = Grant()

    @property
    def keys(self) -> list[Item]:
        """Returns the keys of the grant: to be read, strongly consistent, with what it guards."""
        return grant_keys(self.access)

    def read(self, tables: Mapping[str, Sequence[Item]]) -> dict[str, list[Item]]:
        """Returns the items at the keys of `tables`, read together with the grant, which is checked.

        The grant is never older than what it allows: every call that reads some of it reads the grant again.

        Raises:
            NotFound, NotAllowed, InvalidRequest: The grant does not allow the access.
            Throttled, AnswerLost.
        """
        started = self._age.now()
        found = batch_get(self._clients, tables, (self._table, self.keys))
        self.grant = grant_of(found.pop(self._table))
        self.access.check(self.grant)
        self._age.read_at = started
        return found

    def beside(self, read: Callable[[], T]) -> T:
        """Returns the result of `read`, for which the grant is checked: concurrently, unless it was a moment ago.

        Raises:
            NotFound, NotAllowed, InvalidRequest: The grant does not allow the access.
            Throttled, AnswerLost.
        """
        if self._age.fresh:
            found = read()
        else:
            checking = self._clients.pool.submit(self.read, {})
            try:
                found = read()
            finally:
                checking.result()
        self.renew()
        return found

    def renew(self) -> None:
        """Reads and checks the grant, unless that was a moment ago: the right may have been revoked since.

        Raises:
            NotFound, NotAllowed, InvalidRequest: The grant does not allow the access.
            Throttled, AnswerLost.
        """
        if not self._age.fresh:
            self.read({})

    def checks(self, event: Event) -> list[dict[str, Any]]:
        """Returns the actions of a transaction that hold to the right to write `event`, to which all else is bound."""
        return self.held(self.access.change_right(event), allowing=event.stamp.on_conflict == "allow")

    def held(self, right: Right, *, allowing: bool) -> list[dict[str, Any]]:
        """Returns the actions of a transaction that hold to `right`.

        Where conflicts are allowed, that is the right to write, in a calendar that is not strict.
        """
        if allowing:
            return [self.check("write"), self.check_not_strict()]
        return [self.check(right)]

    def check(self, right: Right) -> dict[str, Any]:
        """Returns the action of a transaction that fails unless the user still has `right`.

        It is the membership that is held to, unless only everyone's role includes the right.
        """
        roles = {f":role{index}": text(role) for index, role in enumerate(roles_with(right))}
        user_id, calendar_id = self.access.user_id, self.access.calendar_id
        condition = f"#role IN ({', '.join(roles)})"
        if self._by_everyone(right):
            key = access_keys.state_key(calendar_id, user_id)
            return self._condition(key, f"{condition} AND {LIVE}", roles, {"#role": "everyone"})
        return self._condition(access_keys.member_key(calendar_id, user_id), condition, roles, {"#role": "role"})

    def checks_unread(self, right: Right) -> list[dict[str, Any]]:
        """Returns the actions of a transaction that hold to `right` where nothing is read after the calendar's state.

        A membership says nothing of whether the calendar is deleted; everyone's role stands in the state itself.
        """
        state_key = access_keys.state_key(self.access.calendar_id, self.access.user_id)
        live = [] if self._by_everyone(right) else [self._condition(state_key, _THERE_AND_LIVE)]
        return [self.check(right), *live]

    def _by_everyone(self, right: Right) -> bool:
        return right in rights_of(self.grant.everyone) and right not in rights_of(self.grant.member)

    def check_not_strict(self) -> dict[str, Any]:
        """Returns the action of a transaction that fails if the calendar is strict, or deleted."""
        return self._condition(
            access_keys.state_key(self.access.calendar_id, self.access.user_id),
            f"strict = :false AND {LIVE}",
            {":false": {"BOOL": False}},
        )

    def _condition(
        self, key: Item, condition: str, values: Item | None = None, names: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        check: dict[str, Any] = {"TableName": self._table, "Key": key, "ConditionExpression": condition}
        if values:
            check["ExpressionAttributeValues"] = values
        if names:
            check["ExpressionAttributeNames"] = names
        return {"ConditionCheck": check}


class GrantsReader:
    """What several calendars grant a user: read together, before what they guard."""

    def __init__(
        self, clients: Clients, table: str, accesses: Sequence[CalendarAccess], monotonic: Callable[[], float]
    ) -> None:
        """Uses the access table of name `table`; `monotonic` is a clock in seconds. At most 50 of `accesses`."""
        self._clients = clients
        self._table = table
        self._age = GrantAge(monotonic)
        self._accesses = [access for access in accesses if not access.own]
        self._refusals: dict[CalendarId, NotFound | NotAllowed] = {}

    def refusals(self) -> dict[CalendarId, NotFound | NotAllowed]:
        """Returns why calendars do not allow the access, for those that do not: as it was at most a second ago.

        Reads the grants in one BatchGetItem, unless that was a moment ago. The user's default calendar needs none.

        Raises Throttled, AnswerLost.
        """
        if self._accesses and not self._age.fresh:
            started = self._age.now()
            keys = [key for access in self._accesses for key in grant_keys(access)]
            self._refusals = self._refused(batch_get(self._clients, {self._table: keys})[self._table])
            self._age.read_at = started
        return self._refusals

    def _refused(self, items: Sequence[Item]) -> dict[CalendarId, NotFound | NotAllowed]:
        refusals: dict[CalendarId, NotFound | NotAllowed] = {}
        for access in self._accesses:
            partition = text(access_keys.access_partition(access.calendar_id))
            try:
                access.check(grant_of([item for item in items if item["pk"] == partition]))
            except (NotFound, NotAllowed) as refusal:
                refusals[access.calendar_id] = refusal
        return refusals


def grant_keys(access: CalendarAccess) -> list[Item]:
    """Returns the keys of the membership and the state that say what a calendar grants."""
    user_id, calendar_id = access.user_id, access.calendar_id
    return [access_keys.member_key(calendar_id, user_id), access_keys.state_key(calendar_id, user_id)]


def grant_of(items: Sequence[Item]) -> Grant:
    """Returns the grant in the membership and the state of a calendar, as far as they exist.

    It fails closed: without a state there is no calendar, a role that is not known grants nothing, and a state that
    does not say whether it is strict is.
    """
    member = state = None
    for item in items:
        if item["sk"]["S"].startswith(access_keys.MEMBER_PREFIX):
            member = item
        else:
            state = item
    if state is None or "deleted_at" in state:
        return Grant()
    return Grant(
        _word(member, "role", get_args(Role)),
        _word(state, "everyone", get_args(EveryoneRole)),
        strict=state.get("strict") != {"BOOL": False},
    )


def _word(item: Item | None, name: str, words: Sequence[Any]) -> Any:
    value = item.get(name, {}).get("S") if item is not None else None
    return value if value in words else None
