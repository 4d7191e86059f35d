"""A published update, opened for reading: tables, segments, single customers. Also the Python API's `Run`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from beachhead.customers.attributes import Attribute
from beachhead.errors import DataError, Diagnostic, Severity, UsageError
from beachhead.service.about import ABOUT, ACCOUNTS, DOUBTFUL, MATCHES, SET_ASIDE, USERS, About, AboutSegment
from beachhead.service.segment_names import unknown_segment
from beachhead.service.snapshot_tables import read_table
from beachhead.sources.problems import Problem
from beachhead.store.bitmaps import numbers_of
from beachhead.store.membership_file import MembershipFile
from beachhead.store.snapshots import Snapshot

if TYPE_CHECKING:
    import pandas
    import polars

    from beachhead.service.metrics import RunMetrics


class Frame:
    """A table of a run: `.arrow()`, `.pandas()`, `.polars()`; shows itself in a notebook."""

    def __init__(self, table: pa.Table, what: str) -> None:
        self._table = table
        self._what = what

    def arrow(self) -> pa.Table:
        """The table as Arrow; money in minor units, days as dates."""
        return self._table

    def pandas(self) -> pandas.DataFrame:
        """The table as pandas, with Arrow types, so that whole numbers with nulls stay whole."""
        import pandas as pd

        frame: pandas.DataFrame = self._table.to_pandas(types_mapper=pd.ArrowDtype)
        return frame

    def polars(self) -> polars.DataFrame:
        """The table as polars."""
        import polars as pl

        frame = pl.from_arrow(self._table)
        assert isinstance(frame, pl.DataFrame)
        return frame

    @property
    def columns(self) -> list[str]:
        return list(self._table.column_names)

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def __getitem__(self, column: str) -> pa.ChunkedArray:
        if column not in self._table.column_names:
            raise UsageError(Diagnostic.unknown_name("column", column, self._table.column_names))
        return self._table[column]

    def __repr__(self) -> str:
        return f"<{self._what}: {len(self):,} rows × {len(self.columns)} columns>"

    def _repr_html_(self) -> str:
        head = self._table.slice(0, 10).to_pylist()
        from html import escape

        cells = "".join(f"<th>{escape(c)}</th>" for c in self.columns)
        rows = "".join(
            "<tr>" + "".join(f"<td>{escape('' if v is None else str(v))}</td>" for v in row.values()) + "</tr>"
            for row in head
        )
        note = escape(repr(self).strip("<>"))
        return f"<p>{note}</p><table><thead><tr>{cells}</tr></thead><tbody>{rows}</tbody></table>"


@dataclass(frozen=True)
class SegmentMembers:
    """One segment of a run: what it is, and who is in it."""

    about: AboutSegment
    _run: Run

    @property
    def name(self) -> str:
        return self.about.name

    def members(self) -> Frame:
        """The records of its members, as of the run's day. Raises `DataError` when it has no data."""
        return Frame(self._run.accounts.arrow().filter(pa.array(self._run.mask(self.name))), f"members of {self.name}")

    def __len__(self) -> int:
        return self.about.size or 0

    def __repr__(self) -> str:
        size = "no data" if self.about.size is None else f"{self.about.size:,} members"
        return f"<segment {self.name}: {size}{', stale' if self.about.stale else ''}>"


