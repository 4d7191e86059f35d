"""What may not be done with an operator or function, because engines differ: each looks at one use."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlglot import exp

Objection = Callable[[exp.Expr], str | None]


def divisor_may_be_zero(node: exp.Expr) -> str | None:
    divisor = node.expression.unnest()
    if isinstance(divisor, exp.Nullif):
        return None
    if isinstance(divisor, exp.Literal) and not divisor.is_string and float(divisor.this) != 0:
        return None
    return "a divisor may be zero, which engines treat differently: write NULLIF(divisor, 0)"


def sum_without_cast(node: exp.Expr) -> str | None:
    outer = node.parent
    while isinstance(outer, exp.Filter | exp.Window | exp.Paren):
        outer = outer.parent
    if isinstance(outer, exp.Cast) and outer.to.this in (exp.DType.BIGINT, exp.DType.DOUBLE):
        return None
    return "engines widen sums differently: write CAST(sum(…) AS BIGINT) or CAST(sum(…) AS DOUBLE)"


def null_in_list(node: exp.Expr) -> str | None:
    if any(isinstance(e, exp.Null) for e in node.expressions):
        return "NULL in a list makes NOT IN unknown: ask IS NULL apart"
    return None


def pattern_is_not_plain(node: exp.Expr) -> str | None:
    pattern = node.expression
    if not (isinstance(pattern, exp.Literal) and pattern.is_string):
        return "a LIKE pattern is a literal; use starts_with or contains for values"
    return "engines differ on a backslash in LIKE" if "\\" in pattern.this else None


def no_order(node: exp.Expr) -> str | None:
    if node.find(exp.Distinct):
        return "DISTINCT and ORDER BY do not go together here: make the rows distinct first"
    return None if isinstance(node.this, exp.Order) else "without ORDER BY the order is arbitrary"


def unit_not_in(*units: str) -> Objection:
    def objection(node: exp.Expr) -> str | None:
        unit = node.args.get("unit") if not isinstance(node, exp.Extract) else node.this
        named = unit.name.lower() if isinstance(unit, exp.Expr) else "no unit"
        return None if named in units else f"'{named}' is not allowed here; use {', '.join(units)}"

    return objection


def interval_is_not_literal(node: exp.Expr) -> str | None:
    if not isinstance(node.this, exp.Literal):
        return "the length of an INTERVAL is a literal; add integers to dates for days that vary"
    return unit_not_in("second", "minute", "hour", "day", "month")(node)


def start_below_one(node: exp.Expr) -> str | None:
    start = node.args.get("start")
    if isinstance(start, exp.Literal) and int(start.this) >= 1:
        return None
    return "the start of substr is a literal from 1: engines differ below"


def trims_more_than_spaces(node: exp.Expr) -> str | None:
    return "trim takes spaces only" if node.expression or node.args.get("position") else None


def quantile_is_not_literal(node: exp.Expr) -> str | None:
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


def cast_differs(node: exp.Expr) -> str | None:
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
