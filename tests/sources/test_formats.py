"""XML, web tables and database files land like any other file."""

from __future__ import annotations

import sqlite3
import tracemalloc
from pathlib import Path

import pytest
from landing_world import World, problem, rejects_of, table_of

from beachhead.engines.duck import DuckEngine
from beachhead.errors import BeachheadError, DataError
from beachhead.sources.database_files import tables_of
from beachhead.sources.xml_records import xml_records

CUSTOMERS: dict[str, object] = {"table": "accounts", "columns": {"account_id": "id", "name": "name"}}


def records(world: World, text: str | bytes, record_path: str | None = None) -> list[object]:
    return list(xml_records(world.write("a.xml", text), "a.xml", record_path))


class TestXml:
    def test_attributes_nested_elements_and_repeats_have_dotted_names(self, world: World) -> None:
        text = """<?xml version="1.0" encoding="ISO-8859-1"?>
        <export made="today"><orders xmlns="urn:x">
          <order id="7"><total currency="EUR">12.50</total><by><name>Zoë</name></by><tag>a</tag><tag>b</tag>
            <line sku="x">2</line><line sku="y">1</line><note/></order>
          <order id="8"><total>1</total></order>
        </orders></export>"""
        (first, second) = records(world, text.encode("latin-1"))
        assert first == {
            "id": "7", "total": "12.50", "total.currency": "EUR", "by.name": "Zoë", "tag": ["a", "b"],
            "line": [{"sku": "x", "line": "2"}, {"sku": "y", "line": "1"}],
        }  # fmt: skip
        assert second == {"id": "8", "total": "1"}

    def test_mixed_text_is_kept_whole(self, world: World) -> None:
        text = "<r><c><say>very <b>good</b> indeed</say></c><c/></r>"
        assert records(world, text)[0] == {"say": "very good indeed", "say.b": "good"}

    def test_a_single_record_is_one(self, world: World) -> None:
        assert records(world, "<customers><customer><id>1</id></customer></customers>") == [{"id": "1"}]
        assert records(world, "<customer><id>1</id><name>Ada</name></customer>") == [{"id": "1", "name": "Ada"}]

    def test_the_path_to_the_records_may_be_given(self, world: World) -> None:
        text = "<r><a><x>1</x></a><a><x>2</x></a><list><b><x>3</x></b></list></r>"
        assert records(world, text) == [{"x": "1"}, {"x": "2"}]
        assert records(world, text, "list.b") == records(world, text, "r.list.b") == [{"x": "3"}]
        with pytest.raises(DataError) as wrong:
            records(world, text, "list.c")
        assert (wrong.value.diagnostics[0].code, wrong.value.diagnostics[0].nearest) == ("unknown-XML-path", "list.b")

    def test_another_list_is_not_passed_over_in_silence(self, world: World) -> None:
        text = "<r>" + "<c><id>1</id><name>A</name></c>" * 3 + "<d><id>9</id></d><d><id>8</id></d></r>"
        landed = world.file(text, "a.xml", **CUSTOMERS)
        assert landed.assumed == ("records are c", "not read: d", "line numbers are record numbers")

    def test_it_lands_with_rejects_and_line_numbers_of_records(self, world: World) -> None:
        text = "<r><c id='1'><name>Ada</name></c><c><name>Bob</name></c><c id='3'><name> </name></c></r>"
        landed = world.file(text, "a.xml", **CUSTOMERS)
        assert [(r["account_id"], r["name"]) for r in table_of(landed)] == [("1", "Ada"), ("3", None)]
        assert [(r["line"], r["code"]) for r in rejects_of(landed)] == [(2, "missing-required")]

    def test_a_large_file_does_not_fill_memory(self, world: World) -> None:
        path = world.root / "big.xml"
        with path.open("w") as file:
            file.write("<r>")
            for n in range(40_000):
                file.write(f"<c id='{n}'><name>{'x' * 200}</name></c><gone><a/></gone>")
            file.write("</r>")
        tracemalloc.start()
        try:
            assert sum(1 for _ in xml_records(path, "big.xml", "c")) == 40_000
            assert tracemalloc.get_traced_memory()[1] < 2_000_000
        finally:
            tracemalloc.stop()


class TestWebTables:
    def test_cells_over_columns_and_other_small_tables_do_no_harm(self, world: World) -> None:
        text = (
            "<html><body><table><tr><td>logo</td></tr></table><table><tr><th colspan=2>Customers</th></tr>"
            "<tr><th>id</th><th>name</th></tr><tr><td>1</td><td>A&amp;B<br>Ltd</td></tr><tr><td></td><td></td></tr>"
            "<tr><td>2</td></tr></table></body></html>"
        )
        landed = world.file(text, "a.xls", **CUSTOMERS)
        assert [(r["account_id"], r["name"]) for r in table_of(landed)] == [("1", "A&B Ltd"), ("2", None)]
        assert landed.assumed == (
            "the table of a web page", "header on row 2", "line numbers are record numbers",
        )  # fmt: skip


def sqlite_file(world: World, *statements: str, name: str = "shop.sqlite") -> Path:
    path = world.root / name
    with sqlite3.connect(path) as database:
        for statement in statements:
            database.execute(statement)
    database.close()
    return path


