"""Names for the arrays that statistics take and give. In a `FloatArray` NaN is null."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]


def known(values: FloatArray) -> FloatArray:
    """The values that are not null, as float64; ±infinity counts as null."""
    given = np.asarray(values, dtype=np.float64)
    finite = np.isfinite(given)
    return given if finite.all() else given[finite]
