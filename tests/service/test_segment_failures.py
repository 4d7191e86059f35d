"""A segment that fails, fails alone: it and what names it keep their last members and say why; all others go on."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from harbour import AS_OF, FILES, latest, make_harbour, members, segment, update, write

from beachhead.errors import DataError
from beachhead.service.about import AboutSegment
from beachhead.service.plan import make_plan
from beachhead.service.results import Run
from beachhead.service.segment_plan import publish_segments
from beachhead.service.verifying import verify
from beachhead.store.layout import Layout
from beachhead.store.snapshots import MEMBERSHIPS, SnapshotStore

RULES = {
    "partners": "in_list('partners')",
    "rich_partners": "in_segment('partners') and desks > 5",
    "top_partners": "in_segment('rich_partners') and mrr_cents > 0",
    "exported": "events('export', last => '30 days') > 0",
}
BEFORE = {"partners": "34", "rich_partners": "4", "top_partners": "4", "exported": "124"}
DAY_BEFORE = date(2026, 3, 15)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The update of 15 March, when all was well."""
    root = tmp_path_factory.mktemp("published")
    make_harbour(root, RULES)
    update(root, DAY_BEFORE)
    assert members(latest(root)) == BEFORE
    return root


@pytest.fixture
def root(published: Path, copied: Callable[[Path], Path]) -> Path:
    return copied(published)


def told(root: Path) -> dict[str, AboutSegment]:
    return {s.name: s for s in latest(root).about.segments}


def assert_only_partners_are_stale(root: Path, why: str) -> None:
    assert members(latest(root)) == {**BEFORE, "exported": "14"}
    about = told(root)
    assert {name: s.stale for name, s in about.items()} == {
        "partners": True, "rich_partners": True, "top_partners": True, "exported": False
    }  # fmt: skip
    assert why in (about["partners"].why or "")
    assert "'partners'" in (about["rich_partners"].why or "")
    assert "'rich_partners'" in (about["top_partners"].why or "")
    assert about["exported"].why is None
    entries = {e.segment: e for e in latest(root).memberships.entries()}
    assert {name: e.stale for name, e in entries.items()} == {name: s.stale for name, s in about.items()}


def test_a_list_that_vanished(root: Path) -> None:
    (root / "lists/partners.csv").unlink()
    outcome = update(root)
    assert_only_partners_are_stale(root, "there is no list 'partners'")
    assert [d.code for d in outcome.diagnostics if d.is_error] == [
        "unknown-list", "needs-broken-segment", "needs-broken-segment"
    ]  # fmt: skip


def test_a_list_that_cannot_be_read(root: Path) -> None:
    (root / "lists/partners.csv").write_bytes(b"\xff\xfe3\n")
    outcome = update(root)
    assert_only_partners_are_stale(root, "this list cannot be read")
    codes = [d.code for d in outcome.diagnostics if d.is_error]
    assert codes == ["unreadable-list", "needs-failed-segment", "needs-failed-segment"]


def test_a_rule_with_a_mistake(root: Path) -> None:
    write(root, {"segments/partners.yml": segment("in_list('partners') and")})
    update(root)
    assert_only_partners_are_stale(root, "the rule ends too early")


def test_a_file_that_is_no_definition(root: Path) -> None:
    write(root, {"segments/partners.yml": "title: [\n"})
    outcome = update(root)
    assert members(latest(root))["exported"] == "14"
    assert any(d.is_error and d.place and d.place.file == "segments/partners.yml" for d in outcome.diagnostics)
    assert members(latest(root)) == {**BEFORE, "exported": "14"}
    assert {name for name, s in told(root).items() if s.stale} == set(BEFORE) - {"exported"}


def test_mended_it_goes_on_and_is_compared_with_the_last_day(root: Path) -> None:
    (root / "lists/partners.csv").unlink()
    update(root, date(2026, 3, 30))
    write(root, {"lists/partners.csv": "2\n4\n"})
    outcome = update(root)
    assert not [d for d in outcome.diagnostics if d.is_error]
    assert members(latest(root)) == {"partners": "24", "rich_partners": "24", "top_partners": "24", "exported": "14"}
    about = told(root)["partners"]
    assert (about.stale, about.why, about.joined, about.left) == (False, None, 1, 1)


