"""Segments over several updates: what was so before, who came and went, windows that pass, families that change."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import pytest
from harbour import AS_OF, FILES, TODAY, latest, make_harbour, members, segment, update, write
from pyroaring import BitMap

from beachhead.service.back_fill import back_filled
from beachhead.service.past import look_back
from beachhead.service.plan import make_plan
from beachhead.service.progress import say_nothing
from beachhead.service.project import Project
from beachhead.service.results import Run
from beachhead.service.run import RunOptions, run
from beachhead.service.segment_facts import SegmentFacts
from beachhead.service.segment_plan import plan_segments
from beachhead.service.verifying import Verified, verify
from beachhead.state.runs import RunLog
from beachhead.store.layout import Layout
from beachhead.store.membership_history import MembershipHistory
from beachhead.store.snapshots import SnapshotStore

EARLIER = {
    "pays_more": ("mrr_cents > was(mrr_cents, at => 30 days ago)", "2"),
    "upgraded": ("changed(plan, from => 'team', to => 'pro', last => '30 days')", "2"),
    "other_plan": ("changed(plan, last => '30 days')", "2"),
    "not_upgraded": ("not changed(plan, last => '30 days')", "146"),
    "back_then": ("was(is_customer, at => '2026-02-01') and not is_customer", "3"),
    "exported_then": ("was(events('export', last => '30 days'), at => 30 days ago) > 0", "24"),
    "open_then": ("was(tickets(solved_at is null), at => '2026-02-01') > 0", "24"),
    "unknown_then": ("was(country, at => 30 days ago) is null", "56"),
    "long_ago": ("was(country, at => 10 years ago) is null", "123456"),
    "never": ("was(country, at => 10 years ago) = 'DE'", ""),
    "largest_then": ("was(rank(mrr_cents), at => '2026-02-01') <= 3", "126"),
}


def published(root: Path) -> MembershipHistory:
    return MembershipHistory(SnapshotStore(Layout(root)))


def day_by_day(root: Path, first: date, days: int) -> Iterable[tuple[date, Run]]:
    for n in range(days):
        update(root, first + timedelta(n))
        yield first + timedelta(n), latest(root)


def test_what_was_so_before_is_computed_in_the_update(tmp_path: Path) -> None:
    make_harbour(tmp_path, {name: rule for name, (rule, _) in EARLIER.items()})
    update(tmp_path)
    assert members(latest(tmp_path)) == {name: ids for name, (_, ids) in EARLIER.items()}
    assert [ref.as_of for ref in SnapshotStore(Layout(tmp_path)).list()] == [AS_OF]
    plan = make_plan(tmp_path)
    said = look_back(plan, latest(tmp_path), say_nothing)
    assert [(d.code, d.is_error) for d in said] == [("before-anybody", False)]
    assert "2016-03-31" in said[0].message
    assert {r.status for r in RunLog(Layout(tmp_path).runs, print).recent()} == {"published"}
    assert verify(latest(tmp_path), plan) == Verified(len(EARLIER), (), (), ())
    assert latest(tmp_path).as_of == AS_OF


def test_sticky_members_stay_while_they_are_near_the_line(tmp_path: Path) -> None:
    """Company 1 exported on 5, 20 and 31 March: three times in 30 days from 31 March to 3 April."""
    often = "events('export', last => '30 days') >= 3"
    near = "events('export', last => '30 days') >= 1"
    make_harbour(tmp_path, {"often": often, "sticky": f"sticky({often}, while => {near}, within => '3 days')"})
    expected = {date(2026, 4, 3): ("1", "1"), date(2026, 4, 5): ("", "1"), date(2026, 4, 6): ("", "")}
    for day, (now, kept) in expected.items():
        update(tmp_path, day)
        assert members(latest(tmp_path)) == {"often": now, "sticky": kept}, day


def test_a_member_leaves_on_the_day_when_the_window_passes(tmp_path: Path) -> None:
    """Company 4 exported last on 2 March at 00:10 in Berlin, which is 1 March in UTC; company 1 on 31 March."""
    rules = {
        "exported": "events('export', last => '30 days') > 0",
        "in_march": "events('export', last => '1 month') > 0",
    }
    make_harbour(tmp_path, rules)
    seen = {}
    for day in (date(2026, 3, 31), date(2026, 4, 1), date(2026, 4, 29), date(2026, 4, 30)):
        update(tmp_path, day)
        about = latest(tmp_path).segments["exported"].about
        seen[f"{day:%d.%m.}"] = (members(latest(tmp_path)), about.joined, about.left)
    assert seen == {
        "31.03.": ({"exported": "14", "in_march": "14"}, None, None),
        "01.04.": ({"exported": "1", "in_march": "14"}, 0, 1),
        "29.04.": ({"exported": "1", "in_march": "1"}, 0, 0),
        "30.04.": ({"exported": "", "in_march": "1"}, 0, 1),
    }


def test_who_joined_and_left_lately(tmp_path: Path) -> None:
    """Company 1 exported on 20 March, so it is fresh on that day and the next."""
    rules = {
        "fresh": "events('export', last => '2 days') > 0",
        "came": "entered('fresh', last => '3 days')",
        "went": "left('fresh', last => '2 days')",
        "not_lately": "not entered('fresh', last => '3 days') and not left('fresh', last => '2 days')",
        "was_fresh": "was(in_segment('fresh'), at => yesterday)",
    }
    make_harbour(tmp_path, rules)
    seen = {day.day: members(r, "fresh", "came", "went") for day, r in day_by_day(tmp_path, date(2026, 3, 19), 6)
            if not r.warnings}  # fmt: skip
    assert seen == {
        20: {"fresh": "1", "came": "1", "went": ""},
        21: {"fresh": "1", "came": "1", "went": ""},
        22: {"fresh": "", "came": "1", "went": "1"},
        23: {"fresh": "", "came": "", "went": "1"},
        24: {"fresh": "", "came": "", "went": ""},
    }
    assert members(latest(tmp_path), "not_lately") == {"not_lately": "123456"}
    assert verify(latest(tmp_path), make_plan(tmp_path)).is_sound
    stays = published(tmp_path).stays("fresh", 1)
    assert [(s.first, s.last) for s in stays.earlier] == [(date(2026, 3, 20), date(2026, 3, 21))]


def test_a_segment_with_another_name_keeps_its_past(tmp_path: Path) -> None:
    """Company 1 exported on 20 March, company 4 on 2 March, and so did company 1 on the 5th."""
    make_harbour(tmp_path, {"fresh": "events('export', last => '2 days') > 0", "often": "in_segment('fresh')"})
    write(tmp_path, {"segments/by.yml": segment("in_segment('fresh')") + "for_each: country\n"})
    for day in (19, 20, 21):
        update(tmp_path, date(2026, 3, day))
    version = latest(tmp_path).segments["often"].about.version
    for old, new in (("fresh", "lively"), ("by", "in")):
        (tmp_path / f"segments/{old}.yml").unlink()
        text = "events('export', last => '2 days') > 0" if old == "fresh" else "in_segment('lively')"
        extra = "previously: fresh\n" if old == "fresh" else "for_each: country\npreviously: by\n"
        write(tmp_path, {f"segments/{new}.yml": segment(text) + extra})
    write(tmp_path, {"segments/often.yml": segment("in_segment('lively')")})
    planned = plan_segments(latest(tmp_path), make_plan(tmp_path)).changes
    assert {c.name: c.was for c in planned if c.kind == "changed"}["lively"] == "fresh"
    write(tmp_path, {"segments/came.yml": segment("entered('lively', last => '3 days')")})
    update(tmp_path, date(2026, 3, 22))
    assert members(latest(tmp_path), "lively", "came") == {"lively": "", "came": "1"}
    assert latest(tmp_path).segments["often"].about.version == version
    assert latest(tmp_path).segments["lively"].about.left == 1
    assert latest(tmp_path).segments["in/DE"].about.left == 1
    history = published(tmp_path)
    assert [(p.name, p.size) for p in history.sizes("lively")] == [
        ("fresh", 0),
        ("fresh", 1),
        ("fresh", 1),
        ("lively", 0),
    ]
    assert [(p.name, p.size) for p in history.sizes("in/DE")][2:] == [("by/DE", 1), ("in/DE", 0)]
    assert set(history.on("lively", date(2026, 3, 21))[1]) == {1}
    assert set(history.moved("lively", date(2026, 3, 20), date(2026, 3, 22), joined=False)) == {1}
    assert (history.turnover("lively").joined, history.turnover("lively").rule_changes) == (1, 0)
    assert history.all_stays("lively").returns().left == 1
    assert [(s.first, s.last) for s in history.stays("lively", 1).earlier] == [(date(2026, 3, 20), date(2026, 3, 21))]
    assert [p.size for p in history.sizes("fresh")] == [0, 1, 1]
    write(tmp_path, {"segments/lively.yml": segment("events('export', last => '2 days') > 0")})
    update(tmp_path, date(2026, 3, 22))
    assert [p.name for p in published(tmp_path).sizes("lively")] == ["fresh", "fresh", "fresh", "lively"]


def test_another_rule_of_a_segment_that_is_named_is_no_turnover(tmp_path: Path) -> None:
    make_harbour(tmp_path, {"large": "mrr_cents >= 15000", "others": "not in_segment('large')"})
    update(tmp_path, AS_OF - timedelta(1))
    write(tmp_path, {"segments/large.yml": segment("mrr_cents >= 5000")})
    update(tmp_path, AS_OF)
    about = latest(tmp_path).segments["others"].about
    assert (about.joined, about.left) == (None, None)
    assert published(tmp_path).turnover("others").rule_changes == 1


def test_between_two_updates_only_their_days_are_compared(tmp_path: Path) -> None:
    """Company 1 was fresh on 20 and 21 March, which nobody looked at. On its first day, nobody joins a segment."""
    rules = {
        "fresh": "events('export', last => '2 days') > 0",
        "came": "entered('fresh', last => '9 days')",
        "paying": "mrr_cents > 0",
        "came_paying": "entered('paying', last => '1 year')",
    }
    make_harbour(tmp_path, rules)
    for day in (date(2026, 3, 19), date(2026, 3, 23)):
        update(tmp_path, day)
        assert members(latest(tmp_path)) == {"fresh": "", "came": "", "paying": "1246", "came_paying": ""}
    assert published(tmp_path).moved("fresh", date(2026, 3, 20), date(2026, 3, 23), joined=True) == BitMap()


def test_a_family_gains_and_loses_values(tmp_path: Path) -> None:
    """Company 5, the only one in ES, signed up on 20 March; later it moves to DE."""
    make_harbour(tmp_path, files={"segments/by.yml": segment("desks > 0", "for_each: country\n")})
    update(tmp_path, date(2026, 3, 15))
    assert members(latest(tmp_path)) == {"by/DE": "12", "by/FR": "34"}
    update(tmp_path, date(2026, 3, 30))
    assert members(latest(tmp_path)) == {"by/DE": "12", "by/ES": "5", "by/FR": "34"}
    about = latest(tmp_path).segments
    assert (about["by/ES"].about.joined, about["by/DE"].about.joined, about["by/DE"].about.left) == (None, 0, 0)
    write(tmp_path, {"data/crm.csv": FILES["data/crm.csv"].replace(",ES,", ",DE,")})
    update(tmp_path, AS_OF)
    assert members(latest(tmp_path)) == {"by/DE": "125", "by/FR": "34"}
    about = latest(tmp_path).segments
    assert (about["by/DE"].about.joined, about["by/DE"].about.left) == (1, 0)
    write(tmp_path, {"data/crm.csv": FILES["data/crm.csv"]})
    update(tmp_path, date(2026, 4, 1))
    assert members(latest(tmp_path)) == {"by/DE": "12", "by/ES": "5", "by/FR": "34"}
    sizes = published(tmp_path).sizes("by/ES")
    assert [(p.day.day, p.size) for p in sizes] == [(30, 1), (1, 1)]
    assert len({p.version for p in sizes}) == 1


def test_a_renamed_segment_goes_on(tmp_path: Path) -> None:
    make_harbour(tmp_path, {"young": "signed_up_on >= 3 months ago"})
    update(tmp_path, date(2026, 3, 15))
    (tmp_path / "segments/young.yml").unlink()
    write(tmp_path, {"segments/new_ones.yml": segment("signed_up_on >= 3 months ago", "previously: young\n")})
    update(tmp_path)
    about = latest(tmp_path).segments["new_ones"].about
    assert (members(latest(tmp_path)), about.joined, about.left) == ({"new_ones": "45"}, 1, 0)


def test_a_changed_rule_is_not_compared_with_the_old_one(tmp_path: Path) -> None:
    make_harbour(tmp_path, {"young": "signed_up_on >= 3 months ago"})
    update(tmp_path, date(2026, 3, 30))
    write(tmp_path, {"segments/young.yml": segment("signed_up_on >= 6 months ago")})
    update(tmp_path)
    about = latest(tmp_path).segments["young"].about
    assert (about.size, about.joined, about.left) == (5, None, None)
    write(tmp_path, {"segments/young.yml": segment("signed_up_on   >= 6 months ago  -- a remark\n")})
    update(tmp_path, date(2026, 4, 1))
    about = latest(tmp_path).segments["young"].about
    assert (about.size, about.joined, about.left) == (5, 0, 0)


BUSY = "events('export', last => '30 days') > 0 and coalesce(mrr_cents, 0) > 0"
PAST = {date(2026, 1, 31): "", date(2026, 2, 28): "2", AS_OF: "14"}


@pytest.mark.parametrize("before", [None, "desks > 10"])
def test_back_fill_gives_what_an_update_of_that_day_gives(before: str | None, tmp_path: Path) -> None:
    """`before`: the rule with which January and February were published already; None: they were not."""
    make_harbour(tmp_path, {"busy": before or BUSY})
    if before:
        update(tmp_path, date(2026, 2, 28))
    write(tmp_path, {"segments/busy.yml": segment(BUSY)})
    update(tmp_path)
    done = back_filled(tmp_path, latest(tmp_path), "busy", date(2026, 1, 1), "month", say_nothing)
    assert done.diagnostics == ()
    history = published(tmp_path)
    assert latest(tmp_path).as_of == AS_OF
    assert {p.day: p.size for p in done.sizes} == {day: len(ids) for day, ids in PAST.items()}
    assert {day: "".join(map(str, history.on("busy", day)[1])) for day in PAST} == PAST
    assert len({p.version for p in done.sizes}) == 1
    assert not any(p.stale for p in done.sizes)


def test_back_fill_brings_the_published_days_between_along(tmp_path: Path) -> None:
    make_harbour(tmp_path, {"busy": "desks > 10"})
    update(tmp_path, date(2026, 2, 10))
    write(tmp_path, {"attributes/twice.yml": "twice: {expression: desks * 2}\n"})
    update(tmp_path, date(2026, 3, 10))
    write(tmp_path, {"segments/busy.yml": segment(BUSY)})
    update(tmp_path)
    facts = SegmentFacts(latest(tmp_path), tmp_path)
    done = back_filled(tmp_path, latest(tmp_path), "busy", date(2026, 2, 1), "month", say_nothing)
    versions = {p.day: p.version for p in done.sizes}
    assert list(versions) == [date(2026, 2, 10), date(2026, 2, 28), date(2026, 3, 10), AS_OF]
    assert versions[date(2026, 3, 10)] == versions[AS_OF] != versions[date(2026, 2, 10)]
    assert [d.code for d in done.diagnostics] == ["other-definitions"]
    assert "published day between keeps its rule, such as 2026-02-10" in done.diagnostics[0].message
    assert not facts.is_of(facts.run), "what was told before the days were filled in is told anew"


def test_back_fill_of_one_of_a_family_and_of_a_rule_that_looks_back(tmp_path: Path) -> None:
    files = {
        "segments/by.yml": segment("events('export', last => '60 days') > 0", "for_each: country\n"),
        "segments/grew.yml": segment("mrr_cents > coalesce(was(mrr_cents, at => 40 days ago), 0)"),
    }
    make_harbour(tmp_path, {"by": "desks = 1"}, {})
    update(tmp_path, date(2026, 2, 28))
    write(tmp_path, files)
    update(tmp_path)
    for name in ("by/DE", "grew"):
        assert back_filled(tmp_path, latest(tmp_path), name, date(2026, 1, 31), "month", say_nothing).diagnostics == ()
    history = published(tmp_path)
    days = (date(2026, 1, 31), date(2026, 2, 28), AS_OF)
    assert ["".join(map(str, history.on("grew", day)[1])) for day in days] == ["4", "", "2"]
    sizes = {p.day: p.size for p in history.sizes("by/DE")}
    assert [sizes[day] for day in days] == [0, 1, 2]


def test_when_the_clock_was_moved_back_the_earlier_day_is_published_and_the_later_one_stays(tmp_path: Path) -> None:
    make_harbour(
        tmp_path,
        {"exported": "events('export', last => '30 days') > 0", "came": "entered('exported', last => '9 days')"},
    )
    update(tmp_path, date(2026, 3, 18))
    update(tmp_path)
    outcome = run(tmp_path, RunOptions(today=date(2026, 3, 21)))
    assert outcome.snapshot.as_of == date(2026, 3, 20)
    assert members(Run(SnapshotStore(Layout(tmp_path)).open(outcome.snapshot))) == {"exported": "124", "came": ""}
    assert members(Project(tmp_path).as_of(AS_OF)) == {"exported": "14", "came": ""}
    run(tmp_path, RunOptions(today=TODAY))
    assert latest(tmp_path).as_of == AS_OF
    assert members(latest(tmp_path)) == {"exported": "14", "came": ""}


def test_when_the_data_lost_its_last_days_members_are_those_of_what_is_left(tmp_path: Path) -> None:
    make_harbour(tmp_path, {"exported": "events('export', last => '7 days') > 0"})
    run(tmp_path, RunOptions(today=TODAY))
    assert (latest(tmp_path).as_of, members(latest(tmp_path))) == (AS_OF, {"exported": "1"})
    lines = FILES["data/usage.csv"].splitlines(keepends=True)
    write(tmp_path, {"data/usage.csv": "".join(line for line in lines if "2026-03-3" not in line)})
    outcome = run(tmp_path, RunOptions(today=TODAY))
    assert [d.code for d in outcome.diagnostics if not d.is_error] == ["data-moved-back"]
    assert latest(tmp_path).as_of == date(2026, 3, 20)
    assert members(latest(tmp_path)) == {"exported": "1"}
    assert verify(latest(tmp_path), make_plan(tmp_path)).is_sound
