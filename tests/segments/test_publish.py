"""Members go into a file block by block: whole, as a change, or as they were; and are compared on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from coded import engine

from beachhead.errors import DataError
from beachhead.segments.engine import BLOCK, Engine
from beachhead.segments.publish import Last, Written, write_members
from beachhead.store.manifest import SnapshotRef
from beachhead.store.membership_file import MembershipFile
from beachhead.store.membership_writer import Base

TWO_BLOCKS = range(1, BLOCK + 10_000)
RULES = {"even": "n = 0", "late": "n = 1 and k = 1"}
VERSIONS = {"even": "v1", "late": "v1"}


class Files:
    """Files that build on each other, each with a reference by which it is found again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.refs: list[SnapshotRef] = []

    def path(self, ref: SnapshotRef) -> Path:
        return self._folder / f"{ref.name}.bin"

    def open(self, ref: SnapshotRef) -> MembershipFile:
        return MembershipFile(self.path(ref), self.open)

    def write(
        self,
        made: Engine,
        versions: dict[str, str] | None = None,
        kept: Mapping[str, bool] | None = None,
        compared: Sequence[str] | dict[str, str] = (),
    ) -> tuple[MembershipFile, dict[str, Written]]:
        """On top of the last file; `kept`: what that has and was not evaluated, and whether it is stale for it."""
        ref = SnapshotRef(date(2026, 1, 1) + timedelta(len(self.refs)), 1)
        last = self.open(self.refs[-1]) if self.refs else None
        base = Base(self.refs[-1], last) if last else None
        with_last = [Last(name, last, stale) for name, stale in (kept or {}).items() if last]
        pairs = dict(zip(compared, compared, strict=True)) if not isinstance(compared, dict) else compared
        against = {name: (last, there) for name, there in pairs.items() if last}
        written = write_members(self.path(ref), made, versions or VERSIONS, with_last, base, against)
        self.refs.append(ref)
        return self.open(ref), written


def company(numbers: Sequence[int] = TWO_BLOCKS, moved: int = 0) -> Engine:
    """Even numbers are in `even`; odd ones of the second block in `late`. `moved`: so many numbers more are even."""
    extra = set([n for n in numbers if n % 2][:moved])
    return engine(
        RULES, numbers, n=[0 if n % 2 == 0 or n in extra else 1 for n in numbers], k=[n // BLOCK for n in numbers]
    )


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def members(file: MembershipFile, segment: str) -> list[int]:
    file.check()
    return list(file.read(segment).members)


EVEN = [n for n in TWO_BLOCKS if n % 2 == 0]
LATE = [n for n in TWO_BLOCKS if n % 2 and n >= BLOCK]


def test_what_is_evaluated_is_what_is_read(files: Files) -> None:
    file, written = files.write(company())
    assert (members(file, "even"), members(file, "late")) == (EVEN, LATE)
    assert written == {"even": Written(len(EVEN)), "late": Written(len(LATE))}
    assert [file.entry(s).depth for s in file.segments] == [0, 0]


def test_what_changed_little_is_stored_as_what_differs_and_counted(files: Files) -> None:
    whole, _ = files.write(company())
    file, written = files.write(company(moved=3), compared=["even", "late"])
    assert members(file, "even") == sorted([*EVEN, 1, 3, 5])
    assert members(file, "late") == LATE
    assert written == {"even": Written(len(EVEN) + 3, 3, 0), "late": Written(len(LATE), 0, 0)}
    assert [file.entry(s).depth for s in file.segments] == [1, 1]
    assert file.path.stat().st_size < 1_000 < whole.path.stat().st_size
    again, written = files.write(company(), compared=["even"])
    assert (members(again, "even"), again.entry("even").depth) == (EVEN, 2)
    assert (written["even"].joined, written["even"].left) == (0, 3)
    assert written["late"] == Written(len(LATE))


def test_a_changed_rule_is_stored_whole(files: Files) -> None:
    files.write(company())
    file, _ = files.write(company(moved=3), {**VERSIONS, "even": "v2"})
    assert [(file.entry(s).version, file.entry(s).depth) for s in file.segments] == [("v2", 0), ("v1", 1)]
    assert members(file, "even") == sorted([*EVEN, 1, 3, 5])


def test_a_chain_of_changes_begins_anew_after_eight(files: Files) -> None:
    for n in range(11):
        file, _ = files.write(company(range(1, 100), moved=n))
        assert members(file, "even") == sorted({*range(2, 100, 2), *range(1, 2 * n, 2)})
        assert file.entry("even").depth == n % 9


def test_what_could_not_be_evaluated_keeps_members_and_version_and_is_stale(files: Files) -> None:
    files.write(company())
    only_late = engine({"late": RULES["late"]}, TWO_BLOCKS, n=[1] * len(TWO_BLOCKS), k=[0] * len(TWO_BLOCKS))
    file, written = files.write(only_late, {"late": "v9"}, kept={"even": True})
    assert (members(file, "even"), file.entry("even").version, file.entry("even").stale) == (EVEN, "v1", True)
    assert (members(file, "late"), file.entry("late").stale) == ([], False)
    assert written["even"] == Written(len(EVEN))
    again, _ = files.write(only_late, {"late": "v9"}, kept={"even": True})
    assert members(again, "even") == EVEN


def test_a_segment_is_compared_under_the_name_that_it_had(files: Files) -> None:
    files.write(company())
    renamed = company(moved=2)
    renamed = replace(renamed, program=replace(renamed.program, names=("straight", "late")))
    file, written = files.write(renamed, {"straight": "v1", "late": "v1"}, compared={"straight": "even"})
    assert (written["straight"].joined, written["straight"].left) == (2, 0)
    assert "even" not in file


def test_customers_of_the_last_block_who_are_gone_have_left(files: Files) -> None:
    """Whoever vanishes may take a whole block along; changes and stale members there are still told."""
    files.write(company())
    fewer = company(range(1, 100))
    file, written = files.write(fewer, compared=["even", "late"])
    assert members(file, "even") == list(range(2, 100, 2))
    assert members(file, "late") == []
    assert written["late"] == Written(0, 0, len(LATE))
    assert written["even"] == Written(49, 0, len(EVEN) - 49)


def test_stale_members_beyond_the_last_customer_stay(files: Files) -> None:
    files.write(company())
    fewer = engine({"late": RULES["late"]}, range(1, 100), n=[1] * 99, k=[0] * 99)
    file, written = files.write(fewer, {"late": "v1"}, kept={"even": True})
    assert members(file, "even") == EVEN
    assert written["even"] == Written(len(EVEN))


def test_a_damaged_base_is_said_and_nothing_is_left_behind(files: Files) -> None:
    whole, _ = files.write(company())
    content = bytearray(whole.path.read_bytes())
    content[100] ^= 1
    whole.path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        files.write(company(moved=3))
    assert caught.value.diagnostics[0].code == "memberships-damaged"
    assert [p.name for p in whole.path.parent.iterdir()] == [whole.path.name]
