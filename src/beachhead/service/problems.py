"""All that is wrong with the data of one update, and every row that was not used, from wherever it was noticed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from beachhead.analysis.keeping import QUIET_DAYS, Quiet, quiet, was_and_is
from beachhead.customers.assemble import Assembly
from beachhead.customers.events import EventState
from beachhead.customers.set_aside import SCHEMA, Reason, set_aside
from beachhead.customers.value_diagnostics import input_problems, survivorship_guard
from beachhead.errors import Severity
from beachhead.service.about import AboutFile, AboutSource
from beachhead.service.compute import Computed
from beachhead.service.load import Loaded
from beachhead.service.scoring import as_numbers
from beachhead.sources.landing import LandedFile
from beachhead.sources.problems import Problem

_ORDER = (Severity.ERROR, Severity.WARNING, Severity.INFO)
_EXAMPLES = 5


def all_problems(
    loaded: Loaded,
    assembly: Assembly,
    computed: Computed,
    more: Sequence[Problem],
    rows: Sequence[AboutSource],
    as_of: date,
) -> tuple[Problem, ...]:
    """Problems of files, of matching, of the score, and `more`, the worst first, the most frequent first."""
    found: list[Problem] = [
        *_unused(rows),
        *_over_files(p for source in loaded.landed.values() for p in source.all_problems),
        *_over_files(loaded.oddities),
        *_over_files(assembly.problems),
        *more,
    ]
    accounts = computed.accounts
    found += _doubts_of_leaving(accounts, as_of)
    if computed.scored:
        found += input_problems(computed.scored.scores)
    return tuple(sorted(found, key=lambda p: (_ORDER.index(p.severity), -p.count, p.code, p.source or "")))


def _doubts_of_leaving(accounts: pa.Table, as_of: date) -> list[Problem]:
    """That the data cannot tell who left, or seem to hold only those who stayed."""
    customers = pc.sum(accounts["is_customer"]).as_py() if "is_customer" in accounts.column_names else 0
    if not customers:
        return []
    if was_and_is(accounts) is None:
        return [_cannot_tell_who_left(customers, quiet(accounts, as_of))]
    if "tenure_days" not in accounts.column_names:
        return []
    churned = accounts["is_churned"].fill_null(False).to_numpy(zero_copy_only=False)
    guard = survivorship_guard(as_numbers(accounts["tenure_days"]), churned)
    return [guard] if guard else []


def _cannot_tell_who_left(customers: int, found: Quiet | None) -> Problem:
    says, remedy = "", ""
    if found:
        have = "has" if found.count == 1 else "have"
        says = f"; {found.count:,} of {found.of:,} {have} not {found.done} for {QUIET_DAYS} days"
        remedy = (
            f", or say yourself who counts as gone: a segment with `where: {found.attribute} < {QUIET_DAYS} days ago`"
        )
    return Problem(
        code="cannot-tell-who-left",
        severity=Severity.INFO,
        message=f"{customers:,} customers, and nothing in the files tells who of them left, "
        f"so there is no kept rate{says}",
        remedy=f"Map churned_at, is_churned or status, or add subscriptions{remedy}.",
        count=customers,
        out_of=customers,
    )


def _unused(sources: Sequence[AboutSource]) -> Iterator[Problem]:
    """Sources of which not one row could be used."""
    for source in sources:
        read = sum(f.rows_read - f.rows_left_out for f in source.files)
        if read and not any(f.rows_used for f in source.files):
            message = f"0 of {read:,} rows of {source.name} were used"
            remedy = "See whether its ids are those of the customer list; `quality --rows` lists the rows."
            yield Problem("nothing-used", Severity.ERROR, message, remedy, read, read, source.name, source.table)


def _over_files(problems: Iterable[Problem]) -> list[Problem]:
    """Problems of one kind in several files of a source become one."""
    merged: dict[tuple[str, str | None, str | None, str], Problem] = {}
    for p in problems:
        key = (p.code, p.source, p.column, "" if any(c.isdigit() for c in p.message) else p.message)
        before = merged.get(key)
        if before is None:
            merged[key] = p
        else:
            merged[key] = replace(
                before,
                count=before.count + p.count,
                out_of=before.out_of + p.out_of,
                message=_recount(before, before.count + p.count),
                examples=(*before.examples, *p.examples)[:_EXAMPLES],
            )
    return list(merged.values())


def _recount(problem: Problem, count: int) -> str:
    """The message with its own count replaced by the count over all files."""
    return problem.message.replace(f"{problem.count:,}", f"{count:,}", 1)


def event_rows(loaded: Loaded, events: EventState, folder: Path) -> tuple[list[Problem], list[pa.Table]]:
    """Events that were not counted (repeated ids, unknown customers), as problems and row by row."""
    files: Mapping[str, tuple[str, LandedFile]] = {
        f.key: (name, f)
        for name, source in loaded.landed.items()
        if source.table.name == "events"
        for f in source.files
    }
    problems: list[Problem] = []
    tables: list[pa.Table] = []
    kinds = [
        (
            events.repeated,
            "event_id",
            Reason(
                "duplicate-key",
                "event_id",
                "{n} events repeat the event_id of an earlier one; the first was used",
                "Make event_id unique in the export, or correct the mapping if it is not the key.",
            ),
        ),
        (
            (events.pending,) if events.pending else (),
            "account_id",
            Reason(
                "orphan-key",
                "account_id",
                "{n} events name a customer that no customer list has",
                "They count as soon as the customer is in the list; see whether the ids are written differently.",
            ),
        ),
    ]
    for names, value, reason in kinds:
        if not names:
            continue
        rows = pa.concat_tables([pq.read_table(folder / n, columns=["_landed", "_row", value]) for n in names])
        for key, (source, landed) in files.items():
            mine = rows.filter(pc.equal(rows["_landed"], key))
            if mine.num_rows:
                problem, table = set_aside(source, "events", landed, mine["_row"].to_numpy(), mine[value], reason)
                problems.append(problem)
                tables.append(table)
    return _over_files(problems), tables


def source_rows(loaded: Loaded, set_aside: Sequence[pa.Table]) -> tuple[AboutSource, ...]:
    """For each source and file how many rows it had and how many were used: neither unreadable nor `set_aside`."""
    counts = (
        pa.concat_tables([SCHEMA.empty_table(), *set_aside]).group_by(["source", "file"]).aggregate([([], "count_all")])
    )
    aside = {(r["source"], r["file"]): r["count_all"] for r in counts.to_pylist()}
    return tuple(
        AboutSource(
            name=name,
            table=source.table.name,
            files=tuple(
                AboutFile(
                    file=f.file,
                    rows_read=f.rows + f.rejected + f.left_out,
                    rows_used=f.rows - aside.get((name, f.file), 0),
                    rows_set_aside=f.rejected + aside.get((name, f.file), 0),
                    rows_left_out=f.left_out,
                    assumed=f.assumed,
                )
                for f in source.files
            ),
        )
        for name, source in loaded.landed.items()
    )


def set_aside_rows(loaded: Loaded, assembly: Assembly, events: Sequence[pa.Table]) -> pa.Table:
    """Every row or value that was not used: those that could not be read, those of no customer, repeats."""
    unread = [_unread(pq.read_table(f.rejects)) for source in loaded.landed.values() for f in source.files if f.rejects]
    return pa.concat_tables([SCHEMA.empty_table(), *unread, assembly.set_aside, *events])


def _unread(rejects: pa.Table) -> pa.Table:
    renamed = rejects.rename_columns({"raw": "value"}) if "raw" in rejects.column_names else rejects
    return renamed.select(SCHEMA.names).cast(SCHEMA)
