"""Keeping a session alive, and ending it. All times are whole seconds since 1970 (UTC)."""

from typing import Protocol

from shared.errors import Contended, NotAuthenticated
from shared.identity.tokens import TokenPair, Tokens
from shared.identity.users import Session, id_made_at
from shared.retries import Deadline


class SessionStore(Protocol):
    """Where sessions are kept. All methods raise Contended, Throttled (nothing was written) and AnswerLost."""

    def rotate(self, family: str, presented: str, token_id: str, now: int, expires_at: int) -> Session | None:
        """Puts `token_id` in the place of `presented`, if that is the session's current token at `now`.

        Returns:
            The session as it is stored after that, changed or not; None if there is none.
        """

    def end(self, family: str) -> None:
        """Removes the session `family`, if it is still there."""


def refresh(token: str, *, store: SessionStore, tokens: Tokens, deadline: Deadline, now: int) -> TokenPair:
    """Exchanges the refresh token `token` for a new pair; the session lives on from now.

    A token that was exchanged before is in two hands, and nobody can tell whose is the thief's: the whole session ends
    (RFC 9700, section 4.14.2). That holds for two concurrent exchanges as well: one ends what the other was given.

    Raises:
        NotAuthenticated: the token is not valid, or its session has ended.
    """
    presented = tokens.refresh(token, now)
    token_id = id_made_at(now)
    expires_at = now + tokens.refresh_seconds
    session = deadline.retry(
        lambda: store.rotate(presented.family, presented.token_id, token_id, now, expires_at), on=Contended
    )
    # A write whose answer was lost finds its own token id when the SDK tries again: that is success and not reuse.
    if session is not None and session.token_id == token_id:
        return tokens.pair(session, now)
    if session is not None and session.token_id != presented.token_id:
        deadline.retry(lambda: store.end(presented.family), on=Contended)
    raise NotAuthenticated("the session has ended")


def logout(token: str, *, store: SessionStore, tokens: Tokens, deadline: Deadline, now: int) -> None:
    """Ends the session of the refresh token `token`. An invalid one has none to end (RFC 7009, section 2.2).

    Access tokens issued before stay good until they expire: they are not looked up.
    """
    try:
        presented = tokens.refresh(token, now)
    except NotAuthenticated:
        return
    deadline.retry(lambda: store.end(presented.family), on=Contended)
