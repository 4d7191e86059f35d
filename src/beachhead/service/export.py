"""The newest result as a file for elsewhere: workbook, slides, document, Markdown, Slack message, web page."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

from beachhead.errors import Diagnostic, UsageError
from beachhead.reports.markdown import markdown, slack
from beachhead.reports.outline import outline_of
from beachhead.reports.render import render
from beachhead.reports.tables import TableNote
from beachhead.reports.view import view_of
from beachhead.service.project import Project
from beachhead.service.report import report_data
from beachhead.sources.landed import write_whole
from beachhead.store.files import outside

Kind = Literal["xlsx", "pptx", "docx", "md", "slack", "html"]
KINDS: tuple[Kind, ...] = get_args(Kind)
ENDINGS: dict[Kind, str] = {
    "xlsx": ".xlsx",
    "pptx": ".pptx",
    "docx": ".docx",
    "md": ".md",
    "slack": ".txt",
    "html": ".html",
}
MEDIA_TYPES: dict[Kind, str] = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "md": "text/markdown; charset=utf-8",
    "slack": "text/plain; charset=utf-8",
    "html": "text/html; charset=utf-8",
}


def export_bytes(project: Project, kind: Kind) -> bytes:
    """The file's content. Raises `UsageError` without a result."""
    run = project.latest()
    data = report_data(run, project.before(run))
    if kind == "html":
        return render(data).encode()
    view, currency = view_of(data), run.about.settings.currency
    outline = outline_of(view, currency)
    match kind:
        case "xlsx":
            from beachhead.reports.workbook import workbook
            from beachhead.service.export_sheets import TITLES, sheets_of

            note = TableNote("customers", run.as_of, currency, run.name, run.attributes, TITLES)
            return workbook(outline, sheets_of(run, view), note)
        case "pptx":
            from beachhead.reports.slides import slides

            return slides(outline)
        case "docx":
            from beachhead.reports.word import word

            return word(outline)
        case "md":
            return markdown(outline).encode()
        case "slack":
            return slack(outline).encode()


def export(project: Project, target: Path, kind: Kind | None = None) -> Path:
    """Write the newest result; the file's ending says how, unless `kind` does. Raises `UsageError`, `OutsideError`."""
    kind = kind or kind_of(target)
    content = export_bytes(project, kind)
    with outside("write", target):
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, content)
    return target


def kind_of(target: Path) -> Kind:
    """The kind that a file's ending means. Raises `UsageError`."""
    found = next((k for k, ending in ENDINGS.items() if ending == target.suffix.lower() and k != "slack"), None)
    if found is None:
        message = f"the kind of '{target}' is not clear"
        remedy = f"Let it end in {', '.join(e for k, e in ENDINGS.items() if k != 'slack')}."
        raise UsageError(Diagnostic("unknown-ending", message, remedy=remedy))
    return found
