"""An update: read what is new, compute every customer's record as of a day, publish it as one snapshot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from beachhead.customers.assemble import Assembler, Assembly
from beachhead.customers.contradictions import contradictions
from beachhead.customers.event_counts import warm_up
from beachhead.customers.events import EventState
from beachhead.customers.merging import merge_customers
from beachhead.customers.model_cache import ModelCache
from beachhead.customers.people import STATED
from beachhead.customers.record import PROFILES
from beachhead.engines.base import Engine
from beachhead.engines.choose import model_engine
from beachhead.engines.duck import DuckEngine
from beachhead.errors import BeachheadError, DataError, DefinitionError, Diagnostic, Severity, UsageError
from beachhead.project.definitions import Settings
from beachhead.service.about import (
    ABOUT,
    ACCOUNTS,
    DOUBTFUL,
    MATCHES,
    SET_ASIDE,
    USERS,
    About,
    AboutSegment,
    AboutSource,
)
from beachhead.service.compute import Computed, Day, compute
from beachhead.service.load import (
    Loaded,
    Numbered,
    current_sources,
    known_sources,
    load_sources,
    number_records,
    store_events,
)
from beachhead.service.metric_facts import mapped_columns
from beachhead.service.plan import Plan, make_plan
from beachhead.service.problems import all_problems, event_rows, set_aside_rows, source_rows
from beachhead.service.progress import Say, say_nothing
from beachhead.service.results import Run
from beachhead.service.snapshot_tables import Division, Part, TableWriter
from beachhead.service.update_segments import evaluate_segments, failures, told_of_segments, write_segments
from beachhead.service.update_world import UpdateWorld, population_of
from beachhead.sources.problems import Problem
from beachhead.state.runs import RunLog
from beachhead.store.files import FileSystem
from beachhead.store.guard import check_loss
from beachhead.store.layout import Layout
from beachhead.store.lock import writer_lock
from beachhead.store.manifest import Contents, SnapshotRef
from beachhead.store.retention import collect_garbage
from beachhead.store.scratch import scratch_path
from beachhead.store.snapshots import MEMBERSHIPS, Snapshot, SnapshotStore


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How to update. `as_of`: default the last complete day in the data. `full`: read every file again.

    `today` is for tests; default the present day in the project's time zone. `looks_back`: what it publishes is for who
    asks for that day, and the current update stays.
    """

    as_of: date | None = None
    full: bool = False
    allow_loss: bool = False
    wait_seconds: float = 600.0
    today: date | None = None
    looks_back: bool = False


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """What an update published. `diagnostics` has errors where a segment had to be left out."""

    snapshot: SnapshotRef
    customers: int
    new_customers: int
    segments: int
    problems: int
    diagnostics: tuple[Diagnostic, ...]


def run(
    folder: Path,
    options: RunOptions | None = None,
    say: Say = say_nothing,
    files: FileSystem | None = None,
    plan: Plan | None = None,
) -> RunOutcome:
    """Update a project. The last snapshot stays as it is until the new one is complete. `plan`: of its definitions as
    they are now, where somebody has made it already.

    Raises `DefinitionError` (nothing but single segments may have errors), `DataError`, `OutsideError`; `UsageError`
    for a day that is not over.
    """
    options = options or RunOptions()
    files = files or FileSystem()
    layout = Layout(folder)
    plan = plan or make_plan(folder)
    if plan.blocking:
        raise DefinitionError(plan.errors)
    ThreadPoolExecutor(1).submit(_warm_up, any(s.table == "events" for s in plan.project.sources.values()))
    layout.create(files)
    warnings: list[Diagnostic] = []
    log = RunLog(layout.runs, warnings.append)
    with writer_lock(layout, "update", options.wait_seconds, say):
        number = log.start(options.as_of)
        try:
            outcome = _run(plan, layout, files, options, say)
        except KeyboardInterrupt:
            log.finish(number, "interrupted")
            raise
        except BaseException as e:
            log.finish(number, "failed", message=_reason(e))
            raise
        ref, counts = outcome.snapshot, {"customers": outcome.customers}
        log.finish(number, "published", ref.as_of, ref.name, counts=counts)
    return replace(outcome, diagnostics=(*outcome.diagnostics, *warnings))


def _warm_up(has_events: bool) -> None:
    """Load the compiled loops beside other work, so that they are there when they are needed."""
    from beachhead.segments.engine import warm_up as warm_up_rules

    if has_events:
        warm_up()
    warm_up_rules()


def _reason(error: BaseException) -> str:
    """Why an update failed, in one line."""
    if not isinstance(error, BeachheadError):
        return f"{type(error).__name__}: {error}"
    first, *more = error.diagnostics
    return f"{first.message}{f' (and {len(more)} more)' if more else ''}"


