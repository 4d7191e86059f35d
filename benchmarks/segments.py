"""How long thousands of segments take against one DuckDB query for each, and against tools on ClickHouse.

    ./dev bench segments --accounts 5000000 --out benchmarks/segments.md

Makes customers with 60 attributes, 20 events for each, and 2,000 segments of about 9,000 conditions, a third of them on
behaviour; encodes the attributes; then, each in a process of its own, one after the other: load, evaluate and store all
segments; one DuckDB query for each over the same store, whose counts must all be equal; 50 of them in the shape of
tools on ClickHouse (a subquery of ids for each condition), scaled; ten thousand segments; a hundredth of the customers
changed; single rules while they are edited; all segments of one customer. Prints one table.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent
SEGMENTS, MORE, COHORTS = 2_000, 10_000, 50
MOST_GB, LEAST_ALL, LEAST_ALONE, LEAST_COHORTS, MOST_MORE, MOST_CHANGED = 6.0, 25.0, 60.0, 100.0, 3.0, 0.05
Figures = dict[str, float]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--events", type=float, default=20, help="for each customer")
    parser.add_argument("--without-duckdb", action="store_true", help="leave out what takes an hour at 5,000,000")
    parser.add_argument("--folder", type=Path, help="keep what is made here, and use it again")
    parser.add_argument("--out", type=Path, help="also write the table here")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = given.folder or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        lines, is_within = _measured(folder, given.accounts, given.events, with_duckdb=not given.without_duckdb)
    table = "\n".join(lines) + "\n"
    print(table)
    if given.out:
        given.out.write_text(table, encoding="utf-8")
    return 0 if is_within else 1


def _measured(folder: Path, accounts: int, per_account: float, *, with_duckdb: bool) -> tuple[list[str], bool]:
    made_at = folder / "made.json"
    if not made_at.exists():
        made_at.write_text(json.dumps(_run("make", folder, accounts, per_account)))
    made: Figures = json.loads(made_at.read_text())
    if made["accounts"] != accounts:
        raise SystemExit(f"{folder} has {made['accounts']:,.0f} customers; take another folder")
    encoded = _run("encode", folder)
    ours = _run("ours", folder, SEGMENTS)
    floor = _run("floor", folder, SEGMENTS)
    more = _run("ours", folder, MORE)
    changed = _run("changed", folder, SEGMENTS)
    rule, customer = _run("one_rule", folder, 0), _run("one_customer", folder, SEGMENTS)
    cohorts = _run("cohorts", folder, COHORTS)
    if cohorts["counts"] != ours["cohort_counts"]:
        raise SystemExit("ClickHouse counted other members")
    scaled = cohorts["seconds"] * SEGMENTS / COHORTS
    lines = [
        f"- {platform.machine()}, {len(os.sched_getaffinity(0))} of {os.cpu_count()} processors; "
        f"Python {platform.python_version()}, numba {version('numba')}, duckdb {version('duckdb')}, "
        f"chdb {version('chdb')}; Beachhead {_commit()}",
        f"- {made['accounts']:,.0f} customers × 60 attributes, {made['events']:,.0f} events, {SEGMENTS:,} segments of "
        f"{ours['conditions']:,.0f} different conditions on {ours['values']:,.0f} values",
        "",
        "| | seconds | resident | DuckDB, one query each | wanted |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    duck = _run("duckdb", folder, SEGMENTS) if with_duckdb else None
    if duck and duck["counts"] != ours["counts"]:
        raise SystemExit("DuckDB counted other members")
    if duck:
        lines.append(
            f"| DuckDB, one query for each segment, counts only | {duck['seconds']:,.1f} | {_gb(duck)} | 1 | |"
        )
    lines += [
        f"| attributes into codes, once for each snapshot | {encoded['seconds']:.1f} | {_gb(encoded)} | | |",
        f"| rules read and checked, once for each change | {ours['reading']:.1f} | | | |",
        _line("load, evaluate and store all", ours["all"], ours, duck, LEAST_ALL),
        _line("the same until it is on disk", ours["all_on_disk"], ours, duck, None),
        _line("evaluate alone", ours["evaluate"], ours, duck, LEAST_ALONE),
        f"| floor: each code and event read once, {floor['bytes'] / 1e9:.1f} GB | {floor['read']:.2f} | | | |",
        f"| floor: members written once, in memory | {floor['write']:.2f} | | | |",
        f"| tools on ClickHouse, {COHORTS} segments, scaled to {SEGMENTS:,} | {scaled:,.0f} | {_gb(cohorts)} | | |",
        "",
        f"Evaluation takes {ours['evaluate'] / floor['read']:.0f} times as long as reading what it needs.",
        f"Against tools on ClickHouse: {scaled / ours['all']:,.0f} times as fast (wanted: {LEAST_COHORTS:.0f}); equal "
        f"counts for all {cohorts['compared']:.0f} of {COHORTS} segments without “not”, which is another thing there.",
        f"{MORE:,} segments of {more['conditions']:,.0f} different conditions "
        f"({more['conditions'] / ours['conditions']:.1f} times as many): {more['all']:.1f} s, "
        f"{more['all'] / ours['all']:.2f} times as long (at most {MOST_MORE:.0f}), {_gb(more)}.",
        f"After {changed['changed']:,.0f} customers (1 %) changed: {changed['seconds']:.2f} s, "
        f"{changed['seconds'] / ours['all']:.1%} (at most {MOST_CHANGED:.0%}).",
        f"One edited rule, counts for each of its conditions: on attributes {_ms(rule, 'attributes')}, "
        f"on behaviour {_ms(rule, 'behaviour')} (median, 95th percentile).",
        f"All {SEGMENTS:,} segments of one customer, evaluated now: {customer['median'] * 1e3:.1f} ms, 99th percentile "
        f"{customer['p99'] * 1e3:.1f} ms (at most 5).",
        f"Members take {ours['bytes'] / 1e6:,.0f} MB, codes {encoded['bytes'] / 1e6:,.0f} MB.",
    ]
    if duck:
        lines.append(f"DuckDB counted the same members for every one of the {SEGMENTS:,} segments.")
    is_within = (
        ours["resident_gb"] <= MOST_GB
        and more["all"] <= MOST_MORE * ours["all"]
        and changed["seconds"] <= MOST_CHANGED * ours["all"]
        and scaled >= LEAST_COHORTS * ours["all"]
        and customer["p99"] <= 0.005
        and (not duck or duck["seconds"] >= max(LEAST_ALL * ours["all"], LEAST_ALONE * ours["evaluate"]))
    )
    return lines, is_within


def _line(name: str, seconds: float, cost: Figures, duck: Figures | None, wanted: float | None) -> str:
    ratio = f"{duck['seconds'] / seconds:,.0f} times as long" if duck else ""
    return f"| {name} | {seconds:.2f} | {_gb(cost)} | {ratio} | {f'{wanted:.0f}' if wanted else ''} |"


def _gb(cost: Figures) -> str:
    return f"{cost['resident_gb']:.1f} GB"


def _ms(rule: Figures, kind: str) -> str:
    return f"{rule[f'{kind}_median'] * 1e3:.0f} ms, {rule[f'{kind}_p95'] * 1e3:.0f} ms"


def _run(step: str, folder: Path, *numbers: float) -> Figures:
    command = [sys.executable, str(HERE / "measure" / "run_segments.py"), step, str(folder), *map(str, numbers)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{step} failed:\n{done.stderr}")
    found: Figures = json.loads(done.stdout)
    return found


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=HERE, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


if __name__ == "__main__":
    sys.exit(main())
