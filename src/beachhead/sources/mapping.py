"""A mapping as SQL: texts → values → expressions → local days, each a layer over the one before.

For mapped column number i the layers hold `t{i}` (trimmed text), `v{i}` (value) and, for timestamps, `d{i}`
(local day) and `l{i}` (local time, which rules and expressions see). Column numbers, never names, so that no name of a
file or mapping becomes SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from beachhead.engines.base import SQL_TYPES
from beachhead.engines.duck import quote_literal, quote_name
from beachhead.errors import DefinitionError, Diagnostic, Place
from beachhead.project.definitions import ColumnMap, SourceDefinition, ValueTypeName
from beachhead.project.model import LARGEST_PRODUCT, Table, day_column
from beachhead.rules import (
    FixedCatalog,
    Node,
    ValueType,
    attribute_order,
    attribute_sql,
    attributes_used,
    check_expression,
    check_rule,
    parse,
    to_sql,
    walk,
)
from beachhead.rules.ast import RelativeDate
from beachhead.sources import identity
from beachhead.sources.dates import Reading, bad_formats, in_utc, needs_zones, parsed, parsed_as_utc
from beachhead.sources.lists import list_sql
from beachhead.sources.readers import Reader
from beachhead.sources.sizes import class_sql, is_range_sql
from beachhead.sources.values import MOST_DIGITS, constant_text, text_sql, value_sql
from beachhead.sources.zones import to_local, to_utc

_NO_DAY = date(1970, 1, 1)


class PlaceOf(Protocol):
    """Where a key of a source's file stands; `keys` as in ("columns", "amount", "column")."""

    def __call__(self, *keys: str | int) -> Place | None: ...


@dataclass(frozen=True, slots=True)
class Field:
    """One mapped column. `number` names it in SQL; `is_shown`: it is in the landed file.

    `largest`: numbers are below it.
    """

    number: int
    name: str
    type: ValueTypeName
    column: ColumnMap
    required: bool
    is_shown: bool
    section: str
    largest: int | None = None

    @property
    def text(self) -> str:
        return f"t{self.number}"

    @property
    def value(self) -> str:
        return f"v{self.number}"

    @property
    def day(self) -> str:
        return f"d{self.number}"

    @property
    def local(self) -> str:
        return f"l{self.number}"

    @property
    def known(self) -> str:
        """What an expression sees: of a date its day, of a timestamp the local time."""
        if self.type == "timestamp":
            return self.local
        return self.day if self.is_read and self.type == "date" else self.value

    @property
    def is_read(self) -> bool:
        """Whether its value is made from a text (and not by an expression)."""
        return self.column.expression is None

    @property
    def is_counted(self) -> bool:
        """Whether it is a number that an expression gives, which may be too large."""
        return not self.is_read and self.type in ("integer", "number", "money")

    @property
    def can_be_unreadable(self) -> bool:
        return self.is_counted or (self.is_read and self.type not in ("text", "list"))

    @property
    def is_dated(self) -> bool:
        """Whether it is read as a date or timestamp."""
        return self.is_read and self.type in ("date", "timestamp")


