"""Rows that repeat a key: the first by (source, file, row) is used, later ones are told apart."""

from __future__ import annotations

from collections.abc import Sequence

from beachhead.engines.duck import DuckEngine, quote_name


def place_sql(prefix: str = "") -> str:
    """A BIGINT that orders rows by source (below 1,000), file (below 10,000) and row (below 100,000,000,000)."""
    return f"({prefix}_source * 1000000000000000 + {prefix}_file * 100000000000 + {prefix}_row)"


def first_of_each(engine: DuckEngine, raw: str, key: Sequence[str]) -> tuple[str, str | None]:
    """Names of two relations: `raw` without later rows of a key, and those later rows (None: there are none).

    `raw` has columns _source, _file, _row. Rows whose first key column is null have no identity and all stay.
    Repeats are looked for by hash first, which is cheap; only where there may be some are keys compared.
    """
    names = ", ".join(quote_name(k) for k in key)
    present = f"{quote_name(key[0])} IS NOT NULL"
    if not engine.scalar(f"SELECT count(*) - count(DISTINCT hash({names})) FROM {raw} WHERE {present}"):
        return raw, None
    engine.execute(
        f"CREATE OR REPLACE TEMP TABLE {raw}_repeats AS SELECT {names}, min({place_sql()}) AS first_place "
        f"FROM {raw} WHERE {present} GROUP BY {names} HAVING count(*) > 1"
    )
    same = " AND ".join(f"d.{quote_name(k)} IS NOT DISTINCT FROM r.{quote_name(k)}" for k in key)
    joined = f"{raw} AS r LEFT JOIN {raw}_repeats AS d ON {same}"
    is_later = f"coalesce({place_sql('r.')} <> d.first_place, false)"
    engine.execute(f"CREATE OR REPLACE TEMP VIEW {raw}_first AS SELECT r.* FROM {joined} WHERE NOT {is_later}")
    engine.execute(f"CREATE OR REPLACE TEMP VIEW {raw}_later AS SELECT r.* FROM {joined} WHERE {is_later}")
    return f"{raw}_first", f"{raw}_later"
