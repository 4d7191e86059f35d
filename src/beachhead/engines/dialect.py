"""SQL for the customer model, written once, emitted for each engine.

It is written in DuckDB's syntax, with the statements and clauses of `CLAUSES` and the operators and functions
of the catalogue, nothing else: what is not listed there is refused before it runs, on every engine alike.
`emit` parses, binds parameters, checks, rewrites and prints, in this order.

Rules that go beyond single functions: names without quotes are in lower case; a number with a point is a
DOUBLE; nulls come last unless NULLS FIRST is written; texts compare by code point.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError, UnsupportedError

from beachhead.engines.base import Dialect, Parameter
from beachhead.engines.catalogue import BY_NAME, BY_NODE, INSTEAD, Entry
from beachhead.engines.spelling import Rewrite, cast, collated
from beachhead.engines.warehouses import ENTRIES as RULE_ENTRIES
from beachhead.engines.warehouses import SPELLINGS, WAREHOUSES, finished
from beachhead.errors import DefinitionError, Diagnostic

# Statements and clauses, each with its parts that may be used; any other part is refused.
CLAUSES: Mapping[type[exp.Expr], frozenset[str]] = {
    node: frozenset(parts.split())
    for node, parts in {
        exp.Create: "this kind expression exists properties",
        exp.Properties: "expressions",
        exp.TemporaryProperty: "",
        exp.Drop: "kind tables exists",
        exp.Select: "with_ expressions distinct from_ joins where group having order limit offset windows",
        exp.Union: "with_ this expression distinct order limit offset",
        exp.Except: "with_ this expression distinct order limit offset",
        exp.Intersect: "with_ this expression distinct order limit offset",
        exp.With: "expressions recursive",
        exp.CTE: "this alias",
        exp.Subquery: "this alias with_",
        exp.From: "this",
        exp.Join: "this on side kind using",
        exp.Table: "this alias db",
        exp.TableAlias: "this columns",
        exp.Values: "expressions alias",
        exp.Tuple: "expressions",
        exp.Where: "this",
        exp.Group: "expressions",
        exp.Having: "this",
        exp.Order: "this expressions",
        exp.Ordered: "this desc nulls_first",
        exp.Limit: "expression",
        exp.Offset: "expression",
        exp.Distinct: "expressions",
        exp.WindowSpec: "kind start start_side end end_side",
        exp.Alias: "this alias",
        exp.Column: "this table",
        exp.Identifier: "this quoted",
        exp.Star: "",
        exp.Paren: "this",
        exp.Null: "",
        exp.Boolean: "this",
        exp.Literal: "this is_string",
        exp.DataType: "this nested",
        exp.Var: "this",
        exp.Placeholder: "this",
    }.items()
}
# What a name is cut to by an engine that we serve; a cut name would silently be another one.
MAX_NAME_BYTES = 63


def emit(
    sql: str,
    dialect: Dialect,
    parameters: Mapping[str, Parameter] | None = None,
    unsupported: Mapping[str, str] | None = None,
) -> str:
    """One or more catalogue statements in an engine's own SQL.

    `$name` in `sql` becomes the value of `parameters` as a literal. `unsupported` is the engine's
    (`Engine.unsupported`). A warehouse takes only what rules are printed with. Raises `DefinitionError` with one
    diagnostic for each thing that is not allowed.
    """
    bound = tuple((name, type(value), value) for name, value in sorted((parameters or {}).items()))
    return _emitted(sql, dialect, bound, tuple(sorted((unsupported or {}).items())))


@lru_cache(maxsize=512)  # the model's SQL is the same in every update, and takes a while to parse
def _emitted(
    sql: str,
    dialect: Dialect,
    parameters: tuple[tuple[str, type, Parameter], ...],
    unsupported: tuple[tuple[str, str], ...],
) -> str:
    given = {name: value for name, _, value in parameters}
    statements = _parse(sql)
    problems: list[Diagnostic] = []
    for statement in statements:
        problems += _bind(statement, given)
        problems += _objections(statement, _lacking(dialect) | dict(unsupported))
    if problems:
        raise DefinitionError(list(dict.fromkeys(problems)))
    return ";\n".join(_print(_rewritten(s, dialect), dialect) for s in statements)


def _parse(sql: str) -> list[exp.Expr]:
    try:
        parsed = [s for s in sqlglot.parse(sql, read="duckdb") if s is not None]
    except (ParseError, TokenError) as e:
        raise DefinitionError(Diagnostic("sql-syntax", str(e).split("\n", 1)[0], remedy="Correct the SQL.")) from e
    if not parsed:
        raise DefinitionError(Diagnostic("sql-syntax", "there is no SQL statement", remedy="Write a SELECT."))
    return parsed


def _bind(statement: exp.Expr, parameters: Mapping[str, Parameter]) -> list[Diagnostic]:
    missing = []
    for hole in list(statement.find_all(exp.Placeholder)):
        if hole.name in parameters:
            hole.replace(_literal(parameters[hole.name]))
        else:
            missing.append(Diagnostic.unknown_name("SQL parameter", hole.name, parameters))
    return missing


def _literal(value: Parameter) -> exp.Expr:
    match value:
        case None:
            return exp.null()
        case bool():
            return exp.Boolean(this=value)
        case int() | float():
            number = exp.Literal.number(repr(abs(value)))
            return exp.Paren(this=exp.Neg(this=number)) if value < 0 else number
        case date():
            return cast(exp.Literal.string(value.isoformat()), "TIMESTAMP" if hasattr(value, "hour") else "DATE")
        case str():
            return exp.Literal.string(value)


def _objections(statement: exp.Expr, unsupported: Mapping[str, str]) -> list[Diagnostic]:
    found = []
    for node in statement.walk():
        entry = _entry(node)
        if entry is None:
            problem = _structural_objection(node)
        elif entry.name in unsupported:
            problem = Diagnostic(
                "sql-unsupported", f"this engine lacks {entry.name}: {unsupported[entry.name]}",
                remedy="Write it another way, or use another engine.",
            )  # fmt: skip
        else:
            told = entry.object_to(node) if entry.object_to else None
            problem = Diagnostic("sql-not-portable", f"{told} (in: {_shown(node)})") if told else None
        if problem:
            found.append(problem)
    return found


def _lacking(dialect: Dialect) -> dict[str, str]:
    if dialect not in WAREHOUSES:
        return {}
    return {name: "only statements of rules were tried on it" for name in BY_NAME if name not in RULE_ENTRIES}


def _entry(node: exp.Expr) -> Entry | None:
    if isinstance(node, exp.Anonymous):
        entry = BY_NAME.get(node.name.lower())
        return entry if entry and not entry.nodes else None
    return BY_NODE.get(type(node))


def _structural_objection(node: exp.Expr) -> Diagnostic | None:
    allowed = CLAUSES.get(type(node))
    if allowed is None:
        return _not_in_catalogue(node)
    for part, value in node.args.items():
        if value and part not in allowed:
            return Diagnostic(
                "sql-not-portable", f"{part.strip('_').upper()} is not allowed here (in: {_shown(node)})",
                why="not every engine has it", remedy="Write it with plain clauses, or with a subquery.",
            )  # fmt: skip
    problem = None
    if isinstance(node, exp.Identifier):
        problem = _name_objection(node)
    elif isinstance(node, exp.Create | exp.Drop) and node.args.get("kind") != "TABLE":
        problem = "only tables are made and dropped"
    elif isinstance(node, exp.Join) and node.args.get("kind") not in (None, "", "INNER", "CROSS", "OUTER"):
        problem = f"{node.args['kind']} JOIN is not allowed: write EXISTS"
    return Diagnostic("sql-not-portable", f"{problem} (in: {_shown(node)})") if problem else None


def _name_objection(node: exp.Identifier) -> str | None:
    if not node.args.get("quoted") and node.name != node.name.lower():
        return "engines fold the case of names differently: write them in lower case, or quote them"
    if len(node.name.encode()) > MAX_NAME_BYTES:
        return f"a name longer than {MAX_NAME_BYTES} bytes is cut by PostgreSQL"
    return None


def _not_in_catalogue(node: exp.Expr) -> Diagnostic:
    name = node.name if isinstance(node, exp.Anonymous) else type(node).__name__
    if instead := INSTEAD.get(name.lower()):
        return Diagnostic("sql-not-in-catalogue", f"{name} is not in the catalogue", remedy=f"Use {instead}.")
    unknown = Diagnostic.unknown_name("SQL function", name.lower(), BY_NAME)
    return Diagnostic(
        "sql-not-in-catalogue", f"{name} is not in the catalogue (in: {_shown(node)})",
        why="engines may lack it or differ in it", remedy=unknown.remedy, nearest=unknown.nearest,
    )  # fmt: skip


def _shown(node: exp.Expr) -> str:
    text = node.sql("duckdb")
    return text if len(text) <= 80 else text[:79] + "…"


def _rewritten(statement: exp.Expr, dialect: Dialect) -> exp.Expr:
    """Children before parents, so that a rewrite sees finished arguments."""
    holder = exp.Paren(this=statement.copy())
    for node in reversed(list(holder.this.walk())):
        if isinstance(node, exp.Literal):
            _replace_literal(node, dialect)
        elif rewrite := _rewrite(node, dialect):
            node.replace(rewrite(node))
        elif isinstance(node, exp.Cast) and dialect == "postgres" and node.to.this == exp.DType.TEXT:
            node.replace(collated(node.copy(), "C"))
    made = holder.this
    assert isinstance(made, exp.Expr)
    return finished(made, dialect)


def _rewrite(node: exp.Expr, dialect: Dialect) -> Rewrite | None:
    entry = _entry(node)
    if entry is None:
        return None
    return SPELLINGS[dialect].get(entry.name) if dialect in SPELLINGS else entry.rewrites.get(dialect)


def _replace_literal(node: exp.Literal, dialect: Dialect) -> None:
    parent = node.parent
    if not node.is_string:
        if not node.this.isdigit():
            node.replace(cast(node.copy(), "DOUBLE"))
    elif dialect == "postgres" and not isinstance(parent, exp.Cast | exp.Interval | exp.GroupConcat):
        node.replace(collated(node.copy(), "C"))


def _print(statement: exp.Expr, dialect: Dialect) -> str:
    try:
        return statement.sql(dialect, identify=True, unsupported_level=sqlglot.ErrorLevel.RAISE)
    except UnsupportedError as e:
        raise DefinitionError(Diagnostic("sql-not-portable", str(e), remedy="Write it another way.")) from e
