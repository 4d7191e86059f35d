"""Forms in the words of those who use them."""

from __future__ import annotations

import pytest
from form_catalog import CATALOG

from beachhead.rules import check_rule, explain, parse


def english(text: str) -> str:
    checked = check_rule(parse(text), CATALOG)
    assert checked.ok, checked.diagnostics
    return explain(checked.node, money=lambda minor: f"EUR {minor / 100:g}", catalog=CATALOG)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("events('export', last => '30 days') >= 3", "number of 'export' events in the last 30 days is at least 3"),
        ("events('export', last => '90 days') = 0", "never did 'export' in the last 90 days"),
        ("not events('export', 'share') > 0", "never did 'export' or 'share'"),
        ("events(last => '1 week') = 0", "did nothing in the last week"),
        ("events('a', 'b', 'c', size > 3) > 0", "did 'a', 'b' or 'c' where size is more than 3"),
        (
            "events(size > 3 and user_id is null) > 5",
            "number of events where (size is more than 3 and user id is unknown) is more than 5",
        ),
        ("events(first => '14 days') between 2 and 5", "number of events in the first 14 days is from 2 to 5"),
        ("events('a', distinct => day) > 3", "number of days with 'a' events is more than 3"),
        ("events('a', distinct => user_id) > 3", "number of different user id in 'a' events is more than 3"),
        ("events('a', max => day) < 30 days ago", "day of the last of 'a' events is before 30 days ago"),
        ("events(since => signed_up_on, sum => size) > 3", "total size of events since signed up on is more than 3"),
        ("users(role = 'admin') >= 2", "has at least 2 people with role 'admin'"),
        (
            "users(role = 'admin' and events('export', last => '30 days') >= 3) >= 3",
            "has at least 3 people with role 'admin' and at least 3 'export' events in the last 30 days",
        ),
        ("users(tickets() = 0) = 1", "has exactly 1 person with no tickets"),
        ("users(email like '%.edu') < 5", "has fewer than 5 people where email looks like '%.edu'"),
        (
            "tickets(priority = 'high', from => '2026-01-31') = 0",
            "has no tickets where priority is 'high' from 31 Jan 2026 on",
        ),
        ("tickets(until => yesterday) > 0", "has tickets until yesterday"),
        ("not tickets() > 3", "has at most 3 tickets"),
        (
            "charges(sum => amount, last => '1 month') > 4900",
            "total amount of payments in the last month is more than EUR 49",
        ),
        ("charges(amount > 4900) > 0", "has payments where amount is more than EUR 49"),
        ("first_time('export', last => '30 days')", "did 'export' for the first time in the last 30 days"),
        ("stopped('export', last => '30 days')", "stopped doing 'export' in the last 30 days"),
        ("stopped(tickets(), last => '30 days')", "stopped having tickets in the last 30 days"),
        ("not stopped('export', last => '30 days')", "did not stop doing 'export' in the last 30 days"),
        (
            "resumed('export', last => '30 days', after => '60 days')",
            "did 'export' again in the last 30 days, after 60 days without",
        ),
        ("regular('export', weeks => 8, at_least => 6)", "did 'export' in at least 6 of the last 8 weeks"),
        ("trend('export', last => '30 days') < 0.5", "trend of 'export' events in the last 30 days is less than 0.5"),
        (
            "share(tickets(priority = 'high'), last => '90 days') > 0.5",
            "share of tickets where priority is 'high' among all tickets in the last 90 days is more than 0.5",
        ),
        ("any(users(role = 'admin'))", "has people with role 'admin'"),
        ("any(events('export', last => '3 days'))", "did 'export' in the last 3 days"),
        ("all(users(role = 'admin'))", "has only people with role 'admin'"),
        (
            "sequence('invite', 'share', 'export', within => '7 days', last => '90 days')",
            "did 'invite', then 'share', then 'export' within 7 days, in the last 90 days",
        ),
        (
            "sequence('a', tickets(), gap => '1 day')",
            "did 'a', then had tickets, each within 1 day of the one before",
        ),
        (
            "dropped_off('checkout', 'pay', within => '1 day', last => '30 days')",
            "did 'checkout' in the last 30 days, but then not 'pay' within 1 day",
        ),
        ("was(plan, at => 90 days ago) = 'free'", "was on plan 'free' 90 days ago"),
        ("was(country, at => '2026-01-31') != 'DE'", "country was other than 'DE' on 31 Jan 2026"),
        ("was(mrr_cents, at => 90 days ago) > 5000", "mrr cents was more than EUR 50, 90 days ago"),
        ("was(is_customer, at => 1 month ago)", "was customer 1 month ago"),
        ("was(in_segment('at_risk'), at => yesterday)", "was in segment 'at_risk' yesterday"),
        (
            "was(seats > 3 and plan = 'pro', at => 3 days ago)",
            "(seats is more than 3 and plan is 'pro') as of 3 days ago",
        ),
        ("seats > was(seats, at => 3 days ago)", "seats is more than seats as of 3 days ago"),
        (
            "changed(plan, from => 'free', to => 'pro', last => '30 days')",
            "plan changed from 'free' to 'pro' in the last 30 days",
        ),
        ("changed(plan, last => '30 days')", "plan changed in the last 30 days"),
        (
            "seats > 3 and sticky(value_score >= 90, while => value_score >= 85, within => '7 days')",
            "seats is more than 3 and "
            "(value score is at least 85, and within the last 7 days value score is at least 90)",
        ),
        ("entered(at_risk, last => '7 days')", "joined segment At risk in the last 7 days"),
        (
            "not left('by_country/Germany', last => '7 days')",
            "did not leave segment By country/Germany in the last 7 days",
        ),
        ("percentile(mrr_cents) >= 90", "is in the top 10% by mrr cents"),
        (
            "percentile(mrr_cents, by => country) < 10",
            "is in the bottom 10% by mrr cents among those of the same country",
        ),
        ("percentile(mrr_cents) = 50", "percentile of mrr cents is 50"),
        ("rank(mrr_cents) <= 50", "is in the top 50 by mrr cents"),
        ("rank(mrr_cents, by => country) < 11", "is in the top 10 by mrr cents among those of the same country"),
        ("in_list('partners') and not in_list('partners')", "is on list 'partners' and is not on list 'partners'"),
        ("sample(percent => 10, salt => 'holdout-2026')", "is in the random 10% of draw 'holdout-2026'"),
        ("contains(tags, 'vip') or not contains(tags, 'old')", "tags has 'vip' or tags does not have 'old'"),
        ("signed_up_on + 30 <= today", "signed up on plus 30 days is on or before today"),
        ("today - signed_up_on > 30", "days from signed up on to today is more than 30"),
    ],
)  # fmt: skip
def test_english(text: str, words: str) -> None:
    assert english(text) == words


def test_segments_have_their_titles() -> None:
    node = parse("entered('at_risk', last => '7 days')")
    assert (
        explain(node, segment_label={"at_risk": "In danger"}.__getitem__)
        == "joined segment In danger in the last 7 days"
    )
