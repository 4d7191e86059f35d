"""Bad projects, bad files, bad questions, through the real command line. The cases are data, in `cases/`.

A case says what differs from a small good project that was published once, which command runs, and what must come of
it. Whatever the case: no traceback, the exit code, what is said with its place and remedy, and the results that were
published before still read back whole, unchanged where the command failed.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from ruamel.yaml import YAML

from beachhead.cli.main import main
from beachhead.store.layout import Layout
from beachhead.store.manifest import SnapshotRef
from beachhead.store.snapshots import SnapshotStore

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "service"))
from project_world import make_company  # noqa: E402

CONTAINED = ("message", "remedy", "why")


@dataclass(frozen=True)
class Case:
    """One bad input. `steps` are commands with what is expected of each; `damages`: it breaks the results itself."""

    name: str
    files: Mapping[str, Any]
    folder: str
    environment: Mapping[str, str]
    steps: tuple[Mapping[str, Any], ...]
    outside: bool
    damages: bool
    needs_rights: bool


@cache
def cases() -> tuple[Case, ...]:
    found: list[Case] = []
    for path in sorted((HERE / "cases").glob("*.yml")):
        for raw in YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8")):
            extra = dict(raw)
            first = {"command": extra.pop("command", ["run"]), "expect": extra.pop("expect")}
            case = Case(
                name=extra.pop("name"),
                files=extra.pop("files", {}),
                folder=extra.pop("folder", "project"),
                environment=extra.pop("environment", {}),
                steps=(first, *extra.pop("then", ())),
                outside=extra.pop("outside", False),
                damages=extra.pop("damages", False),
                needs_rights=extra.pop("needs_rights", False),
            )
            assert not extra, f"{case.name}: unknown keys {sorted(extra)}"
            found.append(case)
    return tuple(found)


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The good project, published once."""
    root = tmp_path_factory.mktemp("good")
    make_company(root)
    for path in (root / "data").glob("*.csv"):
        path.write_bytes(path.read_bytes().replace(b"\r\n", b"\n"))
    tickets = root / "data/tickets.csv"
    tickets.write_bytes(tickets.read_bytes().replace(b",12.50\n", b",9.00\n", 1))
    with pytest.raises(SystemExit) as ended, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["beachhead", "run", str(root), "--json"])
        main()
    assert not ended.value.code
    return root


# What a case writes


def content(recipe: object, root: Path) -> bytes:
    """The bytes that a recipe describes; `base` names a file of the good project."""
    match recipe:
        case str():
            return recipe.encode()
        case list():
            return b"".join(content(part, root) for part in recipe)
        case {"repeat": text, "times": times}:
            return str(text).encode() * int(times)
        case {"hex": text}:
            return bytes.fromhex(text)
        case {"text": text, "encoding": encoding}:
            return str(text).encode(encoding)
        case {"base": name, **change}:
            return changed((root / name).read_bytes(), change)
        case {"gzip": inner, **change}:
            return changed(gzip.compress(content(inner, root), mtime=0), change)
        case {"parquet": columns, **change}:
            out = io.BytesIO()
            pq.write_table(pa.table(columns), out)
            return changed(out.getvalue(), change)
        case {"xlsx": sheets, **change}:
            return changed(workbook(sheets), change)
        case {"zip": inner}:
            out = io.BytesIO()
            with zipfile.ZipFile(out, "w") as archive:
                for name, part in inner.items():
                    archive.writestr(name, content(part, root))
            return out.getvalue()
    raise AssertionError(f"unknown recipe: {recipe}")


def changed(data: bytes, change: Mapping[Any, Any]) -> bytes:
    for kind, value in change.items():
        match kind:
            case "lines":
                data = b"".join(data.splitlines(keepends=True)[:value])
            case "bytes":
                data = data[:value]
            case "replace":
                for old, new in value.items():
                    assert old.encode() in data, f"nothing to replace: {old}"
                    data = data.replace(old.encode(), new.encode())
            case "encoding":
                data = data.decode().encode(value)
            case _:
                raise AssertionError(f"unknown change: {kind}")
    return data


