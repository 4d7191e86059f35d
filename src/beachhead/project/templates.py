"""Ready-made projects for kinds of business: sources, attributes, segments and score to start from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from beachhead.errors import Diagnostic, OutsideError, Place, UsageError
from beachhead.project.definitions import Template

_FOLDER = Path(__file__).parent / "templates"
_NAME_MARK = "{{project_name}}"
_STORED_AS = {"gitignore": ".gitignore"}


@dataclass(frozen=True, slots=True)
class TemplateInfo:
    """A template and the line by which one chooses it."""

    name: Template
    description: str


TEMPLATES: tuple[TemplateInfo, ...] = (
    TemplateInfo("selfserve", "software that people try and buy themselves: trials, plans, product use, support"),
    TemplateInfo("sales-led", "software or services sold by people: deals, contracts, seats, calls, renewals"),
    TemplateInfo("shop", "an online or physical shop: orders, products, margins, discounts"),
    TemplateInfo("subscription-box", "goods sent on subscription: boxes, skips, payments, margins"),
    TemplateInfo("blank", "one customer table and nothing else; everything is yours to define"),
)


def template_files(name: str) -> Iterator[tuple[str, str]]:
    """Path inside the project and text of each file of a template, sorted. Raises UsageError for an unknown name."""
    known = get_args(Template)
    if name not in known:
        raise UsageError(Diagnostic.unknown_name("template", name, known))
    root = _FOLDER / name
    for path in sorted(p for p in root.rglob("*") if p.is_file()):
        inside = path.relative_to(root)
        yield str(inside.with_name(_STORED_AS.get(inside.name, inside.name))), path.read_text(encoding="utf-8")


def write_template(name: str, folder: Path, project_name: str, *, sources: bool = True) -> tuple[Path, ...]:
    """Write a project named `project_name` into `folder` (made when missing); returns the files written.

    `sources`: with the template's mappings and its words about which exports to bring; without, these come later.

    Raises UsageError when the template is unknown or the folder already holds one of its files: nothing is
    overwritten. Raises OutsideError when the folder cannot be written.
    """
    files = {
        inside: text
        for inside, text in template_files(name)
        if sources or not (inside.startswith("sources/") or inside == "README.md")
    }
    taken = [inside for inside in files if (folder / inside).exists()]
    if taken:
        raise UsageError(
            Diagnostic(
                "folder-in-use",
                f"'{folder}' already holds {taken[0]}; nothing was written",
                place=Place(str(folder / taken[0])),
                remedy="Choose another folder, or remove the file first.",
            )
        )
    quoted = json.dumps(project_name, ensure_ascii=False)
    written = []
    try:
        for inside, text in files.items():
            path = folder / inside
            path.parent.mkdir(parents=True, exist_ok=True)
            mark = f'"{_NAME_MARK}"'
            path.write_text(text.replace(mark, quoted).replace(_NAME_MARK, project_name), encoding="utf-8")
            written.append(path)
        (folder / "data").mkdir(exist_ok=True)
    except OSError as error:
        raise OutsideError(
            Diagnostic(
                "cannot-write",
                f"'{folder}' cannot be written",
                place=Place(str(folder)),
                why=str(error),
                remedy="Check that the folder is a folder, is yours to write, and that the disk has room.",
            )
        ) from error
    return tuple(written)
