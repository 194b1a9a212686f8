"""PUT /me/password: another password."""

from shared.errors import TooManyAttempts
from shared.http.api import (
    DEVICE_HEADER,
    Response,
    answer,
    app,
    client,
    current_request,
    handler,
    header,
    issuer,
    own_identity,
    takes,
)
from shared.http.identity_models import PasswordChange
from shared.http.responses import may_raise, returns
from shared.identity import password_rules
from shared.identity.logins import Attempt
from shared.ids import SessionId
from shared.wiring.addresses import addresses
from shared.wiring.logins import logins

__all__ = ["handler"]


@app.put(
    "/me/password",
    status_code=204,
    operation_id="change_password",
    tags=["Identity"],
    summary="Change one's password",
    description="Ends all other sessions of the user, and device tokens of before are no longer good. The current "
    "password is a guess like that of a login: it counts, "
    "and has to wait, like those. If it is wrong, a 422 says so.",
    responses={204: returns("The password is changed, and all other sessions have ended.", sets=[DEVICE_HEADER])},
)
@own_identity
@takes(DEVICE_HEADER)
@may_raise(TooManyAttempts)
def change_password(change: PasswordChange) -> Response[str]:
    """Replaces the caller's password, and ends their other sessions."""
    request = current_request()
    profile = request.deadline.retry(lambda: addresses().profile(request.actor))
    email = None if profile is None else profile.email
    password_rules.check(change.new_password, username=request.username, email=email, field="new_password")
    attempt = Attempt(request.username, change.current_password, client(), header(DEVICE_HEADER))
    device_token = logins(issuer(), request.now).change_password(
        attempt, change.new_password, request.actor, SessionId(request.session)
    )
    return answer(None, status=204, device_token=device_token)
