"""Sizes of companies: numbers (37) and classes (11-50), in one column or in two."""

from __future__ import annotations

_CLASSES = ((10, "1-10"), (50, "11-50"), (200, "51-200"), (500, "201-500"), (1_000, "501-1000"), (5_000, "1001-5000"),
            (10_000, "5001-10000"))  # fmt: skip
_LARGEST = "10001+"
_NUMBER = r"([0-9]+|[0-9]{1,3}(?:[., ''][0-9]{3})+)(?:[.,]0+)?(?: *[\pL.]{4,})?"
_OVER = "<|>|≥|≤|over|under|more than|less than|über|unter|mehr als|plus de|más de"
_RANGE = (
    r"[0-9] *(?:-|–|—|−|\.\.+|to|bis|à|a|hasta) *[0-9]|[0-9] *(?:\+|and more|or more)"
    rf"|^ *(?:{_OVER}) *[0-9]"
)


def is_number_sql(text: str) -> str:
    """SQL: a text is a plain number of people, such as `37`, `1,200` or `12 employees`."""
    return f"regexp_full_match({text}, '{_NUMBER}')"


def is_range_sql(text: str) -> str:
    """SQL: a text is a class, such as `11-50`, `10,001+` or `> 500`."""
    return f"regexp_matches(lower({text}), '{_RANGE}')"


def class_sql(text: str) -> str:
    """SQL of the class of a plain number of people; any other text stays as it is. Null for null."""
    digits = f"regexp_replace(regexp_extract({text}, '^{_NUMBER}$', 1), '[^0-9]', '', 'g')"
    number = f"try_cast({digits} AS BIGINT)"
    whens = " ".join(f"WHEN {number} <= {most} THEN '{name}'" for most, name in _CLASSES)
    return f"CASE WHEN {is_number_sql(text)} AND {number} > 0 THEN CASE {whens} ELSE '{_LARGEST}' END ELSE {text} END"
