"""What the time of a login tells: that of a wrong password for names that users have, and for names that nobody has."""

import json
from typing import Any, Final

from benchmarks.report import Part, milliseconds
from benchmarks.timing import Candidate, alternate, few, handler_of
from shared.identity.passwords import hash_password
from shared.identity.users import Account
from shared.ids import UserId
from shared.runtime import current
from shared.store.identity_keys import login_key
from shared.store.users import account_attributes
from tests.harness.gateway import payload

TRIES: Final = 200
WARM_UP: Final = 20
# Chance alone keeps the figure of 200 tries of each within these bounds nine times out of ten (standard error: 0.029).
LOW: Final = 0.45
HIGH: Final = 0.55


def measure() -> Part:
    """Times logins with a wrong password, in turn for a known and for an unknown name."""
    part = Part("Guessing: does the time of a refused login tell whether the name exists?", ("name", "ms", "AUC"))
    names = [f"user{number}" for number in range(few(TRIES, 2) + few(WARM_UP))]
    password_hash = hash_password("correct horse battery")
    for number, name in enumerate(names):
        account = Account(UserId(f"user-{number}"), name, password_hash)
        item = {**login_key(name), **account_attributes(account)}
        current().clients.dynamodb.put_item(TableName=current().settings.users_table, Item=item)
    login = handler_of("login")
    samples = alternate(
        [
            Candidate("known", lambda index: _guess(f"user{index}", index), login, _refused),
            Candidate("unknown", lambda index: _guess(f"nobody{index}", index), login, _refused),
        ],
        TRIES,
        WARM_UP,
    )
    auc = area(samples["known"].wall, samples["unknown"].wall)
    for name, each in samples.items():
        spread = milliseconds(each.wall)
        part.rows.append([name, spread.show(), f"{auc:.3f}"])
        part.times[f"login refused, {name} name"] = spread.median
    # The distance from chance in either direction.
    part.compare("login refused, known name", max(auc, 1 - auc), HIGH, "unknown name (AUC)")
    part.data["auc"] = auc
    part.notes.append(
        f"{TRIES} tries of each, in turn, after {WARM_UP} that are not counted. AUC: how often a login of a known name "
        f"takes longer than one of an unknown name; {LOW} to {HIGH} is chance"
        f"{'' if LOW <= auc <= HIGH else ', which this is not'}."
    )
    return part


def area(first: list[float], second: list[float]) -> float:
    """Returns how often a value of `first` is greater than one of `second`, a tie counting half (ROC AUC)."""
    wins = sum((a > b) + (a == b) / 2 for a in first for b in second)
    return wins / (len(first) * len(second))


def _guess(name: str, index: int) -> dict[str, Any]:
    event = payload("login")
    event["body"] = json.dumps({"username": name, "password": "a wrong password"})
    # Each from another address, so that none has to wait.
    event["requestContext"]["identity"]["sourceIp"] = f"198.51.{index // 256}.{index % 256}"
    return event


def _refused(response: Any) -> None:
    if response["statusCode"] != 401:
        raise RuntimeError(f"a wrong password: {response}")
