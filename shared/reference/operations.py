"""What the routes do not say of themselves: texts, answers, headers and errors. One Operation for each route."""

from typing import Final

from shared.errors import (
    EventConflict,
    IdempotencyKeyReused,
    InvalidItems,
    NameTaken,
    NotAuthenticated,
    NotFound,
    NotRecordedYet,
    OutcomeUnknown,
    TooManyAttempts,
)
from shared.reference.operation import Answer, Operation

TAGS: Final = {
    "Identity": "Users, their sessions and their tokens.",
    "Events": "The events of the caller. Nobody else sees them.",
    "Versions": "Every change of an event is a version: to be read, compared and gone back to.",
    "Reference": "What you are reading.",
}

REQUEST_HEADERS: Final = {
    "If-Match": "Only if the event is at one of these versions: the quoted `history_id`, as in the ETag of an answer. "
    "`*`: only if there is one. What is not understood, an empty value too, is never met: 412.",
    "If-None-Match": "A read: answer 304 without a body if the event is at one of these versions. A change: only if it "
    "is at none of them; `*`: only if there is none.",
    "Idempotency-Key": "Up to 255 ASCII characters, in quotes, to know the request by, on this route and in this "
    "calendar: sent again, it is answered again, and done once.",
}
ANSWER_HEADERS: Final = {
    "Idempotent-Replay": "`true` if an earlier request has done what this one asks for: the answer is that one's.",
    "ETag": "The quoted `history_id` of the version answered.",
    "Location": "Where the event is from now on, relative to the URL of the request.",
    "Retry-After": "When to try again, in seconds.",
    "WWW-Authenticate": "Bearer. In answers of functions, API Gateway renames it to x-amzn-Remapped-WWW-Authenticate.",
}
PARAMETERS: Final = {
    "event_id": "The event's `id`.",
    "history_id": "The version's `history_id`.",
    "limit": "How many items a page has at most.",
    "cursor": "The `next_cursor` of the page before. Where there are `from` and `to`, they may be left out then.",
    "on_conflict": "`allow` skips the look at other events: the event may overlap them.",
    "as_of": "A moment in the past, RFC 3339 with an offset: answer what was then.",
    "operation_id": "The `operation_id` of a bulk creation, of an undo, or of any version.",
    "reason": "Why: kept with the version that the change makes.",
    "dry_run": "Change nothing: answer what would change, and what would be in the way. Else it fails as the change.",
    "on_invalid": "`skip` creates the valid events, and tells what is wrong with the others.",
    "conflicts": "`report` tells what the events collide with. It stops nothing.",
    "uid": "Find the event that its client calls so, and no other parameter with it.",
}
_WINDOW: Final = {
    "from": "Where the window begins, RFC 3339 with an offset; a fraction is rounded down. Without it: now.",
    "to": "Where the window ends, likewise; a fraction is rounded up. Without it: 31 days after `from`.",
}

_ADA: Final = {"username": "ada", "password": "correct horse battery"}
_REFRESH_TOKEN: Final = {"refresh_token": "eyJhbGciOiJIUzI1NiIsInR5cCI6InJ0K2p3dCJ9…"}
_REVIEW: Final = {
    "title": "Design review",
    "start": "2027-03-01T09:00:00+01:00",
    "end": "2027-03-01T10:00:00+01:00",
    "location": "Room 4",
    "time_zone": "Europe/Berlin",
}
_SHIFTS: Final = [
    {"title": f"Shift {n}", "start": f"2027-03-0{n}T06:00:00Z", "end": f"2027-03-0{n}T14:00:00Z"} for n in (1, 2, 3)
]

_TOKENS: Final = Answer("Tokens.", ["Tokens"])
_PREVIEW: Final = "With `dry_run` what that would do."
_CHANGED: Final = Answer(
    f"The event as it is now. If that changes nothing, no version is made. {_PREVIEW}", ["Event", "Preview"], ["ETag"]
)
_SENT_BACK: Final = (
    "What GET gave may be sent back as a whole: read-only fields that are as stored are accepted. Another `history_id` "
    "is a 412, since somebody has changed the event; any other difference is a 422 that names the field."
)

