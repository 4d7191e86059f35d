"""What only a person can say: which records are one customer, which words are one word. Answers become definitions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict
from ruamel.yaml.comments import CommentedMap

from beachhead.customers.loads import read_loads
from beachhead.engines.duck import parquet, quote_name
from beachhead.errors import Diagnostic, UsageError
from beachhead.project.definitions import ColumnMap, SourceDefinition
from beachhead.project.editing import edit_definition
from beachhead.project.loader import Project, load
from beachhead.project.model import BY_NAME
from beachhead.service.matches import decide
from beachhead.service.results import Run
from beachhead.service.short_engine import short_engine
from beachhead.sources.spellings import MOST_VALUES, spellings
from beachhead.store.layout import Layout

Kind = Literal["same_customer", "spelling"]
_NO_CATEGORIES = frozenset({"name", "email", "website", "notes", "answer", "question", "topic", "event"})
_MOST_QUESTIONS = 200


class Answer(BaseModel):
    """A possible answer, as it is sent and as it is read."""

    model_config = ConfigDict(frozen=True)

    value: str
    label: str


class Variant(BaseModel):
    """A word and how often it occurs."""

    model_config = ConfigDict(frozen=True)

    value: str
    count: int


class Question(BaseModel):
    """`left`, `right`: what is known of two records, label → value. `variants`, `target`: words of a column that may be
    one, and which. `why`: why it is asked."""

    model_config = ConfigDict(frozen=True)

    id: str
    kind: Kind
    title: str
    why: str
    answers: tuple[Answer, ...]
    left: Mapping[str, str] | None = None
    right: Mapping[str, str] | None = None
    source: str | None = None
    column: str | None = None
    variants: tuple[Variant, ...] = ()
    target: str | None = None


_PAIR = (Answer(value="same", label="One customer"), Answer(value="different", label="Two customers"))
_WORDS = (Answer(value="unite", label="Make them one"), Answer(value="keep", label="Keep them apart"))


def questions(root: Path, run: Run) -> tuple[Question, ...]:
    """What is open now, the most certain pairs first; what was answered since the update is not asked again."""
    project = load(root)
    found = [*_pairs(project, run), *_spellings(project)]
    return tuple(found[:_MOST_QUESTIONS])


def answer(root: Path, run: Run, question_id: str, value: str, target: str | None = None) -> int:
    """Write an answer into the definitions; returns how many questions are left. It counts from the next update on.

    `target`: for words another one than was proposed. Raises `UsageError`, `DefinitionError`, `OutsideError`.
    """
    open_now = questions(root, run)
    asked = next((q for q in open_now if q.id == question_id), None)
    if asked is None:
        remedy = "It was answered meanwhile; look at what is open now."
        raise UsageError(Diagnostic("unknown-question", "this question is not open any more", remedy=remedy))
    if value not in {a.value for a in asked.answers}:
        known = [a.value for a in asked.answers]
        raise UsageError(Diagnostic.unknown_name("answer", value, known))
    if asked.kind == "same_customer" and asked.left and asked.right:
        decide(root, "same" if value == "same" else "different", [(asked.left["Id"], asked.right["Id"])])
    else:
        _unite(load(root), asked, (target or asked.target) if value == "unite" else None)
    return len(open_now) - 1


def _pairs(project: Project, run: Run) -> Iterator[Question]:
    decided = {frozenset(p) for p in (*project.matching.same, *project.matching.different)}
    for row in run.doubtful.arrow().to_pylist():
        pair = (str(row["left_id"]), str(row["right_id"]))
        if frozenset(pair) in decided:
            continue
        left, right = (_side(row, side) for side in ("left", "right"))
        names = " and ".join(f"“{side.get('Name') or side['Id']}”" for side in (left, right))
        yield Question(
            id=_id(*pair),
            kind="same_customer",
            title=f"Are {names} one customer?",
            why=str(row["why"]),
            answers=_PAIR,
            left=left,
            right=right,
        )


def _side(row: Mapping[str, object], side: str) -> dict[str, str]:
    labels = {"name": "Name", "email": "E-mail", "website": "Web address", "city": "City", "country": "Country"}
    known = {label: str(row[f"{side}_{c}"]) for c, label in labels.items() if row.get(f"{side}_{c}") is not None}
    return {**known, "Source": str(row[f"{side}_source"]), "Id": str(row[f"{side}_id"])}


def _spellings(project: Project) -> Iterator[Question]:
    layout = Layout(project.root)
    loads = read_loads(layout.landing / "loads.json")
    with short_engine() as (engine, _):
        for name, source in project.sources.items():
            keys = loads[name][-1].keys if loads.get(name) else ()
            paths = [p for key in keys if (p := layout.landing / name / f"{key}.parquet").exists()]
            if not paths or source.table == "events":
                continue
            for column, mapping in _categories(source):
                counts = engine.query(
                    f"SELECT {quote_name(column)} AS value, count(*) AS n FROM {parquet(*paths)} "
                    f"GROUP BY value HAVING value IS NOT NULL LIMIT {MOST_VALUES + 1}"
                )
                yield from _of_column(name, column, mapping, counts)


def _categories(source: SourceDefinition) -> Iterator[tuple[str, ColumnMap]]:
    """Columns of text that may hold categories."""
    table = BY_NAME[source.table]
    for (section, *_, name), mapping in source.mapped:
        known = table.column(name)
        type_ = known.type if known else mapping.type or "text"
        is_id = name.endswith("_id") or name in _NO_CATEGORIES
        is_there = section == "columns" or (section == "extra" and not mapping.hidden)
        if is_there and type_ == "text" and mapping.column and not is_id and not mapping.groups:
            yield name, mapping


def _of_column(source: str, column: str, mapping: ColumnMap, counts: pa.Table) -> Iterator[Question]:
    known = dict(zip(counts["value"].to_pylist(), counts["n"].to_pylist(), strict=True))
    settled = {*mapping.values, *(str(v) for v in mapping.values.values())}
    for found in spellings(known):
        if all(value in settled for value, _ in found.variants):
            continue
        listed = ", ".join(f"“{value}”" for value, _ in found.variants[:4])
        yield Question(
            id=_id(source, column, *(value for value, _ in found.variants)),
            kind="spelling",
            title=f"Are {listed} the same?",
            why="one looks like a typing error" if found.is_typo else "they differ only in how they are written",
            answers=_WORDS,
            source=source,
            column=column,
            variants=tuple(Variant(value=value, count=n) for value, n in found.variants),
            target=found.target,
        )


def _unite(project: Project, asked: Question, target: str | None) -> None:
    """Write `values:` of a column: each variant becomes the target; without one each stays what it is, said so."""
    source = project.sources[str(asked.source)]
    section = "columns" if asked.column in source.columns else "extra"

    def change(document: CommentedMap) -> None:
        column = document[section][asked.column]
        if not isinstance(column, CommentedMap):
            column = document[section][asked.column] = CommentedMap({"column": column})
        values = column.setdefault("values", CommentedMap())
        for variant in asked.variants:
            if variant.value != target:
                values[variant.value] = target or variant.value

    edit_definition(project.root / project.place("sources", source.name).file, change)


def _id(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]
