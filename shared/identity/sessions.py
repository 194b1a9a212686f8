"""Refresh and logout of sessions. All times are whole seconds since 1970 (UTC)."""

from typing import Protocol

from shared.errors import Contended, NotAuthenticated
from shared.identity.tokens import TokenPair, Tokens
from shared.identity.users import Session, SessionRules, id_made_at
from shared.ids import SessionId, TokenId, UserId
from shared.retries import Deadline


class SessionStore(Protocol):
    """Storage of sessions. All methods raise Contended, Throttled (nothing was written) and AnswerLost."""

    def rotate(
        self, user_id: UserId, family: SessionId, presented: TokenId, token_id: TokenId, now: int, expires_at: int
    ) -> Session | None:
        """Replaces `presented` by `token_id` if it is the session's current token at `now`.

        Returns:
            The session as it is stored afterwards, changed or not; None if there is none.
        """

    def end(self, user_id: UserId, family: SessionId) -> None:
        """Deletes the session `family` if it exists."""


def refresh(
    token: str, *, store: SessionStore, tokens: Tokens, rules: SessionRules, deadline: Deadline, now: int
) -> TokenPair:
    """Exchanges the refresh token `token` for a new pair, and extends the session from now.

    If the token was exchanged before, two parties have it, and it is unknown which of them stole it: the whole session
    ends (RFC 9700, section 4.14.2). That applies to two concurrent exchanges as well: the second ends the session that
    the first has extended.

    Raises:
        NotAuthenticated: The token is not valid, or its session has ended.
    """
    presented = tokens.refresh(token, now)
    token_id = TokenId(id_made_at(now))
    expires_at = now + rules.idle_seconds
    session = deadline.retry(
        lambda: store.rotate(presented.user_id, presented.family, presented.token_id, token_id, now, expires_at),
        on=Contended,
    )
    # When the SDK retries a write whose response was lost, it finds its own token id: that is a success, not a reuse.
    if session is not None and session.token_id == token_id:
        return tokens.pair(session, now)
    if session is not None and session.token_id != presented.token_id:
        deadline.retry(lambda: store.end(presented.user_id, presented.family), on=Contended)
    raise NotAuthenticated("the session has ended")


def logout(token: str, *, store: SessionStore, tokens: Tokens, deadline: Deadline, now: int) -> None:
    """Ends the session of the refresh token `token`. An invalid token is ignored (RFC 7009, section 2.2).

    Access tokens issued before stay valid until they expire, since they are not looked up.
    """
    try:
        presented = tokens.refresh(token, now)
    except NotAuthenticated:
        return
    deadline.retry(lambda: store.end(presented.user_id, presented.family), on=Contended)
