"""Which records are of the same customer: from the records to the result, step by step."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa

from beachhead.customers.matching.accounts import make_accounts, make_candidates, make_keys
from beachhead.customers.matching.decisions import Decisions, Pairs, as_pairs, read_decisions
from beachhead.customers.matching.evidence import MISSPELT, make_evidence, make_macros
from beachhead.customers.matching.judge import judge_pairs
from beachhead.customers.matching.normalise import normalise_records
from beachhead.customers.matching.probable import compares_people, score_pairs
from beachhead.customers.matching.reasons import make_reasoned
from beachhead.customers.matching.resolve import Edges, Groups, resolve
from beachhead.customers.matching.result import CUSTOMERS, PAIRS, Matching
from beachhead.customers.matching.vocabulary import load_vocabulary
from beachhead.engines.duck import DuckEngine
from beachhead.project.definitions import MatchingDefinition

Say = Callable[[str], None]

_CERTAIN = 0.98
_NOT_LEARNT = "There are too few sure pairs to learn from how records of one customer differ: usual weights were used."


def match_records(engine: DuckEngine, records: str, settings: MatchingDefinition, say: Say) -> Matching:
    """Tell which of `records` are of the same customer. The same records give the same result in any order.

    `records` is a relation with record_no BIGINT (unique), account_id VARCHAR (never null), source VARCHAR, ids VARCHAR
    (whose ids account_id is one of), listed BOOLEAN (of a list of customers, not a mere mention), person BOOLEAN (of
    one of perhaps several people of a customer), name (the customer's; a person's where customers are persons),
    first_name, last_name, birth_date, email, website, phone, street, city, postcode, country (texts, null where
    unknown), and same_as VARCHAR[] (account_ids that the row itself states to be the same). Decisions that name ids
    which no record has are noted. What is made on the way are tables and views `match_…` and `__splink…`; none stays.
    """
    try:
        return _match(engine, records, settings, say)
    finally:
        _clean_up(engine)


def _match(engine: DuckEngine, records: str, settings: MatchingDefinition, say: Say) -> Matching:
    load_vocabulary(engine)
    say("reading names, e-mails and addresses")
    normalise_records(engine, records)
    make_accounts(engine)
    say("looking for records that may be of one customer")
    notes = list(make_keys(engine))
    make_candidates(engine)
    make_macros(engine)
    candidates = int(str(engine.scalar("SELECT count(*) FROM match_candidates")))
    say(f"comparing {candidates:,} pairs of records")
    is_learnt = score_pairs(engine, "match_candidates", "match_scored")
    notes += [] if is_learnt else [_NOT_LEARNT]
    likely = f"""
        (SELECT l, r FROM match_candidates WHERE decides
         UNION SELECT l, r FROM match_scored WHERE probability >= {settings.ask_from})"""
    make_evidence(engine, likely, "match_evidence")
    judge_pairs(engine, "match_evidence", "match_scored", compares_people(engine), "match_judged")
    say("joining them to customers")
    decisions = read_decisions(engine, settings)
    groups = _resolved(engine, settings, decisions)
    _make_groups(engine, decisions, groups)
    return Matching(_customers(engine), _merged(engine), _doubtful(engine), (*notes, *decisions.notes(groups.kept)))


def _resolved(engine: DuckEngine, settings: MatchingDefinition, decisions: Decisions) -> Groups:
    engine.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE match_edges AS
        SELECT row_number() OVER (ORDER BY probability DESC, l, r) - 1 AS n, l, r, how, probability, same_list
        FROM match_judged WHERE probability >= {settings.ask_from};
        CREATE OR REPLACE TEMP TABLE match_lists AS
        SELECT no, CASE WHEN listed THEN dense_rank() OVER (ORDER BY ids) ELSE -1 END::INTEGER AS list
        FROM match_accounts
        """
    )
    edges = engine.query(f"SELECT * FROM match_edges WHERE probability >= {settings.merge_from} ORDER BY n")
    apart = engine.query("SELECT l, r FROM match_judged WHERE apart ORDER BY l, r")
    return resolve(
        engine.query("SELECT list FROM match_lists ORDER BY no")["list"].to_numpy(),
        decisions.forced,
        decisions.different,
        as_pairs(apart),
        Edges(*(edges[c].to_numpy(zero_copy_only=False) for c in ("l", "r", "probability", "same_list"))),
        _twins(engine),
    )


def _twins(engine: DuckEngine) -> Pairs:
    """Accounts of one list with nearly the same name that surely are the same account of another list."""
    return as_pairs(
        engine.query(
            f"""
            WITH sure AS (
                SELECT unnest([l, r]) AS a, unnest([r, l]) AS b
                FROM match_edges WHERE probability >= {_CERTAIN} AND NOT same_list),
            found AS (
                SELECT DISTINCT x.b AS l, y.b AS r FROM sure AS x JOIN sure AS y USING (a)
                JOIN match_lists AS m ON m.no = x.b JOIN match_lists AS n ON n.no = y.b AND n.list = m.list
                JOIN match_lists AS o ON o.no = a
                WHERE x.b < y.b AND m.list >= 0 AND o.list >= 0)
            SELECT f.l, f.r FROM found AS f
            JOIN match_accounts AS a ON a.no = f.l JOIN match_accounts AS b ON b.no = f.r
            ANTI JOIN (SELECT l, r FROM match_judged WHERE apart) AS j ON j.l = f.l AND j.r = f.r
            WHERE match_name_level(a.joined, a.tokens, a.digits, b.joined, b.tokens, b.digits) >= {MISSPELT}
                OR match_of_mailbox(a.tokens, a.mail_text) OR match_of_mailbox(b.tokens, b.mail_text)
            ORDER BY f.l, f.r
            """
        )
    )


