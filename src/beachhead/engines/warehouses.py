"""Warehouses that take the statements of rules, though the customer model is not made in them, and how they spell.

They know the entries of the catalogue that stand in `ENTRIES`, which is what rules are printed with; the others were
tried on none of them and are refused.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from beachhead.engines.base import Dialect
from beachhead.engines.spelling import Rewrite, cast, contains, double_division, value_as_double

WAREHOUSES: tuple[Dialect, ...] = ("snowflake", "bigquery", "clickhouse", "spark")

ENTRIES = frozenset(
    {
        "+", "-", "*", "/", "||", "comparison", "between", "in", "is", "like", "and or not", "case", "cast", "interval",
        "coalesce", "nullif", "greatest", "least", "abs", "floor", "ceil", "lower", "length", "substr", "contains",
        "md5", "date_diff", "add_months", "count", "sum", "avg", "min", "max", "row_number", "rank", "over",
    }
)  # fmt: skip


def _is_day(node: exp.Expr) -> bool:
    return isinstance(node, exp.Cast) and node.to.this == exp.DType.DATE


def _days_later(node: exp.Expr) -> exp.Expr:
    """A date and whole days; a number that is computed is not everywhere one that can be added."""
    if not _is_day(node.this) or isinstance(node.expression, exp.Interval):
        return node.copy()
    days = node.expression.copy()
    if isinstance(node, exp.Sub):
        days = exp.Neg(this=days)
    return cast(exp.DateAdd(this=node.this.copy(), expression=days, unit=exp.var("DAY")), "DATE")


def _days_apart(node: exp.Expr) -> exp.Expr:
    """A date less a date, which some give as a span of time, or less whole days."""
    if _is_day(node.this) and _is_day(node.expression):
        return exp.DateDiff(this=node.this.copy(), expression=node.expression.copy(), unit=exp.var("DAY"))
    return _days_later(node)


def _plain_truth(node: exp.Expr) -> exp.Expr:
    """Where only null can be asked for: `a is true` without IS."""
    value = node.expression
    if not isinstance(value, exp.Boolean):
        return node.copy()
    asked = exp.Paren(this=node.this.copy())
    return exp.Coalesce(this=asked if value.this else exp.Not(this=asked), expressions=[exp.false()])


def _one_of_days(node: exp.Expr) -> exp.Expr:
    """A time in a list of days: what `=` compares, a list may not."""
    if not any(isinstance(item, exp.Cast) and item.to.this in _WIDE for item in node.expressions):
        return node.copy()
    same = [exp.EQ(this=node.this.copy(), expression=item.copy()) for item in node.expressions]
    return exp.Paren(this=exp.or_(*same, copy=False))


def _whole_days(node: exp.Expr) -> exp.Expr:
    made = node.copy()
    made.set("this", exp.Literal.number(node.name))
    return made


def _skipping_nulls(aggregate: str) -> Rewrite:
    """The extreme of values where GREATEST and LEAST give null for any null."""

    def rewrite(node: exp.Expr) -> exp.Expr:
        items = exp.Array(expressions=[node.this.copy(), *(e.copy() for e in node.expressions)])
        unnested = exp.Unnest(expressions=[items], alias=exp.TableAlias(columns=[exp.to_identifier("item")]))
        chosen = exp.func(aggregate, exp.column("item"))
        return exp.Subquery(this=exp.Select(expressions=[chosen], from_=exp.From(this=unnested)))

    return rewrite


def _months_later(node: exp.Expr) -> exp.Expr:
    """Not by ADD_MONTHS: Snowflake's makes the last day of one month the last of another."""
    day, months = cast(node.this.copy(), "DATE"), node.expression.copy()
    return cast(exp.DateAdd(this=day, expression=months, unit=exp.var("MONTH")), "DATE")