def _run(plan: Plan, layout: Layout, files: FileSystem, options: RunOptions, say: Say) -> RunOutcome:
    settings = plan.project.settings
    today = options.today or datetime.now(ZoneInfo(settings.timezone)).date()
    if options.as_of and options.as_of >= today:
        message, yesterday = f"{options.as_of} is not over yet; today is {today}", today - timedelta(days=1)
        raise UsageError(Diagnostic("day-not-over", message, remedy=f"Take a day before: --as-of {yesterday}."))
    with _engines(settings, plan, layout, files) as (engine, model):
        loaded = load_sources(plan, layout, files, engine, today, full=options.full, say=say)
        as_of = options.as_of or loaded.data_day
        sources = known_sources(plan, loaded, layout, as_of)
        store = SnapshotStore(layout, files)
        current = _readable(store)
        published = current.manifest.contents.watermark if current else ()
        earlier = sorted((r for r in store.list() if r.as_of <= as_of), reverse=True)
        before = next((s for ref in earlier if (s := _readable(store, ref))), None)
        day_before = next((s for ref in earlier if ref.as_of < as_of and (s := _readable(store, ref))), None)
        say(f"Matching records to {settings.customers_are}")
        numbered = number_records(sources, layout, files, engine, loaded.data_day, published)
        merged = merge_customers(engine, current_sources(plan, loaded), numbered.accounts, plan.project.matching, say)
        accounts, users, identity = (
            numbered.accounts.relation(),
            numbered.users.relation(),
            numbered.accounts.identity,
        )
        cache = ModelCache(layout, files, numbered.accounts.count(), again=options.full)
        assembly = Assembler(engine, sources, accounts, users, identity, settings, cache, model).assemble()
        say("Storing events")
        events = store_events(sources, numbered, layout, files, engine, full=options.full)
        plan = plan.after(events.codes)
        reached = None if options.as_of else _reached_further(current, loaded.data_day)
        last = current if reached and current and current.ref.as_of > as_of else before
        with store.begin(as_of) as draft:
            with TableWriter(draft.directory) as writer:
                day = Day(plan, sources, numbered, events, layout, engine, model, as_of)
                computed = compute(day, writer, say)
                if not computed.accounts.num_rows:
                    raise DataError(_nobody(plan, loaded, as_of))
                if last and not options.allow_loss:
                    _check_loss(last, computed, settings, reached)
                say("Publishing")
                divisions = _divisions(computed, assembly, layout)
                event_problems, event_tables = event_rows(loaded, events, layout.events)
                writer.write(SET_ASIDE, set_aside_rows(loaded, assembly, event_tables))
                if merged:
                    writer.write(MATCHES, merged.records)
                    writer.write(DOUBTFUL, merged.doubtful)
                say("Finding who is in which segment")

                @contextmanager
                def opened(earlier: date) -> Iterator[Day]:
                    known = known_sources(plan, loaded, layout, earlier)
                    with _engines(settings, plan, layout, files) as (other, its_model):
                        Assembler(other, known, accounts, users, identity, settings, cache, its_model).assemble()
                        yield Day(plan, known, numbered, events, layout, other, its_model, earlier)

                world = UpdateWorld(day, computed.accounts, opened, store)
                evaluated = evaluate_segments(plan, population_of(day, computed.accounts, world))
                written = write_segments(draft.directory / MEMBERSHIPS, plan, evaluated, before, day_before)
                rows = source_rows(loaded, [assembly.set_aside, *event_tables])
                more = [
                    *event_problems,
                    *(merged.problems if merged else ()),
                    *contradictions(engine, model, sources, accounts, settings.currency),
                ]
                problems = all_problems(loaded, assembly, computed, more, rows, as_of)
                segments = told_of_segments(plan, evaluated, written, before)
                failed = failures(evaluated)
                about = _about(plan, loaded, events, computed, segments, failed, as_of, problems, rows, divisions)
                files.write_bytes(draft.directory / ABOUT, about.model_dump_json(indent=1).encode())
            fresh = len(evaluated.ready.engine.names)
            contents = _contents(plan, loaded, numbered, assembly, events, computed, layout, fresh)
            ref = draft.publish(contents, as_current=not (options.looks_back and current))
        collected = collect_garbage(layout, store, files, settings.keep.daily)
    return RunOutcome(
        ref,
        computed.accounts.num_rows,
        _new_customers(numbered, current),
        len(written),
        len(about.problems),
        (*plan.diagnostics, *failed, *_moved_back(reached), *collected.diagnostics),
    )


def _new_customers(numbered: Numbered, current: Snapshot | None) -> int:
    """How many customers got their number since the last update that was published; one that failed may have given
    them. Without a count from then, those of this update."""
    known = current.manifest.contents.counts.get("numbered") if current else 0
    return numbered.new_accounts if known is None else max(numbered.accounts.count() - known, 0)


def _check_loss(last: Snapshot, computed: Computed, settings: Settings, reached: str | None) -> None:
    customers = last.manifest.contents.counts.get("customers", 0)
    at_most = settings.guard.max_customers_lost
    check_loss(customers, computed.accounts.num_rows, at_most, settings.customers_are, reached)


