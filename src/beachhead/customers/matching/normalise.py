"""Records as they compare: folded names without legal forms, bare e-mails and domains, digits, places."""

from __future__ import annotations

from collections.abc import Mapping

from beachhead.customers.matching.vocabulary import JOINING_WORDS, STREET_WORDS, legal_form_pattern, short_words
from beachhead.engines.duck import DuckEngine, quote_literal

_NOTHING = ("na", "n a", "none", "null", "nil", "unknown", "unbekannt", "not provided", "not available", "test", "tbd")
_EAST_ASIAN_FORMS = "株式会社|有限会社|合同会社|有限公司|股份"
_NO_MAILBOX = ("noreply", "no-reply", "donotreply", "do-not-reply", "none", "na", "unknown", "noemail", "null", "test")


def normalise_records(engine: DuckEngine, records: str) -> None:
    """Make `match_clean`, one row for each of `records` (see `match.match_records`), ordered by nothing.

    Columns: record_no, account_id, ids, listed, person, same_as as they came; then, each null where unknown or
    unreadable: name (folded), core (name without legal form, joining words and country), tokens of core, digits in it,
    legal (folded legal form), forms (countries that have it), place (country in the name), shown (name as given);
    first_name, last_name (folded, of records that are not about one of several people), birth_date (ISO where
    readable); email (without tag and case), mail_text (as given, small), domains (of website and e-mail, the customer's
    own only), labels (domains without their ending), phone (last 9 digits), street, house, city, postcode, country.
    """
    _make_macros(engine)
    for step in _steps(records):
        engine.execute(step)


def _list(words: tuple[str, ...]) -> str:
    return ", ".join(map(quote_literal, words))


def _instead(word: str, others: Mapping[str, str]) -> str:
    whens = " ".join(f"WHEN {quote_literal(one)} THEN {quote_literal(other)}" for one, other in others.items())
    return f"CASE {word} {whens} ELSE {word} END"


def _make_macros(engine: DuckEngine) -> None:
    folded = "strip_accents(replace(replace(replace(lower(x), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'))"
    engine.execute(
        f"""
        CREATE OR REPLACE TEMP MACRO match_fold(x) AS trim(regexp_replace(
            translate({folded}, 'øłđı''’`´', 'oldi'), '[^\\p{{L}}\\p{{N}}]+', ' ', 'g'));
        CREATE OR REPLACE TEMP MACRO match_known(x) AS
            CASE WHEN x <> '' AND x NOT IN ({_list(_NOTHING)}) THEN x END;
        CREATE OR REPLACE TEMP MACRO match_fold_name(x) AS match_fold(regexp_replace(regexp_replace(regexp_replace(
            regexp_replace(lower(x), '{_EAST_ASIAN_FORMS}', ' ', 'g'),
            '\\.(com|net|org|io|ai)\\b', ''), '\\b(\\p{{L}})\\.', '\\1', 'g'), '[&+]| und ', ' and ', 'g'));
        CREATE OR REPLACE TEMP MACRO match_street(x) AS list_aggregate(list_transform(
            string_split(regexp_replace(match_fold(x), 'str(asse)?\\b', 'str', 'g'), ' '),
            lambda t: {_instead("t", STREET_WORDS)}), 'string_agg', ' ');
        CREATE OR REPLACE TEMP MACRO match_mail(x) AS CASE WHEN x LIKE '%@gmail.com' OR x LIKE '%@googlemail.com'
            THEN replace(regexp_extract(x, '^[^+@]+'), '.', '') || '@gmail.com'
            ELSE regexp_replace(x, '^([^+@]+)\\+[^@]*@', '\\1@') END;
        """
    )