OPERATIONS: Final = {
    ("post", "/auth/register"): Operation(
        "register",
        "Identity",
        "Make a user",
        {201: Answer("The user is made and logged in.", ["Tokens"])},
        "User names and addresses are unique, without regard to case. A 409 names the field that somebody else has.",
        public=True,
        problems=[NameTaken, OutcomeUnknown],
        example={**_ADA, "email": "ada@example.com"},
    ),
    ("post", "/auth/login"): Operation(
        "login",
        "Identity",
        "Log in",
        {200: _TOKENS},
        "401 is the same for a wrong name and a wrong password. After five wrong ones in a row the name has to wait.",
        public=True,
        problems=[NotAuthenticated, TooManyAttempts],
        example=_ADA,
    ),
    ("post", "/auth/refresh"): Operation(
        "refresh",
        "Identity",
        "Exchange a refresh token",
        {200: _TOKENS},
        "Each refresh token is good for one exchange. A second one ends the whole session: the token is in two hands.",
        public=True,
        problems=[NotAuthenticated],
        example=_REFRESH_TOKEN,
    ),
    ("post", "/auth/logout"): Operation(
        "logout",
        "Identity",
        "Log out",
        {204: Answer("The session has ended, or had ended before.")},
        "Access tokens stay good until they expire.",
        public=True,
        example=_REFRESH_TOKEN,
    ),
    ("post", "/events"): Operation(
        "create_event",
        "Events",
        "Create an event",
        {
            200: Answer(_PREVIEW, ["Preview"]),
            201: Answer("The event, as it was created.", ["Event"], ["ETag", "Location", "Idempotent-Replay"]),
        },
        "Refused with 409 if it overlaps another opaque event of the caller, however many callers race. By a `uid` or "
        "an `Idempotency-Key` it is created once: the same request again gets the same answer, another one a 422, and "
        "so does the `uid` of a deleted event that can be restored. With both, the uid names it.",
        problems=[OutcomeUnknown, NotRecordedYet, IdempotencyKeyReused],
        example=_REVIEW,
    ),
    ("get", "/events"): Operation(
        "list_events",
        "Events",
        "List a window of time",
        {200: Answer("A page of the events that overlap the window, by their start.", ["EventPage"])},
        "Go on while `next_cursor` is set: a page is full before the last, or short, even empty, for want of reads.",
        parameters=_WINDOW,
        problems=[NotRecordedYet],
    ),
    ("get", "/events/deleted"): Operation(
        "list_deleted",
        "Events",
        "List what can be restored",
        {200: Answer("A page of deleted events, latest first.", ["DeletedEventPage"])},
        "Go back to the `history_id` listed, or to another of the event's versions, to restore it. Go on while "
        "`next_cursor` is set, as in a window.",
    ),
    ("get", "/free-busy"): Operation(
        "get_free_busy",
        "Events",
        "Tell when time is taken",
        {200: Answer("The busy intervals of the window.", ["FreeBusy"])},
        "For opaque events, in at most 62 days. Go on while `next_cursor` is set: no interval is split between pages.",
        parameters=_WINDOW,
    ),
    ("get", "/events/{event_id}"): Operation(
        "get_event",
        "Events",
        "Read an event",
        {
            200: Answer("The event.", ["Event"], ["ETag"]),
            304: Answer("It is still at the version that `If-None-Match` names.", headers=["ETag"]),
        },
        problems=[NotRecordedYet],
    ),
    ("put", "/events/{event_id}"): Operation(
        "replace_event",
        "Events",
        "Replace an event",
        {200: _CHANGED},
        "Takes what POST takes. Fields that are left out go back to their defaults. " + _SENT_BACK + " Conflicts are "
        "looked for if the event takes another time than before.",
        problems=[OutcomeUnknown],
        example={**_REVIEW, "location": "Room 5"},
    ),
    ("patch", "/events/{event_id}"): Operation(
        "patch_event",
        "Events",
        "Change some fields",
        {200: _CHANGED},
        "A JSON merge patch (RFC 7396). "
        + _SENT_BACK
        + " Conflicts are looked for if the event takes another time than before. `reason` "
        "says why and is no part of the event: a patch of nothing else changes nothing, and makes no version.",
        problems=[OutcomeUnknown],
        example={"location": "Room 6", "reason": "room 5 is too small"},
    ),
    ("delete", "/events/{event_id}"): Operation(
        "delete_event",
        "Events",
        "Delete an event",
        {200: Answer(_PREVIEW, ["Preview"], ["ETag"]), 204: Answer("It is deleted.")},
        "A deletion is a version, too. For a time (30 days unless configured) a rollback restores the event.",
        problems=[OutcomeUnknown],
    ),
    ("post", "/events/bulk"): Operation(
        "bulk_create",
        "Events",
        "Create up to 1,000 events",
        {
            201: Answer("All are created.", ["BulkCreated"], ["Idempotent-Replay"]),
            207: Answer("Some are created, and which.", ["BulkPartlyCreated"], ["Idempotent-Replay"]),
        },
        "Conflicts are not looked for. If one event is invalid, none is created. For one whose `uid` is there its own "
        "status is 200, or 422 if it says something else. With an `Idempotency-Key` all is done once: again within "
        "14 days (or `DeletedEventDays`, if that is less) it is answered as it was, and completed if it was cut off; "
        "while it may be at work, with a 503.",
        problems=[OutcomeUnknown, IdempotencyKeyReused, InvalidItems],
        example={"events": _SHIFTS, "reason": "the rota of March"},
    ),
    ("get", "/events/{event_id}/history"): Operation(
        "list_versions",
        "Versions",
        "List versions",
        {200: Answer("A page of versions, newest first.", ["VersionPage"])},
        "Also of a deleted event. The latest version is always there; one that was superseded a moment ago may still "
        "be on its way, and is named under `pending`.",
    ),
    ("get", "/events/{event_id}/history/{history_id}"): Operation(
        "get_version",
        "Versions",
        "Read a version",
        {
            200: Answer("The version, and the event as it was.", ["VersionWithEvent"], ["ETag"]),
            304: Answer("It is the version that `If-None-Match` names.", headers=["ETag"]),
        },
        problems=[NotRecordedYet],
    ),
    ("get", "/events/{event_id}/diff"): Operation(
        "diff_versions",
        "Versions",
        "Compare two versions",
        {200: Answer("The difference, as a list of fields and as a JSON Patch.", ["Diff"])},
        "Unless told otherwise, the latest version with the one before it. `deleted` is among the changes where the "
        "event is deleted at one of them only; the JSON Patch has none of it, since the event's document has not.",
        parameters={
            "from": "The `history_id` of one version. Without it: the one before the other.",
            "to": "The `history_id` of the other. Without it: the latest.",
        },
        problems=[NotRecordedYet],
    ),
    ("post", "/events/{event_id}/rollback"): Operation(
        "roll_back",
        "Versions",
        "Go back to a version",
        {
            200: Answer(
                f"The event as it is now, one version newer unless nothing had to change. {_PREVIEW}",
                ["RolledBack", "Preview"],
                ["ETag"],
            )
        },
        "Restores a deleted event; a deletion stands for what was there before it. Conflicts are looked for if the "
        "event then takes another time than it does now.",
        problems=[NotRecordedYet, OutcomeUnknown],
        example={"history_id": "01a20267-70e0-766b-a093-3a7a2060c164", "reason": "moved by mistake"},
    ),
    ("post", "/operations/{operation_id}/undo"): Operation(
        "undo_operation",
        "Versions",
        "Take back what an operation changed",
        {200: Answer("Which events went back, or would, and which were left alone.", ["UndoneOperation"])},
        "Brings each event that the operation changed back to its version before, unless it has changed since: what "
        "was created or restored is deleted, what was deleted is restored, anything else gets the content that it had. "
        "Each is a version of its own, so an undo can be undone. Conflicts are looked for where an event then takes "
        "another time; one that would collide is left, as is what the time of a request does not allow. An operation "
        "may still be on its way into the history: one that is not there is a 503 for ten seconds and then a 404, one "
        "that is there in part a 503 for a minute. What is missing then is told, and was perhaps never made.",
        problems=[NotFound, NotRecordedYet],
        never=[EventConflict],
        example={"reason": "the wrong file"},
    ),
    ("get", "/openapi.json"): Operation(
        "get_openapi",
        "Reference",
        "This document",
        {200: Answer("An OpenAPI 3.1 document.", ["OpenApi"])},
        public=True,
    ),
    ("get", "/docs"): Operation(
        "get_page",
        "Reference",
        "This document as a page to try it on",
        {200: Answer("A page.", ["Page"], media_type="text/html")},
        public=True,
    ),
}
