"""POST /auth/refresh: a new pair of tokens for a refresh token."""

from shared.errors import NotAuthenticated
from shared.http.api import Response, answer, app, handler, issuer
from shared.http.identity_documents import TokensDocument, tokens_document
from shared.http.identity_models import RefreshToken
from shared.http.responses import PUBLIC, may_raise, returns
from shared.identity.sessions import refresh as exchange
from shared.runtime import current
from shared.wiring.identity import tokens
from shared.wiring.sessions import deadline, session_rules, sessions

__all__ = ["handler"]


@app.post(
    "/auth/refresh",
    operation_id="refresh",
    tags=["Identity"],
    summary="Exchange a refresh token",
    description="Each refresh token is good for one exchange. A second one ends the whole session: the token is in two "
    "hands.",
    responses={200: returns("Tokens.", TokensDocument)},
    security=PUBLIC,
)
@may_raise(NotAuthenticated)
def refresh(presented: RefreshToken) -> Response[str]:
    """Returns a new pair of tokens. Each refresh token is valid for one exchange; a second one ends the session."""
    now = current().now()
    pair = exchange(
        presented.refresh_token,
        store=sessions(),
        tokens=tokens(issuer(), now),
        rules=session_rules(),
        deadline=deadline(),
        now=now,
    )
    return answer(tokens_document(pair))
