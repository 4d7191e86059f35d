"""A text of several values as a list: its items trimmed, each once, joined by ";"."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from beachhead.engines.duck import quote_literal

JOINT = ";"
"""Between the items of a list, and therefore in none of them."""
SEPARATORS = ",|"
"""What parts items beside the joint, where a source does not name its own separator."""
_BLANKS = " \t\r\n\u00a0\u202f\u3000\ufeff"
_QUOTES = "'\""


def list_sql(text: str, separator: str | None, item: Callable[[str], str]) -> str:
    """SQL of the list in a trimmed text (a column name); null for null, and where no item is left.

    A JSON array gives its items. Else the text is parted at the joint and at the `separator`, or at all SEPARATORS;
    where it stands in brackets, as programs print lists, these and quotes around items do not count. `item` gives the
    SQL of what an item means, null to drop it.
    """
    is_json = f"prefix({text}, '[') AND json_valid({text})"
    is_printed = " OR ".join(f"(prefix({text}, '{a}') AND suffix({text}, '{b}'))" for a, b in ("[]", "{}"))
    separators = separator or SEPARATORS
    parted = f"translate({text}, {quote_literal(separators)}, {quote_literal(JOINT * len(separators))})"
    any_of_them = "".join(rf"\x{{{ord(c):x}}}" for c in (JOINT, *separators))
    between = rf"\s*[{_QUOTES}]?\s*[{any_of_them}]\s*[{_QUOTES}]?\s*"
    printed = f"regexp_replace({text}[2:-2], {quote_literal(between)}, '{JOINT}', 'g')"
    joined = (
        f"CASE WHEN {is_json} THEN array_to_string(json_extract_string({text}, '$[*]'), '{JOINT}') "
        f"WHEN {is_printed} THEN trim({printed}, {quote_literal(_QUOTES + _BLANKS)}) ELSE {parted} END"
    )
    trimmed = f"list_transform(string_split({joined}, '{JOINT}'), x -> trim(x, {quote_literal(_BLANKS)}))"
    if item("x") != "x":
        trimmed = f"list_transform({trimmed}, x -> {item('x')})"
    once = "list_filter(l, (x, i) -> x <> '' AND list_position(l, x) = i)"
    return f"nullif(list_transform([{trimmed}], l -> array_to_string({once}, '{JOINT}'))[1], '')"


def list_of(items: Iterable[str]) -> str | None:
    """The same for items that are there one by one; None where none is left."""
    parted = (part.strip(_BLANKS) for item in items for part in item.split(JOINT))
    return JOINT.join(dict.fromkeys(filter(None, parted))) or None


def list_in(text: str) -> str | None:
    """The same for a text that somebody wrote by hand."""
    for separator in SEPARATORS:
        text = text.replace(separator, JOINT)
    return list_of([text])
