"""The mails of the local stack, as `make run` shows them."""

import time
from typing import Any

import pytest

from tools import following, inbox
from tools.inbox import Inbox, Mail, mails_in

LATER = time.time() + 3600


def sent(number: int, at: float = LATER) -> dict[str, Any]:
    """A mail as ministack keeps it."""
    return {
        "MessageId": f"{number}@email.amazonses.com",
        "Source": inbox.SENDER,
        "To": ["ada@example.com"],
        "Subject": f"mail {number}",
        "BodyText": "Hello\n\nABCDE-01234\n",
        "Timestamp": at + number,
    }


def shown(number: int) -> list[str]:
    return [f"==> Mail to ada@example.com: mail {number}", "    Hello", "", "    ABCDE-01234"]


def test_mails_of_all_accounts_are_read_in_their_order() -> None:
    found = mails_in({"messages": {"000000000000": [sent(2), sent(3)], "1": [sent(1)]}})
    assert [mail.subject for mail in found] == ["mail 1", "mail 2", "mail 3"]
    assert found[0].to == "ada@example.com"
    assert [*found[0].lines()] == shown(1)


def test_every_new_mail_is_shown_once() -> None:
    kept = [sent(1, at=time.time() - 3600)]
    source = Inbox(lambda: mails_in({"messages": {"000000000000": kept}}))
    assert [*source.poll()] == []
    kept.append(sent(2))
    assert [*source.poll()] == shown(2)
    kept.append(sent(3))
    assert [*source.poll()] == shown(3)
    assert [*source.poll()] == []


@pytest.mark.parametrize(
    "document", [{}, {"messages": {"1": [{"MessageId": 1}]}}, {"messages": {"1": [{}]}}, {"messages": {"1": ["x"]}}]
)
def test_what_cannot_be_read_is_a_fault_that_the_follower_tells(document: Any) -> None:
    def look() -> list[Mail]:
        return mails_in(document)

    with pytest.raises(following.FAULTS):
        list(Inbox(look).poll())
