"""Every kind of bad project: what is said, where, and what to do. The cases are data, in `cases/`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from beachhead.errors import DefinitionError
from beachhead.project import load, require_clean

GOOD = {
    "beachhead.yml": "name: Acme\n",
    "sources/accounts.yml": "files: data/accounts.csv\ntable: accounts\ncolumns: {account_id: id}\n",
    "segments/everyone.yml": "title: Everyone\nwhere: account_id is not null\n",
}


@dataclass(frozen=True)
class Case:
    name: str
    files: dict[str, Any]
    environment: dict[str, str]
    expect: list[dict[str, Any]]


def _cases() -> list[Case]:
    found: list[Case] = []
    for path in sorted((Path(__file__).parent / "cases").glob("*.yml")):
        found += [
            Case(c["name"], c["files"], c.get("environment", {}), c["expect"])
            for c in YAML(typ="safe", pure=True).load(path.read_text())
        ]
    return found


CASES = _cases()


def _write(root: Path, case: Case) -> None:
    over = {name: content for name, content in GOOD.items() if not any(name.startswith(f"{f}/") for f in case.files)}
    for name, content in (over | case.files).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        match content:
            case None:
                pass
            case str():
                path.write_bytes(content.encode())
            case {"hex": text}:
                path.write_bytes(bytes.fromhex(text))
            case {"link": target}:
                path.symlink_to(target)
            case {"folder": True}:
                path.mkdir()
            case {"pipe": True}:
                os.mkfifo(path)
            case {"repeat": text, "times": times, **more}:
                tail = more.get("then", "") + more.get("repeat2", "") * more.get("times2", 0)
                path.write_text(text * times + tail)
            case _:
                raise AssertionError(f"unknown content: {content}")


def test_there_are_many_cases_with_names_of_their_own() -> None:
    assert len(CASES) >= 100
    assert len({c.name for c in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name.replace(" ", "-"))
def test_bad_project_is_told_with_place_and_remedy(case: Case, tmp_path: Path) -> None:
    _write(tmp_path, case)
    project = load(tmp_path, case.environment)
    said = [d.as_dict() for d in project.diagnostics]
    in_short = [(d["code"], d["file"], d["line"], d["column"], d["severity"]) for d in said]
    assert in_short == [
        (e["code"], e["file"], e.get("line"), e.get("column"), e.get("severity", "error")) for e in case.expect
    ], said
    for told, expected in zip(said, case.expect, strict=True):
        assert told["remedy"], told
        for key in ("remedy", "message", "why"):
            assert expected.get(key, "") in str(told[key]), told
        if "nearest" in expected:
            assert told["nearest"] == expected["nearest"]
        shown = str(told)
        assert not any(value in shown for value in case.environment.values())
        assert not any(word in shown for word in ("Input should", "pydantic", "extra_forbidden", "Traceback"))
    if any(e.get("severity", "error") == "error" for e in case.expect):
        with pytest.raises(DefinitionError) as raised:
            require_clean(project)
        assert raised.value.diagnostics == project.errors
    else:
        assert require_clean(project) is project


def test_good_parts_of_a_bad_project_are_loaded(tmp_path: Path) -> None:
    _write(tmp_path, Case("", {"segments/pro.yml": "titel: Pro\n", "sources/x.yml": "table: acounts\n"}, {}, []))
    project = load(tmp_path, {})
    assert list(project.segments) == ["everyone"]
    assert list(project.sources) == ["accounts"]
    assert project.settings.name == "Acme"
    assert project.broken == {("segments", "pro"), ("sources", "x")}
