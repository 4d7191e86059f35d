"""Model tables from rows written by hand, in any engine, so that areas can be asked for without files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time

import pyarrow as pa

from beachhead.customers.columns import model_columns
from beachhead.customers.ledger import ledger_sql
from beachhead.customers.rates import CURRENCY_RATES, Rates
from beachhead.customers.record import make_areas, make_known
from beachhead.engines.base import Engine
from beachhead.engines.dialect import emit
from beachhead.project.currency import rate_steps
from beachhead.project.definitions import Settings
from beachhead.project.model import TABLES, day_column

ARROW = {
    "VARCHAR": pa.string(),
    "BIGINT": pa.int64(),
    "UINTEGER": pa.int64(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us"),
}
Row = Mapping[str, object]


def make_world(
    engine: Engine,
    as_of: date,
    accounts: Sequence[int],
    rows: Mapping[str, Sequence[Row]],
    mapped: Mapping[str, Sequence[str]] | None = None,
    rates: dict[str, float] | None = None,
) -> None:
    """Load every model table (those without rows empty) and the spine, and compute all areas."""
    for table in TABLES:
        if table.name == "events":
            continue
        columns = model_columns(table, {})
        filled = [_with_days(row) for row in rows.get(table.name, ())]
        engine.load(
            table.name,
            pa.table({n: pa.array([r.get(n) for r in filled], ARROW[t]) for n, t in columns.items()}),
        )
    engine.load(
        "spine", pa.table({"account_no": pa.array(accounts, pa.int64()), "as_of": pa.array([as_of] * len(accounts))})
    )
    settings = Settings(name="made", rates=rates or {})
    engine.load(CURRENCY_RATES, Rates(settings.currency, rate_steps(settings.rates)).table())
    ledger = ledger_sql(settings, rows.keys())
    for name, sql in ledger.steps.items():
        engine.execute(f"CREATE TEMP TABLE {name} AS {emit(sql, engine.dialect, ledger.parameters)}")
    make_known(engine, {}, mapped)
    make_areas(engine)


def _with_days(row: Row) -> dict[str, object]:
    """Dates where timestamps belong become midnight, with their day beside them."""
    filled: dict[str, object] = {}
    for name, value in row.items():
        if isinstance(value, date) and not isinstance(value, datetime):
            filled[name] = datetime.combine(value, time())
            filled[day_column(name)] = value
        else:
            filled[name] = value
    return filled


def area(engine: Engine, name: str) -> dict[int, dict[str, object]]:
    """One area by account number."""
    return {int(r["account_no"]): r for r in engine.query(f"SELECT * FROM area_{name}").to_pylist()}
