"""One step of the benchmark of metrics, in a process of its own: prints what it took as JSON."""

from __future__ import annotations

import hashlib
import json
import resource
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from threading import Thread

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyroaring import BitMap

from beachhead.customers.columns import model_columns
from beachhead.customers.ledger import ENTRIES, LINES, MOVEMENTS, MRR_PERIODS, ledger_sql
from beachhead.customers.rates import CURRENCY_RATES, Rates
from beachhead.engines.dialect import emit
from beachhead.engines.duck import DuckEngine, parquet
from beachhead.metrics.catalogue import BUILT_IN
from beachhead.metrics.counting import Question, warm_up
from beachhead.metrics.evaluate import Definitions, evaluate
from beachhead.metrics.facts import Facts
from beachhead.metrics.grouping import Grouping
from beachhead.metrics.measures import BUILT_IN as MEASURES
from beachhead.metrics.periods import periods_between
from beachhead.project.definitions import Settings
from beachhead.project.model import BY_NAME
from beachhead.store.bitmaps import numbers_of
from beachhead.store.membership_file import MembershipFile
from beachhead.store.membership_writer import write_memberships
from beachhead.store.memberships import Membership

FIRST, LAST, MONTHS, SEGMENTS = date(2023, 1, 1), date(2025, 12, 31), 36, 7
HERE = Path(__file__).resolve().parent
SETTINGS = Settings(name="benchmark")
_READ = ["account_no", "day", "kind", "change_cents", "fx_cents", "list_change_cents", "mrr_cents"]
Figures = dict[str, float | str]

_COMPANY = """
    SELECT
        CAST(s.n // 2 + 1 AS UINTEGER) AS account_no, 's' || s.n AS subscription_id,
        'plan' || (hash(s.n, v, 1) % 4) AS plan, CAST(started AS TIMESTAMP) AS started_at, started AS started_day,
        CASE WHEN hash(s.n, 2) % 5 = 0 THEN started + 14 END AS trial_ends_day,
        CASE WHEN v = 2 AND hash(s.n, 3) % 3 = 0 THEN started + 200 + CAST(hash(s.n, 4) % 500 AS INTEGER) END
            AS ended_day,
        CASE WHEN v > 0 THEN CAST(started + CAST(90 * v + hash(s.n, v, 5) % 80 AS INTEGER) AS TIMESTAMP) END
            AS valid_from,
        CASE WHEN v > 0 THEN started + CAST(90 * v + hash(s.n, v, 5) % 80 AS INTEGER) END AS valid_from_day,
        CAST(900 + 100 * (hash(s.n, v, 6) % 400) AS BIGINT) AS amount,
        ['month', 'month', 'month', 'year', 'quarter', 'week'][CAST(1 + hash(s.n, 7) % 6 AS BIGINT)] AS "interval",
        CAST(1 + hash(s.n, v, 8) % 5 AS BIGINT) AS quantity,
        CASE WHEN hash(s.n, 9) % 4 = 0 THEN CAST(25 AS DOUBLE) END AS discount_percent
    FROM (
        SELECT n, DATE '2023-01-01' + CAST(hash(n, 0) % 900 AS INTEGER) AS started FROM range(2 * {accounts}) AS r(n)
    ) AS s, range(3) AS w(v)
    WHERE v < 2 OR hash(s.n, 10) % 2 = 0
"""


def make(engine: DuckEngine, folder: Path, accounts: int) -> Figures:
    engine.execute(
        f"COPY ({_COMPANY.format(accounts=accounts)}) TO '{folder / 'subscriptions.parquet'}' (FORMAT parquet)"
    )
    rng = np.random.default_rng(7)
    group = rng.integers(0, SEGMENTS, accounts + 1)
    for month in range(MONTHS):
        moved = rng.random(accounts + 1) < 0.03
        group = np.where(moved, rng.integers(0, SEGMENTS, accounts + 1), group)
        members = [BitMap(np.flatnonzero(group == s).astype(np.uint32)) for s in range(SEGMENTS)]
        listed = [Membership(f"segment{n}", "1", m) for n, m in enumerate(members)]
        write_memberships(folder / f"{month}.memberships", listed)
    rows = pq.read_metadata(folder / "subscriptions.parquet").num_rows
    return {"accounts": accounts, "rows": rows}


