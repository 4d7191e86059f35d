"""How sure it is that two accounts are one customer: rules that decide by themselves, and what limits the model."""

from __future__ import annotations

from beachhead.customers.matching.evidence import INITIALS, MISSPELT, PART, SAME
from beachhead.engines.duck import DuckEngine

_SURE = 0.95
_NEAR = "(phone = 1 OR street = 1 OR postcode = 1)"

EMAIL = f"""CASE
    WHEN email IS NULL THEN 0
    WHEN apart THEN 0.4
    WHEN names IS NULL OR names >= {INITIALS} THEN 0.99
    WHEN {_NEAR} OR is_mailbox THEN 0.96
    ELSE 0.8 END"""
DOMAIN = f"""CASE
    WHEN domain IS NULL OR people THEN 0
    WHEN apart THEN 0.3
    WHEN (is_shared OR group_label) AND elsewhere THEN 0.8
    WHEN crowded THEN CASE
        WHEN names IS NULL THEN 0.6
        WHEN names < {MISSPELT} OR form_abroad THEN 0.5
        WHEN {_NEAR} OR country = 1 THEN 0.99
        WHEN same_list OR one_place OR is_shared THEN 0.8
        ELSE 0.98 END
    WHEN names >= {MISSPELT} THEN 0.99
    WHEN names < {MISSPELT} AND group_label THEN 0.8
    WHEN names >= {PART} AND {_NEAR} THEN 0.98
    WHEN names IS NULL OR names >= {INITIALS} OR is_mailbox THEN 0.96
    WHEN named_after AND ({_NEAR} OR city = 1) THEN 0.955
    WHEN {_NEAR} THEN 0.8
    ELSE 0.6 END"""
NAME = f"""CASE
    WHEN people OR apart THEN 0
    WHEN is_mailbox AND names < {PART} AND phone = 1 AND (city = 1 OR postcode = 1 OR street = 1) THEN 0.96
    WHEN names IS NULL OR names < {MISSPELT} THEN 0
    WHEN (crowded OR group_label OR is_shared) AND country < 1 AND NOT {_NEAR} THEN 0.8
    WHEN other_domain THEN CASE WHEN {_NEAR} THEN 0.9 WHEN names = {SAME} THEN 0.5 ELSE 0 END
    WHEN {_NEAR} AND names = {SAME} THEN 0.98
    WHEN {_NEAR} THEN 0.96
    WHEN names < {SAME} AND NOT rare THEN CASE WHEN city = 1 THEN 0.8 ELSE 0.5 END
    WHEN city = 1 AND postcode = 0 THEN 0.97
    WHEN city = 1 AND names = {SAME} AND NOT same_list THEN 0.955
    WHEN city = -1 OR postcode = -1 OR NOT rare THEN 0.7
    WHEN country = 1 THEN 0.96
    ELSE 0.955 END"""
"""What each kind of agreement is worth, as a probability; the first line that holds counts."""

_LIMIT = f"""CASE
    WHEN people THEN 1
    WHEN apart THEN 0.3
    WHEN crowded AND (names IS NULL OR names < {MISSPELT} OR form_abroad) THEN 0.4
    WHEN (crowded AND (same_list OR one_place) OR is_shared AND email IS NULL) AND country < 1 AND NOT {_NEAR} THEN 0.8
    WHEN group_label AND names < {MISSPELT} THEN 0.9
    WHEN same_list AND names < {MISSPELT} THEN 0.4
    WHEN names < {INITIALS} THEN 0.9
    WHEN other_domain THEN 0.9
    ELSE 1 END"""
_LIMIT_OF_ONE_LIST = f"""CASE
    WHEN people OR NOT same_list OR (email IS NOT NULL AND is_mailbox) THEN 1
    WHEN names < {INITIALS} AND email IS NULL AND NOT {_NEAR} THEN 0.4
    WHEN names IS NULL OR names < {MISSPELT} THEN 0.8
    WHEN postcode = -1 AND street < 1 AND email IS NULL AND domain IS NULL THEN 0.9
    WHEN names = {SAME} AND city = 1 AND street > -1 AND phone > -1 AND NOT other_domain THEN 1
    WHEN email IS NULL AND domain IS NULL AND NOT {_NEAR} THEN 0.9
    ELSE 1 END"""
"""A list rarely holds a customer twice: there, nearly the same name and something that few share are both needed."""


def judge_pairs(engine: DuckEngine, evidence: str, scored: str, people: bool, into: str) -> None:
    """Make the table `into` (l, r, how, probability, apart, same_list) of the tables `evidence` and `scored`.

    apart: they are two, whatever else agrees (never where customers are `people`): different countries in their names
    or addresses, or legal forms that no country has both.
    """
    engine.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {into} AS
        WITH known AS (
            SELECT e.*, {people} AS people, coalesce(s.probability, 0) AS scored,
                coalesce(e.domain IN (FROM match_crowded), false) AS crowded,
                coalesce(e.label IN (FROM match_crowded), false) AS group_label,
                coalesce(e.one_name IN (FROM match_shared_names) OR e.other_name IN (FROM match_shared_names), false)
                    AS is_shared,
                NOT {people} AND (e.other_form OR e.other_place OR e.country = -1) AS apart
            FROM {evidence} AS e LEFT JOIN {scored} AS s USING (l, r)),
        weighed AS (
            SELECT l, r, apart, same_list, {EMAIL} AS by_email, {DOMAIN} AS by_domain, {NAME} AS by_name,
                least(scored, {_LIMIT}) AS by_model, {_LIMIT_OF_ONE_LIST} AS most,
                CASE WHEN elsewhere OR form_abroad THEN 0.02 ELSE 0 END AS unlikely
            FROM known)
        SELECT l, r, apart, same_list,
            CASE WHEN by_email >= {_SURE} THEN 'email' WHEN by_domain >= {_SURE} THEN 'domain'
                WHEN by_name >= {_SURE} THEN 'name'
                WHEN by_model >= greatest(by_email, by_domain, by_name) THEN 'probable'
                WHEN by_email >= greatest(by_domain, by_name) THEN 'email' WHEN by_domain >= by_name THEN 'domain'
                ELSE 'name' END AS how,
            CAST(least(greatest(by_email, by_domain, by_name, by_model), most) - unlikely AS DOUBLE) AS probability
        FROM weighed
        """
    )
