"""Typical exports of known programs, and files of none, as cases that anybody can read."""

from __future__ import annotations

from pathlib import Path

import pytest
from judging import judge, truth_of

from beachhead.project.yaml_positions import plain, read_yaml
from beachhead.sources.recognise.context import RecogniseContext
from beachhead.sources.recognise.exports import products
from beachhead.sources.recognise.proposal import Proposal, Recognition
from beachhead.sources.recognise.recognise import recognise_file

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
