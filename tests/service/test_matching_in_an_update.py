"""Files without a common key become one record per customer; what is merged is never lost and can be undone."""

from __future__ import annotations

from pathlib import Path

import pytest
from project_world import write_csv

from beachhead.service.project import Project
from beachhead.service.run import RunOptions, run

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
SURVEY = """
files: data/survey.csv
table: responses
match: {by: {email: E-mail}}
columns: {responded_at: When, survey: {constant: nps}, score: Score}
"""
ACCOUNTS = [
    {"Id": "001", "Name": "Acme GmbH", "Website": "https://www.acme.de", "Created": "2025-01-10"},
    {"Id": "002", "Name": "Bolt Ltd", "Website": "bolt.io", "Created": "2025-02-10"},
    {"Id": "003", "Name": "Acme", "Website": "acme.de", "Created": "2025-03-10"},
    {"Id": "004", "Name": "Nobody Inc", "Website": "", "Created": "2025-04-10"},
]
CHARGES = [
    {"Customer ID": "cus_1", "Customer": "ACME", "Email": "billing@acme.de", "Date": "2025-05-01", "Amount": "100.00"},
    {"Customer ID": "cus_2", "Customer": "Bolt", "Email": "pay@bolt.io", "Date": "2025-05-02", "Amount": "50.00"},
    {"Customer ID": "cus_9", "Customer": "Zork", "Email": "z@zork.com", "Date": "2025-05-03", "Amount": "7.00"},
]
ANSWERS = [
    {"E-mail": "jane@bolt.io", "When": "2025-05-04", "Score": "9"},
    {"E-mail": "who@nowhere.org", "When": "2025-05-05", "Score": "2"},
]


@pytest.fixture
def company(tmp_path: Path) -> Project:
    (tmp_path / "sources").mkdir()
    (tmp_path / "beachhead.yml").write_text("name: Little\ncurrency: EUR\n")
    for name, text in {"crm": CRM, "billing": BILLING, "survey": SURVEY}.items():
        (tmp_path / "sources" / f"{name}.yml").write_text(text)
    write_csv(tmp_path / "data/crm.csv", ACCOUNTS)
    write_csv(tmp_path / "data/billing.csv", CHARGES)
    write_csv(tmp_path / "data/survey.csv", ANSWERS)
    return Project(tmp_path)


def records(project: Project) -> dict[str, dict[str, object]]:
    run(project.root, RunOptions(allow_loss=True))
    rows = project.latest().accounts.arrow().to_pylist()
    return {str(r["account_id"]): r for r in rows}


def test_three_files_without_a_common_key_become_one_record_per_customer(company):
    found = records(company)
    assert {i: (r["account_name"], r["revenue_cents_total"], r["nps_score"]) for i, r in found.items()} == {
        "001": ("Acme GmbH", 10000, None),
        "002": ("Bolt Ltd", 5000, 9),
        "004": ("Nobody Inc", 0, None),
        "stripe:cus_9": ("Zork", 700, None),
    }


def test_a_record_that_was_merged_stays_findable_and_says_why(company):
    records(company)
    latest = company.latest()
    assert latest.customer("003")["account_id"] == "001"
    assert latest.customer("stripe:cus_2")["account_id"] == "002"
    told = {r["account_id"]: r for r in latest.matches.arrow().to_pylist()}
    assert told["stripe:cus_2"]["account_no"] == told["002"]["account_no"]
    assert "bolt.io" in str(told["stripe:cus_2"]["why"])


def test_who_pays_is_a_customer_and_who_matches_nobody_is_listed_and_set_aside(company):
    records(company)
    latest = company.latest()
    unmatched = [r["account_id"] for r in latest.matches.arrow().to_pylist() if r["account_no"] == 0]
    assert unmatched == ["survey:who@nowhere.org"]
    aside = latest.set_aside.arrow().to_pylist()
    assert {(r["source"], r["line"], r["code"], r["value"]) for r in aside} == {
        ("survey", 3, "orphan-key", "survey:who@nowhere.org"),
    }


def test_a_decision_wins_over_the_data_and_can_be_taken_back(company):
    records(company)
    first = {r["account_id"]: r["account_no"] for r in company.latest().matches.arrow().to_pylist()}
    decisions = company.root / "matching.yml"
    decisions.write_text('same: [["004", "stripe:cus_9"]]\ndifferent: [["001", "003"]]\n')
    found = records(company)
    assert found["004"]["revenue_cents_total"] == 700
    assert found["003"]["account_name"] == "Acme"
    decisions.unlink()
    found = records(company)
    assert "003" not in found
    assert (found["004"]["revenue_cents_total"], found["stripe:cus_9"]["revenue_cents_total"]) == (0, 700)
    assert {r["account_id"]: r["account_no"] for r in company.latest().matches.arrow().to_pylist()} == first


def test_as_of_an_earlier_day_the_same_records_are_one_customer(company):
    records(company)
    run(company.root, RunOptions(as_of=company.latest().as_of.replace(day=1), allow_loss=True))
    names = company.latest().accounts["account_name"].to_pylist()
    assert names == ["Acme GmbH", "Bolt Ltd", "Nobody Inc"]


def test_without_a_word_about_matching_nothing_is_compared(company):
    for name in ("billing", "survey"):
        (company.root / "sources" / f"{name}.yml").unlink()
    records(company)
    assert [len(company.latest().accounts), len(company.latest().matches)] == [4, 0]


def test_an_id_that_two_lists_state_is_of_the_customer_even_where_one_list_is_of_nobody(company):
    (company.root / "sources/crm.yml").write_text(f"{CRM}match: {{same_as: {{stripe: Stripe}}}}\n")
    write_csv(company.root / "data/crm.csv", [{**a, "Stripe": f"cus_{n}"} for n, a in enumerate(ACCOUNTS, 1)])
    (company.root / "sources/desk.yml").write_text(
        "files: data/desk.csv\ntable: tickets\nmatch: {ids: desk, same_as: {stripe: Stripe}}\n"
        "columns: {account_id: Org, created_at: When}\n"
    )
    write_csv(company.root / "data/desk.csv", [{"Org": "7", "Stripe": "cus_2", "When": "2025-05-06"}])
    (company.root / "sources/billing.yml").write_text(BILLING.replace(", by: {name: Customer, email: Email}", ""))
    run(company.root, RunOptions())
    bolt = records(company)["002"]
    assert (bolt["revenue_cents_total"], bolt["ticket_count_total"]) == (5000, 1)
