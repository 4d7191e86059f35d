"""Rule text → tree. The grammar is `grammar.lark` (LALR); this file makes nodes of what it recognises."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import cast

from lark import Lark, Token, Transformer_NonRecursive, Tree, UnexpectedCharacters, UnexpectedToken, v_args
from lark.exceptions import VisitError
from lark.tree import Meta

from beachhead.errors import DefinitionError, Diagnostic, Place
from beachhead.rules import ast
from beachhead.rules.ast import MAX_DEPTH, Call, Literal, Node, RelativeDate, Span
from beachhead.rules.forms import FORMS, MEASURES, invoke
from beachhead.rules.mistakes import syntax_diagnostic
from beachhead.rules.operators import FUNCTIONS, Operator
from beachhead.rules.types import ValueType

MAX_LENGTH = 1_000_000
"""Longest rule text, in characters."""

_LARGEST_WHOLE = 2**63 - 1
_LONGEST_SPAN = 100_000
_OF_ROWS = frozenset({"count", *MEASURES})
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def parse(text: str, place: Place | None = None, indent: int = 0) -> Node:
    """The tree of a rule or an attribute expression.

    `place` is where the text's first character stands in its file; lines after the first lose `indent` columns there
    (a YAML block scalar). Without a place, positions are those of the text itself, in a file called "rule".
    Raises DefinitionError with one diagnostic at the first thing that cannot be understood.
    """
    source = Source(text, place or Place("rule", 1, 1), indent)
    if len(text) > MAX_LENGTH:
        raise source.error(
            0, "rule-too-long", f"the rule has {len(text):,} characters", f"At most {MAX_LENGTH:,} are possible."
        )
    if bad := _CONTROL.search(text):
        message = f"the rule holds an invisible character (code {ord(bad.group())})"
        raise source.error(bad.start(), "syntax-error", message, "Remove it.")
    if not text.strip():
        raise source.error(0, "empty-rule", "the rule is empty", "Write a condition, such as: plan = 'pro'.")
    try:
        node = _Builder(source).transform(_grammar().parse(text))
    except UnexpectedToken as error:
        at_end = error.token.type == "$END"
        offset = len(text.rstrip()) if at_end else error.token.start_pos or 0
        raise source.syntax_error(offset, "" if at_end else str(error.token), error.accepts) from None
    except UnexpectedCharacters as error:
        offset = error.pos_in_stream or 0
        raise source.syntax_error(offset, text[offset], ()) from None
    except VisitError as error:
        raise error.orig_exc from None
    deep = ast.too_deep(node)
    if deep is not None:
        message = f"the rule is nested more than {MAX_DEPTH} levels deep"
        raise source.error(
            deep.span.start if deep.span else 0, "rule-too-deep", message, "Move a part of it into its own segment."
        )
    return node


@cache
def _grammar() -> Lark:
    grammar = files("beachhead.rules").joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", lexer="basic", propagate_positions=True, maybe_placeholders=True)


@dataclass(slots=True)
class Source:
    """A rule text and where it stands in its file."""

    text: str
    origin: Place
    indent: int
    _line_starts: list[int] | None = None

    def place(self, offset: int) -> Place:
        """The place in the file of a character of the text."""
        if self._line_starts is None:
            self._line_starts = [0, *(i + 1 for i, c in enumerate(self.text) if c == "\n")]
        row = bisect_right(self._line_starts, offset) - 1
        column = offset - self._line_starts[row]
        if row == 0:
            return Place(self.origin.file, self.origin.line, self.origin.column + column if self.origin.column else 0)
        line = self.origin.line + row if self.origin.line else 0
        return Place(self.origin.file, line, self.indent + column + 1 if line else 0)

    def span(self, start: int, end: int) -> Span:
        return Span(self.place(start), start, end)

    def error(self, offset: int, code: str, message: str, remedy: str) -> DefinitionError:
        return DefinitionError(Diagnostic(code, message, place=self.place(offset), remedy=remedy))

    def syntax_error(self, offset: int, token: str, accepted: Collection[str]) -> DefinitionError:
        diagnostic, at = syntax_diagnostic(self.text, offset, token, accepted)
        return DefinitionError(diagnostic.at(self.place(at)))


@dataclass(frozen=True, slots=True)
class _Option:
    """A named option of a form as it was written."""

    name: Token
    value: Node


@v_args(meta=True)
class _Builder(Transformer_NonRecursive[Token, Node]):
    """One method per alternative of the grammar; children come as finished nodes, terminals as tokens."""

    def __init__(self, source: Source) -> None:
        super().__init__(visit_tokens=False)
        self.source = source

    def _span(self, meta: Meta) -> Span:
        return self.source.span(meta.start_pos, meta.end_pos)

    def _fail(self, node: Node | Token, code: str, message: str, remedy: str) -> DefinitionError:
        offset = node.start_pos if isinstance(node, Token) else node.span.start if node.span else 0
        return self.source.error(offset or 0, code, message, remedy)

    def start(self, _: Meta, children: list[Node]) -> Node:
        return children[0]

    def any_of(self, meta: Meta, children: list[Node]) -> Node:
        return ast.any_of(children, self._span(meta))

    def all_of(self, meta: Meta, children: list[Node]) -> Node:
        return ast.all_of(children, self._span(meta))

    def not_(self, meta: Meta, children: list[Node]) -> Node:
        return ast.Not(children[0], self._span(meta))

    def comparison(self, meta: Meta, children: list[Node | Token]) -> Node:
        left, operator, right = cast(tuple[Node, Token, Node], tuple(children))
        for side in (left, right):
            if isinstance(side, Literal) and side.type is None:
                words = "is null" if operator == "=" else "is not null"
                message = f"'{operator} null' is never true, because null means unknown"
                raise self._fail(operator, "comparison-with-null", message, f"Write '{words}'.")
        key = "!=" if operator == "<>" else str(operator)
        return Call(key, (left, right), self._span(meta))

    def in_(self, meta: Meta, children: list[Node | Tree[Node]]) -> Node:
        operand, items = cast(tuple[Node, list[Node]], tuple(children))
        for item in items:
            if isinstance(item, Literal) and item.type is None:
                remedy = "Take it out of the list and add 'or … is null'."
                raise self._fail(item, "null-in-list", "a list cannot hold null, which means unknown", remedy)
            if not isinstance(item, Literal | RelativeDate):
                remedy = "Write text in single quotes; compare with '=' where the other side is an attribute."
                raise self._fail(item, "not-a-value", "a list holds only written values", remedy)
        return Call("in", (operand, *items), self._span(meta))

    def items(self, _: Meta, children: list[Node]) -> list[Node]:
        return children

    def between(self, meta: Meta, children: list[Node]) -> Node:
        return Call("between", tuple(children), self._span(meta))

    def like(self, meta: Meta, children: list[Node | Token]) -> Node:
        operand, word, pattern = cast(tuple[Node, Token, Node], tuple(children))
        return Call(word.lower(), (operand, pattern), self._span(meta))

    def test(self, meta: Meta, children: list[Node | Token]) -> Node:
        operand, word = cast(tuple[Node, Token], tuple(children))
        return Call(f"is {word.lower()}", (operand,), self._span(meta))

    def not_in(self, meta: Meta, children: list[Node | Tree[Node]]) -> Node:
        return ast.Not(self.in_(meta, children), self._span(meta))

    def not_between(self, meta: Meta, children: list[Node]) -> Node:
        return ast.Not(self.between(meta, children), self._span(meta))

    def not_like(self, meta: Meta, children: list[Node | Token]) -> Node:
        return ast.Not(self.like(meta, children), self._span(meta))

    def not_test(self, meta: Meta, children: list[Node | Token]) -> Node:
        return ast.Not(self.test(meta, children), self._span(meta))

    def arithmetic(self, meta: Meta, children: list[Node | Token]) -> Node:
        left, operator, right = cast(tuple[Node, Token, Node], tuple(children))
        return Call(str(operator), (left, right), self._span(meta))

    def minus(self, meta: Meta, children: list[Node]) -> Node:
        return ast.negate(children[-1], self._span(meta))

    def attribute(self, meta: Meta, children: list[Token]) -> Node:
        return ast.Attribute(str(children[0]), self._span(meta))

    def option(self, _: Meta, children: list[Node | Token]) -> _Option:
        name, value = cast(tuple[Token, Node], tuple(children))
        return _Option(name, value)

    def function(self, meta: Meta, children: list[Node | Token | _Option | None]) -> Node:
        name = cast(Token, children[0])
        given = [child for child in children[1:] if child is not None]
        options = [child for child in given if isinstance(child, _Option)]
        arguments = cast(tuple[Node, ...], tuple(child for child in given if not isinstance(child, _Option)))
        word = name.lower()
        if word in FORMS:
            return self._form(meta, word, given)
        if options:
            remedy = "Only forms that look at rows or days have options, such as events('export', last => '30 days')."
            message = f"{word} has no options"
            raise self._fail(options[0].name, "unknown-option", message, remedy)
        if word == "in_segment":
            if len(arguments) == 1 and isinstance(arguments[0], Literal) and arguments[0].type is ValueType.TEXT:
                return ast.InSegment(str(arguments[0].value), self._span(meta))
            message = "in_segment takes one segment name in single quotes"
            raise self._fail(name, "wrong-arguments", message, "Write in_segment('name').")
        row = FUNCTIONS.get(word)
        if row is None:
            of_rows = f"Ask it of rows: {FORMS['orders'].example}." if word in _OF_ROWS else None
            unknown = Diagnostic.unknown_name("function", str(name), [*FUNCTIONS, *FORMS, "in_segment"], remedy=of_rows)
            raise DefinitionError(unknown.at(self.source.place(name.start_pos or 0)))
        least, most = row.arity
        if len(arguments) < least or (most is not None and len(arguments) > most):
            message = f"{row.key} takes {_count(row)}, not {len(arguments)}"
            raise self._fail(name, "wrong-arguments", message, f"For example: {row.example}.")
        return Call(row.key, arguments, self._span(meta))

    def _form(self, meta: Meta, name: str, given: list[Node | Token | _Option]) -> Node:
        row = FORMS[name]
        options: dict[str, Node] = {}
        arguments: list[Node] = []
        for item in given:
            if not isinstance(item, _Option):
                if options:
                    remedy = f"Write the arguments first. For example: {row.example}."
                    raise self._fail(cast(Node, item), "wrong-arguments", "an argument follows an option", remedy)
                arguments.append(cast(Node, item))
                continue
            word = item.name.lower()
            if row.option(word) is None:
                none_known = None if row.options else f"{name} has no options. For example: {row.example}."
                known = [o.name for o in row.options]
                unknown = Diagnostic.unknown_name("option", str(item.name), known, remedy=none_known)
                raise DefinitionError(unknown.at(self.source.place(item.name.start_pos or 0)))
            if word in options:
                message = f"option '{word}' is given twice"
                raise self._fail(item.name, "option-twice", message, "Keep one of them.")
            options[word] = item.value
        return invoke(name, arguments, options.items(), self._span(meta))

    def case(self, meta: Meta, children: list[Node | None]) -> Node:
        *parts, otherwise = children
        whens = cast(tuple[tuple[Node, Node], ...], tuple(zip(parts[::2], parts[1::2], strict=True)))
        return ast.Case(whens, otherwise, self._span(meta))

    def number(self, meta: Meta, children: list[Token]) -> Node:
        word = children[0].replace("_", "")
        value = int(word) if word.isdigit() and len(word) < 400 else float(word)
        if abs(value) > (_LARGEST_WHOLE if isinstance(value, int) else 1e300):
            raise self._fail(children[0], "number-too-large", "this number is too large", "Use a smaller one.")
        return ast.number(value, self._span(meta))

    def text(self, meta: Meta, children: list[Token]) -> Node:
        return ast.text(children[0][1:-1].replace("''", "'"), self._span(meta))

    def boolean(self, meta: Meta, children: list[Token]) -> Node:
        return ast.boolean(children[0].type == "TRUE", self._span(meta))

    def null(self, meta: Meta, _: list[Token]) -> Node:
        return Literal(None, None, self._span(meta))

    def relative_date(self, meta: Meta, children: list[Token]) -> Node:
        token = children[0]
        if token.type in ("TODAY", "YESTERDAY"):
            return RelativeDate(0 if token.type == "TODAY" else -1, "day", self._span(meta))
        amount_word, unit_word, *_ = token.lower().split()
        amount = int(amount_word.replace("_", "")) if len(amount_word) < 20 else _LONGEST_SPAN + 1
        if amount > _LONGEST_SPAN:
            raise self._fail(token, "number-too-large", "this span of time is too long", "Use a smaller number.")
        unit = cast(ast.Unit, unit_word.removesuffix("s"))
        return ast.relative(-amount if token.type == "AGO" else amount, unit, self._span(meta))


def _count(row: Operator) -> str:
    least, most = row.arity
    if most is None:
        return f"{least} or more arguments"
    if least == most:
        return f"{least} argument{'s' if least > 1 else ''}"
    return f"{least} to {most} arguments"
