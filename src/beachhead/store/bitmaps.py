"""Roaring bitmaps by whole containers: from words, and to and from what lies in files, never number by number.

Format: Lemire, Kaser et al., "RoaringFormatSpec", https://github.com/RoaringBitmap/RoaringFormatSpec. A container
covers 65,536 numbers and holds up to 4,096 of them as a sorted list of 16-bit numbers, or else as 8 KiB of bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pyroaring import BitMap

NUMBERS = 65_536
"""Numbers that a container covers: those with one `number >> 16`, its key."""
CONTAINER_BYTES = NUMBERS // 8
WORDS = NUMBERS // 64
LIST_AT_MOST = 4096

_COOKIE_WITHOUT_RUNS = 12346


@dataclass(frozen=True, slots=True)
class Containers:
    """The containers of a bitmap that are not empty, by ascending key; bytes as in the portable format."""

    keys: npt.NDArray[np.int64]
    cardinalities: npt.NDArray[np.int64]
    content: Sequence[bytes | memoryview]


def container_bytes(cardinalities: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
    """How long containers with so many numbers are."""
    counts = cardinalities.astype(np.int64)
    return np.where(counts > LIST_AT_MOST, CONTAINER_BYTES, counts * 2)


def bitmap_of_blocks(keys: npt.NDArray[np.int64], words: npt.NDArray[np.uint64]) -> BitMap:
    """Of whole blocks: row i of `words` (blocks, WORDS) are the bits of the numbers with key keys[i], ascending."""
    sizes = np.bitwise_count(words).sum(axis=1, dtype=np.int64)
    there = np.flatnonzero(sizes)
    content = [_container(words[n].view(np.uint8), int(sizes[n])) for n in there.tolist()]
    return bitmap_of_containers(Containers(keys[there], sizes[there], content))


def blocks_of(bitmap: BitMap) -> dict[int, npt.NDArray[np.uint64]]:
    """By key the bits of each block that is not empty, WORDS of them."""
    found = containers_of(bitmap)
    blocks = {}
    for key, size, content in zip(found.keys.tolist(), found.cardinalities.tolist(), found.content, strict=True):
        bits = content if size > LIST_AT_MOST else _bits(np.frombuffer(content, "<u2"))
        blocks[key] = np.frombuffer(bits, "<u8")
    return blocks


def bitmap_of_containers(containers: Containers) -> BitMap:
    """The bitmap that they make up. ValueError for content that is none."""
    keys, sizes = containers.keys, containers.cardinalities
    if not len(keys):
        return BitMap()
    lengths = container_bytes(sizes)
    head = np.array([_COOKIE_WITHOUT_RUNS, len(keys)], dtype="<u4")
    descriptions = np.column_stack([keys, sizes - 1]).astype("<u2")
    first = head.nbytes + descriptions.nbytes + 4 * len(keys)
    offsets = (first + np.concatenate([[0], np.cumsum(lengths)[:-1]])).astype("<u4")
    return BitMap.deserialize(
        b"".join([head.tobytes(), descriptions.tobytes(), offsets.tobytes(), *containers.content])
    )


def containers_of(bitmap: BitMap) -> Containers:
    """What a bitmap consists of."""
    portable = memoryview(bitmap.serialize())
    cookie = np.frombuffer(portable[:4], dtype="<u4")[0]
    if cookie != _COOKIE_WITHOUT_RUNS:
        return _of_runs(numbers_of(bitmap))
    count = int(np.frombuffer(portable[4:8], dtype="<u4")[0])
    described = np.frombuffer(portable[8 : 8 + 4 * count], dtype="<u2").reshape(-1, 2).astype(np.int64)
    sizes = described[:, 1] + 1
    ends = 8 + 8 * count + np.cumsum(container_bytes(sizes))
    starts = ends - container_bytes(sizes)
    content = [portable[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
    return Containers(described[:, 0], sizes, content)


def _of_runs(numbers: npt.NDArray[np.uint32]) -> Containers:
    """A bitmap that keeps some containers as runs, which files do not: from its ascending numbers."""
    keys, starts, sizes = np.unique(numbers >> 16, return_index=True, return_counts=True)
    content: list[bytes | memoryview] = []
    for start, size in zip(starts.tolist(), sizes.tolist(), strict=True):
        low = numbers[start : start + size].astype("<u2")
        content.append(_bits(low) if size > LIST_AT_MOST else low.tobytes())
    return Containers(keys.astype(np.int64), sizes.astype(np.int64), content)


def _bits(low: npt.NDArray[np.uint16]) -> bytes:
    mask = np.zeros(NUMBERS, dtype=np.bool_)
    mask[low] = True
    return np.packbits(mask, bitorder="little").tobytes()


def _container(block: npt.NDArray[np.uint8], size: int) -> bytes:
    if size > LIST_AT_MOST:
        return block.tobytes()
    return _numbers(block, np.flatnonzero(block)).astype("<u2").tobytes()


def _numbers(bits: npt.NDArray[np.uint8], occupied: npt.NDArray[np.intp]) -> npt.NDArray[np.uint32]:
    """The numbers whose bits are set; `occupied`: the bytes that are not zero, ascending."""
    byte, bit = np.nonzero(np.unpackbits(bits[occupied], bitorder="little").reshape(-1, 8))
    return (occupied[byte] * 8 + bit).astype(np.uint32)


def numbers_of(bitmap: BitMap) -> npt.NDArray[np.uint32]:
    """The numbers in ascending order."""
    return np.frombuffer(bitmap.to_array(), dtype=np.uint32) if len(bitmap) else np.empty(0, dtype=np.uint32)
