"""Whose record is whose: how well each source was matched, what a person should decide, and decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from beachhead.errors import Diagnostic, UsageError
from beachhead.project.editing import edit_definition
from beachhead.service.results import Run

Decision = Literal["same", "different", "undo"]
DECISIONS = "matching.yml"
_NO_RECORDS = pa.table(
    {n: pa.array([], pa.string()) for n in ("source", "account_id", "name", "email")}
    | {"account_no": pa.array([], pa.uint32())}
)
_HEADING = "Which records are one customer, and which are not, whatever their data says: pairs of ids."


@dataclass(frozen=True, slots=True)
class MatchRate:
    """How many customers of a source were found in the others. `records`: its ids; `matched`: those that are a
    customer whom another source knows as well; `unmatched`: those that are nobody's, so that their facts count for
    nobody. `rate` is null without records.
    """

    source: str
    records: int
    matched: int
    unmatched: int

    @property
    def rate(self) -> float | None:
        return self.matched / self.records if self.records else None


def match_rates(run: Run) -> tuple[MatchRate, ...]:
    """Per source, in the order of the project; empty where ids alone tell who is who."""
    table = _with_known(run)
    rates = []
    for source in pc.unique(table["source"]).to_pylist():
        mine = table.filter(pc.equal(table["source"], source))
        nobodys = int(pc.sum(pc.equal(mine["account_no"], 0)).as_py())
        rates.append(MatchRate(source, mine.num_rows, int(pc.sum(mine["is_known"]).as_py()), nobodys))
    return tuple(rates)


def unmatched(run: Run) -> pa.Table:
    """Records of customers whom no other source knows: source, account_id, name, email, is_customer (false: they are
    nobody's, and what is said of them counts for nobody)."""
    table = _with_known(run)
    left = table.filter(pc.invert(table["is_known"]))
    shown = left.select(["source", "account_id", "name", "email"])
    return shown.append_column("is_customer", pc.greater(left["account_no"], 0))


def _with_known(run: Run) -> pa.Table:
    """The records of a run, and of each whether its customer is known to another source, `is_known`."""
    table = run.matches.arrow()
    if not table.num_rows:
        table = _NO_RECORDS
    counted = table.group_by("account_no").aggregate([("source", "count_distinct")])
    several = counted.filter((pc.field("source_count_distinct") > 1) & (pc.field("account_no") > 0))
    return table.append_column("is_known", pc.is_in(table["account_no"], several["account_no"].combine_chunks()))


def decide(root: Path, decision: Decision, pairs: Sequence[tuple[str, str]]) -> None:
    """Remember that both ids of each pair are the same customer, or different ones; or forget it (`undo`).

    It holds from the next update on. Raises `UsageError` for a pair of one id, `DefinitionError`, `OutsideError`.
    """
    for left, right in pairs:
        if left == right:
            remedy = "Name two different ids, as `beachhead matches` shows them."
            raise UsageError(Diagnostic("one-id", f"'{left}' and '{right}' are one id", remedy=remedy))
    wanted = {frozenset(pair) for pair in pairs}

    def change(document: CommentedMap) -> None:
        for key in ("same", "different"):
            listed = document.get(key) or CommentedSeq()
            kept = [pair for pair in listed if frozenset(map(str, pair)) not in wanted]
            if key == decision:
                kept += [_flow(pair) for pair in pairs]
            if kept:
                document[key] = CommentedSeq(kept)
            else:
                document.pop(key, None)

    edit_definition(root / DECISIONS, change, _HEADING)


def _flow(pair: tuple[str, str]) -> CommentedSeq:
    """A pair on a line of its own."""
    sequence = CommentedSeq(pair)
    sequence.fa.set_flow_style()
    return sequence
