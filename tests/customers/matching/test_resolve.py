"""From pairs to customers: what holds for any pairs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from companies import Row
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from matching_world import groups, match_rows

from beachhead.customers.matching.resolve import Edges, Groups, resolve
from beachhead.project.definitions import MatchingDefinition

ACCOUNTS = 12
PAIRS = st.lists(
    st.tuples(st.integers(0, ACCOUNTS - 1), st.integers(0, ACCOUNTS - 1)).filter(lambda p: p[0] != p[1]), max_size=25
)
LISTS = st.lists(st.integers(-1, 2), min_size=ACCOUNTS, max_size=ACCOUNTS)


def solve(
    lists: list[int],
    forced: list[tuple[int, int]],
    different: list[tuple[int, int]],
    apart: list[tuple[int, int]],
    pairs: list[tuple[int, int]],
) -> Groups:
    edges = [(min(p), max(p), 0.99 - n / 1000) for n, p in enumerate(dict.fromkeys(pairs))]
    same = [lists[a] == lists[b] >= 0 for a, b, _ in edges]
    return resolve(
        np.array(lists, np.int32),
        forced,
        different,
        apart,
        Edges(
            np.array([a for a, _, _ in edges], np.int32),
            np.array([b for _, b, _ in edges], np.int32),
            np.array([p for _, _, p in edges]),
            np.array(same, np.bool_),
        ),
    )


@given(LISTS, PAIRS, PAIRS, PAIRS, PAIRS)
def test_what_is_decided_to_be_different_is_never_one_customer(
    lists: list[int],
    forced: list[tuple[int, int]],
    different: list[tuple[int, int]],
    apart: list[tuple[int, int]],
    pairs: list[tuple[int, int]],
) -> None:
    root = solve(lists, forced, different, apart, pairs).root
    assert all(root[a] != root[b] for a, b in different)


@given(LISTS, PAIRS, PAIRS, PAIRS)
def test_what_is_said_to_be_the_same_is_one_customer(
    lists: list[int], forced: list[tuple[int, int]], apart: list[tuple[int, int]], pairs: list[tuple[int, int]]
) -> None:
    found = solve(lists, forced, [], apart, pairs)
    assert all(found.root[a] == found.root[b] for a, b in forced)
    assert found.kept == tuple(range(len(forced)))


@given(LISTS, PAIRS, PAIRS)
def test_evidence_against_a_pair_keeps_it_apart_through_others_too(
    lists: list[int], apart: list[tuple[int, int]], pairs: list[tuple[int, int]]
) -> None:
    root = solve(lists, [], [], apart, pairs).root
    assert all(root[a] != root[b] for a, b in apart)


@given(LISTS, PAIRS)
def test_two_of_one_list_are_one_customer_only_by_pairs_within_that_list(
    lists: list[int], pairs: list[tuple[int, int]]
) -> None:
    across = [p for p in pairs if not lists[p[0]] == lists[p[1]] >= 0]
    root = solve(lists, [], [], [], across).root
    for list_ in {x for x in lists if x >= 0}:
        members = [root[n] for n, x in enumerate(lists) if x == list_]
        assert len(set(members)) == len(members)


def test_a_pair_that_may_as_well_be_another_is_not_used() -> None:
    found = solve([0, 0, -1], [], [], [], [(0, 2), (1, 2)])
    assert found.joined == ()
    assert found.refused == (0, 1)


NAMES = ("Acme Energy", "ACME Energy Inc", "Globex", "Initech", None)
RECORDS = st.lists(
    st.tuples(
        st.sampled_from(("crm", "cus", "survey")),
        st.sampled_from(NAMES),
        st.sampled_from(("a@acme.com", "ap@acme.com", "b@gmail.com", None)),
        st.sampled_from(("DE", "US", None)),
    ),
    min_size=2,
    max_size=10,
)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(RECORDS, st.data())
def test_decisions_hold_and_every_account_is_of_one_customer(
    tmp_path: Path, records: list[tuple[str, str | None, str | None, str | None]], data: st.DataObject
) -> None:
    rows: list[Row] = [
        {"account_id": f"{ids}:{n}", "name": name, "email": email, "country": country, "listed": ids != "survey"}
        for n, (ids, name, email, country) in enumerate(records)
    ]
    ids = [str(row["account_id"]) for row in rows]
    pair = st.lists(st.sampled_from(ids), min_size=2, max_size=2, unique=True).map(tuple)
    different, same = data.draw(pair), data.draw(pair)
    decided = MatchingDefinition(different=(different,), same=() if set(same) == set(different) else (same,))
    matching = match_rows(rows, tmp_path, decided)
    assert matching.customers["account_id"].to_pylist() == ids
    found = groups(matching)
    assert not any(set(different) <= set(group) for group in found)
    assert all(any(set(told) <= set(group) for group in found) for told in decided.same)
