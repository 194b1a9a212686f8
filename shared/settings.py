"""The environment variables of the functions, parsed once, when first asked for."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

DAY = 24 * 3600


@dataclass(frozen=True)
class Settings:
    """What a deployment configures; template.yaml sets every one. Durations are seconds."""

    events_table: str
    history_table: str
    users_table: str
    unreadable_bucket: str
    signing_secret: str
    issuer: str
    cors_origin: str
    access_token_seconds: int
    refresh_token_seconds: int
    deleted_seconds: int
    history_retention_seconds: int  # 0: versions are kept for ever

    @classmethod
    def of(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """The settings in `environ`. A function has only those that it needs; the others are empty.

        Raises ValueError for a duration that is no whole number, or too small.
        """
        return cls(
            events_table=environ.get("EVENTS_TABLE", ""),
            history_table=environ.get("HISTORY_TABLE", ""),
            users_table=environ.get("USERS_TABLE", ""),
            unreadable_bucket=environ.get("UNREADABLE_BUCKET", ""),
            signing_secret=environ.get("SIGNING_SECRET_ARN", ""),
            cors_origin=environ.get("CORS_ORIGIN", ""),
            issuer=environ.get("TOKEN_ISSUER", "event-scheduling-api"),
            access_token_seconds=_seconds(environ, "ACCESS_TOKEN_SECONDS", 15 * 60),
            refresh_token_seconds=_seconds(environ, "REFRESH_TOKEN_DAYS", 30, unit=DAY),
            deleted_seconds=_seconds(environ, "DELETED_EVENT_DAYS", 30, unit=DAY),
            history_retention_seconds=_seconds(environ, "HISTORY_RETENTION_DAYS", 0, unit=DAY, least=0),
        )


def _seconds(environ: Mapping[str, str], name: str, default: int, *, unit: int = 1, least: int = 1) -> int:
    value = int(environ.get(name, default)) * unit
    if value < least:
        raise ValueError(f"{name} must be at least {least}")
    return value
