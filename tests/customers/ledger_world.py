"""The product's ledger of rows in the oracle's form, and where both differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Literal

from ledger_generator import LAST_DAY, random_charges, random_history, random_settings
from ledger_oracle import Movement, OracleSettings, movements

from beachhead.engines.base import Engine
from beachhead.engines.duck import DuckEngine
from beachhead.project.definitions import Settings
from beachhead.project.model import BY_NAME
from beachhead.service.made_rows import Plain, make_rows
from beachhead.service.made_world import MadeWorld

Rows = Mapping[str, Sequence[Mapping[str, object]]]
Kind = Literal["subscriptions", "charges"]
_MAKE = {"subscriptions": random_history, "charges": random_charges}


def product_settings(settings: OracleSettings, timezone: str = "UTC") -> Settings:
    return Settings.model_validate({
        "name": "random", "currency": settings.currency, "rates": dict(settings.rates), "timezone": timezone,
        "mrr": {"churn_on": settings.churn_on, "discounts": settings.discounts},
    })  # fmt: skip


def as_written(rows: Rows) -> dict[str, list[dict[str, Plain]]]:
    """Rows of the oracle as people write them: moments as local text, money in major units."""
    return {
        table: [{n: _written(v, BY_NAME[table].column(n)) for n, v in row.items()} for row in listed]  # type: ignore[arg-type]
        for table, listed in rows.items()
    }


def _written(value: object, column: object) -> Plain:
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    if getattr(column, "type", "") == "money":
        return f"{Decimal(str(value)).scaleb(-2):f}"
    return value if isinstance(value, bool | int | float | str) else str(value)


def by_product(rows: Rows, settings: OracleSettings, engine: Engine, embedded: DuckEngine) -> list[Movement]:
    """Movements as the oracle gives them, by the product."""
    own = product_settings(settings)
    made = MadeWorld(make_rows(as_written(rows), own), own, LAST_DAY, engine, embedded)
    ids = {number: name for name, number in made.rows.numbers.items()}
    found = []
    for row in made.movements.to_pylist():
        if row["day"] > LAST_DAY:
            continue
        account, after = ids[row["account_no"]], row["mrr_cents"]
        if row["fx_cents"]:
            found.append(Movement(account, row["day"], "fx", row["fx_cents"], after - row["change_cents"]))
        if row["kind"]:
            found.append(Movement(account, row["day"], row["kind"], row["change_cents"], after))
    return sorted(found, key=lambda m: (m.account_id, m.day, m.kind != "fx"))


def disagreements(
    kind: Kind, worlds: Iterable[int], customers: int, engine_of: object, folder: Path
) -> tuple[int, list[tuple[int, str]]]:
    """How many movements were compared, and the worlds and customers in which product and oracle differ.

    A world has settings of its own and so many random customers. `engine_of`: None, or what gives another engine.
    """
    compared, differing = 0, []
    for seed in worlds:
        rng = Random(f"{kind} {seed}")
        settings = random_settings(rng)
        rows: dict[str, list[dict[str, object]]] = {kind: []}
        for n in range(customers):
            rows[kind] += _MAKE[kind](rng, f"c{n:05}")[kind]
        with DuckEngine(folder / f"{kind}{seed}") as embedded:
            if callable(engine_of):
                with engine_of() as engine:
                    ours = by_product(rows, settings, engine, embedded)
            else:
                ours = by_product(rows, settings, embedded, embedded)
        theirs = movements(rows, settings, LAST_DAY)
        compared += len(theirs)
        if ours != theirs:
            mine, other = (_by_account(found) for found in (ours, theirs))
            differing += [(seed, a) for a in sorted({*mine, *other}) if mine.get(a) != other.get(a)]
    return compared, differing


def _by_account(found: Sequence[Movement]) -> dict[str, list[Movement]]:
    grouped: dict[str, list[Movement]] = {}
    for m in found:
        grouped.setdefault(m.account_id, []).append(m)
    return grouped
