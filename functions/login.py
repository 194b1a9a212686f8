"""POST /auth/login: tokens for a user name and its password."""

from shared.api import Response, answer, app, handler
from shared.identity import accounts
from shared.identity_models import Login
from shared.identity_wiring import tokens, users
from shared.runtime import current

__all__ = ["handler"]


@app.post("/auth/login")
def login(credentials: Login) -> Response[str]:
    """Answer tokens. 401 is the same for a wrong name and a wrong password; 429 after five in a row."""
    pair = accounts.login(
        username=credentials.username,
        password=credentials.password,
        store=users(),
        tokens=tokens(),
        now_ns=current().now_ns(),
    )
    return answer(pair.body())
