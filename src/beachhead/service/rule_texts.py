"""Texts of definitions as trees, and which of what they look at has no data."""

from __future__ import annotations

from functools import lru_cache

from beachhead.customers.catalog import Catalog
from beachhead.errors import BeachheadError, Diagnostic, Place
from beachhead.project import DefinitionKind, Project
from beachhead.rules import Node, parse, uses


@lru_cache(50_000)
def _parsed(text: str, place: Place, indent: int) -> Node:
    """A rule in its place, read once as long as it stays the same: a server plans anew with every definition saved."""
    return parse(text, place, indent)


def parsed_text(
    project: Project, said: list[Diagnostic], kind: DefinitionKind, name: str, key: str, text: str
) -> Node | None:
    """A text of a definition as a tree; what is wrong with it goes to `said`."""
    at = project.text_place(kind, name, key)
    try:
        return _parsed(text, at.place, at.indent)
    except BeachheadError as e:
        said.extend(e.diagnostics)
        return None


def lacking_of(node: Node, catalog: Catalog) -> dict[str, str | None]:
    """The attributes and tables whose values a rule looks at, and what would have to be mapped for each that has no
    data. A day from which rows are counted is not looked at for itself."""
    looked_at = {(use.kind, use.name) for use in uses(node) if not use.is_day}
    found = {name: catalog.missing.get(name) for kind, name in looked_at if kind == "attribute"}
    return found | {n: None if n in catalog.tables else f"needs {n}" for kind, n in looked_at if kind == "table"}


def lacks_all(node: Node, catalog: Catalog) -> str | None:
    """Why nothing can be said: all that a rule looks at lacks data. None when something has some."""
    reasons = set(lacking_of(node, catalog).values())
    return None if None in reasons else "; ".join(sorted(filter(None, reasons))) or None
