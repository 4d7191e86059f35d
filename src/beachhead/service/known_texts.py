"""The texts that occur in the newest update, so that a rule that asks for another one is told of. Read when a rule asks
for them, and kept until there is a newer update."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from beachhead.analysis.columns import each_item, flat
from beachhead.customers.events import open_parts
from beachhead.customers.tiers import TIERS
from beachhead.errors import BeachheadError
from beachhead.rules import ValueType
from beachhead.service.model_of_run import event_parts, model_files
from beachhead.service.results import Run
from beachhead.stats.rfm import OTHERS, SEGMENTS
from beachhead.store.layout import Layout
from beachhead.store.snapshots import SnapshotStore

_MOST_VALUES = 2_000
_MOST_ROWS = 5_000_000
"""Of longer tables nothing is read while somebody waits."""

Texts = frozenset[str]
OWN_WORDS: Mapping[str, Texts] = {
    "account_status": frozenset({"active_customer", "churned", "active_trial", "expired_trial", "free", "prospect"}),
    "billing_interval": frozenset({"day", "week", "month", "quarter", "year"}),
    "buying_motion": frozenset({"sales_led", "self_serve"}),
    "channel_type": frozenset({"organic", "paid"}),
    "nps_class": frozenset({"promoter", "passive", "detractor"}),
    "rfm_segment": frozenset(s.name for s in SEGMENTS) | {OTHERS},
    "size_band": frozenset({"1", "2-10", "11-50", "51-200", "201-500", "501-1000", "1001+"}),
    "tier": frozenset(TIERS),
}
"""Texts that attributes are worked out to be, which are right even on a day on which no customer has them."""


class KnownEvents:
    """The names of events of a project's newest update; of all else nothing is known. Safe to use from several threads.

    None, here and below: there is no update, or it cannot be read; or the texts are more than 2,000.
    """

    def __init__(self, root: Path) -> None:
        self._store = SnapshotStore(Layout(root))
        self._lock = threading.Lock()
        self._run: Run | None = None
        self._found: dict[tuple[str, str, ValueType], Texts | None] = {}

    def of_attribute(self, name: str, kind: ValueType) -> Collection[str] | None:
        return None

    def of_column(self, table: str, column: str, kind: ValueType) -> Collection[str] | None:
        is_name = (table, column) == ("events", "event")
        return self._kept((table, column, kind), _event_names) if is_name else None

    def _kept(self, what: tuple[str, str, ValueType], read: Callable[[Run], Texts | None]) -> Texts | None:
        """What `read` finds in the newest update."""
        with self._lock, suppress(BeachheadError, pa.ArrowException, OSError):
            ref = self._store.current()
            if ref is None:
                return None
            if self._run is None or self._run.name != ref.name:
                self._run, self._found = Run(self._store.open(ref)), {}
            if what not in self._found:
                self._found[what] = read(self._run)
            return self._found[what]
        return None


class KnownTexts(KnownEvents):
    """The texts of a project's newest update: of attributes and of columns of rows, names of events; items of lists."""

    def of_attribute(self, name: str, kind: ValueType) -> Collection[str] | None:
        def read(run: Run) -> Texts | None:
            is_here = name in run.attributes and run.attributes[name].type == kind
            found = _texts(run.columns(name), name, kind) if is_here else None
            return None if found is None else found | OWN_WORDS.get(name, frozenset())

        return self._kept(("", name, kind), read)

    def of_column(self, table: str, column: str, kind: ValueType) -> Collection[str] | None:
        """None too where the table is so long that looking at it would take a while."""
        if (table, column) == ("events", "event"):
            return super().of_column(table, column, kind)

        def read(run: Run) -> Texts | None:
            rows = _rows(run, table, column)
            return None if rows is None else _texts(rows, column, kind)

        return self._kept((table, column, kind), read)


def _event_names(run: Run) -> Texts | None:
    names = run.about.event_codes
    return frozenset(names) if len(names) <= _MOST_VALUES else None


def _rows(run: Run, table: str, column: str) -> pa.Table | None:
    """A column of the stored rows of a table; None where it is not stored, or too long."""
    if table == "events":
        parts = event_parts(run)
        rows = open_parts(parts) if parts else pa.table({})
        return rows.select([column]) if column in rows.column_names and len(rows) <= _MOST_ROWS else None
    path = model_files(run).get(table)
    if path is None or pq.read_metadata(path).num_rows > _MOST_ROWS or column not in pq.read_schema(path).names:
        return None
    return pq.read_table(path, columns=[column])


def _texts(rows: pa.Table, column: str, kind: ValueType) -> Texts | None:
    values = flat(rows, column)
    if not pa.types.is_string(values.type):
        return None
    different = pc.unique(each_item(pc.unique(values))[1] if kind is ValueType.LIST else values).drop_null()
    return frozenset(different.to_pylist()) if len(different) <= _MOST_VALUES else None
