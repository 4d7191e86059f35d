"""Files that were received and wait for a person's word: what each was recognised as, and what is to become of it.

Each waits in a folder of its own, `.beachhead/inbox/<id>/`, with `waiting.json` beside it, which is written last. What
is still being received lies below `tmp/`, where the next update removes it if nobody finishes it.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from beachhead.errors import BeachheadError, Diagnostic, UsageError
from beachhead.project.loader import load
from beachhead.project.model import BY_NAME
from beachhead.service.adding import Added, NewFile, add_file
from beachhead.service.fitting import fit, take_template
from beachhead.service.progress import Say, say_nothing
from beachhead.service.recognition import recognise
from beachhead.sources.recognise.choices import answered
from beachhead.sources.recognise.proposal import Proposal, Recognition
from beachhead.sources.upload import USUAL, inspect_upload, proper_name, safe_name, unpack_upload
from beachhead.store.files import FileSystem, outside
from beachhead.store.layout import Layout
from beachhead.store.scratch import scratch_path, write_atomically

State = Literal["recognised", "unknown", "refused"]
_NOTE = "waiting.json"
_CONFIRMING = threading.Lock()


class Waiting(BaseModel):
    """A file that waits. `recognition` is null when it was refused; `problems`: why, or what is odd about it.

    `continues`: the sources whose next file it seems to be; `renamed`: column of theirs → column of this file.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    file: str
    size: int
    state: State
    recognition: Recognition | None = None
    continues: tuple[str, ...] = ()
    renamed: Mapping[str, str] = {}
    problems: tuple[Mapping[str, str | int | None], ...] = ()


