"""The table of forms: complete, in agreement with the customer model, and readable in every way of writing."""

from __future__ import annotations

import json

import pytest
from form_catalog import CATALOG

from beachhead.errors import DefinitionError, Place
from beachhead.project.model import BY_NAME
from beachhead.rules import (
    FORMS,
    FUNCTIONS,
    RESERVED,
    FixedCatalog,
    FormRow,
    ValueType,
    attribute_order,
    attributes_used,
    check_expression,
    check_rule,
    expand,
    explain,
    format_rule,
    from_json,
    lists_used,
    parse,
    segment_order,
    segments_used,
    tables_used,
    to_json,
    version,
    walk,
)
from beachhead.rules.ast import Attribute, Call, Duration, Invoke, Literal, RelativeDate

WRITTEN = [
    *(row.example for row in FORMS.values()),
    "events('export', 'share', size > 3 and user_id is not null, last => '1 day', distinct => user_id) > 0",
    "events(event like 'x%', from => '2026-01-31', until => today) = 0",
    "events('it''s', since => last_seen_at, sum => size) < -1.5",
    "users(role = 'admin' and not stopped('export', last => '2 weeks')) between 1 and 3",
    "users(tickets(priority = 'high', first => '14 days') > 0 or sequence('a', 'b', gap => '1 week')) > 0",
    "not dropped_off(events('a', size > 3), tickets(), within => '3 days')",
    "coalesce(was(mrr_cents, at => '2026-01-31'), 0) + 100 > mrr_cents",
    "was(in_segment('at_risk') and plan = 'pro', at => 1 year ago)",
    "changed(seats + 1, to => 5, last => '1 month') or changed(signed_up_on, from => today, last => '1 month')",
    "sticky(plan = 'pro' or seats > 3, while => seats > 2, within => '2 weeks') and seats < 9",
    "case when entered('by_country/Germany', last => '1 year') then rank(seats) else percentile(seats) end > 3",
    "share(events('a', 'b')) * 100 > 50 and any(events('a', last => '3 months')) is true",
]


@pytest.mark.parametrize("text", WRITTEN)
def test_canonical_text_and_json_read_back_equal(text: str) -> None:
    node = parse(text)
    assert format_rule(node) == text
    assert parse(format_rule(node)) == node
    assert from_json(json.loads(json.dumps(to_json(node)))) == node
    checked = check_rule(node, CATALOG)
    assert [d for d in checked.diagnostics if d.is_error] == []
    assert version(checked.node) == version(node)
    assert from_json(json.loads(json.dumps(to_json(checked.node)))) == checked.node
    assert "{" not in explain(checked.node, catalog=CATALOG)
    assert checked.core is not None
    assert not any(isinstance(part, Invoke) for part in walk(checked.core))


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("EVENTS( 'a',LAST=>'30  Days' )>0", "events('a', last => '30 days') > 0"),
        ("events(distinct => user_id, last => '1 weeks') > 0", "events(last => '1 week', distinct => user_id) > 0"),
        ("entered(at_risk, last => '7 days')", "entered('at_risk', last => '7 days')"),
        ("was(plan, at => '90 days ago') = 'x'", "was(plan, at => 90 days ago) = 'x'"),
        ("events(from => 'Yesterday') > 0", "events(from => yesterday) > 0"),
        ("sample(salt => 'x', percent => 10.0)", "sample(percent => 10, salt => 'x')"),
        ("users() > 0", "users() > 0"),
    ],
)
def test_canonical_text(text: str, canonical: str) -> None:
    assert format_rule(parse(text)) == canonical
    assert version(parse(text)) == version(parse(canonical))


def test_options_are_nodes_of_their_kind() -> None:
    node = parse("events('a', size > 3, from => 30 days ago, until => '2026-03-31', distinct => user_id)")
    assert isinstance(node, Invoke)
    names, values = zip(*node.options, strict=True)
    assert names == ("from", "until", "distinct")
    assert list(map(type, values)) == [RelativeDate, Literal, Attribute]
    (option,) = parse("events(last => '2 weeks')").options  # type: ignore[union-attr]
    assert option == ("last", Duration(2, "week"))


def test_every_row_is_complete() -> None:
    for row in FORMS.values():
        assert row.null_rule and row.doc.endswith(".") and row.english, row.key
        assert all(option.doc and not option.doc.endswith(".") for option in row.options), row.key
        assert any(isinstance(part, Invoke) and part.name == row.key for part in walk(parse(row.example))), row.key
    assert set(FORMS) & (RESERVED | set(FUNCTIONS)) == set()
    assert {option.name for row in FORMS.values() for option in row.options} & RESERVED == set()


@pytest.mark.parametrize("row", [row for row in FORMS.values() if row.table], ids=lambda row: row.key)
def test_rows_forms_are_those_of_the_customer_model(row: FormRow) -> None:
    table = BY_NAME[row.table or ""]
    assert row.moment == table.known_at
    assert row.is_of_people == (table.column("user_id") is not None and table.name != "users")


