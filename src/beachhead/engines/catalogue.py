"""The catalogue: every operator and function that SQL for the customer model may use, and how engines differ.

One row says what it means, what null does, what is not allowed with it, and how a dialect spells it where
the spelling or the result would differ. A row that no engine changes has no rewrite. `dialect.emit` applies
the rows; nothing outside them gets through.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from sqlglot import exp

from beachhead.engines.base import Dialect

Kind = Literal["operator", "function", "aggregate", "window"]
Rewrite = Callable[[exp.Expr], exp.Expr]
Objection = Callable[[exp.Expr], str | None]


@dataclass(frozen=True, slots=True)
class Entry:
    """One operator or function.

    `nodes` are the parser's names for it; a function of ours that no parser knows has none. `object_to`
    looks at a use and says what is wrong with it (None: nothing). `rewrites` make the dialect's own form.
    """

    name: str
    kind: Kind
    usage: str
    meaning: str
    nulls: str
    nodes: tuple[type[exp.Expr], ...] = ()
    object_to: Objection | None = None
    rewrites: Mapping[Dialect, Rewrite] = field(default_factory=dict)


def cast(value: exp.Expr, to: str) -> exp.Expr:
    return exp.Cast(this=value, to=exp.DataType.build(to, dialect="duckdb"))


def _in_both(rewrite: Rewrite) -> Mapping[Dialect, Rewrite]:
    return {"duckdb": rewrite, "postgres": rewrite}


def _in_postgres(rewrite: Rewrite) -> Mapping[Dialect, Rewrite]:
    return {"postgres": rewrite}


# --- what is not allowed -------------------------------------------------------------------------------------


def _divisor_may_be_zero(node: exp.Expr) -> str | None:
    divisor = node.expression.unnest()
    if isinstance(divisor, exp.Nullif):
        return None
    if isinstance(divisor, exp.Literal) and not divisor.is_string and float(divisor.this) != 0:
        return None
    return "a divisor may be zero, which engines treat differently: write NULLIF(divisor, 0)"


def _sum_without_cast(node: exp.Expr) -> str | None:
    outer = node.parent
    while isinstance(outer, exp.Filter | exp.Window | exp.Paren):
        outer = outer.parent
    if isinstance(outer, exp.Cast) and outer.to.this in (exp.DType.BIGINT, exp.DType.DOUBLE):
        return None
    return "engines widen sums differently: write CAST(sum(…) AS BIGINT) or CAST(sum(…) AS DOUBLE)"


def _null_in_list(node: exp.Expr) -> str | None:
    if any(isinstance(e, exp.Null) for e in node.expressions):
        return "NULL in a list makes NOT IN unknown: ask IS NULL apart"
    return None


def _pattern_is_not_plain(node: exp.Expr) -> str | None:
    pattern = node.expression
    if not (isinstance(pattern, exp.Literal) and pattern.is_string):
        return "a LIKE pattern is a literal; use starts_with or contains for values"
    return "engines differ on a backslash in LIKE" if "\\" in pattern.this else None


def _no_order(node: exp.Expr) -> str | None:
    if node.find(exp.Distinct):
        return "DISTINCT and ORDER BY do not go together here: make the rows distinct first"
    return None if isinstance(node.this, exp.Order) else "without ORDER BY the order is arbitrary"


def _unit_not_in(*units: str) -> Objection:
    def objection(node: exp.Expr) -> str | None:
        unit = node.args.get("unit") if not isinstance(node, exp.Extract) else node.this
        named = unit.name.lower() if isinstance(unit, exp.Expr) else "no unit"
        return None if named in units else f"'{named}' is not allowed here; use {', '.join(units)}"

    return objection


def _interval_is_not_literal(node: exp.Expr) -> str | None:
    if not isinstance(node.this, exp.Literal):
        return "the length of an INTERVAL is a literal; add integers to dates for days that vary"
    return _unit_not_in("second", "minute", "hour", "day", "month")(node)


def _start_below_one(node: exp.Expr) -> str | None:
    start = node.args.get("start")
    if isinstance(start, exp.Literal) and int(start.this) >= 1:
        return None
    return "the start of substr is a literal from 1: engines differ below"


def _trims_more_than_spaces(node: exp.Expr) -> str | None:
    return "trim takes spaces only" if node.expression or node.args.get("position") else None


def _quantile_is_not_literal(node: exp.Expr) -> str | None:
    fraction = node.expression
    fine = isinstance(fraction, exp.Literal) and not fraction.is_string and 0 <= float(fraction.this) <= 1
    return None if fine else "the fraction is a literal between 0 and 1"


CAST_TARGETS: Mapping[exp.DType, str] = {
    exp.DType.BIGINT: "BIGINT",
    exp.DType.INT: "INTEGER",
    exp.DType.DOUBLE: "DOUBLE",
    exp.DType.TEXT: "TEXT",
    exp.DType.BOOLEAN: "BOOLEAN",
    exp.DType.DATE: "DATE",
    exp.DType.TIMESTAMPNTZ: "TIMESTAMP",
    exp.DType.TIMESTAMP: "TIMESTAMP",
}


def _cast_differs(node: exp.Expr) -> str | None:
    target = node.args["to"].this
    if target not in CAST_TARGETS:
        return f"casts go to {', '.join(dict.fromkeys(CAST_TARGETS.values()))} only"
    value = node.this.unnest()
    is_condition = isinstance(value, exp.Predicate | exp.Boolean | exp.Not | exp.Connector)
    if is_condition and target not in (exp.DType.BOOLEAN, exp.DType.TEXT):
        return "not every engine casts a condition to a number: write CASE WHEN … THEN 1 ELSE 0 END"
    return None


def arity(minimum: int, maximum: int) -> Objection:
    """For functions of ours: how many arguments they take."""

    def objection(node: exp.Expr) -> str | None:
        n = len(node.expressions)
        wanted = str(minimum) if minimum == maximum else f"{minimum} to {maximum}"
        return None if minimum <= n <= maximum else f"takes {wanted} arguments, not {n}"

    return objection


# --- how a dialect spells it ---------------------------------------------------------------------------------


def _double_division(node: exp.Expr) -> exp.Expr:
    return exp.Div(this=cast(node.this, "DOUBLE"), expression=node.expression, typed=True, safe=False)


def _integer_division(node: exp.Expr) -> exp.Expr:
    return exp.Paren(this=exp.Div(this=node.this, expression=node.expression, typed=True, safe=False))


def _arguments_as_double(node: exp.Expr) -> exp.Expr:
    made = node.copy()
    for name in ("this", "expression"):
        if isinstance(argument := made.args.get(name), exp.Expr):
            argument.replace(cast(argument.copy(), "DOUBLE"))
    return made


def _value_as_double(node: exp.Expr) -> exp.Expr:
    made = node.copy()
    made.this.replace(cast(made.this.copy(), "DOUBLE"))
    return made


def _result_as(to: str) -> Rewrite:
    return lambda node: cast(node.copy(), to)


def _days_between(node: exp.Expr) -> exp.Expr:
    later, earlier = node.this, node.expression
    if node.args["unit"].name.lower() == "day":
        return cast(exp.Paren(this=exp.Sub(this=cast(later, "DATE"), expression=cast(earlier, "DATE"))), "BIGINT")
    months = [
        exp.Add(
            this=exp.Mul(this=_part("YEAR", day), expression=exp.Literal.number(12)), expression=_part("MONTH", day)
        )
        for day in (later, earlier)
    ]
    return cast(exp.Paren(this=exp.Sub(this=months[0], expression=exp.Paren(this=months[1]))), "BIGINT")


def _part(unit: str, value: exp.Expr) -> exp.Expr:
    return exp.Extract(this=exp.var(unit), expression=value.copy())


def _row_at_extreme(descending: bool) -> Rewrite:
    """arg_min and arg_max for an engine without them: the first of the values, ordered."""

    def rewrite(node: exp.Expr) -> exp.Expr:
        value, by = node.this, node.expression
        known = exp.and_(value.copy().is_(exp.null()).not_(), by.copy().is_(exp.null()).not_())
        ordered = exp.Ordered(this=by.copy(), desc=descending, nulls_first=False)
        gathered = exp.ArrayAgg(this=exp.Order(this=value.copy(), expressions=[ordered]))
        kept = exp.Filter(this=gathered, expression=exp.Where(this=known))
        return exp.Bracket(this=exp.Paren(this=kept), expressions=[exp.Literal.number(1)], offset=1)

    return rewrite


def filter_inside(node: exp.Expr) -> exp.Expr:
    """A FILTER around a rewritten arg_min belongs to the aggregate inside it."""
    if not isinstance(node.this, exp.Bracket):
        return node.copy()
    made = node.this.copy()
    inner = made.find(exp.Filter)
    if inner is not None:
        inner.expression.set("this", exp.and_(inner.expression.this, node.expression.this))
    return made


def _numbered_as_bigint(node: exp.Expr) -> exp.Expr:
    return cast(node.copy(), "BIGINT") if isinstance(node.this, exp.Ntile) else node.copy()


def _letters_of_all_scripts(node: exp.Expr) -> exp.Expr:
    """The C collation changes the case of A–Z only."""
    made = node.copy()
    made.this.replace(collated(made.this.copy(), "und-x-icu"))
    return collated(made, "C")


def collated(value: exp.Expr, collation: str) -> exp.Expr:
    return exp.Paren(this=exp.Collate(this=value, expression=exp.to_identifier(collation, quoted=True)))


def _contains(node: exp.Expr) -> exp.Expr:
    position = exp.StrPosition(this=node.this, substr=node.expression)
    return exp.Paren(this=exp.GT(this=position, expression=exp.Literal.number(0)))


def _half_up_div(node: exp.Expr) -> exp.Expr:
    """Half away from zero in whole numbers: sign · ((2·|a| + |b|) // (2·|b|))."""
    a, b = (cast(e.copy(), "BIGINT") for e in node.expressions)
    return _parsed(
        "CASE WHEN (:a < 0) <> (:b < 0) THEN -1 ELSE 1 END * ((2 * ABS(:a) + ABS(:b)) // NULLIF(2 * ABS(:b), 0))", a, b
    )


def _half_up(node: exp.Expr) -> exp.Expr:
    (x,) = (cast(e.copy(), "DOUBLE") for e in node.expressions)
    return _parsed("CAST(CASE WHEN :a < 0 THEN -1 ELSE 1 END * FLOOR(ABS(:a) + CAST(0.5 AS DOUBLE)) AS BIGINT)", x)


def _parsed(template: str, a: exp.Expr, b: exp.Expr | None = None) -> exp.Expr:
    made: exp.Expr = exp.maybe_parse(template, dialect="duckdb")
    for hole in list(made.find_all(exp.Placeholder)):
        filling = a if hole.name == "a" else b
        assert filling is not None
        hole.replace(filling.copy())
    return exp.Paren(this=made)


def _half_up_div_in_postgres(node: exp.Expr) -> exp.Expr:
    made = _half_up_div(node)
    for division in list(made.find_all(exp.IntDiv)):
        division.replace(_integer_division(division.copy()))
    return made


_ANY_NULL = "null when an argument is null"
_SKIPS = "nulls are skipped; null over nothing"
_ROWS = "null rows count as rows"

ENTRIES: tuple[Entry, ...] = (
    Entry("+", "operator", "a + b", "sum; a date + whole days is a date", _ANY_NULL, (exp.Add,)),
    Entry("-", "operator", "a - b, -a", "difference; a date - whole days is a date", _ANY_NULL, (exp.Sub, exp.Neg)),
    Entry("*", "operator", "a * b", "product", _ANY_NULL, (exp.Mul,)),
    Entry(
        "/", "operator", "a / nullif(b, 0)", "division, always a DOUBLE", f"{_ANY_NULL}, or the divisor is 0",
        (exp.Div,), _divisor_may_be_zero, _in_postgres(_double_division),
    ),
    Entry(
        "//", "operator", "a // nullif(b, 0)", "whole-number division, cut towards zero",
        f"{_ANY_NULL}, or the divisor is 0", (exp.IntDiv,), _divisor_may_be_zero, _in_postgres(_integer_division),
    ),
    Entry(
        "%", "operator", "a % nullif(b, 0)", "remainder of //, with the sign of a",
        f"{_ANY_NULL}, or the divisor is 0", (exp.Mod,), _divisor_may_be_zero,
    ),
    Entry("||", "operator", "a || b", "texts joined", _ANY_NULL, (exp.DPipe,)),
    Entry(
        "comparison", "operator", "= <> < <= > >=", "comparison; texts by code point", _ANY_NULL,
        (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE),
    ),
    Entry(
        "is distinct from", "operator", "a is [not] distinct from b", "comparison in which null equals null",
        "never null", (exp.NullSafeEQ, exp.NullSafeNEQ),
    ),
    Entry("between", "operator", "a between b and c", "b <= a and a <= c", _ANY_NULL, (exp.Between,)),
    Entry(
        "in", "operator", "a [not] in (b, c), a in (select …)", "equal to one of them",
        "null when a is null, or when nothing matches and the subquery holds a null", (exp.In,), _null_in_list,
    ),
    Entry("exists", "operator", "exists (select …)", "the query has a row", "never null", (exp.Exists,)),
    Entry("is", "operator", "a is [not] null | true | false", "test for null or truth", "never null", (exp.Is,)),
    Entry(
        "like", "operator", "a like 'x%'", "% any text, _ one character; case counts", _ANY_NULL,
        (exp.Like,), _pattern_is_not_plain,
    ),
    Entry(
        "and or not", "operator", "a and b, a or b, not a", "three-valued logic of SQL",
        "null unless the other side decides", (exp.And, exp.Or, exp.Not),
    ),
    Entry(
        "case", "operator", "case when a then b else c end", "first branch whose condition is true",
        "a null condition is not true; null without else", (exp.Case, exp.If),
    ),
    Entry(
        "cast", "operator", "cast(a as BIGINT)",
        "change of type; a DOUBLE to a whole number goes to the nearest, ties to even. "
        "Values that do not fit are an error: parse at ingest", "null stays null", (exp.Cast,), _cast_differs,
    ),
    Entry(
        "interval", "operator", "t - interval 30 day", "a span of seconds, minutes, hours, days or months; "
        "a date ± interval is a TIMESTAMP; a missing day of month becomes the last", _ANY_NULL,
        (exp.Interval,), _interval_is_not_literal,
    ),
    Entry("coalesce", "function", "coalesce(a, b, …)", "the first that is not null", "null when all are",
          (exp.Coalesce,)),
    Entry("nullif", "function", "nullif(a, b)", "null when a = b, else a", "null when a is null", (exp.Nullif,)),
    Entry("greatest", "function", "greatest(a, b, …)", "the largest", "nulls are skipped; null when all are null",
          (exp.Greatest,)),
    Entry("least", "function", "least(a, b, …)", "the smallest", "nulls are skipped; null when all are null",
          (exp.Least,)),
    Entry("abs", "function", "abs(a)", "absolute value, type kept", _ANY_NULL, (exp.Abs,)),
    Entry("floor", "function", "floor(a)", "next whole number below, a DOUBLE", _ANY_NULL, (exp.Floor,),
          None, _in_both(_value_as_double)),
    Entry("ceil", "function", "ceil(a)", "next whole number above, a DOUBLE", _ANY_NULL, (exp.Ceil,),
          None, _in_both(_value_as_double)),
    Entry("ln", "function", "ln(a)", "natural logarithm; an error for a <= 0", _ANY_NULL, (exp.Ln,),
          None, _in_both(_value_as_double)),
    Entry("exp", "function", "exp(a)", "e to the power a", _ANY_NULL, (exp.Exp,), None, _in_both(_value_as_double)),
    Entry("sqrt", "function", "sqrt(a)", "square root; an error for a < 0", _ANY_NULL, (exp.Sqrt,),
          None, _in_both(_value_as_double)),
    Entry("power", "function", "power(a, b)", "a to the power b, a DOUBLE", _ANY_NULL, (exp.Pow,),
          None, _in_both(_arguments_as_double)),
    Entry(
        "round_half_up", "function", "round_half_up(a)",
        "nearest whole number as BIGINT, ties away from zero (round differs between engines)", _ANY_NULL, (),
        arity(1, 1), _in_both(_half_up),
    ),
    Entry(
        "round_half_up_div", "function", "round_half_up_div(a, b)",
        "a / b of whole numbers as BIGINT, ties away from zero, without a detour over DOUBLE",
        f"{_ANY_NULL}, or b is 0", (), arity(2, 2),
        {"duckdb": _half_up_div, "postgres": _half_up_div_in_postgres},
    ),
    Entry("lower", "function", "lower(a)", "small letters", _ANY_NULL, (exp.Lower,), None,
          _in_postgres(_letters_of_all_scripts)),
    Entry("upper", "function", "upper(a)", "capital letters", _ANY_NULL, (exp.Upper,), None,
          _in_postgres(_letters_of_all_scripts)),
    Entry("trim", "function", "trim(a)", "without spaces at both ends", _ANY_NULL, (exp.Trim,),
          _trims_more_than_spaces),
    Entry("length", "function", "length(a)", "number of characters", _ANY_NULL, (exp.Length,), None,
          _in_postgres(_result_as("BIGINT"))),
    Entry("substr", "function", "substr(a, start, length)", "part of a text, counted from 1", _ANY_NULL,
          (exp.Substring,), _start_below_one),
    Entry("replace", "function", "replace(a, b, c)", "every b in a becomes c", _ANY_NULL, (exp.Replace,)),
    Entry("split_part", "function", "split_part(a, '@', 2)", "the n-th part, empty when there is none", _ANY_NULL,
          (exp.SplitPart,)),
    Entry("starts_with", "function", "starts_with(a, b)", "a begins with b", _ANY_NULL, (exp.StartsWith,)),
    Entry("contains", "function", "contains(a, b)", "b occurs in a", _ANY_NULL, (exp.Contains,), None,
          _in_postgres(_contains)),
    Entry("md5", "function", "md5(a)", "MD5 of the UTF-8 text, 32 hexadecimal digits", _ANY_NULL, (exp.MD5,)),
    Entry(
        "date_diff", "function", "date_diff('day', a, b)",
        "whole days (or 'month': month boundaries) from a to b, of their dates", _ANY_NULL,
        (exp.DateDiff,), _unit_not_in("day", "month"), _in_postgres(_days_between),
    ),
    Entry(
        "date_trunc", "function", "date_trunc('month', a)", "first day of the week (Monday), month, quarter, year; "
        "always a DATE", _ANY_NULL, (exp.TimestampTrunc, exp.DateTrunc),
        _unit_not_in("week", "month", "quarter", "year"), _in_both(_result_as("DATE")),
    ),
    Entry(
        "extract", "function", "extract(isodow from a)", "part of a date; isodow: Monday is 1, Sunday 7", _ANY_NULL,
        (exp.Extract,), _unit_not_in("year", "quarter", "month", "week", "day", "doy", "isodow", "hour"),
        _in_both(_result_as("BIGINT")),
    ),
    Entry("last_day", "function", "last_day(a)", "last day of the month", _ANY_NULL, (exp.LastDay,)),
    Entry("count", "aggregate", "count(*), count(a), count(distinct a)", "number of rows, or of values that are not "
          "null", "nulls are skipped; 0 over nothing", (exp.Count,)),
    Entry("sum", "aggregate", "cast(sum(a) as BIGINT)", "sum; the cast fixes the type", _SKIPS, (exp.Sum,),
          _sum_without_cast),
    Entry("avg", "aggregate", "avg(a)", "mean, a DOUBLE", _SKIPS, (exp.Avg,), None, _in_both(_value_as_double)),
    Entry("min", "aggregate", "min(a)", "smallest", _SKIPS, (exp.Min,)),
    Entry("max", "aggregate", "max(a)", "largest", _SKIPS, (exp.Max,)),
    Entry("bool_or", "aggregate", "bool_or(a)", "true for any", _SKIPS, (exp.LogicalOr,)),
    Entry("bool_and", "aggregate", "bool_and(a)", "true for all", _SKIPS, (exp.LogicalAnd,)),
    Entry("arg_min", "aggregate", "arg_min(a, b)", "a of the row with the smallest b; any of them on ties",
          "rows in which a or b is null are skipped", (exp.ArgMin,), None, _in_postgres(_row_at_extreme(False))),
    Entry("arg_max", "aggregate", "arg_max(a, b)", "a of the row with the largest b; any of them on ties",
          "rows in which a or b is null are skipped", (exp.ArgMax,), None, _in_postgres(_row_at_extreme(True))),
    Entry("string_agg", "aggregate", "string_agg(a, ', ' order by b)", "texts joined in order", _SKIPS,
          (exp.GroupConcat,), _no_order),
    Entry("quantile_cont", "aggregate", "quantile_cont(a, 0.5)", "quantile, interpolated, a DOUBLE", _SKIPS,
          (exp.PercentileCont,), _quantile_is_not_literal, _in_both(_value_as_double)),
    Entry("filter", "aggregate", "count(*) filter (where a)", "an aggregate over the rows where a is true",
          "a null condition is not true", (exp.Filter,), None, _in_postgres(filter_inside)),
    Entry("row_number", "window", "row_number() over (… order by a)", "1, 2, 3 …", _ROWS, (exp.RowNumber,)),
    Entry("rank", "window", "rank() over (… order by a)", "rank; equals share one and leave a gap", _ROWS,
          (exp.Rank,)),
    Entry("dense_rank", "window", "dense_rank() over (… order by a)", "rank without gaps", _ROWS, (exp.DenseRank,)),
    Entry("percent_rank", "window", "percent_rank() over (… order by a)", "(rank - 1) / (rows - 1)", _ROWS,
          (exp.PercentRank,)),
    Entry("cume_dist", "window", "cume_dist() over (… order by a)", "share of rows up to this one and its equals",
          _ROWS, (exp.CumeDist,)),
    Entry("ntile", "window", "ntile(4) over (… order by a)", "number of the equal-sized group", _ROWS, (exp.Ntile,)),
    Entry("over", "window", "sum(a) over (partition by b order by c)", "an aggregate or window function over "
          "neighbouring rows, all of them kept", "null is a partition; nulls come last in the order", (exp.Window,),
          None, _in_postgres(_numbered_as_bigint)),
    Entry("lag", "window", "lag(a, 1) over (… order by b)", "a of the row before", "null where there is no row",
          (exp.Lag,)),
    Entry("lead", "window", "lead(a, 1) over (… order by b)", "a of the row after", "null where there is no row",
          (exp.Lead,)),
    Entry("first_value", "window", "first_value(a) over (… order by b)", "a of the frame's first row",
          "nulls are values", (exp.FirstValue,)),
    Entry("last_value", "window", "last_value(a) over (… order by b)", "a of the frame's last row",
          "nulls are values", (exp.LastValue,)),
)  # fmt: skip

BY_NODE: Mapping[type[exp.Expr], Entry] = {node: entry for entry in ENTRIES for node in entry.nodes}
BY_NAME: Mapping[str, Entry] = {entry.name: entry for entry in ENTRIES}

# Names that people try, and what the catalogue has instead.
INSTEAD: Mapping[str, str] = {
    "round": "round_half_up or round_half_up_div",
    "currentdate": "a parameter such as $as_of: results must not depend on the day of the run",
    "currenttimestamp": "a parameter such as $as_of: results must not depend on the time of the run",
    "trycast": "cast of values that were parsed at ingest",
    "concat": "||",
    "ilike": "lower(a) LIKE '…'",
    "median": "quantile_cont(a, 0.5)",
    "year": "extract(year from a)",
    "month": "extract(month from a)",
    "dayofweek": "extract(isodow from a)",
    "anyvalue": "min, max or arg_min",
    "ignorenulls": "min, max or arg_min",
    "qualify": "a subquery with row_number()",
    "regexplike": "LIKE, starts_with or contains",
    "datefromparts": "a cast of a text, or date arithmetic",
}
