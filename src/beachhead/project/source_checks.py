"""Does a source fit the customer model? Tables, columns, date formats, time zones; its files are not read."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from encodings.aliases import aliases
from zoneinfo import ZoneInfo, available_timezones

from beachhead.errors import Diagnostic, Place, Severity, nearest_name
from beachhead.project import model
from beachhead.project import yaml_positions as yaml
from beachhead.project.currency import CURRENCIES, unknown_currency
from beachhead.project.definitions import ColumnMap, EngineKind, Settings, SourceDefinition
from beachhead.project.engine_setting import shows_password, wrong_engine
from beachhead.project.shapes import yaml_at

_DIRECTIVES = "aAbBcdDfFgGHIjmMnpSTuUVwWxXyYzZ%"
_DIRECTIVE = re.compile(r"%(-?)(.?)", re.DOTALL)
_LETTERS = re.compile(r"y{4}|y{2}|Y{4}|Y{2}|M{2}|D{2}|d{2}|H{2}|h{2}|m{2}|S{2}|s{2}")
_LETTER_DIRECTIVES = {
    "yyyy": "%Y", "YYYY": "%Y", "yy": "%y", "YY": "%y", "MM": "%m", "mm": "%M", "DD": "%d", "dd": "%d", "HH": "%H",
    "hh": "%I", "SS": "%S", "ss": "%S",
}  # fmt: skip


def check_settings(settings: Settings, document: yaml.Document) -> Iterator[Diagnostic]:
    """The time zone and the currency exist, and the engine can be one."""
    yield from _time_zone(settings.timezone, document, "timezone")
    if (wrong := wrong_engine(settings.engine.get_secret_value())) is not None:
        yield wrong.at(_value(document, "engine"))
    yield from _password(document, "engine")
    if settings.currency not in CURRENCIES:
        yield _hiding(unknown_currency(settings.currency), document, "currency")
    for code in settings.rates:
        if code not in CURRENCIES:
            yield unknown_currency(code).at(_key(document, "rates", code))
        elif code == settings.currency and settings.rates[code] != 1:
            message = f"{code} is the project's own currency, so its rate is 1"
            yield Diagnostic("invalid-value", message, place=_key(document, "rates", code), remedy="Remove the line.")


def check_source(
    source: SourceDefinition, document: yaml.Document, engine: EngineKind | None = None
) -> Iterator[Diagnostic]:
    """Everything that is wrong with a source whose shape is right, or with the part of it whose shape is right.

    `engine`: the project's; None when it is not known.
    """
    if source.timezone is not None:
        yield from _time_zone(source.timezone, document, "timezone")
    yield from _csv(source, document)
    yield from _origin(source, document, engine)
    yield from _patterns(source, document)
    table = model.BY_NAME.get(source.table)
    if table is None:
        yield _hiding(Diagnostic.unknown_name("table", source.table, model.BY_NAME), document, "table")
        return
    yield from _columns(source, table, document)
    yield from _missing_columns(source, table, document)
    yield from _history(source, table, document)


def _columns(source: SourceDefinition, table: model.Table, document: yaml.Document) -> Iterator[Diagnostic]:
    for name, mapping in source.columns.items():
        column = table.column(name)
        if column is None:
            place = _key(document, "columns", name)
            found = Diagnostic.unknown_name("column", name, table.column_names, place)
            known = "" if found.nearest else f" Known to {table.name}: {', '.join(table.column_names)}."
            start = f"Did you mean '{found.nearest}'? " if found.nearest else ""
            remedy = f"{start}Columns that {table.name} does not have go under `extra`.{known}"
            yield replace(found, message=f"the table {table.name} has no column '{name}'", remedy=remedy)
            continue
        if mapping.type is not None and mapping.type != column.type:
            message = f"'{name}' of {table.name} is always of type {column.type}, so it cannot be {mapping.type}"
            place = _value(document, "columns", name, "type")
            yield Diagnostic("type-is-fixed", message, place=place, remedy="Remove `type`, or map it under `extra`.")
        if name == "currency" and isinstance(mapping.constant, str) and mapping.constant not in CURRENCIES:
            yield _hiding(unknown_currency(mapping.constant), document, "columns", name, "constant")
        yield from _formats(mapping, column.type, document, "columns", name)
        yield from _groups(mapping, column.type, document, "columns", name)
        yield from _separator(mapping, document, "columns", name)
    for name, mapping in source.extra.items():
        if table.column(name) is not None:
            message = f"'{name}' is a column of {table.name} itself"
            remedy = f"Move it from `extra` to `columns`{', or remove it there' if name in source.columns else ''}."
            if name in source.columns:
                remedy = "It is mapped under `columns`; remove it here, or give it another name."
            yield Diagnostic("extra-repeats-column", message, place=_key(document, "extra", name), remedy=remedy)
            continue
        yield from _formats(mapping, mapping.type or "text", document, "extra", name)
        yield from _groups(mapping, mapping.type or "text", document, "extra", name)
        yield from _separator(mapping, document, "extra", name)


def _separator(mapping: ColumnMap, document: yaml.Document, *keys: str) -> Iterator[Diagnostic]:
    if mapping.separator is not None and mapping.type != "list":
        message = f"'{keys[-1]}' is no list, and `separator` stands between the items of one"
        remedy = "Add `type: list`, or remove `separator`." if keys[0] == "extra" else "Remove `separator`."
        place = _key(document, *keys, "separator")
        yield Diagnostic("separator-without-list", message, place=place, remedy=remedy)


def _groups(mapping: ColumnMap, column_type: str, document: yaml.Document, *keys: str) -> Iterator[Diagnostic]:
    if not mapping.groups:
        return
    place = _key(document, *keys, "groups")
    if column_type != "text":
        message = f"'{keys[-1]}' is of type {column_type}, and `groups` are for texts"
        yield Diagnostic("groups-without-text", message, place=place, remedy="Remove `groups`.")
    for group, words in mapping.groups.items():
        if not any(word.strip(" *-") for word in words):
            message = f"the group '{group}' of '{keys[-1]}' has no words"
            remedy = "List words that stand in the texts of this group, such as [engineer*, developer]."
            yield Diagnostic("invalid-value", message, place=place, remedy=remedy)


def _missing_columns(source: SourceDefinition, table: model.Table, document: yaml.Document) -> Iterator[Diagnostic]:
    place, mapped = _key(document, "columns"), _mapped(source, document)
    if source.match.by:
        mapped.add("account_id")  # it is made of what is known
    for column in table.columns:
        if column.required and column.name not in mapped:
            yield Diagnostic(
                "missing-column", f"{table.name} needs '{column.name}'", place=place,
                why=f"It holds: {column.description}.",
                remedy=f"Add `{column.name}: <the column in your file>` under `columns`.",
            )  # fmt: skip
    account, user = table.column("account_id"), table.column("user_id")
    if account and not account.required and user and not {"account_id", "user_id"} & mapped:
        yield Diagnostic(
            "missing-column", f"{table.name} needs 'account_id' or 'user_id'", place=place,
            why="Without one of them nobody can say whose rows these are.",
            remedy="Add `account_id: <the column in your file>`, or `user_id`, under `columns`; without any id, say "
            "under `match: {by: …}` which columns hold e-mail, web address or name.",
        )  # fmt: skip


def _history(source: SourceDefinition, table: model.Table, document: yaml.Document) -> Iterator[Diagnostic]:
    if source.history != "valid_from" or "valid_from" in _mapped(source, document):
        return
    if table.column("valid_from") is None:
        remedy = "Write `history: kept` to keep the changes from update to update, or `none`."
        message = f"{table.name} has no column 'valid_from', so `history: valid_from` cannot be"
    else:
        remedy = "Map `valid_from` under `columns`, or write `history: kept`."
        message = "`history: valid_from` needs the column 'valid_from'"
    yield Diagnostic("history-without-dates", message, place=_value(document, "history"), remedy=remedy)


def _formats(mapping: ColumnMap, column_type: str, document: yaml.Document, *keys: str) -> Iterator[Diagnostic]:
    if mapping.format and column_type not in ("date", "timestamp"):
        message = f"'{keys[-1]}' is of type {column_type}, and `format` is for dates"
        remedy = "Remove `format`, or give the column `type: date` or `timestamp`."
        if keys[0] == "columns":
            remedy = "Remove `format`."
        yield Diagnostic("format-without-date", message, place=_key(document, *keys, "format"), remedy=remedy)
        return
    for number, pattern in enumerate(mapping.format):
        wrong = implausible_format(pattern)
        if wrong is not None:
            node = yaml_at(document.root, (*keys, "format", number)) if document.root else None
            shown = node.raw if isinstance(node, yaml.Scalar) else pattern
            message = f"the date format '{shown}' {wrong[0]}"
            place = _value(document, *keys, "format", number)
            yield Diagnostic("invalid-format", message, place=place, remedy=wrong[1])


def implausible_format(pattern: str) -> tuple[str, str] | None:
    """Why a strptime format cannot read dates, and what to write instead; None when it can."""
    if "%" not in pattern:
        translated = _LETTERS.sub(lambda found: _LETTER_DIRECTIVES[found.group()], pattern)
        # mm are minutes behind hours, months elsewhere
        if "%m" not in translated:
            translated = translated.replace("%M", "%m", 1)
        remedy = f"Write '{translated}'." if "%" in translated else "Write it like '%Y-%m-%d' or '%d.%m.%Y %H:%M'."
        return "has no %-signs", remedy
    found: list[str] = []
    for dash, letter in _DIRECTIVE.findall(pattern):
        if not letter or letter not in _DIRECTIVES:
            return (
                f"has '%{dash}{letter}', which means nothing",
                "Use %Y year, %m month, %d day, %H hour, %M minute, %S second; %% for a per cent sign.",
            )
        found.append(letter)
    counted = Counter(letter for letter in found if letter != "%")
    twice = next((letter for letter, n in counted.items() if n > 1), None)
    if twice:
        return f"has '%{twice}' twice", "Small %m is the month, capital %M the minutes; %d the day, %y a short year."
    letters = set(counted)
    if "M" in letters and not letters & set("HIm"):
        return "has minutes (%M) without hours", "The month is a small %m."
    if not letters & set("yYGcxDF"):
        return "has no year", "Add %Y (2024) or %y (24)."
    return None


def _csv(source: SourceDefinition, document: yaml.Document) -> Iterator[Diagnostic]:
    options = source.csv
    if options.encoding is not None:
        try:
            known = codecs.lookup(options.encoding)._is_text_encoding
        except (LookupError, ValueError):
            known = False
        if not known:
            names = {a.replace("_", "-") for a in aliases.values()} | {"utf-8", "utf-16", "windows-1252", "iso-8859-1"}
            yield _hiding(Diagnostic.unknown_name("encoding", options.encoding, names), document, "csv", "encoding")
    if options.delimiter is not None and options.delimiter == options.quote:
        message = "the delimiter and the quote of the CSV file cannot be the same"
        remedy = "Remove one of them; both are found by looking at the file."
        yield Diagnostic("invalid-value", message, place=_value(document, "csv", "quote"), remedy=remedy)


def _origin(source: SourceDefinition, document: yaml.Document, engine: EngineKind | None) -> Iterator[Diagnostic]:
    """A source reads files, a server, or the database in which the project's SQL runs: one of them."""
    url = source.database.url
    if source.files and url is not None:
        message = "a source reads files or the database at `url`, not both"
        remedy = "Remove one of the two, or make two sources."
        yield Diagnostic("invalid-value", message, place=_key(document, "database"), remedy=remedy)
    if source.is_in_the_engine and "files" not in _given(document):
        if engine == "duckdb":
            message = "the source names a table or query, but no database that has it"
            why = "The project's engine is duckdb, which holds no tables of yours."
            remedy = (
                "Add `url: ${WAREHOUSE_URL}` under `database`, or write `engine: ${WAREHOUSE_URL}` in beachhead.yml "
                "where the tables are in the PostgreSQL database that is to do the work; for a database file, `files`."
            )
            yield Diagnostic("missing-key", message, place=_key(document, "database"), why=why, remedy=remedy)
    elif not source.files and url is None and "files" not in _given(document):
        remedy = "Add a line `files: …` (paths or globs, relative to the project), or `database: {url: …, table: …}`."
        yield Diagnostic("missing-key", "a source lacks 'files'", place=_value(document), remedy=remedy)
    if source.files and url is None and source.database.cursor is not None:
        message = "a cursor is for servers; files are read whole"
        yield Diagnostic(
            "invalid-value", message, place=_key(document, "database", "cursor"), remedy="Remove `cursor`."
        )
    if url is not None and (wrong := wrong_server(url.get_secret_value())):
        yield Diagnostic("unknown-database", wrong, place=_value(document, "database", "url"), remedy=URL_REMEDY)
    yield from _password(document, "database", "url")


