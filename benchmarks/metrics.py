"""How long the MRR ledger takes against the same by hand in SQL, and a metric by segment once it is made.

    ./dev bench metrics --accounts 1000000 --out benchmarks/metrics.md

Makes subscription versions (5 for each customer, over 36 months), computes all movements with `movements.sql` and with
Beachhead's ledger, one after the other, each in a process of its own with the same processors and memory limit, in
pairs; sees whether every month and kind has the same amount; then asks one metric (NRR) for 7 segments over 36 months,
from stored movements and stored memberships. Prints one table.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent
MEMORY_LIMIT = "6GB"
MOST_RATIO, MOST_SECONDS = 3.0, 2.0
Figures = dict[str, float]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--out", type=Path, help="also write the table here")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = _run("make", folder, given.accounts)
        pairs = [(_run("by_hand", folder), _run("ledger", folder)) for _ in range(given.pairs)]
        asked = [_run("segments", folder) for _ in range(given.pairs)]
    for by_hand, ledger in pairs:
        if by_hand["digest"] != ledger["digest"]:
            print("Both computed different movements", by_hand, ledger, file=sys.stderr)
            return 1
    ratio = statistics.median(ledger["seconds"] / by_hand["seconds"] for by_hand, ledger in pairs)
    middle = sorted(pairs, key=lambda p: p[1]["seconds"] / p[0]["seconds"])[len(pairs) // 2]
    quick = sorted(asked, key=lambda a: a["first"])[len(asked) // 2]
    lines = [
        f"- {platform.machine()}, {len(os.sched_getaffinity(0))} of {os.cpu_count()} processors, memory limit "
        f"{MEMORY_LIMIT}; Python {platform.python_version()}, duckdb {version('duckdb')}; Beachhead {_commit()}",
        f"- {made['accounts']:,.0f} customers, {made['rows']:,.0f} subscription records, 36 months, "
        f"{middle[1]['movements']:,.0f} movements; pairs: {given.pairs}, the middle one counts",
        "",
        "| | seconds | processor seconds | resident | ratio | at most |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
        _line("movements, SQL by hand", middle[0], 1.0, None),
        _line("movements, Beachhead's ledger, stored", middle[1], ratio, MOST_RATIO),
        "",
        "| NRR of 7 segments over 36 months, from stored movements and memberships | seconds | resident | at most |",
        "| --- | ---: | ---: | ---: |",
        f"| the first question of a process, which loads the compiler's library | {quick['first']:.2f} | | |",
        f"| the next | {quick['seconds']:.2f} | {quick['resident_gb']:.1f} GB | {MOST_SECONDS:.0f} s |",
        "",
        "Both computed the same movements: amount and number agree for every month and kind.",
    ]
    table = "\n".join(lines) + "\n"
    print(table)
    if given.out:
        given.out.write_text(table, encoding="utf-8")
    return 0 if ratio <= MOST_RATIO and quick["seconds"] <= MOST_SECONDS else 1


def _run(step: str, folder: Path, accounts: int = 0) -> Figures:
    command = [sys.executable, str(HERE / "measure" / "run_metrics.py"), step, str(folder), MEMORY_LIMIT, str(accounts)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{step} failed:\n{done.stderr}")
    found: Figures = json.loads(done.stdout)
    return found


def _line(name: str, cost: Figures, ratio: float, at_most: float | None) -> str:
    limit = f"{at_most:.2f}" if at_most else ""
    return (
        f"| {name} | {cost['seconds']:.1f} | {cost['cpu_seconds']:.1f} | {cost['resident_gb']:.1f} GB | {ratio:.2f} | "
        f"{limit} |"
    )


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=HERE, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


if __name__ == "__main__":
    sys.exit(main())
