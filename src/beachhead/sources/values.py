"""Texts into values, as SQL: what counts as empty, as a number, as money, as yes and no.

Each expression is null for a text that cannot be read. The cheap form is tried first; only what it does not
read goes through patterns.
"""

from __future__ import annotations

from beachhead.engines.duck import quote_literal
from beachhead.project.definitions import ColumnMap, ValueTypeName
from beachhead.sources.groups import group_sql
from beachhead.sources.intake import Blanks
from beachhead.sources.lists import list_sql

TRUE_WORDS = ("true", "t", "yes", "y", "1", "1.0", "on", "ja", "j", "oui", "si", "sí", "wahr", "vrai", "verdadero")
FALSE_WORDS = ("false", "f", "no", "n", "0", "0.0", "off", "nein", "non", "nee", "falsch", "faux", "falso")
MOST_DIGITS = 18
"""Of whole numbers: what 64 bits always hold."""
NOT_A_NUMBER = ("nan", "inf", "-inf", "+inf", "infinity", "-infinity", "#n/a", "#div/0!", "#num!", "#value!")

_SPACES = r"e' \t\r\n' || chr(160) || chr(8239) || chr(12288) || chr(65279)"
# What may stand around an amount: a currency's sign or up to three letters (EUR, kr).
_AROUND = r"(?:[A-Za-z]{0,3}\p{Sc}|[A-Za-z]{1,3}\.?)?"


def text_sql(raw: str, column: ColumnMap, blanks: Blanks = "any") -> str:
    """The trimmed text of `raw` after `empty:`, `values:` and `groups:`; null for nothing. Of a list they are of its
    items, so that its text is only trimmed.

    `blanks`: those that may occur.
    """
    sql = _trimmed(raw, blanks)
    if column.type == "list":
        return sql
    sql = meant_sql(sql, column)
    return group_sql(sql, column.groups) if column.groups else sql


def meant_sql(sql: str, column: ColumnMap) -> str:
    """A trimmed text after `empty:` and `values:`."""
    if column.empty:
        words = ", ".join(quote_literal(word.strip().lower()) for word in column.empty)
        sql = f"CASE WHEN lower({sql}) IN ({words}) THEN NULL ELSE {sql} END"
    if column.values:
        whens = " ".join(
            f"WHEN {quote_literal(key.strip())} THEN {quote_literal(constant_text(value, column))}"
            for key, value in column.values.items()
        )
        sql = f"CASE {sql} {whens} ELSE {sql} END"
    return sql


def _trimmed(raw: str, blanks: Blanks) -> str:
    """Without blanks around it, null when nothing is left; nearly all values pass without being trimmed."""
    if blanks == "none":
        return f"nullif({raw}, '')"
    odd = f"{raw} < '!' OR suffix({raw}, ' ')"  # comparing with '!' looks at the first byte only
    if blanks == "any":
        ends = " OR ".join(f"suffix({raw}, chr({c}))" for c in (9, 10, 13, 160))
        odd += f" OR {ends} OR prefix({raw}, chr(160)) OR prefix({raw}, chr(65279))"
    return f"CASE WHEN {odd} THEN nullif(trim({raw}, {_SPACES}), '') ELSE {raw} END"


