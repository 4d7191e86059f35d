"""Segments written by the page: what a change will do, then its file, comments kept, never over what others wrote."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from pydantic import BaseModel, Field, ValidationError, field_validator
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.scalarstring import LiteralScalarString

from beachhead.errors import DefinitionError, Diagnostic, OutsideError, UsageError
from beachhead.project.definitions import SegmentDefinition
from beachhead.project.editing import edit_definition
from beachhead.rules import Node, ast, check_rule, parse, segments_used
from beachhead.service.named_segment import users_of
from beachhead.service.plan import Plan, plan_of
from beachhead.service.rule_layout import rewritten
from beachhead.service.segment_page import file_of, fingerprint

_NAME = re.compile(r"[a-z][a-z0-9_]{0,79}")
_TEXT_KEYS = ("title", "owner", "description", "profile", "for_each")
_KEYS = ("title", "for_each", "where", "owner", "description", "profile")
"""In the order in which a new file has them."""
_BROKEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


class Draft(BaseModel):
    """A segment as somebody wrote it. `base`: of the file that it was made from, null for a new one; `where` is null
    where the rule stays as it is written."""

    name: str = Field(max_length=80)
    base: str | None = Field(None, max_length=40)
    title: str = Field(min_length=1, max_length=200)
    where: str | None = Field(None, max_length=100_000)
    owner: str | None = Field(None, max_length=200)
    description: str | None = Field(None, max_length=5_000)
    profile: str | None = Field(None, max_length=20_000)
    for_each: str | None = Field(None, max_length=80)

    @field_validator("title", "where", "owner", "description", "profile", "for_each", mode="after")
    @classmethod
    def _is_plain(cls, value: str | None) -> str | None:
        plain = value.replace("\r\n", "\n").replace("\r", "\n") if value is not None else None
        if plain is not None and _BROKEN.search(plain):
            raise ValueError("it holds an invisible character; take it out")
        return plain


class Renaming(BaseModel):
    """Another name for a segment; its history follows."""

    name: str = Field(max_length=80)
    base: str = Field(max_length=40)
    to: str = Field(max_length=80)


class Removal(BaseModel):
    name: str = Field(max_length=80)
    base: str = Field(max_length=40)


def with_draft(plan: Plan, draft: Draft) -> Plan:
    """The plan as it would be with a draft. Raises `DefinitionError`, `UsageError`."""
    definition = _definition(plan, draft)
    return _changed(plan, {draft.name: definition})


def with_renaming(plan: Plan, asked: Renaming) -> Plan:
    """The plan as it would be under another name. Raises `UsageError`, `DefinitionError`."""
    old = _existing(plan, asked.name)
    _require_name(asked.to)
    _require_new(plan, asked.to)
    heir = old.model_copy(update={"name": asked.to, "previously": asked.name})
    others = {
        name: plan.project.segments[name].model_copy(update={"where": text})
        for name, text in _with_other_name(plan, asked.name, asked.to)
    }
    return _changed(plan, {**others, asked.to: heir}, asked.name)


def with_removal(plan: Plan, asked: Removal) -> Plan:
    """The plan as it would be without a segment. Raises `UsageError` where another one names it."""
    _require_unused(plan, asked.name)
    return _changed(plan, {}, asked.name)


def save_draft(plan: Plan, draft: Draft) -> None:
    """Write a draft into its file, or a new one. Raises `UsageError` (`file-changed`, `segment-exists`),
    `DefinitionError`, `OutsideError`."""
    definition = _definition(plan, draft)
    path = file_of(plan, draft.name)
    before = plan.project.segments.get(draft.name)

    def change(document: CommentedMap) -> None:
        _require_unchanged(path, draft.name, draft.base)
        for key in _KEYS:
            value = getattr(definition, key)
            if before is None or getattr(before, key) != value:
                _put(document, key, value)

    edit_definition(path, change)


def save_renaming(plan: Plan, asked: Renaming) -> None:
    """Give a segment another name, in its own file and wherever it is named. Raises like `save_draft`."""
    with_renaming(plan, asked)
    old, new = file_of(plan, asked.name), file_of(plan, asked.to)
    _require_unchanged(old, asked.name, asked.base)
    try:
        if new.exists():
            raise _exists(asked.to)
        old.rename(new)
    except OSError as e:
        raise _not_written(old, e) from e
    edit_definition(new, lambda document: _put(document, "previously", asked.name))
    for name, text in _with_other_name(plan, asked.name, asked.to):

        def change(document: CommentedMap, text: str = text) -> None:
            _put(document, "where", text)

        edit_definition(file_of(plan, name), change)
    if plan.project.segmentation and any(g.segment == asked.name for g in plan.project.segmentation.groups):
        edit_definition(
            plan.project.root / plan.project.place("segmentation").file,
            lambda document: _rename_groups(document, asked.name, asked.to),
        )


def save_removal(plan: Plan, asked: Removal) -> None:
    """Delete a segment's file. Raises like `save_draft`."""
    _require_unused(plan, asked.name)
    path = file_of(plan, asked.name)
    _require_unchanged(path, asked.name, asked.base)
    try:
        path.unlink()
    except OSError as e:
        raise _not_written(path, e) from e


