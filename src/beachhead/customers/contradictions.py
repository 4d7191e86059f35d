"""Where two sources say what cannot both be: told with customers as examples; which of them counts is documented."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from beachhead.customers.assemble import KnownSource
from beachhead.customers.model_tables import brought_back
from beachhead.customers.record import area_sql
from beachhead.engines.base import Engine
from beachhead.engines.dialect import emit
from beachhead.engines.duck import DuckEngine, parquet, path_literal, quote_literal, quote_name
from beachhead.errors import Severity
from beachhead.project.currency import minor_digits
from beachhead.sources.identity import prefix, same_as_column
from beachhead.sources.locate import locate
from beachhead.sources.problems import Example, Problem

_EXAMPLES = 5


def contradictions(
    engine: DuckEngine, model: Engine, sources: Sequence[KnownSource], accounts: str, currency: str
) -> tuple[Problem, ...]:
    """What the sources say against each other as of the day of the spine.

    `model` holds what `record.make_areas` makes. `accounts`: a FROM item of `engine`, (account_no, account_id).
    """
    mapped: dict[str, set[str]] = {}
    for source in sources:
        mapped.setdefault(source.table.name, set()).update(source.definition.columns)
    found: list[Problem] = []
    if "subscriptions" in mapped and mapped.get("accounts", set()) & {"churned_at", "is_churned", "status"}:
        rows = _rows(engine, model, "churned_but_paying", accounts)
        if rows.num_rows:
            found.append(_churned_but_paying(engine, sources, rows))
    if "charges" in mapped and _have_revenue(mapped):
        rows = _rows(engine, model, "charged_and_ordered", accounts)
        if rows.num_rows:
            found.append(_charged_and_ordered(engine, sources, rows, currency))
    found += [early for s in sources for early in _before_their_subscription(engine, s, sources)]
    return tuple(found)


def _before_their_subscription(
    engine: DuckEngine, source: KnownSource, sources: Sequence[KnownSource]
) -> Iterator[Problem]:
    """Events that name a subscription and lie before its start. They do so where the events' ids are those that a
    source of subscriptions says to be its own (`match: {same_as: {subscription: subscription_id}}`)."""
    ids = source.definition.match.ids
    files = [f for f in source.files if f.rows]
    if source.table.name != "events" or ids is None or not files:
        return
    starts = [
        f"SELECT {quote_literal(prefix(ids))} || {quote_name(same_as_column(ids))} AS id, started_day FROM "
        f"{parquet(*(f.parquet for f in s.files if f.rows))}"
        for s in sources
        if s.table.name == "subscriptions" and ids in s.definition.match.same_as and any(f.rows for f in s.files)
    ]
    if not starts:
        return
    events = parquet(files[0].parquet, row_numbers=True)
    rows = engine.query(
        f"SELECT e.file_row_number AS n, e.occurred_day AS day, s.start FROM {events} AS e "
        f"JOIN (SELECT id, min(started_day) AS start FROM ({' UNION ALL '.join(starts)}) GROUP BY id) AS s "
        "ON s.id = e.account_id WHERE e.occurred_day < s.start ORDER BY n"
    )
    if not rows.num_rows:
        return
    lines = locate(files[0], rows["n"].slice(0, _EXAMPLES).to_pylist())
    days = zip(lines, rows["day"].to_pylist(), rows["start"].to_pylist(), strict=False)
    yield Problem(
        "event-before-start",
        Severity.WARNING,
        f"{rows.num_rows:,} events lie before the start of the subscription that they name",
        "See whether the dates of the events or of the subscriptions are right. The events are used as they are.",
        rows.num_rows,
        files[0].rows,
        source.definition.name,
        "events",
        "occurred_at",
        tuple(Example(files[0].file, line, f"{day}, while it starts {start}") for line, day, start in days),
    )


def _have_revenue(mapped: Mapping[str, Collection[str]]) -> bool:
    if "orders" in mapped:
        return "revenue" in mapped["orders"]
    return bool({"amount", "unit_price"} & set(mapped.get("order_lines", ())))


def _rows(engine: DuckEngine, model: Engine, name: str, accounts: str) -> pa.Table:
    ids = f"(SELECT account_no, min(account_id) AS account_id FROM {accounts} GROUP BY account_no)"
    sql = emit(area_sql(name), model.dialect, None, model.unsupported)
    found = brought_back(engine, model, name, sql)
    return engine.query(f"SELECT i.account_id, f.* FROM {found} AS f JOIN {ids} AS i USING (account_no) ORDER BY ALL")


def _churned_but_paying(engine: DuckEngine, sources: Sequence[KnownSource], rows: pa.Table) -> Problem:
    n = rows.num_rows
    said = dict(zip(rows["account_id"].to_pylist(), rows["states"].to_pylist(), strict=True))
    are, have = ("customer is", "has") if n == 1 else ("customers are", "have")
    return Problem(
        "churned-but-paying",
        Severity.WARNING,
        f"{n:,} {are} stated as churned and {have} a paid subscription that runs; the subscription counts: not churned",
        "See which is right: correct churned_at, is_churned or status of these customers, or export when their "
        "subscription ended (ended_at).",
        n,
        _listed(sources),
        table="accounts",
        examples=_examples(engine, sources, said),
    )


def _charged_and_ordered(engine: DuckEngine, sources: Sequence[KnownSource], rows: pa.Table, currency: str) -> Problem:
    n, alike = rows.num_rows, int(pc.sum(rows["is_alike"]).as_py() or 0)
    digits = minor_digits(currency)

    def amount(minor: int) -> str:
        return f"{minor / 10**digits:,.{digits}f}"

    said = {
        row["account_id"]: f"{amount(row['charge_cents'])} in charges, {amount(row['order_cents'])} in orders"
        for row in rows.slice(0, _EXAMPLES).to_pylist()
    }
    message = f"{n:,} {'customer has' if n == 1 else 'customers have'} money from charges and from orders, "
    message += "and revenue is the sum of both"
    if alike:
        message += f"; for {alike:,} the two are nearly alike, as if the same money counted twice"
    return Problem(
        "charged-and-ordered",
        Severity.WARNING if 2 * alike >= n else Severity.INFO,
        message,
        "If charges pay for these orders, map the money of one of the two only: take `revenue` out of orders (`amount` "
        "and `unit_price` out of order_lines), or the charges. If they are different sales, nothing is to be done.",
        n,
        n,
        table="charges",
        examples=_examples(engine, sources, said),
    )


def _listed(sources: Sequence[KnownSource]) -> int:
    return sum(f.rows for s in sources if s.table.name == "accounts" for f in s.files)


def _examples(engine: DuckEngine, sources: Sequence[KnownSource], said: Mapping[str, str]) -> tuple[Example, ...]:
    """Where the first of these customers stand in the lists of customers, with what is to be said of each."""
    examples: list[Example] = []
    words = ", ".join(quote_literal(account) for account in list(said)[:_EXAMPLES])
    for landed in (f for s in sources if s.table.name == "accounts" for f in s.files if f.rows):
        if len(examples) < _EXAMPLES:
            rows = engine.query(
                "SELECT file_row_number AS n, account_id FROM "
                f"read_parquet({path_literal(landed.parquet)}, file_row_number = true) "
                f"WHERE account_id IN ({words}) ORDER BY n LIMIT {_EXAMPLES}"
            )
            lines = locate(landed, rows["n"].to_pylist())
            for line, account in zip(lines, rows["account_id"].to_pylist(), strict=True):
                examples.append(Example(landed.file, line, f"{account}, {said[account]}"))
    return tuple(examples[:_EXAMPLES])
