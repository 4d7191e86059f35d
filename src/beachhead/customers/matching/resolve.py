"""From pairs to customers: the surest pairs first, and no group that evidence or a person's decision contradicts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_MARGIN = 0.005


@dataclass(frozen=True, slots=True)
class Edges:
    """Pairs of accounts by number, the surest first. Arrays of one length; `same_list`: one list holds both."""

    l: NDArray[np.int32]  # noqa: E741
    r: NDArray[np.int32]
    probability: NDArray[np.float64]
    same_list: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Groups:
    """`root` of each account: equal where they are one customer. `joined`: positions of the edges that joined groups;
    `refused`: of those that were sure enough, but contradict what is surer; `kept`: of the forced pairs that were used.
    """

    root: NDArray[np.int32]
    joined: tuple[int, ...]
    refused: tuple[int, ...]
    kept: tuple[int, ...]


class _Forest:
    """Groups of accounts, who in them stands in which list, and which groups must stay apart."""

    def __init__(self, lists: NDArray[np.int32], apart: Iterable[tuple[int, int]]) -> None:
        self.parent = list(range(len(lists)))
        self.members: dict[int, dict[int, list[int]]] = {}
        self.lists = lists.tolist()
        self.apart: dict[int, set[int]] = defaultdict(set)
        for a, b in apart:
            self.apart[a].add(b)
            self.apart[b].add(a)

    def find(self, a: int) -> int:
        parent = self.parent
        while parent[a] != a:
            parent[a] = parent[parent[a]]
            a = parent[a]
        return a

    def listed(self, root: int) -> dict[int, list[int]]:
        """The members of a group that lists hold, by list."""
        found = self.members.get(root)
        if found is None:
            found = {} if self.lists[root] < 0 else {self.lists[root]: [root]}
        return found

    def are_apart(self, a: int, b: int) -> bool:
        return b in self.apart.get(a, ())

    def join(self, a: int, b: int) -> None:
        """Join two roots. The one with more to carry stays."""
        mine, theirs = self.listed(a), self.listed(b)
        if len(mine) + len(self.apart.get(a, ())) < len(theirs) + len(self.apart.get(b, ())):
            a, b, mine, theirs = b, a, theirs, mine
        self.parent[b] = a
        for list_, members in theirs.items():
            mine.setdefault(list_, []).extend(members)
        self.members[a] = mine
        self.members.pop(b, None)
        for other in self.apart.pop(b, ()):
            self.apart[other].discard(b)
            self.apart[other].add(a)
            self.apart[a].add(other)


def resolve(
    lists: NDArray[np.int32],
    forced: Sequence[tuple[int, int]],
    different: Sequence[tuple[int, int]],
    apart: Sequence[tuple[int, int]],
    edges: Edges,
    twins: Sequence[tuple[int, int]] = (),
) -> Groups:
    """Groups of the accounts 0 … len(lists) − 1.

    `lists`: the list that holds an account, −1 for a mere mention. `forced`: pairs to join first, unless `different`
    forbids it, directly or through others. `apart`: pairs that evidence keeps apart, unless forced. Two accounts of one
    list come together only by an edge between accounts of that list, or where they are `twins`: both surely an account
    of another list. An edge that leads to one of several groups
    equally well is not used.
    """
    forest = _Forest(lists, different)
    kept = []
    for position, (a, b) in enumerate(forced):
        one, other = forest.find(a), forest.find(b)
        if one == other or not forest.are_apart(one, other):
            kept.append(position)
            if one != other:
                forest.join(one, other)
    for a, b in apart:
        one, other = forest.find(a), forest.find(b)
        if one != other:
            forest.apart[one].add(other)
            forest.apart[other].add(one)
    joined, waiting = _grow(forest, edges, twins, range(len(edges.l)))
    more, refused = _grow(forest, edges, twins, waiting)  # what was ambiguous may lead to one group by now
    root = np.fromiter(map(forest.find, range(len(lists))), np.int32, len(lists))
    return Groups(root, tuple(joined + more), tuple(refused), tuple(kept))


def _grow(
    forest: _Forest, edges: Edges, twins: Sequence[tuple[int, int]], positions: Iterable[int]
) -> tuple[list[int], list[int]]:
    rivals = _Rivals(forest, edges, twins)
    lefts, rights, same = edges.l.tolist(), edges.r.tolist(), edges.same_list.tolist()
    joined, left_over = [], []
    for i in positions:
        a, b = lefts[i], rights[i]
        one, other = forest.find(a), forest.find(b)
        if one == other:
            continue
        if (
            forest.are_apart(one, other)
            or not _lists_agree(forest, rivals, one, other, forest.lists[a] if same[i] else -1)
            or rivals.has(i, a, b)
            or rivals.has(i, b, a)
        ):
            left_over.append(i)
        else:
            forest.join(one, other)
            joined.append(i)
    return joined, left_over


def _lists_agree(forest: _Forest, rivals: _Rivals, one: int, other: int, but: int) -> bool:
    """Whether each list that holds some of both groups has a pair that says so; list `but` has."""
    mine, theirs = forest.listed(one), forest.listed(other)
    if len(theirs) < len(mine):
        mine, theirs = theirs, mine
    return all(
        list_ == but or any(rivals.are_twins(a, b) for a in members for b in theirs[list_])
        for list_, members in mine.items()
        if list_ in theirs
    )


class _Rivals:
    """Who else an account may be, about as surely."""

    def __init__(self, forest: _Forest, edges: Edges, twins: Sequence[tuple[int, int]]) -> None:
        self.forest = forest
        ends = np.concatenate([edges.l, edges.r])
        order = np.argsort(ends, kind="stable")
        self.starts = np.searchsorted(ends[order], np.arange(len(forest.parent) + 1)).tolist()
        self.others = np.concatenate([edges.r, edges.l])[order].tolist()
        self.probabilities = np.concatenate([edges.probability] * 2)[order].tolist()
        self.own = edges.probability.tolist()
        self.same = edges.same_list.tolist()
        same = edges.same_list
        self.twins = set(zip(edges.l[same].tolist(), edges.r[same].tolist(), strict=True)) | set(twins)

    def are_twins(self, a: int, b: int) -> bool:
        """Whether one list holds both and they are surely one customer."""
        return (a, b) in self.twins or (b, a) in self.twins

    def has(self, i: int, a: int, b: int) -> bool:
        """Whether edge `i` of `a` might as well lead to an account that is not the same customer as `b`: one that
        evidence keeps apart from it, or another of its list.
        """
        forest = self.forest
        enough, list_ = self.own[i] - _MARGIN, -1 if self.same[i] else forest.lists[b]
        group = forest.find(b)
        for at in range(self.starts[a], self.starts[a + 1]):
            other = self.others[at]
            if other == b or self.probabilities[at] < enough:
                continue
            root = forest.find(other)
            if root != group and (
                forest.are_apart(root, group)
                or (list_ >= 0 and forest.lists[other] == list_ and not self.are_twins(other, b))
            ):
                return True
        return False
