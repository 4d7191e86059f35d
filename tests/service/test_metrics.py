"""Metrics of a project: groups as of each period's start, who is behind a number, reasons, and what cannot be asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow.compute as pc
import pytest
from project_world import TODAY, make_company

import beachhead
from beachhead.errors import UsageError
from beachhead.service.metrics import MetricQuery, ask, who_is_behind
from beachhead.service.movements import movements
from beachhead.service.results import Run
from beachhead.service.run import RunOptions, run
from beachhead.store.layout import Layout
from beachhead.store.snapshots import SnapshotStore

MARCH = MetricQuery(("mrr",), first=date(2026, 3, 1))


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("company")
    make_company(root)
    run(root, RunOptions(today=TODAY))
    return root


@pytest.fixture
def latest(company: Path) -> Run:
    return beachhead.open(company).latest()


def test_mrr_at_the_end_is_that_of_the_customer_records(latest: Run) -> None:
    table = ask(latest, MARCH)
    assert table.value("mrr", "2026-03") == pc.sum(latest.accounts["mrr_cents"]).as_py()
    assert table.value("mrr", "2026-03") == table.cells[0].value


def test_headline_metrics_come_without_names(latest: Run) -> None:
    assert [m.name for m in ask(latest, MetricQuery()).metrics] == ["mrr", "nrr", "customer_churn", "arpa"]


def test_groups_are_those_at_the_start_of_each_period(company: Path, latest: Run) -> None:
    """Of January's start the records of 31 December say who had many events; today's records say something else."""
    asked = MetricQuery(("mrr",), by="exporters", first=date(2026, 1, 1), last=date(2026, 2, 28))
    table = ask(latest, asked)
    then = beachhead.open(company).as_of("2025-12-31")
    members = set(then.segments["exporters"].members()["account_id"].to_pylist())
    listed = {r["account_id"] for r in who_is_behind(latest, asked, "Exporters", "2026-01").to_pylist()}
    came_later = listed - set(then.accounts["account_id"].to_pylist())
    assert listed - came_later <= members
    assert table.groups == ("Exporters", "not Exporters")
    today = ask(latest, replace(asked, today=True))
    assert [c.value for c in today.cells] != [c.value for c in table.cells]
    assert any("today" in note for note in today.notes)


def test_looking_back_leaves_the_current_update_as_it_is(company: Path, latest: Run) -> None:
    ask(latest, MetricQuery(("mrr",), by="tier", first=date(2026, 2, 1)))
    assert beachhead.open(company).latest().name == latest.name
    days = {r.as_of for r in SnapshotStore(Layout(company)).list()}
    assert {date(2026, 1, 31), date(2026, 2, 28)} <= days


def test_parts_add_up_to_the_whole_by_attribute_and_segment(latest: Run) -> None:
    whole = [c.value for c in ask(latest, MetricQuery(("mrr", "new_mrr"))).cells]
    for by in ("acquisition_channel", "tier", "exporters", "plan"):
        table = ask(latest, MetricQuery(("mrr", "new_mrr"), by=by))
        sums = [
            sum(c.value or 0 for c in table.of(m.name) if c.period is p) for m in table.metrics for p in table.periods
        ]
        assert sums == whole, by


def test_who_is_behind_a_number_adds_up_to_it(latest: Run) -> None:
    people = who_is_behind(latest, MARCH, "all", "2026-03")
    assert pc.sum(people["closing_mrr_cents"]).as_py() == ask(latest, MARCH).cells[0].value
    assert people["account_name"][0].as_py().startswith("Company")
    assert people["closing_mrr_cents"].to_pylist() == sorted(people["closing_mrr_cents"].to_pylist(), reverse=True)


def test_undated_facts_are_unknown_before_their_first_load(tmp_path: Path) -> None:
    text = (
        "files: data/accounts.csv\ntable: accounts\ncolumns:\n  account_id: id\n  signed_up_at: created\n"
        "  acquisition_channel: channel\n"
    )
    make_company(tmp_path, changes={"sources/accounts.yml": text})
    run(tmp_path, RunOptions(today=TODAY))
    opened = beachhead.open(tmp_path).latest()
    table = ask(opened, MetricQuery(("mrr",), by="acquisition_channel", first=date(2026, 2, 1)))
    known = {c.group for c in table.cells if c.period.label == "2026-02" and c.value}
    assert known == {"unknown"}
    assert any("stable: true" in note for note in table.notes)
    (tmp_path / "sources/accounts.yml").write_text(text + "stable: true\n")
    again = ask(opened, MetricQuery(("mrr",), by="acquisition_channel", first=date(2026, 2, 1)))
    assert {c.group for c in again.cells if c.period.label == "2026-02" and c.value} == {"seo", "twitter_paid"}


def test_movements_name_the_records_that_caused_them(latest: Run) -> None:
    found = movements(latest).to_pylist()
    assert {m["kind"] for m in found} >= {"new", "churn"}
    for m in found:
        assert m["records"].split(" of ")[0].startswith("s")
    one = movements(latest, found[0]["account_id"]).to_pylist()
    assert {m["account_id"] for m in one} == {found[0]["account_id"]}
    assert sum(m["change_cents"] for m in one) == one[-1]["mrr_cents"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        (MetricQuery(("mr",)), "unknown-metric"),
        (MetricQuery(by="tir"), "unknown-attribute-or-segment"),
        (MetricQuery(segment="exporter"), "unknown-segment"),
        (MetricQuery(first=date(2030, 1, 1)), "no-period"),
        (MetricQuery(("tickets",), by="tickets.chanel"), "unknown-column"),
        (MetricQuery(("tickets",), by="tikets.channel"), "unknown-table"),
        (MetricQuery(("mrr",), by="product_line"), "no-product-lines"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_nearest(latest: Run, query: MetricQuery, code: str) -> None:
    with pytest.raises(UsageError) as raised:
        ask(latest, query)
    assert [d.code for d in raised.value.diagnostics] == [code]
    assert raised.value.diagnostics[0].remedy


def test_estimates_of_few_have_a_reason_instead_of_a_value(latest: Run) -> None:
    table = ask(latest, MetricQuery(("customer_churn",), by="plan"))
    few = [c for c in table.cells if c.n is not None and 0 < c.n < 10]
    assert few
    assert all(c.value is None and c.reason.startswith("too few") for c in few)


def test_young_customers_are_left_out_and_counted(latest: Run) -> None:
    cell = list(ask(latest, MetricQuery(("activation_rate",))).cells)[-1]
    assert cell.young > 0
    assert cell.reason.startswith(("too young", "too few")) or cell.value is not None


def test_a_rate_over_nothing_is_null_and_not_zero(latest: Run) -> None:
    (cell,) = ask(latest, MetricQuery(("nrr",), first=date(2024, 1, 1), last=date(2024, 1, 31))).cells
    assert cell.value is None
    assert cell.reason == "no value without MRR at the start"
