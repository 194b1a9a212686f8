"""The caller's own user and its address: set, verified, changed, lapsed."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from shared.errors import InvalidRequest
from shared.identity import codes
from shared.identity.addresses import verify_address
from shared.ids import UserId
from shared.runtime import current
from shared.wiring.addresses import addresses
from tests.harness import openapi_document
from tests.harness.botocore_faults import Wire, refused
from tests.harness.gateway import Api, Reply, payload, reply
from tests.harness.mailbox import Mailbox
from tests.integration.addresses.people import PASSWORD, WRONG_CODE, People, Person

DAY = 86_400


def wrong(answered: Reply) -> str:
    """The body of the answer to a code that cannot be used: always the same."""
    openapi_document.check("POST", "/me/email/verification", answered)
    assert (answered.status, answered.fields) == (422, ["code"])
    return answered.text


def test_a_new_user_has_an_address_that_is_not_verified(people: People) -> None:
    ada = people.register("Ada", "Ada@Example.com")
    answered = ada("GET", "/me")
    openapi_document.check("GET", "/me", answered)
    assert answered.body == {
        "id": ada.user_id,
        "username": "Ada",
        "email": "Ada@Example.com",
        "email_verified": False,
        "pending_email": None,
        "created_at": "2026-11-22T09:00:00.000Z",
    }
    assert ada("HEAD", "/me").status == 200


def test_the_code_verifies_it(people: People, mailbox: Mailbox) -> None:
    ada = people.register("Ada", "Ada@Example.com")
    (mail,) = mailbox.deliver()
    answered = ada.verify(mail.code.lower().replace("-", ""))
    openapi_document.check("POST", "/me/email/verification", answered)
    assert answered.status == 204
    assert ada.address() == ("Ada@Example.com", True, None)
    (address,) = people.items("ADDRESS")
    assert address == {
        "pk": {"S": "EMAIL#ada@example.com"},
        "sk": {"S": "ADDRESS"},
        "user_id": {"S": ada.user_id},
    }
    assert people.items("CODE#") == []


def test_the_payloads_are_served(people: People) -> None:
    people.register()
    for name, status in (("get_me", 200), ("patch_me", 404), ("send_code", 404), ("verify_address", 404)):
        event = payload(name)
        function = "me" if name == "get_me" else "address"
        assert reply(function, event).status == status, name


def test_a_used_code_is_wrong(people: People, mailbox: Mailbox) -> None:
    ada = people.register()
    (mail,) = mailbox.deliver()
    assert ada.verify(mail.code).status == 204
    assert ada.verify(mail.code).status == 404  # there is nothing left to verify


@pytest.mark.parametrize("seconds", [899, 900])
def test_a_code_is_good_for_fifteen_minutes(people: People, mailbox: Mailbox, seconds: int) -> None:
    ada = people.register()
    (mail,) = mailbox.deliver()
    people.deployment.clock.forward(seconds)
    assert ada.verify(mail.code).status == (204 if seconds < 900 else 422)


def test_after_five_tries_the_right_code_is_wrong_too(people: People, mailbox: Mailbox) -> None:
    ada = people.register()
    (mail,) = mailbox.deliver()
    answers = {wrong(ada.verify(WRONG_CODE)) for _ in range(5)}
    answers.add(wrong(ada.verify(mail.code)))
    assert len(answers) == 1


def test_the_fifth_try_may_be_the_right_one(people: People, mailbox: Mailbox) -> None:
    ada = people.register()
    (mail,) = mailbox.deliver()
    for _ in range(4):
        wrong(ada.verify(WRONG_CODE))
    assert ada.verify(mail.code).status == 204


def test_of_forty_tries_at_once_five_are_looked_at(
    people: People, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of the forty is another code, the right one among them."""
    looked_at: list[str] = []

    def look(code: str, purpose: codes.Purpose, subject: str, stored_hash: str) -> bool:
        looked_at.append(code)
        return codes.is_right(code, purpose, subject, stored_hash)

    monkeypatch.setattr("shared.identity.addresses.is_right", look)
    ada = people.register()
    (mail,) = mailbox.deliver()
    tried = [f"{number:05d}-00000" for number in range(39)]
    tried.insert(30, mail.code)
    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(in_one_process, [ada] * 40, tried))
    assert len(looked_at) == 5
    assert answers.count(204) == (mail.code in looked_at)
    assert answers.count(422) == 40 - answers.count(204)
    assert people.items("CODE#") == [] or people.items("CODE#")[0]["tries"] == {"N": "5"}


