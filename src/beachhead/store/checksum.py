"""The checksum of a container: 64 bits, the same by numpy here and by the compiled loops of `kernels`.

The content is cut into little-endian 32-bit numbers, after zero bytes fill it up to a multiple of 8. Each is multiplied
by the key of its position; the checksum is the sum, modulo 2⁶⁴. Keys are odd numbers below 2³², so that no product
overflows: whatever changes within 4 bytes in a row changes the sum. (Multilinear hashing: Lemire and Kaser, "Strongly
universal string hashing is fast", 2014.)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from beachhead.store.bitmaps import CONTAINER_BYTES


def _keys() -> NDArray[np.uint64]:
    """The upper halves of SplitMix64 (Steele, Lea and Flood, 2014) from 0 on, made odd."""
    x = np.arange(1, CONTAINER_BYTES // 4 + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (x ^ (x >> np.uint64(31))) >> np.uint64(32) | np.uint64(1)


KEYS = _keys()


def checksum(content: bytes | memoryview) -> int:
    """Of a container of at most 8 KiB, filled up to a multiple of 4 bytes or more."""
    halves = np.frombuffer(content, dtype="<u4").astype(np.uint64)
    return int(np.dot(halves, KEYS[: len(halves)]))
