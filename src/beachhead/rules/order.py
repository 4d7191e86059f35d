"""In which order things that refer to each other are computed; what runs in a circle is said and left out."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from beachhead.errors import Diagnostic, Place
from beachhead.rules.ast import Node
from beachhead.rules.uses import uses

Uses = Mapping[str, Mapping[str, Place | None]]
"""What each uses, and where."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """`names`: each after all that it uses, otherwise in the given order. `circles`: what is in a circle, with what is
    said of that circle; who merely uses one is among the names."""

    names: tuple[str, ...]
    circles: Mapping[str, Diagnostic]

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """One for each circle."""
        return tuple(dict.fromkeys(self.circles.values()))


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


def _order(noun: str, uses: Uses) -> Ordered:
    circles: dict[str, Diagnostic] = {}
    for circle in _circles(uses):
        circles |= dict.fromkeys((n for n in circle if n not in circles), _told(noun, circle, uses))
    return Ordered(_sorted(_without(circles, uses)), circles)


def _sorted(uses: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """Topological order (Kahn, 1962), without what is in a circle or uses one."""
    position = {name: i for i, name in enumerate(uses)}
    users = _users(uses)
    waiting = {name: len(used) for name, used in uses.items()}
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
    return tuple(ordered)


def _users(uses: Mapping[str, Collection[str]]) -> dict[str, list[str]]:
    users: dict[str, list[str]] = {name: [] for name in uses}
    for name, used in uses.items():
        for other in used:
            users[other].append(name)
    return users


def _circles(uses: Uses) -> Iterator[list[str]]:
    """The circles, none twice: the shortest through each name that is in none before it."""
    left = _without(_sorted(uses), uses)
    left = _without(_sorted(_users(left)), left)
    told: set[str] = set()
    for start in left:
        if start not in told and (circle := _circle(start, left)):
            told.update(circle)
            yield circle


def _without(gone: Collection[str], uses: Mapping[str, Collection[str]]) -> dict[str, list[str]]:
    out = set(gone)
    return {name: [n for n in used if n not in out] for name, used in uses.items() if name not in out}


def _circle(start: str, uses: Mapping[str, Collection[str]]) -> list[str]:
    """The shortest way from a name back to it, breadth first; empty where there is none."""
    came_from: dict[str, str] = {}
    queue = deque([start])
    while queue:
        name = queue.popleft()
        if start in uses[name]:
            way = [name]
            while way[-1] != start:
                way.append(came_from[way[-1]])
            return way[::-1]
        for other in uses[name]:
            if came_from.setdefault(other, name) == name:
                queue.append(other)
    return []


def _told(noun: str, cycle: list[str], uses: Uses) -> Diagnostic:
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
