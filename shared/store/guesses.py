"""The users table: counters of attempts at passwords."""

from typing import Any, Final

from botocore.exceptions import ClientError

from shared.errors import Contended
from shared.identity.guessing import FORGIVEN_AFTER_SECONDS, Count, Counter, limit_of
from shared.store.client import Clients
from shared.store.codec import Item, number
from shared.store.faults import failed_conditions, store_faults
from shared.store.identity_keys import guess_key

# Another request may start the counter anew, or TTL remove it, between the attempts to write.
_ROUNDS: Final = 2


class DynamoGuessStore:
    """Counters in the users table. All methods raise Contended, Throttled and AnswerLost.

    A counter's item holds the number of `attempts`, the time of the last one (`last_at`), and `cleared_at` since a
    right password. It is treated as absent from `expires_at` on, since TTL may take days to remove it, and
    FORGIVEN_AFTER_SECONDS after `cleared_at`.
    """

    def __init__(self, clients: Clients, table: str) -> None:
        """Uses the users table of name `table`."""
        self._clients = clients
        self._table = table

    def count(self, counter: Counter, now: int) -> Count:
        """Counts an attempt, if one passes now: one UpdateItem, or two if the counter starts anew.

        How long it is locked follows from what is stored, and the condition says it all, so that nothing depends on
        what was read before.

        Raises:
            Contended: The counter was started anew or removed by others each time.
        """
        for _ in range(_ROUNDS):
            attempt, found = self._write(counter, _first_or_next(counter, now))
            if found is None:
                return Count(counter, attempt)
            if now < _anew_at(found):
                return Count(counter, int(found["attempts"]["N"]), _wait(found, counter, now))
            attempt, found = self._write(counter, _anew(counter, now))
            if found is None:
                return Count(counter, attempt)
        raise Contended("others start the counter anew")

    def take_back(self, count: Count) -> None:
        """Takes an attempt that was counted off its counter: one UpdateItem."""
        self._update(
            count.counter,
            {
                "UpdateExpression": "ADD attempts :less",
                "ConditionExpression": "attempts > :none",
                "ExpressionAttributeValues": {":less": number(-1), ":none": number(0)},
            },
        )

    def forgive(self, count: Count, now: int) -> None:
        """Notes that the password of an attempt that was counted is right: one call, or two.

        A counter that may start anew is deleted if nothing else was counted. If something was, it starts anew a little
        later: guesses that arrived beside the right one find it as they would have without that one.
        """
        if not count.counter.limit.forgiven:
            self.take_back(count)
        elif count.attempt != 1 or not self._delete_first(count.counter):
            self._update(
                count.counter,
                {
                    "UpdateExpression": "SET cleared_at = :now",
                    "ConditionExpression": "attribute_exists(pk)",
                    "ExpressionAttributeValues": {":now": number(now)},
                },
            )

    def _delete_first(self, counter: Counter) -> bool:
        """Deletes the counter if it has counted one attempt only, and returns whether it has."""
        with store_faults():
            try:
                self._clients.dynamodb.delete_item(
                    TableName=self._table,
                    Key=guess_key(counter.counted, counter.by),
                    ConditionExpression="attempts = :one",
                    ExpressionAttributeValues={":one": number(1)},
                )
            except ClientError as fault:
                if not failed_conditions(fault):
                    raise
                return False
        return True

    def _update(self, counter: Counter, update: dict[str, Any]) -> None:
        """Makes an UpdateItem; a condition that does not hold means that there is nothing to change."""
        with store_faults():
            try:
                self._clients.dynamodb.update_item(
                    TableName=self._table, Key=guess_key(counter.counted, counter.by), **update
                )
            except ClientError as fault:
                if not failed_conditions(fault):
                    raise

    def _write(self, counter: Counter, update: dict[str, Any]) -> tuple[int, Item | None]:
        """Returns the number of the attempt, and the stored item instead if the condition did not hold."""
        with store_faults():
            try:
                written = self._clients.dynamodb.update_item(
                    TableName=self._table,
                    Key=guess_key(counter.counted, counter.by),
                    ReturnValues="UPDATED_NEW",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    **update,
                )
            except ClientError as fault:
                conditions = failed_conditions(fault)
                if not conditions:
                    raise
                return 0, conditions[0]
        return int(written["Attributes"]["attempts"]["N"]), None


def _first_or_next(counter: Counter, now: int) -> dict[str, Any]:
    """Returns the update that counts an attempt at a counter that is absent, or that neither starts anew nor is locked.

    A lock of n seconds begins at the end of the second of the last attempt, so that it is never shorter.
    """
    limit, waits = counter.limit, counter.limit.waits()
    values = {
        ":one": number(1),
        ":now": number(now),
        ":end": number(now + limit.forgotten_after),
        ":forgiven": number(now - FORGIVEN_AFTER_SECONDS),
        ":free": number(limit.free),
        ":longest": number(now - waits[-1]),
    }
    passes = ["attempts < :free", "last_at < :longest"]
    for step, wait in enumerate(waits[:-1]):
        values |= {f":n{step}": number(limit.free + step), f":t{step}": number(now - wait)}
        passes.append(f"(attempts = :n{step} AND last_at < :t{step})")
    return {
        "UpdateExpression": "SET last_at = :now, expires_at = :end ADD attempts :one",
        "ConditionExpression": "attribute_not_exists(pk) OR (expires_at > :now"
        " AND (attribute_not_exists(cleared_at) OR cleared_at > :forgiven)"
        f" AND ({' OR '.join(passes)}))",
        "ExpressionAttributeValues": values,
    }


def _anew(counter: Counter, now: int) -> dict[str, Any]:
    """Returns the update that counts the first attempt at a counter that starts anew."""
    return {
        "UpdateExpression": "SET attempts = :one, last_at = :now, expires_at = :end REMOVE cleared_at",
        "ConditionExpression": "expires_at <= :now OR cleared_at <= :forgiven",
        "ExpressionAttributeValues": {
            ":one": number(1),
            ":now": number(now),
            ":end": number(now + counter.limit.forgotten_after),
            ":forgiven": number(now - FORGIVEN_AFTER_SECONDS),
        },
    }


def is_locked(item: Item, now: int) -> bool:
    """Returns whether the counter in an item of a name's partition lets no attempt pass at `now`."""
    last_at, attempts = int(item["last_at"]["N"]), int(item["attempts"]["N"])
    locked_until = last_at + limit_of(str(item["sk"]["S"])).wait_after(attempts) + 1
    return now < min(_anew_at(item), locked_until)


def _anew_at(item: Item) -> int:
    """Returns when the counter in `item` starts anew."""
    expires_at = int(item["expires_at"]["N"])
    if "cleared_at" not in item:
        return expires_at
    return min(expires_at, int(item["cleared_at"]["N"]) + FORGIVEN_AFTER_SECONDS)


def _wait(item: Item, counter: Counter, now: int) -> int:
    """Returns for how many seconds from `now` the counter in `item` lets no attempt pass; at least 1."""
    locked_until = int(item["last_at"]["N"]) + counter.limit.wait_after(int(item["attempts"]["N"])) + 1
    return max(1, min(locked_until, _anew_at(item)) - now)
