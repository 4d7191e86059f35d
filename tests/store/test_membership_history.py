"""Questions over hand-made days; every expected value was worked out by hand.

    1   2   4   5   9   of October 2024 (the 3rd and the 6th to 8th were not published)
1   x   .   .   x   x
2   x   x   .   .   x
3   x   x   x   .   .
4   .   x   x   x   x
5   .   .   x   x   .
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from beachhead.errors import DataError, UsageError
from beachhead.store.files import FileSystem
from beachhead.store.layout import Layout
from beachhead.store.manifest import Contents, SnapshotRef
from beachhead.store.membership_history import MembershipHistory, Published, Returns, Spread, Stay, Stays, Turnover
from beachhead.store.membership_writer import Base, write_memberships
from beachhead.store.memberships import Membership
from beachhead.store.snapshots import MEMBERSHIPS, SnapshotStore

DAYS = {1: {1, 2, 3}, 2: {2, 3, 4}, 4: {3, 4, 5}, 5: {1, 4, 5}, 9: {1, 2, 4}}
OTHERS = frozenset(range(1000, 1200))


def october(day: int) -> date:
    return date(2024, 10, 1) + timedelta(day - 1)


def publish(store: SnapshotStore, day: int, *memberships: Membership) -> SnapshotRef:
    current = store.current()
    with store.begin(october(day)) as draft:
        base = Base(current, store.open_memberships(current)) if current else None
        write_memberships(draft.directory / MEMBERSHIPS, memberships, base)
        return draft.publish(Contents())


def active(members: Iterable[int], version: str = "v1", *, stale: bool = False) -> Membership:
    return Membership("active", version, BitMap(members), stale)


@pytest.fixture
def history(store):
    for day, members in DAYS.items():
        publish(store, day, active(members))
    return MembershipHistory(store)


def test_sizes_are_told_for_every_day_with_version_and_staleness(store):
    publish(store, 1, active({1, 2, 3}))
    publish(store, 2, active({1, 2, 3}, stale=True), Membership("new", "v7", BitMap([5])))
    publish(store, 4, active({1}, "v2"), Membership("new", "v7", BitMap()))
    history = MembershipHistory(store)
    assert history.sizes("active") == (
        Published(SnapshotRef(october(1), 1), "active", "v1", 3, stale=False),
        Published(SnapshotRef(october(2), 1), "active", "v1", 3, stale=True),
        Published(SnapshotRef(october(4), 1), "active", "v2", 1, stale=False),
    )
    assert [(p.day, p.size) for p in history.sizes("new")] == [(october(2), 1), (october(4), 0)]


def test_newest_revision_of_a_day_counts(store):
    publish(store, 1, active({1, 2}))
    publish(store, 2, active({1, 2, 3}))
    publish(store, 1, active({1, 7}))
    history = MembershipHistory(store)
    assert history.days == (SnapshotRef(october(1), 2), SnapshotRef(october(2), 1))
    assert history.on("active", october(1)) == (
        Published(SnapshotRef(october(1), 2), "active", "v1", 2, False),
        BitMap([1, 7]),
    )
    assert [sorted(c.joined) for c in history.changes("active")] == [[2, 3]]


@pytest.mark.parametrize(("day", "found"), [(1, 1), (2, 2), (3, 2), (4, 4), (5, 5), (8, 5), (9, 9), (31, 9)])
def test_members_on_a_day_are_those_of_the_last_published_day(history, day, found):
    published, members = history.on("active", october(day))
    assert published == Published(SnapshotRef(october(found), 1), "active", "v1", 3, stale=False)
    assert set(members) == DAYS[found]


def test_day_before_the_first_is_a_clear_error(history):
    with pytest.raises(UsageError, match="Take 2024-10-01 or a later day"):
        history.on("active", date(2024, 9, 30))


def test_segment_that_was_never_published_gets_the_nearest_name(history):
    for ask in (history.sizes, history.all_stays, history.turnover):
        with pytest.raises(UsageError, match="Did you mean 'active'"):
            ask("activ")


@pytest.mark.parametrize(
    ("first", "last", "joined", "left"),
    [
        (1, 1, set(), set()),  # nothing to compare the first day with
        (2, 2, {4}, {1}),
        (3, 3, set(), set()),  # not published
        (2, 4, {4, 5}, {1, 2}),
        (3, 4, {5}, {2}),
        (5, 31, {1, 2}, {3, 5}),
        (1, 31, {1, 2, 4, 5}, {1, 2, 3, 5}),
        (10, 31, set(), set()),
    ],
)
def test_who_moved_on_published_days(history, first, last, joined, left):
    assert set(history.moved("active", october(first), october(last), joined=True)) == joined
    assert set(history.moved("active", october(first), october(last), joined=False)) == left


@pytest.mark.parametrize(
    ("account_no", "present", "earlier"),
    [
        (1, Stay(october(5), october(9), is_open=True, is_cut=False), [Stay(october(1), october(1), False, True)]),
        (2, Stay(october(9), october(9), is_open=True, is_cut=False), [Stay(october(1), october(2), False, True)]),
        (3, None, [Stay(october(1), october(4), is_open=False, is_cut=True)]),
        (4, Stay(october(2), october(9), is_open=True, is_cut=False), []),
        (5, None, [Stay(october(4), october(5), is_open=False, is_cut=False)]),
        (6, None, []),
    ],
)
def test_since_when_a_customer_has_been_in_and_when_before(history, account_no, present, earlier):
    assert history.stays("active", account_no) == Stays(present, tuple(earlier))


def test_two_stays_with_a_day_out_between_are_two(store):
    for day, members in {1: {1}, 2: {1}, 3: set(), 4: {1}, 5: set()}.items():
        publish(store, day, active(members))
    stays = MembershipHistory(store).stays("active", 1)
    assert stays.present is None
    assert [(s.first.day, s.last.day, s.days) for s in stays.earlier] == [(1, 2, 2), (4, 4, 1)]


def test_dwell_is_told_apart_by_who_is_still_in(history):
    dwell = history.all_stays("active").dwell()
    assert dwell.inside == Spread(3, 0, 3.0, 5.0, 6.5)  # of 1, 5 and 8 days
    assert dwell.left == Spread(4, 3, 1.75, 2.0, 2.5)  # of 1, 2, 4 (from the first day on) and 2 days


def test_an_edit_of_the_rule_ends_no_stay_and_brings_nobody_back(store):
    for day, members, version in ((1, {1, 2}, "v1"), (2, {2}, "v1"), (4, {1, 2, 3}, "v2"), (6, {2, 3}, "v2")):
        publish(store, day, active(members, version))
    history = MembershipHistory(store)
    assert history.all_stays("active").dwell().inside == Spread(2, 2, 3.0, 3.0, 3.0)
    assert history.all_stays("active").dwell().left == Spread(1, 1, 1.0, 1.0, 1.0)
    assert (history.all_stays("active").returns().left, history.all_stays("active").returns().returned) == (1, 0)


def test_dwell_of_nobody_is_unknown(store):
    publish(store, 1, active(set()))
    dwell = MembershipHistory(store).all_stays("active").dwell()
    assert dwell.inside == dwell.left == Spread(0, 0, None, None, None)


def test_turnover_counts_moves_over_days_and_members(history):
    turnover = history.turnover("active")
    assert turnover == Turnover(joined=4, left=4, days=8, member_days=24, rule_changes=0)
    assert (turnover.joined_share_30d, turnover.left_share_30d) == (5.0, 5.0)
    assert history.turnover("active", october(4), october(5)) == Turnover(2, 2, 3, 9, 0)


def test_turnover_leaves_out_days_on_which_the_rule_changed(store):
    for day, members in DAYS.items():
        publish(store, day, active(members, "v1" if day < 5 else "v2"))
    assert MembershipHistory(store).turnover("active") == Turnover(3, 3, 7, 21, rule_changes=1)


def test_turnover_without_a_second_day_is_unknown(store):
    publish(store, 1, active({1}))
    turnover = MembershipHistory(store).turnover("active")
    assert turnover == Turnover(0, 0, 0, 0, 0)
    assert turnover.joined_share_30d is turnover.left_share_30d is None


def test_who_came_back_and_after_how_long(history):
    found = history.all_stays("active").returns()
    assert found == Returns({1: 3, 2: 2}, left=4, returned=2, away=Spread(2, 0, 4.75, 5.5, 6.25))  # after 4 and 7 days
    assert found.share == 0.5


def test_nobody_left_so_nobody_could_come_back(store):
    publish(store, 1, active({1}))
    found = MembershipHistory(store).all_stays("active").returns()
    assert (found.stays, found.left, found.share) == ({1: 1}, 0, None)


def test_days_on_which_a_segment_is_missing_are_passed_over(store):
    publish(store, 1, active({1, 2}))
    publish(store, 2, Membership("other", "v1", BitMap([9])))
    publish(store, 3, active({1, 3}))
    history = MembershipHistory(store)
    assert [p.day for p in history.sizes("active")] == [october(1), october(3)]
    assert history.on("active", october(2))[0].day == october(1)
    assert history.stays("active", 1).present == Stay(october(1), october(3), is_open=True, is_cut=True)
    assert set(history.moved("active", october(2), october(3), joined=True)) == {3}


def test_history_reaches_behind_snapshots_that_were_removed(store):
    refs = [publish(store, day, active(members | OTHERS)) for day, members in DAYS.items()]
    for ref in refs[:-1]:
        store.remove(ref)
    history = MembershipHistory(store)
    assert history.sizes("active")[0].ref == refs[0]
    assert store.open_memberships(refs[3]).entry("active").depth == 3
    assert set(history.on("active", october(5))[1]) == DAYS[5] | OTHERS
    assert set(history.moved("active", october(2), october(4), joined=True)) == {4, 5}
    assert history.stays("active", 4).present == Stay(october(2), october(9), is_open=True, is_cut=False)


def test_more_days_than_files_may_be_open_at_once(store):
    resource = pytest.importorskip("resource")
    for n in range(80):
        publish(store, n + 1, active({n, 500} | OTHERS))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len([*Path("/proc/self/fd").iterdir()]) + 60, hard))
    try:
        history = MembershipHistory(store)
        assert len(history.sizes("active")) == 80
        assert history.stays("active", 500).present.days == 80
        assert history.turnover("active").joined == 79
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_damaged_day_is_told_and_not_passed_over(store, history):
    path = store.directory(SnapshotRef(october(4), 1)) / MEMBERSHIPS
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError, match="2024-10-04-r1"):
        MembershipHistory(store).sizes("active")


@given(st.lists(st.sets(st.integers(0, 12), max_size=8), min_size=1, max_size=14))
@settings(deadline=None, max_examples=25)
def test_all_answers_agree_with_sets(tmp_path_factory, days):
    layout = Layout(tmp_path_factory.mktemp("days"))
    layout.create(FileSystem())
    store = SnapshotStore(layout)
    for n, members in enumerate(days):
        publish(store, n + 1, active(members | OTHERS))
    history = MembershipHistory(store)
    stays = {a: history.stays("active", a) for a in range(13)}
    every = [*(s for x in stays.values() for s in x.earlier), *(x.present for x in stays.values() if x.present)]
    for a in range(13):
        told = {
            d for s in every if s in (*stays[a].earlier, stays[a].present) for d in range(s.first.day, s.last.day + 1)
        }
        assert told == {n + 1 for n, members in enumerate(days) if a in members}
    ended = [s.days for s in every if not s.is_open]
    dwell = history.all_stays("active").dwell()
    assert dwell.left.count == len(ended)
    assert dwell.left.median == (np.median(ended) if ended else None)
    assert dwell.inside.count == len(days[-1]) + len(OTHERS)
    assert history.all_stays("active").returns().stays == {
        n: count
        for n in range(1, 15)
        if (
            count := sum(len(x.earlier) + (x.present is not None) == n for x in stays.values()) + (n == 1) * len(OTHERS)
        )
    }
    joined = history.moved("active", october(2), october(31), joined=True)
    assert set(joined) == {a for one, two in pairwise(days) for a in two - one}
