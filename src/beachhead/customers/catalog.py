"""Which attributes a project has: built-in, from its files, defined by itself; and which have data."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from beachhead.customers.attributes import BUILT_IN, Attribute, built_in, key_event_attributes, onboarding_attributes
from beachhead.project.definitions import AttributeDefinition, Kind, Settings, SourceDefinition
from beachhead.project.model import BY_NAME, day_column
from beachhead.rules import FORMS, ValueType

_NOT_KEPT = {"events": ("account_id", "event_id")}
"""Columns of a table that nothing keeps for rules, in place of only the customer's id."""
_TEXTS = (ValueType.TEXT, ValueType.LIST)


class KnownTexts(Protocol):
    """The texts that occur in the data, of lists the items; None where they are not known, or too many to list."""

    def of_attribute(self, name: str, kind: ValueType) -> Collection[str] | None: ...

    def of_column(self, table: str, column: str, kind: ValueType) -> Collection[str] | None: ...


@dataclass(frozen=True)
class Catalog:
    """All attributes by name; `missing` says for those without data what would have to be mapped. `tables`: columns of
    the rows of customers that have data. `known`: the texts in that data, where somebody has looked."""

    attributes: Mapping[str, Attribute]
    missing: Mapping[str, str]
    segments: frozenset[str] = frozenset()
    tables: Mapping[str, Mapping[str, ValueType]] = field(default_factory=dict)
    lists: frozenset[str] = frozenset()
    known: KnownTexts | None = None

    def attribute_type(self, name: str) -> ValueType | None:
        found = self.attributes.get(name)
        return ValueType(found.type) if found else None

    def attribute_names(self) -> Collection[str]:
        return self.attributes.keys()

    def unavailable(self, name: str) -> str | None:
        return self.missing.get(name)

    def segment_names(self) -> Collection[str]:
        return self.segments

    def values(self, name: str) -> Collection[str] | None:
        kind = self.attribute_type(name)
        return self.known.of_attribute(name, kind) if self.known and kind in _TEXTS else None

    def column_values(self, table: str, column: str) -> Collection[str] | None:
        kind = self.tables.get(table, {}).get(column)
        return self.known.of_column(table, column, kind) if self.known and kind in _TEXTS else None

    def table_columns(self, table: str) -> Mapping[str, ValueType] | None:
        return self.tables.get(table)

    def list_names(self) -> Collection[str]:
        return self.lists

    @property
    def available(self) -> dict[str, Attribute]:
        """The attributes that have data."""
        return {n: a for n, a in self.attributes.items() if n not in self.missing}


def source_catalog(settings: Settings, sources: Mapping[str, SourceDefinition]) -> Catalog:
    """Built-in attributes and those that sources bring as further columns; not yet the project's own."""
    attributes = {a.name: a for a in built_in(settings)}
    attributes["account_id"] = Attribute("account_id", "text", "Customer id", "accounts", kind="account")
    for source in sources.values():
        if not BY_NAME[source.table].state or "account_id" not in BY_NAME[source.table].key:
            continue
        for name, column in source.extra.items():
            if column.hidden:
                continue
            default: Kind = "firmographic" if source.table == "companies" else "account"
            stable = source.stable if column.stable is None else column.stable
            attributes[name] = Attribute(
                name,
                column.type or "text",
                column.title or name.replace("_", " ").capitalize(),
                "extra",
                (),
                column.kind or default,
                "explicit",
                column.known_from or "signup",
                column.addressable,
                stable,
            )
    _describe(attributes, sources)
    mapped = _mapped_columns(sources)
    missing = {a.name: needs for a in attributes.values() if (needs := _unmet(a, mapped))}
    return Catalog(attributes, missing, tables=row_columns(sources))


def row_columns(sources: Mapping[str, SourceDefinition]) -> dict[str, dict[str, ValueType]]:
    """The columns of each table of rows that sources feed: those that they map or that follow from others."""
    found: dict[str, dict[str, ValueType]] = {}
    for source in sources.values():
        table = BY_NAME[source.table]
        if table.name not in FORMS:
            continue
        left_out = _NOT_KEPT.get(table.name, ("account_id",))
        columns = found.setdefault(table.name, {})
        columns |= {c.name: ValueType(c.type) for c in table.columns if c.name in source.columns}
        columns |= {n: ValueType(c.type or "text") for n, c in source.extra.items() if not c.hidden}
        for name in left_out:
            columns.pop(name, None)
    if "order_lines" in found:
        lines = found["order_lines"]
        if "ordered_at" in found.get("orders", ()):
            lines["ordered_at"] = ValueType.TIMESTAMP
        if {"quantity", "unit_price"} <= lines.keys():
            lines["amount"] = ValueType.MONEY
        found.setdefault(
            "orders",
            {"order_id": ValueType.TEXT, "ordered_at": ValueType.TIMESTAMP, "revenue": ValueType.MONEY},
        )
    return found


