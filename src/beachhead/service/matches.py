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
    table = run.matches.arrow()
    if not table.num_rows:
        return ()
    several = (
        table.group_by("account_no")
        .aggregate([("source", "count_distinct")])
        .filter(pc.field("source_count_distinct") > 1)
    )
    is_known = pc.is_in(table["account_no"], several["account_no"].combine_chunks())
    is_nobodys = pc.equal(table["account_no"], 0)
    rates = []
    for source in dict.fromkeys(table["source"].to_pylist()):
        mine = pc.equal(table["source"], source)
        matched = pc.and_(mine, pc.and_not(is_known, is_nobodys))
        unmatched = pc.and_(mine, is_nobodys)
        rates.append(MatchRate(source, *(int(pc.sum(m).as_py() or 0) for m in (mine, matched, unmatched))))
    return tuple(rates)


def unmatched(run: Run) -> pa.Table:
    """Records that are nobody's: source, account_id, name, email."""
    table = run.matches.arrow()
    if not table.num_rows:
        return table
    return table.filter(pc.equal(table["account_no"], 0)).select(["source", "account_id", "name", "email"])


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
