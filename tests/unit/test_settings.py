import pytest

from shared.settings import Settings


def test_durations_are_parsed_into_seconds() -> None:
    settings = Settings.of({"ACCESS_TOKEN_SECONDS": "60", "REFRESH_TOKEN_DAYS": "2", "DELETED_EVENT_DAYS": "3"})
    assert settings.access_token_seconds == 60
    assert settings.refresh_token_seconds == 2 * 86_400
    assert settings.deleted_seconds == 3 * 86_400


@pytest.mark.parametrize("name", ["ACCESS_TOKEN_SECONDS", "REFRESH_TOKEN_DAYS", "DELETED_EVENT_DAYS"])
@pytest.mark.parametrize("value", ["0", "-1", "", "1.5", "a day"])
def test_a_duration_that_is_none_stops_the_function(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Settings.of({name: value})


def test_a_function_has_only_the_settings_that_it_needs() -> None:
    assert Settings.of({}).events_table == ""


def test_a_retention_may_be_none_at_all() -> None:
    assert Settings.of({}).history_retention_seconds == 0
    assert Settings.of({"HISTORY_RETENTION_DAYS": "0"}).history_retention_seconds == 0
    assert Settings.of({"HISTORY_RETENTION_DAYS": "2"}).history_retention_seconds == 2 * 86_400
    with pytest.raises(ValueError, match="HISTORY_RETENTION_DAYS must be at least 0"):
        Settings.of({"HISTORY_RETENTION_DAYS": "-1"})
