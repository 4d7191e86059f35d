"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from beachhead.engines.catalogue import ENTRIES, Entry

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "beachhead"
DOCS = ROOT / "docs"
LONGEST_FILE = 500

# Where a heavy library or driver may be imported: a package, or one file of it.
PLACES = {
    "duckdb": "engines/",
    "sqlglot": "engines/",
    "psycopg": "engines/",
    "lark": "rules/",
    "typer": "cli/",
    "numba": (
        "customers/kernels.py",
        "metrics/kernels.py",
        "segments/kernels.py",
        "segments/activity_kernels.py",
        "segments/simd.py",
        "store/kernels.py",
        "store/overlap_kernels.py",
        "store/adders.py",
        "discovery/cube_kernels.py",
    ),
    "altair": "charts/",
    "vl_convert": "charts/",
    "jinja2": "reports/",
    "charset_normalizer": "sources/",
    "python_calamine": "sources/",
    "sqlalchemy": "sources/servers.py",
    "splink": "customers/matching/probable.py",
    "pptx": "reports/",
    "docx": "reports/word.py",
    "fastapi": "api/",
    "uvicorn": "api/__main__.py",
    "lxml": "sources/",
    "xlsxwriter": "reports/",
}
# Personal and build folders; the project must read the same on every machine.
MACHINE_PATHS = re.compile(r"(?<![\w.~:/-])/(?:home|root|Users|work|mnt)/[\w.-]+")
UNFINISHED = re.compile(r"#\s*(TODO|FIXME|XXX|HACK)\b|raise NotImplementedError")


def python_files() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def own_text_files() -> Iterator[Path]:
    """What is written by hand, wherever it lies."""
    for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "pyproject.toml", "zensical.toml", "dev", ".ci/run"):
        if (ROOT / name).exists():
            yield ROOT / name
    for folder in ("src", "docs", "tests", "examples", "benchmarks"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in {
                ".py",
                ".md",
                ".sql",
                ".yml",
                ".yaml",
                ".toml",
                ".html",
                ".css",
                ".js",
                ".lark",
                ".json",
            }:
                yield path


def imported_names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module


def test_layers_have_no_exceptions() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = [c for c in contracts if c["type"] == "layers"]
    assert len(layers) == 1
    assert [c.get("ignore_imports", []) for c in contracts] == [[] for _ in contracts]


def test_every_package_has_a_layer() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = {name.strip(" ()") for c in contracts for line in c["layers"] for name in line.split("|")}
    packages = {path.parent.name for path in SOURCE.glob("*/__init__.py")}
    assert packages - layers == set()


def test_heavy_libraries_are_imported_in_their_place_only() -> None:
    astray = []
    for path in python_files():
        inside = path.relative_to(SOURCE).as_posix()
        for name in imported_names(ast.parse(path.read_text(encoding="utf-8"))):
            place = PLACES.get(name.split(".")[0])
            if place and not inside.startswith(place):
                astray.append(f"{inside} imports {name}, which belongs in {place}")
    assert astray == []


def test_no_file_is_longer_than_one_idea() -> None:
    lengths = {path.relative_to(ROOT): len(path.read_text(encoding="utf-8").splitlines()) for path in python_files()}
    assert {path: n for path, n in lengths.items() if n > LONGEST_FILE} == {}


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        path.relative_to(SOURCE).as_posix()
        for path in python_files()
        if (text := path.read_text(encoding="utf-8")).strip() and not ast.get_docstring(ast.parse(text))
    ]
    assert silent == []


def test_nothing_shipped_is_marked_unfinished() -> None:
    marked = [path.relative_to(ROOT) for path in python_files() if UNFINISHED.search(path.read_text(encoding="utf-8"))]
    assert marked == []


def test_no_text_names_a_folder_of_somebodys_machine() -> None:
    named = {
        path.relative_to(ROOT).as_posix(): found
        for path in own_text_files()
        if (found := MACHINE_PATHS.findall(path.read_text(encoding="utf-8", errors="replace")))
    }
    assert named == {}


def test_every_page_of_the_docs_is_in_the_navigation() -> None:
    told = (ROOT / "zensical.toml").read_text()
    pages = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    assert {page for page in pages if f'"{page}"' not in told} == set()
    assert {page for page in re.findall(r'"([\w/-]+\.md)"', told) if page not in pages} == set()


def test_docs_need_nothing_from_other_hosts() -> None:
    settings = tomllib.loads((ROOT / "zensical.toml").read_text())["project"]
    assert settings["theme"]["font"] is False
    assert [key for key in settings if key.startswith("extra_")] == []
    assert [page.name for page in DOCS.rglob("*.md") if "```mermaid" in page.read_text(encoding="utf-8")] == []


def command_names() -> list[str]:
    from typer.main import get_command

    app = get_command(importlib.import_module("beachhead.cli.main").app)
    return sorted(getattr(app, "commands", {}))


def test_every_command_is_documented() -> None:
    text = "\n".join(page.read_text(encoding="utf-8") for page in DOCS.rglob("*.md"))
    undocumented = [name for name in command_names() if f"## `beachhead {name}`" not in text]
    assert undocumented == []


def test_the_docs_tell_of_no_command_that_does_not_exist() -> None:
    told = set(
        re.findall(r"^## `beachhead ([\w-]+)`", (DOCS / "commands.md").read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert told - set(command_names()) == set()


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e.name)
def test_every_catalogue_entry_is_documented_as_it_is(entry: Entry) -> None:
    usage, meaning, nulls = (text.replace("|", "\\|") for text in (entry.usage, entry.meaning, entry.nulls))
    page = (DOCS / "contributing" / "sql.md").read_text(encoding="utf-8")
    assert f"| `{usage}` | {meaning} | {nulls} |" in page


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda p: p.relative_to(DOCS).as_posix())
def test_python_examples_in_the_docs_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for example in re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
        exec(compile(example, str(page), "exec"), {})


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.sql")), ids=lambda p: p.name)
def test_model_sql_stays_within_the_catalogue(path: Path) -> None:
    from beachhead.engines.base import DIALECTS
    from beachhead.engines.dialect import emit

    sql = path.read_text(encoding="utf-8")
    parameters = dict.fromkeys(re.findall(r"\$([a-z_]+)", sql))
    assert all(emit(sql, dialect, parameters) for dialect in DIALECTS)


def test_dev_tells_its_verbs() -> None:
    told = subprocess.run([sys.executable, str(ROOT / "dev")], capture_output=True, text=True, check=True).stdout
    assert re.findall(r"^ *\./dev (\w+)", told, re.MULTILINE) == ["demo", "test", "check", "docs", "bench", "long"]
