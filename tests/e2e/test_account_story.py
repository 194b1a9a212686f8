"""The life of an account over HTTP: what its user, an operator and the keys do to it, from registration to erasure."""

from __future__ import annotations

import base64
import json
import re
import threading
import time
from collections import Counter
from typing import Any
from uuid import uuid4

import requests

from tests.e2e.user import PASSWORD, TIMEOUT_SECONDS, User, eventually, problem
from tests.harness.stack_process import Running
from tools import inbox, invocation

NEW_PASSWORD = "another horse battery"
CODE = re.compile(r"^\s*([0-9A-Z]{5}-[0-9A-Z]{5})\s*$", re.MULTILINE)


def code_for(running: Running, address: str, count: int) -> str:
    """The code in the latest of the `count` mails that `address` has got."""
    found = eventually(
        lambda: [mail for mail in inbox.mails(running.stack.access) if mail.to == address],
        lambda mails: len(mails) == count,
    )
    match = CODE.search(found[-1].text)
    assert match is not None, found[-1].text
    return match[1]


def invoke(running: Running, function: str, event: Any) -> dict[str, Any]:
    """Invokes a function as an operator does."""
    answer, ended_well = invocation.invoke(running.stack, function, json.dumps(event).encode())
    assert ended_well, answer
    found: dict[str, Any] = answer
    return found


def log_in(user: User, password: str) -> User:
    """The same user on another device."""
    answer = user("POST", "/auth/login", {"username": user.username, "password": password})
    assert answer.status_code == 200, answer.text
    return User(user.base_url, requests.Session(), answer.json(), user.username)


def refreshed(user: User) -> int:
    """The status of an exchange of the user's refresh token."""
    return user("POST", "/auth/refresh", {"refresh_token": user.refresh_token}).status_code


def stored(running: Running) -> bytes:
    """Every byte of every table and of every version of every object, decoded."""
    dynamodb, s3 = running.stack.client("dynamodb"), running.stack.client("s3")
    found = [
        json.dumps(page["Items"], default=lambda value: base64.b64encode(value).decode(), ensure_ascii=False).encode()
        for table in dynamodb.list_tables()["TableNames"]
        for page in dynamodb.get_paginator("scan").paginate(TableName=table)
    ]
    for bucket in (each["Name"] for each in s3.list_buckets()["Buckets"] if "unreadable" in each["Name"].lower()):
        for version in s3.list_object_versions(Bucket=bucket).get("Versions", []):
            body = s3.get_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])["Body"]
            found.append(body.read())
    return b"".join(found)


def test_the_life_of_an_account(running: Running, base_url: str, session: requests.Session) -> None:
    username = f"u{uuid4().hex}"
    address = f"{username}@example.com"
    body = {"username": username, "password": PASSWORD, "email": address}
    registered = session.post(f"{base_url}/auth/register", json=body, timeout=TIMEOUT_SECONDS)
    assert registered.status_code == 201, registered.text
    laptop = User(base_url, session, registered.json(), username)

    # The address counts once its code has come back.
    assert laptop("GET", "/me").json()["email_verified"] is False
    code = code_for(running, address, 1)
    problem(laptop("POST", "/me/email/verification", {"code": "00000-00000"}), 422, "invalid-request")
    assert laptop("POST", "/me/email/verification", {"code": code}).status_code == 204
    me = laptop("GET", "/me").json()
    assert (me["username"], me["email"], me["email_verified"]) == (username, address, True)

    # Two devices; a change of the password ends the other one's session.
    phone = log_in(laptop, PASSWORD)
    sessions = phone("GET", "/me/sessions").json()["items"]
    assert Counter(each["current"] for each in sessions) == {True: 1, False: 1}
    changed = phone("PUT", "/me/password", {"current_password": PASSWORD, "new_password": NEW_PASSWORD})
    assert changed.status_code == 204, changed.text
    assert refreshed(laptop) == 401
    assert refreshed(phone) == 200
    problem(phone("POST", "/auth/login", {"username": username, "password": PASSWORD}), 401, "not-authenticated")

    # Forgotten, and reset with a code. No session survives that.
    asked = session.post(f"{base_url}/auth/password-reset", json={"email": address}, timeout=TIMEOUT_SECONDS)
    assert asked.status_code == 202
    reset = {"email": address, "code": code_for(running, address, 2), "new_password": PASSWORD}
    confirmed = session.post(f"{base_url}/auth/password-reset/confirmation", json=reset, timeout=TIMEOUT_SECONDS)
    assert confirmed.status_code == 204, confirmed.text
    assert refreshed(phone) == 401
    ada = log_in(phone, PASSWORD)

    # An operator disables the user: the sessions end, access tokens live on until they expire.
    assert invoke(running, "AdminFunction", {"action": "disable", "username": username})["disabled"] is True
    assert refreshed(ada) == 401
    problem(ada("POST", "/auth/login", {"username": username, "password": PASSWORD}), 401, "not-authenticated")
    assert ada("GET", "/events").status_code == 200
    assert invoke(running, "AdminFunction", {"action": "enable", "username": username})["disabled"] is False
    assert ada("POST", "/auth/login", {"username": username, "password": PASSWORD}).status_code == 200


