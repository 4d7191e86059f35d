"""Run `baseline.sql` on the files of a generated company, as a process of its own that can be measured."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import duckdb

SQL = Path(__file__).resolve().parent.parent / "baseline.sql"


def run_baseline(folder: Path, as_of: str, memory_limit: str) -> None:
    """Write `baseline/*.parquet` into `folder` from its `data/*.csv`. `as_of` is an ISO date."""
    (folder / "baseline").mkdir(exist_ok=True)
    os.chdir(folder)
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"SET memory_limit = '{memory_limit}'; SET temp_directory = 'baseline/spill'")
        connection.execute(f"SET TimeZone = 'UTC'; SET VARIABLE as_of = DATE '{as_of}'")
        connection.execute(SQL.read_text("utf-8"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("as_of")
    parser.add_argument("memory_limit")
    given = parser.parse_args()
    run_baseline(given.folder, given.as_of, given.memory_limit)


if __name__ == "__main__":
    main()
