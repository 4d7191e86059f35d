"""Typical exports of known programs, and files of none, as cases that anybody can read."""

from __future__ import annotations

from pathlib import Path

import pytest
from judging import judge, truth_of

from beachhead.project.yaml_positions import plain, read_yaml
from beachhead.sources.recognise.context import RecogniseContext
from beachhead.sources.recognise.exports import Export, Product, products
from beachhead.sources.recognise.known import known_export
from beachhead.sources.recognise.proposal import Proposal, Recognition
from beachhead.sources.recognise.recognise import recognise_file
from beachhead.sources.recognise.sample import Column, Sample

CASES_FILE = Path(__file__).with_name("exports.yml")


def cases() -> list[dict[str, object]]:
    document = read_yaml(CASES_FILE.read_text("utf-8"), CASES_FILE.name)
    assert document.root is not None and not document.diagnostics, document.diagnostics
    tree = plain(document.root)
    assert isinstance(tree, list)
    return [c for c in tree if isinstance(c, dict)]


@pytest.mark.parametrize("case", cases(), ids=lambda c: str(c["name"]))
def test_an_export_is_what_it_is(case: dict[str, object], tmp_path: Path, context: RecogniseContext) -> None:
    path = tmp_path / str(case["file"])
    path.write_text(str(case["text"]), "utf-8")
    found = recognise_file(path, path.name, context)

    verdict = judge(found, truth_of(case))
    assert (verdict.found, verdict.missed, verdict.wrong) == (case["table"], (), ())
    first = found.proposals[0] if found.proposals else None
    told = first.notes if first else found.notes
    if "notes" in case:
        assert [n.code for n in told] == case["notes"]
    if first is None:
        return
    assert "product" not in case or first.product == case["product"]
    assert "ids" not in case or first.ids == case["ids"]
    assert "where" not in case or first.where == case["where"]
    assert sorted(c.about for c in first.choices) == sorted(case.get("asks", []))  # type: ignore[call-overload]
    assert constants(first) >= set(case.get("constants", {}).items())  # type: ignore[attr-defined]
    further = case.get("then", [])
    assert isinstance(further, list)
    for expected, proposal in zip(further, found.proposals[1:], strict=True):
        others = judge(Recognition(file=path.name, proposals=(proposal,)), truth_of(expected))
        assert (others.found, others.missed, others.wrong) == (expected["table"], (), ())
    readings = case.get("read", {})
    assert isinstance(readings, dict)
    for target, how in readings.items():
        mapping = next(c.mapping for c in first.columns if (c.section, c.target) == ("columns", target))
        assert mapping is not None
        assert {k: list(v) if isinstance(v, tuple) else v for k, v in mapping.model_dump().items() if k in how} == how


def constants(proposal: Proposal) -> set[tuple[str, object]]:
    return {(c.target, c.mapping.constant) for c in proposal.columns if c.mapping and c.mapping.constant is not None}


@pytest.mark.parametrize("case", cases(), ids=lambda c: str(c["name"]))
def test_no_column_vanishes_and_each_has_its_reason(
    case: dict[str, object], tmp_path: Path, context: RecogniseContext
) -> None:
    path = tmp_path / str(case["file"])
    path.write_text(str(case["text"]), "utf-8")
    found = recognise_file(path, path.name, context)
    for proposal in found.proposals:
        assert {c.source for c in proposal.columns} - {""} == set(found.header)
        assert [c.source for c in proposal.columns if not c.reason] == []
        assert proposal.definition((path.name,)).table == proposal.table


def test_programs_that_must_be_known_are() -> None:
    known = {p.ids for p in products()}
    assert known >= {
        "stripe", "chargebee", "recurly", "paddle", "shopify", "woocommerce", "salesforce", "hubspot", "pipedrive",
        "close", "zendesk", "intercom", "mixpanel", "amplitude", "segment", "google_analytics", "typeform", "delighted",
    }  # fmt: skip


EXPORTS = [(product, export) for product in products() for export in product.exports]


@pytest.mark.parametrize("known", EXPORTS, ids=lambda k: f"{k[0].ids}-{k[1].name}")
def test_a_file_with_the_columns_of_an_export_is_that_export(known: tuple[Product, Export]) -> None:
    product, export = known
    origins = [o for f in export.feeds for o in (*f.columns.values(), *f.match.values())]
    told = dict.fromkeys(n.strip() for line in export.identified_by[:1] for n in line.split(", "))
    told |= dict.fromkeys(o.column[0] for o in origins if o.column and o.column[0] not in export.without)
    folded = {" ".join(name.lower().split()): name for name in told}
    found = known_export(Sample(tuple(Column(name) for name in folded.values()), 0, ()))
    assert found is not None
    assert (found.product.ids, found.export.name) == (product.ids, export.name)
