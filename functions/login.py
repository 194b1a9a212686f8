"""POST /auth/login: tokens for a user name and its password."""

from shared.errors import NotAuthenticated, TooManyAttempts
from shared.http.api import Response, answer, app, client, handler, issuer
from shared.http.identity_documents import TokensDocument, tokens_document
from shared.http.identity_models import Login
from shared.http.responses import PUBLIC, may_raise, returns
from shared.identity import accounts
from shared.runtime import current
from shared.wiring.identity import tokens
from shared.wiring.logins import logins
from shared.wiring.sessions import deadline, session_rules

__all__ = ["handler"]


@app.post(
    "/auth/login",
    operation_id="login",
    tags=["Identity"],
    summary="Log in",
    description="401 is the same for a wrong name and a wrong password. After five wrong ones in a row the name has to "
    "wait.",
    responses={200: returns("Tokens.", TokensDocument)},
    security=PUBLIC,
)
@may_raise(NotAuthenticated, TooManyAttempts)
def login(credentials: Login) -> Response[str]:
    """Returns tokens. 401 is the same for a wrong name and a wrong password; 429 after five failures in a row."""
    now = current().now()
    pair = accounts.login(
        username=credentials.username,
        password=credentials.password,
        client=client(),
        store=logins(),
        tokens=tokens(issuer(), now),
        rules=session_rules(),
        deadline=deadline(),
        now=now,
    )
    return answer(tokens_document(pair))
