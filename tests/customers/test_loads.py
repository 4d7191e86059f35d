"""What a source consisted of on a day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from beachhead.customers.loads import Load, add_load, encode_loads, load_as_of, read_loads
from beachhead.errors import DataError

FIRST, SECOND = Load(date(2026, 1, 10), ("a",)), Load(date(2026, 2, 10), ("a", "b"))


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 1, 9), (FIRST, False)),
        (date(2026, 1, 10), (FIRST, True)),
        (date(2026, 2, 9), (FIRST, True)),
        (date(2026, 2, 10), (SECOND, True)),
    ],
)
def test_the_last_load_up_to_the_day_is_known(day: date, expected: tuple[Load, bool]) -> None:
    assert load_as_of([FIRST, SECOND], day) == expected


def test_unchanged_content_is_no_new_load() -> None:
    loads = add_load({}, "crm", ["a"], date(2026, 1, 10), keeps_history=True)
    assert add_load(loads, "crm", ["a"], date(2026, 3, 1), keeps_history=True) == {"crm": (FIRST,)}
    assert add_load(loads, "crm", ["a", "b"], date(2026, 2, 10), keeps_history=True) == {"crm": (FIRST, SECOND)}


def test_history_begins_with_what_there_is_when_it_is_switched_on() -> None:
    loads = add_load({}, "crm", ["a"], date(2026, 1, 10), keeps_history=False)
    loads = add_load(loads, "crm", ["b"], date(2026, 1, 20), keeps_history=False)
    now = Load(date(2026, 1, 10), ("b",))
    assert loads == {"crm": (now,)}
    assert add_load(loads, "crm", ["a", "b"], date(2026, 2, 10), keeps_history=True) == {"crm": (now, SECOND)}


def test_loads_read_back(tmp_path: Path) -> None:
    path = tmp_path / "loads.json"
    assert read_loads(path) == {}
    path.write_bytes(encode_loads({"crm": (FIRST, SECOND)}))
    assert read_loads(path) == {"crm": (FIRST, SECOND)}


def test_damaged_loads_are_told_not_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "loads.json"
    path.write_text('{"crm": [{"keys": []}]}')
    with pytest.raises(DataError) as caught:
        read_loads(path)
    assert caught.value.diagnostics[0].code == "loads-damaged"