def free_name(plan: Plan, title: str) -> str:
    """A name for a new segment that no other has."""
    words = re.sub(r"[^a-z0-9]+", "_", title.casefold()).strip("_")
    name = (words if words[:1].isalpha() else f"segment_{words}".rstrip("_"))[:60]
    taken = {*plan.project.segments, *(n for kind, n in plan.project.broken if kind == "segments")}
    return next(n for n in (name, *(f"{name}_{i}" for i in range(2, len(taken) + 3))) if n not in taken)


def _definition(plan: Plan, draft: Draft) -> SegmentDefinition:
    """The definition that a draft makes, its rule checked."""
    _require_name(draft.name)
    before = plan.project.segments.get(draft.name)
    if draft.base is None:
        _require_new(plan, draft.name)
    elif before is None:  # deleted or broken since
        _require_unchanged(file_of(plan, draft.name), draft.name, draft.base)
    where = draft.where if draft.where is not None else before.where if before else ""
    told = {key: (getattr(draft, key) or "").strip() or None for key in _TEXT_KEYS}
    kept = before.model_dump() if before else {}
    try:
        definition = SegmentDefinition.model_validate({**kept, **told, "where": where, "name": draft.name})
    except ValidationError as e:
        raise DefinitionError([_wrong_field(error["loc"], error["msg"]) for error in e.errors()]) from e
    checked = check_rule(parse(definition.where), plan.catalog)
    if mistakes := [d for d in checked.diagnostics if d.is_error]:
        raise DefinitionError(mistakes)
    if draft.name in segments_used(checked.node):
        message, remedy = "a segment cannot name itself", "Take this condition out, or save it under another name."
        raise DefinitionError(Diagnostic("segment-cycle", message, remedy=remedy))
    return definition


def _wrong_field(place: tuple[str | int, ...], message: str) -> Diagnostic:
    field = ".".join(map(str, place)) or "segment"
    return Diagnostic("bad-segment", f"{field}: {message}", remedy="Correct it, then save again.")


def _changed(plan: Plan, new: Mapping[str, SegmentDefinition], without: str | None = None) -> Plan:
    """The plan of the project with other segments. Raises `DefinitionError` for what is wrong with them."""
    project = plan.project
    segments = {n: d for n, d in project.segments.items() if n != without} | dict(new)
    documents = {k: d for k, d in project.documents.items() if k[0] != "segments" or k[1] not in {*new, without}}
    changed = plan_of(
        replace(project, segments=MappingProxyType(segments), documents=MappingProxyType(documents), diagnostics=())
    )
    if wrong := [d for name in new for d in changed.broken.get(name, ())]:
        raise DefinitionError(wrong)
    return changed


