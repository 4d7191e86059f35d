"""Members that are not what the rules give are found, with names; so is a byte that is another one."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from harbour import latest, make_harbour, segment, update, write
from pyroaring import BitMap

from beachhead.errors import DataError
from beachhead.service.plan import make_plan
from beachhead.service.segment_answers import verified_json, verified_lines
from beachhead.service.verifying import Drift, Verified, verify
from beachhead.store.layout import Layout
from beachhead.store.membership_writer import write_memberships
from beachhead.store.snapshots import MEMBERSHIPS, SnapshotStore

RULES = {
    "large": "mrr_cents >= 15000",
    "not_large": "not in_segment('large')",
    "exported": "events('export', last => '30 days') > 0",
    "grew": "mrr_cents > was(mrr_cents, at => 30 days ago)",
}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("published")
    make_harbour(root, RULES)
    update(root, date(2026, 3, 1))
    update(root)
    return root


@pytest.fixture
def root(published: Path, copied: Callable[[Path], Path]) -> Path:
    return copied(published)


def verified(root: Path) -> Verified:
    return verify(latest(root), make_plan(root))


def said(found: Verified) -> list[str]:
    return [line.replace("\xa0", " ") for line in verified_lines(found)]


def rewrite(root: Path, changes: Mapping[str, set[int]]) -> None:
    """Publish the same with other members, as somebody would who knows the format: all checksums fit."""
    now = latest(root)
    with SnapshotStore(Layout(root)).begin(now.as_of) as draft:
        for entry in now.snapshot.manifest.files:
            if entry.name != MEMBERSHIPS:
                shutil.copyfile(now.snapshot.file(entry.name), draft.directory / entry.name)
        there = now.memberships.read_all()
        members = [replace(m, members=BitMap(changes.get(m.segment, m.members))) for m in there]
        write_memberships(draft.directory / MEMBERSHIPS, members)
        draft.publish(now.snapshot.manifest.contents)


def test_what_was_published_is_what_the_rules_give(root: Path) -> None:
    found = verified(root)
    assert found == Verified(4, (), (), ())
    assert found.is_sound
    assert said(found) == ["4 segments have exactly the members that their rule gives"]


def test_members_that_were_tampered_with_are_told_by_name(root: Path) -> None:
    rewrite(root, {"large": {2, 5, 6}, "exported": {1, 4, 77}})
    found = verified(root)
    assert not found.is_sound
    assert found.equal == 2
    assert found.drifted == (Drift("exported", 0, 1, ("number 77",)), Drift("large", 1, 2, ("1", "5", "6")))
    assert "large: 1 member missing, 2 too many, such as 1, 5, 6" in said(found)
    assert verified_json(found) == {
        "equal": 2,
        "drifted": [
            {"segment": "exported", "missing": 0, "too_many": 1, "examples": ["number 77"]},
            {"segment": "large", "missing": 1, "too_many": 2, "examples": ["1", "5", "6"]},
        ],
        "other_rule": [],
        "moved_on": [],
    }


def test_a_record_that_is_another_one_is_a_drift_too(root: Path) -> None:
    """Members are computed from the published records, so that what somebody changed in these shows."""
    now = latest(root)
    with SnapshotStore(Layout(root)).begin(now.as_of) as draft:
        for entry in now.snapshot.manifest.files:
            shutil.copyfile(now.snapshot.file(entry.name), draft.directory / entry.name)
        table = pq.read_table(draft.directory / "areas.parquet")
        place = table.column_names.index("mrr_cents")
        values = table["mrr_cents"].to_pylist()
        values[1] = 100
        pq.write_table(
            table.set_column(place, table.schema.field(place), pa.chunked_array([values], pa.int64())),
            draft.directory / "areas.parquet",
        )
        draft.publish(now.snapshot.manifest.contents)
    found = verified(root)
    assert {d.segment: (d.missing, d.too_many, d.examples) for d in found.drifted} == {
        "large": (0, 1, ("2",)), "not_large": (1, 0, ("2",))
    }  # fmt: skip
    assert found.moved_on == ("grew",)
    assert not found.is_sound


def test_a_list_that_was_edited_is_no_drift(root: Path) -> None:
    write(root, {"lists/invited.csv": "account_id\n1\n2\n", "segments/invited.yml": segment("in_list('invited')")})
    write(root, {"segments/others.yml": segment("not in_segment('invited')")})
    update(root)
    assert verified(root).equal == 6
    write(root, {"lists/invited.csv": "account_id\n1\n"})
    found = verified(root)
    assert (found.equal, found.drifted, found.moved_on) == (4, (), ("invited", "others"))
    assert found.is_sound


@pytest.mark.parametrize("name", [MEMBERSHIPS, "areas.parquet", "users.parquet", "about.json"])
def test_a_byte_that_is_another_one_is_found(name: str, root: Path) -> None:
    path = latest(root).snapshot.file(name)
    content = bytearray(path.read_bytes())
    content[8 if name == MEMBERSHIPS else len(content) // 3] ^= 1
    path.write_bytes(content)
    try:
        found = verified(root)
    except DataError as e:
        assert e.diagnostics[0].code == "snapshot-damaged"
        return
    assert not found.is_sound
    codes = {d.code for d in found.damaged}
    assert codes == ({"memberships-damaged"} if name == MEMBERSHIPS else {"snapshot-damaged"})


def test_a_damaged_segment_does_not_hide_the_others(root: Path) -> None:
    path = latest(root).snapshot.file(MEMBERSHIPS)
    content = bytearray(path.read_bytes())
    content[8] ^= 1
    path.write_bytes(content)
    found = verified(root)
    assert found.equal == 3
    assert len(found.damaged) == 1
    assert f"segment '{latest(root).memberships.segments[0]}'" in found.damaged[0].message


def test_what_cannot_be_compared_is_said(root: Path) -> None:
    write(root, {"segments/large.yml": segment("mrr_cents > 0"), "segments/new.yml": segment("desks > 5")})
    write(root, {"segments/exported.yml": segment("events('export'")})
    found = verified(root)
    assert (found.equal, found.other_rule, found.drifted) == (1, ("large", "new", "not_large"), ())
    assert [d.place.file for d in found.failed if d.place] == ["segments/exported.yml"]
    assert not found.is_sound


def test_an_earlier_day_that_there_is_not_is_said(tmp_path: Path) -> None:
    make_harbour(tmp_path, RULES)
    update(tmp_path)
    found = verified(tmp_path)
    assert found.equal == 3
    assert [d.code for d in found.failed] == ["no-earlier-data"]
    assert "beachhead run --as-of 2026-03-01" in str(found.failed[0])
