"""From landed files to the model tables as they stood on a day: union, keep-first, match to accounts.

Works in DuckDB on Parquet. For each model table `t` a table `t` appears in the engine, with `account_no`
instead of `account_id`. Rows that repeat a key or name no customer are not in it: they are set aside and
reported, with file and line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from beachhead.customers.columns import columns_of, extra_types, model_columns
from beachhead.customers.keys import agreeing, first_of_each, lines_of_other_files, place_sql
from beachhead.customers.ledger import LINES, MRR_PERIODS, ledger_sql
from beachhead.customers.model_cache import ModelCache, StoredTable, view_of
from beachhead.customers.model_tables import brought_back, hand_over
from beachhead.customers.rates import CURRENCY_RATES, Rates
from beachhead.customers.record import MODEL_TABLES, PERIODS, PROFILES, profile_sql
from beachhead.customers.set_aside import SCHEMA, Reason, set_aside
from beachhead.engines.base import Engine
from beachhead.engines.dialect import emit
from beachhead.engines.duck import DuckEngine, parquet, quote_name
from beachhead.errors import Severity
from beachhead.project.currency import rate_steps
from beachhead.project.definitions import ColumnMap, MatchField, Settings, SourceDefinition, ValueTypeName
from beachhead.project.model import BY_NAME, TABLES, Table, day_column
from beachhead.sources.identity import makes_ids, match_column
from beachhead.sources.landing import LandedFile
from beachhead.sources.problems import Problem


@dataclass(frozen=True, slots=True)
class KnownSource:
    """A source as it was known on the day in question.

    `knows_state`: false when the day lies before the first load, so that undated facts are unknown. `said_in`: of a
    list of customers taken from what rows of another table say of them, which name each many times, where they do.
    """

    definition: SourceDefinition
    files: tuple[LandedFile, ...]
    knows_state: bool = True
    said_in: Mapping[str, MatchField] = field(default_factory=dict)

    @property
    def is_mention(self) -> bool:
        """Whether it is such a list."""
        return bool(self.said_in)

    @property
    def table(self) -> Table:
        return BY_NAME[self.definition.table]


@dataclass(frozen=True, slots=True)
class Assembly:
    """What assembling found: problems, and the rows set aside (source, file, line, code, value).

    `files`: the stored model tables by name.
    """

    problems: tuple[Problem, ...]
    set_aside: pa.Table
    files: Mapping[str, Path]


class Assembler:
    """Builds the model tables in one engine, for one day, and hands them to the engine that runs the model's SQL.

    `accounts`, `users`: FROM items of the registry, (account_no, account_id) and (user_no, user_id). `identity`: a
    text that changes when ids come to mean other customers.
    """

    def __init__(
        self,
        engine: DuckEngine,
        sources: Sequence[KnownSource],
        accounts: str,
        users: str,
        identity: str,
        settings: Settings,
        cache: ModelCache,
        model: Engine,
    ) -> None:
        self._engine = engine
        self._model = model
        self._cache = cache
        self._sources = sources
        self._accounts = accounts
        self._users = users
        self._identity = identity
        self._settings = settings
        self._rates = Rates(settings.currency, rate_steps(settings.rates))
        self._problems: list[Problem] = []
        self._set_aside: list[pa.Table] = []

    def assemble(self) -> Assembly:
        """Make every model table but events (which have a store of their own), and what derives from them."""
        made_of: dict[str, list[str]] = {}
        for table in TABLES:
            if table.name == "events":
                continue
            mapped = [s for s in self._sources if s.table is table]
            if not mapped:
                self._make_empty(table)
                continue
            parts = self._parts(table, mapped, made_of)
            stored = self._cache.find(table.name, parts)
            if stored:
                self._problems += stored.problems
                self._set_aside.append(stored.set_aside)
            else:
                stored = self._make(table, mapped, parts)
            self._engine.execute(f"CREATE TEMP VIEW {table.name} AS {view_of(stored.path)}")
            made_of[table.name] = [str(stored.accounts), *parts]
        hand_over(self._engine, self._model, MODEL_TABLES)
        self._make_ledger(made_of)
        profiles = profile_sql(self._extra("accounts"), self._extra("companies"))
        self._derive(PROFILES, profiles, [*made_of.get("accounts", []), "", *made_of.get("companies", [])])
        rows = pa.concat_tables(self._set_aside) if self._set_aside else SCHEMA.empty_table()
        return Assembly(tuple(self._problems), rows, dict(self._cache.used))

    def _extra(self, table: str) -> dict[str, ValueTypeName]:
        return extra_types([s.definition for s in self._sources if s.table.name == table])

    def _parts(self, table: Table, mapped: Sequence[KnownSource], made_of: Mapping[str, Sequence[str]]) -> list[str]:
        """All that a table is made of: its own sources, and the tables that lend it the customer's id."""
        lender = "orders" if table.name == "order_lines" else "users" if table.column("user_id") else None
        return [
            self._rates.own,
            *(f"{code} {steps!r}" for code, steps in sorted(self._rates.worth.items())),
            self._identity,
            *(f"{s.definition.model_dump_json()} {s.knows_state} {[f.key for f in s.files]}" for s in mapped),
            *made_of.get(lender or "", ()),
        ]

    def _make_ledger(self, made_of: Mapping[str, Sequence[str]]) -> None:
        """The MRR ledger up to its periods, which the customer record reads."""
        ledger = ledger_sql(self._settings, made_of.keys())
        model = self._model
        model.load(CURRENCY_RATES, self._rates.table())
        steps = {n: ledger.steps[n] for n in (LINES, MRR_PERIODS)}
        views = {n: emit(s, model.dialect, ledger.parameters, model.unsupported) for n, s in steps.items()}
        for name, sql in views.items():
            model.execute(f"CREATE TEMP VIEW {name} AS {sql}")
        made = [*views.values(), repr(self._rates.worth), *(made_of.get("subscriptions") or made_of.get("charges", []))]
        self._derive(PERIODS, ledger.steps[PERIODS], made)

    def _derive(self, name: str, sql: str, made_of: Sequence[str]) -> None:
        """A table computed from model tables by catalogue SQL, made once for each state of theirs."""
        sql = emit(sql, self._model.dialect, None, self._model.unsupported)
        stored = self._cache.find(name, [sql, *made_of])
        if not stored:
            relation = brought_back(self._engine, self._model, name, sql)
            stored = self._cache.store(self._engine, relation, name, [sql, *made_of], (), SCHEMA.empty_table())
        self._engine.execute(f"CREATE TEMP VIEW {name} AS {view_of(stored.path)}")
        hand_over(self._engine, self._model, [name])

    def _make(self, table: Table, mapped: Sequence[KnownSource], parts: Sequence[str]) -> StoredTable:
        """Assemble a table and store it, with what is wrong with it."""
        problems, set_aside = len(self._problems), len(self._set_aside)
        if table.state and "account_id" in table.key:
            self._make_state(table, mapped)
        else:
            self._make_rows(table, mapped)
        aside = pa.concat_tables([SCHEMA.empty_table(), *self._set_aside[set_aside:]])
        assembled = f"assembled_{table.name}"
        stored = self._cache.store(self._engine, assembled, table.name, parts, self._problems[problems:], aside)
        self._engine.execute(f"DROP TABLE IF EXISTS {table.name}_all")
        return stored

    def _make_empty(self, table: Table) -> None:
        columns = ", ".join(f"{n} {t}" for n, t in model_columns(table, {}).items())
        self._engine.execute(f"CREATE TEMP TABLE {table.name} ({columns})")

    def _make_rows(self, table: Table, mapped: Sequence[KnownSource]) -> None:
        """A table of facts: all sources' rows, first row of a key wins, each with its account."""
        extra = extra_types([s.definition for s in mapped])
        raw = f"raw_{table.name}"
        selects = [_select_source(s, n, columns_of(table, extra), self._rates) for n, s in enumerate(mapped)]
        self._engine.execute(f"CREATE TEMP VIEW {raw} AS {' UNION ALL '.join(selects)}")
        names = model_columns(table, extra)
        unmatched = f"{raw}_unmatched"
        self._report_backward(raw, table, mapped)
        clean = self._keep_first(table.key, self._without_repeated_lines(raw, table, mapped), mapped)
        if "account_id" not in columns_of(table, {}):
            listed = ", ".join(f"r.{quote_name(n)}" for n in names)
            self._engine.execute(f"CREATE TEMP VIEW assembled_{table.name} AS SELECT {listed} FROM {clean} AS r")
            return
        account_id, joins = "r.account_id", ""
        of_order: dict[str, str] = {}
        if table.name == "users":
            joins = f" LEFT JOIN {self._users} AS u ON u.user_id = r.user_id"
            account_no = "g.account_no"
        elif table.column("user_id") and any(s.table.name == "users" for s in self._sources):
            joins = " LEFT JOIN users AS u ON u.user_id = CASE WHEN r.account_id IS NULL THEN r.user_id END"
            account_no = "coalesce(g.account_no, u.account_no)"
        elif table.name == "order_lines" and any(s.table.name == "orders" for s in self._sources):
            joins = " LEFT JOIN orders AS u ON u.order_id = r.order_id"
            account_no = "CASE WHEN r.account_id IS NULL THEN u.account_no ELSE g.account_no END"
            of_order = {n: f"coalesce(r.{n}, u.{n})" for n in ("ordered_at", "ordered_day")}
        else:
            account_no = "g.account_no"
        computed = of_order | {"account_no": account_no, "user_no": "u.user_no", "line_order": place_sql("r.")}
        listed = ", ".join(f"{computed[n]} AS {n}" if n in computed else f"r.{quote_name(n)}" for n in names)
        self._engine.execute(
            f"CREATE TEMP TABLE {table.name}_all AS SELECT {listed}, {account_id} AS account_id, r._source, r._file, "
            f"r._row FROM {clean} AS r LEFT JOIN {self._accounts} AS g ON g.account_id = r.account_id{joins}"
        )
        self._engine.execute(f"CREATE TEMP VIEW {unmatched} AS SELECT * FROM {table.name}_all WHERE account_no IS NULL")
        self._report_unmatched(unmatched, table, mapped)
        kept = ", ".join(quote_name(n) for n in names)
        order = " ORDER BY user_no" if table.name == "users" else ""  # so that people are found by their place
        self._engine.execute(
            f"CREATE TEMP VIEW assembled_{table.name} AS "
            f"SELECT {kept} FROM {table.name}_all WHERE account_no IS NOT NULL{order}"
        )

    def _make_state(self, table: Table, mapped: Sequence[KnownSource]) -> None:
        """A table of how customers are: one row per account, each column from the first source that knows it."""
        extra = extra_types([s.definition for s in mapped])
        columns = columns_of(table, extra)
        parts: list[str] = []
        for n, source in enumerate(mapped):
            raw = f"raw_{table.name}_{n}"
            self._engine.execute(f"CREATE TEMP VIEW {raw} AS {_select_source(source, 0, columns, self._rates)}")
            self._report_backward(raw, table, [source])
            clean = raw if source.is_mention else self._keep_first(table.key, raw, [source])
            part = f"part_{table.name}_{n}"
            self._engine.execute(
                f"CREATE TEMP TABLE {part} AS SELECT g.account_no, r.* FROM {clean} AS r "
                f"LEFT JOIN {self._accounts} AS g ON g.account_id = r.account_id"
            )
            unmatched = f"{part}_unmatched"
            self._engine.execute(f"CREATE TEMP VIEW {unmatched} AS SELECT * FROM {part} WHERE account_no IS NULL")
            if not source.is_mention:
                self._report_unmatched(unmatched, table, [source])
            parts.append(self._merge(part, list(columns)))
        values = [n for n in columns if n != "account_id"]
        if len(parts) == 1:
            listed = ", ".join(quote_name(n) for n in values)
            sql = f"SELECT account_no, account_id, {listed} FROM {parts[0]} WHERE account_no IS NOT NULL"
        else:
            named = " UNION ALL ".join(
                f"SELECT account_no, account_id, {n} AS part FROM {p} WHERE account_no IS NOT NULL"
                for n, p in enumerate(parts)
            )
            keys = f"SELECT account_no, arg_min(account_id, part) AS account_id FROM ({named}) GROUP BY account_no"
            listed = ", ".join(
                f"coalesce({', '.join(f'{p}.{quote_name(n)}' for p in parts)}) AS {quote_name(n)}" for n in values
            )
            joins = " ".join(f"LEFT JOIN {p} ON {p}.account_no = k.account_no" for p in parts)
            sql = f"SELECT k.account_no, k.account_id, {listed} FROM ({keys}) AS k {joins}"
        self._engine.execute(f"CREATE TEMP VIEW assembled_{table.name} AS {sql}")

    def _merge(self, part: str, columns: Sequence[str]) -> str:
        """`part` with one row per customer, where several of its records were found to be of one: each column from
        the first that knows it."""
        if not self._engine.scalar(f"SELECT count(account_no) - count(DISTINCT account_no) FROM {part}"):
            return part
        place = place_sql()
        values = ", ".join(f"arg_min({quote_name(c)}, {place}) AS {quote_name(c)}" for c in columns)
        self._engine.execute(
            f"CREATE TEMP TABLE {part}_merged AS SELECT account_no, {values} FROM {part} "
            "WHERE account_no IS NOT NULL GROUP BY account_no"
        )
        return f"{part}_merged"

    def _without_repeated_lines(self, raw: str, table: Table, mapped: Sequence[KnownSource]) -> str:
        """`raw` without lines of orders that another file of the same source has already, where lines have no ids."""
        if table.name != "order_lines" or all(len(s.files) < 2 for s in mapped):
            return raw
        columns = list(columns_of(table, extra_types([s.definition for s in mapped])))
        clean, again = lines_of_other_files(self._engine, raw, columns)
        if again:
            reason = Reason(
                "repeated-lines",
                "order_id",
                "{n} rows are lines of an order that another file has already; they count once",
                "Nothing to do; files of exports may overlap.",
                Severity.INFO,
            )
            self._report_rows(f"SELECT _source, _file, _row, order_id AS value FROM {again}", mapped, reason)
        return clean

    def _keep_first(self, key: tuple[str, ...], raw: str, mapped: Sequence[KnownSource]) -> str:
        """`raw` without rows that repeat a key; these are set aside."""
        if not key:
            return raw
        clean, later = first_of_each(self._engine, raw, key)
        if later and key == ("order_id",):
            later, again = agreeing(self._engine, clean, later, key[0])
            reason = Reason(
                "order-continued",
                key[0],
                "{n} rows continue or repeat an order of an earlier row and say nothing else of it; it counts once",
                "Nothing to do; exports repeat an order for each of its lines, and may overlap.",
                Severity.INFO,
            )
            self._report_rows(f"SELECT _source, _file, _row, order_id AS value FROM {again}", mapped, reason)
        if later:
            value = f"concat_ws(' / ', {', '.join(quote_name(k) for k in key)})"
            reason = Reason(
                "duplicate-key",
                key[0],
                f"{{n}} rows repeat the {key[0]} of an earlier row; the first was used",
                "Make the column unique in the export, or correct the mapping if it is not the key.",
            )
            self._report_rows(f"SELECT _source, _file, _row, {value} AS value FROM {later}", mapped, reason)
        return clean

    def _report_unmatched(self, unmatched: str, table: Table, mapped: Sequence[KnownSource]) -> None:
        shared = f"SELECT _source, _file, _row, account_id AS value FROM {unmatched} WHERE account_id IS"
        orphan = Reason(
            "orphan-key",
            "account_id",
            f"{{n}} rows of {table.name} name a customer that no customer list has",
            "Add these customers to the list, or see whether the ids are written differently.",
        )
        self._report_rows(f"{shared} NOT NULL", mapped, orphan)
        nobody = Reason(
            "no-customer",
            "account_id",
            f"{{n}} rows of {table.name} have no customer",
            "They count in no customer's figures; if they should, export them with the customer's id.",
        )
        self._report_rows(f"{shared} NULL", mapped, nobody)

    def _report_backward(self, raw: str, table: Table, mapped: Sequence[KnownSource]) -> None:
        """Rows whose later moment lies before the first one, such as an end before the start. They stay in use."""
        columns = {c for s in mapped for c in s.definition.columns}
        for moment in sorted(set(table.reveals.values())):
            if table.known_at not in columns or moment not in columns or moment == table.known_at:
                continue
            reason = Reason(
                "end-before-start",
                moment,
                f"{{n}} rows of {table.name} have a {moment} before their {table.known_at}",
                "Correct the dates, or see whether the two columns are swapped. The rows are used as they are.",
            )
            first, later = day_column(table.known_at), day_column(moment)
            said = (
                f"CASE WHEN {later} < {first} THEN concat_ws(' … ', {first}, {later}) "
                f"ELSE concat_ws(' … ', {table.known_at}, {moment}) END"
            )
            sql = f"SELECT _source, _file, _row, {said} AS value FROM {raw} WHERE {moment} < {table.known_at}"
            self._report_rows(sql, mapped, reason, are_used=True)

    def _report_rows(self, sql: str, mapped: Sequence[KnownSource], reason: Reason, *, are_used: bool = False) -> None:
        rows = self._engine.query(f"SELECT * FROM ({sql}) ORDER BY _source, _file, _row")
        for n, source in enumerate(mapped):
            for m, landed in enumerate(source.files):
                mine = rows.filter((pc.field("_source") == n) & (pc.field("_file") == m))
                if mine.num_rows:
                    problem, table = set_aside(
                        source.definition.name,
                        source.table.name,
                        landed,
                        mine["_row"].to_numpy(),
                        mine["value"],
                        reason,
                    )
                    self._problems.append(problem)
                    if not are_used:
                        self._set_aside.append(table)


