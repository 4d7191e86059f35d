"""`${NAME}` in definitions, and keeping what it stands for out of sight.

`${NAME}` is the variable's value, `${NAME:-default}` falls back where it is unset or empty, `$${` is a plain `${`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from beachhead.errors import Diagnostic, Place, nearest_name
from beachhead.project import yaml_positions as yaml

HIDDEN = "•••"
"""What stands in place of a secret."""

_REFERENCE = re.compile(r"\$(\$\{)|\$\{(?:([A-Za-z_][A-Za-z0-9_]*)(?::-([^}\n]*))?\})?")
_SHORT = 4


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A reference that could not be replaced; `name` is None when it is malformed. `offset` counts from 0."""

    offset: int
    name: str | None


@dataclass(frozen=True, slots=True)
class Substituted:
    """A text after replacement, the values that came from the environment, and what could not be replaced."""

    text: str
    secrets: frozenset[str]
    unresolved: tuple[Unresolved, ...]


def substitute(text: str, environment: Mapping[str, str]) -> Substituted:
    """`text` with its references replaced. What cannot be replaced stays as written; values are not read again."""
    secrets: set[str] = set()
    unresolved: list[Unresolved] = []

    def replacement(found: re.Match[str]) -> str:
        escaped, name, default = found.groups()
        if escaped:
            return "${"
        if name is None:
            unresolved.append(Unresolved(found.start(), None))
            return found.group()
        value = environment.get(name)
        if value or (value is not None and default is None):
            secrets.add(value)
            return value
        if default is None:
            unresolved.append(Unresolved(found.start(), name))
            return found.group()
        return default

    replaced = _REFERENCE.sub(replacement, text)
    return Substituted(replaced, frozenset(s for s in secrets if s.strip()), tuple(unresolved))


def redact(text: str, secrets: Iterable[str]) -> str:
    """`text` with every secret hidden, the longest first.

    A secret shorter than four characters is hidden only where it is a word of its own: elsewhere it would blank out
    half of the text and give itself away.
    """
    for secret in sorted({s for s in secrets if s.strip()}, key=lambda s: (-len(s), s)):
        for form in {secret, secret.strip()}:
            if len(form) >= _SHORT:
                text = text.replace(form, HIDDEN)
            elif form in text:
                text = re.sub(rf"(?<!\w){re.escape(form)}(?!\w)", HIDDEN, text)
    return text


@dataclass(frozen=True, slots=True)
class Resolved:
    """A document with its references replaced. `failed` are the places of values that could not be."""

    document: yaml.Document
    secrets: frozenset[str]
    diagnostics: tuple[Diagnostic, ...]
    failed: frozenset[Place]


def resolve(document: yaml.Document, environment: Mapping[str, str]) -> Resolved:
    """`document` with the references in its texts replaced; keys and what was written (`raw`) stay as they are."""
    if document.root is None or "${" not in document.text:
        return Resolved(document, frozenset(), (), frozenset())
    resolver = _Resolver(document, environment)
    root = resolver.node(document.root)
    return Resolved(
        replace(document, root=root),
        frozenset(resolver.secrets),
        tuple(resolver.diagnostics),
        frozenset(resolver.failed),
    )


class _Resolver:
    """Walks a tree; a node shared by aliases is done once. Depth is bounded by the reader."""

    def __init__(self, document: yaml.Document, environment: Mapping[str, str]) -> None:
        self.document = document
        self.environment = environment
        self.secrets: set[str] = set()
        self.diagnostics: list[Diagnostic] = []
        self.failed: set[Place] = set()
        self._done: dict[int, yaml.Node] = {}

    def node(self, node: yaml.Node) -> yaml.Node:
        done = self._done.get(id(node))
        if done is None:
            done = self._done[id(node)] = self._resolved(node)
        return done

    def _resolved(self, node: yaml.Node) -> yaml.Node:
        match node:
            case yaml.Sequence():
                return replace(node, items=tuple(self.node(n) for n in node.items))
            case yaml.Mapping():
                entries = {k: replace(e, value=self.node(e.value)) for k, e in node.entries.items()}
                return replace(node, entries=entries)
            case yaml.Scalar():
                return self._scalar(node) if isinstance(node.value, str) and "${" in node.value else node

    def _scalar(self, scalar: yaml.Scalar) -> yaml.Scalar:
        result = substitute(str(scalar.value), self.environment)
        self.secrets |= result.secrets
        for unresolved in result.unresolved:
            self.failed.add(self.document.at(scalar))
            self.diagnostics.append(self._diagnostic(unresolved, self._place(scalar, unresolved.offset)))
        return replace(scalar, value=result.text)

    def _place(self, scalar: yaml.Scalar, offset: int) -> Place:
        start = self.document.text_place(scalar)
        before = scalar.raw[:offset].lstrip() if scalar.raw[:offset].strip() else ""
        line = start.place.line + before.count("\n")
        if "\n" in before:
            return Place(self.document.file, line, start.indent + len(before) - before.rfind("\n"))
        return Place(self.document.file, line, start.place.column + len(before))

    def _diagnostic(self, unresolved: Unresolved, place: Place) -> Diagnostic:
        if unresolved.name is None:
            message = "'${' starts a reference to an environment variable, but no name and '}' follow"
            remedy = "Write ${NAME} or ${NAME:-default}; for a plain '${' write '$${'."
            return Diagnostic("malformed-variable", message, place=place, remedy=remedy)
        name = unresolved.name
        nearest = nearest_name(name, self.environment)
        remedy = f"Set it before you start Beachhead, or give a default: ${{{name}:-default}}."
        if nearest:
            remedy = f"Did you mean '{nearest}'? Otherwise: {remedy}"
        message = f"the environment variable '{name}' is not set"
        return Diagnostic("undefined-variable", message, place=place, remedy=remedy, nearest=nearest)
