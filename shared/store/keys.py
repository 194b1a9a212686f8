"""Every key of the three tables. Who owns what is part of the key: a caller can only name keys in its own partition."""

import unicodedata

from shared.store.codec import Item, text

EVENT_PREFIX = "EVENT#"
_CALENDAR_PREFIX = "CAL#"


def calendar(calendar_id: str) -> str:
    """The partition of a calendar in the events table."""
    return f"{_CALENDAR_PREFIX}{calendar_id}"


def event_key(calendar_id: str, event_id: str) -> Item:
    """An event in the events table."""
    return {"pk": text(calendar(calendar_id)), "sk": text(f"{EVENT_PREFIX}{event_id}")}


def owner_in(key: Item) -> str:
    """Whose calendar a key of the events table lies in."""
    return str(key["pk"]["S"]).removeprefix(_CALENDAR_PREFIX)


def event_id_in(key: Item) -> str:
    """Which event a key of the events table names."""
    return str(key["sk"]["S"]).removeprefix(EVENT_PREFIX)


def fence_key(calendar_id: str, week: str) -> Item:
    """The fence of an ISO week, such as `2026-W47`, in the events table."""
    return {"pk": text(calendar(calendar_id)), "sk": text(f"FENCE#{week}")}


def claim_key(calendar_id: str, key: str) -> Item:
    """The claim on an idempotency key, of which `key` is the hash, in the events table."""
    return {"pk": text(calendar(calendar_id)), "sk": text(f"KEY#{key}")}


def deleted_span(history_id: str) -> str:
    """The index key of a deleted event: outside every length class, in the order of deletion."""
    return f"deleted#{history_id}"


def just_before(key: str) -> str:
    """A key that sorts before `key`, and after every other one of its length that does."""
    return f"{key[:-1]}{chr(ord(key[-1]) - 1)}~"


def history_partition(calendar_id: str, event_id: str) -> str:
    """The partition of an event's versions in the history table."""
    return f"{calendar(calendar_id)}#EVENT#{event_id}"


def operation(calendar_id: str, operation_id: str) -> str:
    """What the versions that an operation made in a calendar have in common, in the index of the history table."""
    return f"{calendar(calendar_id)}#OPERATION#{operation_id}"


def version_key(calendar_id: str, event_id: str, history_id: str) -> Item:
    """A version of an event in the history table."""
    return {"pk": text(history_partition(calendar_id, event_id)), "sk": text(history_id)}


def event_of_partition(partition: str) -> tuple[str, str] | None:
    """Whose event, and which, the versions in a partition of the history table are of; None if it has none."""
    calendar_id, separator, event_id = partition.removeprefix(_CALENDAR_PREFIX).rpartition("#EVENT#")
    return (calendar_id, event_id) if separator else None


def swept_key() -> Item:
    """How far sweeps have gone, in the history table."""
    return {"pk": text("SWEPT"), "sk": text("SWEPT")}


def user_key(name: str) -> Item:
    """A user in the users table, by name without regard to case. Names that can be registered are ASCII."""
    return {"pk": text(f"USER#{name.lower()}")}


def email_key(address: str) -> Item:
    """The claim on an e-mail address in the users table, without regard to case or to how accents are composed.

    Lower case and NFC, as RFC 8265 (section 3.3) has it for names; folding would make one address of "\u00df" and "ss".
    """
    return {"pk": text(f"EMAIL#{unicodedata.normalize('NFC', address.lower())}")}


def session_key(family: str) -> Item:
    """A session in the users table."""
    return {"pk": text(f"SESSION#{family}")}


def attempts_key(name: str) -> Item:
    """The failed attempts at a user name, whether or not there is such a user, in the users table."""
    return {"pk": text(f"ATTEMPTS#{name.lower()}")}
