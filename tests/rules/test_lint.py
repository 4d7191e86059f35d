"""What is odd about correct rules: never true, always true, equal, contained. Nothing is said that is not so."""

from __future__ import annotations

from time import perf_counter

import pytest
from form_catalog import CATALOG
from hypothesis import given, settings
from hypothesis import strategies as st
from rule_generator import Generator

from beachhead.errors import Place, Severity
from beachhead.rules import Checked, check_rule, lint, parse
from beachhead.rules.oracle import holds


def checked(text: str, place: Place | None = None) -> Checked:
    found = check_rule(parse(text, place), CATALOG)
    assert found.ok, found.diagnostics
    return found


def codes(*texts: str) -> list[list[str]]:
    """The codes of what is said about each of some rules."""
    rules = {f"r{i}": checked(text) for i, text in enumerate(texts)}
    found = lint(rules, CATALOG)
    return [[d.code for d in found.get(name, ())] for name in rules]


@pytest.mark.parametrize(
    "text",
    [
        "seats > 5 and seats < 3",
        "seats > 5 and seats < 6",
        "plan = 'a' and plan = 'b'",
        "plan in ('a', 'b') and plan not in ('a', 'b', 'c')",
        "seats is null and seats > 3",
        "seats is null and seats is not null",
        "value_score between 5 and 3",
        "is_customer and not is_customer",
        "in_segment('at_risk') and not in_segment('at_risk')",
        "signed_up_on > 30 days ago and signed_up_on < 2 months ago and signed_up_on < 60 days ago",
        "signed_up_on is null and signed_up_on > 3 days ago",
        "signed_up_on > '2026-01-31' and last_seen_at is null and signed_up_on < '2026-01-31'",
        "seats > mrr_cents and mrr_cents >= seats",
        "events('a') < 0",
        "events('a', last => '1 week') > 3 and events('a', last => '7 days') < 2",
        "percentile(seats) > 100",
        "rank(seats) < 1",
        "(seats > 5 or plan = 'a') and seats < 3 and plan = 'b'",
        "coalesce(seats, 0) > 5 and seats is null",
        "not (seats > 5 or seats <= 5 or seats is null)",
        "false",
    ],
)
def test_rule_that_is_never_true(text: str) -> None:
    assert codes(text) == [["rule-never-true"]]


@pytest.mark.parametrize(
    "text",
    [
        "plan = 'a' or plan != 'a' or plan is null",
        "in_segment('at_risk') or not in_segment('at_risk')",
        "events('a') >= 0",
        "seats is null or seats > 5 or coalesce(seats, 0) < 9",
        "not (seats is null and seats is not null)",
        "true",
    ],
)
def test_rule_that_is_always_true(text: str) -> None:
    assert codes(text) == [["rule-always-true"]]


