"""Asking a user who is logged in for the password again, before a change that would let a thief keep the account."""

from shared.errors import Contended, InvalidRequest, NotFound, Throttled, TooManyAttempts
from shared.identity import passwords
from shared.identity.accounts import LoginStore
from shared.ids import UserId
from shared.retries import Deadline


def confirm_password(
    user_id: UserId, username: str, password: str, *, store: LoginStore, deadline: Deadline, now: int
) -> None:
    """Returns if `password` is that of the user, found by name. A wrong one counts like a wrong one at login.

    Raises:
        NotFound: The user has no password here: they are one of another identity provider, whoever has the same name.
        InvalidRequest: The password is wrong.
        TooManyAttempts: It was not checked.
    """
    state = deadline.retry(lambda: store.login_state(username, now), on=Throttled)
    if state.account is None or state.account.user_id != user_id:
        raise NotFound("profile")
    wait = state.attempts.wait(now)
    if wait > 0:
        raise TooManyAttempts(wait)
    if not passwords.is_password(state.account.password_hash, password):
        deadline.retry(lambda: store.count_failure(username, now), on=Contended)
        raise InvalidRequest.of("current_password", "is wrong")
