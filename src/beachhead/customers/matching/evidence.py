"""What two accounts agree and disagree in, as SQL over pairs of them."""

from __future__ import annotations

from beachhead.engines.duck import DuckEngine

SAME, MISSPELT, PART, INITIALS, OTHER, NAMES_APART = 5, 4, 3, 2, 1, 0
"""How two names agree: but for the legal form; but for a typing mistake or the order; one is a part of the other; one
is the other's initials; both have words of their own; not at all."""

_SAME_WORD = (
    "t = u OR (len(t) >= 4 AND (jaro_winkler_similarity(t, u) >= 0.92 OR damerau_levenshtein(t, u) <= "
    "len(t) // 7 + CASE WHEN len(u) > 4 THEN 1 ELSE 0 END)) OR (len(t) >= 4 AND starts_with(u, t)) "
    "OR (len(u) >= 4 AND starts_with(t, u))"
)


_RARE = 0.1


def make_macros(engine: DuckEngine) -> None:
    """Make the SQL macro `match_name_level(joined, tokens, digits, the same of the other)`; null where one is null."""
    engine.execute(
        f"""
        CREATE OR REPLACE TEMP MACRO match_unmatched(a, b) AS len(list_filter(a, lambda t:
            len(list_filter(b, lambda u: {_SAME_WORD})) = 0));
        CREATE OR REPLACE TEMP MACRO match_initials(a, b) AS len(b) >= 3 AND len(a) = 1 AND len(a[1]) >= 3
            AND a[1] = list_aggregate(list_transform(b, lambda t: left(t, 1)), 'string_agg', '');
        CREATE OR REPLACE TEMP MACRO match_is_typo(j1, t1, d1, j2, t2, d2) AS d1 = d2 AND (
            (len(j1) >= 5 AND len(j2) >= 5 AND left(j1, 1) = left(j2, 1) AND abs(len(j1) - len(j2)) < 4
                AND damerau_levenshtein(j1, j2) <= 1 + (len(j1) + len(j2)) // 20)
            OR (len(t1) = len(t2) AND len(t1) > 1 AND list_sort(t1) = list_sort(t2)));
        CREATE OR REPLACE TEMP MACRO match_rank(u1, n1, u2, n2, d1, d2, initials) AS CASE
            WHEN d1 <> d2 THEN CASE WHEN u1 < n1 THEN {OTHER} ELSE {NAMES_APART} END
            WHEN u1 = 0 AND u2 = 0 AND n1 = n2 THEN {MISSPELT}
            WHEN u1 = 0 OR u2 = 0 THEN {PART}
            WHEN initials THEN {INITIALS}
            WHEN u1 < n1 THEN {OTHER}
            ELSE {NAMES_APART} END;
        CREATE OR REPLACE TEMP MACRO match_name_level(j1, t1, d1, j2, t2, d2) AS CASE
            WHEN j1 IS NULL OR j2 IS NULL THEN NULL
            WHEN j1 = j2 THEN {SAME}
            WHEN match_is_typo(j1, t1, d1, j2, t2, d2) THEN {MISSPELT}
            ELSE list_transform([{{u1: match_unmatched(t1, t2), u2: match_unmatched(t2, t1)}}], lambda x: match_rank(
                x.u1, len(t1), x.u2, len(t2), d1, d2, match_initials(t1, t2) OR match_initials(t2, t1)))[1] END;
        CREATE OR REPLACE TEMP MACRO match_of_mailbox(t, mail) AS coalesce(len(t) > 1
            AND contains(split_part(mail, '@', 1), t[-1])
            AND (contains(split_part(mail, '@', 1), t[1]) OR starts_with(mail, left(t[1], 1))), false);
        CREATE OR REPLACE TEMP MACRO match_agree(a, b) AS CASE WHEN a = b THEN 1 WHEN a <> b THEN -1 ELSE 0 END;
        """
    )


