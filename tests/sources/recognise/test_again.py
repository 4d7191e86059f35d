"""Next month's file: which source it continues, and which columns have other names now."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from beachhead.project.definitions import SourceDefinition
from beachhead.sources.recognise.again import Continuation, continued_sources
from beachhead.sources.recognise.context import KnownSource, RecogniseContext
from beachhead.sources.recognise.recognise import recognise_file

HEADER = ("Account ID", "Company", "Created at", "Plan", "Monthly fee", "Country")
ROWS = (
    ("a1", "Acme", "2026-01-03", "team", "19.00", "DE"),
    ("a2", "Globex", "2026-02-04", "pro", "99.00", "AT"),
    ("a3", "Initech", "2026-03-05", "team", "19.00", "DE"),
)
NEXT = (
    ("a2", "Globex", "2026-02-04", "pro", "99.00", "AT"),
    ("a3", "Initech", "2026-03-05", "pro", "99.00", "DE"),
    ("a4", "Umbrella", "2026-04-06", "team", "19.00", "US"),
)


def source(name: str = "billing", **columns: str) -> SourceDefinition:
    mapped = columns or {"account_id": "Account ID", "name": "Company", "plan": "Plan", "mrr": "Monthly fee"}
    return SourceDefinition.model_validate(
        {"name": name, "table": "accounts", "files": ["data/billing_2026-10.csv"], "columns": mapped}
    )


def known(definition: SourceDefinition, header: tuple[str, ...] = HEADER) -> KnownSource:
    samples = {name: tuple(row[n] for row in ROWS) for n, name in enumerate(header)}
    return KnownSource(definition, header, samples)


def continues(
    tmp_path: Path, context: RecogniseContext, header: tuple[str, ...], rows: tuple[tuple[str, ...], ...] = NEXT,
    sources: dict[str, KnownSource] | None = None, name: str = "billing_2026-11.csv",
) -> Continuation | None:  # fmt: skip
    path = tmp_path / name
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    found = recognise_file(path, name, context)
    return continued_sources(found, sources if sources is not None else {"billing": known(source())})


def test_the_same_columns_continue_a_source(tmp_path: Path, context: RecogniseContext) -> None:
    found = continues(tmp_path, context, HEADER)
    assert found is not None
    assert (found.sources, found.renamed, found.missing, found.new) == (("billing",), (), (), ())
    assert found.confidence == 1.0


@pytest.mark.parametrize("fresh", ["Monthly price", "MRR", "monthly_fee_eur"])
def test_a_renamed_column_is_told_by_place_name_and_values(
    fresh: str, tmp_path: Path, context: RecogniseContext
) -> None:
    header = tuple(fresh if name == "Monthly fee" else name for name in HEADER)
    found = continues(tmp_path, context, header)
    assert found is not None
    assert found.renamed == (("Monthly fee", fresh),)
    assert found.missing == ()


def test_values_of_another_kind_are_no_renamed_column(tmp_path: Path, context: RecogniseContext) -> None:
    header = tuple("Monthly fees" if name == "Monthly fee" else name for name in HEADER)
    rows = tuple((*row[:4], "on request", row[5]) for row in NEXT)
    found = continues(tmp_path, context, header, rows)
    assert found is not None
    assert (found.renamed, found.missing, found.new) == ((), ("Monthly fee",), ("Monthly fees",))


def test_a_column_that_no_source_needs_may_change_its_name(tmp_path: Path, context: RecogniseContext) -> None:
    header = tuple("Land" if name == "Country" else name for name in HEADER)
    found = continues(tmp_path, context, header)
    assert found is not None
    assert (found.renamed, found.missing) == ((), ())


def test_another_file_continues_nothing(tmp_path: Path, context: RecogniseContext) -> None:
    rows = (("t1", "a1", "2026-01-03 10:00", "high"), ("t2", "a2", "2026-01-04 10:00", "low"))
    assert continues(tmp_path, context, ("Ticket", "Account ID", "Opened", "Priority"), rows) is None


def test_nothing_is_continued_where_there_is_nothing(tmp_path: Path, context: RecogniseContext) -> None:
    assert continues(tmp_path, context, HEADER, sources={}) is None


def test_a_file_that_feeds_two_sources_continues_both(tmp_path: Path, context: RecogniseContext) -> None:
    sources = {
        "firms": known(source("firms", account_id="Account ID", country="Country")),
        "billing": known(source()),
    }
    found = continues(tmp_path, context, HEADER, sources=sources)
    assert found is not None
    assert set(found.sources) == {"firms", "billing"}
