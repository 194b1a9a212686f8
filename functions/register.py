"""POST /auth/register: a new user, logged in at once."""

from shared.errors import NameTaken
from shared.http.api import DEVICE_HEADER, Response, answer, app, client, handler, issuer, own_identity
from shared.http.identity_documents import TokensDocument, tokens_document
from shared.http.identity_models import Registration
from shared.http.responses import PUBLIC, may_raise, returns
from shared.identity import accounts
from shared.observability import security_event
from shared.runtime import current
from shared.wiring.accounts import users
from shared.wiring.identity import tokens
from shared.wiring.sessions import deadline, session_rules

__all__ = ["handler"]


@app.post(
    "/auth/register",
    status_code=201,
    operation_id="register",
    tags=["Identity"],
    summary="Make a user",
    description="User names are unique, without regard to case: 409 for one that somebody else has.",
    responses={201: returns("The user is made and logged in.", TokensDocument, sets=[DEVICE_HEADER])},
    security=PUBLIC,
)
@own_identity
@may_raise(NameTaken)
def register(registration: Registration) -> Response[str]:
    """Creates a user and returns their tokens. 409: the name is taken."""
    now = current().now()
    registered = accounts.register(
        accounts.Applicant(registration.username, registration.password, registration.email),
        client=client(),
        store=users(),
        tokens=tokens(issuer(), now),
        rules=session_rules(),
        report=security_event,
        deadline=deadline(),
        now=now,
    )
    return answer(tokens_document(registered.tokens), status=201, device_token=registered.device_token)
