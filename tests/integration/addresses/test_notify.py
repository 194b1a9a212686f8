"""The mails that wait in the users table are sent: to whom they may be, once, and not too often."""

from dataclasses import replace
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from shared.runtime import use
from tests.harness.botocore_faults import Wire, lost, refused
from tests.harness.deployment import MAIL_FROM, Deployment
from tests.harness.gateway import payload
from tests.harness.mailbox import CODE, Mailbox, refuse
from tests.integration.addresses.people import People, anybody

DAY = 86_400


def test_a_new_user_gets_a_code_and_the_mail_is_gone_then(people: People, mailbox: Mailbox) -> None:
    ada = people.register("Ada", "Ada@Example.com")
    (mail,) = mailbox.deliver()
    assert (mail.to, mail.sender) == ("Ada@example.com", MAIL_FROM)
    assert "15 minutes" in mail.text
    assert people.items("MAIL#") == []
    (stored,) = people.items("CODE#")
    assert stored["pk"]["S"] == f"USER#{ada.user_id}"
    assert mail.code not in str(stored)
    assert mail.code.replace("-", "") not in str(stored)


def test_no_mail_has_a_text_that_somebody_else_chose(people: People, mailbox: Mailbox) -> None:
    """A name such as www.example.com would be a link in the mail to an address that somebody else has entered."""
    people.verified("owner.of.it", "ada@example.com")
    people.register("www.evil.example", "new@example.com")
    people.register("www.bad.example", "ADA@example.com")
    first, second = sorted(mailbox.deliver(), key=lambda mail: mail.to)
    assert (first.to, second.to) == ("ada@example.com", "new@example.com")
    assert "evil" not in first.text + second.text
    assert "bad" not in first.text + second.text
    assert "owner.of.it" in first.text  # to the owner of that name


def test_a_verified_address_of_somebody_else_gets_a_notice_without_a_code(people: People, mailbox: Mailbox) -> None:
    ada = people.verified("Ada", "ada@example.com")
    people.register("Bob", "Ada@EXAMPLE.com")
    (notice,) = mailbox.deliver()
    assert notice.to == "ada@example.com"  # as its owner wrote it
    assert CODE.findall(notice.text) == []
    assert people.items("CODE#") == []
    assert ada.address() == ("ada@example.com", True, None)


def test_a_record_that_is_delivered_twice_sends_one_mail(people: People, mailbox: Mailbox) -> None:
    people.register()
    records = mailbox.new_records()
    (mail,) = mailbox.deliver(records)
    before = people.items("CODE#")
    assert mailbox.deliver(records) == []
    assert mailbox.deliver([*records, *records]) == []
    assert people.items("CODE#") == before
    assert mailbox.sent == [mail]


def test_two_in_one_batch_are_one_mail(people: People, mailbox: Mailbox) -> None:
    people.register()
    (record,) = mailbox.new_records()
    assert len(mailbox.deliver([record, record])) == 1