def in_one_process(person: Person, code: str) -> int:
    """The status with which the domain answers: the resolver serves one request at a time."""
    runtime = current()
    try:
        verify_address(person.user_id, code, store=addresses(), deadline=runtime.deadline(10), now=runtime.now())
    except InvalidRequest:
        return 422
    return 204


def test_a_code_of_another_user_or_purpose_is_wrong(people: People, mailbox: Mailbox) -> None:
    ada = people.verified("Ada", "ada@example.com")
    bob = people.register("Bob", "bob@example.com")
    (of_bob,) = mailbox.deliver()
    eve = people.register("Eve", "eve@example.com")
    (of_eve,) = mailbox.deliver()
    wrong(eve.verify(of_bob.code))
    wrong(bob.verify(of_eve.code))
    reset = people.reset_mail("ada@example.com")
    people.deployment.clock.forward(60)
    assert ada.set_address("new@example.com").status == 200
    mailbox.deliver()
    wrong(ada.verify(reset.code))
    assert people.forget_password("ada@example.com", of_bob.code).status == 422
    assert bob.verify(of_bob.code).status == 204
    assert people.forget_password("ada@example.com", reset.code).status == 204


def test_the_first_of_two_users_who_verifies_an_address_has_it(people: People, mailbox: Mailbox) -> None:
    ada = people.register("Ada", "same@example.com")
    bob = people.register("Bob", "SAME@example.com")
    first, second = mailbox.deliver()
    if first.to == "SAME@example.com":
        first, second = second, first
    assert bob.verify(second.code).status == 204
    people.deployment.clock.forward(1)
    usual = wrong(ada.verify(WRONG_CODE))
    assert wrong(ada.verify(first.code)) == usual
    assert bob.address() == ("SAME@example.com", True, None)
    assert ada.address() == ("same@example.com", False, None)
    (address,) = people.items("ADDRESS")
    assert address["user_id"] == {"S": bob.user_id}


def test_of_two_who_verify_at_once_one_has_it(people: People, mailbox: Mailbox) -> None:
    for _ in range(5):
        email = f"{uuid4().hex}@example.com"
        pair = [people.register(f"u{uuid4().hex[:12]}", email) for _ in range(2)]
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(in_one_process, pair, codes_of(people, mailbox, pair)))
        assert sorted(answers) == [204, 422]


def codes_of(people: People, mailbox: Mailbox, persons: list[Person]) -> list[str]:
    """The code that each of `persons` got, in their order."""
    records = {record["dynamodb"]["NewImage"]["user_id"]["S"]: record for record in mailbox.new_records()}
    assert len(people.items("MAIL#")) == len(persons)
    return [mailbox.deliver([records[person.user_id]])[0].code for person in persons]


@pytest.mark.parametrize(("seconds", "shown"), [(DAY - 1, "ada@example.com"), (DAY, None)])
def test_an_address_that_is_not_verified_lapses_after_a_day(
    people: People, mailbox: Mailbox, seconds: int, shown: str | None
) -> None:
    ada = people.register("Ada", "ada@example.com")
    mailbox.deliver()
    people.deployment.clock.forward(seconds)
    assert ada.address() == (shown, False, None)
    asked = ada("POST", "/me/email/code")
    openapi_document.check("POST", "/me/email/code", asked)
    assert asked.status == (404 if shown is None else 202)
    assert len(mailbox.deliver()) == (0 if shown is None else 1)


def test_a_code_does_not_outlive_the_claim(people: People, mailbox: Mailbox) -> None:
    ada = people.register("Ada", "ada@example.com")
    people.deployment.clock.forward(DAY - 60)
    assert ada("POST", "/me/email/code").status == 202
    (mail,) = mailbox.deliver()
    people.deployment.clock.forward(60)
    assert ada.verify(mail.code).status == 404
    assert ada.set_address("ada@example.com").status == 200
    (again,) = mailbox.deliver()
    assert ada.verify(again.code).status == 204


def test_another_code_can_be_had_once_a_minute_and_replaces_the_one_before(people: People, mailbox: Mailbox) -> None:
    ada = people.register()
    (first,) = mailbox.deliver()
    people.deployment.clock.forward(59)
    early = ada("POST", "/me/email/code")
    openapi_document.check("POST", "/me/email/code", early)
    assert (early.status, early.headers["Retry-After"]) == (429, "1")
    people.deployment.clock.forward(1)
    assert ada("POST", "/me/email/code").status == 202
    assert ada("POST", "/me/email/code").status == 202  # in the same second, for which one mail does
    people.deployment.clock.forward(30)
    assert ada("POST", "/me/email/code").headers["Retry-After"] == "30"
    (second,) = mailbox.deliver()
    wrong(ada.verify(first.code))
    assert ada.verify(second.code).status == 204
    assert ada("POST", "/me/email/code").status == 404


