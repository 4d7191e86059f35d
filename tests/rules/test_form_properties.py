"""Forms put together at random, right and wrong: whatever is no error has a meaning, words, and reads back equal."""

from __future__ import annotations

import json
from random import Random

from form_catalog import CATALOG
from hypothesis import given, settings
from hypothesis import strategies as st

from beachhead.rules import (
    FORMS,
    Node,
    attributes_used,
    check_expression,
    expand,
    explain,
    format_rule,
    from_json,
    lint,
    lists_used,
    parse,
    segments_used,
    tables_used,
    to_json,
    version,
    walk,
)
from beachhead.rules.ast import Invoke
from beachhead.rules.forms import FormRow, Kind, Option, Takes

many = settings(deadline=None, max_examples=150)
ATTRIBUTES = ["plan", "seats", "mrr_cents", "signed_up_on", "last_seen_at", "is_customer", "tags", "nowhere"]
COLUMNS = ["event", "user_id", "role", "priority", "amount", "score", "created_at", "size", "day", "week", "nowhere"]
TEXTS = ["'a'", "'export'", "'at_risk'", "'partners'", "'30 days'", "'2026-01-31'", "'30 dayz'", "'it''s'"]
PLAIN = ["3", "0", "-1.5", "true", "null", "today", "30 days ago", "3 days from now", *TEXTS]
USUAL = {
    Kind.SPAN: ["'30 days'", "'1 week'", "'3 months'", "'1 year'"],
    Kind.DAYS: ["'7 days'", "'2 weeks'"],
    Kind.DAY: ["30 days ago", "yesterday", "'2026-01-31'", "signed_up_on", "last_seen_at", "signed_up_at"],
    Kind.COLUMN: COLUMNS,
    Kind.VALUE: ["'free'", "3", "'2026-01-31'"],
    Kind.ATTRIBUTE: ATTRIBUTES,
    Kind.WHOLE: ["1", "3", "8"],
    Kind.PERCENT: ["10", "0.5"],
    Kind.TEXT: ["'x'"],
}
CONDITIONS = [
    "seats > 3",
    "is_customer",
    "plan = 'pro'",
    "tags is null",
    "priority != 'low'",
    "size > 3 and day > today",
]


class Writer:
    """Texts of rules; `wild` is how often something stands where it does not belong."""

    def __init__(self, seed: int, wild: float) -> None:
        self.random = Random(seed)
        self.wild = wild

    def expression(self, depth: int) -> str:
        choose = self.random.choice
        if depth <= 0:
            return choose([*ATTRIBUTES, *COLUMNS, *PLAIN])
        left, right = self.value(depth - 1), self.value(depth - 1)
        return choose([f"{left} > {right}", f"{left} - {right}", f"not {left} = {right}", left, left])

    def value(self, depth: int) -> str:
        if depth <= 0 or self.random.random() < 0.3:
            return self.random.choice([*ATTRIBUTES, "0", "3", "'free'"])
        return self.form(self.random.choice(list(FORMS.values())), depth)

    def form(self, row: FormRow, depth: int) -> str:
        given = [self.option(o, depth) for o in row.options if o.required or self.random.random() < 0.15]
        if self.random.random() < self.wild:
            self.random.shuffle(given)
            given = given[1:]
        return f"{row.key}({', '.join([*self.arguments(row, depth), *given])})"

    def option(self, option: Option, depth: int) -> str:
        value = self.random.choice(USUAL.get(option.kind, CONDITIONS))
        if self.random.random() < self.wild:
            value = self.expression(depth - 1)
        return f"{option.name} => {value}"

    def arguments(self, row: FormRow, depth: int) -> list[str]:
        if self.random.random() < self.wild:
            return [self.expression(depth - 1) for _ in range(self.random.randint(0, 3))]
        match row.takes:
            case Takes.WHERE:
                return [self.condition(depth - 1)] if self.random.random() < 0.5 else []
            case Takes.EVENTS:
                names = self.random.sample(["'export'", "'share'", "'it''s'"], self.random.randint(0, 2))
                return [*names, self.condition(depth - 1)] if self.random.random() < 0.3 else names
            case Takes.ROWS:
                return [self.rows(depth - 1)]
            case Takes.STEPS:
                return [self.rows(depth - 1) for _ in range(2)]
            case Takes.VALUE:
                return [self.value(depth - 1)]
            case Takes.CONDITION:
                return [self.condition(depth - 1)]
            case Takes.SEGMENT:
                return [self.random.choice(["'at_risk'", "at_risk"])]
            case Takes.LIST:
                return ["'partners'"]
            case Takes.NOTHING:
                return []

    def rows(self, depth: int) -> str:
        row = self.random.choice([row for row in FORMS.values() if row.table])
        return self.random.choice(["'export'", f"{row.key}({', '.join(self.arguments(row, depth))})"])

    def condition(self, depth: int) -> str:
        if depth <= 0 or self.random.random() < 0.5:
            return self.random.choice(CONDITIONS)
        return self.random.choice([f"{self.value(depth)} > 3", self.value(depth), f"{self.value(depth)} is null"])


def _read(text: str) -> Node:
    node = parse(text)
    assert parse(format_rule(node)) == node
    assert from_json(json.loads(json.dumps(to_json(node)))) == node
    return node


@many
@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.05, 0.3]))
def test_what_is_no_error_has_a_meaning_and_words(seed: int, wild: float) -> None:
    node = _read(Writer(seed, wild).expression(3))
    checked = check_expression(node, CATALOG)
    assert version(checked.node) == version(node)
    assert all(d.remedy and d.place for d in checked.diagnostics)
    assert (checked.core is not None) == checked.ok
    if checked.core is None:
        return
    assert not any(isinstance(part, Invoke) for part in walk(checked.core))
    assert explain(checked.node, catalog=CATALOG)
    lint({"rule": checked}, CATALOG)
    for used in (attributes_used, segments_used, lists_used, tables_used):
        assert used(checked.core) <= used(node)
    assert expand(checked.node) == checked.core
    assert check_expression(checked.node, CATALOG).core == checked.core


def test_generator_makes_every_form_rightly() -> None:
    right: set[str] = set()
    for seed in range(3_000):
        writer = Writer(seed, 0.0)
        row = writer.random.choice(list(FORMS.values()))
        if check_expression(parse(writer.form(row, 2)), CATALOG).core is not None:
            right.add(row.key)
    assert right == set(FORMS)
