"""One customer, many records: what each source knows of whom, for matching; and what that found, in the registry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import get_args

import pyarrow as pa

from beachhead.customers.assemble import KnownSource
from beachhead.customers.matching.match import match_records
from beachhead.customers.matching.result import Matching
from beachhead.customers.mentions import mentioned_customers
from beachhead.engines.duck import DuckEngine, parquet, quote_literal, quote_name
from beachhead.errors import Severity
from beachhead.project.definitions import MatchField, MatchingDefinition, MatchMap
from beachhead.sources.identity import match_column, prefix, same_as_column
from beachhead.sources.problems import Problem
from beachhead.store.registry import Registry

FIELDS: tuple[MatchField, ...] = get_args(MatchField)
_OF_TABLE: dict[str, dict[MatchField, str]] = {
    "accounts": {"name": "name", "email": "email", "website": "website", "country": "country"},
    "users": {"email": "email"},
}
"""What the model tables themselves say of a customer; a source's `match: {by: …}` says more, or otherwise."""
_OF_A_PERSON = frozenset[MatchField]({"email", "phone", "first_name", "last_name", "birth_date"})
_RECORDS = "matching_records"
_REMEDY = "Nothing, unless records of one customer stay apart for it; then say so in matching.yml: `same: [[id, id]]`."


@dataclass(frozen=True, slots=True)
class Merged:
    """What matching found. `records`: one row per id of a source: source, account_id, account_no (0: nobody's), name,
    email, how, probability, why (how it came to its customer; null: by itself). `doubtful`: pairs to decide about.
    `problems`: what was too common to be compared, and such.
    """

    records: pa.Table
    doubtful: pa.Table
    problems: tuple[Problem, ...]


def merge_customers(
    engine: DuckEngine,
    sources: Sequence[KnownSource],
    registry: Registry,
    settings: MatchingDefinition,
    say: Callable[[str], None],
) -> Merged | None:
    """Compare what the sources know of whom, and let ids of one customer mean one number; needs the lock. None where
    no source says how its rows are matched: then ids alone tell who is who.

    The survivor of several numbered ids is the one that was numbered first. An id without a number of its own becomes
    another name of the customer it was matched to, and nobody's when it was matched to none. Raises `OutsideError`.
    """
    if not settings.same and all(s.definition.match == MatchMap() for s in sources):
        return None
    _gather(engine, sources)
    matching = match_records(engine, _RECORDS, settings, say)
    engine.load("matched", matching.customers)
    engine.execute(
        "CREATE OR REPLACE TEMP TABLE survivors AS SELECT m.account_id AS id, "
        "coalesce(min(o.account_no) OVER (PARTITION BY m.customer_id), 0)::UINTEGER AS number "
        f"FROM matched AS m LEFT JOIN {registry.own_numbers()} AS o ON o.account_id = m.account_id"
    )
    engine.execute(  # ids that nothing is known of but whose they are
        "INSERT INTO survivors SELECT stated.id, coalesce(min(nullif(s.number, 0)), 0) "
        f"FROM (SELECT account_id, unnest(same_as) AS id FROM {_RECORDS}) AS stated "
        "JOIN survivors AS s ON s.id = stated.account_id "
        "WHERE stated.id NOT IN (SELECT id FROM survivors) GROUP BY stated.id"
    )
    registry.redirect(engine, "SELECT id, number FROM survivors")
    problems = [
        Problem("not-compared", Severity.INFO, note, _REMEDY, 0, matching.customers.num_rows) for note in matching.notes
    ]
    return Merged(_told(engine, matching), _with_records(engine, matching.doubtful), tuple(problems))


def _gather(engine: DuckEngine, sources: Sequence[KnownSource]) -> None:
    """The table of records: one row per row of a list of customers or people, one per different mention elsewhere."""
    parts = [
        sql
        for n, source in enumerate(sources)
        if (fields := _fields(source)) or source.definition.match.same_as
        for sql in [_select(source, n, fields)]
        if sql
    ]
    nothing = ", ".join(f"CAST(NULL AS VARCHAR) AS {f}" for f in FIELDS)
    empty = (
        "SELECT CAST(NULL AS BIGINT) AS place, '' AS account_id, '' AS source, '' AS ids, false AS listed, "
        f"false AS person, {nothing}, CAST([] AS VARCHAR[]) AS same_as WHERE false"
    )
    engine.execute(
        f"CREATE OR REPLACE TEMP TABLE {_RECORDS} AS "
        f"SELECT row_number() OVER (ORDER BY place, account_id, {', '.join(FIELDS)}) AS record_no, * EXCLUDE (place) "
        f"FROM ({' UNION ALL BY NAME '.join([empty, *parts])})"
    )