def make_evidence(engine: DuckEngine, pairs: str, into: str) -> None:
    """Make the table `into` (l, r, and a column for each agreement) of the relation `pairs` (l, r).

    email, domain, label: one that both have, or null. names: see above, null unknown. phone, country, postcode, city,
    street: 1 the same, -1 different, 0 unknown. other_domain: both have some and none is alike. other_form,
    other_place: legal forms, countries in the names, that exclude each other. form_abroad: the one's legal form is not
    of the other's country. one_place: only one name holds a country. elsewhere: a person of the one lives in another
    country. rare: hardly another customer has the name by chance. is_mailbox: one name is that of the person whose
    mailbox one e-mail is. named_after: the web address holds a name.

    Makes `match_crowded` (name: a domain or label) and `match_shared_names` (name) as well: what several customers
    surely have.
    """
    engine.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {into} AS
        SELECT p.l, p.r,
            CASE WHEN list_has_any(a.emails, b.emails) THEN list_intersect(a.emails, b.emails)[1] END AS email,
            CASE WHEN list_has_any(a.domains, b.domains) THEN list_intersect(a.domains, b.domains)[1] END AS domain,
            coalesce(len(a.domains) > 0 AND len(b.domains) > 0 AND NOT list_has_any(a.domains, b.domains)
                AND NOT list_has_any(a.labels, b.labels), false) AS other_domain,
            match_name_level(a.joined, a.tokens, a.digits, b.joined, b.tokens, b.digits) AS names,
            coalesce(NOT list_has_any(a.forms, b.forms), false) AS other_form,
            coalesce(a.place <> b.place, false) AS other_place,
            match_agree(a.phone, b.phone) AS phone, {_said("country")} AS country,
            match_agree(a.postcode, b.postcode) AS postcode, {_said("city")} AS city,
            CASE WHEN a.street IS NULL OR b.street IS NULL THEN 0
                WHEN a.street = b.street OR (a.house = b.house AND jaro_winkler_similarity(a.street, b.street) > 0.88)
                THEN 1 ELSE -1 END AS street,
            coalesce(a.by_chance < {_RARE} AND b.by_chance < {_RARE}, false) AS rare,
            CASE WHEN list_has_any(a.labels, b.labels) THEN list_intersect(a.labels, b.labels)[1] END AS label,
            a.joined AS one_name, b.joined AS other_name,
            coalesce(a.said_country <> b.said_country AND (a.country IS NULL OR b.country IS NULL), false) AS elsewhere,
            a.listed AND b.listed AND a.ids = b.ids AS same_list,
            a.listed AND b.listed AS both_listed,
            match_of_mailbox(a.tokens, a.mail_text) OR match_of_mailbox(b.tokens, b.mail_text)
                OR match_of_mailbox(a.tokens, b.mail_text) OR match_of_mailbox(b.tokens, a.mail_text) AS is_mailbox,
            (a.place IS NULL) <> (b.place IS NULL) AS one_place,
            coalesce(NOT list_contains(a.forms, b.said_country), false)
                OR coalesce(NOT list_contains(b.forms, a.said_country), false) AS form_abroad,
            coalesce(len(list_filter(list_concat(a.labels, b.labels), lambda x:
                starts_with(replace(x, '-', ''), a.joined) OR starts_with(replace(x, '-', ''), b.joined))) > 0,
                false) AS named_after
        FROM {pairs} AS p JOIN match_accounts AS a ON a.no = p.l JOIN match_accounts AS b ON b.no = p.r
        """
    )
    engine.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE match_crowded AS
        SELECT DISTINCT unnest([domain, label]) AS name FROM {into}
        WHERE both_listed AND label IS NOT NULL AND (other_form OR other_place OR country = -1
            OR (same_list AND names < {MISSPELT} AND email IS NULL AND NOT is_mailbox AND phone < 1 AND street < 1));
        CREATE OR REPLACE TEMP TABLE match_shared_names AS
        SELECT DISTINCT unnest([one_name, other_name]) AS name FROM {into}
        WHERE both_listed AND names = {SAME} AND (other_form OR other_place OR country = -1
            OR (email IS NULL AND phone < 1 AND street < 1 AND postcode = -1 AND city = -1))
        """
    )


def _said(column: str) -> str:
    """Agreement in what is known of the customers; a person who lives at the other's place agrees, never differs."""
    said = f"a.said_{column} = b.said_{column}"
    return f"CASE WHEN {said} THEN 1 WHEN a.{column} <> b.{column} THEN -1 ELSE 0 END"