def test_what_failed_from_the_first_has_no_members(tmp_path: Path) -> None:
    make_harbour(tmp_path, RULES)
    (tmp_path / "lists/partners.csv").write_bytes(b"\xff\xfe")
    outcome = update(tmp_path)
    about = told(tmp_path)["partners"]
    assert (about.size, about.stale) == (None, False)
    assert "this list cannot be read" in (about.why or "")
    assert outcome.segments == 1
    with pytest.raises(DataError, match="has no data") as caught:
        latest(tmp_path).members("partners")
    assert "this list cannot be read" in str(caught.value.diagnostics[0].why)


def test_a_family_that_grew_too_large_keeps_the_segments_that_it_had(tmp_path: Path) -> None:
    files = {"segments/by.yml": segment("desks > 0", "for_each: account_name\n")}
    make_harbour(tmp_path, {"exported": RULES["exported"]}, files)
    update(tmp_path, DAY_BEFORE)
    small = members(latest(tmp_path))
    assert small == {
        "by/Anchor": "1",
        "by/Boat": "2",
        "by/Crane": "3",
        "by/Dock": "4",
        "by/Ferry": "",
        "exported": "124",
    }
    more = "".join(f"x{n},Ship {n},x{n}@x.com,2026-01-01,DE,1,,,\n" for n in range(1_998))
    write(tmp_path, {"data/crm.csv": FILES["data/crm.csv"] + more})
    outcome = update(tmp_path)
    assert [d.code for d in outcome.diagnostics if d.is_error] == ["family-too-large"]
    assert members(latest(tmp_path)) == {**small, "exported": "14"}
    about = told(tmp_path)
    assert {name for name, s in about.items() if s.stale} == {name for name in small if name != "exported"}
    assert "2,004 values" in (about["by/Anchor"].why or "")
    assert (about["by"].size, "2,004 values" in (about["by"].why or "")) == (None, True)
    write(tmp_path, {"data/crm.csv": FILES["data/crm.csv"]})
    update(tmp_path, date(2026, 4, 1), allow_loss=True)
    assert members(latest(tmp_path)) == {**small, "by/Eagle": "5", "exported": "1"}
    assert not any(s.stale for s in told(tmp_path).values())


