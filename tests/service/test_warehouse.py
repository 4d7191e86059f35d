"""Rules as SQL give, in a warehouse that holds the same, the members of the update; written back, they stay there."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import get_args

import psycopg
import pyarrow as pa
import pytest
import sqlglot
from harbour import AS_OF, RULES, latest, make_harbour, members, segment, update, write

from beachhead.engines.base import Dialect
from beachhead.engines.choose import postgres as connected
from beachhead.engines.duck import DuckEngine
from beachhead.errors import DataError, DefinitionError, UsageError
from beachhead.service.plan import Plan, make_plan
from beachhead.service.warehouse_sql import segment_sql
from beachhead.service.warehouse_write import WrittenBack, write_back

MORE = {
    "segments/by.yml": segment("mrr_cents > 0", "for_each: country\n"),
    "segments/of_public.yml": segment("desks > 0", "for_each: is_public\n"),
    "segments/by_hand.yml": segment(
        "country = 'DE'", "include: ['5', '''; drop table accounts; --']\nexclude: ['1']\n"
    ),
    "segments/ranked.yml": segment("rank(case when in_segment('paying') then desks end) = 1"),
    "segments/paying.yml": segment("mrr_cents > 0"),
}
MORE_MEMBERS = {"by/DE": "12", "by/FR": "4", "by/XX": "", "of_public/true": "14", "of_public/false": "23",
                "by_hand": "25", "ranked": "4"}  # fmt: skip
KINDS = {"size": pa.float64(), "occurred_at": pa.timestamp("us"), "created_at": pa.timestamp("us"),
         "solved_at": pa.timestamp("us"), "signed_up_at": pa.timestamp("us")}  # fmt: skip
TABLES = {
    "events": ("usage", {"customer": "account_id", "who": "user_id", "what": "event", "at": "occurred_at",
                         "size": "size", "form": "form"}),
    "users": ("people", {"id": "user_id", "customer": "account_id", "email": "email", "role": "role",
                         "since": "signed_up_at"}),
    "tickets": ("help", {"id": "ticket_id", "customer": "account_id", "day": "created_at", "solved": "solved_at",
                         "priority": "priority"}),
}  # fmt: skip


@pytest.fixture(scope="module")
def project(harbour: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Plan]:
    """The harbour's rules and some more, over the records of its update."""
    root = tmp_path_factory.mktemp("warehouse")
    make_harbour(root, {name: rule for name, (rule, _) in RULES.items()}, MORE)
    return root, make_plan(root)


def rows_of(root: Path, table: str) -> pa.Table:
    """A table as the warehouse has it: names of the customer model, local times."""
    file, names = TABLES[table]
    with (root / f"data/{file}.csv").open(newline="") as f:
        rows = list(csv.DictReader(f))
    columns = {}
    for column, name in names.items():
        texts = [row[column] or None for row in rows]
        kind = KINDS.get(name, pa.string())
        values = [None if t is None else datetime.fromisoformat(t) if pa.types.is_timestamp(kind) else t for t in texts]
        columns[name] = pa.array([float(v) if v and kind == pa.float64() else v for v in values], kind)  # type: ignore[arg-type]
    return pa.table(columns)


Ask = Callable[[str], str]


def loaded(engine: DuckEngine, root: Path, harbour: Path) -> Ask:
    engine.load("accounts", latest(harbour).accounts.arrow())
    for table in TABLES:
        engine.load(table, rows_of(root, table))
    return lambda sql: "".join(sorted(engine.query(sql)["account_id"].to_pylist()))


