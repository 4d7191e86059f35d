"""Tables and queries of real database servers, fetched and landed."""

from __future__ import annotations

import builtins
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from landing_world import World, rejects_of, table_of

import mariadb_server
from beachhead.engines.duck import DuckEngine
from beachhead.errors import BeachheadError, DataError, OutsideError, Place
from beachhead.project.model import BY_NAME
from beachhead.sources.landing import LandedSource, land
from beachhead.sources.servers import Fetching, fetch
from mariadb_server import MariadbMissingError

COLUMNS = {"subscription_id": "id", "account_id": "customer", "started_at": "start", "amount": "amount"}


@dataclass(frozen=True)
class Server:
    """A database: `url` for readers, `run` for those who change it, `moment` its type of a point in time."""

    url: str
    run: Callable[..., None]
    moment: str


@pytest.fixture(scope="session")
def mariadb_port() -> Iterator[int]:
    try:
        with mariadb_server.running_server() as port:
            yield port
    except MariadbMissingError as e:
        pytest.skip(f"MariaDB: {e}")


@pytest.fixture(params=["postgresql", "mariadb"])
def server(request: pytest.FixtureRequest) -> Server:
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres")

        def run(*statements: str) -> None:
            with psycopg.connect(url, autocommit=True) as connection:
                for statement in statements:
                    connection.execute(statement)  # type: ignore[arg-type]

        return Server(url, run, "timestamptz")
    port = request.getfixturevalue("mariadb_port")
    name = mariadb_server.new_database(port)
    return Server(
        f"mariadb://reader:se%3Acr%40t@127.0.0.1:{port}/{name}",
        lambda *statements: mariadb_server.execute(port, name, *statements), "datetime",
    )  # fmt: skip


@pytest.fixture
def filled(server: Server) -> Server:
    server.run(
        f"CREATE TABLE subs (id integer primary key, customer varchar(20), start {server.moment}, "
        "amount numeric(12, 2), changed integer)",
        "INSERT INTO subs VALUES (1, 'Zoë', '2026-01-02 03:04:05', 12.50, 1), (2, null, '2026-01-03', 1, 2), "
        "(3, 'c', '2026-01-04', null, 2)",
    )
    return server


def load(world: World, url: str, again: bool = False, **database: object) -> LandedSource:
    table = BY_NAME["subscriptions"]
    source = world.definition(columns=COLUMNS, files=(), database={"url": url, **database})
    with DuckEngine(world.root / "tmp", threads=2) as engine:
        context = world.context(engine)
        fetching = Fetching(world.root / "fetched", engine, context.place_of, world.said.append, again)
        return land(source, table, fetch(source, table, fetching), context)


def rows(landed: LandedSource) -> list[tuple[object, ...]]:
    found = [r for f in landed.files for r in table_of(f)]
    return sorted((r["subscription_id"], r["account_id"], str(r["started_at"]), r["amount"]) for r in found)


ZOE = ("1", "Zoë", "2026-01-02 03:04:05", 1250)
THREE = ("3", "c", "2026-01-04 00:00:00", None)


def test_a_table_lands_like_a_file(world: World, filled: Server) -> None:
    landed = load(world, filled.url, table="subs")
    assert rows(landed) == [ZOE, THREE]
    assert [(r["code"], r["raw"]) for r in rejects_of(landed.files[0])] == [
        ("missing-required", rejects_of(landed.files[0])[0]["raw"])
    ]
    assert load(world, filled.url, table="subs").files[0].key == landed.files[0].key
    assert world.said.count(next(s for s in world.said if s.startswith("Reading fetched"))) == 1


def test_a_query_is_asked_as_it_stands(world: World, filled: Server) -> None:
    query = "SELECT id, customer, start, amount * 2 AS amount FROM subs WHERE customer LIKE 'Z%' AND 'a:b' <> ' :x';"
    assert rows(load(world, filled.url, query=query)) == [(*ZOE[:3], 2500)]


def test_only_what_is_new_is_fetched_and_replaces_what_it_changes(world: World, filled: Server) -> None:
    options = {"table": "subs", "cursor": "changed"}
    first = load(world, filled.url, **options)
    assert rows(load(world, filled.url, **options)) == rows(first)
    assert [f.key for f in load(world, filled.url, **options).files] == [f.key for f in first.files]
    filled.run("INSERT INTO subs VALUES (4, 'd', '2026-01-05', 4, 3)")
    second = load(world, filled.url, **options)
    assert second.files[0].key == first.files[0].key
    assert [r["subscription_id"] for r in table_of(second.files[1])] == ["4"]
    filled.run("UPDATE subs SET amount = 13, changed = 4 WHERE id = 1", "DELETE FROM subs WHERE id = 3")
    third = load(world, filled.url, **options)
    assert rows(third) == [(*ZOE[:3], 1300), THREE, ("4", "d", "2026-01-05 00:00:00", 400)]
    assert rows(load(world, filled.url, again=True, **options)) == [
        (*ZOE[:3], 1300),
        ("4", "d", "2026-01-05 00:00:00", 400),
    ]
    assert len(list((world.root / "fetched").glob("*.parquet"))) == 1


