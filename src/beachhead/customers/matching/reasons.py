"""Why two records are, or may be, one customer, in the words of the people who decide it."""

from __future__ import annotations

from beachhead.customers.matching.evidence import INITIALS, MISSPELT, PART, SAME
from beachhead.engines.duck import DuckEngine

_FOR = (
    "'same e-mail ' || list_intersect(a.emails, b.emails)[1]",
    "'same web address ' || list_intersect(a.domains, b.domains)[1]",
    f"""CASE match_name_level(a.joined, a.tokens, a.digits, b.joined, b.tokens, b.digits)
        WHEN {SAME} THEN CASE WHEN a.shown = b.shown THEN 'same name ' || a.shown
            ELSE 'name ' || a.shown || ' ~ ' || b.shown END
        WHEN {MISSPELT} THEN 'name ' || a.shown || ' ~ ' || b.shown
        WHEN {PART} THEN 'similar names ' || a.shown || ', ' || b.shown
        WHEN {INITIALS} THEN 'initials: ' || a.shown || ', ' || b.shown END""",
    "CASE WHEN a.phone = b.phone THEN 'same phone number' END",
    "CASE WHEN a.birth_date = b.birth_date THEN 'same birth date' END",
    "CASE WHEN a.street = b.street THEN 'same street' END",
    "CASE WHEN a.postcode = b.postcode THEN 'same postcode' END",
    "CASE WHEN a.city = b.city THEN 'same city' END",
    "CASE WHEN a.country = b.country THEN 'same country' END",
)
_AGAINST = (
    f"""CASE WHEN match_name_level(a.joined, a.tokens, a.digits, b.joined, b.tokens, b.digits) < {INITIALS}
        THEN 'names ' || a.shown || ' and ' || b.shown END""",
    "CASE WHEN NOT list_has_any(a.domains, b.domains) THEN 'web addresses ' || a.domains[1] || ' and ' || "
    "b.domains[1] END",
    "CASE WHEN NOT list_has_any(a.forms, b.forms) THEN 'legal forms ' || a.legal || ' and ' || b.legal END",
    "CASE WHEN a.country <> b.country THEN 'countries ' || upper(a.country) || ' and ' || upper(b.country) END",
    "CASE WHEN a.postcode <> b.postcode THEN 'postcodes ' || a.postcode || ' and ' || b.postcode END",
    "CASE WHEN a.birth_date <> b.birth_date THEN 'birth dates ' || a.birth_date || ' and ' || b.birth_date END",
)


def make_reasoned(engine: DuckEngine, pairs: str, into: str) -> None:
    """Make the table `into` (l, r, why) of the relation `pairs` (l, r). What speaks against it follows after "but"."""
    engine.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {into} AS
        WITH said AS (
            SELECT p.l, p.r, concat_ws(', ', {", ".join(_FOR)}) AS agree, concat_ws(', ', {", ".join(_AGAINST)})
                AS differ
            FROM {pairs} AS p JOIN match_accounts AS a ON a.no = p.l JOIN match_accounts AS b ON b.no = p.r)
        SELECT l, r, CASE WHEN agree = '' THEN 'nearly the same in several fields' ELSE agree END
            || CASE WHEN differ <> '' THEN '; but different ' || differ ELSE '' END AS why
        FROM said
        """
    )
