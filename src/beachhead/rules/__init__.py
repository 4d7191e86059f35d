"""The segment language: SQL's WHERE over attributes.

Text → `parse` → tree → `check_rule` or `check_expression` → checked tree → `explain`; and its core, in which forms are
replaced by what they mean → `to_sql`, `evaluate`. What an operator is stands in one table, `OPERATORS`, what a form is
in another, `FORMS`.
"""

from beachhead.rules.ast import Node, Span, walk
from beachhead.rules.check import Checked, check_expression, check_rule, value_type
from beachhead.rules.expand import expand
from beachhead.rules.explain import explain
from beachhead.rules.format import format_rule, version
from beachhead.rules.forms import FORMS, FormRow, Kind, Option, Takes
from beachhead.rules.json_form import from_json, to_json
from beachhead.rules.lint import lint, never_or_always
from beachhead.rules.mistakes import RESERVED
from beachhead.rules.operators import FUNCTIONS, OPERATORS, Operator
from beachhead.rules.oracle import evaluate, evaluate_value, stored_value
from beachhead.rules.order import Ordered, attribute_order, segment_order
from beachhead.rules.parser import parse
from beachhead.rules.sql import attribute_sql, identifier, to_sql
from beachhead.rules.types import Catalog, FixedCatalog, Value, ValueType
from beachhead.rules.uses import Use, attributes_used, lists_used, segments_used, tables_used, uses

__all__ = [
    "FORMS",
    "FUNCTIONS",
    "OPERATORS",
    "RESERVED",
    "Catalog",
    "Checked",
    "FixedCatalog",
    "FormRow",
    "Kind",
    "Node",
    "Operator",
    "Option",
    "Ordered",
    "Span",
    "Takes",
    "Use",
    "Value",
    "ValueType",
    "attribute_order",
    "attribute_sql",
    "attributes_used",
    "check_expression",
    "check_rule",
    "evaluate",
    "evaluate_value",
    "expand",
    "explain",
    "format_rule",
    "from_json",
    "identifier",
    "lint",
    "lists_used",
    "never_or_always",
    "parse",
    "segment_order",
    "segments_used",
    "stored_value",
    "tables_used",
    "to_json",
    "to_sql",
    "uses",
    "value_type",
    "version",
    "walk",
]
