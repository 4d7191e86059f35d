"""One row for each account id: what all of its records say together, and the keys that others may share."""

from __future__ import annotations

from dataclasses import dataclass

from beachhead.engines.duck import DuckEngine


@dataclass(frozen=True, slots=True)
class KeyKind:
    """A kind of key that two accounts may share: `sql` over `match_accounts`, null for those that have none.

    What more accounts share than the limits allow is not used; that is told of a kind that has `words` for it. Pairs
    of a kind that `decides` are looked at in any case, others if the model finds them probable.
    """

    name: str
    sql: str
    words: str | None = None
    most_listed: int = 40
    most: int = 400
    decides: bool = False


_LETTERS = "list_aggregate(list_sort(list_distinct(string_split(joined, ''))), 'string_agg', '')"
KEY_KINDS = (
    KeyKind("email", "unnest(emails)", "e-mail address", decides=True),
    KeyKind("domain", "unnest(domains)", "web address", most=5000, decides=True),
    KeyKind(
        "name", "unnest(list_distinct(list_transform(cores, lambda c: replace(c, ' ', ''))))", "name", decides=True
    ),
    KeyKind("phone", "phone", "phone number", decides=True),
    KeyKind("words", "list_aggregate(list_sort(tokens), 'string_agg', ' ')", decides=True),
    KeyKind("mailbox", "nullif(split_part(mail_text, '@', 1), '')", most_listed=15, most=30),
    KeyKind("label", "unnest(labels)", most_listed=15, most=30, decides=True),
    KeyKind("word", "unnest(rare_words)", most_listed=15, most=30),
    KeyKind("start_of_name_and_postcode", "left(joined, 4) || ' ' || postcode"),
    KeyKind("start_of_name_and_city", "left(joined, 5) || ' ' || city"),
    KeyKind("letters", f"CASE WHEN length(joined) >= 7 THEN {_LETTERS} END", most_listed=15, most=30),
    KeyKind("street_and_city", "street || ' ' || city"),
    KeyKind("street_and_postcode", "street || ' ' || postcode"),
    KeyKind("house_and_postcode", "house || ' ' || postcode", most_listed=15, most=30),
    KeyKind("first_name_and_birth", "first_name || ' ' || birth_date"),
    KeyKind("last_name_and_birth", "last_name || ' ' || birth_date"),
    KeyKind("birth_and_city", "birth_date || ' ' || city"),
    KeyKind("last_name_and_city", "last_name || ' ' || city"),
    KeyKind("first_name_and_city", "first_name || ' ' || city"),
)
"""By what candidates for the same customer are found, those that decide by themselves first."""


_OWN = ("street", "house", "city", "postcode", "phone", "first_name", "last_name", "birth_date")
_OF_NAME = ("core", "tokens", "digits", "legal", "forms", "place", "shown", "name")
_RARE = 12
_SHORT = 5


def make_accounts(engine: DuckEngine) -> None:
    """Make `match_accounts` from `match_clean`: one row for each account_id.

    no counts from 0 in the order of the first records. Of several values the first counts, one of the customer itself
    before one of a person; emails, domains, labels, cores hold all. Where a person who may share the customer lives is
    only said_city, said_country. country: of the name, else of the address. forms: the countries of the legal form,
    null where the customer's own is none of them (a spa is no S.p.A.). rare_words: words that few names have.
    by_chance: how many other customers of this name are to be expected, from how common its two rarest words are; null
    unknown.
    """
    engine.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE match_several AS
        SELECT account_id FROM match_clean GROUP BY account_id HAVING count(*) > 1;
        CREATE OR REPLACE TEMP TABLE match_grouped AS
        SELECT CAST(row_number() OVER (ORDER BY record_no) - 1 AS INTEGER) AS no,
            g.* EXCLUDE (forms, lives, lives_in, stated_country),
            CASE WHEN coalesce(list_contains(forms, coalesce(place, stated_country)), true) THEN forms END AS forms,
            replace(core, ' ', '') AS joined, coalesce(place, stated_country) AS country,
            coalesce(place, stated_country, lives) AS said_country, coalesce(city, lives_in) AS said_city
        FROM (({_of_one_record()}) UNION ALL BY NAME ({_of_several_records()})) AS g
        """
    )
    engine.execute(
        """
        CREATE OR REPLACE TEMP TABLE match_words AS
        SELECT word, count(*) AS names FROM (
            SELECT DISTINCT core, unnest(tokens) AS word FROM match_grouped) GROUP BY word
        """
    )
    engine.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE match_accounts AS
        WITH words AS (
            SELECT DISTINCT no, unnest(tokens) AS word FROM match_grouped),
        counted AS (
            SELECT no, list_sort(list(word) FILTER (names <= {_RARE} AND length(word) > 2)) AS rare_words,
                list_sort(list(names - 1)) AS others
            FROM words JOIN match_words USING (word) GROUP BY no),
        cores AS (SELECT count(DISTINCT core) AS n FROM match_grouped)
        SELECT a.*, c.rare_words,
            c.others[1] * coalesce(c.others[2] / n, CASE WHEN length(joined) >= {_SHORT} THEN 1 END) AS by_chance
        FROM match_grouped AS a LEFT JOIN counted AS c USING (no), cores ORDER BY no;
        DROP TABLE match_grouped; DROP TABLE match_several
        """
    )


