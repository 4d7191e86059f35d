"""How a dialect spells an operator or function where sqlglot's own spelling would give another value or type."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

Rewrite = Callable[[exp.Expr], exp.Expr]


def cast(value: exp.Expr, to: str) -> exp.Expr:
    return exp.Cast(this=value, to=exp.DataType.build(to, dialect="duckdb"))


def double_division(node: exp.Expr) -> exp.Expr:
    return exp.Div(this=cast(node.this, "DOUBLE"), expression=node.expression, typed=True, safe=False)


def integer_division(node: exp.Expr) -> exp.Expr:
    return exp.Paren(this=exp.Div(this=node.this, expression=node.expression, typed=True, safe=False))


def arguments_as_double(node: exp.Expr) -> exp.Expr:
    made = node.copy()
    for name in ("this", "expression"):
        if isinstance(argument := made.args.get(name), exp.Expr):
            argument.replace(cast(argument.copy(), "DOUBLE"))
    return made


def value_as_double(node: exp.Expr) -> exp.Expr:
    made = node.copy()
    made.this.replace(cast(made.this.copy(), "DOUBLE"))
    return made


def result_as(to: str) -> Rewrite:
    return lambda node: cast(node.copy(), to)


def days_between(node: exp.Expr) -> exp.Expr:
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


def _hours(microseconds: exp.Expr) -> exp.Expr:
    per_hour = cast(exp.Literal.number("3600000000"), "DOUBLE")
    return exp.Paren(this=exp.Div(this=cast(microseconds, "DOUBLE"), expression=per_hour, typed=True, safe=False))


def hours_between_in_duckdb(node: exp.Expr) -> exp.Expr:
    earlier, later = (exp.func("EPOCH_US", cast(e.copy(), "TIMESTAMP"), dialect="duckdb") for e in node.expressions)
    return _hours(exp.Paren(this=exp.Sub(this=later, expression=earlier)))


def hours_between_in_postgres(node: exp.Expr) -> exp.Expr:
    earlier, later = (cast(e.copy(), "TIMESTAMP") for e in node.expressions)
    seconds = exp.Extract(this=exp.var("EPOCH"), expression=exp.Paren(this=exp.Sub(this=later, expression=earlier)))
    return _hours(exp.Mul(this=seconds, expression=exp.Literal.number("1000000")))


def months_later_in_duckdb(node: exp.Expr) -> exp.Expr:
    day, months = node.this.copy(), node.expression.copy()
    span = exp.func("TO_MONTHS", cast(months, "INTEGER"), dialect="duckdb")
    return cast(exp.Paren(this=exp.Add(this=cast(day, "DATE"), expression=span)), "DATE")


def months_later_in_postgres(node: exp.Expr) -> exp.Expr:
    day, months = node.this.copy(), node.expression.copy()
    month = exp.Interval(this=exp.Literal.string("1"), unit=exp.var("MONTH"))
    span = exp.Mul(this=cast(months, "DOUBLE"), expression=month)
    return cast(exp.Paren(this=exp.Add(this=cast(day, "DATE"), expression=span)), "DATE")


def _part(unit: str, value: exp.Expr) -> exp.Expr:
    return exp.Extract(this=exp.var(unit), expression=value.copy())


def row_at_extreme(descending: bool) -> Rewrite:
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


def numbered_as_bigint(node: exp.Expr) -> exp.Expr:
    return cast(node.copy(), "BIGINT") if isinstance(node.this, exp.Ntile) else node.copy()


def letters_of_all_scripts(node: exp.Expr) -> exp.Expr:
    """The C collation changes the case of A–Z only."""
    made = node.copy()
    made.this.replace(collated(made.this.copy(), "und-x-icu"))
    return collated(made, "C")


def collated(value: exp.Expr, collation: str) -> exp.Expr:
    return exp.Paren(this=exp.Collate(this=value, expression=exp.to_identifier(collation, quoted=True)))


def contains(node: exp.Expr) -> exp.Expr:
    position = exp.StrPosition(this=node.this, substr=node.expression)
    return exp.Paren(this=exp.GT(this=position, expression=exp.Literal.number(0)))


def half_up_div(node: exp.Expr) -> exp.Expr:
    """Half away from zero in whole numbers: sign · ((2·|a| + |b|) // (2·|b|))."""
    a, b = (cast(e.copy(), "BIGINT") for e in node.expressions)
    return _parsed(
        "CASE WHEN (:a < 0) <> (:b < 0) THEN -1 ELSE 1 END * ((2 * ABS(:a) + ABS(:b)) // NULLIF(2 * ABS(:b), 0))", a, b
    )


def half_up(node: exp.Expr) -> exp.Expr:
    (x,) = (cast(e.copy(), "DOUBLE") for e in node.expressions)
    return _parsed("CAST(CASE WHEN :a < 0 THEN -1 ELSE 1 END * FLOOR(ABS(:a) + CAST(0.5 AS DOUBLE)) AS BIGINT)", x)


def _parsed(template: str, a: exp.Expr, b: exp.Expr | None = None) -> exp.Expr:
    made: exp.Expr = exp.maybe_parse(template, dialect="duckdb")
    for hole in list(made.find_all(exp.Placeholder)):
        filling = a if hole.name == "a" else b
        assert filling is not None
        hole.replace(filling.copy())
    return exp.Paren(this=made)


def half_up_div_in_postgres(node: exp.Expr) -> exp.Expr:
    made = half_up_div(node)
    for division in list(made.find_all(exp.IntDiv)):
        division.replace(integer_division(division.copy()))
    return made
