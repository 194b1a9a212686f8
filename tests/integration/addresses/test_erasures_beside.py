"""What is stored of addresses while a user is being erased: an erasure would not find what comes after it."""

from shared.errors import InvalidRequest
from shared.identity.addresses import StoredCode
from shared.identity.erasures import Erasure, new_erasure_id
from shared.identity.users import Account, AddressClaim
from shared.store.outbox import DynamoOutboxStore
from shared.wiring.erasures import erasure_requests, erasures
from tests.harness.mailbox import Mailbox
from tests.integration.addresses.people import People, Person


def begin_erasure(people: People, person: Person) -> None:
    """Marks a user as being erased, as a request does."""
    runtime = people.deployment.runtime
    subject = erasures().known(person.user_id).subject
    erasures().begin(Erasure.of(subject, new_erasure_id(runtime.random_bytes), runtime.now(), 900), has_login=True)


def test_an_address_is_not_verified(people: People, mailbox: Mailbox) -> None:
    """With an access token that is still valid. Nobody else could ever verify the address."""
    ada = people.register("Ada", "ada@example.com")
    (mail,) = mailbox.deliver()
    begin_erasure(people, ada)
    assert ada.verify(mail.code).status == 404
    assert people.items("ADDRESS") == []


def test_no_code_is_sent(people: People, mailbox: Mailbox) -> None:
    ada = people.register("Ada", "ada@example.com")
    mailbox.deliver()
    people.deployment.clock.forward(60)
    begin_erasure(people, ada)
    assert ada("POST", "/me/email/code").status == 404
    assert people.items("MAIL#") == []
    assert ada.address()[0] == "ada@example.com"


def test_no_code_is_stored_for_an_address_that_is_nobodys(people: People, mailbox: Mailbox) -> None:
    runtime = people.deployment.runtime
    store, now = DynamoOutboxStore(runtime.clients, runtime.settings.users_table), runtime.now()
    ada = people.register("Ada", "ada@example.com")
    code = StoredCode("hash", ada.user_id, AddressClaim("ada@example.com", now))
    assert not store.put_reset_code(code, now)
    (mail,) = mailbox.deliver()
    assert ada.verify(mail.code).status == 204
    assert store.put_reset_code(code, now)


def test_the_same_request_again_gets_the_same_erasure(people: People) -> None:
    """Also if the first one has disabled the login just when the password is looked at."""
    ada = people.register("Ada", "ada@example.com")

    def confirm(_: Account | None) -> None:
        begin_erasure(people, ada)
        raise InvalidRequest.of("password", "is not your password")

    runtime = people.deployment.runtime
    begun = erasure_requests(runtime.deadline(5), runtime.now()).begin(ada.user_id, confirm)
    assert begun.id == erasures().known(ada.user_id).erasure_id
