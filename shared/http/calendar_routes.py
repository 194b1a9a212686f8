"""Routes about what is in a calendar: each is there twice, for the caller's default calendar and for any other."""

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, signature
from typing import Any, Final

from shared.errors import NotAllowed, NotFound
from shared.http.api import IN_CALENDAR, app
from shared.http.parameters import CalendarIdInPath
from shared.http.responses import may_raise, raised_by
from shared.http.routes import Handler, declare_as, routes
from shared.scheduling.access import Allowing
from shared.scheduling.roles import Right

PREFIX: Final = "/calendars/<calendar_id>"


def in_calendars(right: Right, allowing: Allowing | None = None) -> Callable[[Handler], Handler]:
    """Declares, above the route's own decorator, that the route is there under `/calendars/{calendar_id}` as well.

    There it needs `right` in that calendar. The handler does not change: `current_request` has the calendar.
    `allowing` is the field with which every request of the route asks to allow conflicts; elsewhere it is the parameter
    `on_conflict`, if that is `allow`.
    """

    def declare(function: Handler) -> Handler:
        under = _under_calendar(function, right, allowing)
        route = next(each for each in routes(app) if each.func is function)
        app.route(
            f"{PREFIX}{route.path}",
            method=route.method,
            summary=f"{route.summary}, in a calendar",
            description=f"{route.description or ''} Needs the right to `{right}` in the calendar.".strip(),
            responses=route.responses,
            tags=route.tags,
            operation_id=f"{route.operation_id}_in_calendar",
            status_code=route.status_code,
        )(under)
        return function

    return declare


def _under_calendar(function: Handler, right: Right, always: Allowing | None) -> Callable[..., Any]:
    @wraps(function)
    def under(calendar_id: CalendarIdInPath, **parameters: Any) -> Any:
        allowing = "on_conflict" if parameters.get("on_conflict") == "allow" else always
        app.context[IN_CALENDAR] = calendar_id, right, allowing
        try:
            return function(**parameters)
        finally:
            # The resolver clears its context only after a response: the next request may be of another calendar.
            del app.context[IN_CALENDAR]

    of_handler = signature(function)
    calendar = Parameter("calendar_id", Parameter.KEYWORD_ONLY, annotation=CalendarIdInPath)
    parameters = [each.replace(kind=Parameter.KEYWORD_ONLY) for each in of_handler.parameters.values()]
    under.__signature__ = of_handler.replace(parameters=[calendar, *parameters])  # type: ignore[attr-defined]
    declare_as(under, function)
    may_raise(*raised_by(function), NotAllowed, NotFound)(under)
    return under
