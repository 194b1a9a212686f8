"""POST /auth/logout: ends a session."""

from shared.http.api import Response, answer, app, handler, issuer, own_identity
from shared.http.identity_models import RefreshToken
from shared.http.responses import PUBLIC, returns
from shared.identity.sessions import logout as end_session
from shared.runtime import current
from shared.wiring.identity import tokens
from shared.wiring.sessions import deadline, sessions

__all__ = ["handler"]


@app.post(
    "/auth/logout",
    status_code=204,
    operation_id="logout",
    tags=["Identity"],
    summary="Log out",
    description="Access tokens stay good until they expire.",
    responses={204: returns("The session has ended, or had ended before.")},
    security=PUBLIC,
)
@own_identity
def logout(presented: RefreshToken) -> Response[str]:
    """Ends the session of a refresh token; idempotent.

    Access tokens stay valid until they expire.
    """
    now = current().now()
    end_session(presented.refresh_token, store=sessions(), tokens=tokens(issuer(), now), deadline=deadline(), now=now)
    return answer(None, status=204)
