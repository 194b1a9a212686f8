"""The erasure of the caller's user, and the certificates of erasures."""

from typing import Annotated

from shared.errors import InvalidRequest, NotFound, OutcomeUnknown, TooManyAttempts
from shared.http.api import (
    DEVICE_HEADER,
    Body,
    Path,
    Response,
    answer,
    app,
    client,
    current_request,
    handler,
    header,
    issuer,
    takes,
)
from shared.http.erasure_documents import ErasureDocument, erasure_document
from shared.http.erasure_models import ErasureIdField, ErasureRequest
from shared.http.responses import PUBLIC, may_raise, returns
from shared.identity.logins import Attempt
from shared.identity.users import Account
from shared.observability import security_event
from shared.wiring.erasures import erasure_requests, erasures
from shared.wiring.logins import logins

__all__ = ["handler"]


@app.delete(
    "/me",
    status_code=202,
    operation_id="erase_me",
    tags=["Identity"],
    summary="Erase your user",
    description="Erases all that is stored of you: events, versions, sessions, the user itself. There is no way back: "
    "export your data before. Nobody can log in as you any more, and all sessions end at once. A user of another "
    "identity provider can come back, but what that user creates within a day is erased, too. The answer is the "
    "certificate, to be read without a token as long as you like; a second look, a day later, erases what may have "
    "come late. The password is a guess like that of a login; a user of another identity provider has none here. Sent "
    "again, it is answered again.",
    responses={202: returns("The erasure has begun.", ErasureDocument, sets=["Location"])},
)
@takes(DEVICE_HEADER)
@may_raise(TooManyAttempts, OutcomeUnknown)
def erase_me(erasure: Annotated[ErasureRequest | None, Body()] = None) -> Response[str]:
    """Begins the erasure of the caller, who confirms it with the password."""
    request = current_request()

    def confirm(account: Account | None) -> None:
        if (account is None) is not (erasure is None):
            why = "is missing" if erasure is None else "is none of this deployment: your identity provider has it"
            raise InvalidRequest.of("password", why)
        if account is not None and erasure is not None:
            attempt = Attempt(account.username, erasure.password, client(), header(DEVICE_HEADER))
            logins(issuer(), request.now).confirm_password(attempt, request.actor, "password")
        security_event("AccountDisabled", user_id=request.actor, source=client().source)

    begun = erasure_requests(request.deadline, request.now).begin(request.actor, confirm)
    return answer(erasure_document(begun), status=202, location=f"erasures/{begun.id}")


@app.get(
    "/erasures/<erasure_id>",
    operation_id="get_erasure",
    tags=["Identity"],
    summary="Read the certificate of an erasure",
    description="It has no data about whom it was of. Its id is all that it takes, and nobody can guess it.",
    responses={200: returns("How far the erasure is, and what was erased.", ErasureDocument)},
    security=PUBLIC,
)
@may_raise(NotFound)
def get_erasure(
    erasure_id: Annotated[ErasureIdField, Path(description="The `erasure_id` of the answer to DELETE /me.")],
) -> Response[str]:
    """Returns the certificate of an erasure."""
    found = erasures().get(erasure_id)
    if found is None:
        raise NotFound("erasure")
    return answer(erasure_document(found))
