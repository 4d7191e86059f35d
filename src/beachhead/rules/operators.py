"""The operators and functions of the segment language, one row each.

A row holds all that is particular to an operator: how it is written, what it accepts, what it does with null, its SQL
(DuckDB-flavoured; `{0}` is the first argument, `{rest}` all but the first, `{all}` all, `{as_of}` the as-of day), its
English, what it computes, and its line in the docs. Parser, checker, formatter, printers and interpreter look here.

Numbers: arithmetic and rounding are done in double precision (`as_double`), so nothing overflows; whole numbers are
exact up to 2^53. Comparing a fraction with a whole number compares as double.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache

from beachhead.rules.types import Value


class Form(StrEnum):
    """How an operator is written."""

    COMPARISON = "comparison"  # a = b
    LIST = "list"  # a in (b, c)
    RANGE = "range"  # a between b and c
    PATTERN = "pattern"  # a like b
    TEST = "test"  # a is null
    SUM = "sum"  # a + b
    PRODUCT = "product"  # a * b
    SIGN = "sign"  # -a
    FUNCTION = "function"  # f(a, b)


class Operands(StrEnum):
    """What the arguments of an operator may be."""

    SAME = "same"  # anything, all of one kind
    ORDERED = "ordered"  # numbers, texts or dates, all of one kind
    NUMBERS = "numbers"
    TEXTS = "texts"
    BOOLEANS = "booleans"
    DATES = "dates"
    LIST = "list"
    DATE_AND_DAYS = "date and days"  # the first a date, the second a number
    ANY = "any"


class Result(StrEnum):
    """Which type an operator gives."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    TEXT = "text"
    DATE = "date"
    COMMON = "common"  # the common type of all arguments
    FIRST = "first"  # the type of the first argument
    SUM = "sum"  # money ± money is money, whole ± whole is whole
    PRODUCT = "product"  # money × number is money
    QUOTIENT = "quotient"  # money / number is money, money / money a number
    WHOLE = "whole"  # money stays money, everything else is a whole number
    ROUNDED = "rounded"  # whole without digits, else a number


@dataclass(frozen=True, slots=True)
class Operator:
    """One row: everything that the language knows about one operator or function.

    `evaluate` sees no null where `strict` holds: there any null argument gives null. Arguments from `constants_from`
    on must be written values. `defaults` stand for arguments left out at the end. `symbol` is what is written where
    that is not the key: two operators that are written alike are told apart by the checker, from types.
    """

    key: str
    form: Form
    operands: Operands
    result: Result
    null_rule: str
    sql: str
    english: str
    english_negated: str
    evaluate: Callable[..., Value]
    doc: str
    example: str
    arity: tuple[int, int | None] = (2, 2)
    strict: bool = True
    as_double: bool = False
    constants_from: int | None = None
    defaults: tuple[int, ...] = ()
    aliases: tuple[str, ...] = ()
    english_dates: tuple[str, str] | None = None
    needs_as_of: bool = False
    symbol: str = ""

    @property
    def written(self) -> str:
        return self.symbol or self.key

    @property
    def negated_inside(self) -> bool:
        """Whether "not" is written inside it: `a not in (…)`, `a is not null`."""
        return self.form in (Form.LIST, Form.RANGE, Form.PATTERN, Form.TEST)


def comparable(*values: Value) -> tuple[Value, ...]:
    """The values as they compare: a date beside a timestamp is its midnight, a whole number beside a fraction double.

    Nulls stay null.
    """
    if any(isinstance(v, datetime) for v in values):
        return tuple(
            datetime.combine(v, time()) if isinstance(v, date) and not isinstance(v, datetime) else v for v in values
        )
    if any(isinstance(v, float) for v in values):
        return tuple(float(v) if isinstance(v, int) else v for v in values)
    return values


def and_(a: bool | None, b: bool | None) -> bool | None:
    """Kleene conjunction (S. C. Kleene, 1938)."""
    if a is False or b is False:
        return False
    return None if a is None or b is None else True


def _order(a: Value, b: Value) -> int:
    left, right = comparable(a, b)
    return (left > right) - (left < right)  # type: ignore[operator]


def _between(x: Value, low: Value, high: Value) -> bool | None:
    at_least = None if x is None or low is None else _order(x, low) >= 0
    at_most = None if x is None or high is None else _order(x, high) <= 0
    return and_(at_least, at_most)


def _in(x: Value, *items: Value) -> bool:
    return any(_order(x, item) == 0 for item in items)


@lru_cache(1_000)
def _pattern(pattern: str) -> re.Pattern[str]:
    wild = {"%": ".*", "_": "."}
    return re.compile("".join(wild.get(c) or re.escape(c) for c in pattern), re.DOTALL)


