"""Users of one deployment and the calendars that they share."""

from dataclasses import dataclass, field
from typing import Any, Final

from shared import ids
from shared.ids import OperationId, UserId
from shared.request import Client, Request
from shared.scheduling.access import CalendarAccess
from shared.sharing.members import Members
from shared.store.access_keys import directory_key
from shared.store.codec import text
from shared.wiring.members import members
from tests.harness.deployment import Deployment, Item
from tests.harness.gateway import Api, Reply

Json = dict[str, Any]
STATES: Final = 8
CLIENT: Final = Client("203.0.113.17", "curl/8.7.1")


@dataclass
class People:
    """Users whose names are in the directory, each with a client of the API."""

    deployment: Deployment
    apis: dict[str, Api] = field(default_factory=dict)

    def __call__(self, name: str) -> Api:
        """Returns the client of the user called `name`, who is made at the first call."""
        if name not in self.apis:
            user_id = UserId(ids.new_id(self.deployment.clock() - 1_000_000_000))
            runtime = self.deployment.runtime
            runtime.clients.dynamodb.put_item(
                TableName=runtime.settings.directory_table,
                Item={**directory_key(name), "user_id": text(user_id), "username": text(name)},
            )
            self.apis[name] = Api(user_id, name)
        return self.apis[name]

    def request(self, name: str) -> Request:
        """Returns a request of a user, for calls from several threads: the functions serve one request at a time."""
        now_ns = self.deployment.clock()
        operation_id = OperationId(ids.new_id(now_ns))
        access = CalendarAccess.to_own(self(name).user_id)
        return Request(access, name, "", operation_id, now_ns, self.deployment.runtime.deadline(20.0))

    def members(self, name: str) -> Members:
        """Returns what changes members, for a user."""
        return members(self.request(name), CLIENT)

    def calendar(self, owner: str, **fields: Any) -> str:
        """Makes a calendar, and returns its path."""
        made = self(owner)("POST", "/calendars", {"name": "Room 4", **fields})
        assert made.status == 201, made
        return f"/calendars/{made.body['id']}"

    def put(self, owner: str, path: str, name: str, role: str) -> Reply:
        """Gives a user a role."""
        self(name)
        return self(owner)("PUT", f"{path}/members/{name}", {"role": role})

    def admitted(self, path: str, name: str, role: str, owner: str = "ada") -> Api:
        """Gives a user a role, which they accept, and returns their client."""
        assert self.put(owner, path, name, role).status == 200
        assert self(name)("PATCH", f"{path}/members/me", {"accepted": True}).status == 200
        return self(name)

    def default(self, name: str) -> str:
        """Returns the path of a user's default calendar."""
        return f"/calendars/{self(name).user_id}"

    def items(self, path: str = "") -> list[Item]:
        """Returns the items of the access table, or those of one calendar."""
        found = self.deployment.scan(self.deployment.runtime.settings.access_table)
        return [item for item in found if not path or item["pk"]["S"] == f"CAL#{path.rpartition('/')[2]}"]

    def item(self, path: str, sk: str) -> Item | None:
        """Returns an item of a calendar."""
        return next((item for item in self.items(path) if item["sk"]["S"] == sk), None)

    def owners(self, path: str) -> set[str]:
        """Returns the owners in the set of the calendar, which are those who are members as owners."""
        calendar = self.item(path, "CALENDAR")
        assert calendar is not None
        members = {
            item["sk"]["S"].removeprefix("MEMBER#")
            for item in self.items(path)
            if item["sk"]["S"].startswith("MEMBER#") and item["role"]["S"] == "owner"
        }
        assert {*calendar["owners"]["SS"]} == members, (calendar["owners"], members)
        return members

    def state(self, path: str) -> Item:
        """Returns what the eight copies of a calendar's state say, which is the same, as the calendar says."""
        states = [item for item in self.items(path) if item["sk"]["S"].startswith("STATE#")]
        assert len(states) == STATES
        said = [{name: value for name, value in item.items() if name not in ("pk", "sk")} for item in states]
        assert all(each == said[0] for each in said)
        calendar = self.item(path, "CALENDAR")
        assert calendar is not None
        assert {name: calendar.get(name) for name in ("everyone", "strict", "deleted_at")} == {
            name: said[0].get(name) for name in ("everyone", "strict", "deleted_at")
        }
        return said[0]

    def listed(self, name: str, accepted: str = "true") -> list[str]:
        """Returns the ids of a user's calendars."""
        return [each["id"] for each in self(name)("GET", "/calendars", accepted=accepted).body["items"]]
