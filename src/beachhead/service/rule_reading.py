"""A rule as the page's builder and its text share it: tree, text, English, and every mistake with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue

from beachhead.errors import BeachheadError, DefinitionError, Diagnostic, Place
from beachhead.rules import Node, check_rule, format_rule, from_json, parse, to_json
from beachhead.rules.ast import And, Not, Or
from beachhead.service.plan import Plan
from beachhead.service.rule_layout import laid_out, rewritten

Tree = dict[str, JsonValue]
_TOKEN = re.compile(r"'(?:''|[^'])*'?|[A-Za-z_]\w*|[0-9][\w.]*|=>|[<>!=]=|<>|\S")
_LONGEST_TEXT = 100_000


class Told(BaseModel):
    """Base of what the page is told."""

    model_config = ConfigDict(frozen=True)


class RuleProblem(Told):
    """One thing that is wrong or worth knowing. `start`, `end`: the characters of the text, as a browser counts them;
    null where it is of no place. `path`: the condition in which it stands."""

    code: str
    severity: Literal["error", "warning", "info"]
    message: str
    why: str | None = None
    remedy: str | None = None
    nearest: str | None = None
    start: int | None = None
    end: int | None = None
    path: list[int] | None = None


class PartRead(Told):
    """A condition, or a group of them: where it stands in the tree and in the text."""

    path: list[int]
    kind: Literal["and", "or", "not", "condition"]
    start: int
    end: int
    text: str
    english: str


class RuleRead(Told):
    """A rule as it was understood. `tree`: null where the text cannot be read; `ok`: it can be counted."""

    text: str
    ok: bool
    tree: Tree | None
    english: str
    problems: list[RuleProblem]
    parts: list[PartRead]


def read_rule(plan: Plan, text: str) -> RuleRead:
    """What a text says. Never raises for what is written, `DefinitionError` for what cannot be a text."""
    _require_text(text)
    try:
        parsed = parse(text)
    except BeachheadError as e:
        problems = [_problem(text, d, ()) for d in e.diagnostics]
        return RuleRead(text=text, ok=False, tree=None, english="", problems=problems, parts=[])
    checked = check_rule(parsed, plan.catalog)
    parts = [_part(text, plan, path, node, checked.ok) for path, node in parts_of(checked.node)]
    return RuleRead(
        text=text,
        ok=checked.ok,
        tree=_tree(checked.node),
        english=plan.english(checked.node) if checked.ok else "",
        problems=[_problem(text, d, parts) for d in checked.diagnostics],
        parts=parts,
    )


def text_of_tree(tree: Tree, text: str = "") -> str:
    """The text of a tree; what `text` says alike stays as it is written. Raises `DefinitionError`."""
    node = from_json(tree)
    made = rewritten(text, node) if text.strip() else laid_out(node)
    _require_text(made)
    return made


def parts_of(node: Node, path: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Node]]:
    """A rule and all groups and conditions below it, each before those below it."""
    yield path, node
    match node:
        case And() | Or():
            for n, item in enumerate(node.items):
                yield from parts_of(item, (*path, n))
        case Not():
            yield from parts_of(node.item, (*path, 0))


def _tree(node: Node) -> Tree:
    tree: Tree = to_json(node)  # type: ignore[assignment]
    return tree


def _part(text: str, plan: Plan, path: tuple[int, ...], node: Node, is_sound: bool) -> PartRead:
    kinds: dict[type, Literal["and", "or", "not"]] = {And: "and", Or: "or", Not: "not"}
    start, end = (node.span.start, node.span.end) if node.span else (0, len(text))
    return PartRead(
        path=list(path),
        kind=kinds.get(type(node), "condition"),
        start=_browsers(text, start),
        end=_browsers(text, end),
        text=format_rule(node),
        english=plan.english(node) if is_sound else "",
    )


def _problem(text: str, diagnostic: Diagnostic, parts: Sequence[PartRead]) -> RuleProblem:
    start, end = _token(text, _offset(text, diagnostic.place))
    around = [p for p in parts if p.start <= start < p.end]
    return RuleProblem(
        code=diagnostic.code,
        severity=diagnostic.severity.value,
        message=diagnostic.message,
        why=diagnostic.why,
        remedy=diagnostic.remedy,
        nearest=diagnostic.nearest,
        start=start if diagnostic.place else None,
        end=end if diagnostic.place else None,
        path=max(around, key=lambda p: len(p.path)).path if around else None,
    )


def _offset(text: str, place: Place | None) -> int:
    if place is None or not place.line:
        return 0
    lines = text.split("\n")
    row = min(place.line, len(lines)) - 1
    return sum(len(line) + 1 for line in lines[:row]) + max(place.column - 1, 0)


def _token(text: str, offset: int) -> tuple[int, int]:
    """The word that begins at a place; at the end of the text the last one."""
    found = _TOKEN.match(text, offset)
    if found is None:
        last = None
        for last in _TOKEN.finditer(text[:offset]):  # noqa: B007
            pass
        found = last
    if found is None:
        return 0, _browsers(text, len(text))
    return _browsers(text, found.start()), _browsers(text, found.end())


def _browsers(text: str, offset: int) -> int:
    """A place in a text as JavaScript counts it, in UTF-16 units."""
    return len(text[:offset].encode("utf-16-le")) // 2


def _require_text(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as e:
        message, remedy = "the rule holds half of a character", "Type it again, or paste it from another program."
        raise DefinitionError(Diagnostic("bad-text", message, remedy=remedy)) from e
    if len(text) > _LONGEST_TEXT:
        message = f"the rule has {len(text):,} characters, more than the page can edit"
        remedy = "Write it into the segment's file, or move parts of it into segments of their own."
        raise DefinitionError(Diagnostic("rule-too-long", message, remedy=remedy))