@dataclass(frozen=True)
class SourceMapping:
    """A source's mapping with checked expressions. `conditions` are SQL over the value layer.

    `named`: columns that an expression or the filter uses. `ids`: column → SQL of ids that are prefixed or made.
    """

    table: Table
    fields: tuple[Field, ...]
    expressions: Mapping[str, str]
    order: tuple[str, ...]
    where: str | None
    named: frozenset[str]
    source_zone: str
    project_zone: str
    units: Units
    ids: Mapping[str, str]

    @property
    def wanted(self) -> tuple[str, ...]:
        """The source columns that are needed."""
        return tuple(dict.fromkeys(f.column.column for f in self.fields if f.column.column is not None))

    def left_out(self) -> str | None:
        """SQL: the filter does not take this record, or it only continues the order of a record above."""
        parts = [f"({self.where}) IS NOT TRUE"] if self.where else []
        others = [f for f in self.fields if f.column.column is not None and f.name != "order_id"]
        order = next((f for f in self.fields if f.name == "order_id"), None)
        if self.table.name == "orders" and order and sum(f.required for f in others) and len(others) > 1:
            parts.append(f"({order.value} IS NOT NULL AND coalesce({_texts(others)}) IS NULL)")
        return " OR ".join(parts) or None

    def set_aside(self, broken: str | None) -> str | None:
        """SQL: the record cannot be used."""
        parts = ["is_broken"] if broken else []
        parts += [f"{f.value} IS NULL" for f in self.fields if f.required]
        return " OR ".join(parts) or None

    def unreadable(self) -> str | None:
        """SQL: a value that is not required could not be read."""
        parts = [
            f"({f.text} IS NOT NULL AND {f.value} IS NULL)"
            for f in self.fields
            if f.can_be_unreadable and not f.required
        ]
        return " OR ".join(parts) or None

    def values(self, reader: Reader, readings: Mapping[str, Reading], numbered: bool = False) -> str:
        """A FROM item with t and v of all fields, d of timestamps, `is_broken` where the reader says so.

        `numbered`: the number of the record as `n` too, and its raw texts as `r0`, `r1` … (see `record`).
        """
        first = [f"{self._text(f, reader)} AS {f.text}" for f in self.fields if f.is_read]
        first += [f"({reader.broken}) AS is_broken"] if reader.broken else []
        if numbered:
            first += [f"{raw} AS r{k}" for k, raw in enumerate(self._raws(reader))]
            first.append("row_number() OVER () - 1 AS n")
        sql = f"(SELECT {', '.join(first) or '1'} FROM {reader.relation})"
        zones = needs_zones(self.source_zone, self.project_zone)
        if zones:
            kinds: list[str] = []
            for f in self.fields:
                if f.is_dated:
                    p = parsed(f.text, readings.get(f.name, Reading()))
                    kinds += [f"{s} AS {k}{f.number}" for k, s in (("m", p.moment), ("w", p.wall), ("y", p.day))]
            sql = _layer(sql, kinds)
        sql = _layer(sql, [f"{self._value(f, readings, zones)} AS {f.value}" for f in self.fields if f.is_read])
        sql = _layer(sql, [self._local(f) for f in self.fields if f.is_read and self._is_local(f)])
        sql = _layer(sql, self._days(lambda f: f.is_read))
        for name in self.order:
            field, expression = self._field(name), self.expressions[name]
            if field.is_counted:
                sql = _layer(sql, [f"{expression} AS e{field.number}"])
                sql = _layer(sql, _fitting(field))
            elif field.type == "list":
                sql = _layer(sql, [f"{expression} AS {field.text}"])
                sql = _layer(sql, [f"{list_sql(field.text, field.column.separator, str)} AS {field.value}"])
            elif field.type == "timestamp":
                sql = _layer(sql, [f"{expression} AS {field.local}"])
                sql = _layer(sql, [f"{to_utc(field.local, self.project_zone)} AS {field.value}"])
            else:
                sql = _layer(sql, [f"{expression} AS {field.value}"])
        return self._with_ids(self._without_vast_products(_layer(sql, self._days(lambda f: not f.is_read))))

    def _with_ids(self, sql: str) -> str:
        """The same with ids as the registry knows them."""
        made = ", ".join(f"{made} AS {self._field(name).value}" for name, made in self.ids.items())
        return f"(SELECT * REPLACE ({made}) FROM {sql})" if made else sql

    def _without_vast_products(self, sql: str) -> str:
        """The same without prices that cannot be multiplied by their quantities."""
        by_name = {f.name: f for f in self.fields}
        if self.table.product is None or (self.table.name == "order_lines" and "amount" in by_name):
            return sql
        price, quantity = (by_name.get(name) for name in self.table.product)
        if price is None or quantity is None:
            return sql
        vast = f"abs(CAST({price.value} AS DOUBLE) * {quantity.value}) > {LARGEST_PRODUCT}"
        shown = f", coalesce({price.text}, CAST({price.value} AS VARCHAR)) AS {price.text}" if price.is_counted else ""
        value = f"CASE WHEN {vast} THEN NULL ELSE {price.value} END AS {price.value}"
        return f"(SELECT * REPLACE ({value}{shown}) FROM {sql})"

    def record(self, reader: Reader) -> str:
        """SQL of a whole record as it can be shown, over numbered `values`."""
        texts = ", ".join(f"coalesce(r{k}, '')" for k in range(len(self._raws(reader))))
        return f"array_to_string([{texts}], ', ')" if texts else "''"

    def _raws(self, reader: Reader) -> list[str]:
        return [reader.record] if reader.record else [reader.columns[c] for c in self.wanted]

    def output(self) -> list[str]:
        """The SELECT list of the landed file, over `values`."""
        by_name = {f.name: f for f in self.fields}
        listed: list[str] = []
        for column in self.table.columns:
            field = by_name.get(column.name)
            sql_type = SQL_TYPES[column.type]
            source = self._final(field) if field else f"CAST(NULL AS {sql_type})"
            listed.append(f"{source} AS {quote_name(column.name)}")
            if column.type == "timestamp":
                listed.append(
                    f"{field.day if field else 'CAST(NULL AS DATE)'} AS {quote_name(day_column(column.name))}"
                )
        for field in self.fields:
            if field.section in ("match", "same_as") or (field.section == "extra" and field.is_shown):
                listed.append(f"{self._final(field)} AS {quote_name(field.name)}")
                if field.type == "timestamp":
                    listed.append(f"{field.day} AS {quote_name(day_column(field.name))}")
        return listed

    def _final(self, field: Field) -> str:
        """Of dates the local day; of further timestamps the local time, since rules compare them with days."""
        if field.section == "extra" and field.type == "timestamp":
            return field.local
        return field.day if field.type == "date" else field.value

    def _is_local(self, field: Field) -> bool:
        """Whether the local time of a column is needed, and not only its day."""
        return field.type == "timestamp" and (field.section == "extra" or field.name in self.named)

    def _local(self, field: Field) -> str:
        return f"{to_local(field.value, self.project_zone)} AS {field.local}"

    def _days(self, which: Callable[[Field], bool]) -> list[str]:
        made = []
        for f in self.fields:
            if which(f) and f.type in ("date", "timestamp"):
                if f.type == "timestamp" and (self._is_local(f) or not f.is_read):
                    local = f.local
                else:
                    local = to_local(f.value, self.project_zone) if f.is_read else f.value
                made.append(f"CAST({local} AS DATE) AS {f.day}")
        return made

    def _field(self, name: str) -> Field:
        return next(f for f in self.fields if f.name == name)

    def _text(self, field: Field, reader: Reader) -> str:
        column = field.column
        if field.section == "made":
            return "CAST(NULL AS VARCHAR)"
        if column.column is None:
            return f"CAST({quote_literal(constant_text(column.constant, column))} AS VARCHAR)"
        text = text_sql(reader.columns[column.column], column, reader.blanks)
        size = size_column(self.fields) if self.table.name == "companies" else None
        if field is size:
            return class_sql(text)
        if size and field.name == "employees" and column.column == size.column.column:
            return f"CASE WHEN NOT {is_range_sql(text)} THEN {text} END"  # told by the class, and no fault
        return text

    def _value(self, field: Field, readings: Mapping[str, Reading], zones: bool) -> str:
        if not field.is_dated:
            return value_sql(field.text, field.type, field.column, self.units.factor(field.column), field.largest)
        if zones:
            n = field.number
            return in_utc(f"m{n}", f"w{n}", f"y{n}", self.source_zone, self.project_zone)
        return parsed_as_utc(field.text, readings.get(field.name, Reading()))


