"""The local stack's key: random, kept, and readable by nobody else."""

import stat
from pathlib import Path

from tools.access import Access


def access(home: Path) -> Access:
    home.mkdir(exist_ok=True)
    made = Access(home, "http://127.0.0.1:1")
    made.make_key()
    return made


def test_each_stack_has_a_key_of_its_own_and_keeps_it(tmp_path: Path) -> None:
    one, other = access(tmp_path / "one"), access(tmp_path / "other")
    assert one.key != other.key
    assert len({*one.key}) > 8
    assert access(tmp_path / "one").key == one.key


def test_only_its_user_can_read_it(tmp_path: Path) -> None:
    assert stat.S_IMODE(access(tmp_path / "one").path.stat().st_mode) == stat.S_IRUSR | stat.S_IWUSR


def test_clients_and_commands_use_it(tmp_path: Path) -> None:
    one = access(tmp_path / "one")
    credentials = one.client("dynamodb")._request_signer._credentials
    assert credentials.access_key == one.key
    assert one.variables()["AWS_ACCESS_KEY_ID"] == one.key
