from __future__ import annotations

from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from beachhead.engines.duck import DuckEngine
from beachhead.errors import DataError
from beachhead.store.layout import Layout
from beachhead.store.registry import Registry

DAY = date(2024, 10, 31)


@pytest.fixture
def engine(tmp_path):
    with DuckEngine(tmp_path / "spill", threads=1) as engine:
        yield engine


@pytest.fixture
def registry(layout):
    return Registry(layout, "account")


def values(*ids):
    rows = ", ".join("(NULL)" if i is None else f"('{i}')" for i in ids)
    return f"SELECT * FROM (VALUES {rows})"


def numbers(engine, registry):
    table = engine.query(f"SELECT * FROM {registry.relation()} ORDER BY account_id")
    return dict(zip(table["account_id"].to_pylist(), table["account_no"].to_pylist(), strict=True))


def part(layout, name, columns):
    pq.write_table(pa.table(columns), layout.registry / name)


def test_empty_registry_has_no_rows(engine, registry):
    assert registry.count() == 0
    assert numbers(engine, registry) == {}


def test_numbers_follow_first_appearance_from_1(engine, registry):
    assert registry.register_new(engine, values("z", "a", None, "z", "m"), DAY) == 3
    assert numbers(engine, registry) == {"z": 1, "a": 2, "m": 3}


def test_known_ids_keep_their_numbers_and_new_ones_follow(engine, registry, layout):
    registry.register_new(engine, values("z", "a"), DAY)
    assert registry.register_new(engine, values("b", "a", "z", "c"), DAY) == 2
    assert registry.register_new(engine, values("c", "z"), DAY) == 0
    assert numbers(engine, registry) == {"z": 1, "a": 2, "b": 3, "c": 4}
    assert registry.references() == (
        "registry/accounts-0000000001.parquet",
        "registry/accounts-0000000003.parquet",
    )
    assert pq.read_schema(layout.home / registry.references()[0]).names == ["account_no", "account_id", "first_seen"]


def test_second_column_orders_the_ids(engine, registry):
    registry.register_new(engine, "SELECT * FROM (VALUES ('a', 9), ('b', 2), ('a', 5), ('c', 7))", DAY)
    assert numbers(engine, registry) == {"b": 1, "a": 2, "c": 3}


def test_ids_are_text_and_exact(engine, registry):
    registry.register_new(engine, "SELECT * FROM (VALUES (7), (8))", DAY)
    registry.register_new(engine, values("7", "07", "o''brien", "É", ""), DAY)
    assert numbers(engine, registry) == {"": 6, "07": 3, "7": 1, "8": 2, "o'brien": 4, "É": 5}


def test_users_have_numbers_of_their_own(engine, registry, layout):
    users = Registry(layout, "user")
    registry.register_new(engine, values("a", "b"), DAY)
    users.register_new(engine, values("b"), DAY)
    assert engine.query(f"SELECT * FROM {users.relation()}").to_pylist() == [{"user_no": 1, "user_id": "b"}]


def test_merged_id_has_the_number_of_its_survivor_through_a_chain(engine, registry, layout):
    registry.register_new(engine, values("a", "b", "c", "d"), DAY)
    part(
        layout, "accounts-aliases-0001.parquet", {"account_id": ["a", "x"], "account_no": pa.array([2, 2], pa.uint32())}
    )
    part(layout, "accounts-aliases-0002.parquet", {"account_id": ["b"], "account_no": pa.array([3], pa.uint32())})
    assert numbers(engine, registry) == {"a": 3, "b": 3, "c": 3, "d": 4, "x": 3}


def test_another_name_of_a_customer_may_get_a_number_and_still_means_that_customer(engine, registry):
    registry.register_new(engine, values("a"), DAY)
    assert registry.redirect(engine, "SELECT 'x', 1") == 1
    assert registry.register_new(engine, values("x", "a"), DAY) == 1
    assert numbers(engine, registry) == {"a": 1, "x": 1}
    assert registry.redirect(engine, "SELECT * FROM (VALUES ('x', 2), ('a', 1))") == 1
    assert numbers(engine, registry) == {"a": 1, "x": 2}


def test_redirecting_is_undone_by_a_later_word(engine, registry):
    registry.register_new(engine, values("a", "b", "c"), DAY)
    merged = "SELECT * FROM (VALUES ('a', 1), ('b', 1), ('c', 1), ('survey:x', 1))"
    assert registry.redirect(engine, merged) == 3
    assert registry.redirect(engine, merged) == 0
    assert numbers(engine, registry) == {"a": 1, "b": 1, "c": 1, "survey:x": 1}
    before = registry.identity
    assert registry.redirect(engine, "SELECT * FROM (VALUES ('a', 1), ('b', 2), ('c', 2), ('survey:x', 0))") == 3
    assert registry.identity != before
    assert numbers(engine, registry) == {"a": 1, "b": 2, "c": 2}


def test_merged_ids_are_read_in_a_folder_whose_name_looks_like_a_pattern(engine, tmp_path):
    layout = Layout(tmp_path / "we[ir]d")
    registry = Registry(layout, "account")
    registry.register_new(engine, values("a", "b"), DAY)
    part(layout, "accounts-aliases-0001.parquet", {"account_id": ["a"], "account_no": pa.array([2], pa.uint32())})
    assert numbers(engine, registry) == {"a": 2, "b": 2}


def test_later_alias_wins_and_a_circle_changes_nothing(engine, registry, layout):
    registry.register_new(engine, values("a", "b", "c"), DAY)
    part(layout, "accounts-aliases-0001.parquet", {"account_id": ["c"], "account_no": pa.array([1], pa.uint32())})
    part(layout, "accounts-aliases-0002.parquet", {"account_id": ["c"], "account_no": pa.array([3], pa.uint32())})
    assert numbers(engine, registry) == {"a": 1, "b": 2, "c": 3}
    part(
        layout, "accounts-aliases-0003.parquet", {"account_id": ["a", "b"], "account_no": pa.array([2, 1], pa.uint32())}
    )
    assert numbers(engine, registry) == {"a": 1, "b": 2, "c": 3}


def test_erased_customer_is_left_out_and_never_numbered_again(engine, registry, layout):
    registry.register_new(engine, values("a", "b"), DAY)
    part(layout, "accounts-tombstones-0001.parquet", {"account_no": pa.array([1], pa.uint32())})
    assert registry.register_new(engine, values("a", "c"), DAY) == 1
    assert numbers(engine, registry) == {"b": 2, "c": 3}


def test_missing_part_is_a_clear_error(engine, registry, layout):
    for name in ("a", "b", "c"):
        registry.register_new(engine, values(name), DAY)
    (layout.registry / "accounts-0000000002.parquet").unlink()
    with pytest.raises(DataError, match="2 is missing") as error:
        registry.relation()
    assert "backup" in (error.value.diagnostics[0].remedy or "")


def test_damaged_part_is_a_clear_error_and_nothing_is_numbered(engine, registry, layout):
    registry.register_new(engine, values("a"), DAY)
    (layout.registry / "accounts-0000000001.parquet").write_bytes(b"garbage")
    with pytest.raises(DataError) as error:
        registry.register_new(engine, values("b"), DAY)
    assert [d.code for d in error.value.diagnostics] == ["registry-damaged"]
    assert len(list(layout.registry.iterdir())) == 1
