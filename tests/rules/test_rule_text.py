"""Canonical text, version, English, spans, what a rule uses, and in which order."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from rule_world import AS_OF, World, load_yaml

from beachhead.errors import Place
from beachhead.rules import (
    FUNCTIONS,
    OPERATORS,
    RESERVED,
    FixedCatalog,
    ValueType,
    attribute_order,
    attributes_used,
    check_rule,
    explain,
    format_rule,
    from_json,
    parse,
    segment_order,
    segments_used,
    to_json,
    to_sql,
    version,
    walk,
)
from beachhead.rules.ast import And, Call

TEXTS = [
    text["rule"]
    for path in sorted(Path(__file__).parent.glob("cases/*.yml"))
    for text in load_yaml(path).get("cases", [])
]


@pytest.mark.parametrize("text", TEXTS)
def test_canonical_text_reads_back_equal(text: str) -> None:
    node = parse(text)
    canonical = format_rule(node)
    assert parse(canonical) == node
    assert format_rule(parse(canonical)) == canonical
    assert from_json(json.loads(json.dumps(to_json(node)))) == node


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("  A='x'   AND ( b<>2.0 ) # why", "A = 'x' and b != 2"),
        ("not (plan in ('a','b'))", "plan not in ('a', 'b')"),
        ("not (a is null)", "a is not null"),
        ("a and (b and c)", "a and b and c"),
        ("(a and b) or c", "a and b or c"),
        ("a and (b or c)", "a and (b or c)"),
        ("not (a or b)", "not (a or b)"),
        ("(a - (b - 1_000)) * -c > (-1)", "(a - (b - 1000)) * -c > -1"),
        ("0 weeks ago = d or d = 1 days ago or d < 1 WEEK ago", "today = d or d = yesterday or d < 1 week ago"),
        ("IFNULL(a, 0) > 12.50", "coalesce(a, 0) > 12.5"),
        ("(a = 1) = (b is not true)", "(a = 1) = (b is not true)"),
    ],
)
def test_canonical_text(text: str, canonical: str) -> None:
    assert format_rule(parse(text)) == canonical


def test_version_depends_on_meaning_not_on_writing() -> None:
    assert version(parse("plan='pro' AND (seats>1.0) -- new")) == version(parse("plan = 'pro' and seats > 1"))
    assert version(parse("plan = 'pro'")) != version(parse("plan = 'Pro'"))
    assert version(parse("plan = 'pro'")) == "25ecb8d56a7d"


def test_version_of_the_checked_rule_is_that_of_the_written_rule() -> None:
    written = parse("signed_up_on >= '2026-01-31'")
    checked = check_rule(written, FixedCatalog({"signed_up_on": ValueType.DATE})).node
    assert checked != written
    assert version(checked) == version(written)
    assert from_json(json.loads(json.dumps(to_json(checked)))) == checked


CATALOG = FixedCatalog(
    {
        "acquisition_channel": ValueType.TEXT,
        "account_status": ValueType.TEXT,
        "seats": ValueType.INTEGER,
        "mrr_cents": ValueType.MONEY,
        "signed_up_on": ValueType.DATE,
        "is_free_mail": ValueType.BOOLEAN,
        "has_deal": ValueType.BOOLEAN,
        "has_cancelled": ValueType.BOOLEAN,
        "is_or_was_here": ValueType.BOOLEAN,
        "trial": ValueType.BOOLEAN,
        "nps": ValueType.INTEGER,
    },
    ["advocates"],
)


@pytest.mark.parametrize(
    ("text", "english"),
    [
        (
            "acquisition_channel = 'twitter_paid' and account_status = 'active_trial'",
            "acquisition channel is 'twitter_paid' and account status is 'active_trial'",
        ),
        ("seats > 1000 or seats < 3", "seats is more than 1,000 or seats is less than 3"),
        ("seats > 3 and (trial or not trial)", "seats is more than 3 and (trial is true or trial is false)"),
        ("signed_up_on >= 30 days ago", "signed up on is on or after 30 days ago"),
        ("not signed_up_on < '2026-01-31'", "signed up on is on or after 31 Jan 2026"),
        ("account_status not in ('a', 'b')", "account status is none of 'a', 'b'"),
        ("nps is not null and nps is null", "nps is known and nps is unknown"),
        ("is_free_mail and not is_free_mail", "is free mail and is not free mail"),
        ("has_deal or not has_deal", "has deal or does not have deal"),
        ("has_cancelled or not has_cancelled", "has cancelled or has not cancelled"),
        ("not is_or_was_here", "not (is or was here)"),
        ("seats not between 2 and 5", "seats is outside 2 to 5"),
        ("not in_segment('advocates')", "not in segment 'advocates'"),
        ("not (seats > 1 and trial)", "not (seats is more than 1 and trial is true)"),
        ("coalesce(nps, 0) >= 9", "the first known of nps, 0 is at least 9"),
        ("mrr_cents / (seats + 1) > 100", "mrr cents divided by (seats plus 1) is more than 100"),
        ("trial is not true", "it is false or unknown that trial is true"),
        ("case when trial then 1 else 2 end = 1", "(1 if trial is true; otherwise 2) is 1"),
    ],
)
def test_english(text: str, english: str) -> None:
    checked = check_rule(parse(text), CATALOG)
    assert checked.ok, checked.diagnostics
    assert explain(checked.node) == english


def test_english_takes_the_labels_of_the_project() -> None:
    labels = {"mrr_cents": "MRR"}
    assert explain(parse("mrr_cents > 0"), lambda name: labels[name]) == "MRR is more than 0"


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("mrr_cents > 50000", "mrr cents is more than EUR 500"),
        ("mrr_cents between 100 and 200", "mrr cents is from EUR 1 to EUR 2"),
        ("mrr_cents * 12 > 120000", "mrr cents times 12 is more than EUR 1200"),
        (
            "coalesce(mrr_cents, 0) = 0 and seats > 100",
            "the first known of mrr cents, EUR 0 is EUR 0 and seats is more than 100",
        ),
    ],
)
def test_amounts_beside_money_are_money(text: str, english: str) -> None:
    node = check_rule(parse(text), CATALOG).node
    assert explain(node, money=lambda minor: f"EUR {minor / 100:g}", catalog=CATALOG) == english


def test_what_a_rule_uses() -> None:
    node = parse("a > b and (in_segment('x') or not in_segment('y')) and case when c then d end = 'e'")
    assert attributes_used(node) == {"a", "b", "c", "d"}
    assert segments_used(node) == {"x", "y"}


def test_span_covers_what_was_written() -> None:
    text = "plan = 'pro'\n  and (seats > 3)"
    node = parse(text, Place("segments/x.yml", 4, 10), indent=2)
    assert isinstance(node, And)
    second = node.items[1]
    assert second.span is not None
    assert text[second.span.start : second.span.end] == "seats > 3"
    assert second.span.place == Place("segments/x.yml", 5, 10)


def test_every_example_of_the_table_parses_to_its_operator() -> None:
    for row in OPERATORS.values():
        used = {part.operator for part in walk(parse(row.example)) if isinstance(part, Call)}
        assert (row.symbol or row.key) in used, row.example


def test_every_row_is_complete() -> None:
    for row in OPERATORS.values():
        assert row.null_rule and row.doc.endswith(".") and row.english and row.sql, row.key
        assert "{" not in row.sql.format("x", "1", "y", all="x", rest="x", as_of="d"), row.key
    assert set(FUNCTIONS) & RESERVED == set()


def test_sql_is_plain_and_quoted() -> None:
    world = World({'we"ird': ValueType.TEXT, "seats": ValueType.INTEGER, "on_day": ValueType.DATE}, [], {"x": [1]})
    node = world.checked("seats / 2 > 0.5 and on_day >= 30 days ago and not in_segment('x')")
    assert to_sql(node, AS_OF, world.segment_sql) == (
        '((cast("seats" as double) / nullif(cast(2 as double), 0)) > 0.5e0) and '
        "(\"on_day\" >= date '2026-03-01') and (not coalesce(id in (1), false))"
    )
    assert (
        to_sql(parse("a = 'it''s'"), date(2026, 1, 1), world.segment_sql, lambda name: f"t.{name}") == "t.a = 'it''s'"
    )


def test_segments_come_after_those_they_use() -> None:
    rules = {"c": "in_segment('b') and in_segment('a')", "b": "in_segment('a')", "a": "x", "d": "in_segment('gone')"}
    ordered = segment_order({name: parse(text) for name, text in rules.items()})
    assert ordered.names == ("a", "b", "c", "d")
    assert ordered.circles == {} and ordered.diagnostics == ()


def test_circle_of_segments_is_named_with_its_places() -> None:
    rules = {
        "a": "x or in_segment('b')",
        "b": "in_segment('c')",
        "c": "in_segment('a')",
        "d": "in_segment('a')",
        "e": "x",
    }
    ordered = segment_order({name: parse(text, Place(f"{name}.yml", 2, 8)) for name, text in rules.items()})
    (found,) = ordered.diagnostics
    assert ordered.names == ("d", "e")
    assert ordered.circles.keys() == {"a", "b", "c"}
    assert found.code == "segment-cycle"
    assert found.message == "segments refer to each other in a circle: a → b → c → a"
    assert found.place == Place("a.yml", 2, 13)
    assert "'c' uses 'a' (c.yml:2:8)" in (found.why or "")


def test_each_circle_is_told_and_who_uses_one_is_not_in_it() -> None:
    rules = {
        "a": "in_segment('c') and in_segment('b')",
        "b": "in_segment('a')",
        "c": "in_segment('d')",
        "d": "in_segment('c')",
        "s": "in_segment('s')",
        "uses_a": "in_segment('a')",
        "uses_both": "in_segment('uses_a') and in_segment('d')",
    }
    ordered = segment_order({name: parse(text, Place(f"{name}.yml", 2, 8)) for name, text in rules.items()})
    assert [(str(d.place), d.message) for d in ordered.diagnostics] == [
        ("a.yml:2:28", "segments refer to each other in a circle: a → b → a"),
        ("c.yml:2:8", "segments refer to each other in a circle: c → d → c"),
        ("s.yml:2:8", "segment 's' refers to itself"),
    ]
    assert [ordered.circles[name] for name in "abcds"] == [ordered.diagnostics[n] for n in (0, 0, 1, 1, 2)]
    assert ordered.names == ("uses_a", "uses_both")


def test_circles_that_share_a_name_are_told_one_by_one() -> None:
    uses = {"a": "b + c", "b": "a", "c": "d", "d": "a + b", "e": "a"}
    ordered = attribute_order({name: parse(text) for name, text in uses.items()})
    assert [d.message for d in ordered.diagnostics] == [
        "attributes refer to each other in a circle: a → b → a",
        "attributes refer to each other in a circle: c → d → a → c",
    ]
    assert ordered.names == ("e",)


def test_long_chain_of_attributes_is_ordered() -> None:
    count = 3_000
    expressions = {f"a{i}": parse(f"a{i + 1} + 1") for i in range(count)}
    ordered = attribute_order(expressions)
    assert ordered.names == tuple(f"a{i}" for i in reversed(range(count)))
    (found,) = attribute_order({"a": parse("b"), "b": parse("a")}).diagnostics
    assert found.code == "attribute-cycle"
