"""What is odd about rules that are correct: never true, always true, equal to another one, or contained in it.

Only what is certain is said, by reasoning over sets of values (`canonical`); it is not everything that is so.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from beachhead.errors import Diagnostic, Place, Severity
from beachhead.rules.ast import Aggregate, And, Attribute, Node, Or, Was
from beachhead.rules.canonical import Canon, Choice, Demand, Term, implies
from beachhead.rules.check import Checked
from beachhead.rules.types import Catalog
from beachhead.rules.value_sets import HIGHEST, LOWEST, Cut, Values

_MOST_LOOKED_AT = 200
"""So many wider rules are tried for one, so that a thousand rules on one attribute take no longer than others."""


def lint(rules: Mapping[str, Checked | Node], catalog: Catalog | None = None) -> dict[str, tuple[Diagnostic, ...]]:
    """What is odd about each of a set of segments; names about which nothing is said are left out.

    `rules` are checked rules (those with errors are passed over) or core trees. With a catalog it is known which
    attributes are whole numbers. A rule that equals an earlier one is said to; of the rules that contain another,
    one is named.
    """
    canon = Canon(catalog)
    demands: dict[str, Demand] = {}
    places: dict[str, Place | None] = {}
    found: dict[str, list[Diagnostic]] = {}
    for name, rule in rules.items():
        core = rule.core if isinstance(rule, Checked) else rule
        if core is None:
            continue
        demands[name] = canon.demand(core)
        places[name] = place_of(core)
        found[name] = list(_alone(demands[name], places[name]))
    first_of: dict[Demand, str] = {}
    for name, demand in demands.items():
        if demand.is_never or demand.is_always:
            continue
        first = first_of.setdefault(demand, name)
        if first != name:
            found[name].append(_equal(first, places[name]))
    index = _Index(first_of)
    for demand, name in first_of.items():
        wider = index.wider(demand)
        if wider is not None:
            found[name].append(_within(wider, places[name]))
    return {name: tuple(said) for name, said in found.items() if said}


def never_or_always(core: Node, catalog: Catalog) -> str | None:
    """In words that a rule is true of nobody or of everybody, whatever the data; None where that is not certain."""
    demand = Canon(catalog).demand(core)
    if demand.is_never:
        return f"this rule can never be true{_clash(demand)}"
    return "this rule is always true" if demand.is_always else None


def place_of(node: Node) -> Place | None:
    """Where a tree begins; the place of its first part that has one."""
    if node.span:
        return node.span.place
    parts = node.items if isinstance(node, And | Or) else ()
    return next((part.span.place for part in parts if part.span), None)


def _alone(demand: Demand, place: Place | None) -> Iterator[Diagnostic]:
    if demand.is_never:
        yield Diagnostic(
            "rule-never-true", f"nobody can ever be in this segment{_clash(demand)}", Severity.WARNING,
            demand.place or place, remedy="Correct one of the conditions, or join them with 'or'.",
        )  # fmt: skip
    elif demand.is_always:
        yield Diagnostic(
            "rule-always-true", "everybody is always in this segment", Severity.WARNING, place,
            remedy="Correct the condition; for a segment of all customers this may stay.",
        )  # fmt: skip


def _equal(other: str, place: Place | None) -> Diagnostic:
    return Diagnostic(
        "segment-equal", f"this is the same as segment '{other}': both always have the same members", Severity.WARNING,
        place, remedy="Keep one of them.",
    )  # fmt: skip


def _within(other: str, place: Place | None) -> Diagnostic:
    return Diagnostic(
        "segment-within", f"whoever is in this segment is always in segment '{other}' too", Severity.INFO, place,
        remedy="If they should not overlap, exclude this one there.",
    )  # fmt: skip


def _clash(demand: Demand) -> str:
    return f": nothing fulfils its conditions on {_words(demand.clash)}" if demand.clash else ""


def _words(node: Node) -> str:
    match node:
        case Attribute(name=name):
            return f"'{name}'"
        case Aggregate() as rows:
            return f"the {rows.rows.table}"
        case Was():
            return "an earlier value"
        case _:
            return "one thing"


@dataclass(slots=True)
class _Bucket:
    """Rules by what they demand of one term: where its values begin, and how far those that begin earlier reach."""

    entries: list[tuple[Cut, Cut, Demand]] = field(default_factory=list)
    with_null: list[Demand] = field(default_factory=list)
    reach: list[Cut] = field(default_factory=list)

    def close(self) -> None:
        self.entries.sort(key=lambda entry: entry[0])
        highest = LOWEST
        for _, high, _ in self.entries:
            highest = max(highest, high)
            self.reach.append(highest)

    def around(self, values: Values) -> Iterator[Demand]:
        """Rules whose values may hold all of these, the nearest first."""
        if not values.cuts:
            yield from self.with_null
            return
        low, high = values.cuts[0], values.cuts[-1]
        at = bisect_right(self.entries, low, key=lambda entry: entry[0]) - 1
        while at >= 0 and self.reach[at] >= high:
            if self.entries[at][1] >= high:
                yield self.entries[at][2]
            at -= 1


class _Index:
    """Rules by the rarest term on which each demands something, so that few have to be compared."""

    def __init__(self, rules: Mapping[Demand, str]) -> None:
        self.rules = rules
        self.counts: dict[Term, int] = {}
        for demand in rules:
            for term, _ in demand.terms:
                self.counts[term] = self.counts.get(term, 0) + 1
        self.by_term: dict[Term, _Bucket] = {}
        self.by_choice: dict[Choice, list[Demand]] = {}
        for demand in rules:
            self._add(demand, demand)
        for bucket in self.by_term.values():
            bucket.close()

    def _add(self, demand: Demand, rule: Demand) -> None:
        """Enter a rule under a demand that all who fulfil it fulfil, or under each of its choices."""
        if demand.terms:
            term, values = min(demand.terms, key=lambda entry: (self.counts.get(entry[0], 0), entry[0]))
            bucket = self.by_term.setdefault(term, _Bucket())
            low, high = (values.cuts[0], values.cuts[-1]) if values.cuts else (HIGHEST, LOWEST)
            bucket.entries.append((low, high, rule))
            if values.has_null:
                bucket.with_null.append(rule)
            return
        choice = _fewest(demand)
        self.by_choice.setdefault(choice, []).append(rule)
        for item in choice.items:
            if item.terms:
                self._add(item, rule)

    def wider(self, demand: Demand) -> str | None:
        """A rule that everybody fulfils who fulfils this one; None when none is seen."""
        looked_at = 0
        for other in self._candidates(demand):
            if other == demand:
                continue
            looked_at += 1
            if looked_at > _MOST_LOOKED_AT:
                return None
            if implies(demand, other):
                return self.rules[other]
        return None

    def _candidates(self, demand: Demand) -> Iterator[Demand]:
        for choice in demand.choices:
            yield from self.by_choice.get(choice, ())
        own = demand
        if not own.terms:  # whoever fulfils a choice fulfils one of its items
            own = min(_fewest(demand).items, key=repr)
        for term, values in sorted(own.terms, key=lambda entry: (self.counts.get(entry[0], 0), entry[0])):
            if term in self.by_term:
                yield from self.by_term[term].around(values)


def _fewest(demand: Demand) -> Choice:
    """The choice with the fewest items, always the same one of several."""
    return min(demand.choices, key=lambda choice: (len(choice.items), min(map(repr, choice.items))))
