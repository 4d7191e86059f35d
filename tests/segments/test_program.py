"""Rules as sets of codes: who is true, who is false, and who is neither."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import pytest
from coded import AS_OF, column, engine, who

from beachhead.rules import Node, Value, ValueType
from beachhead.rules.ast import Attribute, Call, all_of, any_of, number
from beachhead.segments.columns import Column
from beachhead.segments.engine import Engine
from beachhead.segments.program import Test as Condition
from beachhead.segments.program import test_of as condition_of

KNOWN: list[Value] = [5, 9, None]


@pytest.mark.parametrize(
    ("rule", "true_for", "false_for"),
    [
        ("n >= 9", [1], [0]),
        ("n < 9", [0], [1]),
        ("n = 5", [0], [1]),
        ("n != 5", [1], [0]),
        ("5 < n", [1], [0]),
        ("9 >= n", [0, 1], []),
        ("n in (5, 6)", [0], [1]),
        ("n between 6 and 9", [1], [0]),
        ("n between 9 and 6", [], [0, 1]),
        ("n is null", [2], [0, 1]),
        ("n >= 9 or n < 6", [0, 1], []),
        ("n >= 9 and n < 6", [], [0, 1]),
        ("n >= 9 or n is null", [1, 2], [0]),
        ("n >= 9 and n is not null", [1], [0, 2]),
        ("not (n >= 9 and n < 6)", [0, 1], []),
    ],
)
def test_unknown_is_neither_true_nor_false(rule: str, true_for: list[int], false_for: list[int]) -> None:
    assert who(rule, n=KNOWN) == true_for
    assert who(f"not ({rule})", n=KNOWN) == false_for


@pytest.mark.parametrize(
    ("rule", "true_for", "false_for"),
    [
        ("f", [0], [1]),
        ("f is true", [0], [1, 2]),
        ("f is false", [1], [0, 2]),
        ("f = true", [0], [1]),
        ("f is not true", [1, 2], [0]),
        ("f or n = 5", [0], [1]),
        ("f and n = 9", [], [0, 1]),
    ],
)
def test_yes_and_no(rule: str, true_for: list[int], false_for: list[int]) -> None:
    values: dict[str, list[Value]] = {"f": [True, False, None], "n": KNOWN}
    assert who(rule, **values) == true_for
    assert who(f"not ({rule})", **values) == false_for


@pytest.mark.parametrize(
    ("rule", "members"),
    [
        ("1 = 1", [0, 1, 2]),
        ("1 = 2", []),
        ("not 1 = 2", [0, 1, 2]),
        ("n > 5 or 2 > 1", [0, 1, 2]),
        ("n > 5 and 2 > 1", [1]),
        ("n > 5 or 1 > 2", [1]),
        ("nullif(1, 1) = 1", []),
        ("not (nullif(1, 1) = 1)", []),
        ("nullif(1, 1) = 1 or n > 5", [1]),
        ("nullif(1, 1) is null", [0, 1, 2]),
        ("today > 30 days ago", [0, 1, 2]),
        ("not (today > 30 days ago)", []),
    ],
)
def test_what_is_the_same_for_everybody_is_decided_at_once(rule: str, members: list[int]) -> None:
    assert who(rule, n=KNOWN) == members


NAMES: list[Value] = ["Ann", "anna", None, "Bert", "An"]


@pytest.mark.parametrize(
    ("rule", "true_for", "false_for"),
    [
        ("t like 'An%'", [0, 4], [1, 3]),
        ("t like 'An_'", [0], [1, 3, 4]),
        ("t ilike 'an%'", [0, 1, 4], [3]),
        ("t > 'An'", [0, 1, 3], [4]),
        ("t in ('Bert', 'nobody')", [3], [0, 1, 4]),
    ],
)
def test_texts(rule: str, true_for: list[int], false_for: list[int]) -> None:
    assert who(rule, t=NAMES) == true_for
    assert who(f"not ({rule})", t=NAMES) == false_for


def test_an_item_of_a_list_is_a_whole_one() -> None:
    tags = {"tags": ["vip; partner", "vips", None, "partner"]}
    kinds = {"tags": ValueType.LIST}
    assert who("contains(tags, 'vip')", kinds, **tags) == [0]
    assert who("not contains(tags, 'vip')", kinds, **tags) == [1, 3]


def test_days_and_times() -> None:
    days: list[Value] = [date(2026, 3, 1), date(2026, 3, 2), None, AS_OF]
    assert who("d >= 29 days ago", d=days) == [1, 3]
    assert who("not (d >= 29 days ago)", d=days) == [0]
    moments: list[Value] = [datetime(2026, 3, 2), datetime(2026, 3, 2, 0, 0, 1), None]
    assert who("m > '2026-03-02'", m=moments) == [1]
    assert who("m <= '2026-03-02'", m=moments) == [0]


def test_many_runs_of_codes_become_a_table() -> None:
    values: list[Value] = [*range(40), None]
    even = ", ".join(str(n) for n in range(0, 40, 2))
    assert who(f"n in ({even})", n=values) == list(range(0, 40, 2))
    assert who(f"n not in ({even})", n=values) == list(range(1, 40, 2))
    assert who(f"n in ({even}) and n > 20 or n is null", n=values) == [*range(22, 40, 2), 40]
    program = engine({"rule": f"n in ({even})", "other": f"n in ({even}) and n > 3"}, n=values).program
    assert [start >= 0 for start in program.table_of] == [True, False]  # one table for both, and one range


@pytest.mark.parametrize("different", [300, 66_000])
def test_a_table_of_wide_codes(different: int) -> None:
    wanted = list(range(0, different, different // 20))
    assert who(f"n in ({', '.join(map(str, wanted))})", n=list(range(different))) == wanted


def test_few_runs_are_ranges_and_neighbours_are_one() -> None:
    values = list(range(40))
    assert len(engine({"rule": "n in (1, 2, 3)"}, n=values).program.low) == 1
    assert len(engine({"rule": "n in (1, 3, 5, 7, 9, 11, 13, 15)"}, n=values).program.low) == 8
    assert who("n in (1, 3, 5, 7, 9, 11, 13, 15)", n=values) == [1, 3, 5, 7, 9, 11, 13, 15]


@pytest.mark.parametrize(
    ("rule", "is_everybody"),
    [
        ("n is null", True), ("not (n is null)", False), ("n is not null", False), ("n > 5", False),
        ("not (n > 5)", False), ("n in (1, 2)", False), ("n not in (1, 2)", False), ("n between 1 and 2", False),
        ("f is true", False), ("f is not true", True), ("f is false", False), ("f", False), ("not f", False),
    ],
)  # fmt: skip
def test_of_a_value_that_nobody_has_only_that_is_true(rule: str, is_everybody: bool) -> None:
    nothing: list[Value] = [None, None, None]
    found = who(rule, {"n": ValueType.INTEGER, "f": ValueType.BOOLEAN}, n=nothing, f=nothing)
    assert found == ([0, 1, 2] if is_everybody else [])


def test_equal_conditions_of_several_rules_are_evaluated_once() -> None:
    rules = {"a": "n >= 9 and t = 'x'", "b": "not (n < 9) or t = 'y'", "c": "9 <= n"}
    assert len(engine(rules, n=KNOWN, t=["x", "y", None]).program.low) == 3  # n >= 9, t = 'x', t = 'y'


def test_rules_name_other_segments() -> None:
    rules = {
        "large": "n >= 9",
        "not_large": "not in_segment('large')",
        "both": "in_segment('large') and in_segment('not_large')",
        "either": "in_segment('large') or in_segment('not_large')",
        "small": "n < 9 and not in_segment('large')",
        "rest": "n < 0 or not in_segment('large')",
    }
    found = {name: m.tolist() for name, m in engine(rules, n=KNOWN).members(rules).items()}
    assert found == {
        "large": [1], "not_large": [0, 2], "both": [], "either": [0, 1, 2], "small": [0], "rest": [0, 2]
    }  # fmt: skip


def test_a_rule_may_not_name_one_that_follows() -> None:
    for other in ("later", "itself"):
        with pytest.raises(KeyError, match=other):
            engine({"itself": f"in_segment('{other}')", "later": "n > 5"}, n=KNOWN)


def test_a_deep_rule_needs_no_deep_stack() -> None:
    rule = "n = 0"
    for depth in range(1, 48):
        rule = f"({rule} {'or' if depth % 2 else 'and'} n {'=' if depth % 2 else '!='} {depth})"
    odd = list(range(1, 48, 2))
    assert who(rule, n=list(range(60))) == [0, *odd]


def test_a_rule_that_needs_a_deep_stack_gets_it() -> None:
    rule: Node = Call("=", (Attribute("n"), number(0)))
    for depth in range(1, 75):
        either = any_of(Call("=", (Attribute("n"), number(n))) for n in (0, 2 * depth))
        rule = any_of([all_of([either, rule]), Call("=", (Attribute("n"), number(2 * depth + 1)))])
        rule = all_of([any_of(Call(">=", (Attribute("n"), number(n))) for n in (0, 600)), rule])
    made = Engine.of(
        {"rule": rule}, {Attribute("n"): column(list(range(700)))}, None, np.arange(700, dtype=np.uint32), AS_OF
    )
    assert made.members(["rule"])["rule"].tolist() == [0, 149]


def test_ten_thousand_conditions_in_one_rule() -> None:
    values, wanted = list(range(70_000)), list(range(0, 70_000, 7))
    rule = any_of(Call("=", (Attribute("n"), number(n))) for n in wanted)
    columns: dict[Node, Column] = {Attribute("n"): column(values)}
    made = Engine.of({"rule": rule}, columns, None, np.arange(70_000, dtype=np.uint32), AS_OF)
    assert len(made.program.low) == len(wanted) == 10_000
    assert made.members(["rule"])["rule"].tolist() == wanted


def test_a_condition_is_the_same_whatever_way_round() -> None:
    turned = Call(">", (number(5), Attribute("n")))
    assert condition_of(turned, AS_OF) == Condition(Attribute("n"), "<", (5,))
