"""What is said of a name that no segment has: a family's own, one for a value that nobody has, or none at all."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from beachhead.errors import Diagnostic, nearest_name

_NAMED = 5


def unknown_segment(name: str, known: Collection[str], unsound: Collection[str] = ()) -> Diagnostic:
    """Why there is no segment of that name among the `known`, and the nearest there are; `unsound` cannot be evaluated.

    A family is known by its segments, `family/value`.
    """
    family, _, value = name.partition("/")
    values = sorted(n.removeprefix(f"{family}/") for n in known if n.startswith(f"{family}/"))
    if not values:
        return remarked(Diagnostic.unknown_name("segment", name, known), unsound)
    if not value:
        return a_family(family, values)
    return nobody_has(value, family, values)


def a_family(family: str, values: Sequence[str]) -> Diagnostic:
    """That a name is a family's; `values` are those it has segments for, empty where that is not known."""
    remedy = f"Name one of it: {_listed(family, values)}." if values else f"Name one of it by its value: {family}/…."
    return Diagnostic("family-not-segment", f"'{family}' is a family of segments, not one", remedy=remedy)


def nobody_has(value: str, family: str, values: Collection[str]) -> Diagnostic:
    """That no customer has a value, so that a family has no segment for it; with those for the nearest values."""
    ordered = sorted(values, key=lambda known: -SequenceMatcher(None, value.casefold(), known.casefold()).ratio())
    near = nearest_name(value, values)
    return Diagnostic(
        "unknown-segment", f"'{family}' has no segment for '{value}', a value that nobody has now",
        remedy=f"The nearest: {_listed(family, ordered)}." if ordered else "Nobody has any value.",
        nearest=f"{family}/{near}" if near else None,
    )  # fmt: skip


def remarked(diagnostic: Diagnostic, unsound: Collection[str]) -> Diagnostic:
    """The same; where it proposes a segment that cannot be evaluated, that is said too."""
    if diagnostic.code != "unknown-segment" or diagnostic.nearest not in unsound:
        return diagnostic
    return replace(diagnostic, remedy=f"{diagnostic.remedy} It cannot be evaluated as it is.")


def _listed(family: str, values: Sequence[str]) -> str:
    named = ", ".join(f"{family}/{value}" for value in values[:_NAMED])
    return f"{named}, …" if len(values) > _NAMED else named
