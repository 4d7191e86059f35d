"""The newest result as a file for elsewhere: workbook, slides, document, Markdown, Slack message, web page."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

import pyarrow as pa

from beachhead.errors import Diagnostic, UsageError
from beachhead.reports.markdown import markdown, slack
from beachhead.reports.outline import outline_of
from beachhead.reports.render import render
from beachhead.reports.tables import EXCEL_ROWS, TableNote
from beachhead.reports.view import view_of
from beachhead.service.listing import best_and_worst, problems_table, segments_table
from beachhead.service.matches import unmatched
from beachhead.service.project import Project
from beachhead.service.report import report_data
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
    """The file's content. Raises `UsageError` without a result, or where a sheet cannot hold the customers."""
    run = project.latest()
    data = report_data(run, project.before(run))
    if kind == "html":
        return render(data).encode()
    outline = outline_of(view_of(data), run.about.settings.currency)
    match kind:
        case "xlsx":
            from beachhead.reports.workbook import workbook

            note = TableNote("customers", run.as_of, run.about.settings.currency, run.name, run.attributes)
            return workbook(outline, _sheets(project), note)
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
        target.write_bytes(content)
    return target


def kind_of(target: Path) -> Kind:
    """The kind that a file's ending means. Raises `UsageError`."""
    found = next((k for k, ending in ENDINGS.items() if ending == target.suffix.lower() and k != "slack"), None)
    if found is None:
        message = f"the kind of '{target}' is not clear"
        remedy = f"Let it end in {', '.join(e for k, e in ENDINGS.items() if k != 'slack')}."
        raise UsageError(Diagnostic("unknown-ending", message, remedy=remedy))
    return found


def _sheets(project: Project) -> list[tuple[str, pa.Table, bool]]:
    """Title, table, and whether a person can fill in columns."""
    run = project.latest()
    accounts = run.accounts.arrow()
    if accounts.num_rows > EXCEL_ROWS:
        message = f"an Excel sheet holds {EXCEL_ROWS:,} rows, and there are {accounts.num_rows:,} customers"
        remedy = "Export a segment instead: beachhead who NAME --out members.csv."
        raise UsageError(Diagnostic("too-many-rows", message, remedy=remedy))
    if "value_rank" in accounts.column_names:
        accounts = accounts.sort_by([("value_rank", "ascending")])
    known = [
        n for n in accounts.column_names if n != "account_no" and accounts[n].null_count < max(accounts.num_rows, 1)
    ]
    first = [n for n in ("account_id", "account_name", "tier", "value_score", "value_rank") if n in known]
    sheets = [
        ("Best and worst", best_and_worst(run), True),
        ("All customers", accounts.select([*first, *(n for n in known if n not in first)]), True),
        ("Segments", segments_table(run), False),
        ("Problems", problems_table(run), False),
        ("Rows set aside", run.set_aside.arrow().slice(0, EXCEL_ROWS), False),
    ]
    if len(run.matches):
        sheets.append(("Unmatched", unmatched(run).slice(0, EXCEL_ROWS), False))
    return sheets
