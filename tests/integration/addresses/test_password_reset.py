"""A new password for one that is forgotten, with a code that was sent to a verified address."""

from typing import Any

import pytest

from shared.identity import passwords
from shared.store.logins import account_of
from shared.store.sessions import session_item
from tests.harness import openapi_document
from tests.harness.botocore_faults import Wire, refused
from tests.harness.gateway import Reply, payload, reply
from tests.harness.identity_samples import new_session
from tests.harness.mailbox import Mailbox
from tests.integration.addresses.people import PASSWORD, WRONG_CODE, People, Person, anybody

NEW = "another horse battery"
CONFIRMATION = "/auth/password-reset/confirmation"
ADA = "ada@example.com"


def password_is(people: People, person: Person, password: str) -> bool:
    (account,) = people.items(f"NAME#{person.username.lower()}")
    return passwords.is_password(account["password_hash"]["S"], password)


def begin_sessions(people: People, person: Person, count: int) -> None:
    """More sessions of a user, as logins begin them."""
    (item,) = people.items(f"NAME#{person.username.lower()}")
    runtime = people.deployment.runtime
    for _ in range(count):
        session = new_session(account_of(item), runtime.now())
        runtime.clients.dynamodb.put_item(TableName=runtime.settings.users_table, Item=session_item(session))


def wrong(answered: Reply) -> str:
    openapi_document.check("POST", CONFIRMATION, answered)
    assert (answered.status, answered.fields) == (422, ["code"])
    return answered.text


def test_the_code_sets_a_new_password_and_ends_all_sessions(people: People) -> None:
    ada, bob = people.verified("Ada", ADA), people.verified("Bob")
    begin_sessions(people, ada, 60)
    mail = people.reset_mail("ADA@example.com")
    assert (mail.to, "Ada" in mail.text, "15 minutes" in mail.text) == (ADA, True, True)
    assert mail.code not in str(people.items("CODE#reset"))
    answered = people.forget_password(ADA, mail.code.lower(), NEW)
    openapi_document.check("POST", CONFIRMATION, answered)
    assert (answered.status, answered.text) == (204, "")
    assert password_is(people, ada, NEW)
    assert [item["username"]["S"] for item in people.items("SESSION#")] == ["Bob"]
    assert password_is(people, bob, PASSWORD)
    wrong(people.forget_password(ADA, mail.code, NEW))  # it was used


def test_the_answer_to_a_request_is_the_same_for_every_address_and_so_are_its_calls(
    people: People, mailbox: Mailbox
) -> None:
    people.verified("Ada", ADA)
    people.register("Bob", "bob@example.com")
    mailbox.deliver()
    seen = []
    for email in (ADA, "bob@example.com", "not@example.com"):
        with Wire(people.deployment.runtime.clients) as wire:
            answered = people.forget_password(email)
        openapi_document.check("POST", "/auth/password-reset", answered)
        (put,) = wire.requests["PutItem"]
        seen.append((answered, wire.order, sorted(put["Item"]), len(str(put)) - len(email)))
    assert seen[0] == seen[1] == seen[2]
    assert (seen[0][0].status, seen[0][0].text) == (202, "")
    assert [mail.to for mail in mailbox.deliver()] == [ADA]


def test_the_answer_to_a_code_that_cannot_be_used_is_the_same_whatever_the_reason(people: People) -> None:
    people.verified("Ada", ADA)
    people.register("Bob", "bob@example.com")
    people.mailbox.deliver()
    mail = people.reset_mail(ADA)
    seen = []
    for email in (ADA, "bob@example.com", "not@example.com"):
        with Wire(people.deployment.runtime.clients) as wire:
            answered = people.forget_password(email, WRONG_CODE, NEW)
        seen.append((wrong(answered), wire.order))
    wrong(people.forget_password("bob@example.com", mail.code, NEW))
    assert seen[0] == seen[1] == seen[2]
    assert seen[0][1] == ["UpdateItem", "UpdateItem"]
    people.deployment.clock.forward(900)
    assert wrong(people.forget_password(ADA, mail.code, NEW)) == seen[0][0]


def test_after_five_tries_the_right_code_is_wrong_too(people: People) -> None:
    ada = people.verified("Ada", ADA)
    mail = people.reset_mail(ADA)
    for _ in range(5):
        wrong(people.forget_password(ADA, WRONG_CODE, NEW))
    wrong(people.forget_password(ADA, mail.code, NEW))
    assert password_is(people, ada, PASSWORD)
    again = people.reset_mail(ADA)
    assert people.forget_password(ADA, again.code, NEW).status == 204


