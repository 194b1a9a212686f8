"""An address is verified, and a password reset, with the codes in the mails of the local stack."""

import re

import requests

from tests.e2e.user import PASSWORD, User, eventually
from tests.harness.stack_process import Running
from tools import inbox

CODE = re.compile(r"^\w{5}-\w{5}$", re.MULTILINE)


def post(ada: User, path: str, body: dict[str, str]) -> requests.Response:
    return ada("POST", path, body, headers={"Authorization": None})


def codes(running: Running, address: str, count: int) -> list[str]:
    """The codes in the mails to an address, once there are so many."""

    def look() -> list[inbox.Mail]:
        return [mail for mail in inbox.mails(running.stack.access) if mail.to == address]

    return [CODE.findall(mail.text)[0] for mail in eventually(look, lambda found: len(found) == count)]


def test_an_address_is_verified_and_a_password_reset_with_the_codes_in_the_mails(running: Running, ada: User) -> None:
    email = f"{ada.username}@example.com"
    (code,) = codes(running, email, 1)
    wrong = ada("POST", "/me/email/verification", {"code": "00000-00000"})
    assert (wrong.status_code, [each["field"] for each in wrong.json()["errors"]]) == (422, ["code"])
    assert ada("POST", "/me/email/verification", {"code": code}).status_code == 204
    me = ada("GET", "/me").json()
    assert (me["username"], me["email"], me["email_verified"]) == (ada.username, email, True)

    assert post(ada, "/auth/password-reset", {"email": email}).status_code == 202
    _, code = codes(running, email, 2)
    new = {"email": email, "code": code, "new_password": "another horse battery"}
    assert post(ada, "/auth/password-reset/confirmation", new).status_code == 204
    assert post(ada, "/auth/refresh", {"refresh_token": ada.refresh_token}).status_code == 401
    for password, status in ((PASSWORD, 401), ("another horse battery", 200)):
        assert post(ada, "/auth/login", {"username": ada.username, "password": password}).status_code == status