def _make_groups(engine: DuckEngine, decisions: Decisions, groups: Groups) -> None:
    """Make match_groups (no, root), match_forced (n, l, r, how), match_joined (n) and match_kept_apart (l, r)."""
    engine.load("match_groups", pa.table({"no": np.arange(len(groups.root), dtype=np.int32), "root": groups.root}))
    forced = [(n, *decisions.forced[n]) for n in groups.kept]
    engine.load("match_forced", _numbers(forced, ("n", "l", "r")))
    engine.load("match_joined", _numbers([(n,) for n in groups.joined], ("n",)))
    engine.load("match_kept_apart", _numbers(decisions.different, ("l", "r")))
    engine.execute(f"CREATE OR REPLACE TEMP TABLE match_said AS SELECT *, n < {len(decisions.same)} AS is_decided "
                   "FROM match_forced")  # fmt: skip


def _numbers(rows: Sequence[tuple[int, ...]], names: tuple[str, ...]) -> pa.Table:
    return pa.table({name: pa.array([row[i] for row in rows], pa.int32()) for i, name in enumerate(names)})


def _customers(engine: DuckEngine) -> pa.Table:
    return engine.query(
        """
        SELECT account_id, first_value(account_id) OVER (
            PARTITION BY root ORDER BY NOT listed, no ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
            AS customer_id
        FROM match_accounts JOIN match_groups USING (no) ORDER BY no
        """
    ).cast(CUSTOMERS)


def _merged(engine: DuckEngine) -> pa.Table:
    engine.execute(
        """
        CREATE OR REPLACE TEMP TABLE match_merged AS
        SELECT n - 1000000000 AS n, l, r, CASE WHEN is_decided THEN 'decided' ELSE 'stated' END AS how,
            1.0 AS probability
        FROM match_said
        UNION ALL SELECT n, l, r, how, probability FROM match_edges SEMI JOIN match_joined USING (n)
        """
    )
    return _told(engine, "match_merged")


def _doubtful(engine: DuckEngine) -> pa.Table:
    """The surest pair of two groups that are not decided about, and of which no list holds both."""
    engine.execute(
        """
        CREATE OR REPLACE TEMP TABLE match_rooted AS
        WITH held AS (
            SELECT g.root, list(DISTINCT l.list) FILTER (l.list >= 0) AS lists
            FROM match_groups AS g JOIN match_lists AS l USING (no) GROUP BY g.root)
        SELECT no, root, lists FROM match_groups JOIN held USING (root);
        CREATE OR REPLACE TEMP TABLE match_doubtful AS
        WITH decided AS (
            SELECT DISTINCT least(a.root, b.root) AS one, greatest(a.root, b.root) AS other FROM match_kept_apart AS k
            JOIN match_rooted AS a ON a.no = k.l JOIN match_rooted AS b ON b.no = k.r),
        open AS (
            SELECT e.*, least(a.root, b.root) AS one, greatest(a.root, b.root) AS other
            FROM match_edges AS e JOIN match_rooted AS a ON a.no = e.l JOIN match_rooted AS b ON b.no = e.r
            WHERE a.root <> b.root AND (e.same_list OR coalesce(NOT list_has_any(a.lists, b.lists), true)))
        SELECT n, l, r, how, probability FROM open ANTI JOIN decided USING (one, other)
        QUALIFY row_number() OVER (PARTITION BY one, other ORDER BY n) = 1
        """
    )
    return _told(engine, "match_doubtful")


def _told(engine: DuckEngine, pairs: str) -> pa.Table:
    make_reasoned(engine, pairs, "match_reasons")
    return engine.query(
        f"""
        SELECT a.account_id AS left_id, b.account_id AS right_id, p.how, p.probability, CASE p.how
            WHEN 'decided' THEN 'decided by hand' WHEN 'stated' THEN 'stated in the data' ELSE w.why END AS why
        FROM {pairs} AS p JOIN (SELECT DISTINCT * FROM match_reasons) AS w USING (l, r)
        JOIN match_accounts AS a ON a.no = p.l JOIN match_accounts AS b ON b.no = p.r ORDER BY p.n
        """
    ).cast(PAIRS)


def _clean_up(engine: DuckEngine) -> None:
    for kind in ("view", "table"):
        made = engine.query(
            f"SELECT {kind}_name AS name FROM duckdb_{kind}s() "
            f"WHERE starts_with({kind}_name, 'match_') OR starts_with({kind}_name, '__splink')"
        )
        for name in made["name"].to_pylist():
            engine.execute(f"DROP {kind.upper()} IF EXISTS {name}")