def test_a_user_who_is_disabled_gets_no_mail_and_no_new_password(people: People, mailbox: Mailbox) -> None:
    ada = people.verified("Ada", ADA)
    mail = people.reset_mail(ADA)
    disable(people, ada)
    assert people.forget_password(ADA).status == 202
    assert mailbox.deliver() == []
    wrong(people.forget_password(ADA, mail.code, NEW))
    assert password_is(people, ada, PASSWORD)


def disable(people: People, person: Person) -> None:
    runtime = people.deployment.runtime
    runtime.clients.dynamodb.update_item(
        TableName=runtime.settings.users_table,
        Key={"pk": {"S": f"NAME#{person.username.lower()}"}, "sk": {"S": "LOGIN"}},
        UpdateExpression="SET disabled_at = :now",
        ExpressionAttributeValues={":now": {"N": str(runtime.now())}},
    )


def test_a_user_who_is_disabled_between_the_check_and_the_write_keeps_the_password(people: People) -> None:
    ada = people.verified("Ada", ADA)
    mail = people.reset_mail(ADA)
    with Wire(people.deployment.runtime.clients) as wire:
        wire.before("TransactWriteItems", lambda: disable(people, ada))
        wrong(people.forget_password(ADA, mail.code, NEW))
    assert password_is(people, ada, PASSWORD)


def test_an_address_that_was_given_up_resets_nothing(people: People, mailbox: Mailbox) -> None:
    ada = people.verified("Ada", ADA)
    mail = people.reset_mail(ADA)
    assert ada.set_address("new@example.com").status == 200
    (verification,) = mailbox.deliver()
    assert ada.verify(verification.code).status == 204
    wrong(people.forget_password(ADA, mail.code, NEW))
    assert password_is(people, ada, PASSWORD)


@pytest.mark.parametrize(
    ("password", "message"),
    [
        ("password1", "is one of the commonest"),
        (ADA, "must not be the user name or the address"),
        ("a" * 7, "String should have at least 8 characters"),
        ("a\u0308" * 7, "must have at least 8 characters"),
    ],
)
def test_a_password_that_breaks_a_rule_is_named_before_the_code_is_looked_at(
    people: People, password: str, message: str
) -> None:
    people.verified("Ada", ADA)
    mail = people.reset_mail(ADA)
    with Wire(people.deployment.runtime.clients) as wire:
        answered = people.forget_password(ADA, mail.code, password)
    assert (answered.status, answered.fields, wire.order) == (422, ["new_password"], [])
    assert answered.body["errors"][0]["message"].startswith(message)
    assert people.forget_password(ADA, mail.code, NEW).status == 204


def test_only_who_has_the_code_learns_that_a_password_is_the_user_name(people: People) -> None:
    ada = people.verified("Ada.Lovelace", ADA)
    mail = people.reset_mail(ADA)
    wrong(people.forget_password(ADA, WRONG_CODE, "ada.lovelace"))
    answered = people.forget_password(ADA, mail.code, "ada.lovelace")
    assert (answered.status, answered.fields) == (422, ["new_password"])
    assert password_is(people, ada, PASSWORD)
    assert people.forget_password(ADA, mail.code, NEW).status == 204


def test_a_session_that_the_old_password_begins_meanwhile_ends_as_well(people: People) -> None:
    ada = people.verified("Ada", ADA)
    mail = people.reset_mail(ADA)
    with Wire(people.deployment.runtime.clients) as wire:
        wire.before("TransactWriteItems", lambda: begin_sessions(people, ada, 3))
        assert people.forget_password(ADA, mail.code, NEW).status == 204
    assert people.items("SESSION#") == []


def test_a_session_that_is_begun_with_the_new_password_is_not_ended_by_a_repetition(people: People) -> None:
    ada = people.verified("Ada", ADA)
    mail = people.reset_mail(ADA)
    assert people.forget_password(ADA, mail.code, NEW).status == 204
    begin_sessions(people, ada, 1)
    wrong(people.forget_password(ADA, mail.code, NEW))
    assert len(people.items("SESSION#")) == 1


def test_one_source_asks_and_tries_twenty_times_before_it_has_to_wait(people: People) -> None:
    people.verified("Ada", ADA)
    for number in range(10):
        assert people.forget_password(f"user-{number}@example.com").status == 202
        wrong(people.forget_password(f"user-{number}@example.com", WRONG_CODE, NEW))
    for path, body in (
        ("/auth/password-reset", {"email": ADA}),
        (CONFIRMATION, {"email": ADA, "code": WRONG_CODE, "new_password": NEW}),
    ):
        answered = anybody(path, body)
        openapi_document.check("POST", path, answered)
        assert (answered.status, answered.headers["Retry-After"]) == (429, "2")
    people.deployment.clock.forward(2)
    assert people.forget_password(ADA).status == 202


