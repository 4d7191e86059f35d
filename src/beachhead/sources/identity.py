"""Whose row is it? Ids with the name of the program that gave them; where there is no id, one made of what is known.

With `match: {ids: stripe}` the customer cus_1 is `stripe:cus_1`, so that ids of two programs are never taken for each
other. A row without an id of its customer is named by the first it has of e-mail address, web address, name, phone:
`survey:jane@acme.com`; whose that is, matching finds out.
"""

from __future__ import annotations

from collections.abc import Mapping

from beachhead.engines.duck import quote_literal
from beachhead.project.definitions import MatchField, SourceDefinition
from beachhead.project.model import Table

OWN = "own"
"""The namespace of the project's own ids, which stand without a prefix; in `same_as`."""
NAMING: tuple[MatchField, ...] = ("email", "website", "name", "phone")
"""What names a customer without an id, in this order; a person's first and last name before the phone."""
SHARED_IDS = frozenset({"product_id"})
"""Ids of goods, which are the same in every program."""


def match_column(field: str) -> str:
    """The landed column of what a source knows of a customer; no column of a definition can be called so."""
    return f"match.{field}"


def same_as_column(namespace: str) -> str:
    """The landed column of the customer's id in another program."""
    return f"same_as.{namespace}"


def prefix(namespace: str | None) -> str:
    """What stands before the ids of a namespace."""
    return "" if namespace in (None, OWN) else f"{namespace}:"


def makes_ids(source: SourceDefinition, table: Table) -> bool:
    """Whether rows without an id of their customer get one made of what is known."""
    return bool(source.match.by) and table.column("account_id") is not None


def identity_sql(source: SourceDefinition, table: Table, values: Mapping[str, str]) -> dict[str, str]:
    """Column → SQL of its final value, for ids that are prefixed or made. `values`: column → SQL of what was read."""
    ids = source.match.ids
    made: dict[str, str] = {}
    if ids:
        named = [c.name for c in table.columns if c.name.endswith("_id") and c.name not in SHARED_IDS]
        made = {n: f"{quote_literal(prefix(ids))} || {values[n]}" for n in named if n in values}
    if makes_ids(source, table):
        given = made.get("account_id", values.get("account_id", "NULL"))
        made["account_id"] = f"coalesce({given}, {quote_literal(prefix(ids or source.name))} || {_name_sql(values)})"
    return made


def _name_sql(values: Mapping[str, str]) -> str:
    known = {f: values[match_column(f)] for f in NAMING if match_column(f) in values}
    parts = [f"lower({sql})" for sql in known.values()]
    people = [values[c] for c in map(match_column, ("first_name", "last_name")) if c in values]
    if people:
        whole = f"nullif(lower(concat_ws(' ', {', '.join(people)})), '')"
        parts.insert(len(parts) - ("phone" in known), whole)
    return f"coalesce({', '.join(parts)})" if parts else "CAST(NULL AS VARCHAR)"
