"""Rules as SQL for a warehouse that holds the account 360 and the tables of the customer model under their own names.

Expected there: `accounts` with a row for each customer and a column for each attribute that a rule uses, and for rows
`events`, `users`, `tickets` and so on, with the columns of the customer model; `account_id` tells customers apart,
`user_id` people. Timestamps are local, as rules see them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from beachhead.engines.base import Dialect
from beachhead.engines.dialect import emit
from beachhead.engines.duck import quote_name
from beachhead.errors import DefinitionError, Diagnostic
from beachhead.project.model import BY_NAME
from beachhead.rules import Node, ValueType
from beachhead.rules.ast import And, Call, Case, InSegment, Not, Or, Ranking
from beachhead.rules.statement import members_sql
from beachhead.service.named_segment import named_segment
from beachhead.service.plan import Plan
from beachhead.service.segment_rules import ids_of_list


class WarehouseRelations:
    """Where a statement finds customers in a warehouse. `schema`: before each name, where tables are in one."""

    key = "account_id"
    person = "user_id"

    def __init__(self, plan: Plan, as_of: date, dialect: Dialect, schema: str | None = None) -> None:
        self._plan = plan
        self._as_of = as_of
        self._dialect = dialect
        self._schema = schema

    def customers(self, day: date) -> str:
        if day != self._as_of:
            raise DefinitionError(_no_history("records of an earlier day"))
        return self._named("accounts")

    def attribute(self, name: str, row: str) -> str:
        return self._value(f"{row}.{quote_name(name)}", self._plan.catalog.attribute_type(name))

    def account_id(self, row: str) -> str:
        return f"{row}.account_id"

    def rows(self, table: str, day: date) -> str:
        if day != self._as_of:
            raise DefinitionError(_no_history("rows as they were known on an earlier day"))
        return self._named(table)

    def column(self, table: str, name: str, row: str) -> str:
        known_at = BY_NAME[table].known_at
        if name in ("day", "moment"):
            moment = f"{row}.{quote_name(known_at)}" if known_at else "CAST(NULL AS TIMESTAMP)"
            return f"CAST({moment} AS DATE)" if name == "day" else moment
        kinds = self._plan.catalog.table_columns(table) or {}
        return self._value(f"{row}.{quote_name(name)}", kinds.get(name))

    def members(self, segment: str, day: date) -> str:
        raise DefinitionError(_no_history(f"members of '{segment}'"))

    def moved(self, segment: str, has_joined: bool, first: date, last: date) -> str:
        raise DefinitionError(_no_history(f"who joined or left '{segment}'"))

    def listed(self, name: str) -> str:
        ids = ids_of_list(self._plan.project, name)
        if not ids:
            return "(SELECT CAST(NULL AS VARCHAR) AS account_id WHERE false)"
        values = ", ".join("('" + i.replace("'", "''") + "')" for i in ids)
        return f"(SELECT account_id FROM (VALUES {values}) AS listed(account_id))"

    def _value(self, sql: str, kind: ValueType | None) -> str:
        """Whole numbers are given to ClickHouse as fractions: it has no common type of both."""
        is_whole = kind in (ValueType.INTEGER, ValueType.MONEY)
        return f"CAST({sql} AS DOUBLE)" if is_whole and self._dialect == "clickhouse" else sql

    def _named(self, table: str) -> str:
        return f"{quote_name(self._schema)}.{quote_name(table)}" if self._schema else quote_name(table)


def segment_sql(plan: Plan, name: str, as_of: date, dialect: Dialect, schema: str | None = None) -> str:
    """One SELECT of the `account_id` of each member of a segment, in a warehouse's own SQL.

    Segments that it names are written out. Raises `DefinitionError` for what a warehouse cannot know (earlier days,
    memberships) or the dialect cannot say, `UsageError` for an unknown segment or a family.
    """
    found = named_segment(plan, name)
    rule = _written_out(found.node, plan)
    return emit(members_sql(rule, as_of, WarehouseRelations(plan, as_of, dialect, schema)), dialect)


def _written_out(rule: Node, plan: Plan) -> Node:
    """A core rule with the rules of other segments in their place. They never refer to each other in a circle."""
    match rule:
        case InSegment():
            return Call("is true", (_written_out(named_segment(plan, rule.name).node, plan),))
        case And() | Or():
            return replace(rule, items=tuple(_written_out(item, plan) for item in rule.items))
        case Not():
            return replace(rule, item=_written_out(rule.item, plan))
        case Call():
            return replace(rule, arguments=tuple(_written_out(a, plan) for a in rule.arguments))
        case Case():
            whens = tuple((_written_out(w, plan), _written_out(v, plan)) for w, v in rule.whens)
            return replace(rule, whens=whens, otherwise=rule.otherwise and _written_out(rule.otherwise, plan))
        case Ranking():
            return replace(rule, item=_written_out(rule.item, plan), by=rule.by and _written_out(rule.by, plan))
        case _:
            return rule


def _no_history(what: str) -> Diagnostic:
    message = f"the warehouse's tables do not hold {what}"
    remedy = "Let Beachhead evaluate it and write the members: beachhead sql … --write TABLE."
    return Diagnostic("not-in-a-warehouse", message, remedy=remedy)