def constant_text(value: str | int | float | bool | None, column: ColumnMap) -> str | None:
    """A constant of a mapping as a source would write it."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).replace(".", column.decimal)


def value_sql(text: str, type_: ValueTypeName, column: ColumnMap, factor: str, largest: int | None = None) -> str:
    """The value of a trimmed text (a column name), for all types but dates and timestamps.

    `factor`: SQL of how many minor units an amount's unit has. Of numbers null from `largest` on, a power of ten;
    default what can be stored: 18 digits, or any double.
    """
    match type_:
        case "integer":
            return _integer(text, column.decimal, _digits(largest))
        case "number":
            return _number(text, column.decimal, largest)
        case "money":
            return _money(text, column.decimal, factor, _digits(largest))
        case "boolean":
            yes, no = (", ".join(map(quote_literal, words)) for words in (TRUE_WORDS, FALSE_WORDS))
            return f"CASE WHEN lower({text}) IN ({yes}) THEN true WHEN lower({text}) IN ({no}) THEN false END"
        case "list":
            return list_sql(text, column.separator, lambda item: meant_sql(item, column))
        case _:
            return text


def _digits(largest: int | None) -> int:
    """How many digits are below a power of ten."""
    return len(str(largest)) - 1 if largest else MOST_DIGITS


def is_too_large(text: str, type_: ValueTypeName, column: ColumnMap) -> str:
    """SQL: whether a text from which no value was made is a number, so that only its size can be the reason."""
    number = f"try_cast({_plain_number(text, column.decimal)} AS DOUBLE)"
    digits = f"regexp_matches({text}, '[0-9]') AND ({_plain_number(text, column.decimal)}) NOT IN ('', '-')"
    if type_ == "integer":  # a fraction is none either, whatever its size
        return f"({digits} AND coalesce(abs({number}) >= 1e3 AND {number} = trunc({number}), true))"
    return f"({digits})"


def is_not_a_number(text: str) -> str:
    """SQL: whether a text is a spreadsheet's or a program's way to write 'no number'."""
    return f"lower({text}) IN ({', '.join(map(quote_literal, NOT_A_NUMBER))})"


def _plain_number(text: str, decimal: str) -> str:
    """SQL of a grouped or decorated number as digits with a point; empty (null when cast) when it is none."""
    spaces = "'[\\s' || chr(160) || chr(8239) || '''’]'"
    tight = f"replace(replace(regexp_replace({text}, {spaces}, '', 'g'), '−', '-'), '_', 'x')"
    group, point = (",", r"\.") if decimal == "." else (r"\.", ",")
    plain = rf"\d+(?:{point}\d*)?(?:[eE][-+]?\d+)?|{point}\d+"
    grouped = rf"\d{{1,3}}(?:{group}\d{{3}})+(?:{point}\d*)?"
    # A point that cannot separate thousands is a decimal point even where the comma is: machine-written numbers.
    machine = r"|\d+\.\d{1,2}|\d+\.\d{4,}" if decimal == "," else ""
    pattern = rf"^(\(?[-+]?){_AROUND}([-+]?)({grouped}|{plain}{machine}){_AROUND}%?(-?\)?)$"
    digits = f"regexp_extract({tight}, {quote_literal(pattern)}, 3)"
    if decimal == ",":
        commas = f"replace(replace({digits}, '.', ''), ',', '.')"
        single = quote_literal(r"\d+\.\d{1,2}|\d+\.\d{4,}")
        digits = f"CASE WHEN regexp_full_match({digits}, {single}) THEN {digits} ELSE {commas} END"
    else:
        digits = f"replace({digits}, ',', '')"
    negative = f"regexp_matches({tight}, '^\\(.*\\)$|^[^0-9]*-|-$')"
    return f"CASE WHEN {negative} THEN '-' ELSE '' END || {digits}"


def _integer(text: str, decimal: str, digits: int) -> str:
    """Whole numbers; 12.0 is one, 12.5 is not."""
    exact = f"try_cast({_plain_number(text, decimal)} AS DECIMAL(38, 12))"
    slow = f"CASE WHEN {exact} = trunc({exact}) THEN {_fitting(exact, digits)} END"
    fast = f"CASE WHEN regexp_full_match({text}, '[-+]?[0-9]{{1,{digits}}}') THEN try_cast({text} AS BIGINT) END"
    return f"coalesce({fast}, {slow})"


def _number(text: str, decimal: str, largest: int | None) -> str:
    def sane(number: str) -> str:
        is_sane = f"abs({number}) < {largest}" if largest else f"isfinite({number})"
        return f"CASE WHEN {is_sane} THEN {number} END"

    slow = sane(f"try_cast({_plain_number(text, decimal)} AS DOUBLE)")
    return slow if decimal == "," else f"coalesce({sane(f'try_cast({text} AS DOUBLE)')}, {slow})"


def _money(text: str, decimal: str, factor: str, digits: int) -> str:
    """Minor units, half away from zero, computed in decimals."""
    # 32 digits leave room for the factor: an amount beyond them is unreadable, not an overflow of the whole file.
    slow = f"round(try_cast({_plain_number(text, decimal)} AS DECIMAL(32, 10)) * {factor})"
    slow = _fitting(slow, digits)
    if decimal == ",":
        return slow
    # So short a text is an amount that fits, but for some like 1e12, which the factor takes beyond a decimal.
    fast = f"CASE WHEN strlen({text}) <= 12 THEN try_cast({text} AS DECIMAL(18, 5)) END"
    return f"coalesce(TRY(try_cast(round({fast} * {factor}) AS BIGINT)), {slow})"


def _fitting(decimal: str, digits: int) -> str:
    """SQL of a whole number of at most so many digits; null beyond."""
    return f"CAST(try_cast({decimal} AS DECIMAL({digits}, 0)) AS BIGINT)"
