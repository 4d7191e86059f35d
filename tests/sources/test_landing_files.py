from __future__ import annotations

import gzip
import io
import json
import os
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from landing_world import HEADER, SUBSCRIPTIONS, World, problem, rejects_of, table_of

from beachhead.engines.duck import DuckEngine
from beachhead.errors import BeachheadError, DataError, DefinitionError, OutsideError
from beachhead.project.model import BY_NAME
from beachhead.sources import landing
from beachhead.sources.landing import land, read_landed
from beachhead.sources.locate import locate

ROWS = "1,Zoë,2024-01-02,1.50,2\n2,b,2024-01-03,2.50,3\n"
EXPECTED = [("1", "Zoë", 150, 2), ("2", "b", 250, 3)]


def essence(world: World, content: str | bytes, name: str = "a.csv", **source: object) -> list[tuple[object, ...]]:
    landed = world.file(content, name, **source)
    return [(r["subscription_id"], r["account_id"], r["amount"], r["quantity"]) for r in table_of(landed)]


@pytest.mark.parametrize(
    ("name", "content", "assumed"),
    [
        ("a.csv", HEADER + ROWS, "delimiter ','"),
        ("a.csv", ("\ufeff" + HEADER + ROWS).encode(), "encoding utf-8"),
        ("a.csv", (HEADER + ROWS).replace(",", ";"), "delimiter ';'"),
        ("a.tsv", (HEADER + ROWS).replace(",", "\t"), "delimiter tab"),
        ("a.txt", (HEADER + ROWS).replace(",", "|"), "delimiter '|'"),
        ("a.csv", (HEADER + ROWS).encode("cp1252"), "encoding windows-1252"),
        ("a.csv", (HEADER + ROWS).encode("utf-16"), "encoding utf-16"),
        ("a.csv", (HEADER + ROWS).encode("utf-16-le"), "encoding utf-16-le"),
        ("a.csv", "Export for Möller\n\n" + HEADER + ROWS, "header on line 3"),
        ("a.csv", (HEADER + ROWS).replace("\n", "\r\n"), "header on line 1"),
        ("a.csv", (HEADER + ROWS).replace("\n", "\r"), "header on line 1"),
        ("a.csv", HEADER + ROWS.replace("\n", "\r\n"), "header on line 1"),
        ("a.csv", (HEADER + ROWS).rstrip("\n"), "header on line 1"),
        ("a.csv.gz", gzip.compress((HEADER + ROWS).encode(), mtime=0), "gzip, encoding utf-8"),
        ("it's; drop table x --.csv", HEADER + ROWS, "delimiter ','"),
        ("week [1]*?.csv", HEADER + ROWS, "delimiter ','"),
        ("region=eu/a.csv", HEADER + ROWS, "delimiter ','"),
    ],
)
def test_text_files_are_recognised_and_the_reader_says_what_it_assumed(
    world: World, name: str, content: str | bytes, assumed: str
) -> None:
    assert essence(world, content, name) == EXPECTED
    assert assumed in world.file(content, name).assumed


def test_quotes_delimiters_and_line_breaks_inside_values(world: World) -> None:
    text = HEADER + '"1","a, ""b""\nc",2024-01-02,"1,234.50",1\n2," d ",2024-01-02,1,1\n'
    assert essence(world, text) == [("1", 'a, "b"\nc', 123450, 1), ("2", "d", 100, 1)]
    backslash = HEADER + '1,"a \\"b\\"",2024-01-02,1,1\n'
    assert essence(world, backslash, "b.csv") == [("1", 'a "b"', 100, 1)]


def test_options_override_what_is_found(world: World) -> None:
    text = "id;acct;start;amt;seats\n#;x;x;x;x\n1;'a;b';2024-01-02;1;1\n"
    source = {"csv": {"delimiter": ";", "quote": "'", "header_row": 1}}
    landed = world.file(text, **source)
    assert [r["account_id"] for r in table_of(landed)] == ["a;b"]
    assert landed.rejected == 1


def _xlsx(rows: list[list[object]], sheet: str = "Data") -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        book.add_worksheet("Notes").write(0, 0, "nothing here")
        page = book.add_worksheet(sheet)
        for r, row in enumerate(rows):
            for c, value in enumerate(row):
                page.write(r, c, value)
    return buffer.getvalue()


