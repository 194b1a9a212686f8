"""Who may do what: one line for each route of the template. A route without a line fails, and so does the reverse."""

from enum import Enum
from typing import Final, NamedTuple


class Answer(Enum):
    """What a caller is answered who sends the very request that the owner of a calendar sends."""

    # It needs no token: everybody gets the same response, whatever their Authorization is.
    SAME_FOR_ALL = "the same for all"
    # It names nothing: the caller's own calendar or account is served, and nothing of anybody else.
    OWN = "their own"
    # It names something of the owner: to anybody else that does not exist.
    NOT_FOUND = "not found"


class Line(NamedTuple):
    """What is expected of a route; a role in the calendar of another user would be a further member.

    Callers without a valid access token have no member: each protected route refuses all of them.
    """

    another_user: Answer


_PUBLIC: Final = Line(Answer.SAME_FOR_ALL)
_OWN: Final = Line(Answer.OWN)
_NAMED: Final = Line(Answer.NOT_FOUND)

RULES: Final[dict[tuple[str, str], Line]] = {
    ("POST", "/auth/register"): _PUBLIC,
    ("POST", "/auth/login"): _PUBLIC,
    ("POST", "/auth/refresh"): _PUBLIC,
    ("POST", "/auth/logout"): _PUBLIC,
    ("POST", "/auth/password-reset"): _PUBLIC,
    ("POST", "/auth/password-reset/confirmation"): _PUBLIC,
    ("GET", "/openapi.json"): _PUBLIC,
    ("GET", "/docs"): _PUBLIC,
    ("GET", "/.well-known/jwks.json"): _PUBLIC,
    # Whoever has its id may read a certificate.
    ("GET", "/erasures/{erasure_id}"): _PUBLIC,
    ("GET", "/me"): _OWN,
    ("PATCH", "/me"): _OWN,
    ("POST", "/me/email/code"): _OWN,
    ("POST", "/me/email/verification"): _OWN,
    ("GET", "/me/export"): _OWN,
    ("DELETE", "/me"): _OWN,
    ("GET", "/me/sessions"): _OWN,
    ("DELETE", "/me/sessions"): _OWN,
    ("DELETE", "/me/sessions/{session_id}"): _NAMED,
    ("PUT", "/me/password"): _OWN,
    ("POST", "/calendars"): _OWN,
    ("GET", "/calendars"): _OWN,
    # What each role gets is in tests/integration/sharing/test_rights.py.
    ("GET", "/calendars/{calendar_id}"): _NAMED,
    ("PATCH", "/calendars/{calendar_id}"): _NAMED,
    ("GET", "/calendars/{calendar_id}/members"): _NAMED,
    ("GET", "/calendars/{calendar_id}/members/me"): _NAMED,
    ("PATCH", "/calendars/{calendar_id}/members/me"): _NAMED,
    ("DELETE", "/calendars/{calendar_id}/members/me"): _NAMED,
    ("PUT", "/calendars/{calendar_id}/members/{username}"): _NAMED,
    ("DELETE", "/calendars/{calendar_id}/members/{username}"): _NAMED,
    ("DELETE", "/calendars/{calendar_id}"): _NAMED,
    ("POST", "/calendars/{calendar_id}/restore"): _NAMED,
    ("POST", "/calendars/{calendar_id}/transfer"): _NAMED,
    ("GET", "/calendars/{calendar_id}/log"): _NAMED,
    ("POST", "/calendars/{calendar_id}/invitations"): _NAMED,
    ("GET", "/calendars/{calendar_id}/invitations"): _NAMED,
    ("GET", "/calendars/{calendar_id}/invitations/{invitation_id}"): _NAMED,
    ("DELETE", "/calendars/{calendar_id}/invitations/{invitation_id}"): _NAMED,
    ("POST", "/invitations/accept"): _OWN,
    ("POST", "/events"): _OWN,
    ("GET", "/events"): _OWN,
    ("GET", "/events/deleted"): _OWN,
    ("POST", "/events/bulk"): _OWN,
    ("GET", "/free-busy"): _OWN,
    # What is told of the calendars of others is in tests/integration/sharing/test_find_time.py.
    ("POST", "/free-busy"): _OWN,
    ("GET", "/events/{event_id}"): _NAMED,
    ("GET", "/events/{event_id}/occurrences"): _NAMED,
    ("PUT", "/events/{event_id}"): _NAMED,
    ("PATCH", "/events/{event_id}"): _NAMED,
    ("DELETE", "/events/{event_id}"): _NAMED,
    # What is told of other calendars is in tests/integration/sharing/test_booking_bad_input.py.
    ("POST", "/events/{event_id}/move"): _NAMED,
    ("GET", "/events/{event_id}/history"): _NAMED,
    ("GET", "/events/{event_id}/history/{history_id}"): _NAMED,
    ("GET", "/events/{event_id}/diff"): _NAMED,
    ("POST", "/events/{event_id}/rollback"): _NAMED,
    ("POST", "/operations/{operation_id}/undo"): _NAMED,
    # To another user who has no role there the calendar does not exist. What roles may do: tests/integration/sharing.
    ("POST", "/calendars/{calendar_id}/events"): _NAMED,
    ("GET", "/calendars/{calendar_id}/events"): _NAMED,
    ("GET", "/calendars/{calendar_id}/events/deleted"): _NAMED,
    ("POST", "/calendars/{calendar_id}/events/bulk"): _NAMED,
    ("GET", "/calendars/{calendar_id}/free-busy"): _NAMED,
    ("GET", "/calendars/{calendar_id}/events/{event_id}"): _NAMED,
    ("GET", "/calendars/{calendar_id}/events/{event_id}/occurrences"): _NAMED,
    ("PUT", "/calendars/{calendar_id}/events/{event_id}"): _NAMED,
    ("PATCH", "/calendars/{calendar_id}/events/{event_id}"): _NAMED,
    ("DELETE", "/calendars/{calendar_id}/events/{event_id}"): _NAMED,
    ("POST", "/calendars/{calendar_id}/events/{event_id}/move"): _NAMED,
    ("GET", "/calendars/{calendar_id}/events/{event_id}/history"): _NAMED,
    ("GET", "/calendars/{calendar_id}/events/{event_id}/history/{history_id}"): _NAMED,
    ("GET", "/calendars/{calendar_id}/events/{event_id}/diff"): _NAMED,
    ("POST", "/calendars/{calendar_id}/events/{event_id}/rollback"): _NAMED,
    ("POST", "/calendars/{calendar_id}/operations/{operation_id}/undo"): _NAMED,
}
