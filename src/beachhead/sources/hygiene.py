"""Faults that no single value shows: looked for in landed files, reported with counts and examples.

Cheap ones come from the statistics of the Parquet files; a column is scanned only where they raise a suspicion.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from beachhead.engines.duck import DuckEngine, parquet, path_literal, quote_literal, quote_name
from beachhead.errors import Severity
from beachhead.project.currency import CURRENCIES, RateSteps, minor_digits
from beachhead.project.definitions import SourceDefinition, ValueTypeName
from beachhead.project.model import day_column
from beachhead.sources.landed import LandedFile, LandedSource
from beachhead.sources.locate import locate
from beachhead.sources.problems import Example, Problem

EARLIEST = date(1900, 1, 1)
"""Dates before it are impossible: the usual ones are 0001-01-01 and 1899-12-30, an empty cell as a date."""
EXAMPLES = 5
MOST_ROWS_FOR_REPEATS = 5_000_000
MOST_CATEGORIES = 1_000
FEW_ROWS = 20
NEVER_NEGATIVE: frozenset[tuple[str, str]] = frozenset(
    {
        ("accounts", "mrr"), ("accounts", "acquisition_cost"), ("accounts", "total_revenue"),
        ("companies", "annual_revenue"), ("subscriptions", "amount"), ("subscriptions", "discount"),
        ("orders", "discount"), ("order_lines", "unit_price"), ("products", "unit_cost"), ("products", "price"),
        ("tickets", "cost"), ("spend", "amount"), ("deals", "amount"),
    }
)  # fmt: skip
# In these a date ahead is as it should be.
_MAY_BE_AHEAD = frozenset({"trial_ends_at", "ended_at", "period_end", "discount_ends_at", "resumed_at"})
_RATE_WORDS = ("percent", "pct", "rate", "share", "ratio", "discount")

HYGIENE_VERSION = 4
"""Raised with what `examine` looks for, so that findings kept from before are made again."""
_TOTALS = (
    "total", "totals", "grand total", "sum", "subtotal", "summe", "gesamt", "gesamtsumme", "total général", "totale",
    "totaal", "suma",
)  # fmt: skip
INTERVALS = (
    "day", "daily", "week", "weekly", "month", "monthly", "quarter", "quarterly", "year", "yearly",
    "annual", "annually",
)  # fmt: skip
"""The words of `subscriptions.interval` that the MRR ledger knows."""


def examine(
    engine: DuckEngine, source: SourceDefinition, landed: LandedSource, today: date, currency: str,
    rates: Mapping[str, RateSteps] | None = None,
) -> tuple[Problem, ...]:  # fmt: skip
    """Problems in the landed data of a source: columns without content or variety, impossible and future dates,
    negative money, several currencies or units in one column, one word in several spellings, repeated rows.

    `today`: later dates are in the future; `currency`: the project's; `rates`: what a unit of others is worth in it.
    Reads the landed files only.
    """
    examiner = _Examiner(engine, source, landed, today, currency, rates or {})
    return examiner.run() if examiner.rows else ()


class _Examiner:
    def __init__(
        self, engine: DuckEngine, source: SourceDefinition, landed: LandedSource, today: date, currency: str,
        rates: Mapping[str, RateSteps],
    ) -> None:  # fmt: skip
        self._engine = engine
        self._source = source
        self._landed = landed
        self._table = landed.table
        self._files = [f for f in landed.files if f.rows]
        self._today = today
        self._currency = currency
        self._rates = rates
        self._digits = minor_digits(currency)
        self.rows = sum(f.rows for f in self._files)

    def run(self) -> tuple[Problem, ...]:
        relation = parquet(*(f.parquet for f in self._files))
        found: list[Problem] = []
        for name, type_ in self._columns():
            found += self._column(name, type_, relation)
        found += self._currencies(relation)
        found += self._repeats(relation)
        return tuple(found)

    def _columns(self) -> list[tuple[str, ValueTypeName]]:
        """The mapped columns that come from the file (a constant is constant on purpose)."""
        columns = [
            (name, column.type)
            for name, origin in self._source.columns.items()
            if (column := self._table.column(name)) and origin.constant is None
        ]
        extra = [
            (name, origin.type or "text")
            for name, origin in self._source.extra.items()
            if not origin.hidden and origin.constant is None
        ]
        return [*columns, *extra]

    def _column(self, name: str, type_: ValueTypeName, relation: str) -> list[Problem]:
        column = quote_name(name)
        known, low, high = self._engine.query(
            f"SELECT count({column}) AS known, CAST(min({column}) AS VARCHAR) AS low, "
            f"CAST(max({column}) AS VARCHAR) AS high FROM {relation}"
        ).to_pylist()[0].values()  # fmt: skip
        if known == 0 and self._was_unread(name):
            return []
        if known == 0:
            remedy = "Remove it from the mapping, or have the export fill it."
            return [
                self._problem("all-null", Severity.WARNING, f"{name} is empty in every row", remedy, self.rows, name)
            ]
        found: list[Problem] = []
        if low == high and known == self.rows and self.rows >= FEW_ROWS and name != "currency":
            remedy = "See whether the export is restricted to this value; it tells customers apart no more."
            value = f"{int(low) / 10**self._digits:,.{self._digits}f}" if type_ == "money" else low
            message = f"{name} is '{value}' in every row"
            found.append(self._problem("constant-column", Severity.INFO, message, remedy, self.rows, name))
        if type_ in ("date", "timestamp"):
            found += self._dates(name, quote_name(day_column(name)) if type_ == "timestamp" else column)
        if type_ == "money" and (self._table.name, name) in NEVER_NEGATIVE and str(low).startswith("-"):
            found += self._where(
                "negative-money", name, f"{column} < 0", "{n} values of {name} are negative",
                "Correct them; refunds and credits belong into columns of their own.",
                f"CAST({column} / {10**self._digits} AS DECIMAL(38, {self._digits}))",
            )  # fmt: skip
        mapped = self._source.columns.get(name)
        names_the_same = name == "name" and any(  # the id's own column, which is looked at already
            other.column == mapped.column
            for key in (*self._table.key, "account_id")
            if mapped and mapped.column and (other := self._source.columns.get(key))
        )
        if (name == "name" or name in self._table.key or name == "account_id") and not names_the_same:
            words = ", ".join(map(quote_literal, _TOTALS))
            is_total = f"lower(rtrim(CAST({column} AS VARCHAR), ': ')) IN ({words})"
            found += self._where(
                "total-row", name, is_total, "{n} rows look like totals of the others, by their {name}",
                f"They count as rows. Leave them out: `where: {self._without(name, is_total)}`.",
            )  # fmt: skip
        if (self._table.name, name) == ("subscriptions", "interval"):
            known_words = ", ".join(map(quote_literal, INTERVALS))
            found += self._where(
                "unknown-interval", name, f"lower({column}) NOT IN ({known_words})",
                "{n} values of {name} are no interval; the MRR of these subscriptions is unknown",
                "Make each one of day, week, month, quarter, year with `values:`, such as `values: {12M: year}`.",
            )  # fmt: skip
        if (self._table.name, name) in (("accounts", "nps"), ("responses", "score")):
            asked = "lower(survey) = 'nps' AND " if self._table.name == "responses" else ""
            found += self._where(
                "impossible-nps", name, f"{asked}{column} NOT BETWEEN 0 AND 10",
                "{n} values of {name} are no answers from 0 to 10; they read as unknown",
                "Correct them in the export; NPS is asked on a scale from 0 to 10.",
            )  # fmt: skip
        if type_ == "number" and any(word in name for word in _RATE_WORDS):
            found += self._units(name, column, relation)
        if type_ == "text" and name not in self._table.key and not name.endswith("_id"):
            found += self._spellings(name, column, relation)
        return found

    def _without(self, name: str, condition: str) -> str:
        """The source's filter, so extended that it leaves out the values of a column that meet a condition."""
        relation = parquet(*(f.parquet for f in self._files))
        found = self._engine.query(
            f"SELECT DISTINCT CAST({quote_name(name)} AS VARCHAR) AS x FROM {relation} WHERE {condition} "
            "ORDER BY x LIMIT 20"
        )
        words = ", ".join(quote_literal(str(x)) for x in found["x"].to_pylist())
        column = self._table.column(name)
        rule = f"{name} not in ({words})"
        if column is None or not column.required:
            rule = f"{name} is null or {rule}"
        return f"({self._source.where}) and ({rule})" if self._source.where else rule

    def _was_unread(self, name: str) -> bool:
        """Whether a column is empty only since its values could not be read, which is said already."""
        codes = {p.code for f in self._files for p in f.problems if p.column == name}
        return any(code.startswith("unreadable-") or code in ("not-a-number", "too-large") for code in codes)

    def _dates(self, name: str, day: str) -> list[Problem]:
        early = self._where(
            "impossible-date", name, f"{day} < {quote_literal(EARLIEST)}", "{n} dates of {name} lie before 1900",
            "Correct them, or say that they mean 'unknown': `empty: ['0001-01-01']`.", day,
        )  # fmt: skip
        if name in _MAY_BE_AHEAD:
            return early
        return early + self._where(
            "future-date", name, f"{day} > {quote_literal(self._today)}", "{n} dates of {name} lie in the future",
            "See whether day and month are exchanged, or the clock was wrong; until then they count as not yet known.",
            day,
        )  # fmt: skip

    def _where(
        self, code: str, name: str, condition: str, message: str, remedy: str, shown: str | None = None
    ) -> list[Problem]:
        """A problem of the rows where `condition` holds, with their lines; none when there are none."""
        count = 0
        examples: list[Example] = []
        for landed in self._files:
            relation = f"read_parquet({path_literal(landed.parquet)}, file_row_number = true)"
            here = int(str(self._engine.scalar(f"SELECT count(*) FROM {relation} WHERE {condition}")))
            if here and len(examples) < EXAMPLES:
                examples += self._examples(landed, relation, condition, shown or quote_name(name))
            count += here
        if not count:
            return []
        words = message.format(n=f"{count:,}", name=name)
        return [self._problem(code, Severity.WARNING, words, remedy, count, name, examples[:EXAMPLES])]

    def _examples(self, landed: LandedFile, relation: str, condition: str, shown: str) -> list[Example]:
        rows = self._engine.query(
            f"SELECT file_row_number AS n, CAST({shown} AS VARCHAR) AS x FROM {relation} WHERE {condition} "
            f"ORDER BY n LIMIT {EXAMPLES}"
        )
        lines = locate(landed, rows["n"].to_pylist())
        return [Example(landed.file, n, str(x)) for n, x in zip(lines, rows["x"].to_pylist(), strict=True)]

    def _units(self, name: str, column: str, relation: str) -> list[Problem]:
        """Shares (0–1) among per cents (0–100).

        Told apart by a gap: fractions below 1 are at least a tenth of the values, values above 1 too, and nothing
        but whole numbers or halves would be natural just above 1. Per cents that are really below 1 are rare.
        """
        small, large, total = self._engine.query(
            f"SELECT count(*) FILTER (WHERE {column} > 0 AND {column} < 1) AS a, "
            f"count(*) FILTER (WHERE {column} > 1 AND {column} <= 100) AS b, "
            f"count(*) FILTER (WHERE {column} > 0) AS c FROM {relation}"
        ).to_pylist()[0].values()  # fmt: skip
        if total < FEW_ROWS or min(small, large) < 0.1 * total:
            return []
        fewer = f"{column} > 0 AND {column} < 1" if small <= large else f"{column} > 1"
        return self._where(
            "mixed-units", name, fewer, "{name} holds both shares (0–1) and per cents (0–100): {n} values differ",
            "Export all of them in per cent, or split the source and convert one part by an `expression`.",
        )  # fmt: skip

    def _spellings(self, name: str, column: str, relation: str) -> list[Problem]:
        """One word written in several ways: 'Pro', 'pro', 'PRO'. Columns with very many values are no categories."""
        sample = f"(SELECT {column} AS x FROM {relation} WHERE {column} IS NOT NULL LIMIT 100000)"
        different = int(str(self._engine.scalar(f"SELECT approx_count_distinct(x) FROM {sample}")))
        if different > MOST_CATEGORIES:
            return []
        groups = self._engine.query(
            f"SELECT list(x ORDER BY n DESC, x) AS forms, CAST(sum(n) - max(n) AS BIGINT) AS others FROM "
            f"(SELECT {column} AS x, count(*) AS n FROM {relation} WHERE {column} IS NOT NULL GROUP BY x) "
            r"GROUP BY lower(regexp_replace(x, '[\s_-]+', ' ', 'g')) HAVING count(*) > 1 ORDER BY others DESC, forms"
        ).to_pylist()
        if not groups:
            return []
        count = sum(int(g["others"]) for g in groups)
        listed = "; ".join(" / ".join(g["forms"][:4]) for g in groups[:3])
        remedy = "Make them one with `values:`, such as `values: {pro: Pro}`."
        message = f"{name} writes the same word in several ways: {listed}"
        rare = ", ".join(quote_literal(form) for g in groups for form in g["forms"][1:])
        examples = self._first_examples(f"{column} IN ({rare})", column)
        return [self._problem("spelling-variants", Severity.WARNING, message, remedy, count, name, examples)]

    def _first_examples(self, condition: str, shown: str) -> list[Example]:
        examples: list[Example] = []
        for landed in self._files:
            if len(examples) < EXAMPLES:
                relation = f"read_parquet({path_literal(landed.parquet)}, file_row_number = true)"
                examples += self._examples(landed, relation, condition, shown)
        return examples[:EXAMPLES]

    def _currencies(self, relation: str) -> list[Problem]:
        """Amounts in other currencies: converted where there is a rate, unknown where there is none."""
        if "currency" not in self._source.columns:
            return []
        counts = self._engine.query(
            f"SELECT upper(currency) AS x, count(*) AS n FROM {relation} WHERE currency IS NOT NULL "
            "GROUP BY x ORDER BY n DESC, x"
        ).to_pylist()
        own = self._currency
        others = [(str(c["x"]), int(c["n"])) for c in counts if c["x"] != own]
        return [
            *self._converted([(x, n) for x, n in others if x in self._rates]),
            *self._unconverted([(x, n) for x, n in others if x not in self._rates]),
        ]

    def _converted(self, counts: Sequence[tuple[str, int]]) -> list[Problem]:
        if not counts:
            return []
        rows = sum(n for _, n in counts)
        listed = ", ".join(f"{n:,} in {x} at {_rate_text(self._rates[x])}" for x, n in counts[:5])
        message = f"{rows:,} amounts were converted to {self._currency}: {listed}"
        remedy = "Keep `rates` in beachhead.yml up to date; a rate may be given for each day, and holds from it on."
        return [self._problem("converted-currencies", Severity.INFO, message, remedy, rows, "currency")]

    def _unconverted(self, counts: Sequence[tuple[str, int]]) -> list[Problem]:
        if not counts:
            return []
        own, rows = self._currency, sum(n for _, n in counts)
        listed = ", ".join(f"{n:,} in {x}" for x, n in counts[:5]) + (", …" if len(counts) > 5 else "")
        message = f"{rows:,} amounts are in another currency than the project's, {own}, and have no rate: {listed}"
        known = [x for x, _ in counts if x in CURRENCIES]
        line = ", ".join(f"{x}: <{own} for one {x}>" for x in known[:5])
        remedy = f"They count as unknown. Write in beachhead.yml `rates: {{{line}}}`, or convert them in the export."
        if not known:
            word = counts[0][0].title() if counts[0][0].isascii() else counts[0][0]
            remedy = f"They count as unknown. Name the currency with `values:`, such as `values: {{{word}: {own}}}`."
        names = ", ".join(quote_literal(x) for x, _ in counts)
        examples = self._first_examples(f"upper(currency) IN ({names})", "currency")
        return [self._problem("mixed-currencies", Severity.WARNING, message, remedy, rows, "currency", examples)]

    def _repeats(self, relation: str) -> list[Problem]:
        """Rows that are alike in every mapped column; where a key is mapped, its repeats are reported instead."""
        if self.rows > MOST_ROWS_FOR_REPEATS or any(k in self._source.columns for k in self._table.key[:1]):
            return []
        columns = [quote_name(name) for name, _ in self._columns()]
        if len(columns) < 2:
            return []
        listed = ", ".join(columns)
        count = int(str(self._engine.scalar(f"SELECT count(*) - count(DISTINCT hash({listed})) FROM {relation}")))
        if not count:
            return []
        message = f"{count:,} rows repeat another one in every mapped column"
        remedy = "See whether the export holds them twice; without an id they all count."
        examples = self._repeat_examples(listed)
        return [self._problem("repeated-rows", Severity.WARNING, message, remedy, count, None, examples)]

    def _repeat_examples(self, listed: str) -> list[Example]:
        landed = self._files[0]
        rows = self._engine.query(
            f"SELECT n, text FROM (SELECT file_row_number AS n, concat_ws(', ', {listed}) AS text, "
            f"row_number() OVER (PARTITION BY {listed} ORDER BY file_row_number) AS nth "
            f"FROM read_parquet({path_literal(landed.parquet)}, file_row_number = true)) WHERE nth > 1 "
            f"ORDER BY n LIMIT {EXAMPLES}"
        )
        lines = locate(landed, rows["n"].to_pylist())
        return [Example(landed.file, n, str(x)) for n, x in zip(lines, rows["text"].to_pylist(), strict=True)]

    def _problem(
        self, code: str, severity: Severity, message: str, remedy: str, count: int, column: str | None,
        examples: Sequence[Example] = (),
    ) -> Problem:  # fmt: skip
        return Problem(
            code, severity, message, remedy, count, self.rows, self._source.name, self._table.name, column,
            tuple(examples),
        )  # fmt: skip


def _rate_text(steps: RateSteps) -> str:
    """One rate, or the lowest and the highest of several."""
    worth = sorted({rate for _, rate in steps})
    return f"{worth[0]:g}" if len(worth) == 1 else f"{worth[0]:g} to {worth[-1]:g}"
