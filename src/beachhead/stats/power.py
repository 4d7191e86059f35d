"""How small a difference can be seen: sample sizes for two proportions."""

from __future__ import annotations

from math import sqrt

ALPHA, POWER = 0.05, 0.8


def sample_size(p1: float, p2: float, alpha: float = ALPHA, power: float = POWER) -> float:
    """Customers that each of two equal groups needs for a two-sided test to tell p1 from p2; infinite where they are
    equal. Without continuity correction.

    Source: Fleiss, Levin & Paik (2003), "Statistical Methods for Rates and Proportions", 3rd ed., formula 4.14.
    ValueError for proportions outside of 0 to 1.
    """
    if not (0 <= p1 <= 1 and 0 <= p2 <= 1):
        raise ValueError(f"proportions are from 0 to 1, not {p1} and {p2}")
    if p1 == p2:
        return float("inf")
    mean = (p1 + p2) / 2
    from scipy.special import ndtri  # takes a while to import, which most commands do not need

    wide = -float(ndtri(alpha / 2)) * sqrt(2 * mean * (1 - mean))
    own = float(ndtri(power)) * sqrt(p1 * (1 - p1) + p2 * (1 - p2))
    return ((wide + own) / (p2 - p1)) ** 2


def smallest_difference(share: float, n: int, alpha: float = ALPHA, power: float = POWER) -> float | None:
    """The smallest difference between two equal groups of n customers each that would be seen, 0 to 1, around a share
    that holds for both together. None where not even the largest possible one would be seen, or n is 0.

    The groups lie at share − d/2 and share + d/2, or as far as 0 and 1 let them.
    """
    if n <= 0:
        return None
    low, high = 0.0, 1.0
    if sample_size(*_around(share, high), alpha, power) > n:
        return None
    for _ in range(60):
        middle = (low + high) / 2
        if sample_size(*_around(share, middle), alpha, power) > n:
            low = middle
        else:
            high = middle
    first, second = _around(share, high)
    return second - first


def _around(share: float, difference: float) -> tuple[float, float]:
    """Two proportions so far apart with this mean, as far as 0 and 1 allow."""
    most = 2 * min(share, 1 - share)
    reach = min(difference, most) / 2
    return share - reach, share + reach