def by_hand(engine: DuckEngine, folder: Path, _: int) -> Figures:
    def work() -> None:
        engine.execute(f"CREATE TEMP VIEW subscriptions AS SELECT * FROM {parquet(folder / 'subscriptions.parquet')}")
        engine.execute((HERE.parent / "movements.sql").read_text(encoding="utf-8"))

    took = _timed(work)
    return {**took, **_told(engine, "movements", "change")}


def ledger(engine: DuckEngine, folder: Path, _: int) -> Figures:
    def work() -> None:
        there = pq.read_schema(folder / "subscriptions.parquet").names
        columns = model_columns(BY_NAME["subscriptions"], {})
        listed = ", ".join(f'"{n}"' if n in there else f'CAST(NULL AS {t}) AS "{n}"' for n, t in columns.items())
        source = f"SELECT {listed} FROM {parquet(folder / 'subscriptions.parquet')}"
        engine.execute(f"CREATE TEMP VIEW subscriptions AS {source}")
        engine.load(CURRENCY_RATES, Rates(SETTINGS.currency).table())
        made = ledger_sql(SETTINGS, ("subscriptions",))
        for name in (LINES, MRR_PERIODS, ENTRIES):
            engine.execute(f"CREATE TEMP VIEW {name} AS {emit(made.steps[name], engine.dialect, made.parameters)}")
        path = folder / f"{MOVEMENTS}.parquet"
        sql = emit(made.steps[MOVEMENTS], engine.dialect, made.parameters)
        engine.execute(f"COPY ({sql}) TO '{path}' (FORMAT parquet, COMPRESSION snappy)")
        engine.execute(f"CREATE TEMP VIEW {MOVEMENTS} AS SELECT * FROM {parquet(path)}")

    took = _timed(work)
    return {**took, **_told(engine, MOVEMENTS, "change_cents")}


def segments(engine: DuckEngine, folder: Path, _: int) -> Figures:
    periods = periods_between(FIRST, LAST, "month")

    def work() -> None:
        Thread(target=warm_up, daemon=True).start()  # as each question of the product does
        movements = pq.read_table(folder / f"{MOVEMENTS}.parquet", columns=_READ, read_dictionary=["kind"])
        largest = int(pa.compute.max(movements["account_no"]).as_py())
        codes = np.full((MONTHS, largest + 1), -1, np.int16)
        labels = tuple(f"segment{n}" for n in range(SEGMENTS))
        for month in range(MONTHS):
            found = MembershipFile(folder / f"{month}.memberships").read_some(labels)
            for n, label in enumerate(labels):
                members = numbers_of(found[label].members)
                codes[month, members[: np.searchsorted(members, largest, "right")]] = n
        facts = Facts(engine, engine, LAST, {"subscriptions"}, lambda _line: movements, tuple)
        asked = Question(periods, "month", Grouping("segmentation", labels, codes), {})
        cells = evaluate([BUILT_IN["nrr"]], Definitions(BUILT_IN, MEASURES), facts, asked, MONTHS)
        assert sum(c.value is not None for c in cells) >= SEGMENTS * (MONTHS - 2)

    first = _timed(work)
    return {**_timed(work), "first": first["seconds"]}


def _timed(work: Callable[[], None]) -> Figures:
    before, cpu = time.perf_counter(), time.process_time()
    work()
    seconds, used = time.perf_counter() - before, time.process_time() - cpu
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return {"seconds": seconds, "cpu_seconds": used, "resident_gb": resident}


def _told(engine: DuckEngine, relation: str, change: str) -> Figures:
    """How many movements there are, and a text that differs where amount or number of a month and kind do."""
    rows = engine.query(
        f"SELECT date_trunc('month', day) AS month, kind, CAST(sum({change}) AS BIGINT) AS amount, count(*) AS n "
        f"FROM {relation} WHERE kind IS NOT NULL AND day <= DATE '{LAST + timedelta(days=0)}' GROUP BY ALL ORDER BY ALL"
    ).to_pylist()
    text = json.dumps(rows, default=str)
    return {"movements": sum(r["n"] for r in rows), "digest": hashlib.sha256(text.encode()).hexdigest()}


STEPS: dict[str, Callable[[DuckEngine, Path, int], Figures]] = {
    "make": make, "by_hand": by_hand, "ledger": ledger, "segments": segments,
}  # fmt: skip

if __name__ == "__main__":
    step, where, memory_limit, count = sys.argv[1:]
    with DuckEngine(Path(where) / "spill", memory_limit) as duck:
        print(json.dumps(STEPS[step](duck, Path(where), int(count))))