def test_nothing_is_left_of_an_erased_account(
    running: Running, base_url: str, session: requests.Session, ada: User
) -> None:
    secret = uuid4().hex
    event = ada.create(f"title {secret}", "2027-03-01T09:00:00Z", "2027-03-01T10:00:00Z", description=f"text {secret}")
    assert ada("PATCH", f"/events/{event['id']}", {"title": f"other {secret}", "reason": secret}).status_code == 200
    assert len(ada.versions(event["id"])) == 2
    assert ada("DELETE", f"/events/{event['id']}").status_code == 204
    ada.versions(event["id"])
    exported = ada("GET", "/me/export")
    assert exported.status_code == 200
    assert secret in exported.text
    assert secret.encode() in stored(running)
    problem(ada("DELETE", "/me", {"password": NEW_PASSWORD}), 422, "invalid-request")
    begun = ada("DELETE", "/me", {"password": PASSWORD})
    assert begun.status_code == 202, begun.text
    certificate = eventually(
        lambda: session.get(f"{base_url}/{begun.headers['Location']}", timeout=TIMEOUT_SECONDS).json(),
        lambda seen: seen["erased_at"] is not None,
    )
    assert certificate["verified_at"] is None
    left = stored(running)
    for text in (secret, ada.username):
        assert text.encode() not in left
    assert refreshed(ada) == 401
    problem(ada("POST", "/auth/login", {"username": ada.username, "password": PASSWORD}), 401, "not-authenticated")


def test_keys_are_rotated_under_load(running: Running, ada: User) -> None:
    stop = threading.Event()
    statuses: Counter[int] = Counter()
    kids = set()

    def work() -> None:
        user = log_in(ada, PASSWORD)
        while not stop.is_set():
            renewed = user("POST", "/auth/refresh", {"refresh_token": user.refresh_token})
            statuses[renewed.status_code] += 1
            tokens = renewed.json()
            user.access_token, user.refresh_token = tokens["access_token"], tokens["refresh_token"]
            header = user.access_token.split(".")[0]
            kids.add(json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))["kid"])
            statuses[user("GET", "/events").status_code] += 1

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(2):
            time.sleep(1)
            invoke(running, "RotateKeysFunction", {})
        time.sleep(1)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert statuses.keys() == {200}
    published = ada("GET", "/.well-known/jwks.json", headers={"Authorization": None}).json()["keys"]
    assert kids <= {each["kid"] for each in published}
    assert all(each.keys() == {"kty", "crv", "x", "y", "kid", "alg", "use"} for each in published)
    assert refreshed(ada) == 200