def _lower(value: str) -> str:
    # Character by character, as databases do: Python alone would write "ς" for a final "Σ".
    return "".join(c.lower()[0] for c in value)


def _like(value: str, pattern: str) -> bool:
    return _pattern(pattern).fullmatch(value) is not None


def _ilike(value: str, pattern: str) -> bool:
    return _like(_lower(value), _lower(pattern))


def _divide(a: float, b: float) -> float | None:
    return None if b == 0 else float(a) / float(b)


def _nullif(a: Value, b: Value) -> Value:
    return None if a is not None and b is not None and _order(a, b) == 0 else a


def _extreme(sign: int) -> Callable[..., Value]:
    def choose(*values: Value) -> Value:
        best: Value = None
        for value in values:
            if value is not None and (best is None or _order(value, best) * sign > 0):
                best = value
        return best

    return choose


def _coalesce(*values: Value) -> Value:
    return next((v for v in values if v is not None), None)


def _round(x: float, digits: int) -> float:
    scale = float(10**digits)
    return math.floor(float(x) * scale + 0.5) / scale


def _as_day(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value


def _days_later(value: date, days: float, sign: int) -> date | None:
    if not abs(days) < _MOST_DAYS or abs(math.floor(days)) >= _MOST_DAYS:
        return None
    try:
        found = _as_day(value) + timedelta(days=sign * math.floor(days))
    except OverflowError:
        return None
    return found if date.min < found < date.max else None


def _contains(value: str, item: str) -> bool:
    return item in value.split(";")


_UNKNOWN = "null when either side is null"
_ANY_NULL = "null when any argument is null"
_NEVER = "true or false, never null"
_MOST_DAYS = 1_000_000


def _comparison(
    key: str, evaluate: Callable[[int], bool], english: tuple[str, str], doc: str, example: str,
    *, sql: str | None = None, operands: Operands = Operands.ORDERED, dates: tuple[str, str] | None = None,
) -> Operator:  # fmt: skip
    return Operator(
        key, Form.COMPARISON, operands, Result.BOOLEAN, _UNKNOWN, f"{{0}} {sql or key} {{1}}", *english,
        lambda a, b: evaluate(_order(a, b)), doc, example, english_dates=dates,
    )  # fmt: skip


def _arithmetic(
    key: str, evaluate: Callable[[float, float], float | None], english: str, doc: str, example: str,
    *, form: Form, result: Result, sql: str | None = None, null_rule: str = _UNKNOWN,
) -> Operator:  # fmt: skip
    return Operator(
        key, form, Operands.NUMBERS, result, null_rule, sql or f"{{0}} {key} {{1}}", english, "", evaluate, doc,
        example, as_double=True,
    )  # fmt: skip


def _function(
    key: str, evaluate: Callable[..., Value], english: str, doc: str, example: str,
    *, operands: Operands, result: Result, sql: str | None = None, arity: tuple[int, int | None] = (1, 1),
    null_rule: str = _ANY_NULL, strict: bool = True, as_double: bool = False, constants_from: int | None = None,
    defaults: tuple[int, ...] = (), aliases: tuple[str, ...] = (), needs_as_of: bool = False,
) -> Operator:  # fmt: skip
    return Operator(
        key, Form.FUNCTION, operands, result, null_rule, sql or key + "({all})", english, "", evaluate, doc, example,
        arity, strict, as_double, constants_from, defaults, aliases, None, needs_as_of,
    )  # fmt: skip


_COMPARISONS = (
    _comparison("=", lambda o: o == 0, ("{0} is {1}", "{0} is other than {1}"),
                "Equal. Text is compared exactly, capitals included.", "plan = 'pro'", operands=Operands.SAME),
    _comparison("!=", lambda o: o != 0, ("{0} is other than {1}", "{0} is {1}"),
                "Not equal; a customer without a value does not match. Also written <>.", "plan != 'free'",
                sql="<>", operands=Operands.SAME),
    _comparison("<", lambda o: o < 0, ("{0} is less than {1}", "{0} is at least {1}"),
                "Less than; for dates before, for text earlier in the alphabet.", "seat_count < 5",
                dates=("{0} is before {1}", "{0} is on or after {1}")),
    _comparison("<=", lambda o: o <= 0, ("{0} is at most {1}", "{0} is more than {1}"),
                "At most; for dates on or before.", "seat_count <= 5",
                dates=("{0} is on or before {1}", "{0} is after {1}")),
    _comparison(">", lambda o: o > 0, ("{0} is more than {1}", "{0} is at most {1}"),
                "More than; for dates after.", "mrr_cents > mrr_first_cents",
                dates=("{0} is after {1}", "{0} is on or before {1}")),
    _comparison(">=", lambda o: o >= 0, ("{0} is at least {1}", "{0} is less than {1}"),
                "At least; for dates on or after.", "signed_up_on >= 30 days ago",
                dates=("{0} is on or after {1}", "{0} is before {1}")),
)  # fmt: skip

_TESTS = (
    Operator("in", Form.LIST, Operands.SAME, Result.BOOLEAN, "null when the value is null; a list holds no null",
             "{0} in ({rest})", "{0} is one of {rest}", "{0} is none of {rest}", _in,
             "One of a list of written values.", "plan in ('pro', 'team')", (2, None), constants_from=1),
    Operator("between", Form.RANGE, Operands.ORDERED, Result.BOOLEAN,
             "as `x >= low and x <= high`: null unless one known side already makes it false",
             "{0} between {1} and {2}", "{0} is from {1} to {2}", "{0} is outside {1} to {2}", _between,
             "From low to high, both included.", "seat_count between 5 and 20", (3, 3), strict=False),
    Operator("like", Form.PATTERN, Operands.TEXTS, Result.BOOLEAN, "null when the value is null",
             "{0} like {1}", "{0} looks like {1}", "{0} does not look like {1}", _like,
             "Text that fits a pattern: % stands for any characters, _ for one; there is no escape character.",
             "email_domain like '%.edu'", constants_from=1),
    Operator("ilike", Form.PATTERN, Operands.TEXTS, Result.BOOLEAN, "null when the value is null",
             "{0} ilike {1}", "{0} looks like {1} (any case)", "{0} does not look like {1} (any case)", _ilike,
             "As like, with capitals and small letters the same.", "account_name ilike 'acme%'", constants_from=1),
    Operator("is null", Form.TEST, Operands.ANY, Result.BOOLEAN, _NEVER, "{0} is null", "{0} is unknown",
             "{0} is known", lambda x: x is None, "Has no value.", "nps_score is null", (1, 1), strict=False),
    Operator("is true", Form.TEST, Operands.BOOLEANS, Result.BOOLEAN, _NEVER, "{0} is true", "it is true that {0}",
             "it is false or unknown that {0}", lambda x: x is True, "True, and not unknown.", "is_free_mail is true",
             (1, 1), strict=False),
    Operator("is false", Form.TEST, Operands.BOOLEANS, Result.BOOLEAN, _NEVER, "{0} is false",
             "it is false that {0}", "it is true or unknown that {0}", lambda x: x is False,
             "False, and not unknown.", "is_free_mail is false", (1, 1), strict=False),
)  # fmt: skip

_ARITHMETIC = (
    _arithmetic("+", lambda a, b: float(a) + float(b), "{0} plus {1}", "Sum, in double precision.",
                "ticket_count_30d + event_count_30d", form=Form.SUM, result=Result.SUM),
    _arithmetic("-", lambda a, b: float(a) - float(b), "{0} minus {1}", "Difference, in double precision.",
                "mrr_cents - mrr_first_cents", form=Form.SUM, result=Result.SUM),
    _arithmetic("*", lambda a, b: float(a) * float(b), "{0} times {1}", "Product, in double precision.",
                "mrr_cents * 12", form=Form.PRODUCT, result=Result.PRODUCT),
    _arithmetic("/", _divide, "{0} divided by {1}",
                "Quotient with fraction, in double precision; by zero it is null.", "mrr_cents / seat_count",
                form=Form.PRODUCT, result=Result.QUOTIENT, sql="{0} / nullif({1}, 0)",
                null_rule="null when either side is null or the divisor is 0"),
    Operator("negate", Form.SIGN, Operands.NUMBERS, Result.FIRST, "null when the value is null", "-{0}", "minus {0}",
             "", lambda a: -float(a), "The number with its sign turned.", "-mrr_change_cents_90d", (1, 1),
             as_double=True),
)  # fmt: skip

# Least and greatest skip nulls, so a null becomes the bound, which is then made null like all beyond it.
_DAYS_SQL = "cast(nullif(nullif(greatest(least(floor(cast({1} as double)), 1e6), -1e6), 1e6), -1e6) as integer)"
_IN_CALENDAR_SQL = (
    "nullif(nullif(greatest(least(cast({{0}} as date) {sign} {days}, date '9999-12-31'), date '0001-01-01'), "
    "date '9999-12-31'), date '0001-01-01')"
)
_BEYOND = "null when either side is null, or the day would not lie in the years 1 to 9999"


def _days_apart(key: str, symbol: str, sign: int, english: str, doc: str, example: str) -> Operator:
    return Operator(
        key, Form.SUM, Operands.DATE_AND_DAYS, Result.DATE, _BEYOND,
        _IN_CALENDAR_SQL.format(sign=symbol, days=_DAYS_SQL), english, "", lambda a, b: _days_later(a, b, sign), doc,
        example, symbol=symbol,
    )  # fmt: skip


_DATE_ARITHMETIC = (
    _days_apart("date + days", "+", 1, "{0} plus {1} days", "The day so many days later, a fraction rounded down.",
                "signed_up_on + 30 <= today"),
    _days_apart("date - days", "-", -1, "{0} minus {1} days",
                "The day so many days earlier, a fraction rounded down.", "trial_ends_on - 7 <= today"),
    Operator("date - date", Form.SUM, Operands.DATES, Result.INTEGER, _UNKNOWN,
             "cast({0} as date) - cast({1} as date)", "days from {1} to {0}", "",
             lambda a, b: (_as_day(a) - _as_day(b)).days, "Days from the second date to the first.",
             "last_event_on - signed_up_on > 30", symbol="-"),
)  # fmt: skip

_FUNCTIONS = (
    _function("coalesce", _coalesce, "the first known of {all}",
              "The first argument that is not null. Also written ifnull.", "coalesce(nps_score, 0)",
              operands=Operands.SAME, result=Result.COMMON, arity=(2, None),
              null_rule="null only when all are null", strict=False, aliases=("ifnull",)),
    _function("nullif", _nullif, "{0} unless it is {1}", "The first argument, but null when it equals the second.",
              "nullif(seat_count, 0)", operands=Operands.SAME, result=Result.FIRST, arity=(2, 2),
              null_rule="null when the first is null; a null second changes nothing", strict=False),
    _function("least", _extreme(-1), "the least of {all}", "The smallest of its arguments.",
              "least(seat_count, user_count)", operands=Operands.ORDERED, result=Result.COMMON, arity=(2, None),
              null_rule="nulls are left out; null only when all are null", strict=False),
    _function("greatest", _extreme(1), "the greatest of {all}", "The largest of its arguments.",
              "greatest(seat_count, user_count)", operands=Operands.ORDERED, result=Result.COMMON, arity=(2, None),
              null_rule="nulls are left out; null only when all are null", strict=False),
    _function("round", _round, "{0} rounded",
              "Rounded half up (2.5 is 3, -2.5 is -2), to a whole number or to 0 to 9 written digits.",
              "round(value_score, 1)", operands=Operands.NUMBERS, result=Result.ROUNDED, arity=(1, 2),
              sql="floor({0} * 1e{1} + 0.5) / 1e{1}", as_double=True, constants_from=1, defaults=(0,)),
    _function("floor", lambda x: float(math.floor(x)), "{0} rounded down",
              "The largest whole number that is not above.", "floor(value_score)", operands=Operands.NUMBERS,
              result=Result.WHOLE, as_double=True),
    _function("ceil", lambda x: float(math.ceil(x)), "{0} rounded up", "The smallest whole number that is not below.",
              "ceil(value_score)", operands=Operands.NUMBERS, result=Result.WHOLE, as_double=True),
    _function("abs", lambda x: abs(float(x)), "the size of {0}", "The number without its sign.",
              "abs(mrr_change_cents_90d)", operands=Operands.NUMBERS, result=Result.FIRST, as_double=True),
    _function("lower", _lower, "{0} in small letters", "The text in small letters.", "lower(country)",
              operands=Operands.TEXTS, result=Result.TEXT),
    _function("length", len, "the length of {0}", "How many characters a text has.", "length(account_name)",
              operands=Operands.TEXTS, result=Result.INTEGER),
    _function("days_since", lambda x, as_of: (as_of - _as_day(x)).days, "days since {0}",
              "Days from a date to the as-of day; negative when the date is still to come.",
              "days_since(last_event_on)", operands=Operands.DATES, result=Result.INTEGER,
              sql="{as_of} - cast({0} as date)", needs_as_of=True),
    _function("days_between", lambda a, b: (_as_day(b) - _as_day(a)).days, "days from {0} to {1}",
              "Days from the first date to the second.", "days_between(signed_up_on, churned_on)",
              operands=Operands.DATES, result=Result.INTEGER, arity=(2, 2),
              sql="cast({1} as date) - cast({0} as date)"),
    Operator("contains", Form.FUNCTION, Operands.LIST, Result.BOOLEAN, "null when the list is null",
             "contains(';' || {0} || ';', ';' || {1} || ';')", "{0} has {1}", "{0} does not have {1}", _contains,
             "One item of a list is exactly this text.", "contains(tags, 'vip')", constants_from=1),
)  # fmt: skip

_ROWS = (*_COMPARISONS, *_TESTS, *_ARITHMETIC, *_DATE_ARITHMETIC, *_FUNCTIONS)

OPERATORS: dict[str, Operator] = {row.key: row for row in _ROWS}
"""All rows by key, in the order of the docs."""

FUNCTIONS: dict[str, Operator] = {
    name: row for row in _ROWS if row.form is Form.FUNCTION for name in (row.key, *row.aliases)
}
"""The functions by every name under which they may be written."""
