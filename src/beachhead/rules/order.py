"""In which order things that refer to each other are computed; what runs in a circle is said and left out."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass

from beachhead.errors import Diagnostic, Place
from beachhead.rules.ast import Node
from beachhead.rules.uses import uses


@dataclass(frozen=True, slots=True)
class Ordered:
    """`names`: each after all that it uses, otherwise in the given order. `blocked`: in a circle, or using one."""

    names: tuple[str, ...]
    blocked: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]


def segment_order(rules: Mapping[str, Node]) -> Ordered:
    """The order of segments by those that they name; segments that do not exist are the checker's concern.

    A name such as `by_country/Germany` is one of the family `by_country`, unless it is in the mapping itself.
    """
    return _order("segment", {name: _uses(rule, "segment", rules) for name, rule in rules.items()})


def attribute_order(expressions: Mapping[str, Node]) -> Ordered:
    """The order of user-defined attributes by use; attributes outside the mapping are taken as given."""
    return _order("attribute", {name: _uses(e, "attribute", expressions) for name, e in expressions.items()})


def _uses(node: Node, kind: str, known: Mapping[str, Node]) -> dict[str, Place | None]:
    found: dict[str, Place | None] = {}
    for use in uses(node):
        name = use.name if use.name in known else use.name.partition("/")[0]
        if use.kind == kind and name in known:
            found.setdefault(name, use.place)
    return found


def _order(noun: str, uses: Mapping[str, Mapping[str, Place | None]]) -> Ordered:
    """Topological order (Kahn, 1962)."""
    position = {name: i for i, name in enumerate(uses)}
    users: dict[str, list[str]] = {name: [] for name in uses}
    waiting = {name: len(used) for name, used in uses.items()}
    for name, used in uses.items():
        for other in used:
            users[other].append(name)
    ready = [position[name] for name, count in waiting.items() if count == 0]
    names = list(uses)
    ordered: list[str] = []
    while ready:
        name = names[heapq.heappop(ready)]
        ordered.append(name)
        for user in users[name]:
            waiting[user] -= 1
            if waiting[user] == 0:
                heapq.heappush(ready, position[user])
    blocked = tuple(name for name in uses if waiting[name])
    return Ordered(tuple(ordered), blocked, tuple(_cycle(noun, c, uses) for c in _cycles(blocked, uses)))


def _cycles(blocked: tuple[str, ...], uses: Mapping[str, Mapping[str, Place | None]]) -> list[list[str]]:
    """One circle for each group of names that block each other: follow blocked uses until a name comes again."""
    left = set(blocked)
    seen: set[str] = set()
    cycles: list[list[str]] = []
    for start in blocked:
        path: dict[str, int] = {}
        name = start
        while name not in seen and name not in path:
            path[name] = len(path)
            name = next(other for other in uses[name] if other in left)
        if name in path:
            cycles.append(list(path)[path[name] :])
        seen.update(path)
    return cycles


def _cycle(noun: str, cycle: list[str], uses: Mapping[str, Mapping[str, Place | None]]) -> Diagnostic:
    steps = list(zip(cycle, [*cycle[1:], cycle[0]], strict=True))
    if len(cycle) == 1:
        message = f"{noun} '{cycle[0]}' refers to itself"
    else:
        message = f"{noun}s refer to each other in a circle: {' → '.join([*cycle, cycle[0]])}"
    places = [f"'{name}' uses '{other}'{_at(uses[name][other])}" for name, other in steps]
    return Diagnostic(
        f"{noun}-cycle", message, place=uses[cycle[0]][steps[0][1]], why="; ".join(places),
        remedy="Write out the condition in one of them instead." if noun == "segment" else "Remove one of these uses.",
    )  # fmt: skip


def _at(place: Place | None) -> str:
    return f" ({place})" if place else ""
