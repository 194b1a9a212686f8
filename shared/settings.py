"""The environment variables of the functions, parsed once, when they are first needed."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

DAY: Final = 24 * 3600


NONE: Final = "none"


@dataclass(frozen=True)
class OidcSettings:
    """Another issuer of tokens, and which of its claims say for whom a token is and what the user is called."""

    issuer: str
    audience: str
    audience_claim: str
    username_claim: str

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "OidcSettings | None":
        """Returns the issuer in `environ`; None if there is none.

        Raises:
            ValueError: a variable is missing, or there is an issuer but no audience: its tokens for any other service
                would be accepted.
        """
        names = ("OIDC_ISSUER", "OIDC_AUDIENCE", "OIDC_AUDIENCE_CLAIM", "OIDC_USERNAME_CLAIM")
        found = cls(*(_text(environ, name) for name in names))
        if found.issuer == NONE:
            return None
        if found.audience == NONE:
            raise ValueError("the environment variable OIDC_AUDIENCE must be set, as OIDC_ISSUER is")
        return found


@dataclass(frozen=True)
class Settings:
    """The configuration of a deployment. Durations are in seconds.

    template.yaml sets every variable for every function, and its parameters define the defaults: there are none here.
    """

    events_table: str
    history_table: str
    users_table: str
    access_table: str
    directory_table: str
    unreadable_bucket: str
    signing_keys: str
    verification_keys: str
    own_identity: bool  # whether this API has users of its own
    oidc: OidcSettings | None  # whose tokens are accepted as well
    issuer: str  # the issuer of tokens; {api} and {stage} stand for the gateway's
    cors_origin: str
    mail_from: str  # empty: no mails are sent
    access_token_seconds: int
    refresh_token_seconds: int
    key_rotation_seconds: int
    session_seconds: int
    refresh_grace_seconds: int  # 0: an exchanged token is never accepted again
    deleted_seconds: int
    history_retention_seconds: int  # 0: versions are kept for ever
    # 0: no limit
    max_events_per_calendar: int
    max_text_bytes_per_calendar: int
    max_series_per_calendar: int
    bulk_requests_per_minute: int

    @classmethod
    def of(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Returns the settings in `environ`.

        Raises:
            ValueError: a variable is missing or empty (only MAIL_FROM may be), or a number is not a whole one or too
                small. The message names the variable.
        """
        return cls(
            events_table=_text(environ, "EVENTS_TABLE"),
            history_table=_text(environ, "HISTORY_TABLE"),
            users_table=_text(environ, "USERS_TABLE"),
            access_table=_text(environ, "ACCESS_TABLE"),
            directory_table=_text(environ, "DIRECTORY_TABLE"),
            unreadable_bucket=_text(environ, "UNREADABLE_BUCKET"),
            signing_keys=_text(environ, "SIGNING_KEYS_ARN"),
            verification_keys=_text(environ, "VERIFICATION_KEYS_ARN"),
            own_identity=_truth(environ, "OWN_IDENTITY"),
            oidc=OidcSettings.of(environ),
            issuer=_text(environ, "ISSUER"),
            cors_origin=_text(environ, "CORS_ORIGIN"),
            mail_from=_text(environ, "MAIL_FROM", may_be_empty=True),
            access_token_seconds=_seconds(environ, "ACCESS_TOKEN_SECONDS"),
            refresh_token_seconds=_seconds(environ, "REFRESH_TOKEN_DAYS", unit=DAY),
            key_rotation_seconds=_seconds(environ, "KEY_ROTATION_DAYS", unit=DAY),
            session_seconds=_seconds(environ, "SESSION_DAYS", unit=DAY),
            refresh_grace_seconds=_seconds(environ, "REFRESH_GRACE_SECONDS", least=0),
            deleted_seconds=_seconds(environ, "DELETED_EVENT_DAYS", unit=DAY),
            history_retention_seconds=_seconds(environ, "HISTORY_RETENTION_DAYS", unit=DAY, least=0),
            max_events_per_calendar=_number(environ, "MAX_EVENTS_PER_CALENDAR", least=0),
            max_text_bytes_per_calendar=_number(environ, "MAX_TEXT_BYTES_PER_CALENDAR", least=0),
            max_series_per_calendar=_number(environ, "MAX_SERIES_PER_CALENDAR", least=0),
            bulk_requests_per_minute=_number(environ, "BULK_REQUESTS_PER_MINUTE", least=0),
        )

    def issuer_at(self, api_id: str, stage: str) -> str:
        """Returns the issuer of tokens for the gateway's API `api_id` and its stage.

        The gateway says both with each request: a variable with the address would be a circular reference in the
        template.
        """
        return self.issuer.replace("{api}", api_id).replace("{stage}", stage)


def _text(environ: Mapping[str, str], name: str, *, may_be_empty: bool = False) -> str:
    value = environ.get(name)
    if value is None or not (value or may_be_empty):
        raise ValueError(f"the environment variable {name} is not set")
    return value


def _truth(environ: Mapping[str, str], name: str) -> bool:
    value = _text(environ, name)
    if value not in {"true", "false"}:
        raise ValueError(f"the environment variable {name} must be true or false")
    return value == "true"


def _seconds(environ: Mapping[str, str], name: str, *, unit: int = 1, least: int = 1) -> int:
    return _number(environ, name, least) * unit


def _number(environ: Mapping[str, str], name: str, least: int) -> int:
    value = _text(environ, name)
    try:
        count = int(value)
    except ValueError:
        raise ValueError(f"the environment variable {name} must be a whole number") from None
    if count < least:
        raise ValueError(f"the environment variable {name} must be at least {least}")
    return count
