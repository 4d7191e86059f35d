"""What the words of a report mean: the measures it uses and the attributes it names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from beachhead.customers.attributes import Attribute
from beachhead.reports.gaps import fitting, unfit_tables
from beachhead.reports.words import Words

_SOURCE = {"explicit": "stated by the customer or entered by somebody", "implicit": "observed"}
_KINDS = {
    "firmographic": "about the company",
    "geographic": "about the place",
    "psychographic": "about wishes and opinions",
    "behavioural": "about what they do",
    "account": "about the customer",
}


@dataclass(frozen=True, slots=True)
class Term:
    """`name`: the attribute's name in segments and value.yml; empty for a measure."""

    word: str
    name: str
    meaning: str


def terms(
    attributes: Mapping[str, Attribute],
    used: Iterable[str],
    *,
    has_kept: bool,
    has_score: bool,
    has_nps: bool,
    words: Words,
) -> tuple[Term, ...]:
    """Measures first, then attributes by title."""
    kept = "Of those who ever were customers, the share that are customers on the day of the report."
    measures = [
        *([Term(words.kept, "", kept)] if has_kept else []),
        Term(
            "Likely range",
            "",
            "95 % range: where the true value lies if what was seen is a fair sample. Wilson for "
            "shares, Newcombe for differences, exact order statistics for middle values.",
        ),
        Term("Points", "", "Difference of two percentages: 60 % against 40 % are 20 points."),
    ]
    if has_score:
        measures.append(
            Term(
                "Score",
                "",
                "Weighted mean of the inputs, each from 0 to 100, as the project's value.yml says. Placed "
                "against all who are or were customers.",
            )
        )
    if has_nps:
        measures.append(
            Term(
                "NPS",
                "",
                "Share of answers 9 and 10 less share of answers 0 to 6, from −100 to +100. Each "
                "customer's latest answer.",
            )
        )
    named = sorted((attributes[n] for n in set(used) if n in attributes), key=lambda a: a.title.casefold())
    return (*measures, *(Term(a.title, a.name, _meaning(a, words)) for a in named))


def _meaning(attribute: Attribute, words: Words) -> str:
    if attribute.description:
        return attribute.description
    every = " and ".join(n.replace("|", " or ") for n in attribute.needs)
    needs = fitting(every, unfit_tables(is_shop=words.is_shop)) if every else ""
    source = f" From {needs}." if needs else ""
    return f"{_KINDS[attribute.kind].capitalize()}, {_SOURCE[attribute.origin]}.{source}"
