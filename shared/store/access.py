"""The access table as functions of events use it: they read what a calendar grants, and hold to it when they write."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar, get_args

from shared.scheduling.access import CalendarAccess, Grant
from shared.scheduling.events import Event
from shared.scheduling.roles import EveryoneRole, Right, Role, roles_with
from shared.store import access_keys
from shared.store.batches import batch_get
from shared.store.client import Clients
from shared.store.codec import Item, text

T = TypeVar("T")

# How old a grant may be when the last read that it allows ends.
LONGEST_SECONDS: Final = 1.0


class GrantReader:
    """What a calendar grants the user of an access: read beside what it guards, and held to by what is written.

    A grant is never cached beyond the request.
    """

    def __init__(self, clients: Clients, table: str, access: CalendarAccess, monotonic: Callable[[], float]) -> None:
        """Uses the access table of name `table`; `monotonic` is a clock in seconds."""
        self._clients = clients
        self._table = table
        self._monotonic = monotonic
        self._read_at: float | None = None
        self.access = access
        self.grant = Grant()

    @property
    def keys(self) -> list[Item]:
        """Returns the keys of the grant: to be read, strongly consistent, with what it guards."""
        user_id, calendar_id = self.access.user_id, self.access.calendar_id
        return [access_keys.member_key(calendar_id, user_id), access_keys.state_key(calendar_id, user_id)]

    def read(self, tables: Mapping[str, Sequence[Item]]) -> dict[str, list[Item]]:
        """Returns the items at the keys of `tables`, read together with the grant, which is checked.

        Raises:
            NotFound, NotAllowed: The grant does not include the right of the access.
            Throttled, AnswerLost.
        """
        started = self._monotonic()
        found = batch_get(self._clients, {self._table: self.keys, **tables})
        self._admit(found.pop(self._table), started)
        self.renew()
        return found

    def admit(self) -> None:
        """Reads the grant, unless that was a moment ago, and checks it. Raises NotFound, NotAllowed."""
        self.beside(lambda: None)

    def beside(self, read: Callable[[], T]) -> T:
        """Returns the result of `read`, for which the grant is checked: concurrently, unless it was a moment ago.

        Raises:
            NotFound, NotAllowed: The grant does not include the right of the access.
            Throttled, AnswerLost.
        """
        if self._fresh():
            found = read()
        else:
            checking = self._clients.pool.submit(self.read, {})
            try:
                found = read()
            finally:
                checking.result()
        self.renew()
        return found

    def _fresh(self) -> bool:
        return self._read_at is not None and self._monotonic() - self._read_at <= LONGEST_SECONDS

    def renew(self) -> None:
        """Reads the grant again if what was read meanwhile took long: the right may have been revoked since."""
        while not self._fresh():
            started = self._monotonic()
            self._admit(batch_get(self._clients, {self._table: self.keys})[self._table], started)

    def _admit(self, items: Sequence[Item], started: float) -> None:
        self.grant = grant_of(items)
        self.access.check(self.grant)
        self._read_at = started

    def checks(self, event: Event) -> list[dict[str, Any]]:
        """Returns the actions of a transaction that hold to the right to write `event`, to which all else is bound.

        Where conflicts are allowed, that is the right to write, in a calendar that is not strict.
        """
        allowing = event.stamp.on_conflict == "allow"
        right = "write" if allowing else self.access.change_right(event)
        return [self.check(right), *([self.check_not_strict()] if allowing else [])]

    def check(self, right: Right) -> dict[str, Any]:
        """Returns the action of a transaction that fails unless the user still has `right`.

        It is the membership that is held to, unless only everyone's role includes the right.
        """
        roles = {f":role{index}": text(role) for index, role in enumerate(roles_with(right))}
        user_id, calendar_id = self.access.user_id, self.access.calendar_id
        everyones = right in _rights_of_everyone(self.grant) and not Grant(self.grant.member).may(right)
        key = access_keys.state_key if everyones else access_keys.member_key
        return self._condition(
            key(calendar_id, user_id),
            f"#role IN ({', '.join(roles)}) AND attribute_not_exists(deleted_at)",
            roles,
            {"#role": "everyone" if everyones else "role"},
        )

    def check_not_strict(self) -> dict[str, Any]:
        """Returns the action of a transaction that fails if the calendar is strict, or deleted."""
        return self._condition(
            access_keys.state_key(self.access.calendar_id, self.access.user_id),
            "strict = :false AND attribute_not_exists(deleted_at)",
            {":false": {"BOOL": False}},
        )

    def _condition(
        self, key: Item, condition: str, values: Item, names: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        check: dict[str, Any] = {
            "TableName": self._table,
            "Key": key,
            "ConditionExpression": condition,
            "ExpressionAttributeValues": values,
        }
        return {"ConditionCheck": {**check, "ExpressionAttributeNames": names} if names else check}


def _rights_of_everyone(grant: Grant) -> frozenset[Right]:
    return frozenset(right for right in get_args(Right) if Grant(everyone=grant.everyone).may(right))


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