def _with_other_name(plan: Plan, old: str, new: str) -> Iterator[tuple[str, str]]:
    """The rules that name a segment, with its new name; of a family all of its segments."""
    for user in users_of(plan, old):
        definition = plan.project.segments.get(user)
        if definition is not None:
            yield user, rewritten(definition.where, _renamed(parse(definition.where), old, new))


def _renamed(node: Node, old: str, new: str) -> Node:
    def name(given: str) -> str:
        family, slash, value = given.partition("/")
        return f"{new}{slash}{value}" if family == old else given

    match node:
        case ast.InSegment():
            return replace(node, name=name(node.name))
        case ast.Not():
            return replace(node, item=_renamed(node.item, old, new))
        case ast.And() | ast.Or():
            return replace(node, items=tuple(_renamed(i, old, new) for i in node.items))
        case ast.Call():
            return replace(node, arguments=tuple(_renamed(a, old, new) for a in node.arguments))
        case ast.Case():
            whens = tuple((_renamed(c, old, new), _renamed(v, old, new)) for c, v in node.whens)
            return replace(node, whens=whens, otherwise=node.otherwise and _renamed(node.otherwise, old, new))
        case ast.Invoke(name="entered" | "left", arguments=(ast.Literal(value=str() as given),)):
            return replace(node, arguments=(ast.text(name(given)),))
        case ast.Invoke():
            arguments = tuple(_renamed(a, old, new) for a in node.arguments)
            options = tuple((n, _renamed(v, old, new)) for n, v in node.options)
            return replace(node, arguments=arguments, options=options)
        case _:
            return node


def _rename_groups(document: CommentedMap, old: str, new: str) -> None:
    for group in document["groups"]:
        if group["segment"] == old:
            group["segment"] = new


def _put(document: CommentedMap, key: str, value: str | None) -> None:
    """Set a key as a person would write it: several lines as a block. Without a value it is taken out."""
    if value is None:
        document.pop(key, None)
    elif "\n" in value:
        document[key] = LiteralScalarString(value if value.endswith("\n") else f"{value}\n")
    else:
        document[key] = value


def _existing(plan: Plan, name: str) -> SegmentDefinition:
    if name not in plan.project.segments:
        raise UsageError(Diagnostic.unknown_name("segment", name, plan.project.segments))
    return plan.project.segments[name]


def _require_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        message = f"'{name[:80]}' cannot be the name of a segment"
        remedy = "Use small letters, digits and underscores, and begin with a letter."
        raise UsageError(Diagnostic("invalid-name", message, remedy=remedy))


def _require_new(plan: Plan, name: str) -> None:
    if name in plan.project.segments or file_of(plan, name).exists():
        raise _exists(name)


def _exists(name: str) -> UsageError:
    return UsageError(
        Diagnostic("segment-exists", f"there is a segment '{name}' already", remedy="Choose another name.")
    )


def _require_unused(plan: Plan, name: str) -> None:
    if name not in plan.project.segments and ("segments", name) not in plan.project.broken:
        raise UsageError(Diagnostic.unknown_name("segment", name, plan.project.segments))
    if users := list(users_of(plan, name)):
        message = f"'{name}' is used by {', '.join(users)}"
        remedy = "Take it out there first, or keep it."
        raise UsageError(Diagnostic("segment-in-use", message, remedy=remedy))


def _require_unchanged(path: Path, name: str, base: str | None) -> None:
    now = fingerprint(path)
    if now == base:
        return
    if base is None:
        raise _exists(name)
    what = "deleted" if now is None else "changed"
    message = f"the file {path.parent.name}/{path.name} was {what} by somebody else meanwhile"
    remedy = "Look at it as it is now; then decide which of the two stays. Nothing was written."
    raise UsageError(Diagnostic("file-changed", message, remedy=remedy))


def _not_written(path: Path, error: OSError) -> OutsideError:
    remedy = "See whether the folder is yours to write."
    return OutsideError(
        Diagnostic("cannot-written", f"{path.name} cannot be changed", why=error.strerror, remedy=remedy)
    )
