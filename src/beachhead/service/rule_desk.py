"""Rules tried on a published update while somebody writes them: what they say, whom they mean, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from beachhead.errors import BeachheadError, DataError, Diagnostic
from beachhead.rules import Node, Value, check_rule, expand, format_rule, parse, segments_used
from beachhead.rules.ast import And, Attribute, InSegment, Not, Or, all_of
from beachhead.segments.activity import counted_value
from beachhead.segments.engine import Engine
from beachhead.segments.evaluate import column_of, make_ready, with_all_used
from beachhead.segments.program import test_of
from beachhead.service.plan import Plan
from beachhead.service.population import Customers
from beachhead.service.segment_names import remarked

Path = tuple[int, ...]
"""Where a condition stands in its rule: the position below each node on the way down."""
WHOLE: Path = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """A rule text as it was understood. `node` and `core` are None where it has errors; then `english` is empty."""

    text: str
    node: Node | None
    core: Node | None
    english: str
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A condition or a group of them in a rule. `members`: for how many customers it is true; `with_those_before`: it
    and all before it in its "and", None elsewhere."""

    path: Path
    text: str
    english: str
    members: int
    with_those_before: int | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """Whom a rule means: `members` of `customers`, part by part, and the account numbers of some."""

    members: int
    customers: int
    parts: tuple[Part, ...]
    some: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """One condition for one customer. `holds`: None is unknown. `value`: what it looks at, where that is one value,
    and `attribute` its name where it is an attribute."""

    path: Path
    text: str
    english: str
    holds: bool | None
    value: Value
    has_value: bool
    attribute: str | None = None


class RuleDesk:
    """Rules over the customers of one published update. Columns that were read stay for the next rule."""

    def __init__(self, plan: Plan, population: Customers) -> None:
        self._plan = plan
        self._population = population
        self._segments = {s.name: s.node for s in plan.segments}

    def read(self, text: str) -> Reading:
        """What a rule says. Never raises for what is written."""
        try:
            parsed = parse(text)
        except BeachheadError as e:
            return Reading(text, None, None, "", e.diagnostics)
        checked = check_rule(parsed, self._plan.catalog)
        english = self._plan.english(checked.node) if checked.ok else ""
        node, core = (checked.node, checked.core) if checked.ok else (None, None)
        said = tuple(remarked(d, self._plan.unsound) for d in checked.diagnostics)
        return Reading(text, node, core, english, said)

    def count(self, node: Node, some: int = 20) -> Counted:
        """Whom a checked rule means. Raises `DataError` where it cannot be evaluated."""
        parts = list(_parts(node))
        rules = {_name(path): expand(part) for path, part in parts}
        rules |= {f"{_name(path)} and before": expand(before) for path, before in _with_before(node)}
        engine = self._engine(rules)
        numbers, members = engine.counts_and_members(_name(WHOLE))
        counts = dict(zip(engine.names, numbers.tolist(), strict=True))
        return Counted(
            counts[_name(WHOLE)],
            len(self._population.numbers),
            tuple(
                Part(
                    path, format_rule(part), self._plan.english(part), counts[_name(path)],
                    counts.get(f"{_name(path)} and before"),
                )
                for path, part in parts
            ),
            tuple(members[:some].tolist()),
        )  # fmt: skip

    def why(self, node: Node, account_no: int) -> tuple[bool, tuple[Reason, ...]]:
        """Whether a checked rule is true of a customer, and each of its conditions. Raises `DataError`."""
        leaves = [(path, part) for path, part in _parts(node) if not isinstance(part, And | Or | Not)]
        cores = {path: expand(part) for path, part in leaves}
        rules = {f"true {_name(path)}": core for path, core in cores.items()}
        rules |= {f"false {_name(path)}": Not(core) for path, core in cores.items()}
        engine = self._engine({_name(WHOLE): expand(node), **rules})
        start = account_no // 64 * 64
        bits = engine.rows(start, 64)[:, 0] >> np.uint64(account_no - start) & np.uint64(1)
        holds = dict(zip(engine.names, (bits == 1).tolist(), strict=True))
        reasons = []
        for path, part in leaves:
            true, false = holds[f"true {_name(path)}"], holds[f"false {_name(path)}"]
            known = self._value(cores[path], account_no)
            looked_at = test_of(cores[path], self._population.as_of).value
            reasons.append(
                Reason(
                    path,
                    format_rule(part),
                    self._plan.english(part),
                    True if true else False if false else None,
                    known[0] if known else None,
                    known is not None,
                    looked_at.name if isinstance(looked_at, Attribute) else None,
                )
            )
        return holds[_name(WHOLE)], tuple(reasons)

    def holds(self, core: Node, account_no: int) -> bool:
        """Whether a core condition is true of a customer. Raises `DataError`."""
        return _name(WHOLE) in self._engine({_name(WHOLE): core}).segments_of(account_no)

    def members(self, core: Node) -> NDArray[np.uint32]:
        """For whom a core condition is true, by account number, ascending. Raises `DataError`."""
        return self._engine({_name(WHOLE): core}).members([_name(WHOLE)])[_name(WHOLE)]

    def _engine(self, rules: Mapping[str, Node]) -> Engine:
        asked = frozenset[str]().union(*map(segments_used, rules.values()))
        ready = make_ready({**with_all_used(asked, self._segments), **rules}, self._population)
        wrong = [d for name in rules for d in ready.failed.get(name, ())]
        if wrong:
            raise DataError(wrong)
        return ready.engine

    def _value(self, core: Node, account_no: int) -> tuple[Value] | None:
        """The value that a condition looks at; None where it looks at none or at several."""
        if isinstance(core, InSegment | And | Or | Not):
            return None
        test = test_of(core, self._population.as_of)
        events = self._population.events
        counted = counted_value(test.value, events, account_no) if events else None
        return counted or (column_of(test.value, self._population).value(account_no),)


def _name(path: Path) -> str:
    """What a part is called beside segments, which have no blank in their names."""
    return f"part {'.'.join(map(str, path))}"


def _parts(node: Node, path: Path = WHOLE) -> Iterator[tuple[Path, Node]]:
    """A rule and all groups and conditions below it, each before those below it."""
    yield path, node
    match node:
        case And() | Or():
            for n, item in enumerate(node.items):
                yield from _parts(item, (*path, n))
        case Not():
            yield from _parts(node.item, (*path, 0))


def _with_before(node: Node) -> Iterator[tuple[Path, Node]]:
    """The items of every "and" but its first, each with those before it."""
    for path, part in _parts(node):
        if isinstance(part, And):
            for n in range(1, len(part.items)):
                yield (*path, n), all_of(part.items[: n + 1])