def _select_source(source: KnownSource, number: int, columns: Mapping[str, str], rates: Rates) -> str:
    """One source's landed rows with all of `columns`, and where each came from (_source, _file, _row).

    Money in another currency than the project's is converted; where there is no rate for it, it reads as null.
    Undated facts of a source that was not yet loaded on the day read as null, unless declared stable.
    """
    table, definition = source.table, source.definition
    said_in = source.said_in
    has_currency = "currency" in definition.columns
    mapped = set(definition.columns) | {n for n, c in definition.extra.items() if not c.hidden}
    mapped |= {day_column(n) for n in definition.columns if (c := table.column(n)) and c.type == "timestamp"}
    if makes_ids(definition, table):
        mapped.add("account_id")
    listed: list[str] = []
    at = table.known_at
    day = day_column(at) if at in definition.columns and not table.state else None
    for name, type_ in columns.items():
        column = table.column(name)
        origin = definition.columns.get(name) or definition.extra.get(name)
        stable = definition.stable if origin is None or origin.stable is None else origin.stable
        is_id = name in table.key or name == "account_id"
        is_dated = type_ == "DATE" or (column is not None and column.type == "timestamp")
        is_product = table.name == "order_lines" and name == "amount" and "amount" not in definition.columns
        if is_product:
            sql = "try_cast(quantity AS DECIMAL(18, 4)) * unit_price"
            if not has_currency:
                sql = f"try_cast(round({sql}) AS BIGINT)"
        elif name not in mapped or (
            table.state and not source.knows_state and not stable and not is_id and not is_dated
        ):
            sql = f"CAST(NULL AS {type_})"
        else:
            sql = quote_name(match_column(said_in[name]) if name in said_in else name)
        is_money = column.type == "money" if column else (definition.extra[name].type if origin else None) == "money"
        if has_currency and is_money:
            priced = (definition.columns.get("unit_price") if is_product else origin) or ColumnMap(constant=0)
            if table.name == "subscriptions":  # the ledger converts them, day by day
                sql = rates.native(sql, priced, definition)
            else:
                sql = rates.converted(sql, priced, definition, day, has_fractions=is_product)
        listed.append(f"{sql} AS {quote_name(name)}")
    if table.name == "charges":
        listed.append(f"{_native_net(definition, rates)} AS native_net")
        columns = {**columns, "native_net": "BIGINT"}
    parts = [
        f"SELECT {', '.join(listed)}, {number} AS _source, {n} AS _file, file_row_number AS _row "
        f"FROM {parquet(f.parquet, row_numbers=True)}"
        for n, f in enumerate(source.files)
    ]
    if parts:
        return " UNION ALL ".join(parts)
    nothing = ", ".join(f"CAST(NULL AS {t}) AS {quote_name(n)}" for n, t in columns.items())
    return f"SELECT {nothing}, 0 AS _source, 0 AS _file, CAST(0 AS BIGINT) AS _row WHERE false"


def _native_net(definition: SourceDefinition, rates: Rates) -> str:
    """SQL of what is charged, less tax, in its own currency."""
    amount, tax = ("amount" if "amount" in definition.columns else "CAST(NULL AS BIGINT)"), "tax"
    net = f"{amount} - coalesce({tax}, 0)" if tax in definition.columns else amount
    return rates.native(f"({net})", definition.columns.get("amount") or ColumnMap(constant=0), definition)
