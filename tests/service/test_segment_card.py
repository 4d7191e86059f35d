"""Each quality of a segment has a number that can be worked out by hand, a verdict, and a next step."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from harbour import TODAY, segment, write

from beachhead.service.customers_by_worth import CustomersByWorth
from beachhead.service.project import Project
from beachhead.service.run import RunOptions, run
from beachhead.service.segment_card import Card, Quality, card
from beachhead.store.layout import Layout
from beachhead.store.membership_history import MembershipHistory
from beachhead.store.snapshots import SnapshotStore

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 31)


def make_customers(
    root: Path, amounts: Sequence[object], since: Sequence[str] = (), phones: Sequence[str] = ()
) -> None:
    """Customer n pays `amounts[n]` a month (None: nothing) since a day, and may have a telephone number."""
    start = since or ["2026-01-01"] * len(amounts)
    phone = phones or [""] * len(amounts)
    accounts = "".join(f"{n},{p},2025-12-01\n" for n, p in enumerate(phone))
    paid = "".join(
        f"s{n},{n},{day},{a}\n" for n, (a, day) in enumerate(zip(amounts, start, strict=True)) if a is not None
    )
    write(root, {
        "beachhead.yml": "name: Cards\ncurrency: EUR\n",
        "sources/crm.yml": (
            "files: data/crm.csv\ntable: accounts\nstable: true\ncolumns: {account_id: id, signed_up_at: since}\n"
            "extra: {phone: {column: phone, type: text, title: Telephone, addressable: true}}\n"
        ),
        "sources/billing.yml": (
            "files: data/billing.csv\ntable: subscriptions\nhistory: kept\ncolumns: {subscription_id: sub, "
            "account_id: id, started_at: start, amount: amount, interval: {constant: month}}\n"
        ),
        "data/crm.csv": f"id,phone,since\n{accounts}",
        "data/billing.csv": f"sub,id,start,amount\n{paid}",
    })  # fmt: skip


def card_of(root: Path, name: str) -> Card:
    run = Project(root).latest()
    return card(run, CustomersByWorth(run), MembershipHistory(SnapshotStore(Layout(root))), name)


def qualities(found: Card) -> dict[str, Quality]:
    return {q.name: q for q in found.qualities}


@pytest.fixture(scope="module")
def eighty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """20 each pay 50, 150, 250, 350 €; 10 of the last since 10 March. Of the dear, 30 have a telephone."""
    root = tmp_path_factory.mktemp("eighty")
    amounts = [50] * 20 + [150] * 20 + [250] * 20 + [350] * 20
    since = ["2026-01-01"] * 70 + ["2026-03-10"] * 10
    make_customers(root, amounts, since, ["1"] * 70 + [""] * 10)
    rules = {"dear": "mrr_cents >= 20000", "mixed": "phone = '1'", "nobody": "mrr_cents > 99999999", "all": "1 = 1"}
    write(root, {f"segments/{name}.yml": segment(rule) for name, rule in rules.items()})
    for day in (FIRST, LAST):
        run(root, RunOptions(as_of=day, today=TODAY))
    return root


def test_dear_customers_by_hand(eighty: Path) -> None:
    found = card_of(eighty, "dear")
    told = qualities(found)
    assert (found.size, found.share) == (40, 0.5)
    assert (told["measurable"].value, told["measurable"].verdict) == (40, "fair")
    assert "about 60 more" in str(told["measurable"].next_step)
    assert (told["addressable"].value, told["addressable"].verdict) == (0.75, "fair")
    assert "Telephone 75" in told["addressable"].told
    # 30 members on 1 March, 10 joined in the 30 days that follow: 30 × 10 / (30 × 30) of the size join
    assert (told["stable"].value, told["stable"].verdict) == (pytest.approx(1 / 3), "poor")
    assert (told["consistent"].value, told["consistent"].verdict) == (30, "fair")
    # deviations from the mean: 50 among the dear; 150, 50, 50, 150 among all, whose root mean square is √12,500
    assert told["homogeneous"].value == pytest.approx(50 / 12_500**0.5)
    assert told["homogeneous"].verdict == "good"
    # means 300 and 100; each variance is 2,500 × 40/39
    assert told["distinct"].value == pytest.approx(200 / (2_500 * 40 / 39) ** 0.5)
    assert told["distinct"].verdict == "good"
    assert all((q.next_step is None) is (q.verdict == "good") for q in found.qualities)


def test_customers_of_all_kinds_are_neither_alike_nor_apart(eighty: Path) -> None:
    told = qualities(card_of(eighty, "mixed"))
    assert (told["measurable"].value, told["addressable"].value, told["stable"].value) == (70, 1.0, 0.0)
    assert (told["stable"].verdict, told["homogeneous"].verdict) == ("good", "fair")
    # 70: mean 13,000/70 (20 × 50, 150, 250 and 10 × 350); the other ten pay 350 each
    here = [50] * 20 + [150] * 20 + [250] * 20 + [350] * 10
    mean = sum(here) / 70
    spread = (sum((x - mean) ** 2 for x in here) / 70) ** 0.5
    assert told["homogeneous"].value == pytest.approx(spread / 12_500**0.5)
    assert (told["distinct"].verdict, told["distinct"].value) == ("unknown", None)
    assert "fewer than 30" in told["distinct"].told


def test_of_nobody_and_of_everybody_most_is_unknown(eighty: Path) -> None:
    nobody = card_of(eighty, "nobody")
    assert (nobody.size, nobody.share) == (0, 0.0)
    assert {q.name: q.verdict for q in nobody.qualities} == {
        "measurable": "poor", "addressable": "unknown", "stable": "unknown", "consistent": "fair",
        "homogeneous": "unknown", "distinct": "unknown",
    }  # fmt: skip
    everybody = qualities(card_of(eighty, "all"))
    assert (everybody["homogeneous"].value, everybody["distinct"].verdict) == (pytest.approx(1.0), "unknown")


def test_groups_without_any_spread_differ_as_much_as_can_be(tmp_path: Path) -> None:
    make_customers(tmp_path, [100] * 40 + [300] * 40)
    write(
        tmp_path,
        {"segments/dear.yml": segment("mrr_cents > 20000"), "segments/cheap.yml": segment("mrr_cents < 20000")},
    )
    run(tmp_path, RunOptions(as_of=LAST, today=TODAY))
    dear, cheap = (qualities(card_of(tmp_path, name))["distinct"] for name in ("dear", "cheap"))
    assert (dear.verdict, dear.told) == ("good", "each is worth more than every one of the others")
    assert (cheap.verdict, cheap.told) == ("good", "each is worth less than every one of the others")
    stable = qualities(card_of(tmp_path, "dear"))["stable"]
    assert (stable.verdict, stable.value) == ("unknown", None)
    assert "back-fill" in str(stable.next_step)


def test_a_changed_rule_begins_anew(tmp_path: Path) -> None:
    make_customers(tmp_path, [100] * 40)
    for day, rule in {FIRST: "mrr_cents > 1", LAST: "mrr_cents > 2"}.items():
        write(tmp_path, {"segments/paying.yml": segment(rule)})
        run(tmp_path, RunOptions(as_of=day, today=TODAY))
    told = qualities(card_of(tmp_path, "paying"))
    assert (told["consistent"].value, told["consistent"].verdict) == (0, "fair")
    assert (told["stable"].value, "by the same rule" in told["stable"].told) == (None, True)
