"""What is said of pairs outright: by a person, who is always right, and by the rows themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import pyarrow as pa

from beachhead.engines.duck import DuckEngine
from beachhead.project.definitions import MatchingDefinition

Pairs = list[tuple[int, int]]
_SHOWN = 5
_TOLD = pa.schema([("n", pa.int64()), ("l", pa.string()), ("r", pa.string())])


@dataclass(frozen=True, slots=True)
class Decisions:
    """Pairs of account numbers. `unknown`: ids in a person's decisions that no record has."""

    same: Pairs
    different: Pairs
    stated: Pairs
    unknown: tuple[str, ...]

    @property
    def forced(self) -> Pairs:
        """Pairs to join whatever the data says, those of a person first."""
        return self.same + self.stated

    def notes(self, kept: Sequence[int]) -> list[str]:
        """What is worth knowing; `kept`: positions of the `forced` pairs that could be used."""
        notes = []
        if self.unknown:
            shown = ", ".join(self.unknown[:_SHOWN]) + (" …" if len(self.unknown) > _SHOWN else "")
            notes.append(f"Decisions name {_count(len(self.unknown), 'id')} that no record has now: {shown}.")
        overruled = len(self.forced) - len(kept)
        if overruled:
            decided = len(self.same) - sum(position < len(self.same) for position in kept)
            told = f", {decided:,} of them decided by hand" if decided else ""
            notes.append(
                f"{_count(overruled, 'pair')} said to be the same{told}, directly or through others also decided to be "
                "different: kept apart."
            )
        return notes


def read_decisions(engine: DuckEngine, settings: MatchingDefinition) -> Decisions:
    """The decisions and the rows' own statements about the accounts of `match_accounts`."""
    ids = {*chain.from_iterable((*settings.same, *settings.different))}
    engine.load("match_told_ids", pa.table({"id": pa.array(sorted(ids), pa.string())}))
    unknown = engine.query("SELECT id FROM match_told_ids ANTI JOIN match_accounts ON account_id = id ORDER BY id")
    return Decisions(
        _numbered(engine, settings.same),
        _numbered(engine, settings.different),
        _stated(engine),
        tuple(unknown["id"].to_pylist()),
    )


def _numbered(engine: DuckEngine, pairs: Sequence[tuple[str, str]]) -> Pairs:
    columns = [list(range(len(pairs))), [a for a, _ in pairs], [b for _, b in pairs]]
    engine.load("match_told", pa.table(columns, schema=_TOLD))
    return as_pairs(
        engine.query(
            "SELECT a.no AS l, b.no AS r FROM match_told AS t JOIN match_accounts AS a ON a.account_id = t.l "
            "JOIN match_accounts AS b ON b.account_id = t.r WHERE a.no <> b.no ORDER BY t.n"
        )
    )


def _stated(engine: DuckEngine) -> Pairs:
    return as_pairs(
        engine.query(
            """
            WITH stated AS (
                SELECT a.no, s.other
                FROM (SELECT account_id, unnest(same_as) AS other FROM match_clean WHERE len(same_as) > 0) AS s
                JOIN match_accounts AS a ON a.account_id = s.account_id
            ), pairs AS (
                SELECT s.no AS a, b.no AS b FROM stated AS s JOIN match_accounts AS b ON b.account_id = s.other
                UNION ALL SELECT no, min(no) OVER (PARTITION BY other) FROM stated
            )
            SELECT DISTINCT least(a, b) AS l, greatest(a, b) AS r FROM pairs WHERE a <> b ORDER BY l, r
            """
        )
    )


def as_pairs(table: pa.Table) -> Pairs:
    """The columns l and r of a table as pairs."""
    return list(zip(table["l"].to_pylist(), table["r"].to_pylist(), strict=True))


def _count(n: int, word: str) -> str:
    return f"{n:,} {word}{'' if n == 1 else 's'}"
