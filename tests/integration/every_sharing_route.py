"""A request of each route of calendars that are shared, as `tests.integration.every_route` has one of the others.

They are about the default calendar of the scene's user.
"""

from tests.harness.gateway import Reply
from tests.integration.every_route import AccountScene, AskAccount, Json


def ask(method: str, below: str, body: Json | None = None) -> AskAccount:
    """Returns what asks for something of the calendar."""

    def of(scene: AccountScene) -> Reply:
        return scene.api(method, f"/calendars/{scene.first['calendar_id']}{below}", body)

    return of


def find_time(scene: AccountScene) -> Reply:
    """Asks when the caller's own calendar is busy, and when it is free."""
    window = {"from": "2027-03-01T00:00:00Z", "to": "2027-03-02T00:00:00Z"}
    return scene.api("POST", "/free-busy", {"calendars": [scene.api.user_id], **window, "slot_minutes": 60})


C = "/calendars/{calendar_id}"
# The status is that of the owner's response.
SHARING: list[tuple[str, str, int, AskAccount]] = [
    ("POST", "/calendars", 201, lambda scene: scene.api("POST", "/calendars", {"name": "Room 4"})),
    ("GET", "/calendars", 200, lambda scene: scene.api("GET", "/calendars")),
    ("GET", C, 200, ask("GET", "")),
    ("PATCH", C, 200, ask("PATCH", "", {"name": "Mine", "everyone": None})),
    ("GET", f"{C}/members", 200, ask("GET", "/members")),
    ("GET", f"{C}/members/me", 200, ask("GET", "/members/me")),
    ("PATCH", f"{C}/members/me", 200, ask("PATCH", "/members/me", {"colour": "#336699"})),
    ("DELETE", f"{C}/members/me", 403, ask("DELETE", "/members/me")),
    ("PUT", f"{C}/members/{{username}}", 422, ask("PUT", "/members/nobody", {"role": "viewer"})),
    ("DELETE", f"{C}/members/{{username}}", 204, ask("DELETE", "/members/nobody")),
    ("DELETE", C, 403, ask("DELETE", "")),
    ("POST", f"{C}/restore", 403, ask("POST", "/restore")),
    ("POST", f"{C}/transfer", 403, ask("POST", "/transfer", {"to": "nobody"})),
    ("GET", f"{C}/log", 200, ask("GET", "/log")),
    ("POST", f"{C}/invitations", 201, ask("POST", "/invitations", {"role": "viewer"})),
    ("GET", f"{C}/invitations", 200, ask("GET", "/invitations")),
    ("GET", f"{C}/invitations/{{invitation_id}}", 404, ask("GET", f"/invitations/{'0' * 64}")),
    ("DELETE", f"{C}/invitations/{{invitation_id}}", 204, ask("DELETE", f"/invitations/{'0' * 64}")),
    ("POST", "/free-busy", 200, find_time),
    # Nobody has made this code.
    ("POST", "/invitations/accept", 404, lambda scene: scene.api("POST", "/invitations/accept", {"code": "A" * 48})),
]
