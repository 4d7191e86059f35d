"""References to the environment, and hiding what they stand for."""

from __future__ import annotations

import pytest

from beachhead.project.environment import redact, substitute

ENVIRONMENT = {"A": "alpha", "EMPTY": "", "REFERS": "${A}"}


@pytest.mark.parametrize(
    ("text", "expected", "secrets"),
    [
        ("${A}/x", "alpha/x", {"alpha"}),
        ("${A}${A}", "alphaalpha", {"alpha"}),
        ("${B:-beta}", "beta", set()),
        ("${B:-}", "", set()),
        ("${A:-beta}", "alpha", {"alpha"}),
        ("${EMPTY}", "", set()),
        ("${EMPTY:-beta}", "beta", set()),
        ("$${A}", "${A}", set()),
        ("$A costs $5", "$A costs $5", set()),
        ("${REFERS}", "${A}", {"${A}"}),
    ],
)
def test_references_are_replaced(text: str, expected: str, secrets: set[str]) -> None:
    found = substitute(text, ENVIRONMENT)
    assert (found.text, found.secrets, found.unresolved) == (expected, secrets, ())


@pytest.mark.parametrize(("text", "offset", "name"), [("x ${B}", 2, "B"), ("${", 0, None), ("a${1}", 1, None)])
def test_what_cannot_be_replaced_stays_and_is_told(text: str, offset: int, name: str | None) -> None:
    found = substitute(text, ENVIRONMENT)
    assert found.text == text
    assert [(u.offset, u.name) for u in found.unresolved] == [(offset, name)]


@pytest.mark.parametrize(
    ("text", "secrets", "expected"),
    [
        ("key hunter2 refused", {"hunter2"}, "key ••• refused"),
        ("hunter22", {"hunter2", "hunter22"}, "•••"),
        ("an a in a word", {"a"}, "an ••• in ••• word"),
        ("port=14, 2014", {"14"}, "port=•••, 2014"),
        ("nothing", {"", "  "}, "nothing"),
        ("trimmed secret", {" secret\n"}, "trimmed •••"),
    ],
)
def test_secrets_are_hidden_short_ones_as_words(text: str, secrets: set[str], expected: str) -> None:
    assert redact(text, secrets) == expected
