"""Values as codes: unknown is 0, known values count from 1 in their order, so that a comparison is a range of codes.

A code is the rank of a value among the different values of its column. Codes take 1, 2 or 4 bytes, as few as their
number allows; they do not depend on any rule.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from beachhead.rules.types import TEMPORAL, Value, ValueType

Codes: TypeAlias = NDArray[np.uint8 | np.uint16 | np.uint32]
CodeType: TypeAlias = type[np.uint8 | np.uint16 | np.uint32]
Numbers: TypeAlias = NDArray[np.int64 | np.float64]
_EPOCH = datetime(1970, 1, 1)
_DAY = 86_400_000_000  # microseconds
PADDING = 512
"""Planes are padded with unknown to a multiple of so many customers: a chunk of the compiled loop."""


class Texts(Sequence[str]):
    """Known texts in order of code points, read from Arrow one by one."""

    def __init__(self, array: pa.Array) -> None:
        self.array = array

    def __len__(self) -> int:
        return len(self.array)

    def __getitem__(self, place):  # type: ignore[no-untyped-def]
        return self.array[place].as_py()


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """The codes of one value by account number, and the different known values in order.

    `known`: numbers and money as they are; booleans as 0 and 1; dates as days, timestamps as microseconds since 1970.
    """

    type: ValueType
    codes: Codes
    known: Numbers | Texts

    def value(self, account_no: int) -> Value:
        """The value of one customer, None where it is unknown."""
        return self.decoded(int(self.codes[account_no]))

    def decoded(self, code: int) -> Value:
        """The value of a code, None for 0."""
        return None if code == 0 else self._value(self.known[code - 1])

    def values(self) -> Iterable[Value]:
        """The known values in order, as the language has them."""
        if isinstance(self.known, Texts):
            return list(self.known.array.to_pylist())
        return map(self._value, self.known.tolist())

    def before(self, value: Value) -> int:
        """How many of the known values are smaller; `value` is known and of a comparable type."""
        known, sought = self._comparable(value)
        if isinstance(known, Texts):
            return bisect_left(known, sought)
        return int(np.searchsorted(known, sought, side="left"))

    def up_to(self, value: Value) -> int:
        """How many of the known values are smaller or equal."""
        known, sought = self._comparable(value)
        if isinstance(known, Texts):
            return bisect_right(known, sought)
        return int(np.searchsorted(known, sought, side="right"))

    def _value(self, raw: float | str) -> Value:
        match self.type:
            case ValueType.TEXT | ValueType.LIST:
                return str(raw)
            case ValueType.BOOLEAN:
                return bool(raw)
            case ValueType.DATE:
                return (_EPOCH + timedelta(days=int(raw))).date()
            case ValueType.TIMESTAMP:
                return _EPOCH + timedelta(microseconds=int(raw))
            case ValueType.NUMBER:
                return float(raw)
            case _:
                return int(raw)

    def _comparable(self, value: Value) -> tuple[Numbers | Texts, str | float]:
        """Known values and a value on one scale: a day beside a timestamp is its midnight, a whole number beside a
        fraction is double."""
        known = self.known
        if isinstance(known, Texts):
            assert isinstance(value, str)
            return known, value
        if self.type in TEMPORAL:
            assert isinstance(value, date)
            moment = value if isinstance(value, datetime) else datetime.combine(value, time())
            if self.type is ValueType.DATE and moment is not value:
                return known, (moment - _EPOCH).days
            scaled = known * _DAY if self.type is ValueType.DATE else known
            return scaled, (moment - _EPOCH) // timedelta(microseconds=1)
        assert isinstance(value, int | float)
        if isinstance(value, float):
            return known.astype(np.float64), value
        return known, float(value) if known.dtype == np.float64 else value


def encode(values: pa.Array | pa.ChunkedArray, kind: ValueType, account_no: NDArray[np.uint32], size: int) -> Column:
    """Values of the customers `account_no` as a column for the numbers 0 to `size`; all others are unknown."""
    if isinstance(values, pa.ChunkedArray):
        values = pa.concat_arrays(values.chunks) if values.num_chunks else pa.array([], values.type)
    if pa.types.is_null(values.type):
        is_text = kind in (ValueType.TEXT, ValueType.LIST)
        nothing = Texts(pa.array([], pa.string())) if is_text else np.zeros(0, np.int64)
        return Column(kind, placed(np.zeros(len(values), np.uint8), account_no, size), nothing)
    if not pa.types.is_dictionary(values.type):
        values = values.dictionary_encode()
    known, order = _in_order(values.dictionary, kind)
    rank = np.empty(len(order) + 1, code_type(len(order)))
    rank[order] = np.arange(1, len(order) + 1)
    rank[-1] = 0  # where an index is -1
    indices = values.indices.cast(pa.int32()).fill_null(-1).to_numpy(zero_copy_only=False)
    return Column(kind, placed(rank[indices], account_no, size), known)


def placed(codes: Codes, account_no: NDArray[np.uint32], size: int) -> Codes:
    """Codes of some customers as a padded plane by account number."""
    plane = np.zeros(padded(size + 1), codes.dtype)
    plane[account_no] = codes
    plane.flags.writeable = False
    return plane


def code_type(known: int) -> CodeType:
    """The smallest type that holds the codes of so many values."""
    return np.uint8 if known < 1 << 8 else np.uint16 if known < 1 << 16 else np.uint32


def padded(count: int) -> int:
    """A number of customers as planes have it."""
    return -(-count // PADDING) * PADDING


def _in_order(dictionary: pa.Array, kind: ValueType) -> tuple[Numbers | Texts, NDArray[np.int64]]:
    match kind:
        case ValueType.TEXT | ValueType.LIST:
            order = pc.sort_indices(dictionary)
            return Texts(dictionary.take(order)), order.to_numpy().astype(np.int64)
        case ValueType.DATE:
            numbers = dictionary.cast(pa.date32()).cast(pa.int32()).cast(pa.int64())
        case ValueType.TIMESTAMP:
            numbers = dictionary.cast(pa.timestamp("us")).cast(pa.int64())
        case ValueType.NUMBER:
            numbers = dictionary.cast(pa.float64())
        case _:
            numbers = dictionary.cast(pa.int64())
    known = numbers.to_numpy(zero_copy_only=False)
    by_size = np.argsort(known, kind="stable")
    return known[by_size], by_size


def runs(codes: Iterable[int]) -> tuple[tuple[int, int], ...]:
    """Ascending codes as ranges, both ends included."""
    found: list[tuple[int, int]] = []
    for code in codes:
        if found and found[-1][1] == code - 1:
            found[-1] = (found[-1][0], code)
        else:
            found.append((code, code))
    return tuple(found)
