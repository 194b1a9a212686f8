import re
from dataclasses import fields, replace
from typing import Any, get_args

import jsonpatch
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Collision
from shared.http.change_documents import changes, diff_document
from shared.http.content_documents import ContentDocument
from shared.http.documents import EventDocument, event_document, version_document
from shared.http.problem_documents import collision_document
from shared.scheduling.events import CONTENT_FIELDS, Content, Event, Transparency
from tests.harness.samples import END, OWNER, START, event, new_id

texts = st.text(max_size=20) | st.sampled_from(["", "a/b~c", '"', "\u00e9", "null", "0"])
transparencies: st.SearchStrategy[Transparency] = st.sampled_from(get_args(Transparency))
contents = st.builds(
    Content,
    title=texts,
    start=st.sampled_from([START, "2027-01-01T00:00:00Z"]),
    end=st.sampled_from([END, "2027-12-01T00:00:00Z"]),
    description=texts,
    location=texts,
    time_zone=st.sampled_from(["UTC", "Europe/Berlin"]),
    transparency=transparencies,
    time_zone_given=st.sampled_from([None, "W. Europe Standard Time"]),
    start_local=st.sampled_from([None, "2027-03-01T10:00:00+01:00", "2027-03-01T09:00:00+00:00"]),
    start_date=st.sampled_from([None, "2027-03-01"]),
    end_date=st.sampled_from([None, "2027-03-02", "2027-03-03"]),
)


def with_content(content: Content, version: int) -> Event:
    return replace(event(event_id=OWNER, version=version), content=content)


@given(contents, contents)
def test_the_patch_turns_one_version_into_the_other_by_another_implementation(one: Content, other: Content) -> None:
    old, new = with_content(one, 3), with_content(other, 4)
    before: dict[str, Any] = {**event_document(old)}
    patch = diff_document(old, new)["patch"]
    assert jsonpatch.JsonPatch(patch).apply(before) == event_document(new)
    assert all(step["op"] == "replace" for step in patch)


@given(contents, contents)
def test_the_changes_name_each_content_field_that_differs_with_both_sides(one: Content, other: Content) -> None:
    found = {
        change["field"]: (change["old"], change["new"])
        for change in changes(with_content(one, 1), with_content(other, 2))
    }
    assert set(CONTENT_FIELDS) == {each.name for each in fields(Content)}
    assert ContentDocument.__annotations__.keys() == {*CONTENT_FIELDS, "all_day"}  # derived from the dates
    for name in CONTENT_FIELDS:
        sides = getattr(one, name), getattr(other, name)
        assert found.pop(name, None) == (sides if sides[0] != sides[1] else None)
    assert not found


def test_a_diff_names_its_sides_and_is_empty_between_a_version_and_itself() -> None:
    one, other = event(version=1), event(version=2)
    assert (diff_document(one, other)["from"], diff_document(one, other)["to"]) == (one.history_id, other.history_id)
    assert diff_document(one, one) == {
        "from": one.history_id,
        "to": one.history_id,
        "type": "create",
        "reason": None,
        "changes": [],
        "patch": [],
    }


def test_a_diff_tells_how_its_later_side_came_about_and_why() -> None:
    one = event(version=1)
    other = replace(one, stamp=replace(one.stamp, type="delete", reason="called off"))
    there, back = diff_document(one, other), diff_document(other, one)
    assert (there["type"], there["reason"]) == ("delete", "called off")
    assert there["changes"] == [{"field": "deleted", "old": False, "new": True}]
    assert (back["type"], back["reason"]) == ("create", None)
    assert back["changes"] == [{"field": "deleted", "old": True, "new": False}]
    assert there["patch"] == back["patch"] == []


lined = st.text(alphabet="ab\n\r\x0b\x0c\x1c\x85\u2028\u2029", max_size=12)