@pytest.mark.parametrize(
    "text",
    [
        "plan = 'a' or plan != 'a'",
        "value_score > 5 and value_score < 6",
        "signed_up_on > '2026-01-31' and signed_up_on < 30 days ago",
        "signed_up_on > 1 month ago and signed_up_on < 40 days ago",
        "events('a', since => signed_up_on) >= 0",
        "seats > mrr_cents and seats > value_score",
        "plan like 'a%' and plan like 'b%'",
        "events('a') > 3 and events('b') = 0",
        "was(seats, at => 3 days ago) > 3 and seats < 3",
        "is_customer is not true and not is_customer",
    ],
)
def test_rule_about_which_nothing_is_said(text: str) -> None:
    assert codes(text) == [[]]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("seats > 5 and plan = 'a'", "plan in ('a') and not seats < 6"),
        ("mrr_cents between 100 and 200", "mrr_cents >= 100 and mrr_cents <= 200"),
        ("plan = 'a' or plan = 'b'", "plan in ('b', 'a')"),
        ("events('a', last => '1 week') > 3", "events('a', last => '7 days') >= 4"),
        ("events('a') > 0", "any(events('a'))"),
        ("is_customer", "is_customer = true"),
        ("coalesce(seats, 0) < 3", "seats < 3 or seats is null"),
        ("seats > mrr_cents", "mrr_cents < seats"),
        ("plan = 'a' and (seats > 3 or country = 'x')", "(country = 'x' or seats >= 4) and plan = 'a'"),
        ("plan = 'a' and (plan = 'a' or seats > 3)", "plan = 'a'"),
        ("plan = 'a' and (plan = 'b' or seats > 3)", "plan = 'a' and seats > 3"),
        ("not (seats > 3 or country = 'x')", "seats <= 3 and country != 'x'"),
        ("changed(plan, to => 'a', last => '7 days')", "plan = 'a' and was(plan, at => 7 days ago) != 'a'"),
    ],
)
def test_rules_with_the_same_members(first: str, second: str) -> None:
    assert codes(first, second) == [[], ["segment-equal"]]


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        ("seats > 5 and plan = 'a'", "seats > 3"),
        ("plan = 'a'", "plan in ('a', 'b')"),
        ("plan = 'a'", "plan != 'b'"),
        ("seats > 5", "seats is not null"),
        ("seats is null", "coalesce(seats, 0) < 3"),
        ("seats > 5", "seats > 3 or plan = 'a'"),
        ("seats > 5 and plan = 'a' or seats > 7 and plan = 'b'", "seats > 3"),
        ("seats > 5 and (plan = 'a' or country = 'x')", "plan = 'a' or country = 'x'"),
        ("in_segment('at_risk') and is_customer", "in_segment('at_risk')"),
        ("events('a') > 5", "events('a') > 0"),
        ("signed_up_on >= 7 days ago", "signed_up_on >= 2 weeks ago"),
    ],
)
def test_rule_that_is_contained_in_another(narrow: str, wide: str) -> None:
    assert codes(narrow, wide) == [["segment-within"], []]
    assert codes(wide, narrow) == [[], ["segment-within"]]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("seats > 5", "seats > 3 and plan = 'a'"),
        ("plan != 'a'", "plan != 'b'"),
        ("seats is null", "seats > 3"),
        ("plan like 'ab%'", "plan like 'a%'"),
        ("signed_up_on >= 30 days ago", "signed_up_on >= 1 month ago"),
        ("events('a', last => '7 days') > 3", "events('a', last => '8 days') > 3"),
        ("seats > 5 or plan = 'a'", "seats > 5 and plan = 'a' or country = 'x'"),
    ],
)
def test_rules_that_are_not_compared(first: str, second: str) -> None:
    assert codes(first, second) == [[], []]


def test_what_is_said_and_where() -> None:
    at = Place("segments/x.yml", 4, 8)
    rules = {
        "big": checked("seats > 100", at),
        "same": checked("seats >= 101", at),
        "huge": checked("seats > 1000", at),
        "none": checked("plan = 'a' and seats > 5 and seats < 3", at),
        "wrong": check_rule(parse("plna = 'a'"), CATALOG),
    }
    found = {name: said for name, (said,) in lint(rules, CATALOG).items()}
    assert found.keys() == {"same", "huge", "none"}
    assert found["same"].message == "this is the same as segment 'big': both always have the same members"
    assert found["huge"].message == "whoever is in this segment is always in segment 'big' too"
    assert found["none"].message == "nobody can ever be in this segment: nothing fulfils its conditions on 'seats'"
    assert found["none"].place == Place("segments/x.yml", 4, 37)
    assert [found[n].severity for n in ("same", "huge", "none")] == [Severity.WARNING, Severity.INFO, Severity.WARNING]
    assert all(d.remedy for d in found.values())


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32))
def test_nothing_is_said_that_is_not_so(seed: int) -> None:
    generator = Generator(seed)
    world = generator.customers(40)
    rules = {f"r{i}": check_rule(generator.condition(2), world.catalog) for i in range(40)}
    customers = world.customers()
    members = {
        name: {i for i, customer in enumerate(customers) if holds(rule.core, customer) is True}
        for name, rule in rules.items()
        if rule.core is not None
    }
    for name, said in lint(rules, world.catalog).items():
        for d in said:
            match d.code:
                case "rule-never-true":
                    assert members[name] == set()
                case "rule-always-true":
                    assert len(members[name]) == len(customers)
                case "segment-equal":
                    assert members[name] == members[d.message.split("'")[1]]
                case _:
                    assert members[name] <= members[d.message.split("'")[1]]


@pytest.mark.parametrize(
    "text",
    [
        "seats > {i}",
        "plan != 'p{i}'",
        "plan = 'p{m}' and seats > {i} and mrr_cents < {i}00 and (country = 'c{m}' or value_score > {m})",
    ],
)
def test_two_thousand_rules_take_seconds(text: str) -> None:
    rules = {f"r{i}": checked(text.format(i=i, m=i % 40)) for i in range(2_000)}
    start = perf_counter()
    lint(rules, CATALOG)
    assert perf_counter() - start < 10
