"""A YAML tree against the shape of a definition, with every mistake told in plain words at its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Generic, TypeVar, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from beachhead.errors import Diagnostic, Place
from beachhead.project import yaml_positions as yaml
from beachhead.project.definitions import (
    AttributeDefinition,
    ColumnMap,
    CsvOptions,
    DatabaseOptions,
    Definition,
    ExcelOptions,
    Guard,
    MatchingDefinition,
    MatchMap,
    MeasureDefinition,
    MetricDefinition,
    MrrSettings,
    Retention,
    ScoreInput,
    SegmentationDefinition,
    SegmentationGroup,
    SegmentationRest,
    SegmentDefinition,
    Settings,
    SourceDefinition,
    Tiers,
    ValueDefinition,
)

D = TypeVar("D", bound=Definition)

_NOUNS: dict[type[Definition], str] = {
    AttributeDefinition: "an attribute",
    ColumnMap: "a column",
    CsvOptions: "`csv`",
    DatabaseOptions: "`database`",
    ExcelOptions: "`excel`",
    Guard: "`guard`",
    MatchingDefinition: "matching.yml",
    MatchMap: "`match`",
    MeasureDefinition: "a measure",
    MetricDefinition: "a metric",
    MrrSettings: "`mrr`",
    Retention: "`keep`",
    ScoreInput: "an input of the score",
    SegmentationDefinition: "segmentation.yml",
    SegmentationGroup: "a group of the segmentation",
    SegmentationRest: "`rest`",
    SegmentDefinition: "a segment",
    Settings: "beachhead.yml",
    SourceDefinition: "a source",
    Tiers: "`tiers`",
    ValueDefinition: "value.yml",
}
_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing_size": "a whole number of ordinary size",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "an ordinary number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "dict_type": "a group of `name: value` lines",
    "model_type": "a group of `key: value` lines",
    "model_attributes_type": "a group of `key: value` lines",
    "tuple_type": "a list",
    "list_type": "a list",
}
_PATTERNS = {
    r"^[a-z][a-z0-9_]*$": ("a name of small letters, digits and underscores", "Start it with a letter: plan_name."),
    r"^\d+(\.\d+)?\s?(MB|GB|TB)$": ("a size", "Write a number and MB, GB or TB, such as 4 GB."),
}
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'")


@dataclass(frozen=True, slots=True)
class Shaped(Generic[D]):
    """A definition, or None with the reasons why there is none.

    `partial` is the definition without the parts that are wrong, so that the others can be looked at as well.
    """

    definition: D | None
    diagnostics: tuple[Diagnostic, ...]
    partial: D | None = None


def shape(model: type[D], node: yaml.Node, document: yaml.Document, name: str | None = None) -> Shaped[D]:
    """`node` as a `model`, named `name` where the model has a name. Never raises for what the node holds."""
    if not isinstance(node, yaml.Mapping):
        message = f"{_NOUNS[model]} is a group of `key: value` lines, but here is {describe(node)}"
        keys = ", ".join(k for k, f in model.model_fields.items() if f.is_required()) or next(iter(model.model_fields))
        remedy = f"Write keys and values, starting with: {keys}."
        return Shaped(None, (Diagnostic("wrong-type", message, place=document.at(node), remedy=remedy),))
    own: list[Diagnostic] = []
    values = yaml.plain(node)
    if name is not None and isinstance(values, dict):
        if values.get("name", name) != name:
            given = node.entries["name"].value
            place = document.at(given)
            message = f"it is called '{name}' because of where it stands, so `name` cannot be {describe(given)}"
            own.append(Diagnostic("name-differs", message, place=place, remedy="Remove `name`."))
        values["name"] = name
    try:
        definition = model.model_validate(values)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=True, include_input=False)
        return Shaped(None, (*own, *_diagnostics(model, node, document, found)), _partial(model, node, found))
    return Shaped(None if own else definition, tuple(own), definition)


def describe(node: yaml.Node) -> str:
    """What a value is, for a message; a text that stands for an environment variable is shown as written."""
    match node:
        case yaml.Mapping():
            return "a group of keys"
        case yaml.Sequence():
            return "a list"
        case yaml.Scalar(value=None):
            return "nothing"
        case yaml.Scalar(value=bool()):
            return node.raw
        case yaml.Scalar(value=str()):
            shown = node.raw.strip()
            return f"the text '{shown[:40]}{'…' if len(shown) > 40 else ''}'"
        case yaml.Scalar():
            return f"the number {node.raw[:40]}"


def _diagnostics(
    model: type[Definition], root: yaml.Node, document: yaml.Document, errors: Iterable[ErrorDetails]
) -> list[Diagnostic]:
    """One diagnostic per mistake: the members of a union complain one by one about the same value, and a misspelt
    key is missing as well.
    """
    by_place: dict[tuple[str | int, ...], list[ErrorDetails]] = {}
    for error in errors:
        keys = _keys(root, error["loc"])
        key = (*keys, error["loc"][-1]) if error["type"] == "missing" else keys
        by_place.setdefault(key, []).append(error)
    for key, found in list(by_place.items()):
        if found[0]["type"] == "too_short" and any(k[: len(key)] == key for k in by_place if len(k) > len(key)):
            # A list or group counts as short because its entries are wrong.
            del by_place[key]
    told = {keys: _told(model, root, document, keys, found) for keys, found in by_place.items()}
    misspelt = {(*keys[:-1], d.nearest) for keys, d in told.items() if d.code == "unknown-key"}
    return [d for keys, d in told.items() if d.code != "missing-key" or keys not in misspelt]


def _partial(model: type[D], root: yaml.Node, errors: Iterable[ErrorDetails]) -> D | None:
    """The definition without the keys and lists that hold a mistake; None when it cannot do without them."""
    values = yaml.plain(root)
    for _ in range(yaml.MAX_DEPTH):
        if not sum(_removed(values, _keys(root, error["loc"])) for error in errors):
            return None
        try:
            return model.model_validate(values)
        except ValidationError as error:
            # What is left of a group without its wrong key may be wrong as a whole.
            errors = error.errors(include_url=False, include_context=False, include_input=False)
    return None


def _removed(values: yaml.PlainTree, keys: tuple[str | int, ...]) -> bool:
    """Take the value that `keys` lead to out of its group, or the list it stands in; False when it is gone already."""
    lists = [n for n, key in enumerate(keys) if isinstance(key, int)]
    names = [str(k) for k in (keys[: lists[0]] if lists else keys)]
    group = values
    for name in names[:-1]:
        group = group.get(name) if isinstance(group, dict) else None
    if not isinstance(group, dict) or not names or names[-1] not in group:
        return False
    del group[names[-1]]
    return True


def _told(
    model: type[Definition],
    root: yaml.Node,
    document: yaml.Document,
    keys: tuple[str | int, ...],
    errors: Sequence[ErrorDetails],
) -> Diagnostic:
    error = errors[0]
    kind, context = error["type"], error.get("ctx", {})
    label = _label(keys)
    owner = _owner(model, keys)
    if kind == "missing":
        group = yaml_at(root, keys[:-1])
        about = owner.model_fields[str(keys[-1])].description if str(keys[-1]) in owner.model_fields else None
        remedy = f"Add a line `{keys[-1]}: …`{f' ({about})' if about else ''}."
        return Diagnostic(
            "missing-key", f"{_where(keys, owner)} lacks '{keys[-1]}'", place=document.at(group), remedy=remedy
        )
    if kind == "extra_forbidden":
        group = yaml_at(root, keys[:-1])
        place = document.at(group.entries[str(keys[-1])]) if isinstance(group, yaml.Mapping) else document.at(group)
        known = [k for k in owner.model_fields if k != "name" or owner is Settings]
        return unknown_key(str(keys[-1]), known, _NOUNS[owner], place)
    node = yaml_at(root, keys)
    place = document.at(node)
    group = yaml_at(root, keys[:-1])
    if error["loc"][-1:] == ("[key]",) and isinstance(group, yaml.Mapping):
        place = document.at(group.entries[str(keys[-1])])
        form, remedy = _PATTERNS.get(str(context.get("pattern")), ("of at most 80 characters", "Shorten it."))
        return Diagnostic("invalid-name", f"the key {label} should be {form}", place=place, remedy=remedy)
    if all(e["type"] in _EXPECTED for e in errors):
        expected = list(dict.fromkeys(_EXPECTED[e["type"]] for e in errors))
        if "a number" in expected and "a whole number" in expected:
            expected.remove("a whole number")
        words = " or ".join(filter(None, (", ".join(expected[:-1]), expected[-1])))
        field = owner.model_fields.get(str(keys[-1]))
        if words == "a list" and field and field.annotation == tuple[str, ...]:
            words = "a list of texts"
        return _wrong_type(label, words, node, place, needed=field is not None and field.is_required())
    if kind == "literal_error":
        shown = node.raw if isinstance(node, yaml.Scalar) else describe(node)
        known = _QUOTED.findall(str(context.get("expected", "")))
        diagnostic = Diagnostic.unknown_name("value", shown, known)
        remedy = f"Possible: {', '.join(known)}."
        if diagnostic.nearest:
            remedy = f"Did you mean '{diagnostic.nearest}'? {remedy}"
        message = f"{label} cannot be '{shown}'"
        return Diagnostic("unknown-value", message, place=place, remedy=remedy, nearest=diagnostic.nearest)
    if kind == "value_error":
        remedy = f"The rule: {context.get('error')}."
        return Diagnostic("invalid-value", f"{label} does not fit together", place=place, remedy=remedy)
    message, remedy = _limit(kind, context, label, node)
    return Diagnostic("invalid-value", message, place=place, remedy=remedy)


def unknown_key(key: str, known: Sequence[str], noun: str, place: Place) -> Diagnostic:
    """A key that a group does not have, with the nearest that it has."""
    diagnostic = Diagnostic.unknown_name("key", key, known)
    remedy = f"Did you mean '{diagnostic.nearest}'?" if diagnostic.nearest else f"Possible: {', '.join(known)}."
    message = f"{noun} has no key '{key}'"
    return Diagnostic("unknown-key", message, place=place, remedy=remedy, nearest=diagnostic.nearest)


def _wrong_type(label: str, expected: str, node: yaml.Node, place: Place, needed: bool) -> Diagnostic:
    remedy = f"Write {expected}."
    if expected == "text" and isinstance(node, yaml.Scalar) and node.value is not None:
        remedy = f"Put it in quotes: '{node.raw[:40]}'."
    elif expected == "a list of texts" and isinstance(node, yaml.Scalar) and node.value is not None:
        parts = ", ".join(f"'{part.strip()}'" for part in node.raw[:40].split(","))
        remedy = f"Write it as a list: [{parts}]."
    elif isinstance(node, yaml.Scalar) and node.value is None and not needed:
        remedy = f"Write {expected}, or remove the line."
    return Diagnostic(
        "wrong-type", f"{label} should be {expected}, but is {describe(node)}", place=place, remedy=remedy
    )


def _limit(kind: str, context: dict[str, object], label: str, node: yaml.Node) -> tuple[str, str]:
    """Message and remedy of a value that has the right type and lies outside its limits."""
    if kind == "string_pattern_mismatch":
        expected, remedy = _PATTERNS.get(str(context.get("pattern")), ("of another form", "See the reference."))
        return f"{label} should be {expected}, but is {describe(node)}", remedy
    limits = {
        "greater_than": ("gt", "more than {}"),
        "greater_than_equal": ("ge", "at least {}"),
        "less_than": ("lt", "less than {}"),
        "less_than_equal": ("le", "at most {}"),
    }
    if kind in limits:
        key, words = limits[kind]
        limit = context.get(key)
        shown = words.format(f"{limit:g}" if isinstance(limit, float) else limit)
        return f"{label} should be {shown}, but is {describe(node)}", f"Write a number that is {shown}."
    least, most = context.get("min_length"), context.get("max_length")
    if kind in ("string_too_short", "too_short"):
        noun = "text" if isinstance(node, yaml.Scalar) else "entries"
        if least == 1:
            return f"{label} is empty", f"Write its {noun}, or remove the line."
        return f"{label} is too short", f"At least {least} are needed."
    if kind == "string_too_long":
        return f"{label} is too long", f"At most {most} character{'' if most == 1 else 's'} are possible."
    if kind == "too_long":
        return f"{label} has too many entries", f"At most {most} are possible."
    return f"{label} cannot be {describe(node)}", "See the reference for what it may be."


def _keys(root: yaml.Node, loc: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """The part of an error's path that leads through the tree; names of union members drop out."""
    keys: list[str | int] = []
    node = root
    for part in loc:
        if isinstance(node, yaml.Mapping) and str(part) in node.entries:
            node = node.entries[str(part)].value
        elif isinstance(node, yaml.Sequence) and isinstance(part, int) and part < len(node.items):
            node = node.items[part]
        else:
            continue
        keys.append(part)
    return tuple(keys)


