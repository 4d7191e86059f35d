"""Again next month: which source a new file continues, and which of its columns have other names now."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from beachhead.project.definitions import SourceDefinition
from beachhead.sources.recognise.context import KnownSource
from beachhead.sources.recognise.names import raw_words, words
from beachhead.sources.recognise.proposal import Recognition
from beachhead.sources.recognise.sample import Column
from beachhead.sources.recognise.shapes import profile

_LEAST_COMMON = 0.5
_LEAST_RENAMED = 0.55
_LIMIT = 200


@dataclass(frozen=True)
class Continuation:
    """Sources whose next file this is (those fed by the same file), and what to confirm once.

    `renamed`: (old column, new column); `missing`: columns that a source needs and nothing stands in for;
    `new`: columns that were not there before. `confidence` is 0–1.
    """

    sources: tuple[str, ...]
    renamed: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]
    new: tuple[str, ...]
    confidence: float
    reason: str


def continued_sources(recognition: Recognition, known: Mapping[str, KnownSource]) -> Continuation | None:
    """The sources that a file continues: it has their columns, or nearly so. None: it is something new."""
    judged = [c for name, source in known.items() if (c := _continuation(recognition, name, source)) is not None]
    if not judged:
        return None
    best = max(judged, key=lambda c: c.confidence)
    header = known[best.sources[0]].header
    same = [c for c in judged if known[c.sources[0]].header == header and not c.missing] or [best]
    renamed = tuple(dict.fromkeys(pair for c in same for pair in c.renamed))
    names = (best.sources[0], *sorted(c.sources[0] for c in same if c.sources != best.sources))
    return Continuation(names, renamed, best.missing, best.new, best.confidence, best.reason)


def _continuation(recognition: Recognition, name: str, source: KnownSource) -> Continuation | None:
    before, now = source.header, recognition.header
    if not before or not now:
        return None
    common = set(before) & set(now)
    needed = tuple(dict.fromkeys(_named(source.definition)))
    gone = [c for c in before if c not in common]
    new = [c for c in now if c not in common]
    share = len(common) / len(set(before) | set(now))
    renamed = _renamed(gone, new, source, recognition)
    alike = (len(common) + len(renamed)) / max(1, len(set(before) | set(now)) - len(renamed))
    wanted = {old: found for old, found in renamed.items() if old in needed}
    missing = tuple(c for c in needed if c not in now and c not in wanted)
    if alike < _LEAST_COMMON or share < 0.3 or len(missing) > len(needed) / 3 or not needed:
        return None
    named = _file_is_alike(source.definition.files, recognition.file)
    confidence = min(1.0, 0.7 * alike + 0.2 * (1 - len(missing) / len(needed)) + (0.1 if named else 0.0))
    reason = f"{len(common)} of its {len(now)} columns are those of the source '{name}'"
    return Continuation(
        (name,), tuple(wanted.items()), missing, tuple(c for c in new if c not in renamed.values()),
        round(confidence, 2), reason,
    )  # fmt: skip


def _named(source: SourceDefinition) -> Iterable[str]:
    for part in (source.columns, source.extra, source.match.by, source.match.same_as):
        yield from (m.column for m in part.values() if m.column is not None)


def _renamed(gone: Sequence[str], new: Sequence[str], source: KnownSource, recognition: Recognition) -> dict[str, str]:
    """Old name → new name, each once, the surest first: by position, name and values."""
    judged = sorted(
        ((_likeness(old, fresh, source, recognition), old, fresh) for old in gone for fresh in new), reverse=True
    )
    found: dict[str, str] = {}
    for likeness, old, fresh in judged:
        if likeness >= _LEAST_RENAMED and old not in found and fresh not in found.values():
            found[old] = fresh
    return found


def _likeness(old: str, fresh: str, source: KnownSource, recognition: Recognition) -> float:
    """0–1. Values that are of another kind speak against it, whatever the name."""
    names = _names_alike(old, fresh)
    place = recognition.header.index(fresh)
    before = tuple(source.samples.get(old, ()))[:_LIMIT]
    now = tuple(row[place] for row in recognition.preview if row[place])
    values = _values_alike(before, now)
    if values == 0.0:
        return 0.0
    position = 1.0 if _neighbours(source.header, old) & _neighbours(recognition.header, fresh) else 0.0
    return 0.45 * names + 0.25 * position + 0.3 * (0.5 if values is None else values)


def _names_alike(old: str, fresh: str) -> float:
    if words(old) == words(fresh):
        return 1.0
    shared = set(words(old)) & set(words(fresh))
    joined = SequenceMatcher(None, " ".join(raw_words(old)), " ".join(raw_words(fresh))).ratio()
    return max(joined, len(shared) / max(len(set(words(old))), len(set(words(fresh)))))


def _values_alike(before: Sequence[str], now: Sequence[str]) -> float | None:
    """1: the same kind of values, some of them the same; 0: another kind; None: nothing to compare."""
    if not before or not now:
        return None
    if len(set(before) & set(now)) >= 0.3 * len(set(now)):
        return 1.0
    old, fresh = profile(Column("", tuple(before))), profile(Column("", tuple(now)))
    alike = sum(min(share, fresh.shares.get(shape, 0.0)) for shape, share in old.shares.items())
    return 0.0 if alike < 0.4 else 0.7 * alike


def _neighbours(header: Sequence[str], name: str) -> set[str]:
    """The columns to the left and right, or the edge."""
    at = list(header).index(name)
    left = header[at - 1] if at else "\0start"
    right = header[at + 1] if at + 1 < len(header) else "\0end"
    return {f"<{left}", f">{right}"}


def _file_is_alike(files: Sequence[str], shown: str) -> bool:
    """Whether the file is called like an earlier one, but for dates and numbers."""

    def plain(name: str) -> str:
        return re.sub(r"[\d*_\-. ()]+", "", name.rsplit("/", 1)[-1].lower())

    return any(plain(f) == plain(shown) for f in files)
