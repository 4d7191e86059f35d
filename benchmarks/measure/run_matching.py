"""Match the records of a Parquet file, as a process of its own that can be measured; print what came out as JSON."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from beachhead.customers.matching import match_records
from beachhead.engines.duck import DuckEngine, parquet
from beachhead.project.definitions import MatchingDefinition

_COUNT_PAIRS = "SELECT coalesce(sum(n * (n - 1) // 2), 0)::BIGINT AS n FROM (SELECT count(*) AS n FROM {} GROUP BY {})"


def run_matching(path: Path, memory_limit: str) -> dict[str, float | int]:
    """Seconds, and the pairs found, true, and right, of the records in `path`, whose `customer` is the truth."""
    with tempfile.TemporaryDirectory() as temp, DuckEngine(Path(temp), memory_limit) as engine:
        engine.execute(f"CREATE VIEW records AS FROM {parquet(path)}")
        started = time.perf_counter()

        def say(text: str) -> None:
            print(f"{time.perf_counter() - started:6.1f} s  {text}", file=sys.stderr)

        matching = match_records(engine, "records", MatchingDefinition(), say)
        seconds = time.perf_counter() - started
        engine.load("found", matching.customers)
        engine.execute("CREATE TABLE told AS SELECT DISTINCT account_id, customer FROM records")
        engine.execute("CREATE TABLE both_ways AS FROM found JOIN told USING (account_id)")
        counts = {
            "found": engine.scalar(_COUNT_PAIRS.format("both_ways", "customer_id")),
            "true": engine.scalar(_COUNT_PAIRS.format("both_ways", "customer")),
            "right": engine.scalar(_COUNT_PAIRS.format("both_ways", "customer_id, customer")),
            "largest": engine.scalar("SELECT max(n) FROM (SELECT count(*) AS n FROM found GROUP BY customer_id)"),
        }
        return {
            "seconds": seconds,
            "doubtful": matching.doubtful.num_rows,
            **{k: int(str(v)) for k, v in counts.items()},
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("records", type=Path)
    parser.add_argument("memory_limit")
    given = parser.parse_args()
    print(json.dumps(run_matching(given.records, given.memory_limit)))


if __name__ == "__main__":
    main()
