"""The metrics explorer's routes over a small company that pays by subscription: values, pictures, files, names."""

from __future__ import annotations

import io

import pytest
from openpyxl import load_workbook
from starlette.testclient import TestClient

from beachhead.api.app import make_app
from beachhead.api.state import State
from paying_company import make_paying_company

KEY = "key"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    root = tmp_path_factory.mktemp("server") / "little"
    make_paying_company(root)
    page = TestClient(make_app(State(root), KEY), base_url="http://127.0.0.1:8123")
    page.get(f"/start?key={KEY}")
    return page


def values(page, group="all", **asked):
    cells = page.get("/api/metrics", params=asked).json()["cells"]
    return {c["period"]: c for c in cells if c["group"] == group}


def test_metrics_without_data_say_what_must_be_mapped(page):
    told = page.get("/api/metrics/choices").json()
    lacks = {m["name"]: m["lacks"] for m in told["metrics"]}
    assert (lacks["mrr"], lacks["orders"]) == (None, "needs orders or order_lines")
    assert "mrr" in told["headlines"]
    assert not any(lacks[name] for name in told["headlines"])


def test_what_is_counted_breaks_down_only_what_counts_it(page):
    only = {b["name"]: b["only"] for b in page.get("/api/metrics/choices").json()["breakdowns"]}
    assert only["sector"] is None
    assert "tickets" in only["tickets.channel"]
    assert "mrr" not in only["tickets.channel"]


def test_values_stand_with_change_and_whether_it_is_good(page):
    mrr = values(page, names="mrr")
    assert (mrr["2026-01"]["text"], mrr["2026-02"]["text"]) == ("€3,000", "€2,940")
    assert (mrr["2026-02"]["change"], mrr["2026-02"]["better"]) == ("-2.0%", False)
    churn = values(page, names="customer_churn")["2026-02"]
    assert (churn["text"], churn["n"], churn["span"]) == ("12.5%", 24, "4.3% to 31.0%")


def test_a_change_within_the_likely_range_is_called_chance(page):
    churn = values(page, names="customer_churn")
    assert (churn["2026-02"]["change"], churn["2026-02"]["chance"], churn["2026-02"]["better"]) == (
        "+12.5 points", True, None,
    )  # fmt: skip
    assert values(page, names="mrr")["2026-02"]["chance"] is False


def test_a_period_that_is_not_over_is_marked_and_not_compared(page):
    answer = page.get("/api/metrics", params={"names": "mrr", "every": "year", "from": "2025-01-01"}).json()
    assert [p["is_partial"] for p in answer["periods"]] == [False, True]
    assert answer["notes"] == ["2026 is not over: up to 2026-03-31"]
    assert answer["cells"][-1]["change"] == ""


def test_groups_and_segments_part_the_values(page):
    asked = {"names": "mrr", "by": "sector"}
    assert [values(page, g, **asked)["2026-03"]["text"] for g in ("Software", "Retail")] == ["€1,400", "€1,540"]
    assert values(page, names="mrr", segment="large", today=True)["2026-03"]["text"] == "€1,100"


def test_who_is_behind_a_value_is_told_by_name(page):
    asked = {"names": "churned_mrr", "by": "sector", "group": "Software", "period": "2026-02"}
    told = page.get("/api/metrics/who", params=asked).json()
    assert [(c["name"], c["adds"]) for c in told["customers"]] == [("Company 3", ["€30"]), ("Company 1", ["€10"])]
    assert told["count"] == 2


def test_who_is_behind_a_value_by_what_is_counted(page):
    asked = {"names": "tickets", "by": "tickets.channel", "group": "chat", "period": "2026-03", "segment": "large"}
    told = page.get("/api/metrics/who", params=asked | {"today": True}).json()
    assert sorted(c["name"] for c in told["customers"]) == ["Company 20", "Company 22", "Company 24"]


def test_files_hold_the_values_and_all_names(page):
    answer = page.get("/api/metrics/table.xlsx", params={"names": "mrr"})
    assert answer.headers["content-disposition"].endswith("little-metrics-2026-03-31.xlsx")
    assert load_workbook(io.BytesIO(answer.content)).sheetnames == ["Values", "Definitions"]
    answer = page.get("/api/metrics/who.xlsx", params={"names": "mrr", "period": "2026-03"})
    rows = list(load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True))
    assert ("24", "Company 24", 240) in [row[:3] for row in rows]
    assert len([r for r in rows if str(r[1]).startswith("Company ")]) == 21


def test_a_picture_is_as_wide_as_asked(page):
    def width(asked):
        answer = page.get("/api/metrics/chart.svg", params={"names": "mrr", "width": asked})
        assert answer.headers["content-type"] == "image/svg+xml"
        return float(answer.text.split('width="')[1].split('"')[0])

    assert 240 <= width(220) < 330
    assert 560 < width(820) - width(220) <= 600
    assert page.get("/api/metrics/chart.png", params={"names": "mrr"}).content.startswith(b"\x89PNG")


def test_where_nothing_has_a_value_there_is_no_picture(page):
    answer = page.get("/api/metrics/chart.svg", params={"names": "orders"})
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize("route", ["", "/who", "/who.xlsx", "/chart.svg", "/table.xlsx"])
@pytest.mark.parametrize(
    ("status", "asked", "said"),
    [
        (409, {"names": "mmr"}, "mrr"),
        (409, {"names": "mrr", "by": "secto"}, "sector"),
        (409, {"names": "mrr", "segment": "larg"}, "large"),
        (409, {"names": "mrr", "by": "tickets.chanel"}, "channel"),
        (409, {"names": "mrr", "from": "2030-01-01"}, "2026-03-31"),
        (422, {"names": "mrr", "every": "day"}, "Reload"),
        (422, {"names": "mrr", "to": "yesterday"}, "Reload"),
    ],
)
def test_what_does_not_exist_is_refused_with_what_does(page, route, status, asked, said):
    answer = page.get(f"/api/metrics{route}", params={"period": "2026-03", **asked})
    assert answer.status_code == status
    (told,) = answer.json()["diagnostics"]
    assert said in told["remedy"]
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("status", "asked"),
    [
        (422, {"period": "2026-03"}),
        (422, {"names": "mrr"}),
        (409, {"names": "mrr", "period": "1999-01"}),
        (409, {"names": "mrr", "by": "sector", "group": "Mining", "period": "2026-03"}),
    ],
)
def test_nobody_is_named_for_a_value_that_is_none(page, status, asked):
    answer = page.get("/api/metrics/who", params=asked)
    assert (answer.status_code, len(answer.json()["diagnostics"])) == (status, 1)


def test_before_the_first_update_the_explorer_says_what_to_do(tmp_path):
    page = TestClient(make_app(State(tmp_path), KEY), base_url="http://127.0.0.1:8123")
    page.get(f"/start?key={KEY}")
    answer = page.get("/api/metrics/choices")
    assert 400 <= answer.status_code < 500
    assert answer.json()["diagnostics"][0]["remedy"]
