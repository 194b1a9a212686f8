"""A registration tells nothing about its address: neither its response nor its calls depend on whose it is."""

from typing import Any

from tests.harness.botocore_faults import Wire
from tests.harness.gateway import Reply
from tests.harness.mailbox import Mailbox
from tests.integration.addresses.people import PASSWORD, People, anybody


def shape(document: Any) -> Any:
    """A document of the wire, in which each text that differs between users is its length."""
    if isinstance(document, dict):
        masked = {"S", "ClientRequestToken"}
        return {key: len(each) if key in masked else shape(each) for key, each in document.items()}
    return [shape(each) for each in document] if isinstance(document, list) else document


def shape_of(reply: Reply) -> Any:
    """A response, in which each token is its length."""
    headers = {name: len(text) if name == "Device-Token" else text for name, text in reply.headers.items()}
    body = {name: len(each) if name.endswith("_token") else each for name, each in reply.body.items()}
    return reply.status, headers, body


def test_a_taken_a_claimed_and_an_unknown_address_are_registered_alike(people: People, mailbox: Mailbox) -> None:
    people.verified("owner", "verified@example.com")
    people.register("other", "claimant@example.com")
    mailbox.deliver()
    seen = []
    for name, email in (("ada", "verified"), ("bob", "claimant"), ("eve", "nobodys1")):
        body = {"username": name, "password": PASSWORD, "email": f"{email}@example.com"}
        with Wire(people.deployment.runtime.clients) as wire:
            answered = anybody("/auth/register", body)
        assert answered.status == 201
        seen.append((wire.order, shape(dict(wire.requests)), shape_of(answered)))
    assert seen[0][0] == ["TransactWriteItems"]
    assert seen[0] == seen[2]
    assert seen[1] == seen[2]
    mails = {mail.to: mail.text for mail in mailbox.deliver()}  # only the mail to its owner says whose it is
    assert "in use" not in mails["claimant@example.com"] + mails["nobodys1@example.com"]
    assert "owner" in mails["verified@example.com"]
