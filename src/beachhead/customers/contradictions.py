"""Where two sources say what cannot both be: told with customers as examples; which of them counts is documented."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from beachhead.customers.assemble import KnownSource
from beachhead.customers.record import area_sql
from beachhead.engines.dialect import emit
from beachhead.engines.duck import DuckEngine, path_literal, quote_literal
from beachhead.errors import Severity
from beachhead.project.currency import minor_digits
from beachhead.sources.locate import locate
from beachhead.sources.problems import Example, Problem

_EXAMPLES = 5


def contradictions(
    engine: DuckEngine, sources: Sequence[KnownSource], accounts: str, currency: str
) -> tuple[Problem, ...]:
    """What the sources say against each other as of the day of the spine.

    The engine holds what `record.make_areas` makes. `accounts`: a FROM item, (account_no, account_id).
    """
    mapped: dict[str, set[str]] = {}
    for source in sources:
        mapped.setdefault(source.table.name, set()).update(source.definition.columns)
    found: list[Problem] = []
    if "subscriptions" in mapped and mapped.get("accounts", set()) & {"churned_at", "is_churned", "status"}:
        rows = _rows(engine, "churned_but_paying", accounts)
        if rows.num_rows:
            found.append(_churned_but_paying(engine, sources, rows))
    if "charges" in mapped and _have_revenue(mapped):
        rows = _rows(engine, "charged_and_ordered", accounts)
        if rows.num_rows:
            found.append(_charged_and_ordered(engine, sources, rows, currency))
    return tuple(found)


def _have_revenue(mapped: Mapping[str, Collection[str]]) -> bool:
    if "orders" in mapped:
        return "revenue" in mapped["orders"]
    return bool({"amount", "unit_price"} & set(mapped.get("order_lines", ())))


def _rows(engine: DuckEngine, name: str, accounts: str) -> pa.Table:
    ids = f"(SELECT account_no, min(account_id) AS account_id FROM {accounts} GROUP BY account_no)"
    sql = emit(area_sql(name), engine.dialect)
    return engine.query(f"SELECT i.account_id, f.* FROM ({sql}) AS f JOIN {ids} AS i USING (account_no) ORDER BY ALL")


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
