"""The hand-worked histories against the oracle: two ways to the same figures, neither of which is the product's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from ledger_oracle import Movement, OracleSettings, movements

from beachhead.project import yaml_positions as yaml
from beachhead.project.currency import minor_digits
from beachhead.project.model import BY_NAME

HISTORIES = Path(__file__).parent / "histories"


@dataclass(frozen=True)
class History:
    """A data test as it stands in a file."""

    name: str
    settings: Mapping[str, object]
    rows: Mapping[str, list[Mapping[str, object]]]
    expected: Mapping[str, Mapping[str, object]]
    as_of: date | None

    @property
    def until(self) -> date:
        """Its day of the data, else the last day of the last month that anything is expected of."""
        return self.as_of or _last_day(max([*self.expected.get("movements", {}), *self.expected.get("mrr", {})]))


def read_histories() -> Iterator[tuple[str, History]]:
    for path in sorted(HISTORIES.glob("*.yml")):
        document = yaml.read_yaml(path.read_text(), path.name)
        assert document.root is not None, document.diagnostics
        tests = yaml.plain(document.root)
        assert isinstance(tests, list)
        for t in tests:
            as_of = date.fromisoformat(t["as_of"]) if "as_of" in t else None
            yield path.stem, History(t["name"], t.get("settings", {}), t["rows"], t["expect"], as_of)


def _last_day(month: str) -> date:
    year, number = map(int, month.split("-"))
    return date(year + number // 12, number % 12 + 1, 1) - timedelta(days=1)


def _minor(value: object, digits: int) -> int:
    return int(Decimal(str(value)).scaleb(digits).quantize(Decimal(1), ROUND_HALF_UP))


def _typed(table: str, row: Mapping[str, object], digits: int) -> dict[str, object]:
    """A row in the form of the oracle: moments stay local time."""
    typed: dict[str, object] = {}
    for name, value in row.items():
        column = BY_NAME[table].column(name)
        assert column is not None, f"{table} has no column {name}"
        if value is None:
            typed[name] = None
        elif column.type == "timestamp":
            text = str(value)
            whole_day = len(text) == 10
            typed[name] = (
                datetime.combine(date.fromisoformat(text), time()) if whole_day else datetime.fromisoformat(text)
            )
        elif column.type == "money":
            typed[name] = _minor(value, digits)
        else:
            typed[name] = value
    return typed


def _settings(given: Mapping[str, object]) -> OracleSettings:
    rates = {
        code: {date.fromisoformat(str(d)): r for d, r in rate.items()} if isinstance(rate, dict) else rate
        for code, rate in given.get("rates", {}).items()
    }
    return OracleSettings(given.get("currency", "EUR"), rates, **given.get("mrr", {}))


def _found(history: History) -> list[Movement]:
    digits = minor_digits(str(history.settings.get("currency", "EUR")))
    rows = {table: [_typed(table, r, digits) for r in listed] for table, listed in history.rows.items()}
    return movements(rows, _settings(history.settings), history.until)


HISTORIES_READ = list(read_histories())


@pytest.mark.parametrize("history", [pytest.param(h, id=f"{file}: {h.name}") for file, h in HISTORIES_READ])
def test_oracle_agrees_with_hand_worked_histories(history: History) -> None:
    digits = minor_digits(str(history.settings.get("currency", "EUR")))
    found = _found(history)
    by_month: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for m in found:
        by_month[f"{m.day:%Y-%m}"][m.kind] += m.amount_minor
    expected = {
        month: {kind: _minor(v, digits) for kind, v in kinds.items()}
        for month, kinds in history.expected["movements"].items()
        if kinds
    }
    assert {month: dict(kinds) for month, kinds in by_month.items()} == expected
    mrr = {
        month: sum(m.amount_minor for m in found if m.day <= _last_day(month))
        for month in history.expected.get("mrr", {})
    }
    assert mrr == {month: _minor(v, digits) for month, v in history.expected.get("mrr", {}).items()}


def test_histories_have_names_of_their_own() -> None:
    names = [h.name for _, h in HISTORIES_READ]
    assert sorted(set(names)) == sorted(names)


def test_histories_are_many_and_of_every_theme() -> None:
    files = {file for file, _ in HISTORIES_READ}
    assert len(HISTORIES_READ) >= 70
    assert len(files) >= 6