@pytest.mark.parametrize(
    "answer",
    [
        refuse("TooManyRequestsException", 429),
        refuse("LimitExceededException"),
        refuse("SendingPausedException"),
        refuse("MailFromDomainNotVerifiedException"),
        refuse("AccessDeniedException", 403),
        refuse("InternalFailure", 500),
        lost,
    ],
)
def test_what_is_not_sent_now_is_delivered_again_and_the_code_of_the_later_mail_counts(
    people: People, mailbox: Mailbox, answer: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    ada = people.register()
    records = mailbox.new_records()
    mailbox.answers.append(answer)
    assert mailbox.failed(records) == [records[0]["dynamodb"]["SequenceNumber"]]
    assert '"MailNotSent"' in capsys.readouterr().out
    (mail,) = mailbox.deliver(records)
    counts = [count["mails"]["SS"] for count in people.items("MAILS#")]  # of the user, the network, the address
    assert counts == [[record_id(records[0])]] * 4  # counted once
    assert ada.verify(mail.code).status == 204


def record_id(record: dict[str, Any]) -> str:
    """The id of the mail in a record."""
    return str(record["dynamodb"]["Keys"]["pk"]["S"]).removeprefix("MAIL#")


def test_a_mail_whose_answer_was_lost_is_sent_twice_and_no_more(people: People, mailbox: Mailbox) -> None:
    ada = people.register()
    records = mailbox.new_records()

    def taken_and_lost(request: AWSPreparedRequest) -> AWSResponse:
        mailbox.accept(request)
        return lost(request)

    mailbox.answers.append(taken_and_lost)
    assert len(mailbox.failed(records)) == 1
    assert len(mailbox.deliver(records)) == 1
    first, second = mailbox.sent
    assert ada.verify(first.code).fields == ["code"]
    assert ada.verify(second.code).status == 204


@pytest.mark.parametrize(("code", "counted"), [("MessageRejected", True), ("BadRequestException", False)])
def test_what_ses_refuses_for_good_is_dropped_and_does_not_block(
    people: People, mailbox: Mailbox, code: str, counted: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    people.register("Ada")
    people.register("Bob")
    mailbox.answers.append(refuse(code))
    assert len(mailbox.deliver()) == 1
    assert people.items("MAIL#") == []
    # An address that is none rings no bell: anybody can enter one.
    assert ('"MailNotSent"' in capsys.readouterr().out) is counted


def test_an_address_that_ses_cannot_send_to_is_dropped_and_a_domain_is_sent_in_ascii(
    people: People, mailbox: Mailbox
) -> None:
    people.register("Ada", "gräfin@example.com")
    people.register("Bob", "bob@büro.example")
    assert [mail.to for mail in mailbox.deliver()] == ["bob@xn--bro-hoa.example"]
    assert people.items("MAIL#") == []


@pytest.mark.parametrize("operation", ["GetItem", "TransactWriteItems", "UpdateItem", "DeleteItem"])
def test_a_fault_of_the_database_is_delivered_again(people: People, mailbox: Mailbox, operation: str) -> None:
    people.register()
    records = mailbox.new_records()
    with Wire(people.deployment.runtime.clients) as wire:
        wire.always[operation] = refused("ProvisionedThroughputExceededException")
        assert len(mailbox.failed(records)) == 1
    assert len(mailbox.deliver(records)) == 1
    assert people.items("MAIL#") == []


def test_a_record_that_is_none_of_a_mail_does_not_block(
    people: People, mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    people.register()
    (record,) = mailbox.new_records()
    image = record["dynamodb"]["NewImage"]

    def with_image(**changes: Any) -> dict[str, Any]:
        return {**record, "dynamodb": {**record["dynamodb"], "NewImage": {**image, **changes}}}

    poison: list[dict[str, Any]] = [
        {},
        {"eventName": "INSERT", "dynamodb": {"SequenceNumber": "1"}},
        with_image(kind={"S": "advertisement"}),
        with_image(address={"N": "1"}),
        with_image(pk={"S": "MAIL#no-id"}),
        with_image(pk={"S": "MAIL#"}),
        with_image(expires_at={"S": "soon"}),
        with_image(network={"N": "1"}),
        {**record, "eventName": "REMOVE", "dynamodb": {"Keys": record["dynamodb"]["Keys"]}},
    ]
    assert len(mailbox.deliver([*poison, record])) == 1
    assert caplog.messages.count("unreadable mail") == len(poison) - 1


def test_without_time_nothing_is_begun(people: People, mailbox: Mailbox) -> None:
    people.register()
    records = mailbox.new_records()
    assert len(mailbox.failed(records, milliseconds=15_000)) == 1
    assert mailbox.sent == []
    assert len(mailbox.deliver(records)) == 1


def test_without_a_sender_nothing_is_sent_and_nothing_is_kept(
    people: People, mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    people.register()
    runtime = people.deployment.runtime
    with use(replace(runtime, settings=replace(runtime.settings, mail_from=""))):
        assert mailbox.deliver() == []
    assert [vars(record).get("outcome") for record in caplog.records] == ["off"]
    assert people.items("MAIL#") == []
    assert people.items("CODE#") == []


def test_an_address_gets_five_mails_within_any_day(people: People, mailbox: Mailbox) -> None:
    clock = people.deployment.clock
    for number in range(7):
        people.register(f"user-{number}", f"{'ADA' if number % 2 else 'ada'}@example.com")
        mailbox.deliver()
        clock.forward(3600)
    assert len(mailbox.sent) == 5
    assert people.items("MAIL#") == []
    clock.forward(DAY - 7 * 3600)  # the first is a day old, the others are not
    for number in range(7, 10):
        people.register(f"user-{number}", "ada@example.com")
    assert len(mailbox.deliver()) == 1
    assert people.forget_password("ada@example.com").status == 202
    assert mailbox.deliver() == []


def test_a_mail_that_has_waited_for_an_hour_is_not_sent_any_more(people: People, mailbox: Mailbox) -> None:
    people.register()
    people.deployment.clock.forward(3600)
    assert mailbox.deliver() == []
    assert people.items("MAIL#") == []


def test_nothing_is_sent_for_an_address_that_has_changed_since(people: People, mailbox: Mailbox) -> None:
    ada = people.register("Ada", "first@example.com")
    people.deployment.clock.forward(60)
    assert ada.set_address("second@example.com").status == 200
    assert [mail.to for mail in mailbox.deliver()] == ["second@example.com"]


def test_nothing_is_sent_for_a_user_who_is_gone(people: People, mailbox: Mailbox, deployment_table: str) -> None:
    ada = people.register()
    key = {"pk": {"S": f"USER#{ada.user_id}"}, "sk": {"S": "PROFILE"}}
    people.deployment.runtime.clients.dynamodb.delete_item(TableName=deployment_table, Key=key)
    assert mailbox.deliver() == []
    assert people.items("MAIL#") == []


@pytest.fixture
def deployment_table(dynamodb_deployment: Deployment) -> str:
    return dynamodb_deployment.runtime.settings.users_table


def test_the_payload_is_one_of_a_mail_that_is_gone(people: People, mailbox: Mailbox) -> None:
    assert mailbox.deliver(payload("notify")["Records"]) == []
    assert people.items() == []


def test_a_reset_of_an_address_that_belongs_to_nobody_sends_nothing(people: People, mailbox: Mailbox) -> None:
    people.register("Ada", "ada@example.com")
    mailbox.deliver()
    for email in ("ada@example.com", "nobody@example.com"):
        assert anybody("/auth/password-reset", {"email": email}).status == 202
    assert mailbox.deliver() == []
    assert people.items("MAIL#") == []
