"""The report as Markdown for Notion and the like, and as a message for Slack."""

from __future__ import annotations

import re
from collections.abc import Iterator

from beachhead.reports.outline import Bars, Block, Callout, Grid, Listing, Outline, Paragraph

SLACK_MOST = 3_000
"""Characters of one Slack message block."""
_SLACK_NAMES, _SLACK_SHARED = 10, 5
_SLACK_SECTIONS = ("best", "worst", "apart")


def markdown(outline: Outline) -> str:
    """The whole report: headings, tables, quotes for what must not be overlooked."""
    parts = [f"# {_plain(outline.company)}: {_plain(outline.headline)}", f"*{_plain(outline.footing)}*"]
    parts.append(_plain(outline.headcount))
    parts += [_plain(line) for line in outline.answer]
    parts.append(_table(("Figure", "Value", "Of"), outline.figures, frozenset({1})))
    for section in outline.sections:
        parts.append(f"## {_plain(section.title)}")
        parts += [_plain(section.lead)] if section.lead else []
        parts += [text for block in section.blocks if (text := _block(block))]
    if outline.terms:
        parts += ["## What the words mean", _table(("Word", "Meaning"), outline.terms, frozenset())]
    return "\n\n".join(parts) + "\n"


def slack(outline: Outline) -> str:
    """The answer and the names in Slack's own marks, at most 3,000 characters; there are no tables in Slack."""
    parts = [f"*{_mrkdwn(outline.company)}*: {_mrkdwn(outline.headline)}"]
    parts += [_mrkdwn(line) for line in (outline.headcount, *outline.answer)]
    for section in (s for s in outline.sections if s.key in _SLACK_SECTIONS):
        said = list(_slack_lines(section.blocks))
        if said:
            parts.append("\n".join([f"*{_mrkdwn(section.title)}*", *said]))
    footing = f"_{_mrkdwn(outline.footing)}_"
    text = ""
    for part in parts:
        if len(text) + len(part) + len(footing) + 4 > SLACK_MOST:
            break
        text += f"{part}\n\n"
    return f"{text}{footing}\n"


def _slack_lines(blocks: tuple[Block, ...]) -> Iterator[str]:
    for block in blocks:
        match block:
            case Grid() if block.header[0] == "#":
                for row in block.rows[:_SLACK_NAMES]:
                    numbers = [f"{block.header[k]} {row[k]}" for k in range(2, len(row)) if k in block.numeric]
                    said = f" ({_mrkdwn(', '.join(numbers))})" if numbers else ""
                    yield f"{row[0]}. {_mrkdwn(_first(row[1]))}{said}"
                if (left := len(block.rows) - _SLACK_NAMES) > 0:
                    yield f"… and {left:,} more"
            case Grid() if block.header[0] == "Property":
                for row in block.rows[:_SLACK_SHARED]:
                    yield f"• {_mrkdwn(row[0])}: {_first(row[1])} against {_first(row[2])}"
            case Callout():
                yield f"> {_mrkdwn(block.text)} {_mrkdwn(block.next_step)}"
            case _:
                continue


def _first(text: str) -> str:
    """What a cell says, without details."""
    return text.split("\n", maxsplit=1)[0]


def _block(block: Block) -> str:
    match block:
        case Paragraph():
            return _plain(block.text)
        case Callout():
            lines = [f"**{_plain(block.text)}**", *([_plain(block.next_step)] if block.next_step else [])]
            return "\n>\n".join(f"> {line}" for line in lines)
        case Listing():
            return "\n".join(f"- **{_plain(what)}**: {_plain(said)}" for what, said in block.items)
        case Grid():
            note = f"\n\n*{_plain(block.note)}*" if block.note else ""
            return _table(block.header, block.rows, block.numeric) + note
        case Bars():
            return ""  # the table that follows says the same


def _table(header: tuple[str, ...], rows: tuple[tuple[str, ...], ...], numeric: frozenset[int]) -> str:
    rule = " | ".join("---:" if n in numeric else "---" for n in range(len(header)))
    name = next(n for n in range(len(header)) if n not in numeric)
    cells = [[_cell(text, has_details=n in numeric or n == name) for n, text in enumerate(row)] for row in rows]
    lines = [" | ".join(map(_plain_cell, header)), rule, *map(" | ".join, cells)]
    return "\n".join(f"| {line} |" for line in lines)


def _cell(text: str, *, has_details: bool) -> str:
    """On one line: Notion's tables know no others."""
    first, *more = text.split("\n")
    return _plain_cell(f"{first} ({'; '.join(more)})" if more and has_details else "; ".join([first, *more]))


def _plain_cell(text: str) -> str:
    return _plain(text).replace("|", r"\|")


def _plain(text: str) -> str:
    """Text that no mark of Markdown is made of, on one line; what stands between backquotes stays code."""
    parts = re.split(r"(`[^`]+`)", " ".join(text.split()))
    return "".join(p if n % 2 else re.sub(r"([\\*_\[\]<>#~])", r"\\\1", p) for n, p in enumerate(parts))


def _mrkdwn(text: str) -> str:
    """Text for Slack, where &, < and > are escaped and stars and such stand for marks."""
    safe = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([*_~`])", "\\1\N{ZERO WIDTH SPACE}", safe)
