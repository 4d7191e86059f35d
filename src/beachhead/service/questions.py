"""What only a person can say: which records are one customer, which words are one word, which texts make groups.

Answers become definitions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict
from ruamel.yaml.comments import CommentedMap

from beachhead.customers.loads import read_loads
from beachhead.engines.duck import DuckEngine, parquet, quote_name
from beachhead.errors import Diagnostic, UsageError
from beachhead.project.definitions import ColumnMap, SourceDefinition
from beachhead.project.editing import edit_definition
from beachhead.project.loader import Project, load
from beachhead.project.model import BY_NAME
from beachhead.service.matches import decide
from beachhead.service.results import Run
from beachhead.service.short_engine import short_engine
from beachhead.sources.free_text import suggested_groups
from beachhead.sources.groups import OTHER, group_sql
from beachhead.sources.spellings import MOST_VALUES, spellings
from beachhead.store.layout import Layout

Kind = Literal["same_customer", "spelling", "free_text"]
_NO_CATEGORIES = frozenset({"name", "email", "website", "notes", "answer", "question", "topic", "event"})
_MOST_TEXTS = 20_000
_TABLES_OF_ATTRIBUTES = ("accounts", "companies")


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
    one, and which; of a free text the groups it would make. `why`: why it is asked."""

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
_TEXTS = (Answer(value="group", label="Group them"), Answer(value="keep", label="Keep the texts only"))


def questions(root: Path, run: Run) -> tuple[Question, ...]:
    """What is open now: words and texts, then pairs, the most certain first. What was answered is not asked again."""
    project = load(root)
    return (*_of_columns(project), *_pairs(project, run))


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
    elif asked.kind == "spelling":
        _unite(load(root), asked, (target or asked.target) if value == "unite" else None)
    else:
        _group(load(root), asked, wanted=value == "group")
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


def _of_columns(project: Project) -> Iterator[Question]:
    with short_engine() as (engine, _):
        for source in project.sources.values():
            rows = _landed(project, source)
            if rows is None or source.table == "events":
                continue
            for column, mapping in _categories(source):
                counts = _counts(engine, rows, column, MOST_VALUES + 1)
                yield from _spellings(source.name, column, mapping, counts)
            for column, mapping in _free_texts(source):
                yield from _groups(engine, source.name, column, mapping, rows)


def _landed(project: Project, source: SourceDefinition) -> str | None:
    """The rows of a source's newest load as a relation of SQL."""
    layout = Layout(project.root)
    loads = read_loads(layout.landing / "loads.json").get(source.name)
    keys = loads[-1].keys if loads else ()
    paths = [p for key in keys if (p := layout.landing / source.name / f"{key}.parquet").exists()]
    return parquet(*paths) if paths else None


def _counts(engine: DuckEngine, rows: str, column: str, most: int) -> dict[str, int]:
    """How many rows have each value of a column, the most frequent first."""
    found = engine.query(
        f"SELECT {quote_name(column)} AS value, count(*) AS n FROM {rows} GROUP BY value HAVING value IS NOT NULL "
        f"ORDER BY n DESC, value LIMIT {most}"
    )
    return dict(zip(found["value"].to_pylist(), found["n"].to_pylist(), strict=True))


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


def _spellings(source: str, column: str, mapping: ColumnMap, counts: Mapping[str, int]) -> Iterator[Question]:
    settled = {*mapping.values, *(str(v) for v in mapping.values.values())}
    for found in spellings(counts):
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


def _free_texts(source: SourceDefinition) -> Iterator[tuple[str, ColumnMap]]:
    """Columns whose texts would say more in groups, and of which nobody has said that they should not be."""
    answer_of_one = "question" not in source.columns or source.columns["question"].constant is not None
    named = {"role", "topic"} | ({"answer"} if answer_of_one else set())
    for (section, *_, name), mapping in source.mapped:
        is_text = section == "columns" and name in named
        if section == "extra" and source.table in _TABLES_OF_ATTRIBUTES and not mapping.hidden:
            is_text = mapping.type in (None, "text")
        if is_text and mapping.column and mapping.groups is None and not mapping.values:
            yield name, mapping


def _groups(engine: DuckEngine, source: str, column: str, mapping: ColumnMap, rows: str) -> Iterator[Question]:
    texts = _counts(engine, rows, column, _MOST_TEXTS)
    suggested = suggested_groups(f"{column} {mapping.column}", texts)
    if not suggested:
        return
    groups = group_sql(quote_name(column), next(iter(suggested.values())))
    sizes = engine.query(
        f"SELECT {groups} AS value, count(*) AS n FROM {rows} GROUP BY value HAVING value IS NOT NULL "
        f"ORDER BY value = '{OTHER}', n DESC, value"
    ).to_pylist()
    yield Question(
        id=_id(source, column, "groups"),
        kind="free_text",
        title=f"Group the texts of “{mapping.title or mapping.column}”?",
        why=f"{len(texts):,} different texts say little one by one; by their words they would be:",
        answers=_TEXTS,
        source=source,
        column=column,
        variants=tuple(Variant(value=str(size["value"]), count=int(size["n"])) for size in sizes),
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


def _group(project: Project, asked: Question, *, wanted: bool) -> None:
    """Write `groups:` of a column of the model, or beside an attribute one for each way to group it; or that the texts
    stay what they are, so that nobody asks again."""
    source, name = project.sources[str(asked.source)], str(asked.column)
    section = "columns" if name in source.columns else "extra"
    mapping = source.columns.get(name) or source.extra[name]
    suggested: Mapping[str, Mapping[str, Sequence[str]]] = {}
    if wanted and (rows := _landed(project, source)) is not None:
        with short_engine() as (engine, _):
            suggested = suggested_groups(f"{name} {mapping.column}", _counts(engine, rows, name, _MOST_TEXTS))

    def change(document: CommentedMap) -> None:
        column = document[section][name]
        if not isinstance(column, CommentedMap):
            column = document[section][name] = CommentedMap({"column": column})
        column["groups"] = {}
        for what, groups in suggested.items():
            plain = {group: list(words) for group, words in groups.items()}
            if section == "columns":
                column["groups"] = plain
                return
            title = f"{mapping.title or mapping.column}: {what}"
            document[section].setdefault(f"{name}_{what}", {"column": mapping.column, "title": title, "groups": plain})

    edit_definition(project.root / project.place("sources", source.name).file, change)


def _id(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]
