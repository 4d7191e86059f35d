"""What a project folder says, as frozen values. Syntax only: names and types are checked in `service.check`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    field_serializer,
    model_validator,
)

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=80)]
ValueTypeName = Literal["text", "integer", "number", "money", "boolean", "date", "timestamp", "list"]
Kind = Literal["firmographic", "geographic", "psychographic", "behavioural", "account"]
KnownFrom = Literal["before_purchase", "signup", "usage", "outcome"]
History = Literal["none", "kept", "valid_from"]
MatchField = Literal[
    "name",
    "first_name",
    "last_name",
    "birth_date",
    "email",
    "website",
    "phone",
    "street",
    "city",
    "postcode",
    "country",
]
FormatName = Literal["csv", "parquet", "json", "ndjson", "excel", "xml", "html", "sqlite", "duckdb"]
EngineKind = Literal["duckdb", "postgresql"]
Template = Literal["selfserve", "sales-led", "shop", "subscription-box", "blank"]


def _one_or_many(value: object) -> object:
    return [value] if isinstance(value, str) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_one_or_many)]


class Definition(BaseModel):
    """Base of all definitions: frozen, no unknown keys, no silent conversion of numbers to text."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, allow_inf_nan=False)


class Guard(Definition):
    """When a run must not publish by itself."""

    max_customers_lost: float = Field(0.2, ge=0, le=1, description="share of customers that may vanish between updates")


class Retention(Definition):
    """How many results are kept; memberships are kept for ever."""

    daily: int = Field(35, ge=1)


PositiveRate = Annotated[float, Field(gt=0, lt=1e9)]


class MrrSettings(Definition):
    """Where publishers define MRR differently, which definition holds."""

    churn_on: Literal["end", "cancellation"] = Field("end", description="the day on which MRR of who cancels ends")
    discounts: Literal["all", "forever", "none"] = Field("all", description="which discounts reduce MRR")


class Settings(Definition):
    """`beachhead.yml`."""

    name: str = Field(min_length=1, max_length=200)
    template: Template = "blank"
    timezone: str = "UTC"
    currency: str = Field("EUR", description="ISO 4217 code")
    rates: dict[
        Annotated[str, Field(pattern=r"^[A-Z]{3}$")],
        PositiveRate | Annotated[dict[date, PositiveRate], Field(min_length=1)],
    ] = Field(
        {}, description="currency → what one unit of it is worth in the project's currency, or day → that from it on"
    )
    mrr: MrrSettings = MrrSettings()
    headline: Name | None = Field(None, description="the metric shown first; default the template's")
    customers_are: str = Field("customers", min_length=1, max_length=40, description="the word on screen")
    key_events: tuple[str, ...] = Field((), max_length=20, description="events that get columns of their own")
    onboarding_questions: tuple[str, ...] = Field((), max_length=20)
    engine: SecretStr = Field(SecretStr("duckdb"), description="duckdb, or the address of a PostgreSQL database")
    memory_limit: str | None = Field(None, pattern=r"^\d+(\.\d+)?\s?(MB|GB|TB)$")
    guard: Guard = Guard()
    keep: Retention = Retention()

    @property
    def engine_kind(self) -> EngineKind:
        """Which engine runs the customer model's SQL; the address may be shown nowhere, this may."""
        return "postgresql" if self.engine.get_secret_value().startswith("postgres") else "duckdb"

    @field_serializer("engine")
    def _engine_without_address(self, _: SecretStr) -> EngineKind:
        return self.engine_kind