def _texts(fields: Sequence[Field]) -> str:
    return ", ".join(f.text for f in fields)


def size_column(fields: Sequence[Field]) -> Field | None:
    """The size class of companies, where a column of the file gives it."""
    return next((f for f in fields if f.name == "size_band" and f.section == "columns" and f.column.column), None)


def _layer(sql: str, added: Sequence[str]) -> str:
    return f"(SELECT *, {', '.join(added)} FROM {sql})" if added else sql


def _fitting(field: Field) -> list[str]:
    """The value of what an expression gives, a double `e`, if it fits; else a text that tells of it.

    Money is rounded half away from zero, as where it is read from a text.
    """
    number = f"e{field.number}"
    fits = f"abs({number}) < {field.largest or 10**MOST_DIGITS}"
    if field.type == "number" and not field.largest:
        fits = f"isfinite({number})"
    rounded = f"round({number})" if field.type == "money" else f"floor({number} + 0.5)"
    whole = number if field.type == "number" else f"CAST({rounded} AS BIGINT)"
    return [
        f"CASE WHEN {fits} THEN {whole} END AS {field.value}",
        f"CASE WHEN NOT {fits} THEN CAST({number} AS VARCHAR) END AS {field.text}",
    ]


def make_mapping(
    source: SourceDefinition, table: Table, project_zone: str, minor_digits: int, place_of: PlaceOf,
    other_digits: Mapping[str, int] | None = None,
) -> SourceMapping:  # fmt: skip
    """Check a source's mapping as far as it needs no file. Raises `DefinitionError` with all mistakes.

    `minor_digits`: of the project's currency; `other_digits`: of currencies with rates that have more or fewer.
    """
    fields = _fields(source, table, place_of)
    units = _units(source, fields, minor_digits, other_digits or {})
    compiled = _compile(source, fields, units, place_of)
    ids = identity.identity_sql(source, table, {f.name: f.value for f in fields})
    return SourceMapping(table, fields, *compiled, source.timezone or project_zone, project_zone, units, ids)


