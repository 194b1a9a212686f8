"""Typical requests about addresses, and a mail that is to be sent."""

from typing import Any, Final

from botocore.awsrequest import AWSResponse

from shared.identity.addresses import StoredCode
from shared.identity.codes import Purpose, hash_of
from shared.identity.mail import Mail
from shared.identity.users import Account, AddressClaim, Profile
from shared.runtime import Runtime
from shared.store.codec import Item, text
from shared.store.identity_keys import address_key, login_key, profile_key
from shared.store.outbox import DynamoOutboxStore
from shared.store.users import account_attributes, mail_item, profile_attributes
from tests.harness.botocore_faults import as_handler, reply
from tests.harness.dataset import Dataset, GatewayEvent
from tests.harness.gateway import payload
from tests.harness.identity_samples import CLIENT
from tests.harness.routes import Route

PASSWORD: Final = "correct horse battery"
CODE: Final = "7Q3MD-X0V5K"
HOUR: Final = 3600


def _put(runtime: Runtime, *items: Item) -> None:
    for item in items:
        runtime.clients.dynamodb.put_item(TableName=runtime.settings.users_table, Item=item)


def _user(data: Dataset, *, verified: bool = False) -> Profile:
    """Stores the dataset's user, who was registered an hour ago."""

    def add() -> Profile:
        from shared.identity.passwords import hash_password  # noqa: PLC0415 only these routes load argon2

        then = data.runtime.now() - HOUR
        account = Account(data.user_id, "ada", hash_password(PASSWORD))
        profile = Profile(data.user_id, "ada", f"{data.user_id}@example.com", then, then, then if verified else None)
        owned = {**address_key(profile.email), "user_id": text(data.user_id)}
        _put(
            data.runtime,
            {**login_key(account.username), **account_attributes(account)},
            {**profile_key(data.user_id), **profile_attributes(profile)},
            *([owned] if verified else []),
        )
        return profile

    made: Profile = data.once("user", add)
    return made


def _code(data: Dataset, profile: Profile, purpose: Purpose) -> None:
    subject = profile.user_id if purpose == "verification" else profile.email
    code = StoredCode(
        hash_of(CODE, purpose, subject), profile.user_id, AddressClaim(profile.email, profile.email_set_at)
    )
    store = DynamoOutboxStore(data.runtime.clients, data.runtime.settings.users_table)
    put = store.put_verification_code if purpose == "verification" else store.put_reset_code
    put(code, data.runtime.now())


def _me(data: Dataset, _: int) -> GatewayEvent:
    _user(data)
    return data.request("GET", "/me")


def _change(data: Dataset, _: int) -> GatewayEvent:
    _user(data, verified=True)
    return data.request("PATCH", "/me", {"email": "new@example.com", "current_password": PASSWORD})


def _ask(data: Dataset, _: int) -> GatewayEvent:
    _user(data)
    return data.request("POST", "/me/email/code")


def _verify(data: Dataset, _: int) -> GatewayEvent:
    _code(data, _user(data), "verification")
    return data.request("POST", "/me/email/verification", {"code": CODE})


def _forgotten(data: Dataset, _: int) -> GatewayEvent:
    return data.request("POST", "/auth/password-reset", {"email": "ada@example.com"})


def _reset(data: Dataset, _: int) -> GatewayEvent:
    profile = _user(data, verified=True)
    _code(data, profile, "reset")
    body = {"email": profile.email, "code": CODE, "new_password": "another horse battery"}
    return data.request("POST", "/auth/password-reset/confirmation", body)


def _mail(data: Dataset, _: int) -> dict[str, Any]:
    """A mail to a new user, which SES accepts."""
    profile = _user(data)
    item = mail_item(Mail.verification(profile.user_id, profile.email, CLIENT, data.runtime.now()))
    _put(data.runtime, item)

    def accept(**_: Any) -> AWSResponse:
        return reply(200, {"MessageId": "1"})

    events = data.runtime.clients.ses.meta.events
    events.register("before-send.sesv2", as_handler(accept), unique_id="accept")
    event = payload("notify")
    change = event["Records"][0]["dynamodb"]
    change["NewImage"] = item
    change["Keys"] = {name: item[name] for name in ("pk", "sk")}
    return event


ADDRESS_ROUTES: Final = (
    Route("read me", "me", _me),
    Route("change the address", "address", _change),
    Route("ask for a code", "address", _ask, 202),
    Route("verify the address", "address", _verify, 204),
    Route("forget the password", "password_reset", _forgotten, 202),
    Route("reset the password", "password_reset", _reset, 204),
    Route("send a mail", "notify", _mail),
)