def test_every_table_of_rows_with_a_customer_has_a_form() -> None:
    dated = {t.name for t in BY_NAME.values() if t.known_at and t.column("account_id") and t.name != "accounts"}
    assert {row.table for row in FORMS.values() if row.table} == dated


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("events('a')", ValueType.INTEGER),
        ("events(distinct => week)", ValueType.INTEGER),
        ("events(max => day)", ValueType.DATE),
        ("events(min => occurred_at)", ValueType.TIMESTAMP),
        ("charges(sum => amount)", ValueType.MONEY),
        ("charges(avg => amount)", ValueType.MONEY),
        ("events(avg => size)", ValueType.NUMBER),
        ("events(sum => size)", ValueType.INTEGER),
        ("deals(latest => lost_reason)", ValueType.TEXT),
        ("deals(earliest => is_won)", ValueType.BOOLEAN),
        ("trend('a', last => '7 days')", ValueType.NUMBER),
        ("stopped('a', last => '7 days')", ValueType.BOOLEAN),
        ("was(mrr_cents, at => 3 days ago)", ValueType.MONEY),
        ("percentile(mrr_cents)", ValueType.NUMBER),
        ("rank(signed_up_on)", ValueType.INTEGER),
        ("signed_up_on + 30", ValueType.DATE),
        ("last_seen_at - 0.5", ValueType.DATE),
        ("today - signed_up_on", ValueType.INTEGER),
        ("'2026-01-31' - last_seen_at", ValueType.INTEGER),
        ("contains(tags, 'vip')", ValueType.BOOLEAN),
        ("tags", ValueType.LIST),
    ],
)
def test_type_of_a_value(text: str, kind: ValueType) -> None:
    checked = check_expression(parse(text), CATALOG)
    assert checked.diagnostics == ()
    assert checked.type is kind


def test_what_a_rule_with_forms_uses() -> None:
    text = (
        "users(role = 'admin' and events(size > 3, since => signed_up_at) > 0, since => first_seen_on) > 0 "
        "and orders(first => '1 month', sum => revenue) > was(mrr_cents, at => 3 days ago) "
        "and stopped('export', last => '3 days') and percentile(seats, by => country) > 3 "
        "and entered('a', last => '3 days') and in_segment('b') and in_list('c')"
    )
    node = parse(text)
    attributes = {"first_seen_on", "signed_up_on", "mrr_cents", "seats", "country"}
    for tree in (node, expand(node)):
        assert attributes_used(tree) == attributes
        assert segments_used(tree) == {"a", "b"}
        assert lists_used(tree) == {"c"}
        assert tables_used(tree) == {"users", "events", "orders"}


def test_segments_are_ordered_by_who_joined_and_by_families() -> None:
    rules = {
        "new": "entered('old', last => '7 days')",
        "both": "in_segment('family/Germany') and was(in_segment('new'), at => 3 days ago)",
        "family": "country is not null",
        "old": "plan = 'pro'",
    }
    ordered = segment_order({name: parse(text, Place(f"{name}.yml", 2, 8)) for name, text in rules.items()})
    assert ordered.names == ("family", "old", "new", "both")
    (found,) = segment_order({"a": parse("left('b', last => '1 day')"), "b": parse("in_segment('a')")}).diagnostics
    assert found.code == "segment-cycle"


def test_columns_of_rows_are_no_attributes_in_the_order() -> None:
    ordered = attribute_order({"role": parse("users(role = 'x') + size"), "size": parse("events(sum => size)")})
    assert (ordered.names, ordered.circles) == (("size", "role"), {})


def test_forms_have_no_place_in_conditions_over_rows_of_a_table() -> None:
    checked = check_rule(parse("events('a') > 0"), FixedCatalog({}), is_of_customers=False)
    assert [d.code for d in checked.diagnostics] == ["not-of-rows"]
    assert checked.core is None


def test_core_of_a_rule_without_forms_is_the_rule() -> None:
    node = parse("plan = 'pro' and (seats > 3 or not is_customer) and case when seats > 1 then 1 end = 1")
    assert check_rule(node, CATALOG).core == node
    assert check_rule(parse("seats"), CATALOG).core is None


def test_operators_on_dates_are_told_apart_by_types() -> None:
    node = check_rule(parse("signed_up_on + 30 <= today and last_seen_at - signed_up_on > 5"), CATALOG).node
    used = {part.operator for part in walk(node) if isinstance(part, Call)}
    assert {"date + days", "date - date"} <= used
    assert format_rule(node) == "signed_up_on + 30 <= today and last_seen_at - signed_up_on > 5"
    assert check_rule(node, CATALOG).node == node


@pytest.mark.parametrize(
    "value",
    [
        {"kind": "invoke", "name": "nothing", "arguments": [], "options": {}},
        {"kind": "invoke", "name": "events", "arguments": [], "options": []},
        {"kind": "invoke", "name": "events", "arguments": []},
        {"kind": "invoke", "name": "events", "arguments": [], "options": {"lst": {"kind": "attribute", "name": "a"}}},
        {"kind": "duration", "amount": 0, "unit": "day"},
        {"kind": "duration", "amount": 1, "unit": "hour"},
    ],
)
def test_wrong_json_is_a_diagnostic(value: object) -> None:
    with pytest.raises(DefinitionError, match="bad-tree"):
        from_json(value)


def test_core_trees_are_not_written() -> None:
    core = check_rule(parse("rank(seats) <= 3"), CATALOG).core
    assert core is not None
    for write in (format_rule, to_json):
        with pytest.raises(TypeError, match="not written"):
            write(core)
