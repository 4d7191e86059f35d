"""Lists of customers in files: what is an id, and what is said when a list cannot be read."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from beachhead.errors import DataError
from beachhead.project.customer_lists import read_list


def test_a_quote_that_is_never_closed_is_told_and_other_files_are_read_as_before(tmp_path: Path) -> None:
    path = tmp_path / "partners.csv"
    path.write_text('account_id\n"a1\n' + "a2\n" * 100_000)
    before = csv.field_size_limit()
    with pytest.raises(DataError) as told:
        read_list(path, tmp_path)
    assert [(d.code, d.place and d.place.file) for d in told.value.diagnostics] == [("unreadable-list", "partners.csv")]
    path.write_text("account_id\n" + "".join(f"a{n}\n" for n in range(1_000_000)))
    assert len(read_list(path, tmp_path)) == 1_000_000
    assert csv.field_size_limit() == before