class Segments(Mapping[str, SegmentMembers]):
    """The segments of a run by name."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._about = {s.name: s for s in run.about.segments}

    def __getitem__(self, name: str) -> SegmentMembers:
        if name not in self._about:
            raise UsageError(unknown_segment(name, self._about, {s.name for s in self._about.values() if s.why}))
        return SegmentMembers(self._about[name], self._run)

    def __contains__(self, name: object) -> bool:
        return name in self._about

    def __iter__(self) -> Iterator[str]:
        return iter(self._about)

    def __len__(self) -> int:
        return len(self._about)

    def __repr__(self) -> str:
        return f"<{len(self)} segments: {', '.join(self._about)}>"


class Run:
    """One published update. Its tables never change; a newer update is another `Run`."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    @property
    def snapshot(self) -> Snapshot:
        return self._snapshot

    @property
    def name(self) -> str:
        """The snapshot's name: day and revision, such as 2026-10-31-r1."""
        return self._snapshot.ref.name

    @property
    def as_of(self) -> date:
        """The day at whose end all this was true."""
        return self._snapshot.ref.as_of

    @cached_property
    def about(self) -> About:
        """Attributes, segments, sources, problems and settings as they were for this update."""
        try:
            return About.model_validate_json(self._snapshot.file(ABOUT).read_bytes())
        except ValueError as e:
            remedy = "Run `beachhead run` to publish a whole one."
            raise DataError(Diagnostic("snapshot-damaged", f"{ABOUT} of {self.name} is damaged", remedy=remedy)) from e

    @cached_property
    def accounts(self) -> Frame:
        """One row per customer with every attribute, ordered by account_no."""
        return Frame(self._read(ACCOUNTS), f"customers as of {self.as_of}")

    def columns(self, *names: str) -> pa.Table:
        """Some columns of `accounts`, without reading the others. Raises `UsageError` for an unknown one."""
        known = {"account_no", "account_id", *self.attributes}
        if wrong := next((n for n in names if n not in known), None):
            raise UsageError(Diagnostic.unknown_name("column", wrong, known))
        return self._read(ACCOUNTS, names)

    @cached_property
    def users(self) -> Frame:
        """One row per person; empty when there is no users table."""
        table = self._read(USERS) if self._snapshot.has(USERS) else pa.table({})
        return Frame(table, f"people as of {self.as_of}")

    @cached_property
    def set_aside(self) -> Frame:
        """Every source row or value that was not used: source, file, line, column, code, reason, value."""
        return Frame(self._read(SET_ASIDE), "rows set aside")

    @cached_property
    def matches(self) -> Frame:
        """Every id that a source has for a customer: whose it is (account_no 0: nobody's), and how that was found;
        empty where ids alone tell."""
        return Frame(self._read(MATCHES) if self._snapshot.has(MATCHES) else pa.table({}), "records of customers")

    @cached_property
    def doubtful(self) -> Frame:
        """Pairs of records that may be one customer, for a person to decide."""
        return Frame(self._read(DOUBTFUL) if self._snapshot.has(DOUBTFUL) else pa.table({}), "doubtful pairs")

    @property
    def segments(self) -> Segments:
        return Segments(self)

    @property
    def metrics(self) -> RunMetrics:
        """Metrics of these customers: `run.metrics.nrr(by="industry", every="month")`."""
        from beachhead.service.metrics import RunMetrics

        return RunMetrics(self)

    @property
    def problems(self) -> tuple[Problem, ...]:
        return self.about.problems

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """What was wrong with the definitions, such as a segment file that could not be read and is missing here."""
        return tuple(d for d in self.about.diagnostics if d.severity is not Severity.INFO)

    @property
    def attributes(self) -> Mapping[str, Attribute]:
        """What the columns of `accounts` mean."""
        return {a.name: a for a in self.about.attributes}

    @cached_property
    def memberships(self) -> MembershipFile:
        """Who is in which segment, as numbers. Raises `DataError`."""
        return self._snapshot.memberships()

    def members(self, *segments: str) -> dict[str, np.ndarray[tuple[int], np.dtype[np.uint32]]]:
        """By segment the numbers of its members, ascending. Raises `UsageError`, `DataError`."""
        for segment in segments:
            about = self.segments[segment].about
            if about.size is None:
                message = f"segment '{segment}' has no data"
                raise DataError(Diagnostic("segment-without-data", message, why=about.why or None))
        found = self.memberships.read_some(segments)
        return {name: numbers_of(membership.members) for name, membership in found.items()}

    def mask(self, segment: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """For each row of `accounts` whether it is in the segment. Raises `UsageError`, `DataError`."""
        return np.isin(self.accounts["account_no"].to_numpy(), self.members(segment)[segment])

    def customer(self, account_id: str) -> dict[str, object]:
        """The record of one customer, by any of its ids. Raises `UsageError` with the nearest id."""
        accounts = self.accounts.arrow()
        found = accounts.filter(pc.equal(accounts["account_id"], account_id))
        if not found.num_rows and len(self.matches):
            of_id = self.matches.arrow().filter(pc.equal(self.matches["account_id"], account_id))
            found = accounts.filter(pc.is_in(accounts["account_no"], of_id["account_no"].combine_chunks()))
        if not found.num_rows:
            near = Diagnostic.unknown_name("customer", account_id, _some_ids(accounts, account_id))
            raise UsageError(near)
        return dict(found.to_pylist()[0])

    def segments_of(self, account_no: int) -> list[str]:
        """Names of the segments that this customer is in."""
        found = set(self.memberships.segments_of(account_no))
        return [s.name for s in self.about.segments if s.name in found]

    def _read(self, name: str, only: Collection[str] | None = None) -> pa.Table:
        try:
            return read_table(self._snapshot.file(name), self.about.divisions.get(name), self._snapshot.home, only)
        except (pa.ArrowException, OSError) as e:
            remedy = "Run `beachhead run` to publish a whole one."
            raise DataError(
                Diagnostic("snapshot-damaged", f"{name} of {self.name} cannot be read", why=str(e), remedy=remedy)
            ) from e

    def __repr__(self) -> str:
        warnings = f", {len(self.warnings)} in .warnings" if self.warnings else ""
        return f"<run {self.name}: {len(self.accounts):,} customers, {len(self.segments)} segments{warnings}>"


def _some_ids(accounts: pa.Table, wanted: str) -> list[str]:
    """Ids among which a misspelt one may be found: those that begin alike, at most 5,000."""
    ids = accounts["account_id"]
    alike = pc.filter(ids, pc.starts_with(ids, pattern=wanted[:2], ignore_case=True))
    return list((alike if len(alike) else ids).slice(0, 5000).to_pylist())