def test_a_new_address_takes_the_place_of_the_verified_one_once_it_is_verified(
    people: People, mailbox: Mailbox
) -> None:
    ada = people.verified("Ada", "old@example.com")
    answered = ada.set_address("new@example.com")
    openapi_document.check("PATCH", "/me", answered)
    assert answered.status == 200
    assert answered.body == ada.me()
    assert ada.address() == ("old@example.com", True, "new@example.com")
    (mail,) = mailbox.deliver()
    assert mail.to == "new@example.com"
    assert people.reset_mail("old@example.com").to == "old@example.com"
    assert ada.verify(mail.code).status == 204
    assert ada.address() == ("new@example.com", True, None)
    (address,) = people.items("ADDRESS")
    assert address["pk"] == {"S": "EMAIL#new@example.com"}
    bob = people.verified("Bob", "old@example.com")  # it was released
    assert bob.address() == ("old@example.com", True, None)


def test_nothing_is_left_at_an_address_that_is_given_up(people: People, mailbox: Mailbox) -> None:
    """An erasure would not find it: it looks at the addresses that the user has."""
    ada = people.verified("Ada", "old@example.com")
    people.reset_mail("old@example.com")
    assert ada.set_address("new@example.com").status == 200
    (mail,) = mailbox.deliver()
    assert ada.verify(mail.code).status == 204
    assert "old@example.com" not in str(people.items())


def test_a_pending_address_lapses_and_the_verified_one_stays(people: People, mailbox: Mailbox) -> None:
    ada = people.verified("Ada", "old@example.com")
    assert ada.set_address("new@example.com").status == 200
    mailbox.deliver()
    people.deployment.clock.forward(DAY)
    assert ada.address() == ("old@example.com", True, None)


def test_the_verified_address_takes_back_a_pending_one(people: People, mailbox: Mailbox) -> None:
    ada = people.verified("Ada", "old@example.com")
    assert ada.set_address("new@example.com").status == 200
    (mail,) = mailbox.deliver()
    assert ada.set_address("old@example.com").status == 200
    assert ada.address() == ("old@example.com", True, None)
    assert mailbox.deliver() == []
    assert ada.verify(mail.code).status == 404


def test_the_same_mailbox_in_another_spelling_can_be_verified(people: People, mailbox: Mailbox) -> None:
    ada = people.verified("Ada", "ada@example.com")
    assert ada.set_address("Ada@Example.com").status == 200
    (mail,) = mailbox.deliver()
    assert ada.verify(mail.code).status == 204
    assert ada.address() == ("Ada@Example.com", True, None)
    assert len(people.items("ADDRESS")) == 1


def test_a_patch_can_be_repeated_and_sends_one_mail(people: People, mailbox: Mailbox) -> None:
    ada = people.register("Ada", "typo@example.com")
    people.deployment.clock.forward(60)
    assert ada.set_address("ada@example.com").status == 200
    assert ada.set_address("ada@example.com").status == 200
    assert [mail.to for mail in mailbox.deliver()] == ["ada@example.com"]
    early = ada.set_address("another@example.com")
    assert (early.status, early.headers["Retry-After"]) == (429, "60")
    assert ada.address() == ("ada@example.com", False, None)


def test_the_answers_for_a_taken_and_for_a_free_address_are_the_same(people: People, mailbox: Mailbox) -> None:
    people.verified("Owner", "taken@example.com")
    calls = []
    for name, email in (("Ada", "taken@example.com"), ("Bob", "freed@example.com")):
        person = people.register(name)
        mailbox.deliver()
        people.deployment.clock.forward(60)
        with Wire(people.deployment.runtime.clients) as wire:
            answered = person.set_address(email)
        calls.append(sorted(wire.order))  # counters are moved concurrently
        assert answered.body | {"email": "", "id": "", "username": "", "created_at": ""} == {
            "id": "",
            "username": "",
            "email": "",
            "email_verified": False,
            "pending_email": None,
            "created_at": "",
        }
    assert calls[0] == calls[1]


