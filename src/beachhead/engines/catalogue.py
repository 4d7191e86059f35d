"""The catalogue: every operator and function that SQL for the customer model may use, and how engines differ.

One row says what it means, what null does, what is not allowed with it, and how a dialect spells it where
the spelling or the result would differ. A row that no engine changes has no rewrite. `dialect.emit` applies
the rows; nothing outside them gets through.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sqlglot import exp

from beachhead.engines.base import Dialect
from beachhead.engines.portability import (
    Objection,
    arity,
    cast_differs,
    divisor_may_be_zero,
    interval_is_not_literal,
    no_order,
    null_in_list,
    pattern_is_not_plain,
    quantile_is_not_literal,
    start_below_one,
    sum_without_cast,
    trims_more_than_spaces,
    unit_not_in,
)
from beachhead.engines.spelling import (
    Rewrite,
    arguments_as_double,
    contains,
    days_between,
    double_division,
    filter_inside,
    half_up,
    half_up_div,
    half_up_div_in_postgres,
    hours_between_in_duckdb,
    hours_between_in_postgres,
    integer_division,
    letters_of_all_scripts,
    months_later_in_duckdb,
    months_later_in_postgres,
    numbered_as_bigint,
    result_as,
    row_at_extreme,
    value_as_double,
)

Kind = Literal["operator", "function", "aggregate", "window"]


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


def _in_both(rewrite: Rewrite) -> Mapping[Dialect, Rewrite]:
    return {"duckdb": rewrite, "postgres": rewrite}


def _in_postgres(rewrite: Rewrite) -> Mapping[Dialect, Rewrite]:
    return {"postgres": rewrite}


_ANY_NULL = "null when an argument is null"
_SKIPS = "nulls are skipped; null over nothing"
_ROWS = "null rows count as rows"

ENTRIES: tuple[Entry, ...] = (
    Entry("+", "operator", "a + b", "sum; a date + whole days is a date", _ANY_NULL, (exp.Add,)),
    Entry("-", "operator", "a - b, -a", "difference; a date - whole days is a date", _ANY_NULL, (exp.Sub, exp.Neg)),
    Entry("*", "operator", "a * b", "product", _ANY_NULL, (exp.Mul,)),
    Entry(
        "/", "operator", "a / nullif(b, 0)", "division, always a DOUBLE", f"{_ANY_NULL}, or the divisor is 0",
        (exp.Div,), divisor_may_be_zero, _in_postgres(double_division),
    ),
    Entry(
        "//", "operator", "a // nullif(b, 0)", "whole-number division, cut towards zero",
        f"{_ANY_NULL}, or the divisor is 0", (exp.IntDiv,), divisor_may_be_zero, _in_postgres(integer_division),
    ),
    Entry(
        "%", "operator", "a % nullif(b, 0)", "remainder of //, with the sign of a",
        f"{_ANY_NULL}, or the divisor is 0", (exp.Mod,), divisor_may_be_zero,
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
        "null when a is null, or when nothing matches and the subquery holds a null", (exp.In,), null_in_list,
    ),
    Entry("exists", "operator", "exists (select …)", "the query has a row", "never null", (exp.Exists,)),
    Entry("is", "operator", "a is [not] null | true | false", "test for null or truth", "never null", (exp.Is,)),
    Entry(
        "like", "operator", "a like 'x%'", "% any text, _ one character; case counts", _ANY_NULL,
        (exp.Like,), pattern_is_not_plain,
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
        "Values that do not fit are an error: parse at ingest", "null stays null", (exp.Cast,), cast_differs,
    ),
    Entry(
        "interval", "operator", "t - interval 30 day", "a span of seconds, minutes, hours, days or months; "
        "a date ± interval is a TIMESTAMP; a missing day of month becomes the last", _ANY_NULL,
        (exp.Interval,), interval_is_not_literal,
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
          None, _in_both(value_as_double)),
    Entry("ceil", "function", "ceil(a)", "next whole number above, a DOUBLE", _ANY_NULL, (exp.Ceil,),
          None, _in_both(value_as_double)),
    Entry("ln", "function", "ln(a)", "natural logarithm; an error for a <= 0", _ANY_NULL, (exp.Ln,),
          None, _in_both(value_as_double)),
    Entry("exp", "function", "exp(a)", "e to the power a", _ANY_NULL, (exp.Exp,), None, _in_both(value_as_double)),
    Entry("sqrt", "function", "sqrt(a)", "square root; an error for a < 0", _ANY_NULL, (exp.Sqrt,),
          None, _in_both(value_as_double)),
    Entry("power", "function", "power(a, b)", "a to the power b, a DOUBLE", _ANY_NULL, (exp.Pow,),
          None, _in_both(arguments_as_double)),
    Entry(
        "round_half_up", "function", "round_half_up(a)",
        "nearest whole number as BIGINT, ties away from zero (round differs between engines)", _ANY_NULL, (),
        arity(1, 1), _in_both(half_up),
    ),
    Entry(
        "round_half_up_div", "function", "round_half_up_div(a, b)",
        "a / b of whole numbers as BIGINT, ties away from zero, without a detour over DOUBLE",
        f"{_ANY_NULL}, or b is 0", (), arity(2, 2),
        {"duckdb": half_up_div, "postgres": half_up_div_in_postgres},
    ),
    Entry("lower", "function", "lower(a)", "small letters", _ANY_NULL, (exp.Lower,), None,
          _in_postgres(letters_of_all_scripts)),
    Entry("upper", "function", "upper(a)", "capital letters", _ANY_NULL, (exp.Upper,), None,
          _in_postgres(letters_of_all_scripts)),
    Entry("trim", "function", "trim(a)", "without spaces at both ends", _ANY_NULL, (exp.Trim,),
          trims_more_than_spaces),
    Entry("length", "function", "length(a)", "number of characters", _ANY_NULL, (exp.Length,), None,
          _in_postgres(result_as("BIGINT"))),
    Entry("substr", "function", "substr(a, start, length)", "part of a text, counted from 1", _ANY_NULL,
          (exp.Substring,), start_below_one),
    Entry("replace", "function", "replace(a, b, c)", "every b in a becomes c", _ANY_NULL, (exp.Replace,)),
    Entry("split_part", "function", "split_part(a, '@', 2)", "the n-th part, empty when there is none", _ANY_NULL,
          (exp.SplitPart,)),
    Entry("starts_with", "function", "starts_with(a, b)", "a begins with b", _ANY_NULL, (exp.StartsWith,)),
    Entry("contains", "function", "contains(a, b)", "b occurs in a", _ANY_NULL, (exp.Contains,), None,
          _in_postgres(contains)),
    Entry("md5", "function", "md5(a)", "MD5 of the UTF-8 text, 32 hexadecimal digits", _ANY_NULL, (exp.MD5,)),
    Entry(
        "date_diff", "function", "date_diff('day', a, b)",
        "whole days (or 'month': month boundaries) from a to b, of their dates", _ANY_NULL,
        (exp.DateDiff,), unit_not_in("day", "month"), _in_postgres(days_between),
    ),
    Entry(
        "hours_between",
        "function",
        "hours_between(a, b)",
        "hours from timestamp a to b with their fraction, a DOUBLE",
        _ANY_NULL,
        (),
        arity(2, 2),
        {"duckdb": hours_between_in_duckdb, "postgres": hours_between_in_postgres},
    ),
    Entry(
        "add_months", "function", "add_months(a, n)",
        "the date n months later (earlier where negative); a missing day of month becomes the last", _ANY_NULL,
        (exp.AddMonths,), None, {"duckdb": months_later_in_duckdb, "postgres": months_later_in_postgres},
    ),
    Entry(
        "date_trunc", "function", "date_trunc('month', a)", "first day of the week (Monday), month, quarter, year; "
        "always a DATE", _ANY_NULL, (exp.TimestampTrunc, exp.DateTrunc),
        unit_not_in("week", "month", "quarter", "year"), _in_both(result_as("DATE")),
    ),
    Entry(
        "extract", "function", "extract(isodow from a)", "part of a date; isodow: Monday is 1, Sunday 7", _ANY_NULL,
        (exp.Extract,), unit_not_in("year", "quarter", "month", "week", "day", "doy", "isodow", "hour"),
        _in_both(result_as("BIGINT")),
    ),
    Entry("last_day", "function", "last_day(a)", "last day of the month", _ANY_NULL, (exp.LastDay,)),
    Entry("count", "aggregate", "count(*), count(a), count(distinct a)", "number of rows, or of values that are not "
          "null", "nulls are skipped; 0 over nothing", (exp.Count,)),
    Entry("sum", "aggregate", "cast(sum(a) as BIGINT)", "sum; the cast fixes the type", _SKIPS, (exp.Sum,),
          sum_without_cast),
    Entry("avg", "aggregate", "avg(a)", "mean, a DOUBLE", _SKIPS, (exp.Avg,), None, _in_both(value_as_double)),
    Entry("min", "aggregate", "min(a)", "smallest", _SKIPS, (exp.Min,)),
    Entry("max", "aggregate", "max(a)", "largest", _SKIPS, (exp.Max,)),
    Entry("bool_or", "aggregate", "bool_or(a)", "true for any", _SKIPS, (exp.LogicalOr,)),
    Entry("bool_and", "aggregate", "bool_and(a)", "true for all", _SKIPS, (exp.LogicalAnd,)),
    Entry("arg_min", "aggregate", "arg_min(a, b)", "a of the row with the smallest b; any of them on ties",
          "rows in which a or b is null are skipped", (exp.ArgMin,), None, _in_postgres(row_at_extreme(False))),
    Entry("arg_max", "aggregate", "arg_max(a, b)", "a of the row with the largest b; any of them on ties",
          "rows in which a or b is null are skipped", (exp.ArgMax,), None, _in_postgres(row_at_extreme(True))),
    Entry("string_agg", "aggregate", "string_agg(a, ', ' order by b)", "texts joined in order", _SKIPS,
          (exp.GroupConcat,), no_order),
    Entry("quantile_cont", "aggregate", "quantile_cont(a, 0.5)", "quantile, interpolated, a DOUBLE", _SKIPS,
          (exp.PercentileCont,), quantile_is_not_literal, _in_both(value_as_double)),
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
          None, _in_postgres(numbered_as_bigint)),
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
