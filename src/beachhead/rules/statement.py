"""A core rule as one SELECT, for engines that have none of our columns: a warehouse, or DuckDB as a check.

Each value that is more than an attribute comes from a table of the WITH, which is joined to the customers by their key:
no subquery looks outward, since warehouses lack that. Aggregates of one table share one scan of it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

from beachhead.rules.ast import Aggregate, Chain, InList, InSegment, Meant, Moved, Node, Ranking, Rows, Sample, Was
from beachhead.rules.chain_sql import chain_tables
from beachhead.rules.format import quoted
from beachhead.rules.relations import Relations
from beachhead.rules.row_sql import MAX_COLUMNS, NEVER_NULL, Owners, RowSource, aggregate_columns
from beachhead.rules.sql import to_sql


def members_sql(rule: Node, as_of: date, relations: Relations) -> str:
    """One SELECT of the key of each customer for whom a core condition is true, in no order."""
    statement = _Statement(relations)
    customers = statement.customers(as_of)
    condition = customers.print(rule)
    return statement.complete(f"select {customers.key} as {relations.key} from {customers.source()} where {condition}")


def values_sql(values: Sequence[Node], as_of: date, relations: Relations) -> str:
    """One SELECT of the key of each customer and its core values as `v0`, `v1`, …, in no order.

    Sums, averages and percentiles are DOUBLE, counts and ranks BIGINT, all else is as its column. Raises ValueError for
    more than `MAX_COLUMNS` values.
    """
    if len(values) > MAX_COLUMNS:
        raise ValueError(f"{len(values)} values are more than {MAX_COLUMNS}")
    statement = _Statement(relations)
    customers = statement.customers(as_of)
    columns = [f"{customers.key} as {relations.key}"]
    columns += [f"{customers.print(value)} as v{i}" for i, value in enumerate(values)]
    return statement.complete(f"select {', '.join(columns)} from {customers.source()}")


class _Statement:
    """The tables of the WITH while they are found: of people's rows, of customers' rows, of values made of these."""

    def __init__(self, relations: Relations) -> None:
        self.relations = relations
        self.scans: dict[tuple[Owners, str], list[_Scan]] = {}
        self.names: dict[tuple[Owners | date, Node], str] = {}
        self.of_people: list[tuple[str, str]] = []
        self.of_customers: list[tuple[str, str]] = []
        self.of_values: list[tuple[str, str]] = []
        self._numbers: dict[str, int] = {}

    def customers(self, as_of: date) -> _Select:
        return _Select(self, Owners(self.relations, as_of), "c")

    def new_name(self, stem: str) -> str:
        self._numbers[stem] = number = self._numbers.get(stem, 0) + 1
        return f"{stem}_{number}"

    def rows_of(self, owners: Owners) -> list[tuple[str, str]]:
        return self.of_people if owners.are_people else self.of_customers

    def row_source(self, owners: Owners, table: str) -> RowSource:
        """Rows of a table; if these are people, what is said of them may look at the rows of each."""
        people = _Select(self, owners.people(), "t") if table == "users" and not owners.are_people else None
        return RowSource(owners, table, people)

    def complete(self, select: str) -> str:
        """The statement; scans are made only now, when all their columns are known."""
        for are_people in (False, True):  # people's rows are asked for where customers' people are scanned
            for (owners, _), scans in list(self.scans.items()):
                if owners.are_people == are_people:
                    self.rows_of(owners).extend((scan.name, scan.select()) for scan in scans)
        tables = [*self.of_people, *self.of_customers, *self.of_values]
        return f"with {', '.join(f'{name} as ({sql})' for name, sql in tables)} {select}" if tables else select


class _Scan:
    """A table of the WITH that holds the aggregates of one table's rows, each a column."""

    def __init__(self, statement: _Statement, owners: Owners, table: str) -> None:
        self.name = statement.new_name(f"rows_of_{table}")
        self.columns: dict[Aggregate, str] = {}
        self._source = (statement, owners, table)

    def select(self) -> str:
        statement, owners, table = self._source
        return aggregate_columns(statement.row_source(owners, table), self.columns)