def test_what_cannot_be_counted_is_not_done(people: People, mailbox: Mailbox) -> None:
    people.verified("Ada", ADA)
    with Wire(people.deployment.runtime.clients) as wire:
        wire.always["UpdateItem"] = refused("ProvisionedThroughputExceededException")
        assert people.forget_password(ADA).status == 503
    assert mailbox.new_records() == []


def test_a_reset_lets_the_user_in_whose_name_was_locked(people: People) -> None:
    ada = people.verified("Ada", ADA)
    for _ in range(5):
        assert ada.set_address("new@example.com", "wrong").status == 422
    assert ada.set_address("new@example.com").status == 429
    mail = people.reset_mail(ADA)
    assert people.forget_password(ADA, mail.code, NEW).status == 204
    assert ada.set_address("new@example.com", NEW).status == 200


@pytest.mark.parametrize("fault", ["lose_answer", "lose_request"])
def test_a_lost_answer_of_the_database_is_found_out(people: People, fault: str) -> None:
    ada = people.verified("Ada", ADA)
    mail = people.reset_mail(ADA)
    with Wire(people.deployment.runtime.clients) as wire:
        getattr(wire, fault)("TransactWriteItems")
        assert people.forget_password(ADA, mail.code, NEW).status == 204
    assert password_is(people, ada, NEW)
    assert people.items("SESSION#") == []


@pytest.mark.parametrize("operation", ["UpdateItem", "GetItem", "Query", "BatchWriteItem", "TransactWriteItems"])
def test_a_database_that_is_busy_is_a_503_and_changes_nothing(people: People, operation: str) -> None:
    ada = people.verified("Ada", ADA)
    mail = people.reset_mail(ADA)
    with Wire(people.deployment.runtime.clients) as wire:
        wire.always[operation] = refused("ProvisionedThroughputExceededException")
        busy = people.forget_password(ADA, mail.code, NEW)
    openapi_document.check("POST", CONFIRMATION, busy)
    assert busy.status == 503
    assert password_is(people, ada, PASSWORD)
    assert people.forget_password(ADA, mail.code, NEW).status == 204


def test_sessions_that_cannot_be_ended_in_the_end_are_no_success(people: People) -> None:
    ada = people.verified("Ada", ADA)
    mail = people.reset_mail(ADA)
    with Wire(people.deployment.runtime.clients) as wire:

        def then_busy() -> None:
            wire.always["Query"] = refused("ProvisionedThroughputExceededException")

        wire.before("TransactWriteItems", then_busy)
        answered = people.forget_password(ADA, mail.code, NEW)
    assert (answered.status, answered.body["type"]) == (503, "/problems/outcome-unknown")
    assert password_is(people, ada, NEW)


def test_a_request_whose_answer_is_lost_is_made_once(people: People, mailbox: Mailbox) -> None:
    people.verified("Ada", ADA)
    with Wire(people.deployment.runtime.clients) as wire:
        wire.lose_answer("PutItem")
        assert people.forget_password(ADA).status == 202
    assert len(mailbox.deliver()) == 1


@pytest.mark.parametrize(
    ("path", "body", "fields"),
    [
        ("/auth/password-reset", {}, ["email"]),
        ("/auth/password-reset", {"email": "nowhere"}, ["email"]),
        ("/auth/password-reset", {"email": ADA, "username": "ada"}, ["username"]),
        (CONFIRMATION, {}, ["email", "code", "new_password"]),
        (CONFIRMATION, {"email": ADA, "code": "", "new_password": NEW}, ["code"]),
        (CONFIRMATION, {"email": ADA, "code": "x" * 65, "new_password": NEW}, ["code"]),
        (CONFIRMATION, {"email": ADA, "code": 1234567890, "new_password": NEW}, ["code"]),
        (CONFIRMATION, {"email": ADA, "code": "a\0b", "new_password": NEW}, ["code"]),
    ],
)
def test_bad_input_is_named(people: People, path: str, body: Any, fields: list[str]) -> None:
    answered = Person(people.register().api, "", people.mailbox)("POST", path, body)
    assert (answered.status, answered.fields) == (422, fields)


@pytest.mark.usefixtures("people")
def test_the_payloads_are_served() -> None:
    assert reply("password_reset", payload("request_password_reset")).status == 202
    assert reply("password_reset", payload("confirm_password_reset")).status == 422
