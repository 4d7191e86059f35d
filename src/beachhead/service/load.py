"""The first half of an update: land the files, learn how far the data reaches, number customers and people."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from pydantic import BaseModel

from beachhead.customers.assemble import KnownSource
from beachhead.customers.columns import extra_types
from beachhead.customers.events import EventState, EventStore, People
from beachhead.customers.loads import Loads, add_load, encode_loads, load_as_of, read_loads
from beachhead.customers.mentions import mentioned_customers, said_of
from beachhead.engines.duck import DuckEngine, parquet
from beachhead.errors import BeachheadError, DataError, OutsideError
from beachhead.project import Project, matching_files
from beachhead.project.currency import minor_digits, other_digits, rate_steps
from beachhead.project.definitions import Settings, SourceDefinition
from beachhead.project.model import BY_NAME, day_column
from beachhead.service.plan import Plan, without_secrets
from beachhead.service.progress import Say
from beachhead.sources.hygiene import HYGIENE_VERSION, examine
from beachhead.sources.landing import LandedFile, LandedSource, LandingContext, land, read_landed
from beachhead.sources.problems import Problem
from beachhead.sources.servers import Fetching, fetch
from beachhead.store.files import FileSystem
from beachhead.store.layout import Layout
from beachhead.store.registry import Registry
from beachhead.store.scratch import write_atomically


@dataclass(frozen=True, slots=True)
class Loaded:
    """All sources landed, and what was found odd about each. `data_day` is the last complete day in the data; `loads`
    is on disk."""

    landed: Mapping[str, LandedSource]
    oddities: tuple[Problem, ...]
    loads: Loads
    data_day: date


def load_sources(
    plan: Plan, layout: Layout, files: FileSystem, engine: DuckEngine, today: date, *, full: bool, say: Say
) -> Loaded:
    """Land what is new in every source, and note what each consists of now. Raises `DataError`, `OutsideError`
    with all that is wrong in all sources.
    """
    project = plan.project
    settings = project.settings
    landed: dict[str, LandedSource] = {}
    oddities: list[Problem] = []
    wrong: list[BeachheadError] = []
    for name, source in project.sources.items():
        context = LandingContext(
            root=project.root,
            folder=layout.landing / name,
            timezone=settings.timezone,
            currency=settings.currency,
            minor_digits=minor_digits(settings.currency),
            engine=engine,
            today=today,
            again=full,
            other_digits=other_digits(settings.currency, settings.rates),
            place_of=lambda *keys, name=name: project.place("sources", name, *keys),
            say=say,
        )
        try:
            paths = _paths(project, source, layout, context)
            landed[name] = land(source, BY_NAME[source.table], paths, context)
        except BeachheadError as e:
            wrong.append(e)
            continue
        oddities += [
            p
            for f in landed[name].files
            for p in _examined(engine, source, landed[name], f, today, settings, layout, files)
        ]
    if wrong:
        kind = OutsideError if all(isinstance(e, OutsideError) for e in wrong) else DataError
        raise kind([without_secrets(d, project) for e in wrong for d in e.diagnostics])
    loads = read_loads(layout.landing / "loads.json")
    data_day = _data_day(engine, landed, today)
    after = dict(loads)
    for name, each in landed.items():
        keeps_history = project.sources[name].history == "kept"
        after = add_load(after, name, [f.key for f in each.files], data_day, keeps_history=keeps_history)
    if after != loads:
        write_atomically(layout, files, layout.landing / "loads.json", encode_loads(after))
    return Loaded(landed, tuple(oddities), after, data_day)


def _paths(project: Project, source: SourceDefinition, layout: Layout, context: LandingContext) -> tuple[Path, ...]:
    """The files of a source; of a database server, those that what it has now was fetched into."""
    if source.is_in_the_engine:
        there = source.database.model_copy(update={"url": project.settings.engine})
        source = source.model_copy(update={"database": there})
    if source.database.url is None:
        return matching_files(project.root, source)
    folder = layout.fetched / source.name
    fetching = Fetching(folder, context.engine, context.place_of, context.say, context.again)
    return fetch(source, BY_NAME[source.table], fetching)


class _Oddities(BaseModel):
    """What was odd about a landed file. It holds for one way of looking, and where dates lay ahead for one day."""

    looked: str
    problems: tuple[Problem, ...]


def _examined(
    engine: DuckEngine,
    source: SourceDefinition,
    landed: LandedSource,
    file: LandedFile,
    today: date,
    settings: Settings,
    layout: Layout,
    files: FileSystem,
) -> tuple[Problem, ...]:
    """What is odd about one landed file. It is looked at once; the findings stay beside it."""
    noted = file.parquet.with_suffix(".oddities.json")
    looked = f"{HYGIENE_VERSION} {settings.currency} {sorted(settings.rates.items())}"
    with suppress(OSError, ValueError):
        last = _Oddities.model_validate_json(noted.read_bytes())
        if last.looked in (looked, f"{looked} {today}"):
            return last.problems
    found = examine(
        engine, source, replace(landed, files=(file,)), today, settings.currency, rate_steps(settings.rates)
    )
    if any(p.code == "future-date" for p in found):
        looked += f" {today}"
    write_atomically(layout, files, noted, _Oddities(looked=looked, problems=found).model_dump_json().encode())
    return found


def _data_day(engine: DuckEngine, landed: Mapping[str, LandedSource], today: date) -> date:
    """The last day on which something happened and that is over. Without any date: yesterday."""
    yesterday = today - timedelta(days=1)
    latest: list[date] = []
    for source in landed.values():
        moments = {source.table.known_at, *source.table.reveals.values()} - {None}
        if source.table.column("valid_from"):
            moments.add("valid_from")
        paths = [f.parquet for f in source.files if f.rows]
        if source.table.name == "spend" or not moments or not paths:
            continue
        days = engine.query(
            f"SELECT {', '.join(_latest(day_column(str(m)), yesterday) for m in sorted(map(str, moments)))} "
            f"FROM {parquet(*paths)}"
        ).to_pylist()[0]
        latest += [d for d in days.values() if d is not None]
    return max(latest, default=yesterday)


def _latest(column: str, yesterday: date) -> str:
    return f"max({column}) FILTER (WHERE {column} <= DATE '{yesterday}') AS {column}"


def known_sources(plan: Plan, loaded: Loaded, layout: Layout, as_of: date) -> list[KnownSource]:
    """Every source as it was known on `as_of`."""
    known = []
    for name, source in plan.project.sources.items():
        now = loaded.landed[name].files
        if not loaded.loads.get(name):
            continue
        load, knows_state = load_as_of(loaded.loads[name], as_of)
        if source.history == "kept":
            by_key = {f.key: f for f in now}
            files = tuple(by_key.get(k) or read_landed(layout.landing / name, k) for k in load.keys)
        else:
            files = tuple(now)
        if files or not source.optional:  # nothing is known of what was never supplied
            known.append(KnownSource(source, files, knows_state))
    mentioned = [(mentioned_customers(s.definition), s) for s in known]
    return [*known, *(KnownSource(d, s.files, said_in=said_of(s.definition)) for d, s in mentioned if d)]


@dataclass(frozen=True, slots=True)
class Numbered:
    """The registries, in which all customers and people of the sources have numbers. `watermark`: from what."""

    accounts: Registry
    users: Registry
    new_accounts: int
    watermark: tuple[str, ...]


def current_sources(plan: Plan, loaded: Loaded) -> list[KnownSource]:
    """Every source as it is now: who is who does not depend on the day that is computed."""
    return [KnownSource(s, tuple(loaded.landed[n].files)) for n, s in plan.project.sources.items()]


def number_records(
    sources: Sequence[KnownSource],
    layout: Layout,
    files: FileSystem,
    engine: DuckEngine,
    observed_on: date,
    published: Collection[str],
) -> Numbered:
    """Give numbers to new customers and people.

    `published`: the watermark of a published snapshot; everybody who was numbered from a file has a number. The
    same file may be asked for others another time: of orders for customers only while there is no list of them.
    """
    new_in = _NewIn(engine, observed_on, frozenset(published), [])
    accounts, users = Registry(layout, "account", files), Registry(layout, "user", files)
    listed = [s for s in sources if s.definition.table == "accounts"]
    naming = listed or [s for s in sources if s.table.column("account_id")]
    new = new_in.register(accounts, [f for s in naming for f in s.files], "account_id")
    if people_files := _files_of(sources, "users"):
        new_in.register(users, people_files, "user_id")
    else:
        new_in.register(users, _files_of(sources, "events"), "account_id || chr(31) || user_id")
    return Numbered(accounts, users, new, tuple(new_in.watermark))


def store_events(
    sources: Sequence[KnownSource],
    numbered: Numbered,
    layout: Layout,
    files: FileSystem,
    engine: DuckEngine,
    *,
    full: bool,
) -> EventState:
    """Take new events into the event store. The engine holds the model tables."""
    knows_users = any(s.table.name == "users" for s in sources)
    users = "(SELECT user_no, user_id AS user_key, account_no FROM users)"
    if not knows_users:
        users = f"(SELECT user_no, user_id AS user_key FROM {numbered.users.relation()})"
    people = People(numbered.accounts.relation(), users, knows_users, numbered.accounts.identity)
    properties = extra_types([s.definition for s in sources if s.definition.table == "events"])
    store = EventStore(layout, files)
    return store.update(engine, _files_of(sources, "events"), people, properties=properties, full=full)


@dataclass(frozen=True, slots=True)
class _NewIn:
    engine: DuckEngine
    observed_on: date
    published: frozenset[str]
    watermark: list[str]

    def register(self, registry: Registry, files: Sequence[LandedFile], id_sql: str) -> int:
        """Give numbers to the ids in files that were not published yet; returns how many were new."""
        marks = {f.key: f"{registry.kind} {f.key}" for f in files}
        self.watermark.extend(marks.values())
        fresh = [f.parquet for f in files if f.rows and marks[f.key] not in self.published]
        if not fresh:
            return 0
        return registry.register_new(self.engine, f"SELECT {id_sql} FROM {parquet(*fresh)}", self.observed_on)


def _files_of(sources: Sequence[KnownSource], table: str) -> list[LandedFile]:
    return [f for s in sources if s.definition.table == table for f in s.files]