@dataclass(frozen=True, slots=True)
class Units:
    """How many minor units an amount's unit has: SQL over the texts of a record."""

    major: str

    def factor(self, column: ColumnMap) -> str:
        return "1" if column.unit == "minor" else self.major


def lands_in_own_units(source: SourceDefinition) -> bool:
    """Whether amounts land in minor units of their row's currency, and not of the project's."""
    currency = source.columns.get("currency")
    return currency is not None and currency.expression is None


def _units(source: SourceDefinition, fields: Sequence[Field], digits: int, others: Mapping[str, int]) -> Units:
    by_name = {f.name: f for f in fields if f.section == "columns"}
    if not others or not lands_in_own_units(source) or "currency" not in by_name:
        return Units(str(10**digits))
    whens = " ".join(f"WHEN {quote_literal(code)} THEN {10**n}" for code, n in sorted(others.items()))
    return Units(f"CAST(CASE upper({by_name['currency'].text}) {whens} ELSE {10**digits} END AS DECIMAL(5, 0))")


def _fields(source: SourceDefinition, table: Table, place_of: PlaceOf) -> tuple[Field, ...]:
    fields: list[Field] = []
    mistakes: list[Diagnostic] = []
    for name, column in source.columns.items():
        known = table.column(name)
        if known is None:
            place = place_of("columns", name)
            mistakes.append(Diagnostic.unknown_name(f"{table.name} column", name, table.column_names, place))
            continue
        required = known.required or column.required
        fields.append(Field(len(fields), name, known.type, column, required, True, "columns", known.largest))
    for name, column in source.extra.items():
        type_ = column.type or "text"
        fields.append(Field(len(fields), name, type_, column, column.required, not column.hidden, "extra"))
    for known_of, column in source.match.by.items():
        fields.append(Field(len(fields), identity.match_column(known_of), "text", column, False, True, "match"))
    for namespace, column in source.match.same_as.items():
        fields.append(Field(len(fields), identity.same_as_column(namespace), "text", column, False, True, "same_as"))
    makes_ids = identity.makes_ids(source, table)
    if makes_ids and "account_id" not in source.columns:
        known = table.column("account_id")
        required = known is not None and known.required
        fields.append(Field(len(fields), "account_id", "text", ColumnMap(constant=""), required, True, "made"))
    mistakes += [
        Diagnostic(
            "required-column-unmapped",
            f"source '{source.name}' maps nothing to {table.name}.{needed.name}",
            place=place_of("columns"),
            why=f"it is {needed.description}; rows without it cannot be used",
            remedy=f"Add `{needed.name}: <column of the file>` under columns.",
        )
        for needed in table.columns
        if needed.required and needed.name not in source.columns and not (makes_ids and needed.name == "account_id")
    ]
    for field in fields:
        if field.is_dated and (bad := bad_formats(field.column.format)):
            mistakes.append(
                Diagnostic(
                    "bad-date-format", f"'{bad[0]}' is not a date format",
                    place=place_of(field.section, field.name, "format"),
                    remedy="Write it in strptime form, such as '%d-%m-%Y' or '%m/%d/%Y %H:%M'.",
                )
            )  # fmt: skip
    if mistakes:
        raise DefinitionError(mistakes)
    return tuple(fields)


