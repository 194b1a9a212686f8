"""POST /auth/login: tokens for a user name and its password."""

from shared.http.api import Response, answer, app, handler
from shared.http.identity_models import Login
from shared.identity import accounts
from shared.runtime import current
from shared.wiring.identity import deadline, tokens, users

__all__ = ["handler"]


@app.post("/auth/login")
def login(credentials: Login) -> Response[str]:
    """Answer tokens. 401 is the same for a wrong name and a wrong password; 429 after five in a row."""
    pair = accounts.login(
        username=credentials.username,
        password=credentials.password,
        store=users(),
        tokens=tokens(),
        deadline=deadline(),
        now=current().now(),
    )
    return answer(pair.body())
