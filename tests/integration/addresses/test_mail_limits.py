"""What strangers can have sent: so many mails a day for one user, and for one network."""

import io
import json
import logging
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from shared.identity.mail import Mail
from shared.identity.outbox import MailLimit
from shared.request import Client
from shared.store.identity_keys import mails_key
from shared.store.outbox import DynamoOutboxStore
from tests.harness.identity_samples import CLIENT
from tests.harness.mailbox import Mailbox
from tests.integration.addresses.people import PASSWORD, People

DAY = 86_400


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What the functions log."""
    lines = io.StringIO()
    for handler in logging.getLogger("event-scheduling-api").handlers:
        monkeypatch.setattr(handler, "stream", lines)
    return lines


def limited(log: io.StringIO) -> list[dict[str, Any]]:
    """The security events of mails that were not sent for a limit."""
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    return [line for line in lines if line.get("security_event") == "MailLimited"]


def counted(people: People, subject: str) -> int:
    """How many mails of a subject are counted."""
    key = mails_key(subject)
    return sum(len(item["mails"]["SS"]) for item in people.items("MAILS#") if item["pk"] == key["pk"])


def test_a_user_has_ten_mails_sent_within_any_day_wherever_to(
    people: People, mailbox: Mailbox, log: io.StringIO
) -> None:
    clock = people.deployment.clock
    ada = people.register("Ada", "stranger-0@example.com")
    mailbox.deliver()
    answers = []
    for number in range(1, 13):
        clock.forward(60)
        answers.append(ada.set_address(f"stranger-{number}@example.com").status)
        mailbox.deliver()
    assert answers == [200] * 12
    assert [mail.to for mail in mailbox.sent] == [f"stranger-{number}@example.com" for number in range(10)]
    events = limited(log)
    assert len(events) == 3
    for event in events:
        assert (event["limit"], event["user_id"], event["source"]) == ("user", ada.user_id, CLIENT.source)
        assert event["_aws"]["CloudWatchMetrics"][0]["Metrics"] == [{"Name": "MailLimited", "Unit": "Count"}]
    assert "stranger" not in log.getvalue()
    clock.forward(DAY - 12 * 60 - 1)
    assert ada.set_address("early@example.com").status == 200
    assert mailbox.deliver() == []
    clock.forward(60)  # the first is a day old
    assert ada("POST", "/me/email/code").status == 202
    assert [mail.to for mail in mailbox.deliver()] == ["early@example.com"]


def test_a_network_has_a_hundred_mails_sent_whoever_asks(people: People, mailbox: Mailbox, log: io.StringIO) -> None:
    """Each is for a new user and another stranger's address, from another address of the network of IPv6."""
    for number in range(103):
        client = Client(f"2001:db8:0:7::{number:x}", "curl/8.7.1")
        people.register(f"user-{number}", f"stranger-{number}@example.com", client)
    mailbox.deliver()
    assert len(mailbox.sent) == 100
    assert people.items("MAIL#") == []
    assert [(each["limit"], each["source"]) for each in limited(log)] == [("network", "2001:db8:0:7::/64")] * 3
    assert "stranger" not in log.getvalue()
    others = Client("2001:db8:0:8::1", "curl/8.7.1")
    people.register("other", "other@example.com", others)
    assert [mail.to for mail in mailbox.deliver()] == ["other@example.com"]
    people.deployment.clock.forward(DAY)
    people.register("later", "later@example.com", client)
    assert [mail.to for mail in mailbox.deliver()] == ["later@example.com"]


def test_what_is_refused_by_one_limit_is_not_counted_by_the_next(people: People, mailbox: Mailbox) -> None:
    """A user at their limit takes nothing from their neighbours, nor from the address that they enter."""
    ada = people.register()
    for number in range(12):
        if number:
            people.deployment.clock.forward(60)
            assert ada("POST", "/me/email/code").status == 202
        mailbox.deliver()
    assert counted(people, f"USER#{ada.user_id}") == 10
    assert counted(people, f"NETWORK#{CLIENT.source}") == 10
    assert counted(people, f"VERIFICATION#ada@example.com#{CLIENT.source}") == 5
    assert counted(people, "VERIFICATION#ada@example.com") == 5
    people.deployment.clock.forward(60)
    assert ada.set_address("new@example.com").status == 200
    assert mailbox.deliver() == []
    assert counted(people, "VERIFICATION#new@example.com") == 0
    assert len(mailbox.sent) == 5


