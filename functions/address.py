"""The caller's e-mail address: setting it, and verifying it with a code."""

from typing import Annotated

from shared.errors import NotFound, OutcomeUnknown, TooManyAttempts
from shared.http.api import (
    DEVICE_HEADER,
    Body,
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
from shared.http.bodies import JSON, MERGE_PATCH
from shared.http.identity_models import AddressPatch, VerificationCode
from shared.http.responses import may_raise, returns
from shared.http.user_documents import UserDocument, user_document
from shared.identity import addresses
from shared.identity.logins import Attempt
from shared.observability import security_event
from shared.wiring import addresses as wiring
from shared.wiring.logins import logins

__all__ = ["handler"]


@app.patch(
    "/me",
    operation_id="patch_me",
    tags=["Identity"],
    summary="Change your address",
    description="A JSON merge patch (RFC 7396), with the password that you have. A code is sent to the new address. "
    "Until it is verified, a verified address stays yours. The response is the same for an address that somebody else "
    "has. At most one code a minute: 429 says when to try again.",
    responses={200: returns("Your user, as it is now.", UserDocument)},
)
@own_identity
@takes(DEVICE_HEADER, media_types=(JSON, MERGE_PATCH))
@may_raise(NotFound, TooManyAttempts, OutcomeUnknown)
def patch_me(patch: Annotated[AddressPatch, Body()]) -> Response[str]:
    """Sets the caller's address, which has to be verified. 422 names a wrong password."""
    request = current_request()
    request.deadline.retry(lambda: addresses.existing_profile(request.actor, wiring.addresses()))
    attempt = Attempt(request.username, patch.current_password, client(), header(DEVICE_HEADER))
    logins(issuer(), request.now).confirm_password(attempt, request.actor)
    profile = addresses.change_address(
        request.actor, patch.email, client(), store=wiring.addresses(), deadline=request.deadline, now=request.now
    )
    return answer(user_document(profile, request.now))


@app.post(
    "/me/email/code",
    status_code=202,
    operation_id="send_code",
    tags=["Identity"],
    summary="Ask for another code",
    description="A code is sent to the address that you have not verified yet. It replaces the one before. At most one "
    "a minute: 429 says when to try again. 404: there is no such address, or it has lapsed.",
    responses={202: returns("A code will be sent, unless there were too many mails within a day.")},
)
@own_identity
@may_raise(NotFound, TooManyAttempts, OutcomeUnknown)
def send_code() -> Response[str]:
    """Has a new code sent to the caller's unverified address."""
    request = current_request()
    addresses.ask_for_code(
        request.actor, client(), store=wiring.addresses(), deadline=request.deadline, now=request.now
    )
    return answer(None, status=202)


@app.post(
    "/me/email/verification",
    status_code=204,
    operation_id="verify_address",
    tags=["Identity"],
    summary="Verify your address",
    description="With the code that was sent to it, within 15 minutes and five tries. Whoever verifies an address "
    "first has it. An address that you had before is no longer yours.",
    responses={204: returns("The address is yours.")},
)
@own_identity
@may_raise(NotFound, OutcomeUnknown)
def verify_address(verification: Annotated[VerificationCode, Body()]) -> Response[str]:
    """Makes the caller's address their own. 422 for any code that cannot be used, whatever the reason."""
    request = current_request()
    addresses.verify_address(
        request.actor, verification.code, store=wiring.addresses(), deadline=request.deadline, now=request.now
    )
    security_event("EmailVerified", user_id=request.actor, source=client().source)
    return answer(None, status=204)