def _password(document: yaml.Document, *keys: str) -> Iterator[Diagnostic]:
    node = yaml_at(document.root, keys) if document.root else None
    if isinstance(node, yaml.Scalar) and shows_password(node.raw):
        message = "the password of the database stands in this file"
        remedy = f"Put the address into an environment variable, and write `{keys[-1]}: ${{WAREHOUSE_URL}}`."
        place = _value(document, *keys)
        yield Diagnostic("password-in-file", message, Severity.WARNING, place, remedy=remedy)


SERVERS = ("postgresql", "postgres", "mysql", "mariadb")
URL_REMEDY = (
    "Write it like postgresql://user:password@host:5432/name, or mysql://…. "
    "A database in a file is named under `files`."
)


def wrong_server(url: str) -> str | None:
    """What is wrong with the address of a database server, without showing it; None when nothing is."""
    scheme, found, rest = url.partition("://")
    scheme = scheme.partition("+")[0]
    if not found or not re.fullmatch(r"[a-z0-9]+", scheme):
        return "the address of the database is none"
    if scheme not in SERVERS:
        return f"databases of the kind '{scheme}' are not read"
    return None if rest.strip("/") else "the address of the database names no host"


def _given(document: yaml.Document) -> set[str]:
    return set(document.root.entries) if isinstance(document.root, yaml.Mapping) else set()


