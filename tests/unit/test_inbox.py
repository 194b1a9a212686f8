"""The mails of the local stack, as `make run` shows them."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from tools import inbox
from tools.inbox import Mail, follow, mails_in

START = 1_000_000.0


def sent(number: int, at: float = START) -> dict[str, Any]:
    """A mail as ministack keeps it."""
    return {
        "MessageId": f"{number}@email.amazonses.com",
        "Source": inbox.SENDER,
        "To": ["ada@example.com"],
        "Subject": f"mail {number}",
        "BodyText": "Hello\n\nABCDE-01234\n",
        "Timestamp": at,
    }


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time in seconds, which moves on only as the follower sleeps."""
    now = [START]
    stands = SimpleNamespace(time=lambda: now[0], sleep=lambda seconds: now.append(now.pop() + seconds))
    monkeypatch.setattr(inbox, "time", stands)
    return now


def looks(count: int) -> Callable[[], bool]:
    """Whether the stack is alive: for so many looks."""
    left = [count]

    def alive() -> bool:
        left[0] -= 1
        return left[0] >= 0

    return alive


def test_mails_of_all_accounts_are_read_in_their_order() -> None:
    found = mails_in({"messages": {"000000000000": [sent(2, START + 2), sent(3, START + 3)], "1": [sent(1)]}})
    assert [mail.subject for mail in found] == ["mail 1", "mail 2", "mail 3"]
    assert found[0].to == "ada@example.com"
    assert [*found[0].lines()] == [
        "==> Mail to ada@example.com: mail 1",
        "    Hello",
        "",
        "    ABCDE-01234",
    ]


def test_every_new_mail_is_shown_once_and_a_failed_look_is_repeated(clock: list[float]) -> None:
    kept = [sent(1, START - 1), sent(2)]
    faults: list[Exception] = [OSError("refused"), KeyError("messages"), ValueError("no JSON")]

    def look() -> list[Mail]:
        if faults:
            raise faults.pop()
        if clock[0] >= START + 3 and len(kept) == 2:
            kept.append(sent(3, clock[0]))
        return mails_in({"messages": {"000000000000": kept}})

    assert [mail.subject for mail in follow(look, looks(20))] == ["mail 2", "mail 3"]
    assert list(follow(look, lambda: False)) == []