def _nobody(plan: Plan, loaded: Loaded, as_of: date) -> Diagnostic:
    if not any(source.files for source in loaded.landed.values()):
        expected = [pattern for source in plan.project.sources.values() for pattern in source.files]
        listed = f"{', '.join(expected[:4])}{', …' if len(expected) > 4 else ''}"
        remedy = f"Put your exports where sources/ expects them: {listed}."
        return Diagnostic("no-files", "no file was found; nothing was published", remedy=remedy)
    message = f"no {plan.project.settings.customers_are} are known as of {as_of}; nothing was published"
    remedy = "Take a later day with --as-of, or see whether the list of them is complete."
    return Diagnostic("no-customers", message, remedy=remedy)


def _reached_further(current: Snapshot | None, data_day: date) -> str | None:
    """How far the data reaches now and reached before, when a file must have lost its last days; else None."""
    before = None
    with suppress(BeachheadError):
        before = Run(current).about.data_day if current else None
    if before is None or data_day >= before:
        return None
    return f"the data now reaches only to {data_day}, while before it reached to {before}"


def _moved_back(reached: str | None) -> tuple[Diagnostic, ...]:
    remedy = "Look for a file that is missing or too small, and run again."
    return (Diagnostic("data-moved-back", reached, Severity.WARNING, remedy=remedy),) if reached else ()


@contextmanager
def _engines(
    settings: Settings, plan: Plan, layout: Layout, files: FileSystem
) -> Iterator[tuple[DuckEngine, Engine]]:  # fmt: skip
    """The embedded engine, and the one that runs the model's SQL, which may be the same."""
    spill = scratch_path(layout, "spill")
    with (
        _removed_at_the_end(files, spill),
        DuckEngine(spill, settings.memory_limit) as engine,
        model_engine(settings, engine, plan.project.place("settings", "", "engine")) as model,
    ):
        yield engine, model


@contextmanager
def _removed_at_the_end(files: FileSystem, folder: Path) -> Iterator[None]:
    try:
        yield
    finally:
        with suppress(BeachheadError):
            files.remove_tree(folder)


def _readable(store: SnapshotStore, ref: SnapshotRef | None = None) -> Snapshot | None:
    """A snapshot, default the current one; None when there is none or it cannot be read (a full one replaces it)."""
    try:
        ref = ref or store.current()
        return store.open(ref) if ref else None
    except DataError:
        return None


def _contents(
    plan: Plan,
    loaded: Loaded,
    numbered: Numbered,
    assembly: Assembly,
    events: EventState,
    computed: Computed,
    layout: Layout,
    segments: int,
) -> Contents:
    kept = {
        layout.relative(layout.landing / name / f"{key}.parquet")
        for name, loads in loaded.loads.items()
        for load in (loads if name in plan.project.sources and plan.project.sources[name].history == "kept" else ())
        for key in load.keys
    }
    now = {layout.relative(f.parquet) for source in loaded.landed.values() for f in source.files}
    stored = {layout.relative(layout.events / f) for f in events.files}
    fixed = {layout.relative(layout.landing / "loads.json")}
    if events.files:
        fixed.add(layout.relative(layout.events / "state.json"))
    model = {layout.relative(path) for path in assembly.files.values()}
    return Contents(
        watermark=numbered.watermark,
        references=tuple(sorted(kept | now | stored | model | fixed)),
        counts={
            "customers": computed.accounts.num_rows,
            "segments": segments,
            "numbered": numbered.accounts.count(),
        },
    )


def _about(
    plan: Plan,
    loaded: Loaded,
    events: EventState,
    computed: Computed,
    segments: tuple[AboutSegment, ...],
    failed: Sequence[Diagnostic],
    as_of: date,
    problems: tuple[Problem, ...],
    rows: tuple[AboutSource, ...],
    divisions: dict[str, Division],
) -> About:
    present = set(computed.columns)
    return About(
        as_of=as_of,
        data_day=loaded.data_day,
        settings=plan.project.settings,
        attributes=tuple(a for a in plan.catalog.attributes.values() if a.name in present),
        missing=dict(plan.catalog.missing),
        segments=segments,
        sources=rows,
        problems=problems,
        value=plan.project.value and plan.project.value.model_copy(update={"inputs": plan.score_inputs}),
        diagnostics=tuple(d for d in (*plan.diagnostics, *failed) if d.severity is not Severity.INFO),
        divisions=divisions,
        mapped=mapped_columns(plan.project),
        made_by=plan.made_by,
        event_codes=events.codes,
    )


def _divisions(computed: Computed, assembly: Assembly, layout: Layout) -> dict[str, Division]:
    """What is known of customers and people whatever the day stays in the stored model tables; what was complete
    before the score has files of its own."""
    profiles = layout.relative(assembly.files[PROFILES])
    parts = [Part(file=profiles, columns={name: name for name in computed.profile}, key="account_no")]
    parts += [Part(file=file, columns={n: n for n in names}) for file, names in computed.written.items() if names]
    accounts = Division(order=computed.columns, parts=tuple(parts))
    if computed.users is None:
        return {ACCOUNTS: accounts}
    people, own = layout.relative(assembly.files["users"]), computed.users.column_names
    users = Division(order=(*own[:2], *STATED, *own[2:]), parts=(Part(file=people, columns=STATED, key="user_no"),))
    return {ACCOUNTS: accounts, USERS: users}