class TestSqlite:
    def test_the_only_table_is_taken_and_values_become_texts(self, world: World) -> None:
        path = sqlite_file(
            world, "create table customers (id, name, paid real, raw blob)",
            "insert into customers values (1, 'Ada', 12.0, x'ff00'), ('b', null, 1.5, null), (null, 'x', 1, null)",
        )  # fmt: skip
        landed = world.land(path, **CUSTOMERS, extra={"paid": {"column": "paid", "type": "money"}, "raw": "raw"}).files[
            0
        ]
        shown = [(r["account_id"], r["name"], r["paid"], r["raw"]) for r in table_of(landed)]
        assert shown == [("1", "Ada", 1200, "ff00"), ("b", None, 150, None)]
        assert [(r["line"], r["code"]) for r in rejects_of(landed)] == [(3, "missing-required")]
        assert landed.assumed == ("table 'customers'", "line numbers are row numbers")

    def test_a_table_or_a_query_is_chosen(self, world: World) -> None:
        path = sqlite_file(
            world, "create table a (id, name)", "insert into a values (1, 'Ada'), (2, 'Bob')", "create table b (id)",
            "create view v as select id, name from a where id = 2",
        )  # fmt: skip
        assert tables_of(path, "shop.sqlite", "sqlite") == ("a", "b", "v")
        for database, ids in (
            ({"table": "v"}, ["2"]),
            ({"query": "select max(id) as id, name from a;"}, ["2"]),
            ({"query": "with x as (select * from a) select id, name from x order by id desc"}, ["2", "1"]),
        ):
            landed = world.land(path, **CUSTOMERS, database=database).files[0]
            assert [r["account_id"] for r in table_of(landed)] == ids

    @pytest.mark.parametrize(
        ("database", "code"),
        [
            ({"table": "c"}, "unknown-table"),
            ({"query": "delete from a"}, "not-a-select"),
            ({"query": "select 1; select 2"}, "unreadable-data"),
            ({"query": "attach 'other.db' as o"}, "not-a-select"),
            ({"query": "pragma writable_schema = 1"}, "not-a-select"),
            ({"query": "select load_extension('x')"}, "not-a-select"),
            ({"query": "select nothing from a"}, "unreadable-data"),
            ({"query": "select id, id from a"}, "duplicate-header"),
        ],
    )
    def test_databases_are_only_read(self, world: World, database: dict[str, str], code: str) -> None:
        path = sqlite_file(world, "create table a (id, name)", "insert into a values (1, 'Ada')")
        before = path.read_bytes()
        with pytest.raises(BeachheadError) as wrong:
            world.land(path, **CUSTOMERS, database=database)
        assert [d.code for d in wrong.value.diagnostics] == [code]
        assert path.read_bytes() == before
        assert list((world.root / "landing").rglob("reading-*")) == []


class TestDuckdb:
    @pytest.fixture
    def path(self, world: World) -> Path:
        path = world.root / "shop.duckdb"
        with DuckEngine(world.root / "tmp") as engine:
            engine.execute(
                f"ATTACH '{path}' AS f; CREATE TABLE f.a (id INT, name VARCHAR, \"at\" TIMESTAMPTZ, tags VARCHAR[]);"
                "INSERT INTO f.a VALUES (1, 'Ada', '2026-01-01 10:00:00+02', ['x', 'y']), (2, NULL, NULL, NULL); "
                "CREATE SCHEMA f.s; CREATE VIEW f.s.v AS SELECT 3 AS id, 'C' AS name; DETACH f"
            )
        return path

    def test_a_table_a_view_or_a_query_is_taken(self, world: World, path: Path) -> None:
        assert tables_of(path, "shop.duckdb", "duckdb") == ("main.a", "s.v")
        source: dict[str, object] = {
            "table": "accounts",
            "columns": {"account_id": "id", "name": "name", "signed_up_at": "at"},
            "extra": {"tags": "tags"},
        }
        landed = world.land(path, **source, database={"table": "main.a"}).files[0]
        first, second = table_of(landed)
        assert (first["account_id"], str(first["signed_up_at"])) == ("1", "2026-01-01 08:00:00")
        assert (first["tags"], second["signed_up_at"]) == ('["x", "y"]', None)
        landed = world.land(path, **CUSTOMERS, database={"table": "s.v"}).files[0]
        assert [r["account_id"] for r in table_of(landed)] == ["3"]

    @pytest.mark.parametrize(
        ("query", "code"),
        [
            ("insert into a values (3, 'x', null, null)", "not-a-select"),
            ("select * from read_csv('/etc/passwd')", "engine-error"),
            ("select 1 as id, 'x' as name; select 2", "not-a-select"),
        ],
    )
    def test_a_query_reaches_nothing_but_the_file(self, world: World, path: Path, query: str, code: str) -> None:
        with pytest.raises(BeachheadError) as wrong:
            world.land(path, **CUSTOMERS, database={"query": query})
        assert wrong.value.diagnostics[0].code in (code, "unreadable-data")

    def test_a_file_that_is_none_is_refused(self, world: World) -> None:
        path = world.write("a.duckdb", b"\0" * 8 + b"DUCK" + b"\xff" * 5000)
        with pytest.raises(DataError) as wrong:
            world.land(path, **CUSTOMERS)
        assert wrong.value.diagnostics[0].code == "not-duckdb"


def test_the_same_rows_again_are_not_read_again(world: World) -> None:
    path = sqlite_file(world, "create table a (id, name)", "insert into a values (1, 'Ada'), (1, 'Ada')")
    first = world.land(path, **CUSTOMERS)
    world.said.clear()
    assert world.land(path, **CUSTOMERS).files[0].key == first.files[0].key
    assert world.said == []
    assert [p.code for p in first.all_problems] == []


def test_a_source_says_which_rows_of_a_database_it_takes(world: World) -> None:
    path = sqlite_file(world, "create table a (id, name)", "insert into a values (1, 'Ada'), (2, 'Test')")
    landed = world.land(path, **CUSTOMERS, where="name <> 'Test'").files[0]
    assert problem(landed, "left-out-by-filter").count == 1
