from __future__ import annotations

from pyroaring import BitMap

from beachhead.store.memberships import Entry, delta


def test_delta_says_who_joined_and_who_left():
    found = delta(BitMap([1, 2, 3]), BitMap([2, 3, 4, 5]))
    assert (list(found.joined), list(found.left)) == ([4, 5], [1])


def test_entry_names_its_encoding():
    assert [Entry("a", "v1", 3, False, depth).encoding for depth in (0, 1, 8)] == ["whole", "change", "change"]