def test_a_wrong_password_changes_nothing_and_is_counted(people: People, mailbox: Mailbox) -> None:
    ada = people.register()
    mailbox.deliver()
    people.deployment.clock.forward(60)
    for _ in range(5):
        answered = ada.set_address("new@example.com", "wrong")
        assert (answered.status, answered.fields) == (422, ["current_password"])
        openapi_document.check("PATCH", "/me", answered)
    locked = ada.set_address("new@example.com", PASSWORD)
    assert locked.status == 429
    assert ada.address() == ("Ada@example.com", False, None)
    assert mailbox.deliver() == []


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["email", "current_password"]),
        ({"email": "new@example.com"}, ["current_password"]),
        ({"email": None, "current_password": PASSWORD}, ["email"]),
        ({"email": "nowhere", "current_password": PASSWORD}, ["email"]),
        ({"email": "new@example.com", "current_password": PASSWORD, "username": "eve"}, ["username"]),
        ({"email": "new@example.com", "current_password": PASSWORD, "email_verified": True}, ["email_verified"]),
    ],
)
def test_a_patch_says_what_is_wrong_with_it(people: People, body: Any, fields: list[str]) -> None:
    ada = people.register()
    for media_type in ("application/json", "application/merge-patch+json"):
        answered = ada("PATCH", "/me", body, headers={"Content-Type": media_type})
        assert (answered.status, answered.fields) == (422, fields)


def test_a_user_of_another_identity_provider_has_an_id_and_a_name(people: People, mailbox: Mailbox) -> None:
    """Also with the name of a user of ours, whose password is no business of theirs."""
    people.register("Ada")
    mailbox.deliver()
    foreign = Person(Api(user_id=UserId(str(uuid4())), username="Ada"), "Ada", mailbox)
    answered = foreign("GET", "/me")
    openapi_document.check("GET", "/me", answered)
    assert answered.body == {
        "id": foreign.user_id,
        "username": "Ada",
        "email": None,
        "email_verified": False,
        "pending_email": None,
        "created_at": None,
    }
    for answered in (
        foreign.set_address("new@example.com"),
        foreign.set_address("new@example.com", "wrong"),
        foreign("POST", "/me/email/code"),
        foreign.verify(WRONG_CODE),
    ):
        assert (answered.status, answered.body["detail"]) == (404, "no such profile")
    assert people.items("GUESS#") == []


@pytest.mark.parametrize("fault", ["lose_answer", "lose_request"])
def test_a_lost_answer_of_the_database_verifies_once(people: People, mailbox: Mailbox, fault: str) -> None:
    ada = people.register()
    (mail,) = mailbox.deliver()
    with Wire(people.deployment.runtime.clients) as wire:
        getattr(wire, fault)("TransactWriteItems")
        assert ada.verify(mail.code).status == 204
    assert ada.address() == ("Ada@example.com", True, None)


@pytest.mark.parametrize("fault", ["lose_answer", "lose_request"])
def test_a_lost_answer_of_the_database_changes_the_address_once(people: People, mailbox: Mailbox, fault: str) -> None:
    ada = people.verified()
    with Wire(people.deployment.runtime.clients) as wire:
        getattr(wire, fault)("TransactWriteItems")
        assert ada.set_address("new@example.com").status == 200
    assert len(mailbox.deliver()) == 1
    people.deployment.clock.forward(60)
    with Wire(people.deployment.runtime.clients) as wire:
        getattr(wire, fault)("TransactWriteItems")
        assert ada("POST", "/me/email/code").status == 202
    assert len(mailbox.deliver()) == 1


@pytest.mark.parametrize("operation", ["GetItem", "UpdateItem", "TransactWriteItems"])
def test_a_database_that_is_busy_is_a_503(people: People, mailbox: Mailbox, operation: str) -> None:
    ada = people.register()
    (mail,) = mailbox.deliver()
    with Wire(people.deployment.runtime.clients) as wire:
        wire.always[operation] = refused("ProvisionedThroughputExceededException")
        busy = ada.verify(mail.code)
    assert busy.status == 503
    assert busy.headers["Retry-After"]
    assert ada.verify(mail.code).status == 204


def test_what_each_request_costs(people: People, mailbox: Mailbox) -> None:
    ada = people.register()
    (mail,) = mailbox.deliver()
    people.deployment.clock.forward(60)
    clients = people.deployment.runtime.clients
    with Wire(clients) as wire:
        ada.me()
        assert wire.order == ["GetItem"]
    with Wire(clients) as wire:
        wrong(ada.verify(WRONG_CODE))
        assert wire.order == ["GetItem", "UpdateItem"]
    with Wire(clients) as wire:
        assert ada("POST", "/me/email/code").status == 202
        assert wire.order == ["GetItem", "TransactWriteItems"]
    with Wire(clients) as wire:
        assert ada.verify(mail.code).status == 204
        assert wire.order == ["GetItem", "UpdateItem", "TransactWriteItems"]
