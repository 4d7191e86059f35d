"""How often matching is right where the truth is known, with default settings; it is not shown the truth."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from companies import FLAVOURS, Company, make_company
from labelled import fake_people, restaurants
from matching_world import accuracy, match


def f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall)


@pytest.mark.parametrize("read", [restaurants, fake_people])
def test_public_records_with_known_truth(read: object, real_data: Path, tmp_path: Path) -> None:
    assert callable(read)
    truth: Company = read(real_data)
    matching = match(truth.records, tmp_path)
    assert f1(*accuracy(matching, truth)) >= 0.96
    largest = max(Counter(matching.customers["customer_id"].to_pylist()).values())
    assert largest <= max(Counter(truth.customer_of.values()).values())


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_made_up_companies(flavour: str, tmp_path: Path) -> None:
    truth = make_company(flavour)
    precision, recall = accuracy(match(truth.records, tmp_path), truth)
    assert (precision >= 0.99, recall >= 0.95) == (True, True), (precision, recall)