class Inbox:
    """The files that wait in one project."""

    def __init__(self, root: Path, files: FileSystem | None = None) -> None:
        self._root = root
        self._layout = Layout(root)
        self._files = files or FileSystem()

    def receive(self, name: str, chunks: Iterable[bytes], say: Say = say_nothing) -> tuple[Waiting, ...]:
        """Take in a file piece by piece and recognise it; an archive gives several. What cannot be used waits as
        refused, with the reason. An exception from `chunks` leaves nothing behind. Raises `OutsideError`.
        """
        self._layout.create(self._files)
        folder = scratch_path(self._layout, "upload")
        self._files.mkdir(folder)
        try:
            path = folder / safe_name(name)
            self._take(path, chunks)
            try:
                notes = inspect_upload(path, name)
                if path.suffix.lower() == ".zip":
                    self._files.mkdir(folder / "unpacked")
                    found = unpack_upload(path, name, folder / "unpacked")
                else:
                    found = (path.rename(folder / proper_name(path, name)),)
            except BeachheadError as e:
                return (self._keep(path, "refused", problems=e.diagnostics),)
            return tuple(self._look(file, notes, say) for file in found)
        finally:
            self._files.remove_tree(folder)

    def _take(self, path: Path, chunks: Iterable[bytes]) -> None:
        """Write what comes; of a file that is too large no more than tells so."""
        taken = 0
        with outside("write", path), path.open("wb") as file:
            for chunk in chunks:
                taken += len(chunk)
                file.write(chunk)
                if taken > USUAL.file:
                    break

    def waiting(self) -> tuple[Waiting, ...]:
        """All that wait, in the order in which they came."""
        if not self._layout.inbox.is_dir():
            return ()
        notes = sorted(self._layout.inbox.glob(f"*/{_NOTE}"))
        return tuple(found for note in notes if (found := _read(note)))

    def get(self, waiting_id: str) -> Waiting:
        """One that waits. Raises `UsageError`."""
        found = next((w for w in self.waiting() if w.id == waiting_id), None)
        if found is None:
            remedy = "It was added or removed meanwhile; look at what waits now."
            raise UsageError(Diagnostic("unknown-file", "this file does not wait any more", remedy=remedy))
        return found

    def change(self, waiting_id: str, proposals: Sequence[Proposal]) -> Waiting:
        """What a person says the file is: the sources that it feeds, instead of what was proposed."""
        waiting = self.get(waiting_id)
        if waiting.recognition is None:
            raise UsageError(Diagnostic("refused-file", f"{waiting.file} cannot be read", remedy="Remove it."))
        told = waiting.recognition.model_copy(update={"proposals": tuple(proposals)})
        return self._write(waiting.model_copy(update={"recognition": told, "state": _state(told), "continues": ()}))

    def choose(self, waiting_id: str, proposal: int, choice: int, answer: str) -> Waiting:
        """Answer a choice of a proposal, both by position: the order of dates, cents or whole units, which table.
        Raises `UsageError`."""
        waiting = self.get(waiting_id)
        proposals = list(waiting.recognition.proposals if waiting.recognition else ())
        if not (0 <= proposal < len(proposals) and 0 <= choice < len(proposals[proposal].choices)):
            remedy = "Reload the page, and answer again."
            raise UsageError(Diagnostic("unknown-choice", "this choice is not open any more", remedy=remedy))
        asked = proposals[proposal].choices[choice]
        if answer not in asked.options:
            raise UsageError(Diagnostic.unknown_name("answer", answer, asked.options))
        if asked.about == "table":
            return self.recognise_as(waiting_id, answer)
        proposals[proposal] = answered(proposals[proposal], asked, answer)
        return self.change(waiting_id, proposals)

    def recognise_as(self, waiting_id: str, table: str) -> Waiting:
        """The same file, looked at as what a person says it is. Raises `UsageError` for a table that does not exist."""
        waiting = self.get(waiting_id)
        if table not in BY_NAME:
            raise UsageError(Diagnostic.unknown_name("table", table, BY_NAME))
        path = self._layout.inbox / waiting.id / waiting.file
        told = recognise(self._root, path, waiting.file, say_nothing, table=table).recognition
        return self._write(waiting.model_copy(update={"recognition": told, "state": _state(told), "continues": ()}))

    def set_apart(self, waiting_id: str) -> Waiting:
        """It is no next file of a source, but one of its own."""
        return self._write(self.get(waiting_id).model_copy(update={"continues": (), "renamed": {}}))

    def discard(self, waiting_id: str) -> None:
        """Remove a file that waits; it may be gone."""
        if waiting_id.isalnum():
            self._files.remove_tree(self._layout.inbox / waiting_id)

    def confirm(self, ids: Sequence[str], today: date) -> tuple[Added, ...]:
        """Add files to the project, in the given order; each leaves the inbox when it is added. With the first files a
        project gets the template that fits them. One confirmation at a time: a second one of the same files finds that
        they do not wait any more. Raises as `add_file`, with the files before it added; `UsageError` for one that
        cannot be used."""
        with _CONFIRMING:
            return self._confirm([self.get(i) for i in dict.fromkeys(ids)], today)

    def _confirm(self, chosen: Sequence[Waiting], today: date) -> tuple[Added, ...]:
        for waiting in chosen:
            if waiting.state != "recognised":
                remedy = "Say which table it is, or leave it out."
                raise UsageError(Diagnostic("unknown-content", f"{waiting.file} was not recognised", remedy=remedy))
        is_first = not load(self._root).sources
        if is_first:
            take_template(self._root, [p.table for w in chosen for p in _usable(w)])
        added: list[Added] = []
        try:
            for waiting in chosen:
                new = NewFile(
                    self._layout.inbox / waiting.id / waiting.file,
                    waiting.file,
                    _usable(waiting),
                    waiting.continues,
                    waiting.renamed,
                )
                added.append(add_file(self._root, new, today))
                self.discard(waiting.id)
        finally:
            if is_first and added:
                fit(self._root)
        return tuple(added)

    def _look(self, path: Path, notes: Sequence[Diagnostic], say: Say) -> Waiting:
        try:
            found = recognise(self._root, path, path.name, say)
        except BeachheadError as e:
            return self._keep(path, "refused", problems=(*notes, *e.diagnostics))
        state: State = "recognised" if found.continues else _state(found.recognition)
        return self._keep(path, state, found.recognition, found.continues, found.renamed, notes)

    def _keep(
        self,
        path: Path,
        state: State,
        recognition: Recognition | None = None,
        continues: tuple[str, ...] = (),
        renamed: Mapping[str, str] | None = None,
        problems: Sequence[Diagnostic] = (),
    ) -> Waiting:
        waiting = Waiting(
            id=f"{time.time_ns():016x}{secrets.token_hex(3)}",  # sorts by when it came
            file=path.name,
            size=path.stat().st_size if path.exists() else 0,
            state=state,
            recognition=recognition,
            continues=continues,
            renamed=renamed or {},
            problems=tuple(d.as_dict() for d in problems),
        )
        folder = self._layout.inbox / waiting.id
        self._files.mkdir(folder)
        if state != "refused":
            self._files.fsync_file(path)
            self._files.rename(path, folder / path.name)
        return self._write(waiting)

    def _write(self, waiting: Waiting) -> Waiting:
        note = self._layout.inbox / waiting.id / _NOTE
        write_atomically(self._layout, self._files, note, waiting.model_dump_json(indent=1).encode())
        return waiting


def _state(recognition: Recognition) -> State:
    return "recognised" if any(p.names_customers for p in recognition.proposals) else "unknown"


def _usable(waiting: Waiting) -> tuple[Proposal, ...]:
    """What a file feeds, without what says of no customer."""
    return tuple(p for p in waiting.recognition.proposals if p.names_customers) if waiting.recognition else ()


def _read(note: Path) -> Waiting | None:
    """What is noted; None for a note of an older version or a damaged one: the file can be sent again."""
    try:
        return Waiting.model_validate(json.loads(note.read_bytes()))
    except (OSError, ValueError):
        return None
