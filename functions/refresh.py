"""POST /auth/refresh: a new pair of tokens for a refresh token."""

from shared.http.api import Response, answer, app, handler
from shared.http.identity_models import RefreshToken
from shared.identity import sessions
from shared.runtime import current
from shared.wiring.identity import deadline, tokens, users

__all__ = ["handler"]


@app.post("/auth/refresh")
def refresh(presented: RefreshToken) -> Response[str]:
    """Answer a new pair of tokens. Each refresh token is good for one exchange; a second one ends the session."""
    pair = sessions.refresh(
        presented.refresh_token, store=users(), tokens=tokens(), deadline=deadline(), now=current().now()
    )
    return answer(pair.body())
