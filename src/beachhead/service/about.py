"""What a snapshot says about itself, so that it can be read without the definitions that made it."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict

from beachhead.customers.attributes import Attribute
from beachhead.errors import Diagnostic
from beachhead.project.definitions import Settings, ValueDefinition
from beachhead.service.snapshot_tables import Division
from beachhead.sources.problems import Problem

# The files of a snapshot, beside its memberships.
ACCOUNTS, AREAS, ACTIVITY = "accounts.parquet", "areas.parquet", "activity.parquet"
USERS = "users.parquet"
SET_ASIDE, ABOUT = "set_aside.parquet", "about.json"
MATCHES, DOUBTFUL = "matches.parquet", "doubtful.parquet"


class _About(BaseModel):
    model_config = ConfigDict(frozen=True)


class AboutSegment(_About):
    """One segment of the snapshot. `size` is null where it has no data; `why` says why then, or why it is stale.
    `version`: of the rule that the members are of.

    `lacking`: attributes of its rule that have no data and count as unknown. `joined`, `left`: against the
    newest snapshot of an earlier day, null when the rule changed or there was none.
    """

    name: str
    title: str
    owner: str | None = None
    description: str | None = None
    profile: str | None = None
    where: str
    english: str = ""
    version: str = ""
    size: int | None = None
    stale: bool = False
    why: str | None = None
    lacking: tuple[str, ...] = ()
    joined: int | None = None
    left: int | None = None


class AboutFile(_About):
    """One source file: how many rows it had, how many were set aside or left out, what the reader assumed."""

    file: str
    rows_read: int
    rows_used: int
    rows_set_aside: int
    rows_left_out: int
    assumed: tuple[str, ...] = ()


class AboutSource(_About):
    name: str
    table: str
    files: tuple[AboutFile, ...]


class About(_About):
    """`about.json`. `missing`: attributes without data, and what would have to be mapped. `divisions`: of the
    tables that lie in several files, by the name of their own. `mapped`: columns that sources fill, by model table.
    `made_by`: a text that changes with the definitions that records are made by. `event_codes`: names of events, at
    the positions that the event store gives them.
    """

    as_of: date
    data_day: date
    settings: Settings
    attributes: tuple[Attribute, ...]
    missing: dict[str, str]
    segments: tuple[AboutSegment, ...]
    sources: tuple[AboutSource, ...]
    problems: tuple[Problem, ...]
    value: ValueDefinition | None
    diagnostics: tuple[Diagnostic, ...]
    divisions: dict[str, Division]
    mapped: dict[str, tuple[str, ...]] = {}
    made_by: str = ""
    event_codes: tuple[str, ...] = ()
