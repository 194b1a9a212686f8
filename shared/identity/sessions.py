"""Refresh, logout and the list of sessions. All times are whole seconds since 1970 (UTC)."""

from typing import TYPE_CHECKING, Protocol

from shared.errors import AnswerLost, Contended, NotAuthenticated, NotFound, OutcomeUnknown, Throttled
from shared.identity.reports import SecurityReport
from shared.identity.users import Session, SessionRules, id_made_at
from shared.ids import SessionId, TokenId, UserId, milliseconds_of
from shared.request import Client
from shared.retries import Deadline

if TYPE_CHECKING:
    from shared.identity.tokens import TokenPair, Tokens


class SessionStore(Protocol):
    """Storage of sessions. All methods raise Contended, Throttled (nothing was written) and AnswerLost."""

    def rotate(
        self, user_id: UserId, family: SessionId, presented: TokenId, token_id: TokenId, now: int, expires_at: int
    ) -> Session | None:
        """Replaces `presented` by `token_id` if it is the session's current token at `now`.

        Returns:
            The session as it is stored afterwards, changed or not; None if there is none.
        """

    def end(self, user_id: UserId, family: SessionId) -> bool:
        """Deletes the session `family`. Returns whether there was one."""

    def of_user(self, user_id: UserId) -> list[Session]:
        """Returns the sessions of a user, also such as have expired."""

    def end_all(self, user_id: UserId, keep: SessionId | None = None) -> int:
        """Deletes the sessions of a user but `keep`. Returns how many there were."""


def refresh(
    token: str,
    client: Client,
    *,
    store: SessionStore,
    tokens: "Tokens",
    rules: SessionRules,
    report: SecurityReport,
    deadline: Deadline,
    now: int,
) -> "TokenPair":
    """Exchanges the refresh token `token` for a new pair, and extends the session from now, up to its end.

    A token that was exchanged less than the grace period before gets the same pair once more: a client repeats the
    exchange if it got no response, and a browser makes one for each of its tabs. Later than that, two parties have the
    token, and it is unknown which of them stole it: the whole session ends (RFC 9700, section 4.14.2).

    Raises:
        NotAuthenticated: The token is not valid, or its session has ended.
        OutcomeUnknown: The response to the write was lost. Within the grace period the exchange can be repeated.
    """
    presented = tokens.refresh(token, now)
    family = (presented.user_id, presented.family)
    token_id = TokenId(id_made_at(now))
    expires_at = rules.expires_at(_created_at(presented.family), now)
    try:
        session = deadline.retry(
            lambda: store.rotate(*family, presented.token_id, token_id, now, expires_at), on=(Contended, Throttled)
        )
    except AnswerLost as lost:
        raise OutcomeUnknown("the token may have been exchanged: exchange it again at once") from lost
    if session is not None and session.expires_at > now:
        # When the SDK retries a write whose response was lost, it finds its own token: a success, and no reuse.
        repeated = session.previous_id == presented.token_id and now < session.rotated_at + rules.grace_seconds
        if session.token_id == token_id or repeated:
            return tokens.pair(session, now)
        # Even if the session has changed in the meantime, the token is in two hands.
        deadline.retry(lambda: store.end(*family))
        report("RefreshReused", user_id=presented.user_id, source=client.source)
    raise NotAuthenticated("the session has ended")


def _created_at(family: SessionId) -> int:
    """Returns when a session began, which its id contains; only ids in signed tokens come here."""
    return milliseconds_of(family) // 1000


def logout(token: str, *, store: SessionStore, tokens: "Tokens", deadline: Deadline, now: int) -> None:
    """Ends the session of the refresh token `token`. An invalid token is ignored (RFC 7009, section 2.2).

    Access tokens issued before stay valid until they expire, since they are not looked up.
    """
    try:
        presented = tokens.refresh(token, now)
    except NotAuthenticated:
        return
    deadline.retry(lambda: store.end(presented.user_id, presented.family))


def listed(user_id: UserId, *, store: SessionStore, deadline: Deadline, now: int) -> list[Session]:
    """Returns the sessions of a user that have not ended, the one that was used last first."""
    live = [each for each in deadline.retry(lambda: store.of_user(user_id)) if each.expires_at > now]
    return sorted(live, key=lambda each: (each.rotated_at, each.family), reverse=True)


def end_one(
    user_id: UserId,
    session_id: SessionId,
    client: Client,
    *,
    store: SessionStore,
    report: SecurityReport,
    deadline: Deadline,
) -> None:
    """Ends a session of a user. Raises NotFound."""
    if not deadline.retry(lambda: store.end(user_id, session_id), on=(Contended, Throttled)):
        raise NotFound("session")
    report("SessionsEnded", user_id=user_id, source=client.source)


def end_all(
    user_id: UserId,
    keep: SessionId | None,
    client: Client,
    *,
    store: SessionStore,
    report: SecurityReport,
    deadline: Deadline,
) -> None:
    """Ends all sessions of a user, or all but `keep`."""
    deadline.retry(lambda: store.end_all(user_id, keep))
    report("SessionsEnded", user_id=user_id, source=client.source)