def _compile(
    source: SourceDefinition, fields: Sequence[Field], units: Units, place_of: PlaceOf
) -> tuple[dict[str, str], tuple[str, ...], str | None, frozenset[str]]:
    """SQL of expressions, the order in which they are computed, the filter's SQL, and the columns that they name."""
    by_name = {f.name: f for f in fields}
    catalog = FixedCatalog({f.name: ValueType(f.type) for f in fields})
    mistakes: list[Diagnostic] = []
    nodes: dict[str, Node] = {}
    for field in fields:
        if field.column.expression is not None:
            place = place_of(field.section, field.name, "expression")
            node = _parsed(field.column.expression, place, mistakes)
            if node is not None:
                nodes[field.name] = node
    order = attribute_order(nodes)
    mistakes += order.diagnostics
    expressions: dict[str, str] = {}
    for name in order.names:
        field = by_name[name]
        checked = check_expression(nodes[name], catalog, is_of_customers=False)
        mistakes += [d for d in checked.diagnostics if d.is_error]
        if checked.ok and checked.type is not None:
            sql = _expression_sql(checked.node, checked.type, field, by_name, units)
            if sql is None:
                message = f"'{name}' is {field.type}, its expression gives {checked.type}"
                place = place_of(field.section, name, "expression")
                mistakes.append(Diagnostic("wrong-type", message, place=place, remedy="Correct the expression."))
            else:
                expressions[name] = sql
    where = None
    named = frozenset[str]().union(*map(attributes_used, nodes.values()))
    if source.where is not None:
        node = _parsed(source.where, place_of("where"), mistakes)
        if node is not None:
            checked = check_rule(node, catalog, is_of_customers=False)
            mistakes += [d for d in checked.diagnostics if d.is_error]
            if checked.ok:
                named |= attributes_used(checked.node)
                where = to_sql(checked.node, _NO_DAY, _no_segments, lambda n: by_name[n].known)
    if mistakes:
        raise DefinitionError(mistakes)
    return expressions, order.names, where, named


def _parsed(text: str, place: Place | None, mistakes: list[Diagnostic]) -> Node | None:
    try:
        node = parse(text, place)
    except DefinitionError as e:
        mistakes += e.diagnostics
        return None
    if any(isinstance(part, RelativeDate) for part in walk(node)):
        mistakes.append(
            Diagnostic(
                "depends-on-today",
                "what is read from a file cannot depend on the day of reading",
                place=place,
                remedy="Use fixed dates here; relative ones belong into segments and attributes.",
            )
        )
        return None
    return node


def _expression_sql(
    node: Node, found: ValueType, field: Field, by_name: Mapping[str, Field], units: Units
) -> str | None:
    """SQL of an expression in the type of its column, of numbers as a double; None when the types do not fit.

    A plain number for a money column is in the column's unit; an expression over money is in minor units already.
    """

    def column_sql(name: str) -> str:
        return by_name[name].known

    numeric = (ValueType.INTEGER, ValueType.NUMBER, ValueType.MONEY)
    wanted = ValueType(field.type)
    if wanted is ValueType.MONEY and found in (ValueType.INTEGER, ValueType.NUMBER):
        factor = units.factor(field.column)
        return f"CAST(({to_sql(node, _NO_DAY, _no_segments, column_sql)}) AS DOUBLE) * {factor}"
    fits = (
        found == wanted
        or (wanted in numeric and found in numeric)
        or {wanted, found} <= {ValueType.DATE, ValueType.TIMESTAMP}
        or (wanted is ValueType.LIST and found is ValueType.TEXT)
    )
    if wanted is ValueType.TEXT and not fits:
        return f"CAST(({to_sql(node, _NO_DAY, _no_segments, column_sql)}) AS VARCHAR)"
    if wanted in numeric:
        wanted = ValueType.NUMBER
    return attribute_sql(node, wanted, _NO_DAY, _no_segments, column_sql) if fits else None


def _no_segments(_name: str) -> str:
    return "false"
