"""After some customers changed, evaluating them alone gives the members that evaluating everybody gives."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from coded import AS_OF, Event, activity_of, column, engine, events_of, rules_of

from beachhead.errors import DataError
from beachhead.rules import Node
from beachhead.rules.ast import Attribute
from beachhead.segments.engine import BLOCK, Engine
from beachhead.segments.incremental import write_changed
from beachhead.segments.publish import write_members
from beachhead.store.manifest import SnapshotRef
from beachhead.store.membership_file import MembershipFile
from beachhead.store.membership_writer import Base

REF = SnapshotRef(date(2026, 3, 30), 1)
TEXTS = {
    "large": "n >= 5",
    "busy": "events('export') >= 2",
    "other": "not in_segment('large') and not in_segment('busy')",
}
NUMBERS = np.array([n for n in range(1, BLOCK + 3_000) if n % 10], np.uint32)
VERSIONS = dict.fromkeys(TEXTS, "v1")


def company(changed: dict[int, int], more: list[Event], new: Sequence[int] = ()) -> Engine:
    """`n` is the number modulo 7, or what `changed` says; every hundredth customer exported once, and `more`. `new`:
    customers beyond the last of the others."""
    numbers = np.array([*NUMBERS, *new], np.uint32)
    values = [changed.get(int(n), int(n) % 7) for n in numbers]
    columns: dict[Node, object] = {Attribute("n"): column(values, numbers=numbers.tolist())}
    rules = rules_of(TEXTS, {"n": columns[Attribute("n")].type})  # type: ignore[attr-defined]
    events = events_of([(int(n), "export", AS_OF) for n in NUMBERS if n % 100 == 1], more)
    return Engine.of(rules, columns, activity_of(rules, events), numbers, AS_OF)  # type: ignore[arg-type]


def test_some_customers_alone_are_in_the_same_segments() -> None:
    whole = company({}, [])
    some = np.array([1, 5, 6, 101, BLOCK + 1, BLOCK + 2_999], np.uint32)
    alone = whole.only(some)
    for place, number in enumerate(some.tolist()):
        assert alone.segments_of(place) == whole.segments_of(number)
    assert alone.segments_of(len(some)) == []


def test_changes_of_some_customers_are_written_as_changes(tmp_path: Path) -> None:
    before = company({}, [])
    write_members(tmp_path / "1.bin", before, VERSIONS, [], None, {})
    base = Base(REF, MembershipFile(tmp_path / "1.bin"))
    now = company({7: 6, 12: 0, BLOCK + 5: 0}, [(101, "export", AS_OF), (BLOCK + 5, "export", AS_OF)] * 2)
    changed = np.array([7, 12, 101, 102, BLOCK + 5], np.uint32)
    sizes = write_changed(tmp_path / "2.bin", before, now, changed, VERSIONS, base)
    file = MembershipFile(tmp_path / "2.bin", lambda _ref: base.file)
    file.check()
    expected = {name: members.tolist() for name, members in now.members(TEXTS).items()}
    assert {name: list(file.read(name).members) for name in TEXTS} == expected
    assert sizes == {name: len(members) for name, members in expected.items()}
    assert [file.entry(name).depth for name in TEXTS] == [1, 1, 1]
    assert expected["busy"] == [101, BLOCK + 5]


def test_customers_who_are_new_come_in(tmp_path: Path) -> None:
    before = engine({"large": "n >= 5"}, n=[1, 5, 9])
    write_members(tmp_path / "1.bin", before, {"large": "v1"}, [], None, {})
    base = Base(REF, MembershipFile(tmp_path / "1.bin"))
    now = engine({"large": "n >= 5"}, n=[1, 5, 9, *[0] * 2_000, 7])
    new = np.arange(2, 2_004, dtype=np.uint32)
    assert write_changed(tmp_path / "2.bin", before, now, new, {"large": "v1"}, base) == {"large": 3}
    assert list(MembershipFile(tmp_path / "2.bin", lambda _ref: base.file).read("large").members) == [1, 2, 2_003]


def test_customers_who_are_new_come_in_beyond_the_last_block_too(tmp_path: Path) -> None:
    before = company({}, [])
    write_members(tmp_path / "1.bin", before, VERSIONS, [], None, {})
    base = Base(REF, MembershipFile(tmp_path / "1.bin"))
    new = [BLOCK + 3_000, 2 * BLOCK + 1, 3 * BLOCK + 70]
    now = company({7: 6, new[0]: 0, new[1]: 6, new[2]: 0}, [(new[2], "export", AS_OF)] * 2, new)
    changed = np.array([7, *new], np.uint32)
    sizes = write_changed(tmp_path / "2.bin", before, now, changed, VERSIONS, base)
    file = MembershipFile(tmp_path / "2.bin", lambda _ref: base.file)
    expected = {name: members.tolist() for name, members in now.members(TEXTS).items()}
    assert {name: list(file.read(name).members) for name in TEXTS} == expected
    assert sizes == {name: len(members) for name, members in expected.items()}
    assert [[name for name in TEXTS if n in expected[name]] for n in new] == [["other"], ["large"], ["busy"]]


def test_nobody_changed(tmp_path: Path) -> None:
    before = engine({"large": "n >= 5"}, n=[1, 5, 9])
    write_members(tmp_path / "1.bin", before, {"large": "v1"}, [], None, {})
    base = Base(REF, MembershipFile(tmp_path / "1.bin"))
    nobody = np.zeros(0, np.uint32)
    assert write_changed(tmp_path / "2.bin", before, before, nobody, {"large": "v1"}, base) == {"large": 2}
    assert list(MembershipFile(tmp_path / "2.bin", lambda _ref: base.file).read("large").members) == [1, 2]


def test_a_base_that_cannot_carry_the_change_is_refused(tmp_path: Path) -> None:
    before = engine({"large": "n >= 5"}, n=[1, 5, 9])
    write_members(tmp_path / "1.bin", before, {"large": "v1"}, [], None, {})
    base = Base(REF, MembershipFile(tmp_path / "1.bin"))
    other = engine({"small": "n < 5"}, n=[1, 5, 9])
    with pytest.raises(DataError, match="small"):
        write_changed(tmp_path / "2.bin", other, other, np.array([1], np.uint32), {"small": "v1"}, base)
