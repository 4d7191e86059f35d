"""What earlier updates say of definitions: segments that are empty for long, lists and attributes that nothing uses."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

import beachhead
from beachhead.errors import Diagnostic
from beachhead.service.memory_lint import memory_lint
from beachhead.service.plan import make_plan
from beachhead.service.run import RunOptions, run
from paying_company import AS_OF, make_paying_company

FILES = {
    "segments/nobody.yml": "title: Nobody\nwhere: mrr_cents > 900000\n",
    "segments/top.yml": "title: Top\nwhere: mrr_cents > 900000 or in_list('partners')\n",
    "segments/by_sector.yml": "title: By sector\nwhere: mrr_cents > 900000\nfor_each: sector\n",
    "segments/waits.yml": "title: Waits\nwhere: events('a') > 0\n",
    "segments/rich.yml": "title: Rich\nwhere: is_rich is false\n",
    "lists/partners.csv": "account_id\n",
    "lists/forgotten.csv": "account_id\n3\n",
    "attributes/own.yml": (
        "is_rich: {expression: yearly > 900000}\nyearly: {expression: mrr_cents * 12}\n"
        "looked_at: {expression: mrr_cents / 100}\nscored: {expression: mrr_cents}\n"
    ),
    "value.yml": "inputs: [{attribute: scored, theme: revenue}]\n",
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Updates of 100, 91, 30 and 0 days ago."""
    folder = tmp_path_factory.mktemp("memory")
    make_paying_company(folder)
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for days in (100, 91, 30, 0):
        run(folder, RunOptions(as_of=AS_OF - timedelta(days=days), allow_loss=True, looks_back=days > 0))
    return folder


@pytest.fixture
def copied(root: Path, tmp_path: Path) -> Path:
    return shutil.copytree(root, tmp_path / "copy")


def found(folder: Path, code: str) -> list[Diagnostic]:
    return [d for d in memory_lint(make_plan(folder)) if d.code == code]


def empty(folder: Path) -> list[str]:
    return [d.message.split("'")[1] for d in found(folder, "segment-empty")]


def test_a_segment_that_was_empty_on_all_days_of_90_is_told_with_the_day(root: Path) -> None:
    nobody, top = found(root, "segment-empty")
    assert (nobody.severity.value, str(nobody.place)) == ("warning", "segments/nobody.yml:1:1")
    assert nobody.message == "nobody was in segment 'nobody' on any published day since 2025-12-30"
    assert "'top'" in top.message
    assert date(2025, 12, 30) == AS_OF - timedelta(days=91)


def test_a_day_with_a_member_or_with_another_rule_ends_the_silence(copied: Path) -> None:
    (copied / "segments/nobody.yml").write_text("title: Nobody\nwhere: mrr_cents > 800000\n", encoding="utf-8")
    assert empty(copied) == ["top"]
    (copied / "lists/partners.csv").write_text("account_id\n5\n", encoding="utf-8")
    run(copied, RunOptions(as_of=AS_OF - timedelta(days=30), allow_loss=True, looks_back=True))
    assert empty(copied) == []


def test_fewer_than_90_days_say_nothing(copied: Path) -> None:
    for folder in (copied / ".beachhead/snapshots").glob("*"):
        if folder.name < str(AS_OF - timedelta(days=89)):
            shutil.rmtree(folder)
    assert empty(copied) == []


def test_a_day_that_cannot_be_read_says_nothing(copied: Path) -> None:
    for path in copied.glob(f".beachhead/snapshots/{AS_OF - timedelta(days=30)}*/memberships.bin"):
        path.write_bytes(b"damaged")
    assert empty(copied) == ["nobody", "top"]


def test_lists_and_attributes_that_nothing_uses_are_noted(root: Path) -> None:
    told = [(d.message, d.severity.value, str(d.place)) for d in found(root, "unused")]
    assert told == [
        ("no segment uses the list 'forgotten'", "info", "lists/forgotten.csv"),
        ("no segment, formula or score uses the attribute 'looked_at'", "info", "attributes/own.yml:3:1"),
    ]


def test_what_a_rule_with_a_mistake_names_is_used(copied: Path) -> None:
    (copied / "segments/broken.yml").write_text(
        "title: B\nwhere: looked_at > and in_list('forgotten')\n", encoding="utf-8"
    )
    assert found(copied, "unused") == []
    (copied / "segments/broken.yml").write_text("title: [\n", encoding="utf-8")
    assert found(copied, "unused") == []


def test_a_new_project_is_told_nothing(tmp_path: Path) -> None:
    make_paying_company(tmp_path)
    shutil.rmtree(tmp_path / ".beachhead")
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert list(memory_lint(make_plan(tmp_path))) == []


def test_check_shows_it(root: Path) -> None:
    codes = {d.code for d in beachhead.open(root).check().diagnostics}
    assert {"segment-empty", "unused"} <= codes
