"""The reads among the requests that went over the wire: of what, by which index, and how consistent."""

from shared.settings import Settings
from tests.harness.botocore_faults import Wire

# Operation, table, index, and whether it is strongly consistent.
Read = tuple[str, str, str | None, bool]


def reads(wire: Wire, settings: Settings) -> set[Read]:
    """The kinds of reads among the requests that were sent."""
    names = {
        settings.events_table: "events",
        settings.history_table: "history",
        settings.users_table: "users",
        settings.access_table: "access",
        settings.directory_table: "directory",
    }
    found: set[Read] = set()
    for operation in ("GetItem", "Query", "Scan"):
        found |= {
            (operation, names[each["TableName"]], each.get("IndexName"), each.get("ConsistentRead", False))
            for each in wire.requests[operation]
        }
    for request in wire.requests["BatchGetItem"]:
        found |= {
            ("BatchGetItem", names[table], None, each.get("ConsistentRead", False))
            for table, each in request["RequestItems"].items()
        }
    assert wire.requests.keys().isdisjoint({"TransactGetItems", "ExecuteStatement"})
    return found
