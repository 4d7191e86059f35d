"""NPS and its range."""

from __future__ import annotations

import json
from fractions import Fraction
from math import sqrt
from pathlib import Path

import numpy as np
import pytest

from beachhead.stats.nps import nps, nps_of_counts


def test_nps_and_variance_equal_the_published_example(reference: Path) -> None:
    examples = json.loads((reference / "saas_metric_examples.json").read_text())["examples"]
    example = next(e for e in examples if e["metric"] == "nps")
    counts = [int(600 * Fraction(example["in"][f"p_{who}"])) for who in ("promoter", "passive", "detractor")]
    found = nps_of_counts(*counts)
    assert found is not None
    assert found.points == pytest.approx(100 * example["expect"]["nps"], abs=1e-8)
    assert found.variance == pytest.approx(example["expect"]["variance"], abs=1e-9)


def test_range_follows_rocks_adjustment() -> None:
    found = nps_of_counts(20, 10, 7)
    assert found is not None
    plus, minus = 20.75 / 40, 7.75 / 40
    reach = 1.959964 * sqrt((plus + minus - (plus - minus) ** 2) / 40)
    assert found.interval.low == pytest.approx(100 * (plus - minus - reach), abs=1e-4)
    assert found.interval.high == pytest.approx(100 * (plus - minus + reach), abs=1e-4)


def test_answers_fall_into_their_classes() -> None:
    found = nps(np.array([10, 9, 8, 7, 6, 0], dtype=float))
    assert found is not None
    assert (found.promoters, found.passives, found.detractors) == (2, 2, 2)
    assert (found.points, found.answers) == (0.0, 6)


def test_nulls_and_other_scales_are_no_answers() -> None:
    found = nps(np.array([10, np.nan, 11, -1, 95]))
    assert found is not None
    assert found.answers == 1


def test_unanimous_answers_of_a_few_do_not_look_certain() -> None:
    found = nps_of_counts(5, 0, 0)
    assert found is not None
    assert found.points == found.interval.high == 100
    assert found.interval.low < 60


def test_nps_without_answers_is_null() -> None:
    assert nps(np.array([np.nan])) is None
    assert nps_of_counts(0, 0, 0) is None


def test_negative_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        nps_of_counts(-1, 0, 3)
