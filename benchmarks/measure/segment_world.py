"""Customers, events and thousands of segments for `benchmarks/segments.py`: random, the same for one seed.

Each condition is made twice, as a rule and as SQL, by different code from the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

AS_OF = date(2026, 6, 30)
DAYS = 730
_FRACTIONS = 2
_TOPS = (10_000, 50_000, 1_000_000, 100_000)
_WORDS = (3, 5, 8, 12, 30, 200)
EVENTS = [f"event_{n:02}" for n in range(40)]
NUMBERS = [f"number_{n:02}" for n in range(6)]
DATES = [f"date_{n:02}_on" for n in range(12)]
TEXTS = [f"text_{n:02}" for n in range(32)]
FLAGS = [f"is_{n:02}" for n in range(10)]
TYPES = {
    **{name: "number" if n < _FRACTIONS else "integer" for n, name in enumerate(NUMBERS)},
    **dict.fromkeys(DATES, "date"),
    **dict.fromkeys(TEXTS, "text"),
    **dict.fromkeys(FLAGS, "boolean"),
}
_EPOCH = date(1970, 1, 1)
_BATCH = 1_000_000


def make_accounts(path: Path, accounts: int, seed: int) -> None:
    """`accounts` rows × 60 attributes, numbers from 1, a tenth of all values unknown."""
    writer = None
    for start in range(0, accounts, _BATCH):
        rows = min(_BATCH, accounts - start)
        draw = np.random.default_rng([seed, start])
        columns = {"account_no": pa.array(np.arange(start + 1, start + rows + 1, dtype=np.uint32))}
        for n, name in enumerate(NUMBERS):
            if n < _FRACTIONS:
                values = pa.array(np.round(draw.lognormal(4, 2, rows), 4), mask=draw.random(rows) < 0.1)
            else:
                values = pa.array(draw.integers(0, _TOPS[n - _FRACTIONS], rows), mask=draw.random(rows) < 0.1)
            columns[name] = values
        today = (AS_OF - _EPOCH).days
        for name in DATES:
            days = today - draw.integers(0, 3 * 365, rows)
            columns[name] = pa.array(days.astype(np.int32), pa.int32(), mask=draw.random(rows) < 0.1).cast(pa.date32())
        for n, name in enumerate(TEXTS):
            words = pa.array([f"{name}_{w}" for w in range(_WORDS[n % 6])])
            chosen = pa.array(draw.integers(0, len(words), rows).astype(np.int32), mask=draw.random(rows) < 0.1)
            columns[name] = pa.DictionaryArray.from_arrays(chosen, words).cast(pa.string())
        for name in FLAGS:
            columns[name] = pa.array(draw.random(rows) < 0.3, mask=draw.random(rows) < 0.1)
        table = pa.table(columns)
        writer = writer or pq.ParquetWriter(path, table.schema, compression="snappy")
        writer.write_table(table)
    assert writer is not None
    writer.close()


def make_events(parquet: Path, arrow: Path, accounts: int, per_account: float, seed: int) -> int:
    """Events of accounts sorted by account and day, as the event store has them, and the same as Parquet."""
    total = 0
    today = (AS_OF - _EPOCH).days
    popularity = 1 / np.arange(1, len(EVENTS) + 1)
    schema = pa.schema(
        [("account_no", pa.uint32()), ("user_no", pa.uint32()), ("code", pa.uint16()), ("day", pa.date32())]
    )
    names = pa.array(EVENTS)
    named = pa.schema([("account_no", pa.uint32()), ("event", pa.string()), ("day", pa.date32())])
    with pq.ParquetWriter(parquet, named, compression="snappy") as rows_out, pa.ipc.new_file(str(arrow), schema) as out:
        whole = []
        for start in range(0, accounts, _BATCH):
            here = min(_BATCH, accounts - start)
            draw = np.random.default_rng([seed, 1, start])
            counts = draw.poisson(draw.gamma(0.5, 2 * per_account, here))
            numbers = np.repeat(np.arange(start + 1, start + here + 1, dtype=np.uint32), counts)
            days = (today - np.minimum(draw.exponential(150, len(numbers)), DAYS - 1).astype(np.int32)).astype(np.int32)
            days = days[np.lexsort((days, numbers))]
            codes = draw.choice(len(EVENTS), len(numbers), p=popularity / popularity.sum()).astype(np.uint16)
            total += len(numbers)
            batch = pa.record_batch(
                [
                    pa.array(numbers),
                    pa.nulls(0, pa.uint32()) if not len(numbers) else pa.array(np.zeros(len(numbers), np.uint32)),
                    pa.array(codes),
                    pa.array(days).cast(pa.date32()),
                ],
                schema=schema,
            )
            whole.append(batch)
            event = pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), names).cast(pa.string())
            rows_out.write_table(pa.table({"account_no": batch[0], "event": event, "day": batch[3]}, schema=named))
        out.write_batch(pa.Table.from_batches(whole).combine_chunks().to_batches()[0])
    return total


@dataclass(frozen=True)
class Segment:
    """A segment as a rule; its condition as SQL over `a` (accounts) and the aggregates `b.m0`, `b.m1`, …; and as sets
    of ids, a subquery for each condition (`cohorts`), where "not" is everybody else."""

    rule: str
    sql: str
    aggregates: tuple[str, ...]
    cohorts: str

    def query(self, accounts: str, events: str) -> str:
        """One query that counts its members."""
        if not self.aggregates:
            return f"SELECT count(*) FROM {accounts} AS a WHERE {self.sql}"
        listed = ", ".join(f"{text} AS m{n}" for n, text in enumerate(self.aggregates))
        needed = " OR ".join(f"({text.partition('FILTER (WHERE ')[2].removesuffix(')')})" for text in self.aggregates)
        return (
            f"SELECT count(*) FROM {accounts} AS a LEFT JOIN (SELECT account_no, {listed} FROM {events} WHERE {needed} "
            f"GROUP BY account_no) AS b ON b.account_no = a.account_no WHERE {self.sql}"
        )


Made = tuple[str, str, str | None]
"""A condition as a rule and as SQL, where `{m}` stands for the aggregate that it reads."""
_ALL = "SELECT account_no FROM accounts"


class _Maker:
    """`pool`: segments are made of so many conditions; None: each condition is made anew."""

    def __init__(self, random: Random, pool: int | None) -> None:
        self.random = random
        self.aggregates: list[str] = []
        self.pool = [self._made() for _ in range(pool)] if pool else None

    def segment(self) -> Segment:
        self.aggregates = []
        rule, sql, cohorts = self._group(self.random.choice([1, 1, 2, 2, 3]))
        return Segment(rule, sql, tuple(self.aggregates), cohorts)

    def _group(self, depth: int) -> tuple[str, str, str]:
        word = self.random.choice(["and", "or"]) if depth > 1 else "and"
        parts = []
        for _ in range(self.random.choice([2, 3, 3, 4])):
            is_group = depth > 1 and self.random.random() < 0.35
            rule, sql, cohort = self._group(depth - 1) if is_group else self._condition()
            if self.random.random() < 0.1:
                rule, sql, cohort = f"not ({rule})", f"NOT ({sql})", f"({_ALL} EXCEPT {cohort})"
            parts.append((rule, sql, cohort))
        rules, sqls, cohorts = zip(*parts, strict=True)
        joined = " INTERSECT DISTINCT " if word == "and" else " UNION DISTINCT "
        return f"({f' {word} '.join(rules)})", f"({f' {word.upper()} '.join(sqls)})", f"({joined.join(cohorts)})"

    def _condition(self) -> tuple[str, str, str]:
        rule, sql, aggregate = self.random.choice(self.pool) if self.pool else self._made()
        if aggregate is None:
            return rule, sql, f"({_ALL} AS a WHERE {sql})"
        self.aggregates.append(aggregate)
        return rule, sql.replace("{m}", f"b.m{len(self.aggregates) - 1}"), _cohort(sql, aggregate)

    def _made(self) -> Made:
        draw = self.random.random()
        if draw < 1 / 3:
            return self._behaviour()
        if draw < 0.75:
            return self._number()
        if draw < 0.82:
            return self._date()
        return self._text() if draw < 0.95 else self._flag()

    def _number(self) -> Made:
        n = self.random.randrange(len(NUMBERS))
        name, sign = NUMBERS[n], self.random.choice([">", ">=", "<", "<="])
        if n < _FRACTIONS:
            value = f"{round(self.random.lognormvariate(4, 2), 2):.2f}"
            return f"{name} {sign} {value}", f"a.{name} {sign} {value}::DOUBLE", None
        whole = self.random.randrange(1, _TOPS[n - _FRACTIONS])
        return f"{name} {sign} {whole}", f"a.{name} {sign} {whole}", None

    def _date(self) -> Made:
        name, sign, days = self.random.choice(DATES), self.random.choice(["<", ">="]), self.random.randrange(1, 1000)
        return f"{name} {sign} {days} days ago", f"a.{name} {sign} DATE '{AS_OF - timedelta(days=days)}'", None

    def _text(self) -> Made:
        n = self.random.randrange(len(TEXTS))
        name, words = TEXTS[n], _WORDS[n % 6]
        if self.random.random() < 0.15:
            return f"{name} is null", f"a.{name} IS NULL", None
        chosen = sorted(self.random.sample(range(words), self.random.randint(1, min(4, words - 1))))
        listed = ", ".join(f"'{name}_{w}'" for w in chosen)
        word = self.random.choice(["in", "in", "not in"])
        return f"{name} {word} ({listed})", f"a.{name} {word.upper()} ({listed})", None

    def _flag(self) -> Made:
        name = self.random.choice(FLAGS)
        return name, f"a.{name}", None

    def _behaviour(self) -> Made:
        event = self.random.choice(EVENTS)
        days = self.random.choice([7, 14, 30, 60, 90, 180])
        sign, at_least = self.random.choice([">=", ">=", "<", "="]), self.random.choice([0, 1, 1, 2, 3, 5, 8, 12])
        if sign == "<":
            at_least += 1
        start = AS_OF - timedelta(days=days - 1)
        end, window = AS_OF, f"last => '{days} days'"
        if self.random.random() < 0.3:
            end = start - timedelta(days=1)
            start = end - timedelta(days=days - 1)
            window = f"from => '{start}', until => '{end}'"
        where = f"event = '{event}' AND day BETWEEN DATE '{start}' AND DATE '{end}'"
        if self.random.random() < 0.3:
            aggregate, measure = f"count(DISTINCT day) FILTER (WHERE {where})", ", distinct => day"
        else:
            aggregate, measure = f"count(*) FILTER (WHERE {where})", ""
        value = "coalesce({m}, 0)"
        return f"events('{event}'{measure}, {window}) {sign} {at_least}", f"{value} {sign} {at_least}", aggregate


def _cohort(sql: str, aggregate: str) -> str:
    """The customers whose aggregate fulfils a condition; those without an event are 0."""
    what, _, where = aggregate.partition(" FILTER (WHERE ")
    sign, number = sql.removeprefix("coalesce({m}, 0) ").split()
    rows = f"SELECT account_no FROM events WHERE {where.removesuffix(')')} GROUP BY account_no HAVING"
    holds_for_none = {">=": int(number) <= 0, "<": int(number) > 0, "=": int(number) == 0}[sign]
    if not holds_for_none:
        return f"({rows} {what} {sign} {number})"
    return f"({_ALL} EXCEPT ({rows} NOT ({what} {sign} {number})))"


def make_segments(count: int, seed: int, pool: int | None = None) -> list[Segment]:
    """`count` segments of about 4.5 conditions, a third of them on behaviour; of a `pool` of conditions if given."""
    maker = _Maker(Random(seed), pool)
    return [maker.segment() for _ in range(count)]
