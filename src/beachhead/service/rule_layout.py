"""Rule text for people: a tree laid out in lines, and a text changed only where its meaning changes.

Who clicks a rule together and who writes it see one text; what one of them did not touch stays as the other wrote it,
comments and line breaks too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from beachhead.errors import BeachheadError
from beachhead.rules import Node, format_rule, parse
from beachhead.rules.ast import And, Call, Not, Or
from beachhead.rules.operators import OPERATORS

_WIDTH = 76
_INDENT = "  "
_COMMENT = re.compile(r"[ \t]*(?:#|--)[^\n]*")


def laid_out(node: Node) -> str:
    """The rule in canonical form; one that is long takes a line for each condition."""
    return "\n".join(_lines(node))


def _lines(node: Node, margin: int = 0) -> list[str]:
    line = format_rule(node)
    if margin + len(line) <= _WIDTH:
        return [line]
    if isinstance(node, Not) and isinstance(node.item, And | Or):
        return ["not (", *_indented(_lines(node.item, margin + 2)), ")"]
    if not isinstance(node, And | Or):
        return [line]
    word = "and" if isinstance(node, And) else "or"
    lines: list[str] = []
    for n, item in enumerate(node.items):
        head = f"{word} " if n else ""
        lines += _item(head, item, margin)
    return lines


def _item(head: str, item: Node, margin: int) -> list[str]:
    if not isinstance(item, And | Or):
        first, *rest = _lines(item, margin + len(head))
        return [head + first, *rest]
    inside = _lines(item, margin + 2)
    if len(inside) == 1 and margin + len(head) + len(inside[0]) + 2 <= _WIDTH:
        return [f"{head}({inside[0]})"]
    return [f"{head}(", *_indented(inside), ")"]


def _indented(lines: Sequence[str]) -> Iterator[str]:
    return (_INDENT + line for line in lines)


def rewritten(text: str, node: Node) -> str:
    """A text of `node`: `text`, changed only where it means something else; laid out anew where that cannot be."""
    wanted = format_rule(node)
    try:
        old = parse(text)
        edits = sorted(_edits(text, old, node), key=lambda e: (e.start, e.end), reverse=True)
        if isinstance(old, And | Or | Not) and [(e.start, e.end) for e in edits] == [_span(old)]:
            return laid_out(node)
        made = text
        for edit in edits:
            made = made[: edit.start] + edit.text + made[edit.end :]
        is_plain = "\n" not in made and not _COMMENT.search(made)
        if format_rule(parse(made)) == wanted and not (is_plain and len(made) > _WIDTH):
            return made
    except (BeachheadError, ValueError):
        pass
    return laid_out(node)


@dataclass(frozen=True, slots=True)
class _Edit:
    start: int
    end: int
    text: str


def _edits(text: str, old: Node, new: Node) -> Iterator[_Edit]:
    if format_rule(old) == format_rule(new):
        return
    if isinstance(old, And | Or) and type(old) is type(new):
        yield from _edits_of_items(text, old, new)
    elif isinstance(old, Not) and isinstance(new, Not) and not _is_inside(old.item) and not _is_inside(new.item):
        yield from _edits(text, old.item, new.item)
    else:
        start, end = _span(old)
        yield _Edit(start, end, _at(new, text, start, end))


def _edits_of_items(text: str, old: And | Or, new: And | Or) -> Iterator[_Edit]:
    word = "and" if isinstance(old, And) else "or"
    before, after = [format_rule(i) for i in old.items], [format_rule(i) for i in new.items]
    outer = [_outer(text, item) for item in old.items]
    between = text[outer[0][1] : outer[1][0]]
    gap = "\n" + _margin(text, outer[1][0]) if "\n" in between else " "
    for kind, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        same = min(j - i, m - k)
        for n in range(same):
            yield from _edits(text, old.items[i + n], new.items[k + n])
        if i + same < j:  # some are left out
            if i + same:
                yield _Edit(_after_comment(text, outer[i + same - 1][1]), _after_comment(text, outer[j - 1][1]), "")
            else:
                yield _Edit(outer[0][0], outer[j][0], "")
        added = [_wrapped(item, old) for item in new.items[k + same : m]]
        if added and i + same:
            end = outer[i + same - 1][1]
            at = _after_comment(text, end)
            line = "\n" + _margin(text, outer[1][0]) if at > end else gap
            yield _Edit(at, at, "".join(f"{line}{word} {one}" for one in added))
        elif added:
            at = outer[0][0]
            yield _Edit(at, at, "".join(f"{one}{gap}{word} " for one in added))


def _span(node: Node) -> tuple[int, int]:
    if node.span is None:
        raise ValueError("a parsed node has a place")
    return node.span.start, node.span.end


def _outer(text: str, node: Node) -> tuple[int, int]:
    """Where a node stands with the brackets around it."""
    start, end = _span(node)
    while True:
        left, right = text[:start].rstrip(), text[end:].lstrip()
        if not (left.endswith("(") and right.startswith(")")) or _is_call(left[:-1]):
            return start, end
        start, end = len(left) - 1, len(text) - len(right) + 1


def _after_comment(text: str, at: int) -> int:
    """The end of the comment that follows on the same line; the place itself where there is none."""
    found = _COMMENT.match(text, at)
    return found.end() if found else at


def _is_call(before: str) -> bool:
    """Whether a bracket that follows belongs to a function."""
    if not before or not (before[-1].isalnum() or before[-1] == "_"):
        return False
    word = before[len(before.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")) :]
    return word.lower() not in ("and", "or", "not", "when", "then", "else", "case")


def _margin(text: str, at: int) -> str:
    """The blanks with which the line of a place begins."""
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return line[: len(line) - len(line.lstrip(" "))]


def _at(new: Node, text: str, start: int, end: int) -> str:
    """A node in the place of another, in brackets where it is joined otherwise than what stands around it."""
    written = format_rule(new)
    has_brackets = text[:start].rstrip().endswith("(") and text[end:].lstrip().startswith(")")
    is_whole = not text[:start].strip() and not text[end:].strip()
    if is_whole:
        return laid_out(new)
    return f"({written})" if isinstance(new, And | Or) and not has_brackets else written


def _wrapped(item: Node, group: And | Or) -> str:
    written = format_rule(item)
    return f"({written})" if isinstance(item, And | Or) and type(item) is not type(group) else written


def _is_inside(node: Node) -> bool:
    """Whether "not" is written inside of a condition."""
    return isinstance(node, Call) and OPERATORS[node.operator].negated_inside
