"""A project folder in which a test writes a raw file and lands it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

from beachhead.engines.duck import DuckEngine
from beachhead.errors import Place
from beachhead.project.definitions import SourceDefinition
from beachhead.project.model import BY_NAME
from beachhead.sources.landing import LandedFile, LandedSource, LandingContext, land
from beachhead.sources.problems import Problem

TODAY = date(2026, 11, 1)
SUBSCRIPTIONS: dict[str, object] = {
    "subscription_id": "id",
    "account_id": "acct",
    "started_at": "start",
    "amount": "amt",
    "quantity": "seats",
}
HEADER = "id,acct,start,amt,seats\n"


@dataclass
class World:
    """Writes below `root` and lands from there. `said`: what the loader told while it read."""

    root: Path
    timezone: str = "UTC"
    minor_digits: int = 2
    said: list[str] = field(default_factory=list)
    other_digits: dict[str, int] = field(default_factory=dict)

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def definition(self, table: str = "subscriptions", **more: object) -> SourceDefinition:
        plain = {"name": "billing", "files": "*", "table": table, "columns": SUBSCRIPTIONS} | more
        return SourceDefinition.model_validate(plain)

    def context(self, engine: DuckEngine) -> LandingContext:
        return LandingContext(
            self.root, self.root / "landing" / "billing", self.timezone, "EUR", self.minor_digits, engine, TODAY,
            other_digits=self.other_digits,
            place_of=lambda *keys: Place("sources/billing.yml:" + ".".join(map(str, keys)), 7), say=self.said.append,
        )  # fmt: skip

    def land(self, *files: Path, again: bool = False, **source: object) -> LandedSource:
        definition = self.definition(**source)
        with DuckEngine(self.root / "tmp", threads=2) as engine:
            context = replace(self.context(engine), again=again)
            return land(definition, BY_NAME[definition.table], list(files), context)

    def rows(self, text: str | bytes, name: str = "a.csv", **source: object) -> list[dict[str, object]]:
        """The landed rows of one file, without columns that are null."""
        landed = self.file(text, name, **source)
        return [{k: v for k, v in row.items() if v is not None} for row in table_of(landed)]

    def file(self, text: str | bytes, name: str = "a.csv", **source: object) -> LandedFile:
        """One landed file. Every record is accounted for, in the counts and in the kept rejects."""
        landed = self.land(self.write(name, text), **source).files[0]
        assert landed.rows == pq.read_metadata(landed.parquet).num_rows
        set_aside = [r for r in rejects_of(landed) if r["kind"] == "row"]
        assert len(set_aside) == landed.rejected
        assert landed.rows_read == landed.rows + landed.rejected + landed.left_out
        return landed

    def column(self, texts: list[str], type_: str, **column: object) -> list[object]:
        """What texts of a further column become."""
        quoted = ["" if v is None else '"' + v.replace('"', '""') + '"' for v in texts]
        text = "id,x\n" + "".join(f"{n},{v}\n" for n, v in enumerate(quoted))
        landed = self.file(
            text, "values.csv", table="products", columns={"product_id": "id"},
            extra={"x": {"column": "x", "type": type_, **column}},
        )  # fmt: skip
        return [row["x"] for row in table_of(landed)]


def table_of(landed: LandedFile) -> list[dict[str, object]]:
    return list(pq.read_table(landed.parquet).to_pylist())


def rejects_of(landed: LandedFile) -> list[dict[str, object]]:
    return list(pq.read_table(landed.rejects).to_pylist()) if landed.rejects else []


def problem(landed: LandedFile | LandedSource, code: str) -> Problem:
    """The one problem with this code."""
    problems = landed.problems if isinstance(landed, LandedFile) else landed.all_problems
    (found,) = [p for p in problems if p.code == code]
    return found