def flip_a_byte(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def test_memberships_that_were_damaged_are_made_anew(root: Path) -> None:
    """A byte of the first segment's members is another one; the next update builds on nothing and loses nothing."""
    flip_a_byte(latest(root).snapshot.file(MEMBERSHIPS), 8)
    update(root)
    assert members(latest(root)) == {**BEFORE, "exported": "14"}
    latest(root).memberships.check()
    assert {e.depth for e in latest(root).memberships.entries()} == {0}
    about = told(root)["exported"]
    assert (about.joined, about.left) == (None, None)
    assert verify(latest(root), make_plan(root)).is_sound


def test_apply_makes_damaged_memberships_anew_though_their_rules_did_not_change(root: Path) -> None:
    for at in range(8, 40, 8):
        flip_a_byte(latest(root).snapshot.file(MEMBERSHIPS), at)
    write(root, {"segments/rich_partners.yml": segment("in_segment('partners') and desks > 50")})
    publish_segments(latest(root), make_plan(root))
    assert members(latest(root)) == {**BEFORE, "rich_partners": "", "top_partners": ""}
    assert {s.stale or bool(s.why) for s in told(root).values()} == {False}
    latest(root).memberships.check()


def test_a_stale_segment_whose_members_were_damaged_has_none_and_says_why(root: Path) -> None:
    first = latest(root).memberships.segments[0]
    flip_a_byte(latest(root).snapshot.file(MEMBERSHIPS), 8)
    assert first in ("partners", "exported", "rich_partners", "top_partners")
    names = {name: segment(f"{rule} and") for name, rule in RULES.items() if name == first}
    write(root, {f"segments/{name}.yml": text for name, text in names.items()})
    outcome = update(root)
    about = told(root)[first]
    assert (about.size, about.stale) == (None, False)
    assert "the rule ends too early" in (about.why or "")
    assert any(d.is_error for d in outcome.diagnostics)
    others = [s for name, s in told(root).items() if name != first]
    assert all(s.size is not None for s in others)
    latest(root).memberships.check()


def test_without_the_snapshot_on_which_memberships_build_all_are_written_whole(root: Path) -> None:
    update(root, date(2026, 3, 30))
    store = SnapshotStore(Layout(root))
    assert max(e.depth for e in latest(root).memberships.entries()) == 1
    shutil.rmtree(Run(store.open(store.list()[0])).snapshot.directory)
    with pytest.raises(DataError, match="missing"):
        members(latest(root))
    update(root)
    assert members(latest(root)) == {**BEFORE, "exported": "14"}
    assert {e.depth for e in latest(root).memberships.entries()} == {0}
    assert verify(latest(root), make_plan(root)).is_sound


def test_a_rule_that_asks_a_damaged_past_fails_alone(root: Path) -> None:
    write(root, {"segments/came.yml": segment("entered('exported', last => '30 days')")})
    update(root, date(2026, 3, 30))
    store = SnapshotStore(Layout(root))
    for at in range(8, 40, 8):  # each segment's members of the first day
        flip_a_byte(Run(store.open(store.list()[0])).snapshot.file(MEMBERSHIPS), at)
    outcome = update(root)
    assert {d.code for d in outcome.diagnostics if d.is_error} == {"memberships-damaged"}
    assert "are damaged" in (told(root)["came"].why or "")
    assert {name: m for name, m in members(latest(root)).items() if name != "came"} == {**BEFORE, "exported": "14"}
    assert latest(root).as_of == AS_OF


def test_what_would_need_an_earlier_day_of_a_segment_that_there_was_not_fails_alone(root: Path) -> None:
    write(root, {"segments/was.yml": segment("was(in_segment('exported'), at => '2026-01-01')")})
    outcome = update(root)
    assert [d.code for d in outcome.diagnostics if d.is_error] == ["before-first-day"]
    assert members(latest(root)) == {**BEFORE, "exported": "14"}
    assert "was not published as of 2026-01-01" in (told(root)["was"].why or "")


def test_a_rule_that_names_a_family_is_refused_in_words(tmp_path: Path) -> None:
    rules = {
        "in_any": "desks > 1 and in_segment('by')",
        "came": "entered('by', last => '7 days')",
        "large": "desks > 9",
    }
    make_harbour(tmp_path, rules, {"segments/by.yml": segment("desks > 0", "for_each: country\n")})
    wrong = make_plan(tmp_path).errors
    assert [(d.code, str(d.place)) for d in wrong] == [
        ("family-not-segment", "segments/came.yml:3:3"),
        ("family-not-segment", "segments/in_any.yml:3:17"),
    ]
    update(tmp_path)
    assert members(latest(tmp_path)) == {"large": "24", "by/DE": "12", "by/ES": "5", "by/FR": "34"}


def test_who_uses_a_circle_says_so_and_is_told_of_that_circle_alone(root: Path) -> None:
    rules = {
        "a": "in_segment('b')",
        "b": "in_segment('a')",
        "c": "in_segment('d')",
        "d": "in_segment('c')",
        "uses": "in_segment('a')",
    }
    write(root, {f"segments/{name}.yml": segment(rule) for name, rule in rules.items()})
    plan = make_plan(root)
    assert [(d.code, str(d.place)) for d in plan.errors] == [
        ("segment-cycle", "segments/a.yml:3:3"),
        ("segment-cycle", "segments/c.yml:3:3"),
        ("needs-broken-segment", "segments/uses.yml:1:1"),
    ]
    assert {name: found[0].message for name, found in plan.broken.items()} == {
        "a": "segments refer to each other in a circle: a → b → a",
        "b": "segments refer to each other in a circle: a → b → a",
        "c": "segments refer to each other in a circle: c → d → c",
        "d": "segments refer to each other in a circle: c → d → c",
        "uses": "segment 'uses' is left out, since 'a' has errors",
    }
    assert all(len(found) == 1 for found in plan.broken.values())


def test_a_title_with_a_value_needs_a_family(root: Path) -> None:
    titled = {"segments/titled.yml": "title: In {value}\nwhere: desks > 0\n"}
    write(root, titled | {"segments/by.yml": "title: In {value}\nwhere: desks > 1\nfor_each: country\n"})
    (found,) = [d for d in make_plan(root).diagnostics if d.code == "value-without-family"]
    assert (str(found.place), found.severity.value) == ("segments/titled.yml:1:8", "warning")
    assert found.message == "'{value}' in the title stands for nothing without 'for_each'"
