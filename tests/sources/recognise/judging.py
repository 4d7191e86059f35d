"""What recognition says of files, held against what people decided that they mean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from beachhead.project.yaml_positions import plain, read_yaml
from beachhead.sources.recognise.context import RecogniseContext
from beachhead.sources.recognise.proposal import Proposal, Recognition
from beachhead.sources.recognise.recognise import recognise_file

SECTIONS = ("columns", "match", "same_as")


@dataclass(frozen=True)
class Truth:
    """`targets`: section.target → columns that may hold it; `may`: also right, but not asked for."""

    table: str
    targets: Mapping[str, frozenset[str]] = field(default_factory=dict)
    may: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True)
class Verdict:
    """One file. Pairs are (section.target, column)."""

    file: str
    expected: str
    found: str
    right: tuple[str, ...]
    missed: tuple[str, ...]
    wrong: tuple[tuple[str, str], ...]
    confidently_wrong: tuple[str, ...]


def read_truth(path: Path) -> dict[str, Truth]:
    """File → what it means."""
    document = read_yaml(path.read_text("utf-8"), path.name)
    assert document.root is not None and not document.diagnostics, document.diagnostics
    tree = plain(document.root)
    assert isinstance(tree, dict)
    return {str(name): truth_of(told) for name, told in tree.items()}


def truth_of(told: object) -> Truth:
    """A truth from its YAML form."""
    assert isinstance(told, dict)
    targets = {
        f"{section}.{target}": frozenset(columns if isinstance(columns, list) else [columns])
        for section in SECTIONS
        for target, columns in told.get(section, {}).items()
    }
    may = frozenset((str(t), str(c)) for t, c in told.get("may", {}).items())
    return Truth(told["table"], targets, may)


def judge(recognition: Recognition, truth: Truth) -> Verdict:
    """Hold a recognition against the truth. Of several proposals the first counts."""
    best: Proposal | None = recognition.proposals[0] if recognition.proposals else None
    told = (
        {}
        if best is None
        else {(f"{c.section}.{c.target}", c.source): c for c in best.columns if c.section in SECTIONS}
    )
    is_table = (best.table if best else "none") == truth.table
    pairs = {p: c for p, c in told.items() if p[1]} if is_table else {}
    right = tuple(t for t, columns in truth.targets.items() if any((t, c) in pairs for c in columns))
    missed = tuple(t for t in truth.targets if t not in right)
    wrong = tuple(p for p in pairs if p[1] not in truth.targets.get(p[0], frozenset()) and p not in truth.may)
    sure = [f"{p[1]} as {p[0]} ({pairs[p].confidence})" for p in wrong if pairs[p].confidence >= 0.9]
    if not is_table and best is not None and best.sureness == "sure":
        sure.append(f"table {best.table} ({best.confidence})")
    return Verdict(
        recognition.file, truth.table, best.table if best else "none", right, missed, wrong, tuple(sure)
    )  # fmt: skip


def judge_files(paths: Iterable[Path], truths: Mapping[str, Truth], context: RecogniseContext) -> Iterator[Verdict]:
    """A verdict for each file."""
    for path in paths:
        yield judge(recognise_file(path, path.name, context), truths[path.name])


def confusion(verdicts: Iterable[Verdict]) -> str:
    """A table of what was expected and what was found, and a line for each thing that was missed or wrong."""
    verdicts = list(verdicts)
    counts = Counter((v.expected, v.found) for v in verdicts)
    lines = [f"{'expected':14} {'found':14} files"]
    lines += [f"{a:14} {b:14} {n:5}{'' if a == b else '  <'}" for (a, b), n in sorted(counts.items())]
    right, asked, wrong = tally(verdicts)
    lines.append(f"columns: {right} of {asked} right, {wrong} mapped that should not be")
    for v in verdicts:
        if v.expected != v.found:
            lines.append(f"{v.file}: {v.found} instead of {v.expected}")
        for target in v.missed:
            lines.append(f"{v.file}: missed {target}")
        for target, column in v.wrong:
            lines.append(f"{v.file}: '{column}' is not {target}")
    return "\n".join(lines)


def tally(verdicts: Iterable[Verdict]) -> tuple[int, int, int]:
    """(columns that are right, columns asked for, columns mapped that should not be)."""
    verdicts = list(verdicts)
    right = sum(len(v.right) for v in verdicts)
    return right, right + sum(len(v.missed) for v in verdicts), sum(len(v.wrong) for v in verdicts)
