"""Exports of known programs: one YAML file for each program, checked when it is read, and read once."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from beachhead.project.definitions import Kind, KnownFrom, MatchField, Name, Texts, ValueTypeName
from beachhead.project.model import BY_NAME
from beachhead.sources.recognise.names import load_resource


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Origin(_Told):
    """Where a value comes from: the first of `column` that the file has, else `constant`.

    `empty_others`: texts without an entry in `values` mean unknown. `when`: only where the file has these columns too.
    """

    column: Texts = ()
    constant: str | None = None
    unit: str = "major"
    values: dict[str, str | int | float | bool | None] = {}
    empty: Texts = ()
    empty_others: bool = False
    when: Texts = ()
    type: ValueTypeName | None = None
    hidden: bool = False
    title: str | None = None
    kind: Kind | None = None
    known_from: KnownFrom | None = None
    addressable: bool = False


def _shorthand(value: object) -> object:
    return {"column": value} if isinstance(value, str | list) else value


Origins = dict[Name, Annotated[Origin, BeforeValidator(_shorthand)]]


class Chooser(_Told):
    """A table that only a person can choose: who is in this list?"""

    tables: Texts
    question: str


class Feed(_Told):
    """A table that an export feeds. `own_ids`: names of columns (with *) that hold your ids rather than the program's.

    `empty`: target → texts that mean unknown there.
    """

    table: str
    columns: Origins = {}
    extra: Origins = {}
    match: dict[MatchField, Annotated[Origin, BeforeValidator(_shorthand)]] = {}
    own_ids: Texts = ()
    where: str | None = None
    choose: Chooser | None = None
    empty: dict[Name, Texts] = {}

    @model_validator(mode="after")
    def _columns_exist(self) -> Self:
        table = BY_NAME.get(self.table)
        unknown = [name for name in self.columns if table is None or table.column(name) is None]
        if table is None or unknown:
            raise ValueError(f"{self.table} has no column {', '.join(unknown)}" if table else f"no table {self.table}")
        return self


class Questions(_Told):
    """A form whose questions are its columns: all but `not_questions` (names with *)."""

    asked_at: Texts
    not_questions: Texts


class ExportNote(_Told):
    """What such exports leave out. `unless`: not told if a column holds one of these values; nor if a column of
    `unless_present` is there; `if_present`: only told if one is.
    """

    code: str
    message: str
    remedy: str
    unless: dict[str, Texts] = {}
    unless_present: Texts = ()
    if_present: Texts = ()


class Export(_Told):
    """One export. `identified_by`: names of columns, any one of the lists; `without`: columns that others have.

    `nothing`: why it feeds no table. `unused`: names of columns (with *) → why. `at_most`: of columns.
    """

    name: Name
    title: str
    identified_by: Texts = Field(min_length=1)
    without: Texts = ()
    at_most: int | None = None
    feeds: tuple[Feed, ...] = ()
    questions: Questions | None = None
    nothing: str | None = None
    unused: dict[str, str] = {}
    notes: tuple[ExportNote, ...] = ()

    @model_validator(mode="after")
    def _says_what_it_feeds(self) -> Self:
        if sum((bool(self.feeds), self.nothing is not None, self.questions is not None)) != 1:
            raise ValueError("give exactly one of feeds, questions, nothing")
        return self


class Product(_Told):
    """A program and its exports. `ids`: the namespace of its ids; `technical`: columns (with *) that say nothing."""

    product: str
    ids: Name
    technical: Texts = ()
    exports: tuple[Export, ...]


@cache
def products() -> tuple[Product, ...]:
    """All known programs, by name."""
    folder = resources.files(__package__ or "").joinpath("exports")
    names = sorted(p.name for p in folder.iterdir() if p.name.endswith(".yml"))
    return tuple(Product.model_validate(load_resource(f"exports/{name}")) for name in names)
