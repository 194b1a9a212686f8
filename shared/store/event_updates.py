"""The expressions of an update of an event without a read before it."""

from typing import TYPE_CHECKING, Any

from shared.store import keys
from shared.store.codec import CONTENT_ATTRIBUTES, OPTIONAL_STAMP, Item, number, stamp_attributes, text

if TYPE_CHECKING:
    from shared.scheduling.updates import ConditionalUpdate


def update_request(update: "ConditionalUpdate") -> dict[str, Any]:
    """Returns the UpdateItem expressions of `update`: what it sets and removes, and on which condition."""
    stamp, condition = update.stamp, update.condition
    encoded = {
        each.name: each.encode(value)
        for each in CONTENT_ATTRIBUTES
        if (value := update.content.get(each.field)) is not None
    }
    sets: Item = {**encoded, **stamp_attributes(stamp)}
    del sets["version"]  # incremented by the database
    # Attributes of the stored content or of the previous stamp for which this change has no value.
    removes = [name for name in (*update.content, *OPTIONAL_STAMP) if name not in sets]
    conditions = [
        "attribute_exists(pk)",
        "NOT change_type = :delete",
        "(attribute_not_exists(history_id) OR history_id < :below)",
        # An event on several calendars is changed on all of them at once.
        "attribute_not_exists(home)",
        "attribute_not_exists(calendars)",
    ]
    values: Item = {
        ":delete": text("delete"),
        ":below": text(update.below),
        ":zero": number(0),
        ":one": number(1),
    }
    if stamp.type == "delete":
        sets["span"] = text(keys.deleted_span(stamp.history_id))
        sets["expires_at"] = number(update.expires_at or 0)
    else:
        same = [
            f"#{name} = :{name}" if name in encoded else f"attribute_not_exists(#{name})" for name in update.content
        ]
        conditions.append(f"NOT ({' AND '.join(same)})")
    if condition.required is not None:
        matches = {f":match{index}": text(each) for index, each in enumerate(sorted(condition.required))}
        conditions.append(f"history_id IN ({', '.join(matches)})" if matches else "attribute_not_exists(pk)")
        values.update(matches)
    if condition.forbidden:
        others = {f":other{index}": text(each) for index, each in enumerate(sorted(condition.forbidden))}
        conditions.append(f"NOT history_id IN ({', '.join(others)})")
        values.update(others)
    expression = "SET " + ", ".join(f"#{name} = :{name}" for name in sets)
    expression += ", version = if_not_exists(version, :zero) + :one"
    if removes:
        expression += " REMOVE " + ", ".join(f"#{name}" for name in removes)
    return {
        "UpdateExpression": expression,
        "ConditionExpression": " AND ".join(conditions),
        "ExpressionAttributeNames": {f"#{name}": name for name in (*sets, *removes)},
        "ExpressionAttributeValues": {**{f":{name}": value for name, value in sets.items()}, **values},
    }
