"""Codes on disk can be lost at any time: what is missing or cut short is made again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from coded import AS_OF, column, kind_of

from beachhead.rules import Value, ValueType
from beachhead.segments.code_store import CodeShelf
from beachhead.segments.columns import Column
from beachhead.service.population import Customers

VALUES: list[list[Value]] = [
    [True, False, None],
    [30, None, 10, 30],
    [0.5, -0.0, None],
    [date(2026, 3, 31), None, date(1969, 12, 31)],
    [datetime(2026, 3, 31, 12, 0, 0, 1), None],
    ["b", "", None, "😀"],
    list(range(300)),
    list(range(66_000)),
    [None, None],
]


@pytest.mark.parametrize("values", VALUES, ids=lambda v: str(kind_of(v)))
def test_a_column_reads_back_equal(values: list[Value], tmp_path: Path) -> None:
    shelf, written = CodeShelf(tmp_path / "codes"), column(values)
    shelf.write("x", written)
    read = shelf.read("x")
    assert read is not None
    assert (read.type, read.codes.dtype) == (written.type, written.codes.dtype)
    assert read.codes.tolist() == written.codes.tolist()
    assert list(read.values()) == list(written.values())
    assert [read.value(n) for n in range(len(values))] == values
    assert not read.codes.flags.writeable


def test_lists_stay_lists(tmp_path: Path) -> None:
    shelf = CodeShelf(tmp_path)
    shelf.write("tags", column(["a;b", None], ValueType.LIST))
    read = shelf.read("tags")
    assert read is not None
    assert (read.type, list(read.values())) == (ValueType.LIST, ["a;b"])


class OneAttribute:
    """A world with one attribute, which counts how often it was asked for."""

    def __init__(self) -> None:
        self.asked = 0

    def columns(self, names: Collection[str], day: date) -> pa.Table:
        self.asked += 1
        return pa.table({name: pa.array(["b", None, "a"]) for name in names})


def read_plan(folder: Path, world: OneAttribute) -> Column:
    """The column as the next process gets it."""
    numbers = np.array([1, 2, 3], np.uint32)
    customers = Customers(AS_OF, "UTC", numbers, {"plan": ValueType.TEXT}, None, world, CodeShelf(folder))  # type: ignore[arg-type]
    return customers.attribute("plan")


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: whole[:-1],
        lambda whole: whole[: len(whole) // 2],
        lambda whole: whole[:30],
        lambda whole: b"",
        lambda whole: whole + b"\0",
        lambda whole: b"something else" * 100,
        lambda whole: whole.replace(b'"width": 1', b'"width": 2'),
        lambda whole: whole.replace(b'"type": "text"', b'"type": "tixt"'),
        lambda whole: whole[:-40] + bytes([whole[-40] ^ 1]) + whole[-39:],
        lambda whole: whole[:600] + b"\xff" * 64 + whole[664:] if len(whole) > 700 else whole[:200],
    ],
)
def test_what_is_not_whole_is_made_again(damage: object, tmp_path: Path) -> None:
    world = OneAttribute()
    for _ in range(2):
        assert read_plan(tmp_path, world).codes[:4].tolist() == [0, 2, 0, 1]
    assert world.asked == 1
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    file.unlink()
    file.write_bytes(damage(whole))  # type: ignore[operator]
    for _ in range(2):
        again = read_plan(tmp_path, world)
        assert [again.value(n) for n in range(4)] == [None, "b", None, "a"]
    assert world.asked == 2
    assert [p.name for p in tmp_path.iterdir()] == [file.name]
    assert file.read_bytes() == whole


def test_a_flipped_byte_anywhere_gives_no_wrong_value(tmp_path: Path) -> None:
    shelf, written = CodeShelf(tmp_path), column(["b", None, "a"])
    shelf.write("plan", written)
    file = tmp_path / "plan.codes"
    whole = file.read_bytes()
    read_anyway = []
    for at in range(len(whole)):
        file.unlink()  # a file that is mapped must not change
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        if read := shelf.read("plan"):
            assert (read.type, read.codes.tolist()) == (written.type, written.codes.tolist())
            assert list(read.values()) == ["a", "b"]
            read_anyway.append(whole[at])
    assert set(read_anyway) == {ord(" ")}  # what fills up to whole places


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    world = OneAttribute()
    for _ in range(2):
        assert read_plan(tmp_path / "file" / "codes", world).value(1) == "b"
    assert world.asked == 2
