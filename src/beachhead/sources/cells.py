"""Texts in files that a spreadsheet program opens."""

from __future__ import annotations

FORMULA_START = r"^[=+\-@\t\r]"
"""A text that begins like this would be executed."""


def safe_cell(text: str) -> str:
    """`text` as it can stand in a CSV file: a spreadsheet program shows it and does not execute it.

    What would be taken for a formula gets an apostrophe in front, as one would type it. Needed where a format cannot
    say that a cell is a text; in .xlsx it can.
    """
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
