"""Rules over tables that no source fills: some wait for data, others count nothing there; none fails."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

import beachhead
from beachhead.service.plan import Plan, make_plan
from beachhead.service.run import RunOptions, run
from beachhead.service.segment_desk import WarmDesk
from beachhead.service.verifying import verify
from paying_company import make_paying_company

AS_OF = date(2026, 3, 31)
PAYING = 21
WAITING = {
    "exported": ("events('export') > 0", "needs events"),
    "in_first_days": ("events('export', first => '14 days') > 0", "needs events"),
    "stopped_asking": ("stopped(requests(feature = 'api'), last => '30 days')", "needs requests"),
    "both": ("sequence('a', 'b') or requests() > 0", "needs events; needs requests"),
    "rates": (
        "nps_score >= 9 and responses(survey = 'nps') > 0",
        "needs responses; needs responses.score or accounts.nps",
    ),
    "follows": ("in_segment('exported') and is_customer", "needs events"),
}
EVALUATED = {
    "idle": ("events('export', last => '30 days') = 0", ("events",)),
    "never_in_order": ("not sequence('a', 'b', within => '2 days')", ("events",)),
    "without_requests": (
        "requests(foo > 3 and bar like 'a%' and baz is null and qux in ('a') and contains(tags, 'x'), "
        "last => '9 days') = 0",
        ("requests",),
    ),
    "without_values": (
        "orders(sum => a) = 0 and orders(avg => b) is null and orders(latest => c) is null and "
        "orders(earliest => d) is null and orders(max => day) is null and orders(distinct => f) = 0 and "
        "orders(distinct => week, last => '3 weeks') = 0",
        ("orders",),
    ),
    "without_shares": ("share(requests(foo = 'a'), last => '9 days') is null", ("requests",)),
    "of_properties": ("events(size > 3) = 0 and events(sum => size) = 0", ("events",)),
    "without_people": (
        "users(role = 'admin' and events('a') > 0 and requests(x = 1) > 0) = 0",
        ("events", "requests", "users"),
    ),
    "was_without": ("was(requests(foo = 'a'), at => 31 days ago) is null or tickets() > 0", ("requests",)),
}  # fmt: skip


def make(root: Path, rules: Mapping[str, str]) -> Plan:
    make_paying_company(root)
    for name, rule in rules.items():
        (root / f"segments/{name}.yml").write_text(f'title: {name}\nwhere: "{rule}"\n', encoding="utf-8")
    return make_plan(root)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("without")
    rules = {n: f"is_customer and {rule}" if "was(" not in rule else rule for n, (rule, _) in EVALUATED.items()}
    make(folder, rules | {name: rule for name, (rule, _) in WAITING.items()})
    run(folder, RunOptions(as_of=date(2026, 2, 28), allow_loss=True))
    run(folder, RunOptions(as_of=AS_OF, allow_loss=True))
    return folder


@pytest.mark.parametrize("name", WAITING)
def test_a_segment_that_looks_at_nothing_that_there_is_waits(name: str, root: Path) -> None:
    _, reason = WAITING[name]
    plan = make_plan(root)
    assert plan.waiting[name] == reason
    found = [d for d in plan.diagnostics if d.place and d.place.file == f"segments/{name}.yml"]
    assert [(d.code, d.severity.value) for d in found] == [("waiting-for-data", "info")]
    about = beachhead.open(root).latest().segments[name].about
    assert (about.size, about.why) == (None, reason)


@pytest.mark.parametrize("name", EVALUATED)
def test_a_segment_that_looks_at_something_counts_nothing_where_there_is_no_data(name: str, root: Path) -> None:
    about = beachhead.open(root).latest().segments[name].about
    expected = 24 if name == "was_without" else PAYING
    assert (about.why, about.size, about.lacking) == (None, expected, EVALUATED[name][1])
    assert not [d for d in make_plan(root).diagnostics if d.place and d.place.file == f"segments/{name}.yml"]


def test_all_ways_to_evaluate_agree(root: Path) -> None:
    project = beachhead.open(root)
    assert verify(project.latest(), project.check()).is_sound


def test_rules_without_data_can_be_tried_while_they_are_written(root: Path) -> None:
    desk = WarmDesk(root)
    with desk.ask(beachhead.open(root).latest()) as opened:
        for rule in [*(r for n, (r, _) in WAITING.items() if n != "follows"), *(r for r, _ in EVALUATED.values())]:
            node = opened.desk.read(rule).node
            assert node is not None
            opened.desk.count(node)
    desk.close()


def test_rows_of_people_are_told_by_the_person(tmp_path: Path) -> None:
    make(tmp_path, {})
    (tmp_path / "sources/people.yml").write_text(
        "files: data/people.csv\ntable: users\ncolumns: {user_id: id, account_id: firm}\n", encoding="utf-8"
    )
    (tmp_path / "sources/asked.yml").write_text(
        "files: data/asked.csv\ntable: requests\ncolumns: {user_id: who, requested_at: day, feature: what}\n",
        encoding="utf-8",
    )
    (tmp_path / "data/people.csv").write_text("id,firm\nu1,1\nu2,2\nu3,2\nu4,4\n", encoding="utf-8")
    (tmp_path / "data/asked.csv").write_text(
        "who,day,what\nu1,2026-03-01,api\nu1,2026-03-02,api\nu2,2026-03-01,api\nu3,2026-03-01,api\nu4,2026-03-01,x\n",
        encoding="utf-8",
    )
    run(tmp_path, RunOptions(as_of=AS_OF))
    desk = WarmDesk(tmp_path)
    with desk.ask(beachhead.open(tmp_path).latest()) as opened:
        sizes = {}
        for rule in (
            "users(requests(feature = 'api') > 0) > 0",
            "users(requests() > 1) > 0",
            "users(requests() = 1) = 2",
        ):
            node = opened.desk.read(rule).node
            assert node is not None
            sizes[rule] = opened.desk.count(node).some
    desk.close()
    assert list(sizes.values()) == [(1, 2), (1,), (2,)]


def test_a_form_has_no_place_in_an_attribute(tmp_path: Path) -> None:
    make(tmp_path, {})
    (tmp_path / "attributes").mkdir()
    (tmp_path / "attributes/own.yml").write_text(
        "tickets_asked:\n  expression: tickets(last => '9 days')\n", encoding="utf-8"
    )
    (wrong,) = make_plan(tmp_path).errors
    assert (wrong.code, str(wrong.place)) == ("form-in-attribute", "attributes/own.yml:2:15")
