"""Roaring bitmaps straight from masks: the portable format is written by whole containers, not number by number.

Format: Lemire, Kaser et al., "RoaringFormatSpec", https://github.com/RoaringBitmap/RoaringFormatSpec. A container
covers 65,536 numbers and holds up to 4,096 of them as a sorted list of 16-bit numbers, or else as 8 KiB of bits.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from pyroaring import BitMap

_COOKIE_WITHOUT_RUNS = 12346
_CONTAINER_BYTES = 8192
_LIST_AT_MOST = 4096
_SPARSE = 128  # with fewer than one occupied byte in so many, number by number is faster (measured)


def bitmap_of_mask(mask: npt.NDArray[np.bool_]) -> BitMap:
    """The positions that are true: `mask[n]` says whether number n is in."""
    return bitmap_of_bits(np.packbits(mask, bitorder="little"))


def bitmap_of_numbers(numbers: npt.NDArray[np.uint32]) -> BitMap:
    """These numbers, in any order, repeated or not. Needs one byte for each number up to the largest."""
    if not len(numbers):
        return BitMap()
    mask = np.zeros(int(numbers.max()) + 1, dtype=np.bool_)
    mask[numbers] = True
    return bitmap_of_mask(mask)


def bitmap_of_bits(bits: npt.NDArray[np.uint8]) -> BitMap:
    """Bit `n % 8` of byte `n // 8` says whether number n is in (64-bit words of a little-endian machine fit too)."""
    occupied = np.flatnonzero(bits)
    if len(occupied) * _SPARSE < len(bits):
        return BitMap(_numbers(bits, occupied))
    whole = -(-len(bits) // _CONTAINER_BYTES) * _CONTAINER_BYTES
    padded = np.zeros(whole, dtype=np.uint8)
    padded[: len(bits)] = bits
    blocks = padded.reshape(-1, _CONTAINER_BYTES)
    sizes = np.bitwise_count(blocks.view(np.uint64)).sum(axis=1, dtype=np.int64)
    keys = np.flatnonzero(sizes)
    if not len(keys):
        return BitMap()
    sizes = sizes[keys]
    containers = [_container(blocks[key], size) for key, size in zip(keys, sizes, strict=True)]
    lengths = np.where(sizes > _LIST_AT_MOST, _CONTAINER_BYTES, sizes * 2)
    head = np.array([_COOKIE_WITHOUT_RUNS, len(keys)], dtype="<u4")
    descriptions = np.column_stack([keys, sizes - 1]).astype("<u2")
    first = head.nbytes + descriptions.nbytes + 4 * len(keys)
    offsets = (first + np.concatenate([[0], np.cumsum(lengths)[:-1]])).astype("<u4")
    return BitMap.deserialize(b"".join([head.tobytes(), descriptions.tobytes(), offsets.tobytes(), *containers]))


def _container(block: npt.NDArray[np.uint8], size: int) -> bytes:
    if size > _LIST_AT_MOST:
        return block.tobytes()
    return _numbers(block, np.flatnonzero(block)).astype("<u2").tobytes()


def _numbers(bits: npt.NDArray[np.uint8], occupied: npt.NDArray[np.intp]) -> npt.NDArray[np.uint32]:
    """The numbers whose bits are set; `occupied`: the bytes that are not zero, ascending."""
    byte, bit = np.nonzero(np.unpackbits(bits[occupied], bitorder="little").reshape(-1, 8))
    return (occupied[byte] * 8 + bit).astype(np.uint32)


def numbers_of(bitmap: BitMap) -> npt.NDArray[np.uint32]:
    """The numbers in ascending order."""
    return np.frombuffer(bitmap.to_array(), dtype=np.uint32) if len(bitmap) else np.empty(0, dtype=np.uint32)
