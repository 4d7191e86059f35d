"""What each form means: its core tree, exactly."""

from __future__ import annotations

from datetime import date

import pytest
from form_catalog import CATALOG

from beachhead.rules import FORMS, Node, ValueType, check_expression, check_rule, expand, parse, walk
from beachhead.rules import ast as tree
from beachhead.rules.ast import (
    Aggregate,
    And,
    Attribute,
    Call,
    Chain,
    Day,
    InList,
    Invoke,
    Literal,
    Moved,
    Not,
    Or,
    Ranking,
    Rows,
    Sample,
    Was,
)

TODAY = Day()


def core(text: str) -> Node:
    """The core tree of a rule or value that is right."""
    checked = check_expression(parse(text), CATALOG)
    assert checked.core is not None, checked.diagnostics
    return checked.core


def days_ago(days: int) -> Day:
    return Day(amount=-days)


def event(*names: str) -> Node:
    column = Attribute("event")
    written = tuple(tree.text(name) for name in names)
    return Call("=", (column, *written)) if len(names) == 1 else Call("in", (column, *written))


def exports(first: Day | None = None, last: Day | None = None) -> Rows:
    return Rows("events", event("export"), first, last)


def count(rows: Rows) -> Node:
    return Aggregate("count", rows)


def compare(operator: str, value: Node, number: float) -> Node:
    return Call(operator, (value, tree.number(number)))


ADMIN = Call("=", (Attribute("role"), tree.text("admin")))
PLAN = Attribute("plan")
SCORE = Attribute("value_score")
SIZE = Attribute("size")
BIG = compare(">", SIZE, 3)


@pytest.mark.parametrize(
    ("options", "first", "last"),
    [
        ("", None, None),
        ("last => '1 day'", days_ago(0), TODAY),
        ("last => '30 days'", days_ago(29), TODAY),
        ("last => '2 weeks'", days_ago(13), TODAY),
        ("last => '3 months'", Day(None, -3, "month", 1), TODAY),
        ("last => '1 year'", Day(None, -12, "month", 1), TODAY),
        ("from => '2026-01-31'", Day(date(2026, 1, 31)), None),
        ("until => yesterday", None, days_ago(1)),
        ("from => 2 weeks ago, until => '2026-03-31'", days_ago(14), Day(date(2026, 3, 31))),
        ("from => 1 month ago, until => signed_up_on", Day(None, -1, "month"), Day("signed_up_on")),
        ("since => last_seen_at", Day("last_seen_at"), None),
        ("first => '14 days'", Day("signed_up_on"), Day("signed_up_on", 13)),
        ("first => '1 month'", Day("signed_up_on"), Day("signed_up_on", 1, "month", -1)),
    ],
)
def test_window(options: str, first: Day | None, last: Day | None) -> None:
    assert core(f"events('export', {options})".replace(", )", ")")) == count(exports(first, last))
    steps = core(f"sequence('export', tickets(), {options})".replace(", )", ")"))
    assert steps == Chain((exports(first, last), Rows("tickets", None, first, last)))


@pytest.mark.parametrize("measure", ["distinct", "sum", "avg", "min", "max", "earliest", "latest"])
def test_measure(measure: str) -> None:
    assert core(f"events('export', {measure} => size)") == Aggregate(measure, exports(), "size")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("events()", None),
        ("events('export')", event("export")),
        ("events('a', 'b')", event("a", "b")),
        ("events(size > 3)", BIG),
        ("events('a', size > 3 and size < 9)", And((event("a"), BIG, compare("<", SIZE, 9)))),
        ("events('a', size > 3 or size < 1)", And((event("a"), Or((BIG, compare("<", SIZE, 1)))))),
        ("events(day >= '2026-01-31')", Call(">=", (Attribute("day"), Literal(date(2026, 1, 31), ValueType.DATE)))),
    ],
)  # fmt: skip
def test_rows(text: str, where: Node | None) -> None:
    assert core(text) == count(Rows("events", where))