def _fields(source: KnownSource) -> dict[MatchField, str]:
    """Field → landed column."""
    definition = source.definition
    known = {f: c for f, c in _OF_TABLE.get(source.table.name, {}).items() if c in definition.columns}
    return {**known, **{field: match_column(field) for field in definition.match.by}}


def _select(source: KnownSource, number: int, fields: dict[MatchField, str]) -> str | None:
    """The records of one source; None when it has no rows."""
    definition = source.definition
    files = [f for f in source.files if f.rows]
    if not files or source.table.column("account_id") is None:
        return None
    listed = source.table.name == "accounts" or mentioned_customers(definition) is not None
    person = source.table.name == "users" or (not listed and bool(fields) and fields.keys() <= _OF_A_PERSON)
    known = "".join(f"{quote_name(fields[f])} AS {f}, " for f in fields)
    stated = [
        f"{quote_literal(prefix(namespace))} || {quote_name(same_as_column(namespace))}"
        for namespace in definition.match.same_as
    ]
    rows = " UNION ALL BY NAME ".join(
        f"SELECT *, {number * 10**15 + n * 10**11} + file_row_number AS place "
        f"FROM {parquet(f.parquet, row_numbers=True)}"
        for n, f in enumerate(files)
    )
    said = (
        f"SELECT place, account_id, {quote_literal(definition.name)} AS source, "
        f"{quote_literal(definition.match.ids or '')} AS ids, {listed} AS listed, {person} AS person, {known}"
        f"list_filter([{', '.join(stated)}]::VARCHAR[], x -> x IS NOT NULL) AS same_as "
        f"FROM ({rows}) WHERE account_id IS NOT NULL"
    )
    return f"SELECT min(place) AS place, * EXCLUDE (place) FROM ({said}) GROUP BY ALL"


def _told(engine: DuckEngine, matching: Matching) -> pa.Table:
    """Each id of each source with its customer, and how it came to it."""
    engine.load("merged_pairs", matching.pairs)
    return engine.query(
        "WITH ways AS (SELECT id, arg_max({'how': how, 'probability': probability, 'why': why, 'other': other}, "
        "probability) AS way FROM (SELECT left_id AS id, right_id AS other, * EXCLUDE (left_id, right_id) "
        "FROM merged_pairs UNION ALL SELECT right_id, left_id, * EXCLUDE (left_id, right_id) FROM merged_pairs) "
        "GROUP BY id) "
        "SELECT r.source, r.account_id, s.number AS account_no, min(r.listed) AS listed, "
        "arg_min(r.name, r.record_no) AS name, arg_min(r.email, r.record_no) AS email, "
        "any_value(w.way.how) AS how, any_value(w.way.probability) AS probability, any_value(w.way.why) AS why, "
        f"any_value(w.way.other) AS matched_with FROM {_RECORDS} AS r JOIN survivors AS s ON s.id = r.account_id "
        "LEFT JOIN ways AS w ON w.id = r.account_id "
        "GROUP BY r.source, r.account_id, s.number ORDER BY min(r.record_no)"
    )


def _with_records(engine: DuckEngine, pairs: pa.Table) -> pa.Table:
    """Pairs with what is known of both sides, most probable first."""
    engine.load("doubtful_pairs", pairs)
    shown = ("source", "name", "email", "website", "city", "country")
    sides = {"left": "l", "right": "r"}
    listed = ", ".join(f"{alias}.{c} AS {side}_{c}" for side, alias in sides.items() for c in shown)
    one = (
        f"(SELECT account_id, {', '.join(f'arg_min({c}, record_no) AS {c}' for c in shown)} "
        f"FROM {_RECORDS} GROUP BY account_id)"
    )
    return engine.query(
        f"SELECT p.left_id, p.right_id, p.how, p.probability, p.why, {listed} FROM doubtful_pairs AS p "
        f"JOIN {one} AS l ON l.account_id = p.left_id JOIN {one} AS r ON r.account_id = p.right_id "
        "ORDER BY p.probability DESC, p.left_id, p.right_id"
    )
