"""Rules of every kind over what an update read, as of one day: members by hand, the same when computed afresh."""

from __future__ import annotations

from pathlib import Path

import pytest
from harbour import AS_OF, RULES, latest, make_harbour, members, segment, update, write
from project_world import write_csv

from beachhead.errors import DefinitionError
from beachhead.service.plan import make_plan
from beachhead.service.project import Project
from beachhead.service.run import RunOptions, run
from beachhead.service.unknown_names import unknown_names
from beachhead.service.verifying import Verified, verify


def verified(root: Path) -> Verified:
    return verify(latest(root), make_plan(root))


@pytest.fixture(scope="module")
def found(harbour: Path) -> dict[str, str]:
    return members(latest(harbour))


@pytest.mark.parametrize("name", RULES)
def test_members_by_hand(name: str, found: dict[str, str]) -> None:
    rule, expected = RULES[name]
    assert found[name] == expected, rule


def test_members_are_told_with_their_number(harbour: Path) -> None:
    about = {s.name: s for s in latest(harbour).about.segments}
    assert {name: len(m) for name, (_, m) in RULES.items()} == {name: s.size for name, s in about.items()}
    assert not any(s.stale or s.why for s in about.values())
    assert about["exported_large"].english == (
        "number of 'export' events where size is more than 4 in the last 30 days is at least 2"
    )


def test_computed_afresh_from_what_was_published_all_members_are_the_same(harbour: Path) -> None:
    assert verified(harbour) == Verified(len(RULES), (), (), ())


def test_segments_of_each_customer_are_those_that_have_it(harbour: Path) -> None:
    latest_run = latest(harbour)
    for number, account in enumerate("123456", start=1):
        assert set(latest_run.segments_of(number)) == {name for name, (_, m) in RULES.items() if account in m}


def test_whom_a_file_names_is_in_or_out_whatever_the_rule_says(tmp_path: Path) -> None:
    files = {
        "segments/chosen.yml": segment("country = 'DE'", "include: ['5', '6', '99']\nexclude: ['6', '1']\n"),
        "segments/all_but.yml": segment("1 = 1", "exclude: ['3']\n"),
        "segments/only.yml": segment("1 = 2", "include: ['3']\n"),
        "segments/others.yml": segment("not in_segment('chosen')"),
        "segments/by_country.yml": segment("mrr_cents > 0", "for_each: country\ninclude: ['5', '3']\nexclude: ['2']\n"),
    }
    make_harbour(tmp_path, files=files)
    update(tmp_path)
    assert members(latest(tmp_path)) == {
        "chosen": "25",
        "all_but": "12456",
        "only": "3",
        "others": "1346",
        "by_country/DE": "1",
        "by_country/ES": "5",
        "by_country/FR": "34",
    }
    assert verified(tmp_path).equal == 7


CRM = """
files: data/crm.csv
table: accounts
stable: true
columns: {account_id: Id, name: Name, website: Website, signed_up_at: Created}
"""
BILLING = """
files: data/billing.csv
table: charges
match: {ids: stripe, by: {name: Customer, email: Email}}
columns: {account_id: Customer ID, charged_at: Date, amount: Amount}
"""


def test_lists_know_customers_by_any_of_their_ids(tmp_path: Path) -> None:
    files = {
        "beachhead.yml": "name: Little\ncurrency: EUR\n",
        "sources/crm.yml": CRM,
        "sources/billing.yml": BILLING,
        "lists/ours.csv": "001\n",
        "lists/merged.csv": "003\n",
        "lists/paid.txt": "stripe:cus_1\nstripe:cus_2\nstripe:cus_9\n",
        "segments/ours.yml": segment("in_list('ours')"),
        "segments/merged.yml": segment("in_list('merged')"),
        "segments/paid.yml": segment("in_list('paid')"),
        "segments/invited.yml": segment("1 = 2", "include: ['003', 'stripe:cus_2']\n"),
        "segments/banned.yml": segment("1 = 1", "exclude: ['stripe:cus_1']\n"),
    }
    write(tmp_path, files)
    names = [("001", "Acme GmbH", "https://www.acme.de"), ("002", "Bolt Ltd", "bolt.io"), ("003", "Acme", "acme.de")]
    crm = [{"Id": i, "Name": name, "Website": site, "Created": "2025-01-10"} for i, name, site in names]
    paid = [("cus_1", "ACME", "b@acme.de"), ("cus_2", "Bolt", "p@bolt.io"), ("cus_9", "Zork", "z@zork.com")]
    billing = [
        {"Customer ID": i, "Customer": name, "Email": email, "Date": "2025-05-01", "Amount": "10.00"}
        for i, name, email in paid
    ]
    write_csv(tmp_path / "data/crm.csv", crm)
    write_csv(tmp_path / "data/billing.csv", billing)
    run(tmp_path, RunOptions(allow_loss=True))
    ids = Project(tmp_path).latest().accounts["account_id"].to_pylist()
    assert ids == ["001", "002", "stripe:cus_9"]
    segments = Project(tmp_path).latest().segments
    assert {name: s.members()["account_id"].to_pylist() for name, s in segments.items()} == {
        "ours": ["001"],
        "merged": ["001"],
        "paid": ["001", "002", "stripe:cus_9"],
        "invited": ["001", "002"],
        "banned": ["002", "stripe:cus_9"],
    }
    assert verified(tmp_path).equal == 5
    write(tmp_path, {"segments/banned.yml": segment("1 = 1", "exclude: ['stripe:cus_1', 'stripe:cus_8']\n")})
    (unknown,) = unknown_names(make_plan(tmp_path))
    assert unknown.message.endswith(": 'stripe:cus_8'")


def test_a_list_of_a_million_ids(tmp_path: Path) -> None:
    make_harbour(tmp_path, {"known": "in_list('huge')", "others": "not in_list('huge')"})
    ids = "\n".join(f"x{n}" for n in range(999_998))
    write(tmp_path, {"lists/huge.csv": f"id\n2\n{ids}\n6\n"})
    update(tmp_path)
    assert members(latest(tmp_path)) == {"known": "26", "others": "1345"}


def test_ten_thousand_conditions_in_one_rule(tmp_path: Path) -> None:
    many = " or ".join(f"account_name = 'nobody {n}'" for n in range(9_998))
    make_harbour(tmp_path, {"many": f"{many} or account_name = 'Boat' or desks = 40"})
    update(tmp_path)
    assert members(latest(tmp_path)) == {"many": "24"}


def test_a_rule_of_more_than_it_may_have_is_refused_in_words(tmp_path: Path) -> None:
    make_harbour(tmp_path, {"deep": "(" * 200 + "desks = 1" + ")" * 200})
    plan = make_plan(tmp_path)
    assert all(d.place is not None and d.place.file == "segments/deep.yml" for d in plan.errors)
    assert plan.blocking == ()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("sources/crm.yml", "key"),
        ("beachhead.yml", "currency"),
    ],
)
def test_only_segments_may_have_errors(name: str, said: str, tmp_path: Path) -> None:
    make_harbour(tmp_path, {"german": "country = 'DE'"})
    (tmp_path / name).write_text("name: Harbour\ncurrency: nothing\nkey: 1\n")
    with pytest.raises(DefinitionError, match=said):
        update(tmp_path, AS_OF)
