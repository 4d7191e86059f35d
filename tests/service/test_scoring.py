from __future__ import annotations

import numpy as np
import pyarrow as pa

from beachhead.service.scoring import as_numbers


def test_sums_beyond_what_a_double_holds_exactly_are_numbers_all_the_same() -> None:
    numbers = as_numbers(pa.chunked_array([[2**53 + 1, None, -(10**17)]], pa.int64()))
    assert numbers[[0, 2]].tolist() == [2.0**53, -1e17]
    assert np.isnan(numbers[1])