class _Select:
    """Values of customers, or of people, in one SELECT; `joins` are the tables that it needs for them, each once."""

    def __init__(self, statement: _Statement, owners: Owners, row: str) -> None:
        self.statement = statement
        self.owners = owners
        self.row = row
        self.joins: dict[str, str] = {}
        self._aliases: dict[Node, str] = {}

    @property
    def key(self) -> str:
        return self.owners.keys(self.row)["k"]

    def source(self) -> str:
        """What stands after FROM, when all values have been printed."""
        return f"{self.owners.relation()} as {self.row} {self.joined()}"

    def joined(self) -> str:
        return " ".join(self.joins.values())

    def print(self, node: Node) -> str:
        return to_sql(node, self.owners.as_of, self._segment, self._attribute, self._meant)

    def _attribute(self, name: str) -> str:
        return self.owners.attribute(name, self.row)

    def _segment(self, name: str) -> str:
        relations = self.statement.relations
        return self._is_in("members", InSegment(name), relations.members(name, self.owners.as_of))

    def _meant(self, node: Meant) -> str:
        match node:
            case Aggregate():
                return self._aggregate(node)
            case Chain():
                return self._chain(node)
        if self.owners.are_people:
            raise TypeError(f"means nothing for people: {node}")
        relations = self.statement.relations
        match node:
            case InList():
                account_id = relations.account_id(self.row)
                return self._is_in("listed", node, relations.listed(node.name), "account_id", account_id)
            case Moved():
                first, last = self.owners.fixed(node.first), self.owners.fixed(node.last)
                return self._is_in("moved", node, relations.moved(node.segment, node.has_joined, first, last))
            case Sample():
                return _sample(node, relations.account_id(self.row))
            case Was():
                return self._was(node)
            case Ranking():
                return self._ranking(node)

    def _is_in(self, stem: str, node: Node, relation: str, column: str = "", equal_to: str = "") -> str:
        """Whether the customer is in a relation, which is joined as it is."""
        alias = self._aliases.get(node)
        column = column or self.statement.relations.key
        if alias is None:
            alias = self._aliases[node] = self.statement.new_name(stem)
            self.joins[alias] = f"left join {relation} as {alias} on {alias}.{column} = {equal_to or self.key}"
        return f"({alias}.{column} is not null)"

    def _join(self, table: str) -> None:
        on = " and ".join(f"{table}.{column} = {sql}" for column, sql in self.owners.keys(self.row).items())
        self.joins[table] = f"left join {table} on {on}"

    def _aggregate(self, node: Aggregate) -> str:
        if node.function in ("earliest", "latest"):
            table, column = self._own_table("end", node), "v"
        else:
            table, column = self._shared_table(node)
        self._join(table)
        if node.function not in NEVER_NULL:
            return f"{table}.{column}"
        return self._where_days_are_known((node.rows,), f"coalesce({table}.{column}, 0)")

    def _chain(self, node: Chain) -> str:
        table = self._own_table("chain", node)
        self._join(table)
        return self._where_days_are_known(node.steps, f"({table}.k is not null)")

    def _where_days_are_known(self, all_rows: Sequence[Rows], sql: str) -> str:
        days = [day for rows in all_rows for day in (rows.first, rows.last)]
        names = dict.fromkeys(day.base for day in days if day and isinstance(day.base, str))
        unknown = " or ".join(f"{self._attribute(name)} is null" for name in names)
        return f"case when {unknown} then null else {sql} end" if unknown else sql

    def _shared_table(self, node: Aggregate) -> tuple[str, str]:
        """The table and the column of an aggregate: it shares both with its equals, the table with its like."""
        scans = self.statement.scans.setdefault((self.owners, node.rows.table), [])
        for scan in scans:
            if node in scan.columns:
                return scan.name, scan.columns[node]
        if not scans or len(scans[-1].columns) == MAX_COLUMNS:
            scans.append(_Scan(self.statement, self.owners, node.rows.table))
        columns = scans[-1].columns
        columns[node] = f"v{len(columns)}"
        return scans[-1].name, columns[node]

    def _own_table(self, stem: str, node: Chain | Aggregate) -> str:
        """The table of a value of rows that shares it with its equals only."""
        statement, owners = self.statement, self.owners
        known = (owners, node)
        name = statement.names.get(known)
        if name is None:
            name = statement.names[known] = statement.new_name(stem)
            if isinstance(node, Aggregate):
                tables = [(name, statement.row_source(owners, node.rows.table).at_an_end(node))]
            else:
                steps = [statement.row_source(owners, rows.table).moments(rows) for rows in node.steps]
                tables = chain_tables(node, name, tuple(owners.keys("")), steps, owners.as_of)
            statement.rows_of(owners).extend(tables)
        return name

    def _was(self, node: Was) -> str:
        day = self.owners.fixed(node.at)
        if day == self.owners.as_of:
            return f"({self.print(node.item)})"
        if day > self.owners.as_of:  # what is to come nobody knows; this null has the type of the value
            return f"case when false then {self.print(node.item)} end"
        return self._value_table("was", day, node.item)

    def _ranking(self, node: Ranking) -> str:
        return self._value_table(node.function, self.owners.as_of, node)

    def _value_table(self, stem: str, as_of: date, node: Node) -> str:
        """The value of a node as of a day, from a table that all who ask for it share."""
        statement, known = self.statement, (as_of, node)
        name = statement.names.get(known)
        if name is None:
            customers = statement.customers(as_of)
            if isinstance(node, Ranking):
                sql = _ranked(node, customers)
            else:
                item = customers.print(node)
                sql = f"select {customers.key} as k, {item} as v from {customers.source()}"
            name = statement.names[known] = statement.new_name(stem)
            statement.of_values.append((name, sql))
        self._join(name)
        return f"{name}.v"


def _ranked(node: Ranking, customers: _Select) -> str:
    """The rank among the known values; the share is one division of whole numbers, so that all engines agree on it."""
    columns, group = [f"{customers.key} as k", f"{customers.print(node.item)} as item"], ""
    if node.by:
        columns.append(f"{customers.print(node.by)} as of_group")
        group = "partition by of_group"
    if node.function == "rank":
        value = f"rank() over ({group} order by item desc)"
    else:
        value = f"100 * (rank() over ({group} order by item) - 1) / nullif(count(*) over ({group}), 0)"
    values = f"select {', '.join(columns)} from {customers.source()}"
    return f"select k, {value} as v from ({values}) as r where item is not null"


def _sample(node: Sample, account_id: str) -> str:
    below = math.ceil(node.share * 2**32)
    if below >= 2**32:
        return "true"
    return f"(substr(md5({quoted(node.salt + ':')} || {account_id}), 1, 8) < {quoted(f'{max(below, 0):08x}')})"
