"""POST /auth/register: a new user, logged in at once."""

from shared.http.api import Response, answer, app, handler
from shared.http.identity_models import Registration
from shared.identity import accounts
from shared.runtime import current
from shared.wiring.identity import deadline, tokens, users

__all__ = ["handler"]


@app.post("/auth/register", status_code=201)
def register(registration: Registration) -> Response[str]:
    """Make a user and answer their tokens. 409 names the field that somebody else has."""
    applicant = accounts.Applicant(registration.username, registration.password, registration.email)
    pair = accounts.register(applicant, store=users(), tokens=tokens(), deadline=deadline(), now=current().now())
    return answer(pair.body(), status=201)
