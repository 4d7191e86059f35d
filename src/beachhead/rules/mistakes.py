"""What a rule text that cannot be parsed most likely meant: the message, the remedy, what was expected in words."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from beachhead.errors import Diagnostic, nearest_name


@dataclass(frozen=True, slots=True)
class Mistake:
    """A habit from elsewhere: `pattern` is matched `back` characters before the error."""

    pattern: re.Pattern[str]
    message: str
    remedy: str
    back: int = 0


def _mistake(pattern: str, message: str, remedy: str, back: int = 0) -> Mistake:
    return Mistake(re.compile(pattern, re.IGNORECASE), message, remedy, back)


_MISTAKES: tuple[Mistake, ...] = (
    _mistake("==", "'==' is not a comparison here", "Write a single '='."),
    _mistake("==", "'==' is not a comparison here", "Write a single '='.", back=1),
    _mistake("=[<>]", "this is not a comparison", "Write '<=' or '>='.", back=1),
    _mistake("=>", "'=>' gives an option of a form, and compares nothing", "Write '>=' to compare."),
    _mistake("&", "'&&' is not known here", "Write 'and'."),
    _mistake(r"\|", "'||' is not known here", "Write 'or'."),
    _mistake("!", "'!' alone is not known here", "Write 'not' before a condition, or '!=' between two values."),
    _mistake('"', "text is written in single quotes", "Write 'text' instead of \"text\"."),
    _mistake("[`‘’“”]", "this quote is not known here", "Write text in single quotes, names without quotes."),
    _mistake(r"\[|\]|\{|\}", "square and curly brackets are not used here", "Write round brackets: in ('a', 'b')."),
    _mistake("select\\b", "a rule is only the condition that follows WHERE", "Write the condition alone."),
    _mistake(r"\*\s*from\b", "a rule is only the condition that follows WHERE", "Write the condition alone."),
    _mistake(r",[0-9]{3}\b", "a number is written without commas", "Write 1000 or 1_000."),
    _mistake(";", "a rule is one condition; ';' has no place in it", "Remove the ';' and what follows."),
    _mistake("'[^']*$", "this text has no end", "Close it with a single quote; a quote inside a text is doubled ('')."),
    _mistake(r"'[\w ]", "a word follows a closing quote", "A quote inside a text is doubled: 'it''s'.", back=1),
    _mistake(r"(?:days?|weeks?|months?|years?)\b", "a span of time needs a direction",
             "Write '30 days ago' or '30 days from now'."),
    _mistake(r"[0-9][0-9_.,]*[a-z_.]", "this is neither a number nor a name",
             "Write numbers as 1000, 1_000 or 12.5; names begin with a letter."),
    _mistake(r"\(\s*\)", "a list needs at least one value", "Write the values inside: in ('a', 'b').", back=1),
)  # fmt: skip

_SEARCH_SIZE = 5_000
_SPAN_WORD = re.compile(r"(?:days?|weeks?|months?|years?)\b", re.IGNORECASE)
_OPTION_NUMBER = re.compile(r"=>\s*([0-9][0-9_]*)\s*\Z")
_BRACKETS = re.compile(r"(?:#|--)[^\n]*|'(?:''|[^'])*'|[()]")

_WORDS: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"NAME", "NUMBER", "STRING"}), "an attribute or a value"),
    (frozenset({"COMPARISON"}), "a comparison (=, !=, <, >, in, between, like, is null)"),
    (frozenset({"_AND", "_OR"}), "'and' or 'or'"),
    (frozenset({"_AND"}), "'and'"),
    (frozenset({"_IN", "_BETWEEN", "LIKE"}), "'in', 'between' or 'like'"),
    (frozenset({"NULL", "TRUE", "FALSE"}), "'null', 'true' or 'false'"),
    (frozenset({"_LPAR"}), "an opening bracket"),
    (frozenset({"_COMMA"}), "a comma"),
    (frozenset({"_RPAR"}), "a closing bracket"),
    (frozenset({"_WHEN"}), "'when'"),
    (frozenset({"_THEN"}), "'then'"),
    (frozenset({"_END"}), "'end'"),
    (frozenset({"$END"}), "the end of the rule"),
)

_KEYWORDS: dict[str, str] = {
    "_AND": "and", "_OR": "or", "_NOT": "not", "_IN": "in", "_IS": "is", "_BETWEEN": "between", "_CASE": "case",
    "_WHEN": "when", "_THEN": "then", "_ELSE": "else", "_END": "end", "LIKE": "like", "NULL": "null", "TRUE": "true",
    "FALSE": "false", "TODAY": "today", "YESTERDAY": "yesterday",
}  # fmt: skip

RESERVED: frozenset[str] = frozenset(_KEYWORDS.values()) | {"ilike"}
"""Words that cannot be attribute names, in any case."""


def expected_words(accepted: Collection[str]) -> str:
    """What could have followed, in words ("'and' or 'or', or a closing bracket"); `accepted` are grammar terminals."""
    left = set(accepted)
    words: list[str] = []
    for terminals, word in _WORDS:
        if terminals <= left:
            words.append(word)
            left -= terminals
            if word.startswith("an attribute"):  # an expression may begin here: no need to list all its beginnings
                return word
            if word.startswith("a comparison"):
                left -= {"_IN", "_BETWEEN", "LIKE", "_LPAR"}
    return ", or ".join(words)


def unclosed_bracket(text: str) -> int | None:
    """The offset of the last opening bracket that nothing closes; None when all are closed."""
    opened: list[int] = []
    for found in _BRACKETS.finditer(text):
        if found.group() == "(":
            opened.append(found.start())
        elif found.group() == ")" and opened:
            opened.pop()
    return opened[-1] if opened else None


def syntax_diagnostic(text: str, offset: int, token: str, accepted: Collection[str]) -> tuple[Diagnostic, int]:
    """What is wrong at `offset` of a rule text, and the offset at which to say so.

    `token` is what stands there, empty at the end of the text; `accepted` are the terminals that could have followed.
    """
    expected = expected_words(accepted)
    why = f"Expected here: {expected}." if expected else None
    if not token:
        opening = unclosed_bracket(text)
        if opening is not None:
            return Diagnostic("unbalanced-bracket", "this bracket is never closed", why=why, remedy="Add ')'."), opening
        remedy = f"Complete it with {expected}." if expected else "Complete it."
        return Diagnostic("incomplete-rule", "the rule ends too early", why=why, remedy=remedy), offset
    unit, number = _SPAN_WORD.match(text, offset), _OPTION_NUMBER.search(text, 0, offset)
    if unit and number:
        message, remedy = "a span of time as an option is written in quotes", f"'{number[1]} {unit[0]}'"
        return Diagnostic("syntax-error", message, why=why, remedy=f"Write {remedy}."), number.start(1)
    for mistake in _MISTAKES:
        start = offset - mistake.back
        if start >= 0 and mistake.pattern.match(text, start, start + _SEARCH_SIZE):
            return Diagnostic("syntax-error", mistake.message, why=why, remedy=mistake.remedy), start
    if token == ")" and unclosed_bracket(text[:offset]) is None:
        remedy = "Remove it, or add '(' where the group begins."
        return Diagnostic("unbalanced-bracket", "this bracket closes nothing", why=why, remedy=remedy), offset
    near = nearest_name(token, {_KEYWORDS[t] for t in accepted if t in _KEYWORDS}) if token.isidentifier() else None
    if near == token.lower():
        near = None
    if near:
        remedy = f"Did you mean '{near}'?"
    elif token.lower() in RESERVED and "NAME" in accepted:
        remedy = f"'{token}' is a word of the language; write {expected} before it."
    elif "$END" in accepted:
        remedy = "Remove it, or join two conditions with 'and' or 'or'."
    else:
        remedy = f"Write {expected} here." if expected else "Remove it."
    return Diagnostic("syntax-error", f"'{token[:40]}' cannot stand here", why=why, remedy=remedy, nearest=near), offset
