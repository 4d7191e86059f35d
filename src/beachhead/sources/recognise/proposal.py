"""What a file seems to be: which model table, which column means what, why, and how sure that is."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from beachhead.project.definitions import ColumnMap, CsvOptions, ExcelOptions, History, Name, SourceDefinition
from beachhead.project.model import BY_NAME

Section = Literal["columns", "extra", "match", "same_as", "unused"]
Sureness = Literal["sure", "likely", "guess"]


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ColumnProposal(_Value):
    """What one column of the file seems to mean.

    `source`: the column as the file calls it; empty for a constant. `section` and `target`: where it goes in the
    source's definition (`unused`: nowhere, target empty). `mapping`: how it is read. `confidence`: 0–1.
    """

    source: str
    section: Section
    target: str = ""
    mapping: ColumnMap | None = None
    confidence: float = Field(ge=0, le=1)
    reason: str
    examples: tuple[str, ...] = ()


class Choice(_Value):
    """A question that only a person can answer, with what is proposed. `answer` is one of `options`."""

    about: Literal["date_order", "currency", "decimal", "unit", "quantity", "table", "grain"]
    column: str = ""
    question: str
    options: tuple[str, ...]
    answer: str


class Note(_Value):
    """What one should know of such a file, and what to do about it: Stripe's export lacks cancelled customers."""

    code: str
    message: str
    remedy: str


class Proposal(_Value):
    """One source that a file could feed. A file may feed several (orders and their lines).

    `product`, `export`: the known program and its export (stripe, customers), None for anything else. `ids`: whose
    ids account_id holds; None: the project's own. Confidences are 0–1.
    """

    name: Name
    table: str
    title: str
    product: str | None = None
    export: str | None = None
    confidence: float = Field(ge=0, le=1)
    reason: str
    columns: tuple[ColumnProposal, ...]
    ids: Name | None = None
    history: History = "none"
    csv: CsvOptions = CsvOptions()
    excel: ExcelOptions = ExcelOptions()
    json_path: str | None = None
    where: str | None = None
    notes: tuple[Note, ...] = ()
    choices: tuple[Choice, ...] = ()

    @property
    def sureness(self) -> Sureness:
        """The confidence in words."""
        return "sure" if self.confidence >= 0.9 else "likely" if self.confidence >= 0.6 else "guess"

    @property
    def names_customers(self) -> bool:
        """Whether its rows say whose they are, as far as the table asks; without that a project cannot use it."""
        table = BY_NAME.get(self.table)
        if table is None or table.column("account_id") is None:
            return table is not None
        told = {c.target for c in self.columns if c.section == "columns"}
        if table.name == "order_lines" and "order_id" in told:  # the order says whose it is
            return True
        people = {"user_id"} if table.column("user_id") and table.name != "users" else set()
        return bool(told & ({"account_id"} | people)) or any(c.section == "match" for c in self.columns)

    def definition(self, files: tuple[str, ...]) -> SourceDefinition:
        """The source as it would stand in `sources/<name>.yml`."""
        parts: dict[Section, dict[str, ColumnMap]] = {"columns": {}, "extra": {}, "match": {}, "same_as": {}}
        for column in self.columns:
            if column.section != "unused" and column.mapping is not None:
                parts[column.section][column.target] = column.mapping
        return SourceDefinition.model_validate(
            {
                "name": self.name,
                "files": files,
                "table": self.table,
                "csv": self.csv,
                "excel": self.excel,
                "json_path": self.json_path,
                "history": self.history,
                "match": {"ids": self.ids, "by": parts["match"], "same_as": parts["same_as"]},
                "columns": parts["columns"],
                "extra": parts["extra"],
                "where": self.where,
            }
        )


class Recognition(_Value):
    """All that is known of a file: its columns, some rows, what it could feed (best first; empty: not understood)."""

    file: str
    rows: int | None = None
    header: tuple[str, ...] = ()
    preview: tuple[tuple[str, ...], ...] = ()
    assumed: tuple[str, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    notes: tuple[Note, ...] = ()
