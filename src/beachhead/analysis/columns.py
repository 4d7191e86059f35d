"""Columns of the customer record as numpy arrays, with one null rule: floats carry NaN, masks carry False."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int32]


def flat(accounts: pa.Table, name: str) -> pa.Array:
    """The column as one array without chunks."""
    column = accounts.column(name).combine_chunks()
    return pa.concat_arrays(column.chunks) if isinstance(column, pa.ChunkedArray) else column


def is_text(type_: pa.DataType) -> bool:
    inner = type_.value_type if pa.types.is_dictionary(type_) else type_
    return bool(pa.types.is_string(inner) or pa.types.is_large_string(inner) or pa.types.is_string_view(inner))


def is_numeric(type_: pa.DataType) -> bool:
    return bool(pa.types.is_integer(type_) or pa.types.is_floating(type_) or pa.types.is_decimal(type_))


def is_day(type_: pa.DataType) -> bool:
    return bool(pa.types.is_date(type_) or pa.types.is_timestamp(type_))


def each_item(column: pa.Array) -> tuple[npt.NDArray[np.int64], pa.Array]:
    """Every item of a column of lists (texts joined by ";") with its row; a row without a list once, with null."""
    lists = pc.split_pattern(column, ";")
    without = np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False))
    rows = np.concatenate([pc.list_parent_indices(lists).to_numpy().astype(np.int64), without])
    return rows, pa.concat_arrays([pc.list_flatten(lists), pa.nulls(len(without), lists.type.value_type)])


def floats(column: pa.Array) -> Floats:
    """Numbers as float64; dates as days since 1970; booleans as 0 and 1; null as NaN. Text: all NaN."""
    if is_day(column.type):
        column = column.cast(pa.date32()).cast(pa.int32())
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    if not is_numeric(column.type):
        return np.full(len(column), np.nan)
    result: Floats = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return result


def truths(column: pa.Array) -> Mask:
    """Where a boolean column is true; null is False."""
    if not pa.types.is_boolean(column.type):
        return np.zeros(len(column), dtype=np.bool_)
    result: Mask = pc.fill_null(column, False).to_numpy(zero_copy_only=False)
    return result


def optional_floats(accounts: pa.Table, name: str) -> Floats | None:
    """`floats` of the column; None where there is no such column or nothing in it is known."""
    if name not in accounts.column_names:
        return None
    values = floats(flat(accounts, name))
    return None if np.isnan(values).all() else values


def optional_truths(accounts: pa.Table, name: str) -> Mask | None:
    """`truths` of the column; None where there is no such column or nothing in it is known."""
    if name not in accounts.column_names:
        return None
    column = flat(accounts, name)
    return None if column.null_count == len(column) else truths(column)


def total(values: Floats | None, mask: Mask | None = None) -> int | None:
    """Sum of the known values in whole minor units; None when none is known."""
    if values is None:
        return None
    chosen = values if mask is None else values[mask]
    return None if chosen.size == 0 or np.isnan(chosen).all() else round(float(np.nansum(chosen)))


def ratio(part: float | None, whole: float | None) -> float | None:
    """`part / whole`; null over nothing, and null of null."""
    return None if part is None or not whole else part / whole


def spread_sample(size: int, limit: int) -> npt.NDArray[np.int64]:
    """At most `limit` row positions spread evenly over `size`; the same each time."""
    if size <= limit:
        return np.arange(size)
    return (np.arange(limit) * (size / limit)).astype(np.int64)
