"""Differences of versions of series: each patch turns the one document into the other, and each change is named."""

import json
from dataclasses import replace
from typing import Any, Final

import jsonpatch
from hypothesis import given
from hypothesis import strategies as st

from shared.http.change_documents import changes, diff_document, preview_document
from shared.http.documents import event_document
from shared.scheduling.events import Event
from shared.scheduling.instants import Instant
from shared.scheduling.previews import Preview
from shared.scheduling.recurrences import Override, Recurrence
from tests.harness.samples import END, START, event

IDS: Final = [f"202703{day:02d}T090000" for day in range(1, 8)]
FIELDS: Final = {
    "title": ["One", "Two"],
    "description": ["a", "a\nb"],
    "start": ["2027-03-02T11:00:00Z"],
    "end": ["2027-03-02T12:00:00Z", "2027-03-02T13:00:00Z"],
}

overrides = st.fixed_dictionaries({}, optional={name: st.sampled_from(each) for name, each in FIELDS.items()}).filter(
    bool
)
ids_ = st.lists(st.sampled_from(IDS), unique=True).map(tuple)
recurrences = st.none() | st.builds(
    lambda rule, dates, excluded, changed: Recurrence(
        rule, dates, excluded, tuple(Override(each, tuple(sorted(changed[each].items()))) for each in sorted(changed))
    ),
    st.sampled_from(["FREQ=DAILY", "FREQ=DAILY;COUNT=3", "FREQ=WEEKLY;UNTIL=20270401T000000Z"]),
    ids_,
    ids_,
    st.dictionaries(st.sampled_from(IDS), overrides, max_size=3),
)


def version(recurrence: Recurrence | None, title: str = "Review", checked_until: str | None = None) -> Event:
    made = event(START, END, title=title, event_id="01998f00-0000-7000-8000-00000000000e")
    content = replace(made.content, recurrence=recurrence)
    return replace(made, content=content, checked_until=None if checked_until is None else Instant(checked_until))


versions = st.builds(
    version, recurrences, st.sampled_from(["Review", "Retro"]), st.sampled_from([None, "2032-03-01T09:00:00Z"])
)


def applied(document: Any, changed: list[Any]) -> dict[str, Any]:
    """What the recurrence of a document is with these changes, without what follows from it."""
    recurrence = {"rule": None, "dates": [], "excluded": [], **(document["recurrence"] or {})}
    found: dict[str, Any] = {**recurrence, "changed": json.loads(json.dumps(recurrence.get("changed", {})))}
    for change in changed:
        names = change["field"].split(".")[1:]
        if names == ["rule"]:
            found["rule"] = change["new"]
        elif len(names) == 1:
            kept = [each for each in found[names[0]] if each not in change["removed"]]
            assert {*kept, *change["added"]} == {*(change["new"] or [])}
            found[names[0]] = change["new"] or []
        else:
            own = found["changed"].setdefault(names[1], {})
            assert own.get(names[2]) == change["old"]
            own[names[2]] = change["new"]
            found["changed"][names[1]] = {name: value for name, value in own.items() if value is not None}
    found["changed"] = {each: own for each, own in found["changed"].items() if own}
    return {name: found[name] for name in ("rule", "dates", "excluded", "changed")}


@given(versions, versions)
def test_a_patch_turns_one_version_into_the_other_and_the_changes_are_all(old: Event, new: Event) -> None:
    diff = diff_document(old, new)
    before, after = (json.loads(json.dumps(event_document(each))) for each in (old, new))
    assert jsonpatch.apply_patch(before, diff["patch"]) == after
    within = [each for each in diff["changes"] if each["field"].startswith("recurrence.")]
    assert bool(within) == (old.content.recurrence != new.content.recurrence)
    assert applied(before, within) == applied(after, [])
    assert {each["field"] for each in diff["changes"]} - {each["field"] for each in within} <= {"title"}


def test_what_differs_is_named_and_patched_where_it_is() -> None:
    one = Recurrence("FREQ=DAILY", excluded=tuple(IDS[:3]), changed=(Override(IDS[3], (("title", "One"),)),))
    other = Recurrence("FREQ=DAILY", excluded=(IDS[0], IDS[2], IDS[4]), changed=())
    old, new = version(one), version(other)
    assert changes(old, new) == [
        {
            "field": "recurrence.excluded",
            "old": IDS[:3],
            "new": [IDS[0], IDS[2], IDS[4]],
            "added": [IDS[4]],
            "removed": [IDS[1]],
        },
        {"field": f"recurrence.changed.{IDS[3]}.title", "old": "One", "new": None},
    ]
    paths = [(each["op"], each["path"]) for each in diff_document(old, new)["patch"] if "recurrence" in each["path"]]
    assert paths == [
        ("remove", "/recurrence/excluded/1"),
        ("add", "/recurrence/excluded/2"),
        ("remove", f"/recurrence/changed/{IDS[3]}"),
    ]


def test_a_series_to_be_created_or_ended_is_told_by_its_parts() -> None:
    recurring = version(Recurrence("FREQ=DAILY", excluded=(IDS[1],)))
    new: Any = preview_document(Preview(None, recurring))["changes"]
    assert [(each["field"], each["old"]) for each in new][-2:] == [
        ("recurrence.rule", None), ("recurrence.excluded", None),
    ]  # fmt: skip
    ended = changes(recurring, version(None))
    assert [(each["field"], each["new"]) for each in ended] == [
        ("recurrence.rule", None), ("recurrence.excluded", None),
    ]  # fmt: skip


@given(versions, versions)
def test_a_preview_patches_how_far_the_series_was_checked(stored: Event, planned: Event) -> None:
    patch = preview_document(Preview(stored, planned))["patch"]
    before, after = (json.loads(json.dumps(event_document(each))) for each in (stored, planned))
    assert jsonpatch.apply_patch(before, patch)["recurrence"] == after["recurrence"]
