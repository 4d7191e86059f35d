"""How well and how fast records of one customer are found across sources that share no key.

    ./dev bench matching --records 200000 --out benchmarks/matching.md

Two made lists, a CRM's and a billing system's, of that many records each are matched in a process of its own with
default settings, as are public data sets whose truth is known ($BEACHHEAD_DATA, else ../shared/data) and the three
made-up companies of the tests. Prints one table: pairs found, how many of them are right (precision), how many of the
true ones were found (recall), the largest customer, seconds by the clock and of all processors, and the most memory.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from measure.two_lists import SCHEMA, write_two_lists

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "customers" / "matching"))

from companies import FLAVOURS, make_company  # noqa: E402
from labelled import fake_people, restaurants  # noqa: E402

MEMORY_LIMIT = "3GB"
MOST_SECONDS, MOST_RESIDENT_GB = 60.0, 4.0
Figures = dict[str, float]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=200_000, help="of each of the two lists")
    parser.add_argument("--out", type=Path, help="also write the table here")
    given = parser.parse_args()
    lines = [
        f"- {platform.machine()}, {len(os.sched_getaffinity(0))} of {os.cpu_count()} processors, load before "
        f"{os.getloadavg()[0]:.1f}, memory limit {MEMORY_LIMIT}",
        f"- Python {platform.python_version()}, duckdb {version('duckdb')}, splink {version('splink')}",
        "",
        "| | records | true pairs | precision | recall | F1 | largest | seconds | processor seconds | resident |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records.parquet"
        for name, records in _known():
            pq.write_table(records, path)
            lines.append(_line(name, records.num_rows, _measured(path)))
        write_two_lists(path, given.records)
        large = _measured(path)
        lines.append(_line("two lists", 2 * given.records, large))
    table = "\n".join(lines) + "\n"
    print(table)
    if given.out:
        given.out.write_text(table, encoding="utf-8")
    slow = large["seconds"] > MOST_SECONDS or large["resident_gb"] > MOST_RESIDENT_GB
    return int(slow and given.records <= 200_000)


def _known() -> Iterator[tuple[str, pa.Table]]:
    """Records with the real customer of each in a column `customer`."""
    data = Path(os.environ.get("BEACHHEAD_DATA", HERE.parent.parent / "shared" / "data"))
    if data.is_dir():
        for name, labelled in (("restaurants", restaurants(data)), ("fake people", fake_people(data))):
            yield name, _with_truth(labelled.records, labelled.customer_of)
    for flavour in FLAVOURS:
        company = make_company(flavour)
        yield f"made-up company: {flavour}", _with_truth(company.records, company.customer_of)


def _with_truth(records: pa.Table, customer_of: dict[str, int]) -> pa.Table:
    truth = [customer_of[account] for account in records["account_id"].to_pylist()]
    return records.append_column("customer", pa.array(truth, pa.int64())).cast(SCHEMA)


def _measured(path: Path) -> Figures:
    code = (
        "import resource; from measure.run_matching import main; main(); "
        "used = resource.getrusage(resource.RUSAGE_SELF); print(used.ru_maxrss, used.ru_utime + used.ru_stime)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path), MEMORY_LIMIT], cwd=HERE, check=True, capture_output=True, text=True
    )
    figures, used = done.stdout.strip().splitlines()[-2:]
    kilobytes, cpu_seconds = map(float, used.split())
    return {**json.loads(figures), "cpu_seconds": cpu_seconds, "resident_gb": kilobytes / 2**20}


def _line(name: str, records: int, f: Figures) -> str:
    precision, recall = f["right"] / max(f["found"], 1), f["right"] / max(f["true"], 1)
    f1 = 2 * f["right"] / max(f["found"] + f["true"], 1)
    return (
        f"| {name} | {records:,} | {f['true']:,} | {precision:.4f} | {recall:.4f} | {f1:.4f} | {f['largest']} | "
        f"{f['seconds']:.1f} | {f['cpu_seconds']:.1f} | {f['resident_gb']:.1f} GB |"
    )


if __name__ == "__main__":
    sys.exit(main())