def yaml_at(root: yaml.Node, keys: Iterable[str | int]) -> yaml.Node:
    """The node that `keys` lead to, or the last one on the way that exists."""
    node = root
    for key in keys:
        if isinstance(node, yaml.Mapping) and str(key) in node.entries:
            node = node.entries[str(key)].value
        elif isinstance(node, yaml.Sequence) and isinstance(key, int) and 0 <= key < len(node.items):
            node = node.items[key]
        else:
            break
    return node


def _label(keys: tuple[str | int, ...]) -> str:
    """`columns.email.format` in words: 'format' of 'email'; an entry of a list by its number."""
    if not keys:
        return "this"
    if isinstance(keys[-1], int):
        names = [k for k in keys if isinstance(k, str)]
        return f"entry {keys[-1] + 1}" + (f" of '{names[-1]}'" if names else "")
    parents = [k for k in keys[:-1] if isinstance(k, str)]
    return f"'{keys[-1]}'" + (f" of '{parents[-1]}'" if parents else "")


def _where(keys: tuple[str | int, ...], owner: type[Definition]) -> str:
    return _label(keys[:-1]) if len(keys) > 1 else _NOUNS[owner]


def _owner(model: type[Definition], keys: tuple[str | int, ...]) -> type[Definition]:
    """The definition whose key the last of `keys` is."""
    owner: type[Definition] = model
    hint: object = None
    for key in keys[:-1]:
        if hint is None:
            field = owner.model_fields.get(str(key))
            hint = field.annotation if field else None
        else:
            hint = _inside(hint)
        found = _definition_of(hint)
        if found is not None:
            owner, hint = found, None
    return owner


def _unwrapped(hint: object) -> object:
    """A type hint without `Annotated` and `| None`."""
    while True:
        origin = get_origin(hint)
        if origin is Annotated:
            hint = get_args(hint)[0]
        elif origin in (Union, UnionType):
            members = [m for m in get_args(hint) if m is not NoneType]
            if len(members) != 1:
                return hint
            hint = members[0]
        else:
            return hint


def _inside(hint: object) -> object:
    """The type of the values of a mapping or list type."""
    hint = _unwrapped(hint)
    arguments = get_args(hint)
    return (arguments[1] if get_origin(hint) is dict else arguments[0]) if arguments else None


def _definition_of(hint: object) -> type[Definition] | None:
    hint = _unwrapped(hint)
    return hint if isinstance(hint, type) and issubclass(hint, Definition) else None
