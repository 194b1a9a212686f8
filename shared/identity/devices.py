"""What a login returns: the tokens of a session, and the token by which the device is recognised."""

from dataclasses import dataclass, field

from shared.identity.tokens import TokenPair, Tokens
from shared.identity.users import Session


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """The tokens of a new session, and the device token: whoever sends it at a login has logged in as this user before.

    It is OWASP's device cookie. It opens nothing; guesses of strangers do not slow down the device that has it.
    """

    tokens: TokenPair
    device_token: str = field(repr=False)

    @classmethod
    def with_tokens(cls, session: Session, tokens: Tokens, now: int) -> "LoggedIn":
        """Returns the tokens of `session` and of its device."""
        return cls(tokens.pair(session, now), tokens.device(session.user_id, session.device_id, now))
