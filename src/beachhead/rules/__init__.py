"""The segment language: SQL's WHERE over attributes.

Text → `parse` → tree → `check_rule` or `check_expression` → checked tree → `to_sql`, `evaluate`, `explain`. What an
operator is stands in one table, `OPERATORS`.
"""

from beachhead.rules.ast import Node, Span, walk
from beachhead.rules.check import (
    Checked,
    attributes_used,
    check_expression,
    check_rule,
    segments_used,
    value_type,
)
from beachhead.rules.explain import explain
from beachhead.rules.format import format_rule, version
from beachhead.rules.json_form import from_json, to_json
from beachhead.rules.mistakes import RESERVED
from beachhead.rules.operators import FUNCTIONS, OPERATORS, Operator
from beachhead.rules.oracle import evaluate, evaluate_value, stored_value
from beachhead.rules.order import Ordered, attribute_order, segment_order
from beachhead.rules.parser import parse
from beachhead.rules.sql import attribute_sql, identifier, to_sql
from beachhead.rules.types import Catalog, FixedCatalog, Value, ValueType

__all__ = [
    "FUNCTIONS",
    "OPERATORS",
    "RESERVED",
    "Catalog",
    "Checked",
    "FixedCatalog",
    "Node",
    "Operator",
    "Ordered",
    "Span",
    "Value",
    "ValueType",
    "attribute_order",
    "attribute_sql",
    "attributes_used",
    "check_expression",
    "check_rule",
    "evaluate",
    "evaluate_value",
    "explain",
    "format_rule",
    "from_json",
    "identifier",
    "parse",
    "segment_order",
    "segments_used",
    "stored_value",
    "to_json",
    "to_sql",
    "value_type",
    "version",
    "walk",
]
