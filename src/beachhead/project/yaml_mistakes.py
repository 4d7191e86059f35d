"""What a YAML parser complains about, said so that a person can mend it."""

from __future__ import annotations

import re

from ruamel.yaml.error import MarkedYAMLError, StringMark, YAMLError

from beachhead.errors import Diagnostic, Place

_TAB_INDENT = re.compile(r"^ *\t")


def syntax_diagnostic(error: YAMLError, text: str, file: str) -> Diagnostic:
    """One diagnostic for the first thing in `text` that is no YAML, at the place where the mistake was made."""
    if not isinstance(error, MarkedYAMLError):
        remedy = "Put texts with unusual characters in single quotes."
        return Diagnostic("yaml-syntax", "the file is not valid YAML", place=Place(file, 1, 1), remedy=remedy)
    problem, context = error.problem or "", error.context or ""
    at, start = error.problem_mark, error.context_mark
    mark = start if start is not None and _is_told_at_start(problem, context) else at
    message, remedy = _words(problem, context, text, at or start)
    behind = 1 if "unknown escape character" in problem else 0
    place = Place(file, mark.line + 1, mark.column + 1 - behind) if mark else Place(file, 1, 1)
    return Diagnostic("yaml-syntax", message, place=place, remedy=remedy)


def _is_told_at_start(problem: str, context: str) -> bool:
    """Whether the place to look at is where the broken thing began, not where it was noticed."""
    if "quoted scalar" in context:
        return "unexpected" in problem
    return "simple key" in context or "<stream end>" in problem or "flow" in context


def _words(problem: str, context: str, text: str, mark: StringMark | None) -> tuple[str, str]:
    lines = text.split("\n")
    line = lines[mark.line] if mark and mark.line < len(lines) else ""
    if _TAB_INDENT.match(line) or "'\\t'" in problem:
        return "the line is indented with a tab", "Indent with spaces; YAML knows no tabs."
    if "quoted scalar" in context and "unexpected" in problem:
        return "a quote is opened and never closed", "Close it, or double an apostrophe inside single quotes ('')."
    if "unknown escape character" in problem:
        return (
            "a backslash in double quotes starts something unknown",
            "Use single quotes, in which a backslash is a backslash.",
        )
    if "simple key" in context:
        return (
            "this line has no colon, or what follows a colon continues at the margin",
            "Write `key: value`, and indent the further lines of a text.",
        )
    if problem.startswith("mapping values are not allowed"):
        return (
            "a colon stands where none is expected",
            "Put a text that holds ': ' in quotes, and give keys of one group the same indentation.",
        )
    if problem.startswith("sequence entries are not allowed"):
        return "a list starts on the line of its key", "Start it on the next line, or put a text with '- ' in quotes."
    if "flow" in context and "${" in line:
        return (
            "the braces of '${…}' are read as a group inside brackets or braces",
            "Put the text in quotes: '${NAME}'.",
        )
    if "flow" in context:
        return (
            "a bracket or brace is opened and not properly closed",
            "Close it, separate entries by commas, or put the text in quotes if it starts with a bracket.",
        )
    if "block scalar" in context:
        return (
            "after '|' or '>' the text must start on the next line",
            "Start it on the next line, indented, or put a text that starts with '>' or '|' in quotes.",
        )
    if "cannot start any token" in problem:
        character = line[mark.column : mark.column + 1] if mark else ""
        return f"a text cannot start with '{character}'", "Put it in quotes."
    if "<scalar>" in problem and mark and line[: mark.column].rstrip()[-1:] in ("'", '"'):
        return (
            "a text goes on after its closing quote",
            "Put the whole text in quotes of the other kind, or start it on the next line after '|'.",
        )
    if "scanning an anchor" in context or "scanning an alias" in context:
        return "a text cannot start with '&' or '*'", "Put it in quotes."
    if "tag" in context:
        return "a text cannot start with '!'", "Put it in quotes."
    if "<block end>" in problem or "<document start>" in problem or "<block mapping start>" in problem:
        return (
            "this line does not fit the lines above",
            "Give keys of one group the same indentation, and do not mix '- ' entries with keys.",
        )
    return "the file is not valid YAML here", "Put texts with unusual characters in single quotes."
