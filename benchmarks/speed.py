"""How long an update takes against the same work written by hand in SQL (`baseline.sql`).

    ./dev bench speed --accounts 1000000 --big 3000000 --out benchmarks/results.md

Makes a company, measures the baseline, a first update, and an update after one more day with 1 % more events,
each in a process of its own on the same processors and with the same memory limit; sees whether both computed
the same; and writes one table. `--big` measures a first update of a larger company as well.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path

from measure.agreement import compare

from beachhead.synth import Truth, append_day, generate

HERE = Path(__file__).resolve().parent
FILES = ("accounts", "salesforce_accounts", "users", "events", "stripe_subscriptions")
MEMORY_LIMIT = "6GB"
MOST_RESIDENT_GB, MOST_FULL, MOST_DAILY, MOST_GROWTH = 8.0, 2.0, 0.25, 3.3
_GROWTH_ACCOUNTS = 3.0


@dataclass(frozen=True, slots=True)
class Cost:
    """What one process took: seconds by the clock, seconds of all processors, largest resident memory."""

    seconds: float
    cpu_seconds: float
    resident_gb: float


@dataclass(frozen=True, slots=True)
class Company:
    """The size of a generated company, in rows of its files."""

    accounts: int
    events: int
    subscriptions: int
    users: int
    megabytes: float


@dataclass(frozen=True, slots=True)
class Pair:
    """The SQL by hand and an update of the same files, one right after the other."""

    by_hand: Cost
    update: Cost

    @property
    def ratio(self) -> float:
        return self.update.seconds / self.by_hand.seconds


@dataclass(frozen=True, slots=True)
class Measured:
    """One company's pairs: of a first update, and of one more day. `differences`: in what the two do not agree."""

    company: Company
    first: Pair
    next_day: Pair
    differences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Setting:
    """How to measure. Of `repeats` pairs the middle one counts; `cores` processors are used by every process."""

    seed: int = 7
    clean: bool = False
    cores: int = 2
    repeats: int = 1


def measure(folder: Path, accounts: int, setting: Setting) -> Measured:
    """Make a company in `folder`; measure first updates and further days against the SQL by hand, pair by pair, since
    a machine may be faster at one moment than at another."""
    truth = _make(folder, accounts, setting)
    company = _company(folder, truth)
    firsts, days = [], []
    for _ in range(setting.repeats):
        say("SQL by hand, first update")
        by_hand = run_process(_baseline(folder, truth.last_day))
        firsts.append(Pair(by_hand, _first_update(folder, truth.last_day)))
    differences = [f"first day: {d}" for d in compare(folder).differences]
    for _ in range(setting.repeats):
        truth = append_day(folder, share=0.01, events_only=True).truth
        say(f"Update for {truth.last_day}, SQL by hand")
        update = run_process(_update(folder, truth.last_day))
        days.append(Pair(run_process(_baseline(folder, truth.last_day)), update))
    differences += [f"next day: {d}" for d in compare(folder).differences]
    return Measured(company, _middle(firsts), _middle(days), tuple(differences))


def measure_first(folder: Path, accounts: int, setting: Setting) -> tuple[Company, Cost]:
    """Make a company in `folder`, and measure one first update."""
    truth = _make(folder, accounts, setting)
    say("First update")
    return _company(folder, truth), _first_update(folder, truth.last_day)


def _make(folder: Path, accounts: int, setting: Setting) -> Truth:
    say(f"Making a company with {accounts:,} customers")
    truth = generate(folder, accounts, setting.seed, dirt=not setting.clean, files=FILES)
    with (folder / "beachhead.yml").open("a", encoding="utf-8") as settings:
        settings.write(f"\nmemory_limit: {MEMORY_LIMIT}\n")
    return truth


def _first_update(folder: Path, day: date) -> Cost:
    shutil.rmtree(folder / ".beachhead", ignore_errors=True)
    return run_process(_update(folder, day))


