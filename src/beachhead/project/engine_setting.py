"""The `engine` of a project: DuckDB, or the address of a PostgreSQL database. The address is a secret."""

from __future__ import annotations

import re

from beachhead.errors import Diagnostic, nearest_name

EMBEDDED = "duckdb"
POSSIBLE = (
    "Write `engine: duckdb` (the default), or the address of a PostgreSQL database, best from the environment: "
    "`engine: ${WAREHOUSE_URL}`."
)
ADDRESS_FORM = (
    "Write it like postgresql://user@host:5432/name; signs such as @ / : in a user or password are written %40 %2F %3A."
)
_KINDS = ("postgresql", "postgres")
_SCHEME = re.compile(r"([a-z0-9]{1,20})(?:\+[a-z0-9_]+)?://(.*)", re.DOTALL)
_PASSWORD = re.compile(r"://[^/@:]+:[^@/$]+@|[?&]password=[^&$]")


def wrong_engine(setting: str) -> Diagnostic | None:
    """What is wrong with a setting, without showing it; None when nothing is."""
    if setting == EMBEDDED:
        return None
    found = _SCHEME.fullmatch(setting)
    if not found:
        if setting.casefold() in _KINDS:
            return Diagnostic("invalid-value", "'engine' lacks the address of the PostgreSQL database", remedy=POSSIBLE)
        nearest = nearest_name(setting, [EMBEDDED])
        remedy = f"Did you mean '{nearest}'? {POSSIBLE}" if nearest else POSSIBLE
        message = "'engine' is neither duckdb nor the address of a database"
        return Diagnostic("unknown-value", message, remedy=remedy, nearest=nearest)
    scheme, rest = found.groups()
    if scheme == EMBEDDED:
        message = "the engine duckdb has no address: it works inside the process, and results are files of the project"
        return Diagnostic("unknown-value", message, remedy="Write `engine: duckdb`, or remove the line.")
    if scheme not in _KINDS:
        why = "Tables of other databases can be read by sources."
        return Diagnostic("unknown-value", f"'engine' cannot be of the kind '{scheme}'", why=why, remedy=POSSIBLE)
    authority, _, path = rest.partition("?")[0].partition("/")
    if rest.partition("/")[0].count("@") > 1 or "@" in path:
        message = "the address of the database that 'engine' names cannot be understood"
        return Diagnostic("unknown-database", message, remedy=ADDRESS_FORM)
    if not authority and not path:
        message = "the address of the database that 'engine' names has no host"
        return Diagnostic("unknown-database", message, remedy=ADDRESS_FORM)
    return None


def shows_password(written: str) -> bool:
    """Whether an address, as it is written in a file, holds a password."""
    return bool(_PASSWORD.search(written))
