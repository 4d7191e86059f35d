"""Members after some customers changed: only they are evaluated, before and now, and what differs is written."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from beachhead.segments.engine import BLOCK, Engine
from beachhead.segments.kernels import count_bits
from beachhead.store.kernels import containers_of_some
from beachhead.store.membership_writer import Base, Column, MembershipWriter


def write_changed(
    path: Path, before: Engine, now: Engine, changed: NDArray[np.uint32], versions: dict[str, str], base: Base
) -> dict[str, int]:
    """Write the members of `now` as changes of `base`, which has those of `before`; returns the sizes by segment.

    Both engines have the same segments in the same order, and differ for no other customers than `changed`, whose
    numbers ascend. ValueError where the base cannot carry a change. Raises `OutsideError`.
    """
    with ThreadPoolExecutor(2) as pool:
        some = list(pool.map(lambda engine: engine.only(changed), (before, now)))
    was, is_ = (engine.all_rows() for engine in some)
    sizes = np.array([base.file.entry(name).size for name in now.names], np.int64)
    sizes += count_bits(is_ & ~was) - count_bits(was & ~is_)
    flips = was ^ is_
    starts = np.searchsorted(changed, np.arange(now.blocks + 1, dtype=np.uint64) * BLOCK)

    def write(number: int) -> None:
        places = (changed[starts[number] : starts[number + 1]] % BLOCK).astype(np.uint16)
        writer.block(number, *containers_of_some(flips, int(starts[number]), places))

    told = [Column(name, versions[name], is_change=True) for name in now.names]
    with MembershipWriter(path, told, base) as writer, ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        list(pool.map(write, np.flatnonzero(np.diff(starts)).tolist()))
        writer.finish(sizes.tolist())
    return dict(zip(now.names, sizes.tolist(), strict=True))
