"""Texts into values, as SQL: what counts as empty, as a number, as money, as yes and no.

Each expression is null for a text that cannot be read. The cheap form is tried first; only what it does not
read goes through patterns.
"""

from __future__ import annotations

from beachhead.engines.duck import quote_literal
from beachhead.project.definitions import ColumnMap, ValueTypeName
from beachhead.sources.intake import Blanks

TRUE_WORDS = ("true", "t", "yes", "y", "1", "1.0", "on", "ja", "j", "oui", "si", "sí", "wahr", "vrai", "verdadero")
FALSE_WORDS = ("false", "f", "no", "n", "0", "0.0", "off", "nein", "non", "nee", "falsch", "faux", "falso")
NOT_A_NUMBER = ("nan", "inf", "-inf", "+inf", "infinity", "-infinity", "#n/a", "#div/0!", "#num!", "#value!")

_SPACES = r"e' \t\r\n' || chr(160) || chr(8239) || chr(12288) || chr(65279)"
# What may stand around an amount: a currency's sign or up to three letters (EUR, kr).
_AROUND = r"(?:[A-Za-z]{0,3}\p{Sc}|[A-Za-z]{1,3}\.?)?"


def text_sql(raw: str, column: ColumnMap, blanks: Blanks = "any") -> str:
    """The trimmed text of `raw` after `empty:` and `values:`; null for nothing. `blanks`: those that may occur."""
    sql = _trimmed(raw, blanks)
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


def value_sql(text: str, type_: ValueTypeName, column: ColumnMap, minor_digits: int) -> str:
    """The value of a trimmed text (a column name), for all types but dates and timestamps."""
    match type_:
        case "integer":
            return _integer(text, column.decimal)
        case "number":
            return _number(text, column.decimal)
        case "money":
            return _money(text, column, minor_digits)
        case "boolean":
            yes, no = (", ".join(map(quote_literal, words)) for words in (TRUE_WORDS, FALSE_WORDS))
            return f"CASE WHEN lower({text}) IN ({yes}) THEN true WHEN lower({text}) IN ({no}) THEN false END"
        case _:
            return text


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


def _integer(text: str, decimal: str) -> str:
    """Whole numbers; 12.0 is one, 12.5 is not."""
    exact = f"try_cast({_plain_number(text, decimal)} AS DECIMAL(38, 12))"
    slow = f"CASE WHEN {exact} = trunc({exact}) THEN try_cast({exact} AS BIGINT) END"
    fast = f"CASE WHEN regexp_full_match({text}, '[-+]?[0-9]{{1,18}}') THEN try_cast({text} AS BIGINT) END"
    return f"coalesce({fast}, {slow})"


def _number(text: str, decimal: str) -> str:
    slow = f"try_cast({_plain_number(text, decimal)} AS DOUBLE)"
    slow = f"CASE WHEN isfinite({slow}) THEN {slow} END"
    if decimal == ",":
        return slow
    fast = f"CASE WHEN isfinite(try_cast({text} AS DOUBLE)) THEN try_cast({text} AS DOUBLE) END"
    return f"coalesce({fast}, {slow})"


def _money(text: str, column: ColumnMap, minor_digits: int) -> str:
    """Minor units, half away from zero, computed in decimals."""
    factor = 1 if column.unit == "minor" else 10**minor_digits
    # 32 digits leave room for the factor: an amount beyond them is unreadable, not an overflow of the whole file.
    slow = rounded(f"try_cast({_plain_number(text, column.decimal)} AS DECIMAL(32, 10))", factor)
    if column.decimal == ",":
        return slow
    fast = rounded(f"CASE WHEN strlen({text}) <= 12 THEN try_cast({text} AS DECIMAL(18, 5)) END", factor)
    return f"coalesce({fast}, {slow})"


def rounded(number: str, factor: int) -> str:
    """SQL of a number times `factor` as a whole number, half away from zero; null where it does not fit."""
    return f"try_cast(round({number} * {factor}) AS BIGINT)"
