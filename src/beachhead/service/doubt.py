"""Names that a definition with errors would have brought: that they are unknown is its error, not one more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from beachhead.customers.catalog import Catalog
from beachhead.errors import Diagnostic
from beachhead.project import Project
from beachhead.project.yaml_positions import Mapping
from beachhead.rules import Node, attributes_used


@dataclass(frozen=True, slots=True)
class Doubt:
    """Attributes that may exist once the errors are mended; with `anything`, any name may."""

    names: frozenset[str] = frozenset()
    anything: bool = False

    def covers(self, name: str) -> bool:
        return self.anything or name in self.names

    def plus(self, names: Iterable[str]) -> Doubt:
        """The same, of more names."""
        return replace(self, names=self.names | frozenset(names))

    def without_guesses(self, found: Sequence[Diagnostic], node: Node, catalog: Catalog) -> list[Diagnostic]:
        """What was found in a rule, but for unknown attributes when each of them may exist."""
        unknown = [n for n in attributes_used(node) if catalog.attribute_type(n) is None]
        guessed = bool(unknown) and all(self.covers(n) for n in unknown)
        return [d for d in found if not (guessed and d.code == "unknown-attribute")]


def doubt_of(project: Project) -> Doubt:
    """What cannot be known of a project because of its errors."""
    names: set[str] = set()
    anything = False
    for kind, name in project.broken:
        document = project.documents.get((kind, "" if kind in ("settings", "value") else name))
        root = document.root if document else None
        match kind:
            case "attributes":
                names.add(name)
            case "settings":
                anything |= not isinstance(root, Mapping)
            case "sources" if isinstance(root, Mapping):
                extra = root.entries.get("extra")
                names |= set(extra.value.entries) if extra and isinstance(extra.value, Mapping) else set()
            case "sources":
                anything = True
            case _:
                pass
    wrong = {d.place.file for d in project.errors if d.place and d.place.file.startswith("attributes/")}
    read = {document.file for (kind, _), document in project.documents.items() if kind == "attributes"}
    return Doubt(frozenset(names), anything or bool(wrong - read))
