"""A plan says exactly who joins and who leaves, what they pay and who else asks; `apply` publishes exactly that."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from harbour import AS_OF, FILES, latest, make_harbour, members, segment, update, write

from beachhead.errors import UsageError
from beachhead.service.plan import make_plan
from beachhead.service.results import Run
from beachhead.service.segment_answers import plan_lines
from beachhead.service.segment_plan import SegmentChange, SegmentPlan, Side, plan_segments, publish_segments
from beachhead.service.verifying import verify
from beachhead.store.layout import Layout
from beachhead.store.lock import writer_lock
from beachhead.store.snapshots import SnapshotStore

RULES = {
    "large": "mrr_cents >= 15000",
    "top": "in_segment('large') and country = 'DE'",
    "not_large": "not in_segment('large')",
    "exported": "events('export', last => '30 days') > 0",
    "partners": "in_list('partners')",
    "came": "entered('exported', last => '30 days')",
}
BEFORE = {"large": "12", "top": "12", "not_large": "3456", "exported": "14", "partners": "34", "came": ""}
FAMILY = {"segments/by.yml": segment("mrr_cents > 0", "for_each: country\n")}
OF_FAMILY = {"by/DE": "12", "by/ES": "", "by/FR": "4"}
SEGMENTATION = {"segmentation.yml": "groups: [{segment: large}, {segment: exported}]\n"}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("published")
    make_harbour(root, RULES, FAMILY | SEGMENTATION)
    update(root, date(2026, 3, 30))
    update(root)
    assert members(latest(root)) == BEFORE | OF_FAMILY
    return root


@pytest.fixture
def root(published: Path, copied: Callable[[Path], Path]) -> Path:
    return copied(published)


def planned(root: Path) -> SegmentPlan:
    return plan_segments(latest(root), make_plan(root))


def applied(root: Path) -> dict[str, str]:
    publish_segments(latest(root), make_plan(root))
    return members(latest(root))


def ids(side: Side) -> str:
    return "".join(sorted(n.account_id for n in side.notable))


def told(changes: tuple[SegmentChange, ...]) -> dict[str, tuple[object, ...]]:
    return {c.name: (c.kind, c.before, c.after, ids(c.joined), ids(c.left), c.used_by) for c in changes}


def everything(root: Path) -> dict[str, str]:
    """All files of the project but those that are only kept to be faster, by what they hold."""
    files = [p for p in root.rglob("*") if p.is_file() and "codes" not in p.parts and p.name != "lock"]
    return {str(p.relative_to(root)): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(files)}


def test_without_a_change_there_is_none(root: Path) -> None:
    found = planned(root)
    assert (found.changes, found.unchanged, found.needs_update) == ((), 9, False)
    assert [d for d in found.diagnostics if d.severity != "info"] == []
    assert next(iter(plan_lines(found, latest(root)))) == "no segment changes"
    assert applied(root) == BEFORE | OF_FAMILY


def test_a_changed_rule_with_all_that_follows(root: Path) -> None:
    write(root, {"segments/large.yml": segment("mrr_cents between 10000 and 20000")})
    found = planned(root)
    assert told(found.changes) == {
        "large": ("changed", 2, 2, "6", "1", ("not_large", "top", "segmentation.yml")),
        "top": ("follows", 2, 1, "", "1", ()),
        "not_large": ("follows", 4, 4, "1", "6", ()),
    }
    large = found.changes[0]
    assert (large.joined.money_cents, large.left.money_cents, found.measure) == (12_000, 30_000, "mrr_cents")
    assert [(n.account_id, n.name) for n in large.joined.notable] == [("6", "Ferry")]
    assert found.unchanged == 6
    assert applied(root) == BEFORE | OF_FAMILY | {"large": "26", "top": "2", "not_large": "1345"}


def test_a_plan_changes_nothing(root: Path) -> None:
    write(root, {"segments/large.yml": segment("mrr_cents > 0"), "segments/new.yml": segment("desks > 5")})
    before = everything(root)
    planned(root)
    assert everything(root) == before
    assert members(latest(root)) == BEFORE | OF_FAMILY


def test_new_removed_and_renamed_segments(root: Path) -> None:
    for name in ("came", "exported"):
        (root / f"segments/{name}.yml").unlink()
    write(root, {"segmentation.yml": "groups: [{segment: large}]\n"})
    write(root, {
        "segments/young.yml": segment("signed_up_on >= 3 months ago"),
        "segments/active.yml": segment(RULES["exported"], "previously: exported\n"),
    })  # fmt: skip
    found = planned(root)
    assert told(found.changes) == {
        "active": ("changed", 2, 2, "", "", ()),
        "came": ("removed", 0, None, "", "", ()),
        "young": ("new", None, 2, "45", "", ()),
    }
    young = next(c for c in found.changes if c.name == "young")
    assert (young.joined.money_cents, [n.name for n in young.joined.notable]) == (8_000, ["Dock", "Eagle"])
    after = BEFORE | OF_FAMILY | {"young": "45", "active": "14"}
    assert applied(root) == {name: m for name, m in after.items() if name not in ("came", "exported")}


def test_a_family_that_changes(root: Path) -> None:
    write(root, {"segments/by.yml": segment("mrr_cents > 20000", "for_each: country\n")})
    found = planned(root)
    assert told(found.changes) == {
        "by/DE": ("changed", 2, 1, "", "2", ()),
        "by/ES": ("changed", 0, 0, "", "", ()),
        "by/FR": ("changed", 1, 0, "", "4", ()),
    }
    assert applied(root) == BEFORE | {"by/DE": "1", "by/ES": "", "by/FR": ""}
    (root / "segments/by.yml").unlink()
    assert {c.name: c.kind for c in planned(root).changes} == dict.fromkeys(OF_FAMILY, "removed")
    assert applied(root) == BEFORE


def test_whom_a_file_names_by_hand(root: Path) -> None:
    write(root, {"segments/large.yml": segment(RULES["large"], "include: ['5']\nexclude: ['1']\n")})
    assert told(planned(root).changes) == {
        "large": ("changed", 2, 2, "5", "1", ("not_large", "top", "segmentation.yml")),
        "top": ("follows", 2, 1, "", "1", ()),
        "not_large": ("follows", 4, 4, "1", "5", ()),
    }
    assert applied(root)["large"] == "25"


def test_a_list_that_changed(root: Path) -> None:
    write(root, {"lists/partners.csv": "4\n6\n", "segments/rich.yml": segment("in_segment('partners') and desks > 5")})
    found = planned(root)
    assert told(found.changes) == {
        "partners": ("follows", 2, 2, "6", "3", ("rich",)),
        "rich": ("new", None, 1, "4", "", ()),
    }
    assert applied(root) == BEFORE | OF_FAMILY | {"partners": "46", "rich": "4"}
    assert planned(root).changes == ()


def test_what_fails_is_told_and_stays_as_it_is(root: Path) -> None:
    write(root, {"segments/large.yml": segment("mrr_cents >= ")})
    (root / "lists/partners.csv").write_bytes(b"\xff\xfe")
    found = planned(root)
    assert found.changes == ()
    assert {d.code for d in found.diagnostics if d.is_error} == {
        "incomplete-rule", "needs-broken-segment", "unreadable-list"
    }  # fmt: skip
    assert applied(root) == BEFORE | OF_FAMILY
    about = {s.name: s.stale for s in latest(root).about.segments}
    assert {name for name, stale in about.items() if stale} == {"large", "top", "not_large", "partners"}
    write(root, {"segments/large.yml": segment(RULES["large"]), "lists/partners.csv": FILES["lists/partners.csv"]})
    assert {c.name: (c.kind, c.joined.count, c.left.count) for c in planned(root).changes} == dict.fromkeys(
        ("large", "top", "not_large", "partners"), ("restored", 0, 0)
    )
    assert applied(root) == BEFORE | OF_FAMILY
    assert not any(s.stale for s in latest(root).about.segments)


def test_a_family_that_fails_is_not_removed(root: Path) -> None:
    write(root, {"segments/by.yml": segment("mrr_cents > ", "for_each: country\n")})
    assert planned(root).changes == ()
    assert applied(root) == BEFORE | OF_FAMILY


def test_another_definition_needs_an_update(root: Path) -> None:
    write(root, {"attributes/own.yml": "per_desk: {expression: mrr_cents / desks}\n"})
    assert planned(root).needs_update
    with pytest.raises(UsageError, match="computed again"):
        publish_segments(latest(root), make_plan(root))
    update(root)
    assert not planned(root).needs_update


def test_an_attribute_that_became_another_type_is_told_in_words(root: Path) -> None:
    write(root, {"attributes/own.yml": "per_desk: {expression: mrr_cents / desks}\n"})
    write(root, {"segments/dear.yml": segment("per_desk > 1000")})
    update(root)
    write(root, {"attributes/own.yml": "per_desk: {expression: case when desks > 5 then 'many' end}\n"})
    write(root, {"segments/dear.yml": segment("per_desk = 'many'")})
    found = planned(root)
    assert found.needs_update
    assert [d.code for d in found.diagnostics if d.is_error] == ["other-type"]
    update(root)
    assert members(latest(root))["dear"] == "24"


def test_what_is_published_is_whole_and_the_next_revision(root: Path) -> None:
    before = latest(root)
    write(root, {"segments/large.yml": segment("mrr_cents > 0")})
    ref = publish_segments(before, make_plan(root))
    store = SnapshotStore(Layout(root))
    assert (ref.as_of, ref.revision, store.current()) == (AS_OF, 2, ref)
    store.verify(ref)
    after = latest(root)
    assert after.accounts.arrow().equals(before.accounts.arrow())
    assert after.about.model_copy(update={"segments": (), "diagnostics": ()}) == before.about.model_copy(
        update={"segments": (), "diagnostics": ()}
    )
    assert verify(after, make_plan(root)).is_sound
    about = after.segments
    assert (about["large"].about.joined, about["exported"].about.joined, about["exported"].about.left) == (None, 0, 0)
    assert members(before) == BEFORE | OF_FAMILY


def test_rules_of_an_earlier_day_are_published_without_becoming_the_current_ones(root: Path) -> None:
    store = SnapshotStore(Layout(root))
    earlier = next(r for r in store.list() if r.as_of == date(2026, 3, 30))
    write(root, {"segments/large.yml": segment("mrr_cents > 0")})
    ref = publish_segments(Run(store.open(earlier)), make_plan(root))
    assert (ref.as_of, ref.revision) == (date(2026, 3, 30), 2)
    assert latest(root).as_of == AS_OF
    assert members(Run(store.open(ref)))["large"] == "1246"


def test_apply_waits_for_an_update_that_is_going_on(root: Path) -> None:
    write(root, {"segments/large.yml": segment("mrr_cents > 0")})
    with writer_lock(Layout(root), "update", 1.0, lambda _: None):
        done = threading.Event()

        def apply() -> None:
            publish_segments(latest(root), make_plan(root))
            done.set()

        thread = threading.Thread(target=apply)
        thread.start()
        assert not done.wait(0.3)
    assert done.wait(20)
    thread.join()
    assert members(latest(root))["large"] == "1246"
