"""Some rows of any file, however large or odd it is."""

from __future__ import annotations

import gzip
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from beachhead.errors import DataError
from beachhead.sources.recognise import sample as sampling
from beachhead.sources.recognise.context import RecogniseContext
from beachhead.sources.recognise.recognise import recognise_file
from beachhead.sources.recognise.sample import MOST_ROWS, Sample, take_sample


def sampled(path: Path, context: RecogniseContext) -> Sample:
    return take_sample(path, path.name, context.engine, context.temp)


def events(rows: int) -> bytes:
    lines = (f"e{n},u{n % 97},click,2026-01-{n % 28 + 1:02d} 10:00:00" for n in range(rows))
    return ("event_id,user_id,event,timestamp\n" + "\n".join(lines) + "\n").encode()


def test_a_small_file_is_taken_whole(tmp_path: Path, context: RecogniseContext) -> None:
    path = tmp_path / "events.csv"
    path.write_bytes(events(50))
    found = sampled(path, context)
    assert (found.rows, len(found.columns[0].cells), found.columns[0].cells[-1]) == (50, 50, "e49")


def test_more_rows_than_needed_are_spread(tmp_path: Path, context: RecogniseContext) -> None:
    path = tmp_path / "events.csv"
    path.write_bytes(events(50_000))
    found = sampled(path, context)
    assert found.rows == 50_000
    assert len(found.columns[0].cells) <= MOST_ROWS
    assert found.columns[0].cells[-1] in {"e49997", "e49998", "e49999"}


@pytest.mark.parametrize("packed", [False, True])
def test_of_a_large_file_only_pieces_are_read(
    packed: bool, tmp_path: Path, context: RecogniseContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "_WHOLE_BYTES", 200_000)
    monkeypatch.setattr(sampling, "_HEAD_BYTES", 50_000)
    monkeypatch.setattr(sampling, "_PIECE_BYTES", 5_000)
    path = tmp_path / ("events.csv.gz" if packed else "events.csv")
    path.write_bytes(gzip.compress(events(50_000)) if packed else events(50_000))
    found = sampled(path, context)
    last = int(str(found.columns[0].cells[-1])[1:])
    assert found.rows is None
    assert found.header == ("event_id", "user_id", "event", "timestamp")
    assert all(cell is not None and cell[0] == "e" for cell in found.columns[0].cells)
    assert last > (4_000 if packed else 49_900)
    assert list(context.temp.glob("reading-*")) == []


def test_parquet_is_read_from_its_first_to_its_last_group(tmp_path: Path, context: RecogniseContext) -> None:
    path = tmp_path / "orders.parquet"
    pq.write_table(pa.table({"order_id": pa.array(range(60_000))}), path, row_group_size=5_000)
    found = sampled(path, context)
    assert found.rows == 60_000
    assert found.columns[0].cells[0] == "0"
    assert int(str(found.columns[0].cells[-1])) > 59_000


def test_each_sheet_of_a_workbook_is_looked_at_below_its_title(tmp_path: Path, context: RecogniseContext) -> None:
    path = tmp_path / "everything.xlsx"
    with xlsxwriter.Workbook(path) as book:
        customers, orders = book.add_worksheet("Customers"), book.add_worksheet("Orders")
        book.add_worksheet("Notes")
        customers.write_row(0, 0, ["Our customers, October 2026"])
        customers.write_row(2, 0, ["Customer ID", "Company", "E-mail", "Signup date"])
        orders.write_row(0, 0, ["Order ID", "Customer ID", "Order date", "Subtotal"])
        for n in range(30):
            customers.write_row(3 + n, 0, [f"C{n}", f"Firm {n}", f"info@firm{n}.com", "2026-01-03"])
            orders.write_row(1 + n, 0, [f"O{n}", f"C{n % 9}", "2026-02-03", 19.5 + n])
    found = recognise_file(path, path.name, context)
    told = [(p.table, p.excel.sheet) for p in found.proposals]
    assert told == [("accounts", "Customers"), ("orders", "Orders")]
    assert found.header == ("Customer ID", "Company", "E-mail", "Signup date")
    assert len({p.name for p in found.proposals}) == 2


def test_title_lines_of_a_csv_saved_from_a_sheet_are_no_header(tmp_path: Path, context: RecogniseContext) -> None:
    path = tmp_path / "customers.csv"
    path.write_text("Our customers,,\n,,\nCustomer ID,Company,E-mail\nC1,Acme,a@acme.com\nC2,Globex,\n", "utf-8")
    assert sampled(path, context).header == ("Customer ID", "Company", "E-mail")


def test_times_are_not_parted_at_their_colons(tmp_path: Path, context: RecogniseContext) -> None:
    path = tmp_path / "calls.csv"
    path.write_text("id,at,type\n1,2026-01-03 10:43:43,CALL\n", "utf-8")
    assert sampled(path, context).header == ("id", "at", "type")


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("empty.csv", b"", "empty-file"),
        ("twice.csv", b"id,id\n1,2\n", "duplicate-header"),
        ("not.parquet", b"id\n1\n", "not-parquet"),
        ("not.xlsx", b"id\n1\n", "not-excel"),
        ("not.json", b"{", "bad-json"),
        ("broken.csv.gz", gzip.compress(events(500))[:200], "broken-gzip"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_told(
    name: str, content: bytes, code: str, tmp_path: Path, context: RecogniseContext
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        recognise_file(path, name, context)
    assert [d.code for d in caught.value.diagnostics] == [code]
    assert caught.value.diagnostics[0].remedy


def test_one_row_and_many_columns_end_well(tmp_path: Path, context: RecogniseContext) -> None:
    path = tmp_path / "wide.csv"
    path.write_text(",".join(f"column {n}" for n in range(300)) + "\n" + ",".join(["x"] * 300) + "\n", "utf-8")
    started = time.monotonic()
    found = recognise_file(path, path.name, context)
    assert (found.rows, len(found.header), found.proposals) == (1, 300, ())
    assert time.monotonic() - started < 5
