"""A checked tree as SQL, DuckDB-flavoured and made only of what the operator table holds.

The SQL of a condition is true, false or null exactly as the language says (three-valued); a member is TRUE only. The
as-of day goes in as a date literal, so that no engine has to know today.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from beachhead.rules.ast import (
    And,
    Attribute,
    Call,
    Case,
    Duration,
    InSegment,
    Invoke,
    Literal,
    Meant,
    Node,
    Not,
    Or,
    RelativeDate,
)
from beachhead.rules.days import resolve
from beachhead.rules.format import quoted
from beachhead.rules.operators import OPERATORS
from beachhead.rules.types import ValueType


def identifier(name: str) -> str:
    """A column name, quoted."""
    return '"' + name.replace('"', '""') + '"'


def _more_than_a_row(node: Meant) -> str:
    raise TypeError(f"needs more than a row: {node}")


def to_sql(
    node: Node, as_of: date, segment_sql: Callable[[str], str], column_sql: Callable[[str], str] = identifier,
    meant_sql: Callable[[Meant], str] = _more_than_a_row,
) -> str:  # fmt: skip
    """The SQL of a core condition or value.

    `segment_sql` gives the SQL that says whether a row is in a segment; null there counts as false. `column_sql` gives
    the SQL of an attribute's column. `meant_sql` gives that of what a row of attributes does not tell (see
    `statement`), such that it can stand beside any operator; without it, such a node raises TypeError.
    """
    return _Printer(as_of, segment_sql, column_sql, meant_sql).print(node)


def attribute_sql(
    node: Node, result: ValueType, as_of: date, segment_sql: Callable[[str], str],
    column_sql: Callable[[str], str] = identifier,
) -> str:  # fmt: skip
    """The SQL of a user-defined attribute of type `result`, as it is stored.

    Money and whole numbers, computed in double precision, are rounded half up to bigint; what does not fit is null.
    """
    sql = to_sql(node, as_of, segment_sql, column_sql)
    match result:
        case ValueType.MONEY | ValueType.INTEGER:
            return f"try_cast(floor(cast({sql} as double) + 0.5) as bigint)"
        case ValueType.NUMBER:
            return f"cast({sql} as double)"
        case ValueType.DATE | ValueType.TIMESTAMP:
            return f"cast({sql} as {result})"
        case ValueType.TEXT | ValueType.BOOLEAN | ValueType.LIST:
            return sql


class _Printer:
    def __init__(
        self, as_of: date, segment_sql: Callable[[str], str], column_sql: Callable[[str], str],
        meant_sql: Callable[[Meant], str],
    ) -> None:  # fmt: skip
        self.as_of = as_of
        self.segment_sql = segment_sql
        self.column_sql = column_sql
        self.meant_sql = meant_sql

    def print(self, node: Node) -> str:
        match node:
            case And():
                return " and ".join(self._part(item) for item in node.items)
            case Or():
                return " or ".join(self._part(item) for item in node.items)
            case Not():
                return f"not {self._part(node.item)}"
            case Call():
                return self._call(node)
            case Case():
                whens = " ".join(f"when {self.print(c)} then {self.print(value)}" for c, value in node.whens)
                otherwise = "" if node.otherwise is None else f" else {self.print(node.otherwise)}"
                return f"case {whens}{otherwise} end"
            case InSegment():
                return f"coalesce({self.segment_sql(node.name)}, false)"
            case Attribute():
                return self.column_sql(node.name)
            case RelativeDate():
                return date_sql(resolve(node, self.as_of))
            case Literal():
                return _literal(node)
            case Invoke() | Duration():
                raise TypeError(f"not a core node: {node}")
            case _:
                return self.meant_sql(node)

    def _call(self, node: Call) -> str:
        row = OPERATORS[node.operator]
        if row.key == "ilike":  # which not every engine has
            text, pattern = node.arguments
            small = OPERATORS["lower"].evaluate(pattern.value if isinstance(pattern, Literal) else "")
            return f"lower({self.print(text)}) like {quoted(str(small))}"
        arguments = [self._double(a) if row.as_double else self._part(a) for a in node.arguments]
        if row.constants_from is not None:  # written values go in bare: they are digits, patterns, list items
            arguments[row.constants_from :] = [self.print(a) for a in node.arguments[row.constants_from :]]
        arguments += [str(value) for value in row.defaults[len(arguments) - row.arity[0] :]]
        as_of = date_sql(self.as_of)
        return row.sql.format(*arguments, rest=", ".join(arguments[1:]), all=", ".join(arguments), as_of=as_of)

    def _part(self, node: Node) -> str:
        """SQL that can stand beside any operator."""
        sql = self.print(node)
        return f"({sql})" if isinstance(node, And | Or | Not | Call) else sql

    def _double(self, node: Node) -> str:
        if isinstance(node, Call) and OPERATORS[node.operator].as_double:
            return self._part(node)
        return f"cast({self.print(node)} as double)"


def _literal(node: Literal) -> str:
    match node.value:
        case None:
            return "null"
        case bool():
            return "true" if node.value else "false"
        case str():
            return quoted(node.value)
        case date():
            return date_sql(node.value)
        case int():
            return str(node.value) if node.value >= 0 else f"({node.value})"
        case float():
            # With an exponent it is a double: a plain 0.1 would be a decimal.
            written = repr(node.value)
            exact = written if "e" in written else f"{written}e0"
            return exact if node.value >= 0 else f"({exact})"


def date_sql(value: date) -> str:
    """A day, or a timestamp, as SQL."""
    if isinstance(value, datetime):
        return f"timestamp {quoted(value.isoformat(sep=' '))}"
    return f"date {quoted(value.isoformat())}"
