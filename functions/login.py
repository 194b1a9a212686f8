"""POST /auth/login: tokens for a user name and its password."""

from shared.errors import NotAuthenticated, TooManyAttempts
from shared.http.api import DEVICE_HEADER, Response, answer, app, client, handler, header, issuer, own_identity, takes
from shared.http.identity_documents import TokensDocument, tokens_document
from shared.http.identity_models import Login
from shared.http.responses import PUBLIC, may_raise, returns
from shared.identity.logins import Attempt
from shared.runtime import current
from shared.wiring.logins import logins
from shared.wiring.sessions import session_rules

__all__ = ["handler"]


@app.post(
    "/auth/login",
    operation_id="login",
    tags=["Identity"],
    summary="Log in",
    description="401 is the same for a wrong name, a wrong password and a user who is disabled. After five wrong ones "
    "from one address the name has to wait there; so do many from all addresses together, and many from one at all "
    "names. While it waits, no password is looked at: 429, also for the right one. A device that sends the "
    "`Device-Token` of an earlier login of the user has five of its own.",
    responses={200: returns("Tokens.", TokensDocument, sets=[DEVICE_HEADER])},
    security=PUBLIC,
)
@own_identity
@takes(DEVICE_HEADER)
@may_raise(NotAuthenticated, TooManyAttempts)
def login(credentials: Login) -> Response[str]:
    """Returns tokens. 401 is the same for a wrong name and a wrong password; 429 while a counter is locked."""
    attempt = Attempt(credentials.username, credentials.password, client(), header(DEVICE_HEADER))
    logged_in = logins(issuer(), current().now()).login(attempt, session_rules())
    return answer(tokens_document(logged_in.tokens), device_token=logged_in.device_token)
