"""Rules over the customers of a day: their values become columns, the rules one program. What fails, fails alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from beachhead.errors import BeachheadError, Diagnostic
from beachhead.project.definitions import SegmentDefinition
from beachhead.rules import Node, ValueType, segments_used
from beachhead.rules.ast import Attribute
from beachhead.segments.activity import Events, plan_activity
from beachhead.segments.columns import Column, encode
from beachhead.segments.engine import Engine
from beachhead.segments.program import tests_of


@dataclass(frozen=True)
class CompiledSegment:
    """A segment whose rule was checked; `node` is its core. `version` changes when the rule's meaning does."""

    definition: SegmentDefinition
    node: Node
    version: str
    english: str
    lacking: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.definition.name


class Population(Protocol):
    """The customers of a day and what is known of them."""

    @property
    def as_of(self) -> date: ...

    @property
    def numbers(self) -> NDArray[np.uint32]:
        """The account numbers of the customers there are, ascending."""
        ...

    @property
    def events(self) -> Events | None:
        """What they did, None where there are no events."""
        ...

    def attribute(self, name: str) -> Column:
        """The codes of an attribute; all unknown where it has no data. Raises `BeachheadError`."""
        ...

    def computed(self, values: Sequence[Node]) -> Sequence[pa.Array]:
        """Any other values of the customers, in the order of `numbers`. Raises `BeachheadError`."""
        ...

    def remember(self, segment: str, members: NDArray[np.uint32]) -> None:
        """Members as of this day, for values that ask for them."""
        ...


@dataclass(frozen=True, eq=False)
class Ready:
    """Rules that can be evaluated, in order; and those that cannot, with what is wrong."""

    engine: Engine
    failed: Mapping[str, tuple[Diagnostic, ...]]


def make_ready(rules: Mapping[str, Node], population: Population) -> Ready:
    """Get the values of rules ready, which are given so that each comes after those it names in `in_segment`.

    A member is a customer for whom the rule is true; unknown is not a member. A rule that reads a value which cannot be
    had fails, and so does one that names a failed one.
    """
    tests = tests_of(rules.values(), population.as_of)
    asked = frozenset[str]().union(*map(segments_used, tests)) & rules.keys()
    if asked:  # a value, not only a rule, is made of who is in a segment
        below = make_ready(with_all_used(asked, rules), population)
        for name, members in below.engine.members(asked - below.failed.keys()).items():
            population.remember(name, members)
    activity = plan_activity(tests, population.events) if population.events else None
    counted = activity.columns if activity else {}
    columns, broken = _columns([v for v in tests if v not in counted], population)
    failed: dict[str, tuple[Diagnostic, ...]] = {}
    for name, rule in rules.items():
        read = tests_of([rule], population.as_of) if broken else {}
        wrong = [d for value in read if value in broken for d in broken[value].diagnostics]
        if wrong := wrong or (_blocked(name, rule, failed) if failed else []):
            failed[name] = tuple(wrong)
    sound = {name: rule for name, rule in rules.items() if name not in failed}
    return Ready(Engine.of(sound, columns, activity, population.numbers, population.as_of), failed)


def with_all_used(names: Iterable[str], rules: Mapping[str, Node]) -> dict[str, Node]:
    """The rules of these segments, and of all that they name at any distance, in the given order; what is no segment is
    left out."""
    needed: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in rules and name not in needed:
            needed.add(name)
            waiting += segments_used(rules[name])
    return {name: rule for name, rule in rules.items() if name in needed}


def _columns(
    values: Sequence[Node], population: Population
) -> tuple[dict[Node, Column], dict[Node, BeachheadError]]:  # fmt: skip
    """The columns of values, and why others cannot be had; what must be computed is computed together."""
    columns: dict[Node, Column] = {}
    broken: dict[Node, BeachheadError] = {}
    computed = [v for v in values if not isinstance(v, Attribute)]
    for value in values:
        if isinstance(value, Attribute):
            try:
                columns[value] = population.attribute(value.name)
            except BeachheadError as e:
                broken[value] = e
    try:
        arrays = population.computed(computed) if computed else []
        columns |= {v: _encoded(a, population.numbers) for v, a in zip(computed, arrays, strict=True)}
    except BeachheadError:
        for value in computed:
            try:
                columns[value] = _encoded(population.computed([value])[0], population.numbers)
            except BeachheadError as e:
                broken[value] = e
    return columns, broken


def column_of(value: Node, population: Population) -> Column:
    """The column of one value. Raises `BeachheadError`."""
    if isinstance(value, Attribute):
        return population.attribute(value.name)
    return _encoded(population.computed([value])[0], population.numbers)


def _encoded(values: pa.Array | pa.ChunkedArray, numbers: NDArray[np.uint32]) -> Column:
    return encode(values, type_of(values.type), numbers, int(numbers.max(initial=0)))


def type_of(arrow: pa.DataType) -> ValueType:
    """The type of the language of computed values."""
    if pa.types.is_boolean(arrow):
        return ValueType.BOOLEAN
    if pa.types.is_integer(arrow):
        return ValueType.INTEGER
    if pa.types.is_date(arrow):
        return ValueType.DATE
    if pa.types.is_timestamp(arrow):
        return ValueType.TIMESTAMP
    return ValueType.NUMBER if pa.types.is_floating(arrow) or pa.types.is_decimal(arrow) else ValueType.TEXT


def _blocked(name: str, rule: Node, failed: Mapping[str, object]) -> list[Diagnostic]:
    return [
        Diagnostic(
            "needs-failed-segment",
            f"segment '{name}' was not evaluated, since '{other}' could not be",
            remedy=f"Mend '{other}' first.",
        )
        for other in sorted(segments_used(rule))
        if other in failed
    ]
