"""Users with addresses, as tests need them."""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from shared.identity import passwords
from shared.identity.mail import Mail
from shared.identity.users import Account, Profile, id_made_at
from shared.ids import UserId
from shared.request import Client
from shared.store.users import DynamoUserStore
from shared.wiring import password_resets
from tests.harness.deployment import Deployment, Item
from tests.harness.gateway import Api, Reply
from tests.harness.identity_samples import CLIENT, new_session
from tests.harness.mailbox import Mailbox, Sent

PASSWORD = "correct horse battery"
WRONG_CODE = "00000-00000"


@lru_cache(maxsize=1)
def hash_of_password() -> str:
    """The hash of PASSWORD, made once."""
    return passwords.hash_password(PASSWORD)


@dataclass
class Person:
    """A user; calling it sends a request with their access token."""

    api: Api
    username: str
    mailbox: Mailbox

    @property
    def user_id(self) -> UserId:
        return self.api.user_id

    def __call__(self, method: str, path: str, body: Any = None, **more: Any) -> Reply:
        return self.api(method, path, body, **more)

    def me(self) -> dict[str, Any]:
        """What GET /me answers."""
        reply = self("GET", "/me")
        assert reply.status == 200, reply
        body: dict[str, Any] = reply.body
        return body

    def address(self) -> tuple[str | None, bool, str | None]:
        """The address, whether it is verified, and the one that is to take its place."""
        me = self.me()
        return me["email"], me["email_verified"], me["pending_email"]

    def set_address(self, email: str, password: str = PASSWORD) -> Reply:
        return self("PATCH", "/me", {"email": email, "current_password": password})

    def verify(self, code: str) -> Reply:
        return self("POST", "/me/email/verification", {"code": code})


@dataclass
class People:
    """The users of a deployment."""

    deployment: Deployment
    mailbox: Mailbox
    made: list[Person] = field(default_factory=list)

    def register(self, username: str = "Ada", email: str = "", client: Client = CLIENT) -> Person:
        """A new user with the password PASSWORD and a session. As a registration does, which needs keys for tokens."""
        now = self.deployment.runtime.now()
        account = Account(UserId(id_made_at(now)), username, hash_of_password())
        profile = Profile(
            account.user_id, username, email or f"{username}@example.com", created_at=now, email_set_at=now
        )
        mail = Mail.verification(account.user_id, profile.email, client, now)
        self.users.add(account, profile, new_session(account, now), mail)
        return Person(Api(user_id=account.user_id, username=username), username, self.mailbox)

    def verified(self, username: str = "Ada", email: str = "") -> Person:
        """A new user whose address is verified; two minutes later."""
        person = self.register(username, email)
        (mail,) = self.mailbox.deliver()
        assert person.verify(mail.code).status == 204
        self.deployment.clock.forward(120)
        return person

    @property
    def users(self) -> DynamoUserStore:
        runtime = self.deployment.runtime
        return DynamoUserStore(runtime.clients, runtime.settings.users_table, runtime.settings.directory_table)

    def items(self, prefix: str = "") -> list[Item]:
        """The items of the users table whose partition key or sort key begins with `prefix`."""
        found = self.deployment.scan(self.deployment.runtime.settings.users_table)
        return [item for item in found if any(item[key]["S"].startswith(prefix) for key in ("pk", "sk"))]

    def forget_password(self, email: str, code: str = "", new_password: str = "") -> Reply:
        """Asks for a code to reset a password, or resets it with one."""
        if not code:
            return anybody("/auth/password-reset", {"email": email})
        body = {"email": email, "code": code, "new_password": new_password or "another horse battery"}
        return anybody("/auth/password-reset/confirmation", body)

    def ask_for_reset(self, email: str, source: str) -> None:
        """Asks for a code to reset a password from the address `source`."""
        password_resets.resets().put_mail(Mail.reset(email, Client(source, "test"), self.deployment.runtime.now()))

    def reset_mail(self, email: str) -> Sent:
        """The mail with the code that resets a password."""
        assert self.forget_password(email).status == 202
        (mail,) = self.mailbox.deliver()
        return mail


def anybody(path: str, body: Any) -> Reply:
    """Sends a request without an access token."""
    return Api()("POST", path, body)