def test_excel_sheets_with_title_rows_and_typed_cells(world: World) -> None:
    rows: list[list[object]] = [
        ["Subscriptions 2024"], [], ["id", "acct", "start", "amt", "seats"], [1, "Zoë", "2024-01-02", 1.5, 2], [],
        [2.0, "b", "2024-01-03", 2.5, 3], [3, "c", "soon", 1, 1],
    ]  # fmt: skip
    content = _xlsx(rows)
    assert essence(world, content, "a.xlsx", excel={"sheet": 2}) == EXPECTED
    landed = world.file(content, "a.xlsx", excel={"sheet": "Data"})
    assert landed.assumed == ("sheet 'Data'", "header on row 3")
    assert [r["line"] for r in rejects_of(landed)] == [7]
    assert locate(landed, [0, 1]) == [4, 6]


def test_parquet_json_and_ndjson_go_the_same_way(world: World) -> None:
    columns = {
        "id": [1.0, 2.0],
        "acct": ["Zoë", "b"],
        "start": ["2024-01-02", "2024-01-03"],
        "amt": [1.5, 2.5],
        "seats": [2, 3],
    }
    table = pa.table(columns)
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    assert essence(world, buffer.getvalue(), "a.parquet") == EXPECTED
    records = [{**r, "id": int(r["id"])} for r in table.to_pylist()]
    assert essence(world, "\n".join(map(json.dumps, records)), "a.ndjson") == EXPECTED
    assert essence(world, json.dumps(records), "a.json") == EXPECTED
    nested = json.dumps({"data": {"items": [{"sub": r} for r in records]}})
    dotted = {name: f"sub.{column}" for name, column in SUBSCRIPTIONS.items()}
    assert essence(world, nested, "b.json", json_path="data.items", columns=dotted) == EXPECTED


def test_lines_that_are_no_json_are_set_aside(world: World) -> None:
    landed = world.file('{"id":1,"acct":"a","start":"2024-01-02"}\n{"id":\n\n[1]\n', "a.ndjson",
                        columns={"subscription_id": "id", "account_id": "acct", "started_at": "start"})  # fmt: skip
    assert [(r["line"], r["code"], r["raw"]) for r in rejects_of(landed)] == [
        (2, "broken-record", '{"id":'),
        (4, "broken-record", "[1]"),
    ]


BROKEN = (
    HEADER
    + "1,a,2024-01-02,1,1\n"
    + "2,b,2024-01-02\n"  # line 3
    + "3,c,2024-01-02,1,1,9\n"  # line 4
    + '4,"multi\nline",2024-01-02,1,1\n'  # lines 5, 6
    + '5,d"e,2024-01-02,1,1\n'  # line 7: a quote inside a value
    + '6,"f "g" h",2024-01-02,1,1\n'  # line 8
    + "\n"
    + ",i,2024-01-02,1,1\n"  # line 10
    + '8,"open,2024-01-02,1,1\n'  # line 11
    + "9,k,2024-01-02,?,1\n"  # line 12
)


def test_broken_records_are_kept_with_line_and_reason_and_the_rest_is_read(world: World) -> None:
    landed = world.file(BROKEN)
    assert [r["subscription_id"] for r in table_of(landed)] == ["1", "4", "5", "9"]
    assert [(r["line"], r["code"], r["kind"]) for r in rejects_of(landed)] == [
        (3, "too-few-columns", "row"),
        (4, "too-many-columns", "row"),
        (8, "bad-quotes", "row"),
        (10, "missing-required", "row"),
        (11, "unterminated-quote", "row"),
        (12, "unreadable-money", "value"),
    ]
    assert locate(landed, [3, 0, 1, 2]) == [12, 2, 5, 7]


def test_mixed_encodings_and_huge_fields_cost_only_their_own_row(world: World) -> None:
    content = HEADER.encode() + b"1,\xc3\xa9,2024-01-02,1,1\n2,\xff\xfe,2024-01-02,1,1\n3,"
    landed = world.file(content + b"x" * 10_000_000 + b",2024-01-02,1,1\n4,d,2024-01-02,1,1\n")
    assert [r["account_id"] for r in table_of(landed)] == ["é", "d"]
    assert [(r["line"], r["code"]) for r in rejects_of(landed)] == [(3, "bad-encoding"), (4, "oversized-record")]
    assert locate(landed, [1]) == [5]


def test_lines_of_kept_rows_skip_what_was_left_out(world: World) -> None:
    text = HEADER + "".join(f"{n},a,2024-01-02,1,{n % 3}\n" for n in range(10))
    landed = world.file(text, where="quantity = 2")
    assert locate(landed, [0, 1, 2]) == [4, 7, 10]
    landed.path.write_text(text + "10,a,2024-01-02,1,2\n")
    assert locate(landed, [0]) == [0]


