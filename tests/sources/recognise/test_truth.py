"""Real tables, and an invented company's exports, held against what people say that they mean."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from judging import Truth, Verdict, confusion, judge, judge_files, read_truth, tally

from beachhead.project.definitions import SourceDefinition
from beachhead.project.yaml_positions import plain, read_yaml
from beachhead.sources.recognise import recognise
from beachhead.sources.recognise.context import KnownSource, RecogniseContext
from beachhead.sources.recognise.recognise import recognise_file
from beachhead.synth import generate

TRUTH = Path(__file__).with_name("truth")
LEAST_RIGHT = 0.95
FIVETRAN = ("fivetran_stripe", "fivetran_hubspot", "other_connectors")


def judged(name: str, real_data: Path, context: RecogniseContext) -> list[Verdict]:
    truths = read_truth(TRUTH / f"{name}.yml")
    files = {p.name: p for p in real_data.rglob("*") if p.is_file()}
    return list(judge_files([files[f] for f in truths], truths, context))


@pytest.mark.parametrize("name", [*FIVETRAN, "unknown_programs"])
def test_tables_and_columns_are_right_and_nothing_is_confidently_wrong(
    name: str, real_data: Path, context: RecogniseContext
) -> None:
    verdicts = judged(name, real_data, context)
    print(f"\n{name}\n{confusion(verdicts)}")
    assert [(v.file, v.found) for v in verdicts if v.found != v.expected] == []
    right, asked, wrong = tally(verdicts)
    assert (right - wrong) / asked >= LEAST_RIGHT
    assert [(v.file, v.confidently_wrong) for v in verdicts if v.confidently_wrong] == []


def test_every_table_of_the_real_schemas_is_judged(real_data: Path) -> None:
    for name, folder in (
        ("fivetran_stripe", "fivetran_stripe"),
        ("fivetran_hubspot", "fivetran_hubspot"),
        ("other_connectors", "source_schemas_other_connectors"),
    ):
        assert set(read_truth(TRUTH / f"{name}.yml")) == {p.name for p in (real_data / folder).glob("*.csv")}


@contextmanager
def without_known_programs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setattr(recognise, "known_export", lambda _sample: None)
        yield


@pytest.mark.parametrize("name", FIVETRAN)
def test_what_is_not_known_is_not_confidently_wrong_either(
    name: str, real_data: Path, context: RecogniseContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The same tables as if nobody had told of Stripe and HubSpot: much is missed, nothing is claimed.
    with without_known_programs(monkeypatch):
        verdicts = judged(name, real_data, context)
    print(f"\n{name}, unknown\n{confusion(verdicts)}")
    assert [(v.file, v.confidently_wrong) for v in verdicts if v.confidently_wrong] == []


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("acme") / "project"
    generate(folder, 200, 3)
    return folder


def plain_of(path: Path) -> dict[str, dict[str, str]]:
    document = read_yaml(path.read_text("utf-8"), path.name)
    assert document.root is not None
    tree = plain(document.root)
    assert isinstance(tree, dict)
    return tree  # type: ignore[return-value]


def known_source(project: Path) -> KnownSource:
    """The list of customers as a source that the project has."""
    source = SourceDefinition.model_validate(plain_of(project / "sources" / "accounts.yml") | {"name": "accounts"})
    with (project / "data" / "accounts.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return KnownSource(source, tuple(rows[0]), ids=frozenset(r["id"] for r in rows))


def test_raw_exports_of_the_invented_company_are_what_its_sources_say(acme: Path, context: RecogniseContext) -> None:
    also = plain_of(TRUTH / "acme.yml")
    verdicts = []
    for file in sorted((acme / "sources").glob("*.yml")):
        source = SourceDefinition.model_validate(plain_of(file) | {"name": file.stem})
        path = next(acme.glob(source.files[0]))
        targets = {f"columns.{t}": frozenset({m.column}) for t, m in source.columns.items() if m.column}
        truth = Truth(source.table, targets, frozenset(also.get(path.name, {}).items()))
        verdicts.append(judge(recognise_file(path, path.name, context), truth))
    print(f"\nacme\n{confusion(verdicts)}")
    assert [(v.file, v.found) for v in verdicts if v.found != v.expected] == []
    assert [(v.file, v.missed, v.wrong) for v in verdicts if v.missed or v.wrong] == []


def test_own_ids_are_told_from_those_of_a_program_by_what_other_files_hold(
    acme: Path, context: RecogniseContext
) -> None:
    known = {"accounts": known_source(acme)}
    path = acme / "data" / "stripe_subscriptions.csv"
    text = path.read_text("utf-8").replace("account_id (metadata)", "Reference")
    renamed = path.with_name("renamed.csv")
    renamed.write_text(text, "utf-8")
    found = recognise_file(renamed, renamed.name, replace(context, known=known)).proposals[0]
    told = {(c.section, c.target): c.source for c in found.columns}
    assert told[("columns", "account_id")] == "Reference"
    assert told[("same_as", "stripe")] == "Customer ID"
    assert found.ids is None