def _patterns(source: SourceDefinition, document: yaml.Document) -> Iterator[Diagnostic]:
    for number, pattern in enumerate(source.files):
        wrong = _wrong_pattern(pattern)
        if wrong:
            message, remedy = wrong
            yield Diagnostic("invalid-pattern", message, place=_value(document, "files", number), remedy=remedy)


def _wrong_pattern(pattern: str) -> tuple[str, str] | None:
    if not pattern.strip():
        return "a file name is empty", "Write a path relative to the project, such as data/customers.csv."
    if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]+://", pattern):
        return "`files` takes files, not web addresses", "Download it into the project, and write its path."
    if any("**" in part and part != "**" for part in re.split(r"[/\\]", pattern)):
        return "'**' stands for folders and must be alone between slashes", "Write data/**/*.csv."
    return None


def _time_zone(name: str, document: yaml.Document, *keys: str) -> Iterator[Diagnostic]:
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        zones = available_timezones()
        folded = name.strip().casefold().replace(" ", "_")
        same = sorted(z for z in zones if folded in (z.casefold(), z.rpartition("/")[2].casefold()))
        nearest = same[0] if same else nearest_name(name, zones)
        remedy = f"Did you mean '{nearest}'?" if nearest else "Write region and city, such as Europe/Berlin, or UTC."
        diagnostic = Diagnostic("unknown-time-zone", f"there is no time zone '{name}'", remedy=remedy, nearest=nearest)
        yield _hiding(diagnostic, document, *keys)