def test_stored_values_are_capped_and_counts_exact(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("beachhead.sources.faults.MAX_VALUES", 3)
    landed = world.file(HEADER + "".join(f"{n},a,2024-01-02,x,1\n" for n in range(10)))
    assert len(rejects_of(landed)) == 3
    assert problem(landed, "unreadable-column").count == 10


@pytest.mark.parametrize("tail", [b"\0" * 400, b"\0" * 400 + b"\n", b"2,b\0\0\0,2024-01-02,1.00,1\n" + b"\0" * 9])
def test_a_tail_of_nul_bytes_is_set_aside_and_the_rest_is_read(world: World, tail: bytes) -> None:
    landed = world.file((HEADER + "1,a,2024-01-02,5.00,1\n").encode() + tail)
    assert table_of(landed)[0]["subscription_id"] == "1"
    assert rejects_of(landed)
    assert all(r["reason"] for r in rejects_of(landed))


@pytest.mark.parametrize(
    ("name", "content", "code", "says"),
    [
        ("a.csv", b"", "empty-file", "a.csv is empty"),
        ("a.csv", b"\n\n  \n", "empty-file", "a.csv is empty"),
        ("a.csv", b"id,acct,id,start,amt,seats\n", "duplicate-header", "columns 1 and 3 are both called 'id'"),
        ("a.csv", b"id,account,start,amt,seats\n1,2,3,4,5\n", "unknown-source-column", "no column 'acct'"),
        ("a.csv", bytes(range(256)) * 20, "not-text", "not a text file"),
        ("a.csv", b"%PDF-1.4 " + b"x" * 100, "not-text", "a PDF document"),
        ("a.csv.gz", gzip.compress(b"id,acct\n" * 500, mtime=0)[:-20], "broken-gzip", "cannot be unpacked"),
        ("a.parquet", b"PAR1 nothing", "not-parquet", "not a Parquet file"),
        ("a.xlsx", b"PK\x03\x04 nothing", "not-excel", "not a spreadsheet"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "password-protected", "protected by a password"),
        ("a.json", b'[{"id": 1},', "bad-json", "not valid JSON"),
        ("a.json", b'{"id": 1}', "no-records", "no list of records"),
        ("a.csv", b"id,acct,start,amt,seats\n,,,,\n", "nothing-usable", "no row of a.csv can be used"),
        ("a.csv", b"id,acct,start,amt,seats\n1,a,x,1,1\n", "nothing-usable", "no row of a.csv can be used"),
    ],
)
def test_a_bad_file_ends_in_a_diagnostic_with_place_and_remedy(
    world: World, name: str, content: bytes, code: str, says: str
) -> None:
    path = world.write(name, content)
    with pytest.raises(DataError) as caught:
        world.land(path)
    diagnostic = caught.value.diagnostics[0]
    assert diagnostic.code == code
    assert says in diagnostic.message
    assert diagnostic.place is not None
    assert diagnostic.remedy
    assert not list((world.root / "landing" / "billing").glob("*.parquet*"))


def test_missing_column_names_the_nearest_and_the_place_in_the_mapping(world: World) -> None:
    with pytest.raises(DataError) as caught:
        world.land(world.write("a.csv", "id,account,start,amount,seats\n1,2,3,4,5\n"))
    first, second = caught.value.diagnostics
    assert (first.nearest, second.nearest) == ("account", "amount")
    assert str(first.place) == "sources/billing.yml:columns.account_id.column:7"


def test_all_bad_files_are_named_at_once(world: World) -> None:
    files = [world.write("a.csv", ""), world.root / "gone.csv", world.write("b.csv", HEADER + ROWS)]
    with pytest.raises(BeachheadError) as caught:
        world.land(*files)
    assert [d.code for d in caught.value.diagnostics] == ["empty-file", "unreadable-file"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_said(world: World) -> None:
    path = world.write("a.csv", HEADER + ROWS)
    path.chmod(0)
    with pytest.raises(OutsideError, match="cannot be read"):
        world.land(path)


def test_header_alone_is_no_error(world: World) -> None:
    landed = world.file(HEADER)
    assert (landed.rows, landed.rows_read) == (0, 0)
    assert problem(landed, "no-rows").count == 0


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ({"where": "plan = "}, "incomplete-rule"),
        ({"where": "planet = 'x'"}, "unknown-attribute"),
        ({"where": "started_at > 3 days ago"}, "depends-on-today"),
        ({"columns": {"subscription_id": "id"}}, "required-column-unmapped"),
        ({"columns": {**SUBSCRIPTIONS, "amont": "amt"}}, "unknown-subscriptions-column"),
        ({"columns": {**SUBSCRIPTIONS, "started_at": {"column": "start", "format": "DD-MM"}}}, "bad-date-format"),
        ({"columns": {**SUBSCRIPTIONS, "amount": {"expression": "plan"}, "plan": "acct"}}, "wrong-type"),
    ],
)
def test_a_wrong_mapping_is_a_definition_error(world: World, source: dict[str, object], code: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        world.land(world.write("a.csv", HEADER + ROWS), **source)
    assert code in [d.code for d in caught.value.diagnostics]


def test_landing_again_reads_nothing_until_content_or_mapping_change(world: World) -> None:
    path = world.write("a.csv", HEADER + ROWS)
    first = world.land(path)
    assert world.said == ["Reading a.csv (71 bytes)"]
    assert world.land(path) == first
    os.utime(path, ns=(1, 1))
    assert world.land(path).files[0].key == first.files[0].key
    assert len(world.said) == 1
    titled = {**SUBSCRIPTIONS, "amount": {"column": "amt", "title": "Price"}}
    assert world.land(path, columns=titled).files[0].key == first.files[0].key
    assert world.land(path, where="quantity > 2").files[0].key != first.files[0].key
    path.write_text(HEADER + ROWS + "3,c,2024-01-04,1,1\n")
    assert world.land(path).files[0].rows == 3
    assert len(world.said) == 3


def test_a_file_counts_as_landed_only_with_its_report(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    path = world.write("a.csv", HEADER + BROKEN.removeprefix(HEADER))

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(landing, "write_report", crash)
        with pytest.raises(KeyboardInterrupt):
            world.land(path)
    landed = world.land(path).files[0]
    assert len(world.said) == 2
    assert read_landed(landed.parquet.parent, landed.key) == landed
    assert not list(landed.parquet.parent.glob("*.tmp"))


def test_a_damaged_report_is_said(world: World) -> None:
    landed = world.file(HEADER + ROWS)
    landed.parquet.with_suffix(".json").write_text("{")
    with pytest.raises(DataError, match="landing-damaged"):
        read_landed(landed.parquet.parent, landed.key)


def test_the_same_content_twice_is_read_once_and_reported(world: World) -> None:
    source = world.land(world.write("a.csv", HEADER + ROWS), world.write("copy.csv", HEADER + ROWS))
    assert [f.file for f in source.files] == ["a.csv"]
    assert "copy.csv has the same content as a.csv" in problem(source, "same-file-twice").message


def test_a_renamed_file_is_not_read_again_and_shows_its_new_name(world: World) -> None:
    path = world.write("a.csv", BROKEN)
    world.land(path)
    landed = world.land(path.rename(world.root / "b.csv")).files[0]
    assert len(world.said) == 1
    assert landed.file == "b.csv"
    assert problem(landed, "too-few-columns").examples[0].file == "b.csv"
    assert locate(landed, [0]) == [2]


def test_a_file_that_changes_while_it_is_read_is_refused(world: World) -> None:
    path = world.write("a.csv", HEADER + ROWS)

    def append(_message: str) -> None:
        with path.open("a") as file:
            file.write("3,c,2024-01-04,1,1\n")

    with DuckEngine(world.root / "tmp") as engine:
        context = world.context(engine)
        changing: Callable[[str], None] = append
        with pytest.raises(DataError, match="file-changed"):
            land(
                world.definition(),
                BY_NAME["subscriptions"],
                [path],
                type(context)(**{**vars(context), "say": changing}),
            )


def test_ravenstack_dates_are_read_with_the_day_first(world: World, real_data: Path) -> None:
    columns = {
        "ticket_id": "ticket_id",
        "account_id": "account_id",
        "created_at": "submitted_at",
        "solved_at": "closed_at",
    }
    source = world.land(real_data / "ravenstack" / "ravenstack_support_tickets.csv", table="tickets", columns=columns)
    landed = source.files[0]
    assert (landed.rows, landed.rejected, landed.problems) == (2000, 0, ())
    first = table_of(landed)[0]
    assert (str(first["created_day"]), str(first["solved_at"])) == ("2023-07-27", "2023-07-28 03:00:00")


def test_online_retail_adds_up_to_the_penny(world: World, real_data: Path) -> None:
    columns = {
        "order_id": "InvoiceNo", "account_id": "CustomerID", "ordered_at": "InvoiceDate", "quantity": "Quantity",
        "amount": {"expression": "quantity * price"},
    }  # fmt: skip
    extra = {"price": {"column": "UnitPrice", "type": "number", "hidden": True}}
    source = world.land(
        real_data / "online_retail_uci" / "online_retail.parquet", table="order_lines", columns=columns, extra=extra
    )
    rows = pq.read_table(source.files[0].parquet, columns=["amount", "account_id"])
    assert rows.num_rows == 541_909
    assert rows["account_id"].null_count == 135_080
    assert sum(rows["amount"].to_pylist()) == pytest.approx(974_774_793, abs=100)
