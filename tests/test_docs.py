"""The reference pages say what the code says.

Between `<!-- NAME -->` and `<!-- end -->` a page holds a table made from the code. `python tests/test_docs.py` writes
these tables anew; the last cell of a row whose meaning only a person can write is kept.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel, SecretStr
from pydantic_core import PydanticUndefined

from beachhead.customers.attributes import BUILT_IN, KEY_EVENT_MEASURES
from beachhead.metrics.catalogue import BUILT_IN as METRICS
from beachhead.metrics.formula import FUNCTIONS as FORMULA_FUNCTIONS
from beachhead.metrics.measures import BUILT_IN as MEASURES
from beachhead.metrics.measures import Measure
from beachhead.project import definitions
from beachhead.project.model import TABLES
from beachhead.project.templates import TEMPLATES
from beachhead.rules import FORMS, FUNCTIONS, OPERATORS, Option, attributes_used, format_rule, parse
from beachhead.rules.forms import MEASURES as ROW_MEASURES
from beachhead.rules.forms import WINDOW_NAMES
from beachhead.sources.recognise.exports import products

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "beachhead"
DOCS = ROOT / "docs"
BLOCK = re.compile(r"(<!-- ([a-z-]+) -->\n\n)(.*?)(\n*<!-- end -->)", re.DOTALL)

Meanings = Mapping[str, str]


def cell(text: str) -> str:
    return text.replace("|", "\\|")


def table(titles: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(titles)]
    lines += [["---"] * len(lines[0]), *([cell(x) for x in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |".replace("|  |", "| |") for line in lines)


def meanings(block: str) -> dict[str, str]:
    """The last cell of each row by its first."""
    rows = [re.split(r"(?<!\\) ?\| ?", line) for line in block.splitlines() if line.startswith("| `")]
    return {row[1].strip("`"): row[-2].replace("\\|", "|") for row in rows}


def attributes(said: Meanings) -> str:
    areas = list(dict.fromkeys(a.area for a in BUILT_IN))
    parts = []
    for area in areas:
        rows = [
            (f"`{a.name}`", a.type, a.title, ", ".join(f"`{n}`" for n in a.needs).replace("|", "` or `") or "–",
             said.get(a.name, ""))
            for a in BUILT_IN
            if a.area == area
        ]  # fmt: skip
        parts.append(f"### {area.capitalize()}\n\n{table(('attribute', 'type', 'title', 'needs', 'what it is'), rows)}")
    return "\n\n".join(parts)


def operators(_said: Meanings) -> str:
    rows = [(f"`{o.key}`", f"`{o.example}`", o.doc, o.null_rule) for o in OPERATORS.values()]
    return table(("operator", "example", "meaning", "with null"), rows)


def forms(_said: Meanings) -> str:
    rows = [r for r in FORMS.values() if r.table]
    shared = {o.name: o for r in rows for o in r.options}
    others = [
        (f"`{r.key}`", f"`{r.example}`", r.doc, "; ".join(own_options(r.options)) or "–", r.null_rule)
        for r in FORMS.values()
        if not r.table
    ]
    windows, measures = (
        [(f"`{o.name}`", o.kind, o.doc) for o in shared.values() if o.name in names]
        for names in (WINDOW_NAMES, ROW_MEASURES)
    )
    listed = [(f"`{r.key}`", f"`{r.moment}`", f"`{r.example}`") for r in rows]
    parts = [
        ("Rows", table(("form", "the day of a row", "example"), listed)),
        ("Windows", table(("option", "is", "takes rows"), windows)),
        ("Measures", table(("option", "is", "gives"), measures)),
        ("Everything else", table(("form", "example", "meaning", "options", "with null"), others)),
    ]
    return "\n\n".join(f"### {title}\n\n{text}" for title, text in parts)


def own_options(options: Iterable[Option]) -> list[str]:
    """Options in words; those of a window together, since they have a table of their own."""
    given = list(options)
    own = [o for o in given if not (o.name in WINDOW_NAMES and not o.required and o.kind != "a written value")]
    told = [f"`{o.name}` ({o.kind}{'' if o.required else ', if you like'}): {o.doc}" for o in own]
    return [*told, "a window"] if len(own) < len(given) else told


def model_tables(_said: Meanings) -> str:
    parts = []
    for t in TABLES:
        rows = [
            (f"`{c.name}`", c.type, "yes" if c.required else "", c.description + _revealed(t.reveals.get(c.name)))
            for c in t.columns
        ]
        known = f" Known from `{t.known_at}`." if t.known_at else ""
        key = f" Key: {', '.join(f'`{k}`' for k in t.key)}." if t.key else ""
        text = f"{t.description[0].upper()}{t.description[1:]}.{key}{known}"
        parts.append(f"### `{t.name}`\n\n{text}\n\n{table(('column', 'type', 'required', 'holds'), rows)}")
    return "\n\n".join(parts)


def _revealed(moment: str | None) -> str:
    return f" (known from `{moment}`)" if moment else ""


def templates(_said: Meanings) -> str:
    return table(("template", "for"), ((f"`{t.name}`", t.description) for t in TEMPLATES))


def default(value: object) -> str:
    if value is PydanticUndefined:
        return "required"
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if value is None or value in ((), {}, ""):
        return "–"
    if isinstance(value, BaseModel):
        return "see below"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def keys(model: type[BaseModel], is_named_by_file: bool = False) -> Callable[[Meanings], str]:
    def rendered(said: Meanings) -> str:
        rows = [
            (f"`{name}`", default(f.get_default(call_default_factory=False)), said.get(name, ""))
            for name, f in model.model_fields.items()
            if not (is_named_by_file and name == "name")
        ]
        return table(("key", "default", "meaning"), rows)

    return rendered


# Names of encodings and the like, which are no codes of problems.
NO_CODES = {"utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "latin-1", "windows-1252", "yyyy-mm-dd"}
PROBLEM_FILES = [
    *(SOURCE / "sources").glob("*.py"),
    *(SOURCE / "customers").glob("*.py"),
    SOURCE / "service/problems.py",
]


def problem_codes() -> set[str]:
    """Every code of a problem with data, and of what stops the reading of a file."""
    found = {f"unreadable-{t}" for t in ("date", "integer", "number", "money", "boolean")}
    for path in PROBLEM_FILES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        texts = (n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str))
        found |= {t for t in texts if re.fullmatch(r"[a-z]+(-[a-z0-9]+)+", t)}
    return found - NO_CODES


def codes(said: Meanings) -> str:
    return table(("code", "meaning and what happens"), ((f"`{c}`", said.get(c, "")) for c in sorted(problem_codes())))


def exports(_said: Meanings) -> str:
    rows = []
    for product in products():
        fed = [e for e in product.exports if e.nothing is None]
        for export in fed:
            tables = ", ".join(f"`{f.table}`" for f in export.feeds) or "`responses`, one source for each question"
            rows.append((product.product if export is fed[0] else "", export.title, tables))
    return table(("program", "export", "feeds"), rows)


def left_out(_said: Meanings) -> str:
    notes = {n.code: (p.product, n) for p in products() for e in p.exports for n in e.notes}
    rows = [(f"`{code}`", program, f"{note.message} {note.remedy}") for code, (program, note) in notes.items()]
    return table(("code", "program", "what is missing, and what to do"), rows)


def metrics(_said: Meanings) -> str:
    parts = []
    for theme in dict.fromkeys(m.theme for m in METRICS.values()):
        rows = [
            (f"`{m.name}`", f"{m.title}: {m.meaning}", f"`{m.formula}`", m.unit, m.direction, m.null, m.source)
            for m in METRICS.values()
            if m.theme == theme
        ]
        titles = ("metric", "meaning", "formula", "unit", "good", "null", "source")
        parts.append(f"### {theme.capitalize()}\n\n{table(titles, rows)}")
    return "\n\n".join(parts)


def variants(_said: Meanings) -> str:
    rows = [
        (f"`{m.name}`", f"`{name}`", v.meaning, f"`{v.formula}`", v.source)
        for m in METRICS.values()
        for name, v in m.variants.items()
    ]
    return table(("metric", "variant", "meaning", "formula", "source"), rows)


def measures(_said: Meanings) -> str:
    def counted(m: Measure) -> str:
        if m.kind in ("mrr", "active"):
            return "[the ledger](ledger.md)" if m.kind == "mrr" else "events"
        shown = f"{m.value} where {m.where}" if m.where else m.value
        return f"`{m.fact}`: `{shown}`, by `{m.day}`"

    return table(("measure", "what it is", "from"), ((f"`{m.name}`", m.title, counted(m)) for m in MEASURES.values()))


def formula_functions(_said: Meanings) -> str:
    return table(("function", "gives"), ((f"`{f.usage}`", f.meaning) for f in FORMULA_FUNCTIONS.values()))


BLOCKS: dict[str, tuple[str, Callable[[Meanings], str]]] = {
    "exports": ("adding-data.md", exports),
    "left-out": ("adding-data.md", left_out),
    "attributes": ("attributes.md", attributes),
    "operators": ("language.md", operators),
    "forms": ("language.md", forms),
    "templates": ("projects.md", templates),
    "settings": ("projects.md", keys(definitions.Settings)),
    "guard": ("projects.md", keys(definitions.Guard)),
    "keep": ("projects.md", keys(definitions.Retention)),
    "source": ("projects.md", keys(definitions.SourceDefinition, is_named_by_file=True)),
    "column": ("projects.md", keys(definitions.ColumnMap)),
    "match": ("projects.md", keys(definitions.MatchMap)),
    "matching": ("projects.md", keys(definitions.MatchingDefinition)),
    "csv": ("projects.md", keys(definitions.CsvOptions)),
    "excel": ("projects.md", keys(definitions.ExcelOptions)),
    "database": ("projects.md", keys(definitions.DatabaseOptions)),
    "attribute": ("projects.md", keys(definitions.AttributeDefinition, is_named_by_file=True)),
    "segment": ("projects.md", keys(definitions.SegmentDefinition, is_named_by_file=True)),
    "segmentation": ("segments.md", keys(definitions.SegmentationDefinition)),
    "group": ("segments.md", keys(definitions.SegmentationGroup)),
    "rest": ("segments.md", keys(definitions.SegmentationRest)),
    "model": ("projects.md", model_tables),
    "mrr": ("projects.md", keys(definitions.MrrSettings)),
    "metrics": ("metrics.md", metrics),
    "variants": ("metrics.md", variants),
    "measures": ("metrics.md", measures),
    "functions": ("metrics.md", formula_functions),
    "metric": ("metrics.md", keys(definitions.MetricDefinition, is_named_by_file=True)),
    "measure": ("metrics.md", keys(definitions.MeasureDefinition)),
    "value": ("score.md", keys(definitions.ValueDefinition)),
    "input": ("score.md", keys(definitions.ScoreInput)),
    "tiers": ("score.md", keys(definitions.Tiers)),
    "codes": ("data-hygiene.md", codes),
}


def rewritten(text: str) -> str:
    """A page with its tables as the code has them now."""

    def block(found: re.Match[str]) -> str:
        name = found[2]
        if name not in BLOCKS:
            return found[0]
        return found[1] + BLOCKS[name][1](meanings(found[3])) + "\n\n<!-- end -->"

    return BLOCK.sub(block, text)


def read(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", sorted({page for page, _ in BLOCKS.values()}))
def test_tables_in_a_page_are_those_of_the_code(page: str) -> None:
    assert read(page) == rewritten(read(page)), "write them anew: python tests/test_docs.py"


@pytest.mark.parametrize("name", BLOCKS)
def test_every_table_stands_in_its_page_and_every_row_has_its_meaning(name: str) -> None:
    found = {b[2]: b[3] for b in BLOCK.finditer(read(BLOCKS[name][0]))}
    assert name in found
    empty = [row for row in found[name].splitlines() if row.startswith("| `") and row.rstrip().endswith("| |")]
    assert empty == []


def test_every_function_is_told_under_every_name() -> None:
    page = read("language.md")
    assert [name for name in FUNCTIONS if not re.search(rf"\b{name}\b", page)] == []


def test_every_possible_word_of_a_key_is_told() -> None:
    pages = read("projects.md") + read("score.md")
    hints: list[object] = [definitions.History, definitions.Kind, definitions.KnownFrom, definitions.ValueTypeName]
    hints += [definitions.ScoreInput.model_fields[n].annotation for n in ("theme", "direction", "transform", "missing")]
    words = [word for hint in hints for word in get_args(hint)]
    assert [w for w in words if f"`{w}`" not in pages] == []


def test_every_option_of_a_form_is_told() -> None:
    page = read("language.md")
    options = {o.name for r in FORMS.values() for o in r.options}
    assert [name for name in options if f"`{name}`" not in page] == []


def test_examples_of_operators_and_forms_name_attributes_that_exist() -> None:
    names = {a.name for a in BUILT_IN} | {"tags"}  # the example of a list, which only a source can bring
    examples = [row.example for row in (*OPERATORS.values(), *FORMS.values())]
    assert {e: attributes_used(parse(e)) - names for e in examples} == {e: set() for e in examples}


def test_rules_in_the_language_page_are_right() -> None:
    """Every rule that the page shows as code, with attributes of any name, parses and reads back equal."""
    prose = re.sub(r"<!-- operators -->.*?<!-- end -->", "", read("language.md"), flags=re.S)
    prose = prose.partition("## When something is wrong")[0]
    shown = [rule for rule in re.findall(r"`([^`\n]+)`", prose) if "=>" in rule and "(" in rule]
    shown += re.findall(r"```sql\n(.*?)```", prose, re.S)
    assert len(shown) > 50
    assert [rule for rule in shown if parse(format_rule(parse(rule))) != parse(rule)] == []


def test_measures_of_key_events_are_told() -> None:
    page = read("attributes.md")
    assert [m for m, _, _ in KEY_EVENT_MEASURES if f"`export_{m}`" not in page] == []


def test_every_option_of_a_command_stands_under_its_heading() -> None:
    from typer.main import get_command

    from beachhead.cli.main import app

    sections = dict(re.findall(r"^## `beachhead ([\w-]+)`\n(.*?)(?=^## |\Z)", read("commands.md"), re.M | re.S))
    untold = []
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        options = [o for p in command.params for o in p.opts if o.startswith("--") and o != "--help"]
        untold += [f"{name} {o}" for o in options if f"`{o}`" not in sections[name]]
    assert untold == []


def test_every_error_of_an_engine_is_told() -> None:
    files = ["engines/postgres.py", "engines/choose.py", "project/engine_setting.py"]
    calls = [n for f in files for n in ast.walk(ast.parse((SOURCE / f).read_text("utf-8"))) if isinstance(n, ast.Call)]
    codes = {
        str(c.args[0].value)
        for c in calls
        if isinstance(c.func, ast.Name) and c.func.id == "Diagnostic" and isinstance(c.args[0], ast.Constant)
    }
    assert len(codes) > 8
    assert [code for code in sorted(codes) if f"`{code}`" not in read("engines.md")] == []


if __name__ == "__main__":
    for path in sorted({DOCS / page for page, _ in BLOCKS.values()}):
        path.write_text(rewritten(path.read_text(encoding="utf-8")), encoding="utf-8")
