"""PATCH is a JSON merge patch (RFC 7396): the RFC's own algorithm makes the same of any document and any patch."""

import json
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.ids import UserId
from tests.harness.deployment import Deployment
from tests.harness.gateway import Api, Reply
from tests.harness.payloads import ALLOW, REVIEW

# What differs between two events of the same content, made by the same changes.
OWN = {"id", "calendar_id", "created_by", "history_id", "created_at", "updated_at", "updated_by"}


def merge_patch(target: Any, patch: Any) -> Any:
    """Returns `target` after `patch`: RFC 7396, section 2, word for word."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ('{"a":"b"}', '{"a":"c"}', '{"a":"c"}'),
        ('{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'),
        ('{"a":"b"}', '{"a":null}', "{}"),
        ('{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'),
        ('{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'),
        ('{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'),
        ('{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'),
        ('{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'),
        ('["a","b"]', '["c","d"]', '["c","d"]'),
        ('{"a":"b"}', '["c"]', '["c"]'),
        ('{"a":"foo"}', "null", "null"),
        ('{"a":"foo"}', '"bar"', '"bar"'),
        ('{"e":null}', '{"a":1}', '{"e":null,"a":1}'),
        ("[1,2]", '{"a":"b","c":null}', '{"a":"b"}'),
        ("{}", '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'),
    ],
)
def test_the_reference_does_what_the_rfc_says(target: str, patch: str, result: str) -> None:
    """The examples of appendix A."""
    assert merge_patch(json.loads(target), json.loads(patch)) == json.loads(result)


hours = st.integers(0, 23).map(lambda hour: f"2027-03-01T{hour:02}:00:00Z")
GOOD: dict[str, st.SearchStrategy[Any]] = {
    "title": st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=20),
    "description": st.sampled_from(["", "What we have learned", "two\nlines"]),
    "location": st.sampled_from(["", "Room 4", "Salle à manger"]),
    "start": hours | st.sampled_from(["2027-03-01T09:30:00+01:00", "2027-03-01T09:30Z"]),
    "end": hours | st.sampled_from(["2027-03-02T00:00:00Z", "2027-03-01T10:30:00-05:00"]),
    "time_zone": st.sampled_from(["UTC", "Europe/Berlin", "W. Europe Standard Time", "US/Eastern"]),
    "transparency": st.sampled_from(["opaque", "transparent"]),
}
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["", "\0", " "]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*GOOD, "x"]), inner, max_size=3),
    max_leaves=6,
)
documents = st.fixed_dictionaries(
    {"title": GOOD["title"], "start": st.just(REVIEW["start"]), "end": st.just(REVIEW["end"])},
    optional={name: GOOD[name] for name in ("description", "location", "time_zone", "transparency")},
)
days = st.integers(1, 9).map(lambda day: f"2027-03-0{day}")
WHOLE: dict[str, st.SearchStrategy[Any]] = {"all_day": st.booleans(), "start_date": days, "end_date": days}
of_whole_days = st.fixed_dictionaries(
    {
        "title": GOOD["title"],
        "all_day": st.sampled_from([True]),
        "start_date": st.just("2027-03-03"),
        "end_date": st.sampled_from(["2027-03-04", "2027-03-09"]),
    },
    optional={name: GOOD[name] for name in ("description", "time_zone", "transparency")},
)
patches = st.fixed_dictionaries({}, optional={name: good | st.none() for name, good in GOOD.items()})
odd_patches = st.fixed_dictionaries({}, optional={name: good | anything for name, good in GOOD.items()})


def content(reply: Reply) -> dict[str, Any]:
    return {name: value for name, value in reply.body.items() if name not in OWN}


def patched_and_replaced(document: dict[str, Any], patch: dict[str, Any]) -> tuple[Reply, Reply]:
    """Returns the response to `patch`, and that to the replacement of a twin with what the RFC makes of it."""
    replies = []
    for method in ("PATCH", "PUT"):
        api = Api(UserId(str(uuid4())))
        event = api("POST", "/events", document).body
        body = patch if method == "PATCH" else merge_patch(event, patch)
        replies.append(api(method, f"/events/{event['id']}{ALLOW}", body))
        after = api("GET", f"/events/{event['id']}").body
        assert after == (replies[-1].body if replies[-1].status == 200 else event)
    return replies[0], replies[1]


merged = settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@merged
@given(document=documents, patch=patches)
def test_a_patch_makes_of_an_event_what_the_rfc_does(
    deployment: Deployment, document: dict[str, Any], patch: dict[str, Any]
) -> None:
    del deployment
    patched, replaced = patched_and_replaced(document, patch)
    assert patched.status == replaced.status, (patched, replaced)
    if patched.status == 200:
        assert content(patched) == content(replaced)
    else:
        assert patched.status == 422
        assert set(patched.fields) & {"title", "start", "end"}, "only what an event needs is missed"


@merged
@given(document=documents, patch=odd_patches)
def test_a_patch_of_anything_is_refused_where_its_result_is(
    deployment: Deployment, document: dict[str, Any], patch: dict[str, Any]
) -> None:
    del deployment
    patched, replaced = patched_and_replaced(document, patch)
    assert patched.status == replaced.status, (patched, replaced)
    assert patched.status in (200, 422)
    if patched.status == 200:
        assert content(patched) == content(replaced)


@merged
@given(
    document=documents | of_whole_days,
    days=st.fixed_dictionaries({}, optional={name: good | st.none() for name, good in WHOLE.items()}),
    others=st.fixed_dictionaries({}, optional={name: GOOD[name] for name in ("title", "start", "end")}),
    more=st.fixed_dictionaries({}, optional={name: GOOD[name] | st.none() for name in ("time_zone", "transparency")}),
)
def test_a_patch_makes_whole_days_and_times_of_one_another(
    deployment: Deployment, document: dict[str, Any], days: dict[str, Any], others: dict[str, Any], more: dict[str, Any]
) -> None:
    """Without null for `start` and `end`, which a patch never takes: a replacement of whole days may lack them."""
    del deployment
    patched, replaced = patched_and_replaced(document, {**days, **others, **more})
    assert patched.status == replaced.status, (patched, replaced)
    assert patched.status in (200, 422)
    if patched.status == 200:
        assert content(patched) == content(replaced)