def _hiding(diagnostic: Diagnostic, document: yaml.Document, *keys: str | int) -> Diagnostic:
    """The diagnostic at its value; when an environment variable had a part in that, without what it stands for."""
    node = yaml_at(document.root, keys) if document.root else None
    placed = diagnostic.at(_value(document, *keys))
    if isinstance(node, yaml.Scalar) and isinstance(node.value, str) and node.value != node.raw and "${" in node.raw:
        message = f"the environment gives '{keys[-1]}' a value that does not exist ({node.raw.strip()[:80]})"
        remedy = "Change the environment variable, or write the value here."
        return replace(placed, message=message, remedy=remedy, nearest=None)
    return placed


def _mapped(source: SourceDefinition, document: yaml.Document) -> set[str]:
    """The columns that the file maps, also those whose mapping is wrong."""
    node = yaml_at(document.root, ["columns"]) if document.root else None
    return set(source.columns) | (set(node.entries) if isinstance(node, yaml.Mapping) else set())


def _value(document: yaml.Document, *keys: str | int) -> Place:
    return document.at(yaml_at(document.root, keys)) if document.root else Place(document.file)


def _key(document: yaml.Document, *keys: str) -> Place:
    parent = yaml_at(document.root, keys[:-1]) if document.root else None
    if isinstance(parent, yaml.Mapping) and keys[-1] in parent.entries:
        return document.at(parent.entries[keys[-1]])
    return _value(document, *keys)