def test_what_strangers_ask_for_is_not_counted_for_the_user(people: People, mailbox: Mailbox) -> None:
    ada = people.verified("Ada", "ada@example.com")
    for _ in range(12):
        assert people.forget_password("ada@example.com").status == 202
    assert len(mailbox.deliver()) == 5
    assert counted(people, f"USER#{ada.user_id}") == 1
    assert ada.set_address("new@example.com").status == 200
    assert [mail.to for mail in mailbox.deliver()] == ["new@example.com"]


def test_one_network_cannot_keep_the_owner_of_an_address_from_resetting_the_password(
    people: People, mailbox: Mailbox
) -> None:
    people.verified("Ada", "ada@example.com")
    for number in range(6):
        people.register(f"Stranger-{number}", "ada@example.com")
    assert len(mailbox.deliver()) == 4
    for network in range(5):
        for _ in range(6):
            people.ask_for_reset("ada@example.com", source=f"198.51.100.{network}")
        assert len(mailbox.deliver()) == (0 if network == 4 else 5)


def test_one_network_cannot_keep_the_owner_of_an_address_from_verifying_it(people: People, mailbox: Mailbox) -> None:
    """And all together cannot send any number of mails there."""
    for network in range(6):
        for number in range(6):
            client = Client(f"198.51.100.{network}", "curl/8.7.1")
            people.register(f"user-{network}-{number}", "ada@example.com", client)
        assert len(mailbox.deliver()) == (5 if network < 4 else 0)


@pytest.mark.parametrize("domain", ["GMAIL.example", "gmail.Example"])
def test_the_ways_to_write_a_domain_share_its_mails(people: People, mailbox: Mailbox, domain: str) -> None:
    for number in range(5):
        people.register(f"user-{number}", "ada@gmail.example")
    people.register("another", f"ada@{domain}")
    assert len(mailbox.deliver()) == 5


def test_a_count_does_not_tell_to_which_addresses_mails_are_sent(people: People, mailbox: Mailbox) -> None:
    """Whoever is about to reach a limit could see by their own next mail whether the one before was sent."""
    people.verified("Ada", "ada@example.com")
    network = f"NETWORK#{CLIENT.source}"
    for email, sent in (("ada@example.com", 1), ("nobody@example.com", 0)):
        before = counted(people, network)
        assert people.forget_password(email).status == 202
        assert len(mailbox.deliver()) == sent
        assert counted(people, network) == before + 1


def test_every_route_that_asks_for_a_mail_says_from_which_network(people: People) -> None:
    """The address that the gateway saw, by the network that is counted."""
    ada = people.register("Ada")
    routes = [
        ("/auth/register", {"username": "Bob", "password": PASSWORD, "email": "bob@example.com"}),
        ("/me/email/code", None),
        ("/auth/password-reset", {"email": "ada@example.com"}),
        ("/me", {"email": "new@example.com", "current_password": PASSWORD}),
    ]
    for at, (path, body) in enumerate(routes):
        people.deployment.clock.forward(60)
        event = ada.api.event("PATCH" if path == "/me" else "POST", path, body)
        event["requestContext"]["identity"]["sourceIp"] = f"2001:db8:0:{at + 1}::7"
        assert ada.api.send(event).status < 300
    networks = sorted(item["network"]["S"] for item in people.items("MAIL#"))
    assert networks == [*(f"2001:db8:0:{at}::/64" for at in range(1, 5)), CLIENT.source]


def test_a_count_names_nobody(people: People, mailbox: Mailbox) -> None:
    ada = people.register()
    (mail,) = people.items("MAIL#")
    mailbox.deliver()
    counts = people.items("MAILS#")
    assert len(counts) == 4
    now = people.deployment.runtime.now()
    for count in counts:
        assert count.keys() == {"pk", "sk", "mails", "expires_at"}
        assert re.fullmatch(r"MAILS#[0-9a-f]{64}", count["pk"]["S"])
        assert count["mails"] == {"SS": [mail["pk"]["S"].removeprefix("MAIL#")]}
        assert count["expires_at"] == {"N": str(now + DAY)}
    assert ada.user_id not in str(counts)


def test_of_mails_that_are_counted_beside_each_other_no_more_pass(people: People) -> None:
    runtime = people.deployment.runtime
    store, now = DynamoOutboxStore(runtime.clients, runtime.settings.users_table), runtime.now()
    limit = MailLimit("network", "NETWORK#203.0.113.17", 5)
    mails = [Mail.reset("ada@example.com", CLIENT, now) for _ in range(30)]
    with ThreadPoolExecutor(15) as pool:
        passed = list(pool.map(lambda mail: store.count(limit, mail, now), mails))
    assert passed.count(True) == 5
    assert [store.count(limit, mail, now) for mail in mails] == passed  # as when they are delivered again