@given(lined, lined)
def test_a_line_diff_is_one_that_other_programs_can_apply(before: str, after: str) -> None:
    found = changes(
        with_content(Content(title="", start=START, end=END, description=before), 1),
        with_content(Content(title="", start=START, end=END, description=after), 2),
    )
    if before == after:
        assert found == []
    elif "\n" not in before + after:
        assert "unified_diff" not in found[0]
    else:
        assert applied(before, found[0]["unified_diff"]) == after


def applied(text: str, diff: str) -> str:
    """What a unified diff makes of `text`, in which it has to find every line that it names."""
    names, *lines = diff.split("\n@@ ")
    assert names.startswith("--- ")
    rest, made = text, ""
    for hunk in lines:
        _, _, body = hunk.partition(" @@\n")
        for line in re.findall(r"[-+ ][^\n]*\n(?:\\ No newline at end of file\n)?", body):
            sign, said = line[0], line[1:]
            ended, _, marked = said.partition("\\ No newline")
            piece = ended.removesuffix("\n") if marked else ended
            if sign in "- ":
                if sign == " ":
                    made += rest[: rest.index(piece)]
                rest = rest[rest.index(piece) + len(piece) :]
            if sign in "+ ":
                made += piece
    return made + rest


def test_a_changed_line_end_shows() -> None:
    def diff(before: str, after: str) -> str:
        sides = [with_content(Content(title="", start=START, end=END, description=each), 1) for each in (before, after)]
        (change,) = changes(*sides)
        return str(change["unified_diff"]).partition(" @@\n")[2]

    assert diff("one\r\ntwo\n", "one\ntwo\n") == "-one\r\n+one\n two\n"
    assert diff("one\ntwo\n", "one\ntwo") == " one\n-two\n+two\n\\ No newline at end of file\n"
    assert diff("a\x0bb\u2028c\n", "a\x0bb\u2028d\n") == "-a\x0bb\u2028c\n+a\x0bb\u2028d\n"


def test_an_event_is_answered_with_these_fields() -> None:
    made = event(version=3)
    expected: dict[str, Any] = {
        "id": made.id,
        "all_day": False,
        "title": "Review",
        "description": "",
        "location": "",
        "start": START,
        "end": END,
        "time_zone": "UTC",
        "time_zone_given": None,
        "start_local": None,
        "start_date": None,
        "end_date": None,
        "transparency": "opaque",
        "calendars": [],
        "recurrence": None,
        "series_id": None,
        "recurrence_id": None,
        "original_start": None,
        "changed_fields": None,
        "cancelled": None,
        "split_from": None,
        "uid": None,
        "calendar_id": OWNER,
        "created_by": OWNER,
        "version": 3,
        "history_id": made.history_id,
        "created_at": made.created_at,
        "updated_at": made.stamp.changed_at,
        "updated_by": OWNER,
    }
    assert event_document(made) == expected


def test_an_event_is_answered_with_every_field_of_its_class() -> None:
    assert event_document(event()).keys() == EventDocument.__annotations__.keys()


def test_a_version_is_listed_with_who_when_and_why() -> None:
    made = event(version=3, kind="update")
    document = version_document(made)
    assert document == {
        "history_id": made.history_id,
        "version": 3,
        "type": "update",
        "changed_at": made.stamp.changed_at,
        "changed_by": OWNER,
        "reason": None,
        "operation_id": made.stamp.operation_id,
        "on_conflict": "reject",
    }
    target = new_id()
    back = replace(made, stamp=replace(made.stamp, type="rollback", reason="by mistake", rolled_back_to=target))
    assert version_document(back) == {**document, "type": "rollback", "reason": "by mistake", "rolled_back_to": target}


def test_a_collision_tells_no_more_than_what_and_when() -> None:
    made = event()
    of_made = Collision(made.calendar_id, START, END, made.id, "Review")
    times = {"calendar_id": made.calendar_id, "start": START, "end": END}
    assert collision_document(of_made) == {"id": made.id, "title": "Review", **times}
    assert collision_document(Collision(made.calendar_id, START, END)) == {"id": None, "title": None, **times}
