"""POST /auth/password-reset, and its confirmation: a new password for one that is forgotten."""

from typing import Annotated

from shared.errors import OutcomeUnknown, TooManyAttempts
from shared.http.api import DEVICE_HEADER, Body, Response, answer, app, client, handler, issuer, own_identity
from shared.http.identity_models import ResetConfirmation, ResetRequest
from shared.http.responses import PUBLIC, may_raise, returns
from shared.identity import password_reset
from shared.observability import security_event
from shared.runtime import current
from shared.wiring import password_resets as wiring
from shared.wiring.identity import tokens

__all__ = ["handler"]


@app.post(
    "/auth/password-reset",
    status_code=202,
    operation_id="request_password_reset",
    tags=["Identity"],
    summary="Ask for a code to reset a password",
    description="A code is sent to the address if it is the verified address of a user. The response is the same for "
    "any address.",
    responses={
        202: returns(
            "A code will be sent, if the address belongs to a user, and unless there were too many mails within a day."
        )
    },
    security=PUBLIC,
)
@own_identity
@may_raise(TooManyAttempts, OutcomeUnknown)
def request_password_reset(asked: Annotated[ResetRequest, Body()]) -> Response[str]:
    """Has a code sent to an address, if it belongs to a user. The same work and response for every address."""
    now = current().now()
    password_reset.request_reset(asked.email, client(), store=wiring.resets(), deadline=wiring.deadline(), now=now)
    return answer(None, status=202)


@app.post(
    "/auth/password-reset/confirmation",
    status_code=204,
    operation_id="confirm_password_reset",
    tags=["Identity"],
    summary="Reset a password",
    description="With the code that was sent to the address, within 15 minutes and five tries. All sessions of the "
    "user end; access tokens stay good until they expire.",
    responses={204: returns("The password is the new one.", sets=[DEVICE_HEADER])},
    security=PUBLIC,
)
@own_identity
@may_raise(TooManyAttempts, OutcomeUnknown)
def confirm_password_reset(confirmation: Annotated[ResetConfirmation, Body()]) -> Response[str]:
    """Sets a new password. 422 is the same for a wrong code and for an address that belongs to nobody."""
    sent = password_reset.Confirmation(confirmation.email, confirmation.code, confirmation.new_password)
    now = current().now()
    account = password_reset.confirm_reset(sent, client(), store=wiring.resets(), deadline=wiring.deadline(), now=now)
    security_event("PasswordReset", user_id=account.user_id, source=client().source)
    return answer(None, status=204, device_token=tokens(issuer(), now).device_after(now, account.user_id))
