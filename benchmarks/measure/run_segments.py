"""One step of `benchmarks/segments.py` in a process of its own: prints its figures as JSON."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from segment_world import AS_OF, EVENTS, TYPES, Segment, make_accounts, make_events, make_segments

from beachhead.customers.event_counts import EventArrays, EventRuns, read_events
from beachhead.rules import FixedCatalog, Node, ValueType, check_rule, parse
from beachhead.segments.activity import Events
from beachhead.segments.code_store import CodeShelf
from beachhead.segments.columns import Column, encode
from beachhead.segments.engine import Engine
from beachhead.segments.evaluate import make_ready
from beachhead.segments.incremental import write_changed
from beachhead.segments.publish import write_members
from beachhead.store.kernels import containers_of_some
from beachhead.store.manifest import SnapshotRef
from beachhead.store.membership_file import MembershipFile
from beachhead.store.membership_writer import Base

SEED = 20_260_630
COHORTS = 50
"""So many of the segments are asked for in the shape of tools on ClickHouse."""
POOL = 23_000
"""Conditions that ten thousand segments are made of: 2.5 times as many as two thousand have."""
Figures = dict[str, float | str]
_CATALOG = FixedCatalog(
    {name: ValueType(kind) for name, kind in TYPES.items()},
    tables={"events": {"event": ValueType.TEXT, "occurred_at": ValueType.TIMESTAMP}},
)


class Population:
    """The customers of a published day: codes and events where they lie on disk."""

    def __init__(self, folder: Path) -> None:
        self.as_of = AS_OF
        self._shelf = CodeShelf(folder / "codes")
        self._columns: dict[str, Column] = {}
        self.numbers: NDArray[np.uint32] = np.load(folder / "numbers.npy", mmap_mode="r")
        self.events: Events | None = Events.of(read_events([folder / "events.arrow"]), EVENTS, AS_OF)

    def attribute(self, name: str) -> Column:
        if name not in self._columns:
            found = self._shelf.read(name)
            assert found is not None, name
            self._columns[name] = found
        return self._columns[name]

    def computed(self, values: Sequence[Node]) -> Sequence[pa.Array]:
        raise AssertionError(values)

    def remember(self, segment: str, members: NDArray[np.uint32]) -> None:
        raise AssertionError(segment)


def make(folder: Path, accounts: int, per_account: float) -> Figures:
    make_accounts(folder / "accounts.parquet", accounts, SEED)
    events = make_events(folder / "events.parquet", folder / "events.arrow", accounts, per_account, SEED)
    return {"accounts": accounts, "events": events}


def encode_all(folder: Path) -> Figures:
    """Every attribute from Parquet into codes on disk."""
    file = pq.ParquetFile(folder / "accounts.parquet")
    numbers = file.read(["account_no"])["account_no"].to_numpy()
    np.save(folder / "numbers.npy", numbers)
    shelf, started = CodeShelf(folder / "codes"), time.perf_counter()
    for name, kind in TYPES.items():
        shelf.write(name, encode(file.read([name])[name], ValueType(kind), numbers, int(numbers.max())))
    seconds = time.perf_counter() - started
    size = sum(path.stat().st_size for path in (folder / "codes").iterdir())
    return {"seconds": seconds, "bytes": size}


def rules_of(count: int) -> tuple[dict[str, Node], float]:
    """The first `count` segments as checked rules, and how long reading them took."""
    texts = [segment.rule for segment in make_segments(count, SEED, POOL if count > 5_000 else None)]
    started = time.perf_counter()
    rules: dict[str, Node] = {}
    for n, text in enumerate(texts):
        checked = check_rule(parse(text), _CATALOG)
        assert checked.core is not None, checked.diagnostics
        rules[f"segment_{n:05}"] = checked.core
    return rules, time.perf_counter() - started


def ours(folder: Path, count: int) -> Figures:
    """Load, evaluate and store all segments; then evaluate alone."""
    rules, reading = rules_of(count)
    _warm(folder, rules)
    path = folder / f"members_{count}.bin"
    path.unlink(missing_ok=True)
    started = time.perf_counter()
    ready = make_ready(rules, Population(folder))
    loaded = time.perf_counter()
    written = write_members(path, ready.engine, dict.fromkeys(rules, "1"), [], None, {})
    stored = time.perf_counter()
    with path.open("rb") as file:
        os.fsync(file.fileno())
    on_disk = time.perf_counter()
    counts = ready.engine.counts()
    evaluated = time.perf_counter()
    assert [written[name].size for name in rules] == counts.tolist()
    return {
        "reading": reading,
        "load": loaded - started,
        "all": stored - started,
        "all_on_disk": on_disk - started,
        "evaluate": evaluated - on_disk,
        "bytes": path.stat().st_size,
        "conditions": len(ready.engine.program.low),
        "values": len(ready.engine.program.values),
        "counts": _digest(counts.tolist()),
        "cohort_counts": _digest(counts[_without_not(make_segments(2_000, SEED)[:COHORTS])].tolist()),
    }


def floor(folder: Path, count: int) -> Figures:
    """What no evaluation can do without: read each code and event once, and write the members, by as many threads."""
    population = Population(folder)
    assert population.events
    most = population.events.runs.most
    started = time.perf_counter()
    read = [*(population.attribute(name).codes for name in TYPES), most.accounts, most.codes, most.days]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        list(pool.map(_read_all, read))
        scanned = time.perf_counter()
        size = (folder / f"members_{count}.bin").stat().st_size
        list(pool.map(lambda part: np.ones(part, np.uint8), [size // 64] * 64))
    return {
        "read": scanned - started,
        "write": time.perf_counter() - scanned,
        "bytes": sum(array.nbytes for array in read),
    }


def _read_all(array: NDArray[np.generic]) -> int:
    data = array.view(np.uint8)
    return int(np.add.reduce(data[: len(data) // 8 * 8].view(np.uint64)))


def changed(folder: Path, count: int) -> Figures:
    """A hundredth of the customers got other values and events; the rest of the store is what it was."""
    rules, _reading = rules_of(count)
    _warm(folder, rules)
    population = Population(folder)
    before = make_ready(rules, population).engine
    base_path, path = folder / "base.bin", folder / "changed.bin"
    for old in (base_path, path):
        old.unlink(missing_ok=True)
    versions = dict.fromkeys(rules, "1")
    started = time.perf_counter()
    write_members(base_path, before, versions, [], None, {})
    whole = time.perf_counter() - started
    draw = np.random.default_rng(SEED)
    others = np.sort(draw.choice(population.numbers, len(population.numbers) // 100, replace=False))
    now = make_ready(rules, _Changed(population, others)).engine
    base = Base(SnapshotRef(AS_OF, 1), MembershipFile(base_path))
    started = time.perf_counter()
    sizes = write_changed(path, before, now, others, versions, base)
    seconds = time.perf_counter() - started
    assert list(sizes.values()) == now.counts().tolist()
    return {"whole": whole, "seconds": seconds, "changed": len(others), "bytes": path.stat().st_size}


class _Changed(Population):
    """A population in which some customers have the values of others."""

    def __init__(self, like: Population, changed: NDArray[np.uint32]) -> None:
        self.as_of, self.numbers, self._like, self._changed = like.as_of, like.numbers, like, changed
        self._others = np.roll(changed, 1)
        assert like.events
        most = like.events.runs.most
        gone = np.isin(most.accounts, changed)
        columns = [column[~gone] for column in most]
        moved = like.events.only(self._others[np.argsort(self._others)]).runs.most
        accounts = changed[np.argsort(np.argsort(self._others))][np.argsort(np.argsort(changed))][moved.accounts]
        order = np.lexsort((moved.days, accounts))
        later = EventArrays(accounts[order], moved.users[order], moved.codes[order], moved.days[order])
        self.events = replace(like.events, runs=EventRuns(EventArrays(*columns).read_only(), later.read_only()))

    def attribute(self, name: str) -> Column:
        column = self._like.attribute(name)
        codes = np.array(column.codes)
        codes[self._changed] = column.codes[self._others]
        return replace(column, codes=codes)


def duckdb_each(folder: Path, count: int) -> Figures:
    """One query for each segment over the same store."""
    import duckdb

    segments = make_segments(count, SEED)
    connection = duckdb.connect()
    accounts, events = (f"read_parquet('{folder / name}.parquet')" for name in ("accounts", "events"))
    connection.execute(f"SELECT count(*) FROM {accounts}")
    started = time.perf_counter()
    counts = [connection.execute(s.query(accounts, events)).fetchone() for s in segments]
    seconds = time.perf_counter() - started
    attributes = [n for n, s in enumerate(segments) if not s.aggregates]
    return {"seconds": seconds, "attributes_only": len(attributes), "counts": _digest([int(c[0]) for c in counts if c])}


def cohorts(folder: Path, count: int) -> Figures:
    """The first `count` segments in the shape of tools on ClickHouse: a subquery of ids for each condition."""
    import chdb.session

    session = chdb.session.Session(str(folder / "clickhouse"))
    session.query("CREATE DATABASE IF NOT EXISTS b; USE b")
    for name, order in (("accounts", "account_no"), ("events", "(event, day)")):
        session.query(
            f"CREATE TABLE IF NOT EXISTS b.{name} ENGINE = MergeTree ORDER BY {order} "
            f"SETTINGS allow_nullable_key = 1 AS "
            f"SELECT * FROM file('{folder / name}.parquet', Parquet)"
        )
    segments = make_segments(2_000, SEED)[:count]
    session.query("SELECT count() FROM b.accounts")
    counts, started = [], time.perf_counter()
    for segment in segments:
        text = segment.cohorts.replace("FROM accounts", "FROM b.accounts").replace("FROM events", "FROM b.events")
        text = text.replace("::DOUBLE", "::Float64")
        counts.append(int(str(session.query(f"SELECT count() FROM {text}"))))
    seconds = time.perf_counter() - started
    session.close()
    same = _without_not(segments)
    return {"seconds": seconds, "compared": len(same), "counts": _digest([counts[n] for n in same])}


def _without_not(segments: Sequence[Segment]) -> list[int]:
    """Those that mean the same as rules and as sets: the rest of all, which is "not" there, has the unknown in it."""
    return [n for n, segment in enumerate(segments) if "not" not in segment.rule]


def one_rule(folder: Path, _: int) -> Figures:
    """A preview: one rule of several conditions, edited again and again, counts for each condition."""
    rules, _reading = rules_of(200)
    population = Population(folder)
    _warm(folder, rules)
    by_kind: dict[str, list[float]] = {"attributes": [], "behaviour": []}
    for rule in rules.values():
        started = time.perf_counter()
        engine = make_ready({"rule": rule}, population).engine
        engine.counts()
        kind = "behaviour" if engine.activity and engine.activity.columns else "attributes"
        by_kind[kind].append(time.perf_counter() - started)
    return {
        f"{kind}_{name}": float(value)
        for kind, times in by_kind.items()
        for name, value in (("median", np.median(times)), ("p95", np.quantile(times, 0.95)))
    }


def one_customer(folder: Path, count: int) -> Figures:
    """All segments of one customer, from codes and events as they are now."""
    rules, _reading = rules_of(count)
    engine: Engine = make_ready(rules, Population(folder)).engine
    draw = np.random.default_rng(1)
    times = []
    for number in draw.integers(1, len(engine.known) * 64 - 600, 300).tolist():
        started = time.perf_counter()
        engine.segments_of(number)
        times.append(time.perf_counter() - started)
    return {"median": float(np.median(times[20:])), "p99": float(np.quantile(times[20:], 0.99))}


def _warm(folder: Path, rules: Mapping[str, Node]) -> None:
    """Load the compiled loops, which every process does once."""
    few = dict(list(rules.items())[:3])
    make_ready(few, Population(folder)).engine.rows(0, 64)
    engine = make_ready(few, Population(folder)).engine
    scratch = folder / "warm.bin"
    scratch.unlink(missing_ok=True)
    small = Engine(engine.program, engine.columns, engine.activity, engine.known[:8].copy())
    write_members(scratch, small, dict.fromkeys(few, "1"), [], None, {})
    small.counts()
    containers_of_some(np.ones((1, 1), np.uint64), 0, np.zeros(1, np.uint16))


def _digest(counts: Sequence[int]) -> str:
    return hashlib.sha256(json.dumps(counts).encode()).hexdigest()[:16]


STEPS = {
    "ours": ours,
    "floor": floor,
    "duckdb": duckdb_each,
    "one_rule": one_rule,
    "one_customer": one_customer,
    "cohorts": cohorts,
    "changed": changed,
}

if __name__ == "__main__":
    step, where, *numbers = sys.argv[1:]
    if step == "make":
        found = make(Path(where), int(numbers[0]), float(numbers[1]))
    elif step == "encode":
        found = encode_all(Path(where))
    else:
        found = STEPS[step](Path(where), int(numbers[0]))
    used = resource.getrusage(resource.RUSAGE_SELF)
    found |= {"resident_gb": used.ru_maxrss / 1e6, "cpu_seconds": used.ru_utime + used.ru_stime}
    print(json.dumps(found))
