"""POST /auth/logout: the end of a session."""

from shared.http.api import Response, answer, app, handler
from shared.http.identity_models import RefreshToken
from shared.identity import sessions
from shared.runtime import current
from shared.wiring.identity import deadline, tokens, users

__all__ = ["handler"]


@app.post("/auth/logout", status_code=204)
def logout(presented: RefreshToken) -> Response[str]:
    """End the session of a refresh token, also when it has ended before.

    Access tokens stay good until they expire.
    """
    sessions.logout(presented.refresh_token, store=users(), tokens=tokens(), deadline=deadline(), now=current().now())
    return answer(None, status=204)
