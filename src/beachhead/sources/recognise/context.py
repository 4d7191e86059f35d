"""What recognising a file needs to know of the project around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from beachhead.engines.duck import DuckEngine
from beachhead.project.definitions import SourceDefinition


@dataclass(frozen=True)
class KnownSource:
    """A source that the project has: its definition, the header of its newest file, and some of its values.

    `samples`: column of the file → some of its values, to see what a renamed column was; `ids`: values of its
    account_id without a namespace, to see which column of a new file holds the same ids. Both may be empty.
    """

    definition: SourceDefinition
    header: tuple[str, ...]
    samples: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ids: frozenset[str] = frozenset()


@dataclass(frozen=True)
class RecogniseContext:
    """`temp`: a folder for what is needed while reading; `currency`, `timezone`: the project's.

    `reserved`: names that no further attribute may have, because the customer record has them.
    """

    engine: DuckEngine
    temp: Path
    timezone: str
    currency: str
    today: date
    known: Mapping[str, KnownSource] = field(default_factory=dict)
    reserved: frozenset[str] = frozenset()

    @property
    def own_ids(self) -> frozenset[str]:
        """Known ids of customers in the project's own numbering."""
        return frozenset().union(*(s.ids for s in self.known.values() if s.definition.match.ids is None))