PEOPLE = count(Rows("users", ADMIN))
ALL_PEOPLE = count(Rows("users"))
OF_PERSON = count(exports(Day("signed_up_at"), Day("signed_up_at", 13)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "first_time('export', last => '30 days')",
            And((
                compare(">", count(exports(days_ago(29), TODAY)), 0),
                compare("=", count(exports(None, days_ago(30))), 0),
            )),
        ),
        (
            "stopped('export', last => '1 month')",
            And((
                compare(">", count(exports(None, Day(None, -1, "month"))), 0),
                compare("=", count(exports(Day(None, -1, "month", 1), TODAY)), 0),
            )),
        ),
        (
            "resumed('export', last => '30 days', after => '60 days')",
            And((
                compare(">", count(exports(days_ago(29), TODAY)), 0),
                compare("=", count(exports(days_ago(89), days_ago(30))), 0),
                compare(">", count(exports(None, days_ago(90))), 0),
            )),
        ),
        (
            "resumed('export', last => '1 month', after => '60 days')",
            And((
                compare(">", count(exports(Day(None, -1, "month", 1), TODAY)), 0),
                compare("=", count(exports(Day(None, -1, "month", -59), Day(None, -1, "month"))), 0),
                compare(">", count(exports(None, Day(None, -1, "month", -60))), 0),
            )),
        ),
        (
            "regular('export', weeks => 8, at_least => 6)",
            compare(">=", Aggregate("distinct", exports(days_ago(55), TODAY), "week"), 6),
        ),
        (
            "trend('export', last => '2 weeks')",
            Call("/", (count(exports(days_ago(13), TODAY)), count(exports(days_ago(27), days_ago(14))))),
        ),
        (
            "trend('export', last => '1 month')",
            Call("/", (
                count(exports(Day(None, -1, "month", 1), TODAY)),
                count(exports(Day(None, -2, "month", 1), Day(None, -1, "month"))),
            )),
        ),
        (
            "share('export', last => '7 days')",
            Call("/", (count(exports(days_ago(6), TODAY)), count(Rows("events", None, days_ago(6), TODAY)))),
        ),
        ("any(users(role = 'admin'))", compare(">", PEOPLE, 0)),
        (
            "any(events('export', last => '7 days'))",
            compare(">", count(exports(days_ago(6), TODAY)), 0),
        ),
        ("all(users(role = 'admin'))", And((Call("=", (PEOPLE, ALL_PEOPLE)), compare(">", ALL_PEOPLE, 0)))),
        (
            "users(events('export', first => '14 days') > 0, last => '1 day')",
            count(Rows("users", compare(">", OF_PERSON, 0), TODAY, TODAY)),
        ),
        (
            "sequence('export', tickets(priority = 'high'), within => '1 week', gap => '2 days', last => '30 days')",
            Chain(
                (
                    exports(days_ago(29), TODAY),
                    Rows("tickets", Call("=", (Attribute("priority"), tree.text("high"))), days_ago(29), TODAY),
                ),
                7,
                2,
            ),
        ),
        (
            "dropped_off('a', 'export', within => '3 days', last => '30 days')",
            Chain((Rows("events", event("a"), days_ago(29), TODAY), exports()), 3, is_broken=True),
        ),
        ("was(plan, at => '2026-01-31')", Was(PLAN, Day(date(2026, 1, 31)))),
        ("was(plan, at => 1 year ago)", Was(PLAN, Day(None, -12, "month"))),
        (
            "was(events('export', last => '7 days') > 3, at => 2 weeks ago)",
            Was(compare(">", count(exports(days_ago(6), TODAY)), 3), days_ago(14)),
        ),
        ("changed(plan, last => '30 days')", Call("!=", (Was(PLAN, days_ago(30)), PLAN))),
        (
            "changed(plan, from => 'a', to => 'b', last => '30 days')",
            And((Call("=", (Was(PLAN, days_ago(30)), tree.text("a"))), Call("=", (PLAN, tree.text("b"))))),
        ),
        (
            "changed(plan, from => 'a', last => '30 days')",
            And((Call("=", (Was(PLAN, days_ago(30)), tree.text("a"))), Call("!=", (PLAN, tree.text("a"))))),
        ),
        (
            "changed(signed_up_on, to => '2026-01-31', last => '1 month')",
            And((
                Call("=", (Attribute("signed_up_on"), tree.day(date(2026, 1, 31)))),
                Call("!=", (Was(Attribute("signed_up_on"), Day(None, -1, "month")), tree.day(date(2026, 1, 31)))),
            )),
        ),
        (
            "sticky(value_score >= 90, while => value_score >= 85, within => '3 days')",
            And((
                compare(">=", SCORE, 85),
                Or((
                    compare(">=", SCORE, 90),
                    Was(compare(">=", SCORE, 90), days_ago(1)),
                    Was(compare(">=", SCORE, 90), days_ago(2)),
                )),
            )),
        ),
        (
            "sticky(value_score >= 90, while => value_score >= 85, within => '1 day')",
            And((compare(">=", SCORE, 85), compare(">=", SCORE, 90))),
        ),
        ("entered(at_risk, last => '7 days')", Moved("at_risk", True, days_ago(6), TODAY)),
        ("not left('at_risk', last => '1 month')", Not(Moved("at_risk", False, Day(None, -1, "month", 1), TODAY))),
        ("percentile(value_score, by => country)", Ranking("percentile", SCORE, Attribute("country"))),
        ("rank(value_score)", Ranking("rank", SCORE)),
        ("in_list('partners')", InList("partners")),
        ("sample(percent => 12.5, salt => 'x')", Sample(0.125, "x")),
    ],
)  # fmt: skip
def test_meaning(text: str, expected: Node) -> None:
    assert core(text) == expected


def test_every_form_has_a_meaning() -> None:
    for row in FORMS.values():
        assert not any(isinstance(part, Invoke) for part in walk(core(row.example))), row.key


def test_meaning_has_the_place_of_the_form() -> None:
    found = core("plan = 'x' and rank(value_score) <= 3")
    (ranking,) = [part for part in walk(found) if isinstance(part, Ranking)]
    assert ranking.span is not None
    assert (ranking.span.start, ranking.span.end) == (15, 32)


@pytest.mark.parametrize("text", ["events(last => 'x')", "stopped(3, last => '1 day')", "was(plan, at => 'x')"])
def test_wrong_form_has_no_meaning(text: str) -> None:
    assert check_rule(parse(text), CATALOG).core is None
    with pytest.raises(ValueError):
        expand(parse(text))
