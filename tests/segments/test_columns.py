"""Values become codes in their order, whatever their type; comparing codes is comparing values."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pytest
from coded import column, who

from beachhead.rules import Value, ValueType
from beachhead.segments.columns import PADDING, encode, runs

MARCH_30, MARCH_31 = date(2026, 3, 30), date(2026, 3, 31)


def codes(values: list[Value], kind: ValueType | None = None) -> list[int]:
    return column(values, kind).codes[: len(values)].tolist()


def test_unknown_is_0_and_known_values_count_from_1_in_their_order() -> None:
    assert codes([30, None, 10, 30, 20]) == [3, 0, 1, 3, 2]


def test_codes_stand_at_the_numbers_of_customers_and_gaps_are_unknown() -> None:
    found = column([20, 10, None], numbers=[2, 5, 6])
    assert found.codes[:8].tolist() == [0, 0, 2, 0, 0, 1, 0, 0]
    assert [found.value(n) for n in (2, 5, 6, 7)] == [20, 10, None, None]


def test_planes_are_filled_up_with_unknown_and_cannot_be_written() -> None:
    found = column([1] * (PADDING + 1))
    assert len(found.codes) == 2 * PADDING
    assert found.codes[PADDING + 1 :].max() == 0
    with pytest.raises(ValueError, match="read-only"):
        found.codes[0] = 1


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([True, False, None], [2, 1, 0]),
        ([2.5, -1.0, None, 0.0], [3, 1, 0, 2]),
        ([MARCH_31, None, MARCH_30], [2, 0, 1]),
        ([datetime(2026, 3, 31, 12), datetime(2026, 3, 31), None], [2, 1, 0]),
        (["b", "a", None, "B"], [3, 2, 0, 1]),
    ],
)
def test_every_type_has_its_order_and_reads_back(values: list[Value], expected: list[int]) -> None:
    found = column(values)
    assert found.codes[: len(values)].tolist() == expected
    assert [found.value(n) for n in range(len(values))] == values


def test_texts_are_ordered_by_code_points() -> None:
    in_order = ["", "Z", "a", "Ä", "日", "😀"]
    found = column(list(reversed(in_order)))
    assert list(found.values()) == in_order
    assert [found.before(text) for text in in_order] == [0, 1, 2, 3, 4, 5]
    assert found.up_to("b") == 3


def test_minus_zero_is_zero() -> None:
    values = [-0.0, 0.0, 1.0, -1.0]
    assert who("x = 0", x=values) == [0, 1]
    assert who("x < 0", x=values) == [3]
    assert who("x >= -0.0", x=values) == [0, 1, 2]
    assert who("x in (0, 7)", x=values) == [0, 1]


def test_a_whole_number_beside_a_fraction() -> None:
    whole = column([1, 2, 3])
    assert (whole.before(2.5), whole.up_to(2.5)) == (2, 2)
    assert (whole.before(2.0), whole.up_to(2.0)) == (1, 2)
    fractions = column([1.5, 2.0, 2.5])
    assert (fractions.before(2), fractions.up_to(2)) == (1, 2)


def test_large_whole_numbers_are_compared_exactly_with_whole_ones_and_as_double_with_fractions() -> None:
    large = column([2**53, 2**53 + 1])
    assert (large.before(2**53 + 1), large.up_to(2**53)) == (1, 1)
    assert (large.before(float(2**53)), large.up_to(float(2**53))) == (0, 2)


def test_a_day_beside_a_timestamp_is_its_midnight() -> None:
    days = column([MARCH_30, MARCH_31])
    assert (days.before(datetime(2026, 3, 30, 12)), days.up_to(datetime(2026, 3, 30, 12))) == (1, 1)
    assert (days.before(datetime(2026, 3, 31)), days.up_to(datetime(2026, 3, 31))) == (1, 2)
    moments = column([datetime(2026, 3, 30), datetime(2026, 3, 30, 12), datetime(2026, 3, 31)])
    assert (moments.before(MARCH_30), moments.up_to(MARCH_30)) == (0, 1)
    assert (moments.before(MARCH_31), moments.up_to(MARCH_31)) == (2, 3)


@pytest.mark.parametrize(("different", "width"), [(255, 1), (256, 2), (65_535, 2), (65_536, 4)])
def test_codes_are_as_narrow_as_the_number_of_values_allows(different: int, width: int) -> None:
    values = list(range(different))
    assert column(values).codes.itemsize == width
    last = different - 1
    assert who(f"n = {last}", n=values) == [last]
    assert who(f"n >= {last - 1} or n < 2", n=values) == [0, 1, last - 1, last]


@pytest.mark.parametrize("kind", list(ValueType))
def test_a_column_in_which_nothing_is_known(kind: ValueType) -> None:
    for nothing in (column([None, None], kind), encode(pa.nulls(2), kind, np.arange(2, dtype=np.uint32), 1)):
        assert len(nothing.known) == 0
        assert nothing.codes.max() == 0
        assert nothing.value(1) is None


def test_values_in_several_pieces_and_dictionaries_are_the_same() -> None:
    numbers = np.arange(4, dtype=np.uint32)
    plain = pa.array(["b", None, "a", "b"])
    expected = encode(plain, ValueType.TEXT, numbers, 3).codes.tolist()
    pieces = pa.chunked_array([plain[:1], plain[1:]])
    for same in (pieces, plain.dictionary_encode(), pieces.dictionary_encode()):
        assert encode(same, ValueType.TEXT, numbers, 3).codes.tolist() == expected
    assert encode(pa.chunked_array([], pa.string()), ValueType.TEXT, numbers[:0], 0).codes.max() == 0


def test_codes_in_a_row_are_one_run() -> None:
    assert runs([1, 2, 3, 7, 9, 10]) == ((1, 3), (7, 7), (9, 10))
    assert runs([]) == ()
