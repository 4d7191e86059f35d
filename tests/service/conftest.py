"""The harbour with all its rules, updated once for each test process; whoever changes it takes a copy."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from harbour import RULES, make_harbour, update


@pytest.fixture(scope="session")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as updated; not to be changed."""
    root = tmp_path_factory.mktemp("harbour")
    make_harbour(root, {name: rule for name, (rule, _) in RULES.items()})
    update(root)
    return root


@pytest.fixture
def copied(tmp_path: Path) -> Callable[[Path], Path]:
    """A copy of a project that may be changed, in place of the one before."""

    def copy(root: Path) -> Path:
        target = tmp_path / "copy"
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(root, target)
        return target

    return copy
