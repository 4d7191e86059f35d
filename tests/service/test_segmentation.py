"""Everyone is in exactly one group: that of the first segment which has them, or the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from harbour import latest, make_harbour, segment, update, write

from beachhead.errors import DataError, DefinitionError, UsageError
from beachhead.project import load
from beachhead.service.plan import make_plan
from beachhead.service.segment_answers import groups_json, groups_table
from beachhead.service.segmentation import REST, Group, segmentation

RULES = {
    "exported": "events('export', last => '30 days') > 0",
    "german": "country = 'DE'",
    "large": "mrr_cents > 10000",
    "broken": "in_list('partners')",
}
GROUPS = """
groups:
  - {segment: german, status: target}
  - {segment: exported, status: next}
  - {segment: large, status: not_now, trigger: they speak English, review: 2026-09-01}
rest: {title: All others, status: never}
"""


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("published")
    make_harbour(root, RULES, {"segmentation.yml": GROUPS})
    (root / "lists/partners.csv").write_bytes(b"\xff\xfe")
    update(root)
    return root


def groups(root: Path) -> tuple[Group, ...]:
    return segmentation(latest(root), load(root))


def test_the_first_segment_that_fits_counts(published: Path) -> None:
    found = groups(published)
    assert [(g.name, g.members.tolist(), g.in_segment) for g in found] == [
        ("german", [1, 2], 2), ("exported", [4], 2), ("large", [6], 3), (REST, [3, 5], None)
    ]  # fmt: skip
    assert [(g.title, g.status, g.trigger, g.review) for g in found[2:]] == [
        ("Something", "not_now", "they speak English", date(2026, 9, 1)), ("All others", "never", None, None)
    ]  # fmt: skip


def test_everyone_is_in_exactly_one_group(published: Path) -> None:
    together = sorted(n for g in groups(published) for n in g.members.tolist())
    assert together == latest(published).columns("account_no")["account_no"].to_pylist()


def test_with_share_and_money(published: Path) -> None:
    table = groups_table(groups(published), latest(published))
    assert table.select(["group", "status", "customers", "money", "review"]).to_pylist() == [
        {"group": "german", "status": "target", "customers": 2, "money": "€500", "review": None},
        {"group": "exported", "status": "next", "customers": 1, "money": "€80", "review": None},
        {"group": "large", "status": "not_now", "customers": 1, "money": "€120", "review": "2026-09-01"},
        {"group": REST, "status": "never", "customers": 2, "money": "€0", "review": None},
    ]
    assert [g["share"] for g in groups_json(groups(published), latest(published))] == [2 / 6, 1 / 6, 1 / 6, 2 / 6]


def test_without_a_file_it_says_what_to_write(published: Path) -> None:
    with pytest.raises(UsageError, match=r"no segmentation\.yml") as caught:
        segmentation(latest(published), replace(load(published), segmentation=None))
    assert "segmentation.yml" in (caught.value.diagnostics[0].remedy or "")


def test_a_group_that_has_no_data_is_no_group_without_members(published: Path, tmp_path: Path) -> None:
    write(tmp_path, {"segmentation.yml": "groups: [{segment: broken}]\n"})
    project = load(published)
    assert project.segmentation is not None
    group = project.segmentation.groups[0].model_copy(update={"segment": "broken"})
    asked = project.segmentation.model_copy(update={"groups": (group,)})
    with pytest.raises(DataError, match="segment 'broken' has no data"):
        segmentation(latest(published), replace(project, segmentation=asked))


def test_a_file_with_mistakes_is_not_called_missing(published: Path, copied: Callable[[Path], Path]) -> None:
    root = copied(published)
    write(root, {"segmentation.yml": "groups: [{segment: german, status: later}]\n"})
    with pytest.raises(DefinitionError, match="later"):
        groups(root)


@pytest.mark.parametrize(
    ("text", "code", "where"),
    [
        ("groups: [{segment: germn}]\n", "unknown-segment", "segmentation.yml:1:20"),
        ("groups: [{segment: by}]\n", "family-in-segmentation", "segmentation.yml:1:20"),
        ("groups: [{segment: german}, {segment: german}]\n", None, "segmentation.yml"),
        ("groups: []\n", None, "segmentation.yml"),
        ("[german]\n", "wrong-type", "segmentation.yml:1:1"),
        ("groups: [{segment: german}]\nrest: {name: x}\n", "unknown-key", "segmentation.yml:2:8"),
        ("groups: [{segment: german}]\nrests: {}\n", "unknown-key", "segmentation.yml:2:1"),
        ("groups: [{segment: german, name: x}]\n", "unknown-key", "segmentation.yml:1:28"),
        ("groups: [{segment: german, status: later}]\n", None, "segmentation.yml:1:36"),
    ],
)
def test_mistakes_are_told_with_their_place(text: str, code: str | None, where: str, tmp_path: Path) -> None:
    files = {"segmentation.yml": text, "segments/by.yml": segment("1 = 1", "for_each: country\n")}
    make_harbour(tmp_path, RULES, files)
    plan = make_plan(tmp_path)
    (wrong,) = plan.errors
    assert code in (None, wrong.code)
    assert str(wrong.place).startswith(where)
    assert plan.blocking == ()
