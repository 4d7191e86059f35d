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


def agreeing(engine: DuckEngine, first: str, later: str, key: str) -> tuple[str, str]:
    """Names of two relations: the later rows of a key that say something else than its first, and those that do not.

    `first`, `later`: as `first_of_each` gives them, in the form in which they have all columns of `raw`.
    """
    columns = [
        str(name)
        for name in engine.query(f"SELECT * FROM {later} LIMIT 0").column_names
        if name not in ("_source", "_file", "_row")
    ]
    k = quote_name(key)
    same = " AND ".join(f"(l.{c} IS NULL OR l.{c} IS NOT DISTINCT FROM f.{c})" for c in map(quote_name, columns))
    engine.execute(
        f"CREATE OR REPLACE TEMP TABLE {later}_told AS SELECT l.*, ({same}) AS _agrees "
        f"FROM {later} AS l JOIN {first} AS f ON f.{k} = l.{k}"
    )
    told = f"SELECT * EXCLUDE (_agrees) FROM {later}_told WHERE"
    engine.execute(f"CREATE OR REPLACE TEMP VIEW {later}_other AS {told} NOT _agrees")
    engine.execute(f"CREATE OR REPLACE TEMP VIEW {later}_again AS {told} _agrees")
    return f"{later}_other", f"{later}_again"


def lines_of_other_files(engine: DuckEngine, raw: str, columns: Sequence[str]) -> tuple[str, str | None]:
    """Names of two relations: `raw` without lines that another file of their source has, and those (None: no such).

    Lines without an id are the same when all `columns` are; two equal lines in one file are two. Only orders that
    stand in several files are looked at.
    """
    engine.execute(
        f"CREATE OR REPLACE TEMP TABLE {raw}_spread AS SELECT _source, order_id FROM {raw} WHERE line_id IS NULL "
        "GROUP BY ALL HAVING count(DISTINCT _file) > 1"
    )
    if not engine.scalar(f"SELECT count(*) FROM {raw}_spread"):
        return raw, None
    listed = ", ".join(quote_name(c) for c in columns)
    lines = (
        f"SELECT r.* FROM {raw} AS r SEMI JOIN {raw}_spread AS s ON s._source = r._source AND s.order_id = r.order_id"
    )
    numbered = (
        f"SELECT *, row_number() OVER (PARTITION BY _source, _file, {listed} ORDER BY _row) AS _nth "
        f"FROM ({lines}) WHERE line_id IS NULL"
    )
    engine.execute(
        f"CREATE OR REPLACE TEMP TABLE {raw}_again AS SELECT * EXCLUDE (_nth) FROM ({numbered}) "
        f"QUALIFY row_number() OVER (PARTITION BY _source, _nth, {listed} ORDER BY _file, _row) > 1"
    )
    if not engine.scalar(f"SELECT count(*) FROM {raw}_again"):
        return raw, None
    engine.execute(
        f"CREATE OR REPLACE TEMP VIEW {raw}_once AS SELECT r.* FROM {raw} AS r ANTI JOIN {raw}_again AS a "
        "ON a._source = r._source AND a._file = r._file AND a._row = r._row"
    )
    return f"{raw}_once", f"{raw}_again"