class ColumnMap(Definition):
    """Where a value comes from: exactly one of `column`, `constant`, `expression`."""

    column: str | None = None
    constant: str | int | float | bool | None = None
    expression: str | None = Field(None, description="over the other mapped columns, in the segment language")
    type: ValueTypeName | None = Field(None, description="only for extra columns; the model knows its own")
    format: Texts = Field((), description="date formats in strptime form, tried in order")
    unit: Literal["major", "minor"] = "major"
    decimal: Literal[".", ","] = "."
    values: dict[str, str | int | float | bool | None] = Field({}, description="raw value → value")
    groups: dict[str, Texts] | None = Field(
        None, description="group → words; a text belongs to the first group it has a word of; {}: texts, do not ask"
    )
    separator: Annotated[str, StringConstraints(min_length=1, max_length=1, strip_whitespace=False)] | None = Field(
        None, description="of a list, the character between its items, beside ';'; default also ',' and '|'"
    )
    empty: Texts = Field((), description="texts that mean 'unknown', such as N/A")
    required: bool = Field(False, description="a row without it is set aside")
    stable: bool | None = Field(None, description="true also before the first load; default: the source's")
    hidden: bool = Field(False, description="for expressions and filters only, not an attribute")
    title: str | None = None
    kind: Kind | None = None
    known_from: KnownFrom | None = None
    addressable: bool = False

    @model_validator(mode="after")
    def _has_one_origin(self) -> Self:
        given = [k for k in ("column", "constant", "expression") if getattr(self, k) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of column, constant, expression (found: {', '.join(given) or 'none'})")
        return self


def _column_shorthand(value: object) -> object:
    return {"column": value} if isinstance(value, str) else value


ColumnMapping = Annotated[ColumnMap, BeforeValidator(_column_shorthand)]


class CsvOptions(Definition):
    """Overrides for what is otherwise found by looking at the file."""

    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | Literal["blanks"] | None = Field(
        None, description="one character, or blanks: columns that stand below each other"
    )
    quote: str | None = Field(None, min_length=1, max_length=1)
    encoding: str | None = None
    header_row: int | None = Field(None, ge=1, description="line of the header, from 1")


class ExcelOptions(Definition):
    sheet: str | int | None = Field(None, description="name, or number from 1; default the first")
    header_row: int | None = Field(None, ge=1)


class DatabaseOptions(Definition):
    """What of a database is read: a table or a SELECT. The database is at `url`, or a file that `files` names; with
    neither it is the one that the project's `engine` names."""

    url: SecretStr | None = Field(None, description="of a server; best from the environment: ${WAREHOUSE_URL}")
    table: str | None = Field(None, min_length=1, description="its name, with its schema where it needs one")
    query: str | None = Field(None, min_length=1, description="one SELECT")
    cursor: str | None = Field(None, min_length=1, description="column that grows with every change of a row")

    @model_validator(mode="after")
    def _says_what(self) -> Self:
        if self.table is not None and self.query is not None:
            raise ValueError("give a table or a query, not both")
        if self.url is not None and self.table is None and self.query is None:
            raise ValueError("give a table or a query")
        return self


class MatchMap(Definition):
    """How the rows of a source are told to be of the same customer as rows of other sources."""

    ids: Name | None = Field(None, description="whose ids account_id holds, such as stripe; default the project's own")
    by: dict[MatchField, ColumnMapping] = Field({}, description="what the source knows of a customer → column")
    same_as: dict[Name, ColumnMapping] = Field({}, description="whose ids → the column that holds them here")


class SourceDefinition(Definition):
    """`sources/<name>.yml`: files, the model table they feed, and how columns map onto it."""

    name: str = ""
    files: Texts = Field((), description="paths or globs, relative to the project")
    database: DatabaseOptions = DatabaseOptions()
    table: str
    format: FormatName | None = None
    csv: CsvOptions = CsvOptions()
    excel: ExcelOptions = ExcelOptions()
    json_path: str | None = Field(None, description="dotted path to the records inside a JSON or XML document")
    history: History = "none"
    stable: bool = False
    optional: bool = Field(False, description="no matching file is a note, not an error")
    timezone: str | None = Field(None, description="of timestamps without an offset; default the project's")
    columns: dict[str, ColumnMapping] = Field(min_length=1, description="model column → origin")
    extra: dict[Name, ColumnMapping] = Field({}, description="further columns; on accounts, companies: attributes")
    match: MatchMap = MatchMap()
    where: str | None = Field(None, description="rows to take, over mapped columns, in the segment language")

    @property
    def is_in_the_engine(self) -> bool:
        """Whether it reads the database that the project's `engine` names."""
        asked = self.database
        return not self.files and asked.url is None and (asked.table is not None or asked.query is not None)

    @property
    def mapped(self) -> tuple[tuple[tuple[str, ...], ColumnMap], ...]:
        """All columns that are mapped, each with its keys: ("columns", "amount"), ("match", "by", "email")."""
        sections: tuple[tuple[tuple[str, ...], Mapping[str, ColumnMap]], ...] = (
            (("columns",), self.columns),
            (("extra",), self.extra),
            (("match", "by"), {str(field): column for field, column in self.match.by.items()}),
            (("match", "same_as"), self.match.same_as),
        )
        return tuple(((*keys, name), column) for keys, columns in sections for name, column in columns.items())


class AttributeDefinition(Definition):
    """One entry of `attributes/*.yml`: a one-line expression over other attributes."""

    name: str = ""
    expression: str
    title: str | None = None
    description: str | None = None
    kind: Kind = "behavioural"
    known_from: KnownFrom = "usage"
    addressable: bool = False


class MeasureDefinition(Definition):
    """What a metric of the project counts: rows of a model table, or a value of them added up or ranked."""

    table: str
    value: str | None = Field(None, description="over the table's columns, added up; default: rows are counted")
    where: str | None = Field(None, description="rows that count, in the segment language over the table's columns")
    day: str | None = Field(None, description="timestamp by whose day a row counts; default the table's own")
    quantile: float | None = Field(None, gt=0, lt=1, description="0.5: the median of the values, not their sum")


class MetricDefinition(Definition):
    """`metrics/<name>.yml`: a metric of the project's own, or options of a built-in one of that name."""

    name: str = ""
    title: str | None = Field(None, min_length=1, max_length=80)
    formula: str | None = Field(None, description="over measures, parameters and other metrics")
    meaning: str | None = Field(None, description="the formula in words")
    unit: Literal["money", "count", "share", "ratio", "days", "hours", "months", "points", "number"] | None = None
    direction: Literal["high", "low", "neither"] | None = Field(None, description="which end is good")
    measures: dict[Name, MeasureDefinition] = {}
    n: str | None = Field(None, description="formula of how many it is of")
    minimum: int | None = Field(None, ge=0, description="an estimate of fewer is null")
    variant: str | None = Field(None, description="another published definition of a built-in metric")
    parameters: dict[Name, float] = {}
    event: str | None = Field(None, description="of activation metrics: the event that activates; default a key event")


class SegmentDefinition(Definition):
    """`segments/<name>.yml`."""

    name: str = ""
    title: str = Field(min_length=1, max_length=200)
    where: str = Field(min_length=1)
    owner: str | None = None
    description: str | None = None
    profile: str | None = Field(None, description="who they are and what they want, in prose")
    previously: str | None = Field(None, description="the name it had before, so that its history follows")
    for_each: Name | None = Field(None, description="an attribute: a segment for each of its values, name/value")
    include: tuple[str, ...] = Field((), description="list of ids of customers who are in it whatever the rule says")
    exclude: tuple[str, ...] = Field(
        (), description="list of ids of customers who are not in it whatever the rule says"
    )


Status = Literal["target", "next", "not_now", "never"]


class SegmentationGroup(Definition):
    """One group of the segmentation: the members of a segment who are in no group before it."""

    segment: Name
    status: Status | None = None
    trigger: str | None = Field(None, description="of not_now: what would change that")
    review: date | None = Field(None, description="when to think again")


class SegmentationRest(Definition):
    """Who is in no group."""

    title: str = Field("Everyone else", min_length=1, max_length=200)
    status: Status | None = None


class SegmentationDefinition(Definition):
    """`segmentation.yml`: every customer in exactly one group; the first that fits counts."""

    groups: tuple[SegmentationGroup, ...] = Field(min_length=1)
    rest: SegmentationRest = SegmentationRest()

    @model_validator(mode="after")
    def _names_each_once(self) -> Self:
        names = [group.segment for group in self.groups]
        if twice := next((n for n in names if names.count(n) > 1), None):
            raise ValueError(f"'{twice}' is there twice")
        return self


class ScoreInput(Definition):
    """One ingredient of the good-customer score."""

    attribute: str
    theme: Literal["retention", "engagement", "advocacy", "revenue"]
    weight: float = Field(1.0, ge=0, le=100, description="0: it does not count")
    direction: Literal["high", "low"] = Field("high", description="which end is good")
    transform: Literal["percentile", "log", "zscore", "minmax", "thresholds"] = "percentile"
    thresholds: tuple[tuple[float, float], ...] = Field((), description="(from value, points 0–1), ascending")
    missing: Literal["middle", "worst", "best", "leave_out"] = "leave_out"

    @model_validator(mode="after")
    def _thresholds_fit(self) -> Self:
        if (self.transform == "thresholds") != bool(self.thresholds):
            raise ValueError("thresholds go with `transform: thresholds`, and that needs them")
        if list(self.thresholds) != sorted(self.thresholds) or any(not 0 <= p <= 1 for _, p in self.thresholds):
            raise ValueError("thresholds are [value, points] pairs with ascending values and points from 0 to 1")
        return self


class Tiers(Definition):
    """Where the lines are drawn, in per cent of scored customers; by name and count where there are few."""

    best: float = Field(1, gt=0, lt=50)
    next_best: float = Field(10, gt=0, lt=90, description="cumulative: the best and the next best together")
    worst: float = Field(10, gt=0, lt=50)
    by_name_below: int = Field(500, ge=0, description="fewer scored customers than this: named, not per cent")
    names: int = Field(20, ge=1, description="how many are named at each end then")

    @model_validator(mode="after")
    def _tiers_fit(self) -> Self:
        if self.best >= self.next_best or self.next_best + self.worst > 100:
            raise ValueError("best < next_best, and next_best + worst at most 100")
        return self


class ValueDefinition(Definition):
    """`value.yml`: what a good customer is."""

    inputs: tuple[ScoreInput, ...] = Field(min_length=1)
    tiers: Tiers = Tiers()


IdPair = Annotated[tuple[str, str], Field(description="two customers' ids")]


class MatchingDefinition(Definition):
    """`matching.yml`: when records are merged, and what a person decided about pairs."""

    merge_from: float = Field(0.95, gt=0.5, le=1, description="probability from which two records are merged")
    ask_from: float = Field(0.5, ge=0, le=1, description="probability from which a person is asked")
    same: tuple[IdPair, ...] = Field((), description="pairs that are one customer, whatever their data says")
    different: tuple[IdPair, ...] = Field((), description="pairs that are two customers, whatever their data says")

    @model_validator(mode="after")
    def _thresholds_fit(self) -> Self:
        if self.ask_from > self.merge_from:
            raise ValueError("ask_from is at most merge_from")
        return self
