"""The event store: coded events in immutable parts, each sorted by account and time; new files add parts.

A part is an Arrow file, read by mapping it into memory: account_no, user_no (0: none), code, day, moment, and the
properties of events that sources map. Events of customers that are not known yet wait in a pending file and enter with
a later part; repeats of an event id are kept aside in a file of their own. Events of a known customer by a person whom
nobody knows count for the customer; when that person becomes known, or people change their customer, all events are
matched again. `state.json` names all of these files; it is replaced by rename after they are on disk, so that an
interrupted load is simply done again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa
import pyarrow.parquet as pq

from beachhead.customers.keys import first_of_each
from beachhead.engines.base import SQL_TYPES
from beachhead.engines.duck import DuckEngine, parquet, quote_literal, quote_name
from beachhead.errors import DataError, Diagnostic
from beachhead.project.definitions import ValueTypeName
from beachhead.sources.landing import LandedFile
from beachhead.store.files import FileSystem, outside
from beachhead.store.layout import Layout
from beachhead.store.scratch import scratch_path, write_atomically

_COMPACT_ABOVE = 16
_MOST_NAMES = 1 << 16
_BATCH = 1 << 25
_RAW = "account_id, user_id, event, occurred_at, occurred_day, _landed, _row"


@dataclass(frozen=True, slots=True)
class EventState:
    """What is stored: landed files taken in (by key), files of parts, of repeated rows and of strangers (people whom
    events name and no list of people has), and event names by code.

    `known_accounts`, `known_users`: how many there were when events were last matched; `belonging` stands for whose
    people those with numbers up to `last_user` were then.
    """

    consumed: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()
    strangers: tuple[str, ...] = ()
    pending: str | None = None
    codes: tuple[str, ...] = ()
    known_accounts: int = 0
    known_users: int = 0
    last_user: int = 0
    belonging: str = ""
    properties: tuple[tuple[str, ValueTypeName], ...] = ()

    @property
    def files(self) -> tuple[str, ...]:
        return (*self.parts, *self.repeated, *self.strangers, *((self.pending,) if self.pending else ()))


@dataclass(frozen=True, slots=True)
class People:
    """How events find their customer and person: FROM items of (account_no, account_id) and (user_no, user_key).

    With a users table (`knows_users`) the second has `account_no` too: a person belongs to one customer, and an
    event may name only the person. Without it a person is known by customer and id together. `identity`: a text that
    changes when ids come to mean other customers.
    """

    accounts: str
    users: str
    knows_users: bool
    identity: str = ""

    @property
    def user_key(self) -> str:
        """The SQL of the key by which `users` knows the person of a row of `r`."""
        return "r.user_id" if self.knows_users else "r.account_id || chr(31) || r.user_id"

    @property
    def account_no(self) -> str:
        """The SQL of the customer of a row of `r` joined to `g` and `u`; null: nobody that is known."""
        return (
            "CASE WHEN r.account_id IS NULL THEN u.account_no ELSE g.account_no END"
            if self.knows_users
            else "g.account_no"
        )

    @property
    def user_no(self) -> str:
        """The SQL of the person, 0 where unknown or of another customer."""
        number = "coalesce(u.user_no, 0)"
        if self.knows_users:
            number = f"CASE WHEN u.account_no = {self.account_no} THEN {number} ELSE 0 END"
        return f"CAST({number} AS UINTEGER)"

    def belonging(self, engine: DuckEngine, last_user: int) -> str:
        """A text that changes when a person with a number up to `last_user` comes to another customer or goes, or when
        ids come to mean other customers."""
        if not self.knows_users:
            return f"by customer{self.identity}"
        sql = f"SELECT bit_xor(hash(user_no, account_no)) FROM {self.users} WHERE user_no <= {last_user}"
        return f"{engine.scalar(sql)}{self.identity}"

    @property
    def joins(self) -> str:
        return (
            f"LEFT JOIN {self.accounts} AS g ON g.account_id = r.account_id "
            f"LEFT JOIN {self.users} AS u ON u.user_key = {self.user_key}"
        )


class EventStore:
    """The event store of one project."""

    def __init__(self, layout: Layout, files: FileSystem) -> None:
        self._layout = layout
        self._folder = layout.events
        self._files = files

    @property
    def state(self) -> EventState:
        """What is stored now; empty when nothing is, or when a file is missing or damaged."""
        try:
            raw = json.loads((self._folder / "state.json").read_text("utf-8"))
            state = EventState(
                consumed=tuple(raw["consumed"]),
                parts=tuple(raw["parts"]),
                repeated=tuple(raw["repeated"]),
                strangers=tuple(raw["strangers"]),
                pending=raw["pending"],
                codes=tuple(raw["codes"]),
                known_accounts=raw["known_accounts"],
                known_users=raw["known_users"],
                last_user=raw["last_user"],
                belonging=raw["belonging"],
                properties=tuple((name, kind) for name, kind in raw["properties"]),
            )
        except (OSError, ValueError, TypeError, KeyError):
            return EventState()
        return state if all((self._folder / f).exists() for f in state.files) else EventState()

    def path(self, name: str) -> Path:
        return self._folder / name

    def update(
        self,
        engine: DuckEngine,
        landed: Sequence[LandedFile],
        people: People,
        *,
        properties: Mapping[str, ValueTypeName] = MappingProxyType({}),
        full: bool = False,
    ) -> EventState:
        """Take in what is new in `landed`; everything again (`full`) when a file that was taken in is gone, when
        somebody whom stored events name has become known, when people changed their customer, or when other
        `properties` are mapped.

        The order of `landed` decides which of two rows with one event id came first. Returns the new state,
        already on disk.
        """
        state = before = self.state
        counts = engine.query(
            f"SELECT (SELECT count(*) FROM {people.accounts}), count(*), coalesce(max(user_no), 0) FROM {people.users}"
        )
        accounts, users, last_user = (int(column[0].as_py()) for column in counts.columns)
        is_gone = not set(state.consumed) <= {f.key for f in landed}
        belonging = people.belonging(engine, state.last_user)
        has_moved = state.belonging != belonging
        is_met = users != state.known_users and self._knows_a_stranger(engine, state, people)
        kept = tuple(sorted(properties.items()))
        if full or is_gone or has_moved or is_met or state.properties != kept:
            state = EventState(properties=kept)
        fresh = [f for f in landed if f.key not in state.consumed]
        is_known = (state.known_accounts, state.known_users) == (accounts, users)
        if not fresh and (state.pending is None or is_known):
            return state
        self._files.mkdir(self._folder)
        old = [f for f in landed if f.key in state.consumed]
        state = replace(
            self._add_part(engine, state, old, fresh, people),
            known_accounts=accounts,
            known_users=users,
            last_user=last_user,
            belonging=belonging if last_user == before.last_user else people.belonging(engine, last_user),
        )
        if len(state.parts) > _COMPACT_ABOVE:
            state = self._compact(engine, state)
        write_atomically(self._layout, self._files, self.path("state.json"), json.dumps(asdict(state)).encode())
        return state

    def _knows_a_stranger(self, engine: DuckEngine, state: EventState, people: People) -> bool:
        if not state.strangers:
            return False
        strangers = parquet(*map(self.path, state.strangers))
        return bool(engine.scalar(f"SELECT count(*) FROM {people.users} SEMI JOIN {strangers} USING (user_key)"))

    def _add_part(
        self,
        engine: DuckEngine,
        state: EventState,
        old: Sequence[LandedFile],
        fresh: Sequence[LandedFile],
        people: People,
    ) -> EventState:
        name = hashlib.sha256(json.dumps([state.files, [f.key for f in fresh]]).encode()).hexdigest()[:16]
        part = f"part-{name}.arrow"
        pending, repeated, strangers = (f"{kind}-{name}.parquet" for kind in ("pending", "repeated", "strangers"))
        names = [quote_name(name) for name, _ in state.properties]
        columns = ", ".join([_RAW, *names])
        rows, has_repeats = f"SELECT {columns} FROM no_events", False
        typed = "".join(f", {quote_name(name)} {SQL_TYPES[kind]}" for name, kind in state.properties)
        engine.execute(
            "CREATE OR REPLACE TEMP TABLE no_events (account_id VARCHAR, user_id VARCHAR, event VARCHAR, "
            f"occurred_at TIMESTAMP, occurred_day DATE, _landed VARCHAR, _row BIGINT{typed})"
        )
        if fresh:
            clean, later = _without_repeats(engine, old, fresh, dict(state.properties))
            rows = f"SELECT {columns} FROM {clean}"
            if later:
                self._copy(engine, f"SELECT _landed, _row, event_id FROM {later}", repeated)
                has_repeats = True
        if state.pending:
            rows += f" UNION ALL SELECT {columns} FROM {parquet(self.path(state.pending))}"
        found = engine.query(f"SELECT DISTINCT event FROM ({rows}) ORDER BY event")["event"].to_pylist()
        known = set(state.codes)
        codes = (*state.codes, *(n for n in found if n not in known))
        if len(codes) > _MOST_NAMES:
            raise DataError(_too_many_names(codes))
        coded = pa.table({"code": pa.array(range(len(codes)), pa.uint16()), "event": pa.array(codes, pa.string())})
        engine.load("event_codes", coded)
        engine.execute(
            f"CREATE OR REPLACE TEMP TABLE matched_events AS SELECT {people.account_no} AS account_no, "
            f"{people.user_no} AS user_no, c.code, r.occurred_day AS day, r.occurred_at AS moment"
            f"{''.join(f', r.{name}' for name in names)}, "
            f"CASE WHEN u.user_no IS NULL THEN {people.user_key} END AS user_key "
            f"FROM ({rows}) AS r JOIN event_codes AS c ON c.event = r.event {people.joins}"
        )
        matched = "FROM matched_events WHERE account_no IS NOT NULL"
        self._write_part(engine, f"SELECT * EXCLUDE user_key {matched}", part)
        unknown = f"{matched} AND user_key IS NOT NULL"
        has_strangers = bool(engine.scalar(f"SELECT count(*) {unknown}"))
        if has_strangers:
            self._copy(engine, f"SELECT DISTINCT user_key {unknown}", strangers)
        is_waiting = bool(engine.scalar("SELECT count(*) FROM matched_events WHERE account_no IS NULL"))
        if is_waiting:
            self._copy(
                engine, f"SELECT r.* FROM ({rows}) AS r {people.joins} WHERE {people.account_no} IS NULL", pending
            )
        engine.execute("DROP TABLE matched_events")
        return EventState(
            consumed=(*state.consumed, *(f.key for f in fresh)),
            parts=(*state.parts, part),
            repeated=(*state.repeated, *((repeated,) if has_repeats else ())),
            strangers=(*state.strangers, *((strangers,) if has_strangers else ())),
            pending=pending if is_waiting else None,
            codes=codes,
            properties=state.properties,
        )

    def _copy(self, engine: DuckEngine, sql: str, name: str) -> None:
        partial = scratch_path(self._layout, "events")
        engine.execute(f"COPY ({sql}) TO {quote_literal(str(partial))} (FORMAT parquet, COMPRESSION snappy)")
        self._files.fsync_file(partial)
        self._files.replace(partial, self.path(name))

    def _write_part(self, engine: DuckEngine, sql: str, name: str) -> None:
        partial = scratch_path(self._layout, "events")
        ordered = f"SELECT * FROM ({sql}) ORDER BY account_no, day, moment"
        rows = engine.stream(ordered, _BATCH)  # one batch is read as it lies, several are copied together
        with outside("write", partial), pa.ipc.new_file(str(partial), rows.schema) as file:
            for batch in rows:
                file.write_batch(batch)
        self._files.fsync_file(partial)
        self._files.replace(partial, self.path(name))

    def _compact(self, engine: DuckEngine, state: EventState) -> EventState:
        name = f"part-{hashlib.sha256(json.dumps(state.parts).encode()).hexdigest()[:16]}.arrow"
        engine.load("event_parts", open_parts(map(self.path, state.parts)))
        self._write_part(engine, "SELECT * FROM event_parts", name)
        return replace(state, parts=(name,))


def _too_many_names(codes: Sequence[str]) -> Diagnostic:
    message = f"there are {len(codes):,} different names of events; {_MOST_NAMES:,} can be told apart"
    why = f"such as {', '.join(repr(name) for name in codes[-3:])}"
    remedy = "Map `event` to what was done, such as page_view, and not to a page's address or an id; then run --full."
    return Diagnostic("too-many-event-names", message, why=why, remedy=remedy)


NO_EVENTS = pa.table(
    {
        "account_no": pa.array([], pa.uint32()),
        "user_no": pa.array([], pa.uint32()),
        "code": pa.array([], pa.uint16()),
        "day": pa.array([], pa.date32()),
        "moment": pa.array([], pa.timestamp("us")),
    }
)
"""What `open_parts` gives of parts without rows."""


def open_parts(paths: Iterable[Path]) -> pa.Table:
    """The events of some parts, one after the other, where they lie on disk. Raises `OutsideError`, `DataError`."""
    opened = []
    for path in paths:
        try:
            with outside("read", path):
                opened.append(pa.ipc.open_file(pa.memory_map(str(path))).read_all())
        except pa.ArrowInvalid as e:
            raise DataError(events_damaged(str(path), str(e))) from e
    return pa.concat_tables(opened)


def events_damaged(what: str, why: str) -> Diagnostic:
    remedy = "Run with --full: all events are read again from your files."
    return Diagnostic("events-damaged", f"{what} is damaged", why=why, remedy=remedy)


def _properties_of(file: LandedFile, properties: Mapping[str, ValueTypeName]) -> str:
    """What a SELECT from a landed file lists of properties; those of other sources are null."""
    here = set(pq.read_schema(file.parquet).names) if properties else set()
    return "".join(
        f", {quote_name(name)}" if name in here else f", CAST(NULL AS {SQL_TYPES[kind]}) AS {quote_name(name)}"
        for name, kind in properties.items()
    )


def _without_repeats(
    engine: DuckEngine, old: Sequence[LandedFile], fresh: Sequence[LandedFile], properties: Mapping[str, ValueTypeName]
) -> tuple[str, str | None]:
    """Relations of the fresh rows without repeats of an event id, and of the repeats (None: there are none)."""
    engine.execute(
        "CREATE OR REPLACE TEMP VIEW fresh_events AS "
        + " UNION ALL ".join(
            "SELECT event_id, account_id, user_id, event, occurred_at, occurred_day, "
            f"{quote_literal(f.key)} AS _landed, 0 AS _source, {n} AS _file, file_row_number AS _row"
            f"{_properties_of(f, properties)} "
            f"FROM {parquet(f.parquet, row_numbers=True)}"
            for n, f in enumerate(fresh)
        )
    )
    clean, later = first_of_each(engine, "fresh_events", ["event_id"])
    if not old or not engine.scalar("SELECT count(event_id) FROM fresh_events"):
        return clean, later
    engine.execute(
        f"CREATE OR REPLACE TEMP TABLE known_events AS SELECT DISTINCT o.event_id FROM "
        f"{parquet(*(f.parquet for f in old))} AS o SEMI JOIN fresh_events AS n ON n.event_id = o.event_id"
    )
    if not engine.scalar("SELECT count(*) FROM known_events"):
        return clean, later
    engine.execute(
        f"CREATE OR REPLACE TEMP VIEW new_events AS SELECT r.* FROM {clean} AS r ANTI JOIN known_events AS k "
        "ON k.event_id = r.event_id"
    )
    seen = f"SELECT r.* FROM {clean} AS r SEMI JOIN known_events AS k ON k.event_id = r.event_id"
    also = f" UNION ALL SELECT * FROM {later}" if later else ""
    engine.execute(f"CREATE OR REPLACE TEMP VIEW repeated_events AS {seen}{also}")
    return "new_events", "repeated_events"