def _steps(records: str) -> tuple[str, ...]:
    form = f" (?:{legal_form_pattern()})"
    trailing = quote_literal(f"{form}(?:{form})*$")
    mail = "nullif(replace(regexp_replace(lower(trim(email)), '^mailto:|[<>]', '', 'g'), ' ', ''), '')"
    read = f"""
        CREATE OR REPLACE TEMP TABLE match_read AS
        SELECT record_no, account_id, ids, coalesce(listed, false) AS listed, coalesce(person, false) AS person,
            same_as, match_known(match_fold_name(name)) AS name, trim(name) AS shown,
            CASE WHEN NOT coalesce(person, false) THEN match_known(match_fold(first_name)) END AS first_name,
            CASE WHEN NOT coalesce(person, false) THEN match_known(match_fold(last_name)) END AS last_name,
            {_DATE} AS birth_date,
            {mail} AS mail_text, {_host("website")} AS site_host,
            regexp_replace(regexp_replace(phone, '(?i)(x|ext|dw).*$', ''), '[^0-9]', '', 'g') AS phone,
            match_known(match_street(street)) AS street,
            match_known(regexp_replace(match_fold(city), ' city$', '')) AS city,
            nullif(ltrim(regexp_replace(regexp_replace(regexp_replace(upper(trim(postcode)), '^[A-Z]{{1,2}}-([0-9])',
                '\\1'), '^([0-9]{{5}})-[0-9]{{4}}$', '\\1'), '[^A-Z0-9]', '', 'g'), '0'), '') AS postcode,
            match_known(match_fold(country)) AS country
        FROM {records};
        UPDATE match_read SET name = trim(concat_ws(' ', first_name, last_name)),
            shown = concat_ws(' ', first_name, last_name)
        WHERE name IS NULL AND (first_name IS NOT NULL OR last_name IS NOT NULL)
    """
    # Names repeat: their rules are applied once for each spelling.
    names = f"""
        CREATE OR REPLACE TEMP TABLE match_names AS
        WITH cut AS (
            SELECT DISTINCT name, trim(regexp_extract(name, {trailing})) AS legal,
                coalesce(nullif(regexp_replace(name, {trailing}, ''), ''), name) AS bare
            FROM match_read WHERE name IS NOT NULL),
        worded AS (
            SELECT name, legal, bare, list_transform(
                list_filter(string_split(bare, ' '), lambda t: t NOT IN ({_list(JOINING_WORDS)})),
                lambda t: {_instead("t", short_words())}) AS words
            FROM cut),
        named AS (
            SELECT name, legal, CASE WHEN len(words) > 0 THEN words ELSE string_split(bare, ' ') END AS words
            FROM worded),
        placed AS (
            SELECT n.name, n.legal, n.words, coalesce(two.code, one.code) AS place,
                CASE WHEN two.code IS NOT NULL THEN 2 WHEN one.code IS NOT NULL THEN 1 ELSE 0 END AS cut
            FROM named AS n
            LEFT JOIN match_countries AS one ON len(n.words) > 1 AND one.name = n.words[-1]
                AND (len(one.name) > 2 OR one.name = 'uk')
            LEFT JOIN match_countries AS two ON len(n.words) > 2 AND two.name = n.words[-2] || ' ' || n.words[-1]),
        folded AS (
            SELECT name, legal, place, list_transform(words[:len(words) - cut],
                lambda t: replace(replace(replace(t, 'ae', 'a'), 'oe', 'o'), 'ue', 'u')) AS tokens FROM placed)
        SELECT f.name, nullif(f.legal, '') AS legal, f.place, f.tokens, list_aggregate(f.tokens, 'string_agg', ' ')
            AS core, regexp_replace(list_aggregate(f.tokens, 'string_agg', ' '), '[^0-9]', '', 'g') AS digits,
            coalesce(whole.countries, last.countries) AS forms
        FROM folded AS f LEFT JOIN match_legal_forms AS whole ON whole.form = replace(f.legal, ' ', '')
        LEFT JOIN match_legal_forms AS last ON last.form = regexp_extract(f.legal, '[^ ]+$')
    """
    clean = f"""
        CREATE OR REPLACE TEMP TABLE match_clean AS
        WITH mailed AS (
            SELECT *, CASE WHEN regexp_matches(mail_text, '^[^@]+@[^@]+\\.[^@.]+$')
                AND split_part(mail_text, '@', 1) NOT IN ({_list(_NO_MAILBOX)}) THEN match_mail(mail_text) END AS email
            FROM match_read),
        hosted AS (
            SELECT record_no, unnest([site_host, nullif(split_part(email, '@', 2), '')]) AS host FROM mailed),
        hosts AS (SELECT DISTINCT host, string_split(host, '.') AS labels FROM hosted WHERE contains(host, '.')),
        cut AS (
            SELECT host, labels, labels[-2] || '.' || labels[-1] AS last_two,
                list_aggregate(labels[-3:], 'string_agg', '.') AS last_three FROM hosts),
        own AS (
            SELECT host, CASE
                WHEN last_two IN (FROM match_free_mail) OR last_two IN (FROM match_sites)
                    OR host IN (FROM match_free_mail) THEN NULL
                WHEN last_two IN (FROM match_second_levels) OR last_two IN (FROM match_hosts)
                    THEN CASE WHEN len(labels) > 2 AND last_three NOT IN (FROM match_free_mail) THEN last_three END
                ELSE last_two END AS domain,
            FROM cut),
        domains AS (
            SELECT record_no, list(DISTINCT domain) AS domains, list(DISTINCT split_part(domain, '.', 1)) AS labels
            FROM hosted JOIN own USING (host) WHERE domain IS NOT NULL GROUP BY record_no)
        SELECT r.record_no, r.account_id, r.ids, r.listed, r.person, r.same_as, r.name, r.shown, n.core, n.tokens,
            n.digits, n.legal, n.forms, n.place,
            r.first_name, r.last_name, CASE WHEN NOT r.person THEN r.birth_date END AS birth_date,
            r.email, r.mail_text, d.domains, d.labels,
            CASE WHEN len(r.phone) >= 7 AND len(ltrim(r.phone, left(r.phone, 1))) > 0 THEN right(r.phone, 9) END
                AS phone,
            r.street, nullif(regexp_extract(r.street, '[0-9]+'), '') AS house, r.city, r.postcode,
            coalesce(c.code, r.country) AS country
        FROM mailed AS r LEFT JOIN match_names AS n USING (name) LEFT JOIN domains AS d USING (record_no)
        LEFT JOIN match_countries AS c ON c.name = r.country
    """
    return read, names, clean, "DROP TABLE match_read"


_DATE = (
    "coalesce(strftime(coalesce(try_cast(trim(birth_date) AS DATE), try_cast(try_strptime(trim(birth_date), "
    "['%d.%m.%Y', '%d/%m/%Y', '%m/%d/%Y', '%d-%m-%Y', '%Y/%m/%d', '%Y%m%d']) AS DATE)), '%Y-%m-%d'), "
    "nullif(trim(birth_date), ''))"
)


def _host(column: str) -> str:
    bare = f"regexp_replace(lower(trim({column})), '^[a-z]+://|^//', '')"
    return f"nullif(rtrim(regexp_replace(regexp_extract({bare}, '^[^/?#:\\s]+'), '^(www[0-9]?\\.|.*@)', ''), '.'), '')"
