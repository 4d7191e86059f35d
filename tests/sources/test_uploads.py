"""Bad uploads, as data in `uploads/`: each ends with one clear sentence, or is read; nothing is left behind."""

from __future__ import annotations

import tracemalloc
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import upload_recipes
from landing_world import World
from ruamel.yaml import YAML

from beachhead.errors import DataError, Diagnostic, Severity
from beachhead.sources.cells import safe_cell
from beachhead.sources.landing import LandedSource
from beachhead.sources.upload import Limits, inspect_upload, proper_name, safe_name, unpack_upload

HERE = Path(__file__).parent / "uploads"


@cache
def cases(file: str) -> tuple[Mapping[str, Any], ...]:
    return tuple(YAML(typ="safe", pure=True).load((HERE / file).read_text(encoding="utf-8")))


def take(world: World, case: Mapping[str, Any]) -> tuple[tuple[Diagnostic, ...], list[Path], LandedSource]:
    """What a program does with an upload: look, unpack, give a name, land."""
    raw = world.root / "inbox" / "raw"
    raw.parent.mkdir()
    upload_recipes.write(case["content"], raw)
    notes = inspect_upload(raw, case["upload"])
    name = proper_name(raw, case["upload"])
    data = world.root / "data"
    data.mkdir()
    files = list(unpack_upload(raw, name, data)) if name.endswith(".zip") else [raw.rename(data / name)]
    return notes, files, world.land(*files, table="accounts", columns={"account_id": "id"})


@pytest.mark.parametrize("case", cases("refused.yml"), ids=lambda c: c["name"])
def test_what_cannot_come_in_is_refused_in_one_clear_sentence(world: World, case: Mapping[str, Any]) -> None:
    with pytest.raises(DataError) as refused:
        take(world, case)
    (said,) = refused.value.diagnostics
    assert said.code == case["code"]
    assert case["says"] in said.message
    assert said.remedy
    assert case.get("remedy", "") in said.remedy
    assert said.place
    assert said.place.line == case.get("line", said.place.line)
    assert "Traceback" not in str(refused.value)
    assert left_behind(world) == []


@pytest.mark.parametrize("case", cases("taken.yml"), ids=lambda c: c["name"])
def test_what_is_odd_is_read_and_what_was_odd_is_said(world: World, case: Mapping[str, Any]) -> None:
    notes, files, landed = take(world, case)
    assert [n.code for n in notes] == case.get("notes", [])
    assert all(n.severity is Severity.INFO and n.remedy for n in notes)
    assert [f.name for f in files] == case.get("members", [case.get("becomes", case["upload"])])
    ids = [i for f in landed.files for i in pq.read_table(f.parquet, columns=["account_id"])["account_id"].to_pylist()]
    assert ids == case["ids"]
    assert [p.code for p in landed.all_problems] == case.get("problems", [])
    assert left_behind(world) == []


def left_behind(world: World) -> list[str]:
    """Unfinished files, files outside the folders of a project, and what landed of a file that was refused."""
    files = [p for p in world.root.rglob("*") if p.is_file()]
    unfinished = [p for p in files if p.suffix == ".tmp" or "reading-" in p.name]
    outside = [p for p in files if p.relative_to(world.root).parts[0] not in ("inbox", "data", "landing", "tmp")]
    reports = {p.stem for p in files if p.suffix == ".json"}
    landed = [p for p in files if p.name.endswith(".parquet") and "landing" in p.parts]
    half = [p for p in landed if p.name.split(".")[0] not in reports]
    return [str(p) for p in unfinished + outside + half]


def test_there_are_more_than_thirty_bad_uploads() -> None:
    assert len(cases("refused.yml")) >= 50
    assert len(cases("taken.yml")) >= 30


def test_a_refused_archive_leaves_none_of_its_files(tmp_path: Path) -> None:
    raw, folder = tmp_path / "raw", tmp_path / "unpacked"
    folder.mkdir()
    upload_recipes.write({"zip": {"a.csv": "id\n1\n", "b.pdf": "%PDF-1.7\n"}}, raw)
    with pytest.raises(DataError, match="a PDF document"):
        unpack_upload(raw, "a.zip", folder)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("limits", "code"), [(Limits(), "file-too-large"), (Limits(file=5_000_000_000), None)], ids=["usual", "raised"]
)
def test_two_gigabytes_are_never_in_memory(tmp_path: Path, limits: Limits, code: str | None) -> None:
    raw = tmp_path / "big.csv"
    upload_recipes.write({"sparse": 2_100_000_000, "begin": "id,x\n" + "1,2\n" * 5000}, raw)
    tracemalloc.start()
    try:
        if code:
            with pytest.raises(DataError) as refused:
                inspect_upload(raw, "big.csv", limits)
            assert refused.value.diagnostics[0].code == code
        else:
            assert inspect_upload(raw, "big.csv", limits) == ()
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("orders.csv", "orders.csv"),
        ("Kündigungen März.xlsx", "Kündigungen März.xlsx"),
        ("..\\..\\a.csv", "a.csv"),
        ("", "upload"),
        ("a" * 300 + ".csv", "a" * 116 + ".csv"),
        ("ü" * 300 + ".csv", "ü" * 58 + ".csv"),
        ("lpt1", "_lpt1"),
        (".hidden.csv", "hidden.csv"),
    ],
)
def test_a_name_is_safe_on_every_system(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_a_safe_name_stays_as_it_is() -> None:
    for case in cases("taken.yml"):
        assert safe_name(safe_name(case["upload"])) == safe_name(case["upload"])


@pytest.mark.parametrize("text", ["=1+1", "+49 30", "-2+3", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_executed(text: str) -> None:
    assert safe_cell(text) == "'" + text


@pytest.mark.parametrize("text", ["", "Ada", "a=b", "1+1"])
def test_other_cells_stay(text: str) -> None:
    assert safe_cell(text) == text
