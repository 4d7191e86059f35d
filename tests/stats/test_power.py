import math

import pytest

from beachhead.stats.power import sample_size, smallest_difference


# Widely published sizes per group at 5 %, two-sided, and 80 % power, without continuity correction.
@pytest.mark.parametrize(
    ("p1", "p2", "n"), [(0.5, 0.6, 388), (0.1, 0.15, 686), (0.05, 0.1, 435), (0.25, 0.4, 152), (0.2, 0.3, 294)]
)
def test_sizes_are_the_published_ones(p1, p2, n):
    assert math.ceil(sample_size(p1, p2)) == n
    assert sample_size(p2, p1) == pytest.approx(sample_size(p1, p2))


def test_equal_shares_are_never_told_apart_and_shares_beyond_1_are_none():
    assert sample_size(0.3, 0.3) == math.inf
    with pytest.raises(ValueError, match="0 to 1"):
        sample_size(0.3, 1.2)


@pytest.mark.parametrize("n", [50, 150, 388, 5000])
def test_the_smallest_difference_is_that_whose_sample_size_is_there(n):
    found = smallest_difference(0.5, n)
    assert found is not None
    assert sample_size(0.5 - found / 2, 0.5 + found / 2) == pytest.approx(n, rel=1e-6)


def test_too_few_to_see_even_the_largest_difference():
    assert smallest_difference(0.02, 20) is None
    assert smallest_difference(0.5, 0) is None
    assert smallest_difference(0.0, 1000) is None
