"""What a report is made from: the customer record of one day and what is known about how it came to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa

from beachhead.analysis.segment import SegmentResult
from beachhead.customers.attributes import Attribute
from beachhead.customers.tiers import Tiering
from beachhead.customers.value import Scores
from beachhead.project.definitions import Settings
from beachhead.reports.trends import Trends
from beachhead.sources.problems import Problem


@dataclass(frozen=True, slots=True)
class SourceRows:
    """What became of a source's rows: `read` = `used` + `set_aside`."""

    source: str
    table: str
    read: int
    used: int
    set_aside: int


@dataclass(frozen=True, slots=True)
class Before:
    """An earlier day to compare with: how many customers there were, and in each segment."""

    as_of: date
    customers: int
    members: Mapping[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class ReportData:
    """`accounts`: one row per customer with `account_id` and every attribute that has data.

    `attributes`: the meaning of each; `missing`: for attributes without data, what would have to be mapped.
    `tie_out`: how our figures stand to finance's, as one sentence; empty: finance was not asked.
    `trends`: metrics over time; None: nobody asked for them.
    `scores`, `tiering`: as `customers.value` and `customers.tiers` gave them for these rows; None: no score.
    """

    settings: Settings
    as_of: date
    accounts: pa.Table
    attributes: Mapping[str, Attribute]
    missing: Mapping[str, str] = field(default_factory=dict)
    segments: tuple[SegmentResult, ...] = ()
    scores: Scores | None = None
    tiering: Tiering | None = None
    problems: tuple[Problem, ...] = ()
    rows: tuple[SourceRows, ...] = ()
    before: Before | None = None
    snapshot: str = ""
    tie_out: str = ""
    trends: Trends | None = None