def _named(name: str) -> Rewrite:
    """The function that has another name there."""

    def rewrite(node: exp.Expr) -> exp.Expr:
        arguments = (node.args.get(part) for part in ("this", "start", "length"))
        return exp.Anonymous(this=name, expressions=[a.copy() for a in arguments if a])

    return rewrite


_NUMBERS = (exp.Neg, exp.Mul, exp.Div, exp.Floor, exp.Ceil, exp.Abs, exp.Length, exp.DateDiff, exp.Count)


_CHOICES = (exp.Case, exp.Coalesce, exp.Nullif, exp.Greatest, exp.Least)


def _is_number(node: exp.Expr) -> bool:
    """Whether a value is a number, as far as can be seen."""
    value = node.unnest()
    if isinstance(value, exp.Literal):
        return not value.is_string
    if isinstance(value, exp.Cast):
        return value.to.this in (exp.DType.DOUBLE, exp.DType.BIGINT, exp.DType.INT)
    if isinstance(value, exp.Add | exp.Sub):  # of days where nothing is a fraction
        return any(isinstance(part.unnest(), exp.Cast) and _is_number(part) for part in (value.left, value.right))
    return isinstance(value, _NUMBERS) or (isinstance(value, _CHOICES) and any(map(_is_number, _choices(value))))


def _choices(node: exp.Expr) -> list[exp.Expr]:
    """What a CASE, COALESCE, NULLIF, GREATEST or LEAST chooses among."""
    values = [i.args["true"] for i in node.args["ifs"]] if isinstance(node, exp.Case) else [node.this]
    return values + [v for v in (node.args.get("default"), node.args.get("expression"), *node.expressions) if v]


def _numbers_as_double(node: exp.Expr) -> exp.Expr:
    """ClickHouse has no common type for whole numbers and fractions: all of them become fractions."""
    made = node.copy()
    if isinstance(made, exp.If):  # a part of a CASE, which sees to it
        return made
    values = _choices(made)
    if any(map(_is_number, values)):
        for value in values:
            value.replace(cast(value.copy(), "DOUBLE"))
    return made


_ON_ALL: Mapping[str, Rewrite] = {
    "+": _days_later,
    "-": _days_apart,
    "/": double_division,
    "floor": value_as_double,
    "ceil": value_as_double,
    "avg": value_as_double,
    "add_months": _months_later,
}

SPELLINGS: Mapping[Dialect, Mapping[str, Rewrite]] = {
    "snowflake": {**_ON_ALL, "is": _plain_truth},
    "bigquery": {
        **_ON_ALL, "in": _one_of_days, "interval": _whole_days, "contains": contains,
        "greatest": _skipping_nulls("MAX"), "least": _skipping_nulls("MIN"),
    },
    "clickhouse": {
        **_ON_ALL, "in": _one_of_days, "lower": _named("lowerUTF8"), "substr": _named("substringUTF8"),
        **dict.fromkeys(("case", "coalesce", "nullif", "greatest", "least"), _numbers_as_double),
    },
    "spark": _ON_ALL,
}  # fmt: skip


def finished(statement: exp.Expr, dialect: Dialect) -> exp.Expr:
    """The statement with what is said once for all of it."""
    if dialect != "clickhouse":
        return statement
    for node in statement.find_all(exp.Cast):
        if (wide := _WIDE.get(node.to.this)) is not None:
            node.set("to", exp.DataType.build(f"Nullable({wide})", dialect="clickhouse"))
    if isinstance(statement, exp.Select):
        statement.set("settings", [exp.EQ(this=exp.var(s), expression=exp.Literal.number(1)) for s in _SETTINGS])
    return statement


# Without these, an outer join gives 0 where there is nothing, and a name means what SELECT calls so, not the column.
_SETTINGS = ("join_use_nulls", "prefer_column_name_to_alias")
# Its other types of days and times begin in 1970.
_WIDE = {exp.DType.DATE: "Date32", exp.DType.TIMESTAMP: "DateTime64(6)", exp.DType.TIMESTAMPNTZ: "DateTime64(6)"}