def _middle(pairs: Sequence[Pair]) -> Pair:
    """The pair with the middle ratio; of two in the middle the slower update."""
    return sorted(pairs, key=lambda pair: pair.ratio)[len(pairs) // 2]


def _company(folder: Path, truth: Truth) -> Company:
    rows = truth.files
    return Company(
        rows["accounts.csv"],
        sum(n for name, n in rows.items() if name.startswith("events")),
        rows["stripe_subscriptions.csv"],
        rows["users.csv"],
        sum(f.stat().st_size for f in (folder / "data").iterdir()) / 1e6,
    )


def _baseline(folder: Path, day: date) -> list[str]:
    return [sys.executable, str(HERE / "measure" / "run_baseline.py"), str(folder), str(day), MEMORY_LIMIT]


def _update(folder: Path, day: date) -> list[str]:
    return [
        sys.executable,
        "-m",
        "beachhead.cli.start",
        "run",
        str(folder),
        "--as-of",
        str(day),
    ]


_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""As for anyone who has run it before: the modules are compiled."""


def run_process(command: Sequence[str]) -> Cost:
    """Run to the end; stop everything when it fails."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command,
        env=_ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    printed = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{printed}")
    cost = Cost(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1e6)
    say(f"  {cost.seconds:.1f} s, {cost.cpu_seconds:.1f} s of processors, {cost.resident_gb:.2f} GB")
    return cost


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def table(measured: Measured, big: tuple[Company, Cost] | None, setting: Setting) -> str:
    """The result as Markdown: where and on what it was measured, then costs, ratios and their limits."""
    sizes = [_sizes(company) for company in (measured.company, *([big[0]] if big else []))]
    lines = [f"- {line}" for line in (*_surroundings(setting), *sizes)]
    lines += [
        "",
        "| | seconds | processor seconds | resident | ratio | at most |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    first, day = measured.first, measured.next_day
    lines += [
        _row("SQL by hand", first.by_hand, "1.00", ""),
        _row("first update", first.update, f"{first.ratio:.2f}", f"{MOST_FULL:.2f}"),
        _row("SQL by hand, one more day", day.by_hand, "1.00", ""),
        _row("update for one more day, 1 % events", day.update, f"{day.ratio:.2f}", f"{MOST_DAILY}"),
    ]
    if big:
        company, cost = big
        times = company.accounts / measured.company.accounts
        name, ratio = f"first update, {times:.0f} times the customers", cost.seconds / first.update.seconds
        lines.append(_row(name, cost, f"{ratio:.2f} of the first", f"{MOST_GROWTH / _GROWTH_ACCOUNTS * times:.1f}"))
    lines.append("")
    if measured.differences:
        lines += ["The update and the SQL by hand do not agree:", "", *(f"- {d}" for d in measured.differences)]
    else:
        lines.append("The update and the SQL by hand agree in every value of both records, on both days.")
    return "\n".join(lines) + "\n"


def _row(name: str, cost: Cost, ratio: str, limit: str) -> str:
    return f"| {name} | {cost.seconds:.1f} | {cost.cpu_seconds:.1f} | {cost.resident_gb:.1f} GB | {ratio} | {limit} |"


def _sizes(c: Company) -> str:
    return (
        f"{c.accounts:,} rows of customers, {c.users:,} of people, {c.subscriptions:,} of subscriptions, "
        f"{c.events:,} of events: {c.megabytes:,.0f} MB of CSV"
    )


def _surroundings(setting: Setting) -> list[str]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    packages = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "pyarrow", "numpy", "numba"))
    return [
        f"{_processor()}, {setting.cores} of {os.cpu_count()} processors, {memory:.0f} GB of memory, "
        f"memory limit {MEMORY_LIMIT}",
        f"Python {platform.python_version()}, {packages}; Beachhead {_commit()}",
        f"pairs of SQL and update: {setting.repeats}, the middle one counts",
        f"files {'without' if setting.clean else 'with'} faulty rows",
    ]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.machine()
    return next((x.split(":", 1)[1].strip() for x in lines if x.startswith("model name")), platform.machine())


def _commit() -> str:
    command = ["git", "-C", str(HERE), "rev-parse", "--short", "HEAD"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return found.stdout.strip() or version("beachhead")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Measure updates against the same work in SQL.")
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--big", type=int, default=0, help="measure a first update of so many customers as well")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--clean", action="store_true", help="files without faulty rows")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=1, help="so many pairs of SQL and update; the middle one counts")
    parser.add_argument("--folder", type=Path, help="where to work, and keep what was made; default a temporary folder")
    parser.add_argument("--out", type=Path, help="write the table to this file as well")
    given = parser.parse_args(arguments)
    setting = Setting(given.seed, given.clean, given.cores, given.repeats)
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: given.cores])  # children inherit it
    with tempfile.TemporaryDirectory(prefix="speed-") as temporary:
        work = given.folder or Path(temporary)
        say("Warming up")
        measure(Path(temporary) / "warm", 500, setting)
        measured = measure(work / str(given.accounts), given.accounts, setting)
        big = None
        if given.big:
            big = measure_first(work / str(given.big), given.big, setting)
        text = table(measured, big, setting)
    print(text)
    if given.out:
        given.out.write_text(text, "utf-8")
    if measured.differences:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
