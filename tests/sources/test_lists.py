"""Columns of lists: how texts of several values part into items, and what of them is kept."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from landing_world import World, rejects_of, table_of

from beachhead.sources.lists import list_in, list_of

PRODUCTS = {"product_id": "id"}
TEXTS = [
    ("slack", "slack"),
    ("slack; jira", "slack;jira"),
    ("slack, jira ,teams", "slack;jira;teams"),
    ("slack|jira;teams,notion", "slack;jira;teams;notion"),
    (" slack ;\u00a0jira\t; ", "slack;jira"),
    ("slack;;jira;slack;", "slack;jira"),
    ("Slack;slack", "Slack;slack"),
    (";, |", None),
    ("", None),
    ("Project management; Chat", "Project management;Chat"),
    ('["a","b, c",null,"a",""]', "a;b, c"),
    ('["a;b"]', "a;b"),
    ("[1, 2.5, true]", "1;2.5;true"),
    ("[]", None),
    ("['a', 'b c']", "a;b c"),
    ('{a,"b c"}', "a;b c"),
    ("[draft", "[draft"),
    ("O'Brien; 'quoted'", "O'Brien;'quoted'"),
]


@pytest.mark.parametrize(("text", "items"), TEXTS, ids=[repr(text) for text, _ in TEXTS])
def test_a_text_parts_into_items_each_once(text: str, items: str | None, world: World) -> None:
    assert world.column([text], "list") == [items]


@pytest.mark.parametrize(
    ("separator", "text", "items"),
    [
        ("|", "Berlin, Mitte | Paris", "Berlin, Mitte;Paris"),
        (";", "Berlin, Mitte; Paris|Lyon", "Berlin, Mitte;Paris|Lyon"),
        (",", "a|b, c; d", "a|b;c;d"),
        ("\n", "a, b\nc", "a, b;c"),
        (" ", "a  b c,d", "a;b;c,d"),
        (".", "a.b[c", "a;b[c"),
        ("^", "['a'^'b, c']", "a;b, c"),
        ("|", '["a|b", "c"]', "a|b;c"),
    ],
)
def test_a_separator_of_its_own_leaves_commas_to_the_items(separator: str, text: str, items: str, world: World) -> None:
    assert world.column([text], "list", separator=separator) == [items]


def test_what_means_unknown_and_other_words_hold_for_items(world: World) -> None:
    found = world.column(
        ["n/a", "fb; N/A; x", "fb,Facebook", "old"], "list", empty=["n/a"], values={"fb": "Facebook", "old": None}
    )
    assert found == [None, "Facebook;x", "Facebook", None]


def test_a_list_is_never_unreadable_but_may_be_required(world: World) -> None:
    landed = world.file(
        "id,x\n1,a;b\n2,;\n3,\n", table="products", columns=PRODUCTS, extra={"x": {"column": "x", "type": "list"}}
    )
    assert ([r["x"] for r in table_of(landed)], landed.problems) == (["a;b", None, None], ())
    needed = {"x": {"column": "x", "type": "list", "required": True}}
    landed = world.file("id,x\n1,a;b\n2,;\n3,\n", table="products", columns=PRODUCTS, extra=needed)
    assert [(r["line"], r["code"]) for r in rejects_of(landed)] == [(3, "missing-required"), (4, "missing-required")]


def test_lists_come_from_real_lists_of_parquet_and_json(world: World, tmp_path: Path) -> None:
    lists = [["a", "b, c"], [], None, ["a", None, "a"]]
    path = tmp_path / "real.parquet"
    pq.write_table(pa.table({"id": ["1", "2", "3", "4"], "x": pa.array(lists, pa.list_(pa.string()))}), path)
    extra = {"x": {"column": "x", "type": "list"}}
    landed = world.land(path, table="products", columns=PRODUCTS, extra=extra).files[0]
    assert [row["x"] for row in table_of(landed)] == ["a;b, c", None, None, "a"]
    lines = "".join(json.dumps({"id": str(n), "x": x}) + "\n" for n, x in enumerate(lists))
    assert [r.get("x") for r in world.rows(lines, "a.ndjson", table="products", columns=PRODUCTS, extra=extra)] == [
        "a;b, c", None, None, "a",
    ]  # fmt: skip


def test_lists_are_made_by_expressions_and_constants_and_asked_for_by_filters(world: World) -> None:
    extra = {
        "tools": {"column": "tools", "type": "list"},
        "more": {"expression": "case when contains(tools, 'jira') then 'big, small' else 'small' end", "type": "list"},
        "text": {"expression": "coalesce(note, 'x, y')", "type": "list", "separator": "|"},
        "note": {"column": "note", "hidden": True},
        "same": {"constant": "a, b", "type": "list"},
    }
    text = 'id,tools,note\n1,"jira, slack",\n2,slack,p|q\n3,teams,\n'
    rows = world.rows(text, table="products", columns=PRODUCTS, extra=extra, where="not contains(tools, 'teams')")
    assert [(r["more"], r["text"], r["same"]) for r in rows] == [("big;small", "x, y", "a;b"), ("small", "p;q", "a;b")]


def test_lists_that_people_write_are_the_same() -> None:
    assert (list_of(["a ", "b;c", "", "a"]), list_of([]), list_in("a | b,a"), list_in(" ; ")) == (
        "a;b;c",
        None,
        "a;b",
        None,
    )
