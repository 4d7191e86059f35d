"""The way that production goes: codes, one program, compiled loops; other values by SQL in DuckDB."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from rule_ways import InSql
from rule_world import World

from beachhead.customers.event_counts import EPOCH, EventArrays, EventRuns
from beachhead.rules import Node, ValueType
from beachhead.rules.ast import Attribute, Call, Not, boolean, number
from beachhead.segments.activity import Events
from beachhead.segments.columns import Column, encode
from beachhead.segments.evaluate import make_ready
from rule_engines import _ARROW, Duck


class Compiled:
    """By `segments.evaluate`; the members of segments are given by the world, as published ones are."""

    def __init__(self) -> None:
        self._sql = InSql(Duck())
        self._populations: list[WorldPopulation] = []

    def members(self, world: World, rule: Node) -> list[int]:
        return self._evaluated(world, {"rule": rule})["rule"]

    def answers(self, world: World, values: Sequence[Node]) -> list[list[Any]] | None:
        rules = {f"true {n}": value for n, value in enumerate(values)}
        rules |= {f"false {n}": Not(value) for n, value in enumerate(values)}
        found = {name: set(ids) for name, ids in self._evaluated(world, rules).items()}
        return [
            [
                True if row["id"] in found[f"true {n}"] else False if row["id"] in found[f"false {n}"] else None
                for row in world.rows
            ]
            for n in range(len(values))
        ]

    def _evaluated(self, world: World, rules: dict[str, Node]) -> dict[str, list[int]]:
        population = next((p for p in self._populations if p.world is world), None)
        if population is None:
            population = WorldPopulation(world, self._sql)
            self._populations.append(population)
        segments = {name: _has_one_of(numbers) for name, numbers in world.segments.items()}
        ready = make_ready({**segments, **rules}, population)
        assert not ready.failed, ready.failed
        return {name: ids.tolist() for name, ids in ready.engine.members(rules).items()}


def _has_one_of(numbers: Sequence[int]) -> Node:
    """The rule of a segment that is given by its members."""
    return Call("in", (Attribute("id"), *map(number, numbers))) if numbers else boolean(False)


class WorldPopulation:
    """A world as `segments.evaluate` sees customers."""

    def __init__(self, world: World, sql: InSql) -> None:
        self.world = world
        self.as_of = world.as_of
        self._sql = sql
        self._rows = sorted(world.rows, key=lambda row: row["id"])  # type: ignore[arg-type, return-value]
        self.numbers = np.array([row["id"] for row in self._rows], np.uint32)

    @cached_property
    def events(self) -> Events | None:
        if "events" not in self.world.tables:
            return None
        rows = [row for row in self.world.tables["events"] if row["day"] is not None]
        names = sorted({str(row["event"]) for row in rows if row["event"] is not None})
        rows = sorted((r for r in rows if r["event"] is not None), key=lambda r: (r["account_no"], r["day"]))  # type: ignore[arg-type, return-value]
        arrays = EventArrays(
            np.array([r["account_no"] for r in rows], np.uint32),
            np.zeros(len(rows), np.uint32),
            np.array([names.index(str(r["event"])) for r in rows], np.uint16),
            np.array([(r["day"] - EPOCH).days for r in rows], np.int32),  # type: ignore[operator, union-attr]
        )
        odd = np.arange(len(rows)) % 2 == 1  # so that both runs of a store are there
        runs = EventRuns(*(EventArrays(*(a[part] for a in arrays)).read_only() for part in (~odd, odd)))
        return Events.of(runs, names, self.as_of)

    def attribute(self, name: str) -> Column:
        kind = ValueType.INTEGER if name == "id" else self.world.types[name]
        values = pa.array([row.get(name) for row in self._rows], _ARROW[kind])
        return encode(values, kind, self.numbers, int(self.numbers.max(initial=0)))

    def computed(self, values: Sequence[Node]) -> list[pa.Array]:
        order = {row["id"]: n for n, row in enumerate(self.world.rows)}
        answers = self._sql.answers(self.world, values) or []
        return [pa.array([found[order[row["id"]]] for row in self._rows]) for found in answers]

    def remember(self, segment: str, members: np.ndarray[Any, Any]) -> None:
        assert self.world.segments[segment] == members.tolist()