@pytest.fixture(scope="module")
def duckdb(project: tuple[Path, Plan], harbour: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    with DuckEngine(tmp_path_factory.mktemp("spill")) as engine:
        yield loaded(engine, project[0], harbour)


EXPECTED = {**{name: ids for name, (_, ids) in RULES.items()}, **MORE_MEMBERS}


@pytest.mark.parametrize("name", EXPECTED)
def test_duckdb_finds_the_members_of_the_update(name: str, project: tuple[Path, Plan], duckdb: Ask) -> None:
    assert duckdb(segment_sql(project[1], name, AS_OF, "duckdb")) == EXPECTED[name]


def test_postgresql_finds_the_members_of_the_update(
    project: tuple[Path, Plan], harbour: Path, postgres: str
) -> None:  # fmt: skip
    with connected(postgres) as engine:
        ask = loaded(engine, project[0], harbour)  # type: ignore[arg-type]
        found = {name: ask(segment_sql(project[1], name, AS_OF, "postgres")) for name in EXPECTED}
    assert found == EXPECTED


@pytest.mark.parametrize("dialect", get_args(Dialect))
def test_every_dialect_says_every_rule(dialect: Dialect, project: tuple[Path, Plan]) -> None:
    for name in EXPECTED:
        sql = segment_sql(project[1], name, AS_OF, dialect, schema="crm")
        assert sqlglot.parse_one(sql, read=dialect)
        assert "crm" in sql
        assert "rule_" not in sql


def test_whole_numbers_are_fractions_on_clickhouse_which_has_no_common_type(project: tuple[Path, Plan]) -> None:
    _, plan = project
    assert 'CAST("c"."mrr_cents" AS Nullable(Float64)) > 0' in segment_sql(plan, "paying", AS_OF, "clickhouse")
    assert '"c"."mrr_cents" > 0' in segment_sql(plan, "paying", AS_OF, "duckdb")


def test_what_a_warehouse_cannot_know_is_said(tmp_path: Path) -> None:
    rules = {
        "grew": "mrr_cents > was(mrr_cents, at => 30 days ago)",
        "came": "entered('grew', last => '7 days')",
        "then": "was(in_segment('grew'), at => 30 days ago)",
        "open_then": "was(tickets() > 0, at => 30 days ago)",
    }
    make_harbour(tmp_path, rules)
    plan = make_plan(tmp_path)
    for name in rules:
        with pytest.raises(DefinitionError) as caught:
            segment_sql(plan, name, AS_OF, "postgres")
        assert [d.code for d in caught.value.diagnostics] == ["not-in-a-warehouse"]
        assert "--write" in (caught.value.diagnostics[0].remedy or "")


@pytest.mark.parametrize(
    ("name", "said"),
    [("payin", "there is no segment 'payin'"), ("by", "'by' is a family"), ("of_public/maybe", "is never 'maybe'"),
     ("paying/DE", "there is no segment 'paying/DE'")],
)  # fmt: skip
def test_a_name_that_there_is_not(name: str, said: str, project: tuple[Path, Plan]) -> None:
    with pytest.raises(UsageError, match=said):
        segment_sql(project[1], name, AS_OF, "postgres")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("published")
    make_harbour(root, {"exported": "events('export', last => '30 days') > 0", "paying": "mrr_cents > 0"})
    update(root, date(2026, 3, 15))
    return root


def rows(url: str, sql: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(sql).fetchall()  # type: ignore[arg-type]


def test_written_members_follow_the_updates(published: Path, copied: Callable[[Path], Path], postgres: str) -> None:
    root = copied(published)
    first = latest(root)
    version = first.segments["exported"].about.version
    done = write_back(postgres, "segments", first, ["exported"])
    assert done == WrittenBack("segments", "segments_changes", members=3, joined=3, left=0)
    assert write_back(postgres, "segments", first, ["exported"]) == WrittenBack("segments", "segments_changes", 3, 0, 0)
    day = date(2026, 3, 15)
    assert rows(postgres, "SELECT * FROM segments ORDER BY account_id") == [
        ("exported", account, version, day) for account in "124"
    ]
    update(root)
    done = write_back(postgres, "segments", latest(root), ["exported", "paying"])
    assert (done.members, done.joined, done.left) == (6, 4, 1)
    assert rows(postgres, "SELECT account_id, since FROM segments WHERE segment = 'exported' ORDER BY 1") == [
        ("1", day), ("4", day)
    ]  # fmt: skip
    changes = "SELECT segment, account_id, change, as_of, snapshot FROM segments_changes"
    assert rows(postgres, f"{changes} WHERE as_of > '2026-03-15' ORDER BY 1, 2") == [
        ("exported", "2", "left", AS_OF, "2026-03-31-r1"),
        *(("paying", account, "joined", AS_OF, "2026-03-31-r1") for account in "1246"),
    ]
    assert write_back(postgres, "segments", latest(root), ["exported", "paying"]).joined == 0
    assert rows(postgres, "SELECT count(*) FROM segments_changes") == [(8,)]


def test_a_changed_rule_shows_in_the_version_and_others_are_left_alone(
    published: Path, copied: Callable[[Path], Path], postgres: str
) -> None:
    root = copied(published)
    write_back(postgres, "public.mine", latest(root), ["exported", "paying"])
    write(root, {"segments/exported.yml": segment("events('export', last => '29 days') > 0")})
    update(root)
    write_back(postgres, "public.mine", latest(root), ["exported"])
    version = latest(root).segments["exported"].about.version
    day = date(2026, 3, 15)
    assert rows(postgres, f"SELECT segment, account_id, version = '{version}', since FROM mine ORDER BY 1, 2") == [
        ("exported", "1", True, day),
        *(("paying", account, False, day) for account in "1246"),
    ]


def test_stale_members_are_written_with_the_version_that_they_are_of(
    published: Path, copied: Callable[[Path], Path], postgres: str
) -> None:
    root = copied(published)
    version = latest(root).segments["exported"].about.version
    write(root, {"segments/exported.yml": segment("events('export'")})
    update(root)
    assert latest(root).segments["exported"].about.stale
    write_back(postgres, "mine", latest(root), ["exported"])
    assert rows(postgres, "SELECT account_id, version FROM mine ORDER BY 1") == [(a, version) for a in "124"]


def test_a_failed_write_leaves_all_as_it_was(published: Path, postgres: str) -> None:
    run = latest(published)
    write_back(postgres, "mine", run, ["exported"])
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("DELETE FROM mine WHERE account_id = '1'")
        connection.execute("ALTER TABLE mine ADD CONSTRAINT no_more CHECK (account_id <> '1')")
    with pytest.raises(DataError, match="no_more"):
        write_back(postgres, "mine", run, ["exported"])
    assert rows(postgres, "SELECT account_id FROM mine ORDER BY 1") == [("2",), ("4",)]
    assert rows(postgres, "SELECT count(*) FROM mine_changes") == [(3,)]


@pytest.mark.parametrize("table", ["", "a b", "a;b", "a.b.c", '"a"', "1a", "a.", "schema.t--"])
def test_what_is_no_name_of_a_table_is_refused(table: str, published: Path) -> None:
    with pytest.raises(UsageError, match="is not the name of a table"):
        write_back("postgresql://nobody@127.0.0.1:1/none", table, latest(published), ["exported"])


def test_names_keep_their_capitals(published: Path, postgres: str) -> None:
    write_back(postgres, "Mine", latest(published), ["exported"])
    assert rows(postgres, 'SELECT count(*) FROM "Mine"') == [(3,)]
    assert members(latest(published), "exported") == {"exported": "124"}