def test_a_new_column_fetches_all_rows_anew(world: World, filled: Server) -> None:
    options = {"table": "subs", "cursor": "changed"}
    load(world, filled.url, **options)
    filled.run("ALTER TABLE subs ADD COLUMN more integer", "INSERT INTO subs VALUES (4, 'd', '2026-01-05', 4, 3, 9)")
    landed = load(world, filled.url, **options)
    assert [f.rows_read for f in landed.files] == [4]


@pytest.mark.parametrize(
    ("database", "code", "nearest"),
    [
        ({"table": "sub"}, "unknown-table", "subs"),
        ({"table": "subs", "cursor": "change"}, "unknown-column", "changed"),
        ({"query": "select nothing from subs"}, "database-refused", None),
        ({"query": "delete from subs"}, "database-refused", None),
        ({"query": "select 1; drop table subs"}, "database-refused", None),
    ],
)
def test_what_the_database_does_not_have_is_said(
    world: World, filled: Server, database: dict[str, str], code: str, nearest: str | None
) -> None:
    with pytest.raises(DataError) as wrong:
        load(world, filled.url, **database)
    (said,) = wrong.value.diagnostics
    assert (said.code, said.nearest) == (code, nearest)
    assert said.place
    assert said.place.file.startswith("sources/billing.yml:database")
    assert said.remedy
    assert rows(load(world, filled.url, table="subs")) == [ZOE, THREE]


def test_what_was_fetched_stays_when_the_database_is_gone(world: World, filled: Server) -> None:
    before = load(world, filled.url, table="subs")
    gone = re.sub(r":\d+/", ":1/", filled.url)
    with pytest.raises(OutsideError) as wrong:
        load(world, gone, table="subs")
    (said,) = wrong.value.diagnostics
    assert said.code == "database-unreachable"
    assert (world.root / "fetched" / before.files[0].path.name).exists()


def texts_below(folder: Path) -> bytes:
    return b"".join(p.read_bytes() for p in folder.rglob("*") if p.is_file())


def test_the_password_is_neither_shown_nor_kept(world: World, mariadb_port: int) -> None:
    name = mariadb_server.new_database(mariadb_port)
    mariadb_server.execute(mariadb_port, name, "CREATE TABLE subs (id int, customer text, start date, amount int)")
    url = f"mysql://reader:se%3Acr%40t@127.0.0.1:{mariadb_port}/{name}"
    landed = load(world, url, table="subs")
    assert [f.rows for f in landed.files] == [0]
    kept = texts_below(world.root)
    assert not any(secret in kept for secret in (b"se:cr@t", b"se%3Acr%40t", b"reader"))
    definition = world.definition(columns=COLUMNS, files=(), database={"url": url, "table": "subs"})
    assert "se%3A" not in f"{definition!r} {definition.model_dump_json()}"
    with pytest.raises(BeachheadError) as wrong:
        load(world, url.replace("reader:se%3Acr%40t", "reader:se%3Acr%40t-wrong"), table="subs")
    assert wrong.value.diagnostics[0].code == "database-unreachable"
    assert "wrong" not in str(wrong.value)


def test_without_the_packages_the_remedy_is_the_command(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    imported = builtins.__import__

    def refuse(name: str, *rest: object, **more: object) -> object:
        if name == "sqlalchemy":
            raise ModuleNotFoundError(name)
        return imported(name, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(OutsideError) as wrong:
        load(world, "postgresql://localhost/x", table="subs")
    (said,) = wrong.value.diagnostics
    assert (said.code, said.remedy) == ("missing-extra", "Install them: pip install 'beachhead[databases]'.")
    assert said.place == Place("sources/billing.yml:database.url", 7)


def test_rows_without_an_id_at_the_border_are_taken_once(world: World, filled: Server) -> None:
    filled.run(
        "CREATE TABLE tick (who varchar(9), at_day date, n integer)", "INSERT INTO tick VALUES ('a', '2026-01-01', 1)"
    )
    table = BY_NAME["tickets"]

    def days() -> Sequence[object]:
        source = world.definition(
            "tickets", columns={"account_id": "who", "created_at": "at_day"}, files=(),
            database={"url": filled.url, "table": "tick", "cursor": "at_day"},
        )  # fmt: skip
        with DuckEngine(world.root / "tmp", threads=2) as engine:
            context = world.context(engine)
            paths = fetch(source, table, Fetching(world.root / "f", engine, context.place_of, world.said.append))
            return [
                r["created_day"] and r["account_id"]
                for f in land(source, table, paths, context).files
                for r in table_of(f)
            ]

    assert days() == ["a"]
    filled.run("INSERT INTO tick VALUES ('b', '2026-01-01', 1), ('c', '2026-01-02', 1), ('d', null, 1)")
    assert days() == ["a", "b", "c"]
    assert days() == ["a", "b", "c"]
