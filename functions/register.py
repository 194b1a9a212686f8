"""POST /auth/register: a new user, logged in at once."""

from shared.errors import NameTaken, OutcomeUnknown
from shared.http.api import Response, answer, app, handler, issuer
from shared.http.identity_documents import TokensDocument, tokens_document
from shared.http.identity_models import Registration
from shared.http.responses import PUBLIC, may_raise, returns
from shared.identity import accounts
from shared.runtime import current
from shared.wiring.identity import deadline, tokens, users

__all__ = ["handler"]


@app.post(
    "/auth/register",
    status_code=201,
    operation_id="register",
    tags=["Identity"],
    summary="Make a user",
    description="User names and addresses are unique, without regard to case. A 409 names the field that somebody else "
    "has.",
    responses={201: returns("The user is made and logged in.", TokensDocument)},
    security=PUBLIC,
)
@may_raise(NameTaken, OutcomeUnknown)
def register(registration: Registration) -> Response[str]:
    """Creates a user and returns their tokens. 409 names the field whose value is taken."""
    now = current().now()
    applicant = accounts.Applicant(registration.username, registration.password, registration.email)
    pair = accounts.register(applicant, store=users(), tokens=tokens(issuer(), now), deadline=deadline(), now=now)
    return answer(tokens_document(pair), status=201)
