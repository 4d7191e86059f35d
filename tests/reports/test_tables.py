"""Tables in four formats, none of which can run a formula."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, datetime

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from beachhead.customers.attributes import BUILT_IN
from beachhead.errors import UsageError
from beachhead.reports import tables
from beachhead.reports.tables import TableNote, write_table

NOTE = TableNote("customers", date(2026, 10, 31), "EUR", "2026-10-31", {a.name: a for a in BUILT_IN})
TABLE = pa.table(
    {
        "account_name": ['=HYPERLINK("http://x")', "+49 30", "-5", "@cmd", "plain", None],
        "mrr_cents": pa.array([123_450, -500, 0, None, 5, 7], pa.int64()),
        "signed_up_on": pa.array([date(2026, 1, 2), None, None, None, None, None]),
        "share": [0.25, None, float("nan"), 1.0, 0.0, 0.5],
        "is_customer": [True, False, None, True, True, True],
        "employees": pa.array([1500, None, 3, 4, 5, 6], pa.int64()),
    }
)


def written(format, table=TABLE, note=NOTE):
    out = io.BytesIO()
    write_table(table, out, format, note)
    return out.getvalue()


def test_csv_texts_cannot_become_formulas_and_numbers_stay_numbers():
    rows = list(csv.DictReader(io.StringIO(written("csv").decode())))
    assert [r["account_name"] for r in rows] == ['\'=HYPERLINK("http://x")', "'+49 30", "'-5", "'@cmd", "plain", ""]
    assert [r["mrr_cents"] for r in rows] == ["123450", "-500", "0", "", "5", "7"]
    assert rows[0]["signed_up_on"] == "2026-01-02"


def test_excel_has_a_note_a_bold_frozen_heading_filters_and_formats():
    sheet = openpyxl.load_workbook(io.BytesIO(written("xlsx"))).active
    assert sheet.title == "customers"
    assert sheet["A1"].value.replace("\u00a0", " ") == "6 rows, data as of 31 Oct 2026"
    assert [c.value for c in sheet[2]] == [
        "Name",
        "MRR (EUR)",
        "Signed up on",
        "Share",
        "Is a customer now",
        "Employees",
    ]
    assert sheet["A2"].font.bold
    assert sheet.freeze_panes == "A3"
    assert sheet.auto_filter.ref == "A2:F8"
    assert (sheet["B3"].value, sheet["B3"].number_format) == (1234.5, "#,##0.00")
    assert (sheet["C3"].value, sheet["C3"].number_format) == (datetime(2026, 1, 2), "yyyy-mm-dd")
    assert (sheet["D3"].number_format, sheet["E3"].value, sheet["F3"].number_format) == ("0.0%", True, "#,##0")
    assert (sheet["B6"].value, sheet["D5"].value) == (None, None)


def test_excel_texts_are_texts():
    sheet = openpyxl.load_workbook(io.BytesIO(written("xlsx"))).active
    assert [(sheet[f"A{i}"].value, sheet[f"A{i}"].data_type) for i in (3, 4, 5, 6)] == [
        ('=HYPERLINK("http://x")', "s"),
        ("+49 30", "s"),
        ("-5", "s"),
        ("@cmd", "s"),
    ]


def test_json_has_the_shape_of_all_documents():
    document = json.loads(written("json"))
    assert (document["as_of"], document["snapshot"], document["diagnostics"]) == ("2026-10-31", "2026-10-31", [])
    assert len(document["customers"]) == 6
    assert document["customers"][0] == {
        "account_name": '=HYPERLINK("http://x")',
        "mrr_cents": {"minor": 123_450, "currency": "EUR"},
        "signed_up_on": "2026-01-02",
        "share": 0.25,
        "is_customer": True,
        "employees": 1500,
    }
    assert (document["customers"][3]["mrr_cents"], document["customers"][2]["share"]) == (None, None)


def test_parquet_keeps_the_table():
    read = pq.read_table(io.BytesIO(written("parquet")))
    assert read.schema.equals(TABLE.schema)
    assert read.drop_columns("share").equals(TABLE.drop_columns("share"))


@pytest.mark.parametrize("format", tables.FORMATS)
def test_an_empty_table_is_written(format):
    assert written(format, TABLE.slice(0, 0))


def test_too_many_rows_for_excel_say_what_to_do(monkeypatch):
    monkeypatch.setattr(tables, "EXCEL_ROWS", 5)
    with pytest.raises(UsageError, match="--format csv or parquet"):
        written("xlsx")


def test_an_unknown_format_names_the_nearest():
    with pytest.raises(UsageError, match="'csv'"):
        written("cvs")
