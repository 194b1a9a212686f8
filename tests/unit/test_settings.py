"""What the environment has to say before a function serves a request."""

import json
import os
import subprocess
import sys

import pytest

from shared.settings import OidcSettings, Settings
from tests.harness.deployment import variables_for
from tests.harness.template import ROOT

TABLES = {
    "EventsTable": "events",
    "HistoryTable": "history",
    "UsersTable": "users",
    "AccessTable": "access",
    "DirectoryTable": "directory",
}
VARIABLES = variables_for(TABLES)
MAY_BE_EMPTY = "MAIL_FROM"
DURATIONS = [
    "ACCESS_TOKEN_SECONDS",
    "REFRESH_TOKEN_DAYS",
    "KEY_ROTATION_DAYS",
    "SESSION_DAYS",
    "REFRESH_GRACE_SECONDS",
    "DELETED_EVENT_DAYS",
    "HISTORY_RETENTION_DAYS",
]


def settings(**changes: str) -> Settings:
    return Settings.of({**VARIABLES, **changes})


def test_each_variable_is_read() -> None:
    assert Settings.of(
        {
            "EVENTS_TABLE": "events",
            "HISTORY_TABLE": "history",
            "USERS_TABLE": "users",
            "ACCESS_TABLE": "access",
            "DIRECTORY_TABLE": "directory",
            "UNREADABLE_BUCKET": "bucket",
            "SIGNING_KEYS_ARN": "private",
            "VERIFICATION_KEYS_ARN": "public",
            "ISSUER": "https://{api}.example.com/{stage}",
            "OWN_IDENTITY": "false",
            "OIDC_ISSUER": "https://id.example.com",
            "OIDC_AUDIENCE": "scheduling",
            "OIDC_AUDIENCE_CLAIM": "client_id",
            "OIDC_USERNAME_CLAIM": "username",
            "CORS_ORIGIN": "https://app.example.com",
            "MAIL_FROM": "calendar@example.com",
            "ACCESS_TOKEN_SECONDS": "60",
            "REFRESH_TOKEN_DAYS": "2",
            "KEY_ROTATION_DAYS": "5",
            "SESSION_DAYS": "5",
            "REFRESH_GRACE_SECONDS": "6",
            "DELETED_EVENT_DAYS": "3",
            "HISTORY_RETENTION_DAYS": "4",
            "MAX_EVENTS_PER_CALENDAR": "5",
            "MAX_TEXT_BYTES_PER_CALENDAR": "6",
            "MAX_SERIES_PER_CALENDAR": "7",
            "BULK_REQUESTS_PER_MINUTE": "0",
        }
    ) == Settings(
        events_table="events",
        history_table="history",
        users_table="users",
        access_table="access",
        directory_table="directory",
        unreadable_bucket="bucket",
        signing_keys="private",
        verification_keys="public",
        issuer="https://{api}.example.com/{stage}",
        own_identity=False,
        oidc=OidcSettings("https://id.example.com", "scheduling", "client_id", "username"),
        cors_origin="https://app.example.com",
        mail_from="calendar@example.com",
        access_token_seconds=60,
        refresh_token_seconds=2 * 86_400,
        key_rotation_seconds=5 * 86_400,
        session_seconds=5 * 86_400,
        refresh_grace_seconds=6,
        deleted_seconds=3 * 86_400,
        history_retention_seconds=4 * 86_400,
        max_events_per_calendar=5,
        max_text_bytes_per_calendar=6,
        max_series_per_calendar=7,
        bulk_requests_per_minute=0,
    )


def test_the_issuer_is_the_address_that_the_gateway_says_or_a_fixed_one() -> None:
    at_gateway = settings(ISSUER="https://{api}.example.com/{stage}").issuer_at("a1b2", "v1")
    assert at_gateway == "https://a1b2.example.com/v1"
    assert settings(ISSUER="https://id.example.com").issuer_at("a1b2", "v1") == "https://id.example.com"


def test_another_issuer_is_off_by_default_and_needs_an_audience() -> None:
    assert settings().oidc is None
    with pytest.raises(ValueError, match="OIDC_AUDIENCE must be set"):
        settings(OIDC_ISSUER="https://id.example.com")


@pytest.mark.parametrize("value", ["yes", "1", "True", "none"])
def test_own_identity_is_on_or_off(value: str) -> None:
    assert (settings(OWN_IDENTITY="true").own_identity, settings(OWN_IDENTITY="false").own_identity) == (True, False)
    with pytest.raises(ValueError, match="OWN_IDENTITY must be true or false"):
        settings(OWN_IDENTITY=value)


@pytest.mark.parametrize("name", VARIABLES)
def test_a_variable_that_is_missing_is_named(name: str) -> None:
    without = {other: value for other, value in VARIABLES.items() if other != name}
    for environ in (without, *([] if name == MAY_BE_EMPTY else [{**without, name: ""}])):
        with pytest.raises(ValueError, match=f"variable {name} is not set"):
            Settings.of(environ)


def test_without_a_sender_there_are_no_mails() -> None:
    assert settings(**{MAY_BE_EMPTY: ""}).mail_from == ""


@pytest.mark.parametrize("name", DURATIONS)
@pytest.mark.parametrize("value", ["-1", "1.5", "a day"])
def test_a_duration_that_is_none_is_named(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"variable {name} must be"):
        settings(**{name: value})


def test_only_the_retention_and_the_grace_may_be_none_at_all() -> None:
    assert settings(HISTORY_RETENTION_DAYS="0").history_retention_seconds == 0
    assert settings(REFRESH_GRACE_SECONDS="0").refresh_grace_seconds == 0
    for name in {*DURATIONS} - {"HISTORY_RETENTION_DAYS", "REFRESH_GRACE_SECONDS"}:
        with pytest.raises(ValueError, match=f"variable {name} must be at least 1"):
            settings(**{name: "0"})


@pytest.mark.parametrize(("function", "payload"), [("events", "get_event"), ("sweep_history", "sweep_history")])
def test_a_function_without_a_variable_fails_at_its_first_request_and_says_which(function: str, payload: str) -> None:
    event = json.loads((ROOT / "events" / f"{payload}.json").read_text())
    program = f"""
import json, functions.{function}
from tests.harness.gateway import Context
print("imported", flush=True)
functions.{function}.handler(json.loads({json.dumps(json.dumps(event))}), Context())
"""
    environ = {**VARIABLES, "PATH": os.defpath}
    del environ["HISTORY_TABLE"]
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environ, check=False, capture_output=True, text=True
    )
    assert done.stdout.startswith("imported")
    assert done.returncode != 0
    assert "HISTORY_TABLE is not set" in done.stderr