def taken_names(settings: Settings, sources: Mapping[str, SourceDefinition]) -> Iterator[tuple[str, str, str]]:
    """Further columns whose name something else of the record has: source, column, what to do."""
    built = {a.name: a for a in built_in(settings)}
    first: dict[str, str] = {}
    types: dict[tuple[str, str], tuple[str, str]] = {}
    for source in sources.values():
        table = BY_NAME[source.table]
        for name, column in source.extra.items():
            if column.hidden:
                continue
            type_, there = types.setdefault((source.table, name), (column.type or "text", source.name))
            if type_ != (column.type or "text"):
                yield source.name, name, f"Let it be of type {type_} as in {there}, or give it another name."
        if not table.state or "account_id" not in table.key:
            continue
        own = {day_column(c.name) for c in table.columns if c.type == "timestamp"} | {
            "account_id",
            "account_no",
            "as_of",
        }
        for name, column in source.extra.items():
            if column.hidden or table.column(name) is not None:
                continue
            other = first.setdefault(name, source.table)
            if name in built or name in own or other != source.table:
                remedy = "Give it another name."
                if name in built and (better := _column_of(built[name], source.table)):
                    remedy = f"Map it as {better} (under `columns` of a source of that table), or give it another name."
                yield source.name, name, remedy


def clashing_key_events(settings: Settings) -> Iterator[tuple[int, str]]:
    """Key events one of whose attributes has the name of another one: position, name."""
    taken = {a.name for a in BUILT_IN} | {a.name for a in onboarding_attributes(settings.onboarding_questions)}
    for n, event in enumerate(settings.key_events):
        own = {a.name for a in key_event_attributes([event])}
        if clash := sorted(own & taken):
            yield n, clash[0]
        taken |= own


def _column_of(attribute: Attribute, table: str) -> str | None:
    """The model column that is this attribute, best of `table`."""
    names = attribute.name, attribute.name.removesuffix("_cents"), attribute.name.removeprefix("account_")
    same = [c for need in attribute.needs for c in need.split("|") if c.partition(".")[2] in names]
    return next((c for c in same if c.startswith(f"{table}.")), same[0] if same else None)


def _describe(attributes: dict[str, Attribute], sources: Mapping[str, SourceDefinition]) -> None:
    """What a mapping says of a model column (title, kind, known_from, addressable) holds for the attribute from it."""
    for source in sources.values():
        for name, column in source.columns.items():
            for attribute in [a for a in attributes.values() if _comes_from(a, f"{source.table}.{name}")]:
                attributes[attribute.name] = replace(
                    attribute,
                    title=column.title or attribute.title,
                    kind=column.kind or attribute.kind,
                    known_from=column.known_from or attribute.known_from,
                    addressable=column.addressable or attribute.addressable,
                )


def _comes_from(attribute: Attribute, column: str) -> bool:
    return len(attribute.needs) == 1 and column in attribute.needs[0].split("|")


def own_attribute(definition: AttributeDefinition, value_type: ValueType) -> Attribute:
    """An attribute that the project defines by an expression of this type."""
    return Attribute(
        definition.name,
        value_type.value,
        definition.title or definition.name.replace("_", " ").capitalize(),
        "own",
        (),
        definition.kind,
        "implicit",
        definition.known_from,
        definition.addressable,
        description=definition.description or "",
    )


def _mapped_columns(sources: Mapping[str, SourceDefinition]) -> set[str]:
    mapped: set[str] = set()
    for source in sources.values():
        mapped.add(source.table)
        mapped |= {f"{source.table}.{name}" for name in source.columns}
    if "order_lines" in mapped:
        mapped |= {"orders", "orders.revenue"}
    return mapped


def _unmet(attribute: Attribute, mapped: Collection[str]) -> str | None:
    unmet = [need for need in attribute.needs if not any(choice in mapped for choice in need.split("|"))]
    return "needs " + " and ".join(need.replace("|", " or ") for need in unmet) if unmet else None
