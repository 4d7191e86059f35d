"""The event store: coded events in immutable parts, each sorted by account and time; new files add parts.

A part is Parquet with account_no, user_no (0: none), code, day, moment. Events of customers that are not known
yet wait in a pending file and enter with a later part; repeats of an event id are kept aside in a file of
their own. `state.json` names all of them; it is replaced by rename after they are on disk, so that an
interrupted load is simply done again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pyarrow as pa

from beachhead.customers.keys import first_of_each
from beachhead.engines.duck import DuckEngine, parquet, quote_literal
from beachhead.sources.landing import LandedFile
from beachhead.store.files import FileSystem
from beachhead.store.layout import Layout
from beachhead.store.scratch import scratch_path, write_atomically

_COMPACT_ABOVE = 16
_RAW = "account_id, user_id, event, occurred_at, occurred_day, _landed, _row"


@dataclass(frozen=True, slots=True)
class EventState:
    """What is stored: landed files taken in (by key), files of parts and of repeated rows, and event names by code.

    `known_accounts` is the number of accounts when pending events were last looked up.
    """

    consumed: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()
    pending: str | None = None
    codes: tuple[str, ...] = ()
    known_accounts: int = 0

    @property
    def files(self) -> tuple[str, ...]:
        return (*self.parts, *self.repeated, *((self.pending,) if self.pending else ()))


@dataclass(frozen=True, slots=True)
class People:
    """How events find their customer and person: FROM items of (account_no, account_id) and (user_no, user_key).

    With `users` (user_key, account_no: the users table) a person belongs to one customer and an event may name
    only the person. Without it a person is known by customer and id together.
    """

    accounts: str
    user_numbers: str
    users: str | None = None

    def user_key(self, rows: str) -> str:
        """The SQL of the key by which the user registry knows the person of a row of `rows`."""
        own = f"{rows}.user_id"
        return own if self.users else f"{rows}.account_id || chr(31) || {own}"


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
                pending=raw["pending"],
                codes=tuple(raw["codes"]),
                known_accounts=raw["known_accounts"],
            )
        except (OSError, ValueError, TypeError, KeyError):
            return EventState()
        return state if all((self._folder / f).exists() for f in state.files) else EventState()

    def path(self, name: str) -> Path:
        return self._folder / name

    def update(
        self, engine: DuckEngine, landed: Sequence[LandedFile], people: People, *, full: bool = False
    ) -> EventState:
        """Take in what is new in `landed`; everything again (`full`) when a file that was taken in is gone.

        The order of `landed` decides which of two rows with one event id came first. Returns the new state,
        already on disk.
        """
        state = self.state
        if full or not set(state.consumed) <= {f.key for f in landed}:
            state = EventState()
        fresh = [f for f in landed if f.key not in state.consumed]
        known = int(str(engine.scalar(f"SELECT count(*) FROM {people.accounts}")))
        if not fresh and (state.pending is None or state.known_accounts == known):
            return state
        self._files.mkdir(self._folder)
        old = [f for f in landed if f.key in state.consumed]
        state = replace(self._add_part(engine, state, old, fresh, people), known_accounts=known)
        if len(state.parts) > _COMPACT_ABOVE:
            state = self._compact(engine, state)
        write_atomically(self._layout, self._files, self.path("state.json"), json.dumps(asdict(state)).encode())
        return state

    def _add_part(
        self,
        engine: DuckEngine,
        state: EventState,
        old: Sequence[LandedFile],
        fresh: Sequence[LandedFile],
        people: People,
    ) -> EventState:
        name = hashlib.sha256(json.dumps([state.files, [f.key for f in fresh]]).encode()).hexdigest()[:16]
        part, pending, repeated = (f"{kind}-{name}.parquet" for kind in ("part", "pending", "repeated"))
        rows, has_repeats = f"SELECT {_RAW} FROM no_events", False
        engine.execute(
            "CREATE OR REPLACE TEMP TABLE no_events (account_id VARCHAR, user_id VARCHAR, event VARCHAR, "
            "occurred_at TIMESTAMP, occurred_day DATE, _landed VARCHAR, _row BIGINT)"
        )
        if fresh:
            clean, later = _without_repeats(engine, old, fresh)
            rows = f"SELECT {_RAW} FROM {clean}"
            if later:
                self._copy(engine, f"SELECT _landed, _row, event_id FROM {later}", repeated)
                has_repeats = True
        if state.pending:
            rows += f" UNION ALL SELECT {_RAW} FROM {parquet(self.path(state.pending))}"
        found = engine.query(f"SELECT DISTINCT event FROM ({rows}) ORDER BY event")["event"].to_pylist()
        known = set(state.codes)
        codes = (*state.codes, *(n for n in found if n not in known))
        coded = pa.table({"code": pa.array(range(len(codes)), pa.uint16()), "event": pa.array(codes, pa.string())})
        engine.load("event_codes", coded)
        account, of_user = "g.account_no", ""
        if people.users:
            account = "CASE WHEN r.account_id IS NULL THEN u.account_no ELSE g.account_no END"
            of_user = f"LEFT JOIN {people.users} AS u ON u.user_key = r.user_id"
        is_own = f"u.account_no = {account}" if people.users else "true"
        engine.execute(
            "CREATE OR REPLACE TEMP TABLE matched_events AS "
            f"SELECT {account} AS account_no, CASE WHEN {is_own} THEN coalesce(n.user_no, 0) ELSE 0 END AS user_no, "
            "c.code, r.occurred_day AS day, r.occurred_at AS moment, "
            f"CASE WHEN {account} IS NULL THEN r._row END AS _row, "
            f"CASE WHEN {account} IS NULL THEN r._landed END AS _landed, "
            f"CASE WHEN {account} IS NULL THEN r.account_id END AS account_id, "
            f"CASE WHEN {account} IS NULL THEN r.user_id END AS user_id "
            f"FROM ({rows}) AS r JOIN event_codes AS c ON c.event = r.event "
            f"LEFT JOIN {people.accounts} AS g ON g.account_id = r.account_id {of_user} "
            f"LEFT JOIN {people.user_numbers} AS n ON n.user_key = {people.user_key('r')}"
        )
        self._copy(
            engine,
            "SELECT account_no, CAST(user_no AS UINTEGER) AS user_no, code, day, moment FROM matched_events "
            "WHERE account_no IS NOT NULL ORDER BY account_no, day, moment",
            part,
        )
        is_waiting = bool(engine.scalar("SELECT count(*) FROM matched_events WHERE account_no IS NULL"))
        if is_waiting:
            self._copy(
                engine,
                "SELECT m.account_id, m.user_id, c.event, m.moment AS occurred_at, m.day AS occurred_day, m._landed, "
                "m._row FROM matched_events AS m JOIN event_codes AS c ON c.code = m.code WHERE m.account_no IS NULL",
                pending,
            )
        engine.execute("DROP TABLE matched_events")
        return EventState(
            consumed=(*state.consumed, *(f.key for f in fresh)),
            parts=(*state.parts, part),
            repeated=(*state.repeated, *((repeated,) if has_repeats else ())),
            pending=pending if is_waiting else None,
            codes=codes,
        )

    def _copy(self, engine: DuckEngine, sql: str, name: str) -> None:
        partial = scratch_path(self._layout, "events")
        engine.execute(f"COPY ({sql}) TO {quote_literal(str(partial))} (FORMAT parquet, COMPRESSION snappy)")
        self._files.fsync_file(partial)
        self._files.replace(partial, self.path(name))

    def _compact(self, engine: DuckEngine, state: EventState) -> EventState:
        name = f"part-{hashlib.sha256(json.dumps(state.parts).encode()).hexdigest()[:16]}.parquet"
        parts = parquet(*map(self.path, state.parts))
        self._copy(engine, f"SELECT * FROM {parts} ORDER BY account_no, day, moment", name)
        return replace(state, parts=(name,))


def _without_repeats(
    engine: DuckEngine, old: Sequence[LandedFile], fresh: Sequence[LandedFile]
) -> tuple[str, str | None]:
    """Relations of the fresh rows without repeats of an event id, and of the repeats (None: there are none)."""
    engine.execute(
        "CREATE OR REPLACE TEMP VIEW fresh_events AS "
        + " UNION ALL ".join(
            "SELECT event_id, account_id, user_id, event, occurred_at, occurred_day, "
            f"{quote_literal(f.key)} AS _landed, 0 AS _source, {n} AS _file, file_row_number AS _row "
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
