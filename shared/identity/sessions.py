"""Keeping a session alive, and ending it."""

from typing import Protocol

from shared.errors import NotAuthenticated
from shared.identity.tokens import TokenPair, Tokens
from shared.identity.users import NS_PER_SECOND, Session
from shared.ids import new_id


class SessionStore(Protocol):
    """Where sessions are kept."""

    def rotate(self, family: str, presented: str, token_id: str, now: int, expires_at: int) -> Session | None:
        """Put `token_id` in the place of `presented`, if that is the session's current token at `now`.

        Gives the session as it is stored after that, changed or not; None if there is none.
        """

    def end(self, family: str) -> None:
        """Remove the session `family`, if it is still there."""


def refresh(token: str, *, store: SessionStore, tokens: Tokens, now_ns: int) -> TokenPair:
    """Exchange the refresh token `token` for a new pair; the session lives on from now.

    A token that was exchanged before is in two hands, and nobody can tell whose is the thief's: the whole
    session ends (RFC 9700, section 4.14.2). That holds for two exchanges at the same time as well: one ends
    what the other was given.

    Raises NotAuthenticated.
    """
    now = now_ns // NS_PER_SECOND
    presented = tokens.refresh(token, now)
    token_id = new_id(now_ns)
    session = store.rotate(presented.family, presented.token_id, token_id, now, now + tokens.refresh_seconds)
    # A write whose answer was lost finds its own token id when the SDK tries again: that is success and
    # no reuse.
    if session is not None and session.token_id == token_id:
        return tokens.pair(session, now)
    if session is not None and session.token_id != presented.token_id:
        store.end(presented.family)
    raise NotAuthenticated("the session has ended")


def logout(token: str, *, store: SessionStore, tokens: Tokens, now_ns: int) -> None:
    """End the session of the refresh token `token`. An invalid one has none to end (RFC 7009, section 2.2).

    Access tokens given before stay good until they expire: they are not looked up.
    """
    try:
        presented = tokens.refresh(token, now_ns // NS_PER_SECOND)
    except NotAuthenticated:
        return
    store.end(presented.family)