def workbook(sheets: Mapping[str, list[list[Any]]]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    for name, lines in sheets.items():
        sheet = book.add_worksheet(name)
        for number, line in enumerate(lines):
            sheet.write_row(number, 0, line)
    book.close()
    return out.getvalue()


def write(root: Path, name: str, recipe: object) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        shutil.rmtree(path)
    match recipe:
        case None:
            path.unlink()
        case {"folder": True}:
            path.unlink(missing_ok=True)
            path.mkdir()
        case {"unreadable": True}:
            path.chmod(0)
        case _:
            made = content(recipe, root)
            path.unlink(missing_ok=True)
            path.write_bytes(made)


# What a command does


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found


def in_process(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> Outcome:
    capsys.readouterr()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["beachhead", *arguments])
        try:
            main()
            code: Any = 0
        except SystemExit as e:
            code = e.code or 0
    said = capsys.readouterr()
    return Outcome(code, said.out, said.err)


def as_program(arguments: list[str], folder: Path) -> Outcome:
    done = subprocess.run(
        [sys.executable, "-m", "beachhead.cli.start", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def arguments_of(command: list[Any], root: Path) -> list[str]:
    arguments = [str(a) for a in command]
    takes_folder = arguments[0] in ("check", "run", "report")
    return [arguments[0], *([str(root)] if takes_folder else ["--project", str(root)]), *arguments[1:]]


def state(root: Path) -> dict[str, str]:
    """Every file of the published results, by its hash."""
    home = Layout(root).home
    paths = [home / "current", *sorted((home / "snapshots").rglob("*"))]
    return {str(p.relative_to(home)): hashlib.sha256(p.read_bytes()).hexdigest() for p in paths if p.is_file()}


# What is compared


def lacks(told: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """How a told thing differs from what is expected; texts of `CONTAINED` must be part of it."""
    found = []
    for key, value in expected.items():
        if key in CONTAINED:
            if str(value) not in str(told.get(key)):
                found.append(key)
        elif told.get(key) != value:
            found.append(key)
    return found


def require_told(told: list[Mapping[str, Any]], expected: list[Mapping[str, Any]], what: str) -> None:
    for wanted in expected:
        if all(lacks(t, wanted) for t in told):
            pytest.fail(f"told is {json.dumps(told, indent=1)}\nand no {what} {wanted}")


def flat_problem(problem: Mapping[str, Any]) -> dict[str, Any]:
    """A problem with the place of its first example beside it."""
    first = (problem["examples"] or [{}])[0]
    return {**problem, "file": first.get("file"), "line": first.get("line"), "value": first.get("value")}


def compare(outcome: Outcome, expect: Mapping[str, Any], root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = f"{outcome.out}\n{outcome.err}"
    for word in ("Traceback", "internal-error", 'File "/'):
        assert word not in shown, shown
    assert outcome.code == expect["exit"], shown
    for text in expect.get("shows", []):
        assert text in shown, shown
    for text in expect.get("hides", []):
        assert text not in shown, shown
    if "diagnostics" in expect:
        told = outcome.document["diagnostics"]
        require_told(told, expect["diagnostics"], "diagnostic")
        errors = [d for d in expect["diagnostics"] if d.get("severity", "error") == "error"]
        assert len([d for d in told if d["severity"] == "error"]) == len(errors), told
        assert all(d["remedy"] for d in told if d["severity"] != "info"), told
    for key, value in expect.get("document", {}).items():
        noun = str(outcome.document["schema"]).split("/")[1]
        assert outcome.document[noun][key] == value, outcome.document
    if "problems" in expect:
        quality = in_process(["quality", "--project", str(root), "--json"], capsys)
        told = [flat_problem(p) for p in quality.document["problems"]]
        require_told(told, expect["problems"], "problem")
        assert all(p["remedy"] and p["message"] for p in told), told
    if "set_aside" in expect:
        listed = in_process(["quality", "--project", str(root), "--rows", "--json"], capsys)
        require_told(listed.document["set_aside"], expect["set_aside"], "row")
    for name, wanted in expect.get("written", {}).items():
        text = (root / name).read_text(encoding="utf-8")
        assert all(part in text for part in wanted.get("contains", [])), text[:2000]
        assert not any(part in text for part in wanted.get("lacks", [])), name


@pytest.fixture
def outside_rights() -> Iterator[None]:
    if os.geteuid() == 0:
        pytest.skip("the superuser may read every file")
    yield


def test_there_are_enough_cases_and_each_has_a_name_of_its_own() -> None:
    assert len(cases()) >= 60
    assert len({c.name for c in cases()}) == len(cases())


@pytest.mark.parametrize("case", cases(), ids=lambda c: c.name.replace(" ", "-"))
def test_bad_input(
    case: Case,
    published: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    if case.needs_rights:
        request.getfixturevalue("outside_rights")
    root = tmp_path / case.folder
    shutil.copytree(published, root)
    for name, value in case.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    store = SnapshotStore(Layout(root))
    first = store.current()
    assert first is not None
    for name, recipe in case.files.items():
        write(root, name, recipe)
    for step in case.steps:
        for name, recipe in step.get("files", {}).items():
            write(root, name, recipe)
        before = state(root)
        expect = step["expect"]
        wants_json = "diagnostics" in expect or "document" in expect
        arguments = arguments_of(step["command"], root) + (["--json"] if wants_json else [])
        outcome = as_program(arguments, tmp_path) if case.outside else in_process(arguments, capsys)
        compare(outcome, expect, root, capsys)
        after = state(root)
        publishes = expect.get("publishes", outcome.code == 0 and step["command"][0] == "run")
        if publishes:
            newest = store.current()
            assert newest is not None
            assert newest != SnapshotRef.parse(before.get("current", ""))
            store.verify(newest)
            assert len(after) > len(before) or case.damages
        else:
            assert after == before
        if not case.damages:
            store.verify(first)
