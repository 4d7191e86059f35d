"""Texts, ids and earlier names in segment files that no update has: told by `check` and `plan`, with their places."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from harbour import AS_OF, make_harbour, segment, update, write

import beachhead
from beachhead.cli.main import main
from beachhead.errors import Diagnostic
from beachhead.service.plan import make_plan
from beachhead.service.unknown_names import unknown_names
from beachhead.store.layout import Layout


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Updates of two days; `first` was renamed to `second` before the newest."""
    root = tmp_path_factory.mktemp("published")
    make_harbour(root, {"first": "desks > 5"})
    update(root, AS_OF.replace(day=15))
    (root / "segments/first.yml").unlink()
    write(root, {"segments/second.yml": segment("desks > 5", "previously: first\n")})
    update(root)
    return root


@pytest.fixture
def root(published: Path, copied: Callable[[Path], Path]) -> Path:
    return copied(published)


def told(root: Path, text: str) -> list[Diagnostic]:
    write(root, {"segments/new.yml": f"title: New\n{text}"})
    return unknown_names(make_plan(root))


@pytest.mark.parametrize(
    ("text", "place", "message", "remedy"),
    [
        ("where: country = 'DEE'\n", "2:18", "'country' is never 'DEE' in the data", "Did you mean 'DE'?"),
        (
            "where: desks > 5\nexclude: ['1', '98', '99']\n",
            "3:16",
            "'exclude' names 2\N{NO-BREAK SPACE}ids that no customer has: '98', '99'",
            "Write ids as your sources have them, or remove them.",
        ),
        (
            "where: desks > 5\ninclude: [a, b, c, d]\n",
            "3:11",
            "'include' names 4\N{NO-BREAK SPACE}ids that no customer has: 'a', 'b', 'c', …",
            "Write ids as your sources have them, or remove them.",
        ),
        (
            "where: desks > 5\npreviously: frist\n",
            "3:13",
            "'previously' names 'frist', and no update had a segment of that name",
            "Did you mean 'first'?",
        ),
    ],
)
def test_what_no_update_has_is_told_at_its_place(
    root: Path, text: str, place: str, message: str, remedy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (found,) = told(root, text)
    assert (found.severity.value, str(found.place)) == ("warning", f"segments/new.yml:{place}")
    assert (found.message, found.remedy) == (message, remedy)
    assert found in beachhead.open(root).check().diagnostics
    with pytest.raises(SystemExit) as ended, pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["beachhead", "plan", "--project", str(root)])
        main()
    assert ended.value.code == 0
    assert str(found) in capsys.readouterr().out


def test_names_that_an_update_has_are_not_told(root: Path) -> None:
    assert told(root, "where: country = 'DE'\ninclude: ['1', '6']\nexclude: ['2']\n") == []


def test_texts_and_ids_are_unknown_once_records_are_made_otherwise(root: Path) -> None:
    write(root, {"attributes/own.yml": "more: {expression: desks + 1}\n"})
    assert told(root, "where: country = 'Germany'\ninclude: ['98']\n") == []


def test_nothing_is_told_before_the_first_update_or_of_damage(root: Path) -> None:
    text = "where: country = 'DEE'\ninclude: ['98']\npreviously: frist\n"
    assert len(told(root, text)) == 3
    (root / "segments/new.yml").write_text(f"title: New\n{text}", encoding="utf-8")
    for path in Layout(root).snapshots.glob(f"{AS_OF.replace(day=15)}*/memberships.bin"):
        path.write_bytes(b"damaged")
    assert [d.code for d in unknown_names(make_plan(root))] == ["unknown-value", "unknown-customer"]
    shutil.rmtree(Layout(root).home)
    assert unknown_names(make_plan(root)) == []
