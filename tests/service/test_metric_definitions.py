"""Metrics that a project defines, options of built-in ones, and what is said of wrong definitions."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from project_world import TODAY, make_company

import beachhead
from beachhead.service.metrics import MetricQuery, ask
from beachhead.service.results import Run
from beachhead.service.run import RunOptions, run

URGENT = "title: Tickets that cost much\nformula: dear / tickets\ndirection: low\nmeasures:\n" \
         "  dear: {table: tickets, where: cost >= 12.5}\n"  # fmt: skip
MEDIAN = "unit: money\nmeasures:\n  median_cost: {table: tickets, value: cost, quantile: 0.5}\n"
SOLVED = "unit: money\nmeasures:\n  solved_cost: {table: tickets, value: cost, day: solved_at}\n"


@pytest.fixture(scope="module")
def latest(tmp_path_factory: pytest.TempPathFactory) -> Run:
    root = tmp_path_factory.mktemp("company")
    own = {"metrics/dear_share.yml": URGENT, "metrics/median_cost_of_tickets.yml": MEDIAN, "metrics/solved.yml": SOLVED}
    options = {
        "metrics/customer_churn.yml": "variant: stripe\nminimum: 1\n",
        "metrics/ltv.yml": "parameters: {gross_margin: 0.5}\n",
    }
    make_company(root, changes=own | options)
    run(root, RunOptions(today=TODAY))
    return beachhead.open(root).latest()


def test_a_share_of_rows_is_computed(latest: Run) -> None:
    cells = list(ask(latest, MetricQuery(("dear_share",))).cells)
    assert {c.value for c in cells if c.value is not None} == {0.5625, 1.0}  # what an open one costs is not known yet
    assert sum(c.n or 0 for c in cells) > 10


def test_a_quantile_of_values_is_ranked_with_its_range(latest: Run) -> None:
    cells = [c for c in ask(latest, MetricQuery(("median_cost_of_tickets",), by="plan", today=True)).cells if c.value]
    assert {c.value for c in cells} == {1250.0}
    assert all(c.low == c.high == 1250 for c in cells)


def test_a_value_counts_by_the_day_that_is_named(latest: Run) -> None:
    both = ask(latest, MetricQuery(("solved", "support_cost"), first=date(2025, 1, 1)))
    solved, opened = ([c.value for c in both.of(n)] for n in ("solved", "support_cost"))
    assert solved != opened
    assert sum(v or 0 for v in solved) == sum(v or 0 for v in opened)


def test_options_choose_a_definition_and_a_smallest_number(latest: Run) -> None:
    churn = latest.metrics.definition("customer_churn")
    assert (churn.variant, churn.minimum) == ("stripe", 1)
    assert "new_customers" in churn.parsed.names


def test_a_parameter_holds_for_all_metrics_that_have_it(latest: Run) -> None:
    assert latest.metrics.definition("ltv").parameters["gross_margin"] == 0.5
    assert latest.metrics.definition("cac_payback").parameters["gross_margin"] == 0.5


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        (
            "formula: urgent / tickts\nmeasures:\n  urgent: {table: tickets}\n",
            "unknown-measure",
            "metrics/own.yml:1:10",
        ),
        ("formula: tickets /\n", "formula-syntax", "metrics/own.yml:1:"),
        ("formula: __import__('os')\n", "formula-syntax", "metrics/own.yml:1:"),
        ("formula: median(tickets)\n", "formula-syntax", "metrics/own.yml:1:"),
        ("title: Nothing\n", "missing-key", "metrics/own.yml:1:1"),
        ("measures:\n  x: {table: tikets}\n", "unknown-table", "metrics/own.yml:2:14"),
        ("measures:\n  x: {table: tickets, where: priorty = 'high'}\n", "unknown-attribute", "metrics/own.yml:2:"),
        ("measures:\n  x: {table: tickets, value: channel}\n", "wrong-type", "metrics/own.yml:2:"),
        ("measures:\n  x: {table: tickets, day: solvd_at}\n", "unknown-timestamp", "metrics/own.yml:2:"),
        ("measures:\n  x: {table: tickets, quantile: 0.5}\n", "missing-key", "metrics/own.yml:2:"),
        ("measures:\n  tickets: {table: tickets}\n", "name-taken", "metrics/own.yml:2:3"),
        ("formula: own + 1\n", "unknown-measure", "metrics/own.yml:1:10"),
        ("unit: euros\nformula: tickets\n", "unknown-value", "metrics/own.yml:1:7"),
        ("formla: tickets\n", "unknown-key", "metrics/own.yml:1:1"),
    ],
)
def test_a_wrong_definition_is_told_at_its_place(text: str, code: str, place: str, tmp_path: Path) -> None:
    make_company(tmp_path, accounts=5, changes={"metrics/own.yml": text})
    found = [d for d in beachhead.open(tmp_path).check().errors if d.place and d.place.file == "metrics/own.yml"]
    assert [d.code for d in found] == [code]
    assert str(found[0].place).startswith(place)
    assert found[0].remedy


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("variant: strip\n", "unknown-definition-of-customer_churn"),
        ("formula: tickets\n", "built-in-metric"),
        ("parameters: {margin: 2}\n", "unknown-parameter-of-customer_churn"),
    ],
)
def test_a_wrong_option_of_a_built_in_metric_is_told(text: str, code: str, tmp_path: Path) -> None:
    make_company(tmp_path, accounts=5, changes={"metrics/customer_churn.yml": text})
    assert [d.code for d in beachhead.open(tmp_path).check().errors] == [code]


def test_a_metric_that_reads_itself_through_another_is_refused(tmp_path: Path) -> None:
    make_company(
        tmp_path, accounts=5, changes={"metrics/one.yml": "formula: two + 1\n", "metrics/two.yml": "formula: one + 1\n"}
    )
    assert {d.code for d in beachhead.open(tmp_path).check().errors} == {"metric-circle"}


def test_an_update_does_without_a_broken_metric(tmp_path: Path) -> None:
    make_company(tmp_path, accounts=20, changes={"metrics/own.yml": "formula: tickts\n"})
    outcome = run(tmp_path, RunOptions(today=TODAY))
    assert any(d.code == "unknown-measure" for d in outcome.diagnostics)
    assert ask(beachhead.open(tmp_path).latest(), MetricQuery(("mrr",))).cells
