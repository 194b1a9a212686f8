"""POST /auth/refresh: a new pair of tokens for a refresh token."""

from shared.errors import NotAuthenticated
from shared.http.api import Response, answer, app, client, handler, issuer, own_identity
from shared.http.identity_documents import TokensDocument, tokens_document
from shared.http.identity_models import RefreshToken
from shared.http.responses import PUBLIC, may_raise, returns
from shared.identity.sessions import refresh as exchange
from shared.observability import security_event
from shared.runtime import current
from shared.wiring.identity import tokens
from shared.wiring.sessions import deadline, session_rules, sessions

__all__ = ["handler"]


@app.post(
    "/auth/refresh",
    operation_id="refresh",
    tags=["Identity"],
    summary="Exchange a refresh token",
    description="Each refresh token is good for one exchange. The latest one that was exchanged gets the same tokens "
    "again for half a minute (a parameter of the deployment): after a lost answer, or from another tab. Later it ends "
    "the whole session, as does any older one: the token is in two hands.",
    responses={200: returns("Tokens.", TokensDocument)},
    security=PUBLIC,
)
@own_identity
@may_raise(NotAuthenticated)
def refresh(presented: RefreshToken) -> Response[str]:
    """Returns a new pair of tokens. A second exchange returns the same pair for a while, and then ends the session."""
    now = current().now()
    pair = exchange(
        presented.refresh_token,
        client(),
        store=sessions(),
        tokens=tokens(issuer(), now),
        rules=session_rules(),
        report=security_event,
        deadline=deadline(),
        now=now,
    )
    return answer(tokens_document(pair))