def _of_one_record() -> str:
    own = ", ".join(f"CASE WHEN NOT person THEN {c} END AS {c}" for c in _OWN)
    return f"""
        SELECT account_id, record_no, ids, listed, person, CASE WHEN email IS NOT NULL THEN [email] END AS emails,
            CASE WHEN core IS NOT NULL THEN [core] END AS cores, list_sort(domains) AS domains,
            list_sort(labels) AS labels, {own}, {", ".join(_OF_NAME)}, mail_text,
            CASE WHEN NOT person THEN country END AS stated_country, CASE WHEN person THEN country END AS lives,
            CASE WHEN person THEN city END AS lives_in
        FROM match_clean ANTI JOIN match_several USING (account_id)"""


def _of_several_records() -> str:
    own = ", ".join(f"arg_min({c}, record_no) FILTER (NOT person AND {c} IS NOT NULL) AS {c}" for c in _OWN)
    fields = ", ".join(f"{c} := {c}" for c in _OF_NAME)
    sets = ", ".join(f"list_sort(list(DISTINCT {c}) FILTER ({c} IS NOT NULL)) AS {c}s" for c in ("email", "core"))
    lists = ", ".join(
        f"list_sort(list_distinct(flatten(list({c}) FILTER ({c} IS NOT NULL)))) AS {c}" for c in ("domains", "labels")
    )
    return f"""
        SELECT * EXCLUDE (named), {", ".join(f"named.{c} AS {c}" for c in _OF_NAME)} FROM (
            SELECT account_id, min(record_no) AS record_no, arg_min(ids, record_no) AS ids, bool_or(listed) AS listed,
                bool_and(person) AS person, {sets}, {lists}, {own},
                arg_min(struct_pack({fields}), struct_pack(p := person, n := record_no)) FILTER (core IS NOT NULL)
                    AS named,
                arg_min(mail_text, record_no) FILTER (mail_text IS NOT NULL) AS mail_text,
                arg_min(country, record_no) FILTER (NOT person AND country IS NOT NULL) AS stated_country,
                arg_min(country, record_no) FILTER (person AND country IS NOT NULL) AS lives,
                arg_min(city, record_no) FILTER (person AND city IS NOT NULL) AS lives_in
            FROM match_clean SEMI JOIN match_several USING (account_id) GROUP BY account_id)"""


def make_keys(engine: DuckEngine) -> tuple[str, ...]:
    """Make `match_keys` (kind, key, no, listed), without what is too common; say in words what was left out."""
    kinds = "\nUNION ALL ".join(
        f"SELECT {n}::TINYINT AS kind, key, no, listed FROM (SELECT {kind.sql} AS key, no, listed FROM match_accounts) "
        "WHERE key IS NOT NULL"
        for n, kind in enumerate(KEY_KINDS)
    )
    limits = ", ".join(f"({n}, {kind.most_listed}, {kind.most})" for n, kind in enumerate(KEY_KINDS))
    engine.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE match_all_keys AS {kinds};
        CREATE OR REPLACE TEMP TABLE match_common AS
        WITH counts AS (
            SELECT kind, key, count(*) AS accounts, count(*) FILTER (listed) AS listed
            FROM match_all_keys GROUP BY kind, key HAVING count(*) > 1)
        SELECT kind, key, accounts FROM counts
        JOIN (VALUES {limits}) AS l(kind, most_listed, most) USING (kind)
        WHERE counts.listed > most_listed OR accounts > most;
        CREATE OR REPLACE TEMP TABLE match_keys AS
        SELECT * FROM match_all_keys ANTI JOIN match_common USING (kind, key);
        DROP TABLE match_all_keys
        """
    )
    found = engine.query(
        "SELECT kind, count(*) AS keys, max(accounts) AS accounts, arg_max(key, (accounts, key)) AS key "
        "FROM match_common GROUP BY kind ORDER BY kind"
    ).to_pylist()
    return tuple(
        _too_common(words, row["key"], row["accounts"], row["keys"] - 1)
        for row in found
        if (words := KEY_KINDS[row["kind"]].words)
    )


def _too_common(words: str, key: str, accounts: int, others: int) -> str:
    more = f" (and {others:,} more like it)" if others else ""
    return f"The {words} '{key}' is on {accounts:,} records{more}: too common to tell who is who, so it was not used."


def make_candidates(engine: DuckEngine) -> None:
    """Make `match_candidates` (l, r, decides), l < r: accounts that share a key; `decides`: one of a kind that decides.

    Of those who share a key, each that a list holds is paired with each; mere mentions are paired with these, and
    otherwise each with the next, so that many people of one company make few pairs.
    """
    deciding = ", ".join(str(n) for n, kind in enumerate(KEY_KINDS) if kind.decides)
    engine.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE match_candidates AS
        SELECT l, r, bool_or(kind IN ({deciding})) AS decides FROM (
            SELECT least(a.no, b.no) AS l, greatest(a.no, b.no) AS r, kind
            FROM match_keys AS a JOIN match_keys AS b USING (kind, key)
            WHERE a.listed AND (NOT b.listed OR a.no < b.no)
            UNION ALL
            SELECT lag(no) OVER (PARTITION BY kind, key ORDER BY no), no, kind FROM match_keys WHERE NOT listed)
        WHERE l IS NOT NULL AND l <> r GROUP BY l, r
        """
    )
