"""Finance's list against a ledger with differences planted in it: each is found by name and cause."""

from __future__ import annotations

from pathlib import Path

import pytest
from project_world import write_csv

from beachhead.errors import DataError, UsageError
from beachhead.service.project import Project
from beachhead.service.report import report_data
from beachhead.service.run import RunOptions, run
from beachhead.service.tie_out import newest_and_troubles, newest_tie_out, tie, tie_out_table

SETTINGS = "name: Little\ncurrency: EUR\nrates: {USD: 0.8}\n"
ACCOUNTS = "files: data/a.csv\ntable: accounts\nstable: true\ncolumns: {account_id: id, name: name}\n"
SUBSCRIPTIONS = """
files: data/s.csv
table: subscriptions
columns:
  subscription_id: id
  account_id: account
  started_at: start
  trial_ends_at: trial
  ended_at: end
  amount: amount
  interval: interval
  quantity: seats
  discount_percent: discount
  currency: currency
"""
CHARGES = """
files: data/c.csv
table: charges
columns: {account_id: account, charged_at: day, amount: amount, refunded: back, refunded_at: back_day, status: status}
"""
NAMES = (
    "Same",
    "Taxed",
    "Started late",
    "Dollars",
    "Ended",
    "Trial",
    "Discounted",
    "Seats",
    "Yearly",
    "Twice",
    "Unknown",
)
START = {"start": "2026-01-01", "amount": "100", "interval": "month", "seats": "1", "discount": "0", "currency": "EUR"}
DIFFERENT = {
    "Started late": {"start": "2026-10-16"},
    "Dollars": {"currency": "USD"},
    "Ended": {"end": "2026-09-30"},
    "Trial": {"start": "2026-10-20", "trial": "2026-11-20"},
    "Discounted": {"discount": "25"},
    "Seats": {"seats": "4", "amount": "25"},
    "Yearly": {"interval": "year", "amount": "1200"},
}
FINANCE = {
    "Same": ["100.00"],
    "Taxed": ["119.00"],
    "Started late": ["51.61"],
    "Dollars": ["100.00"],
    "Ended": ["100.00"],
    "Trial": ["100.00"],
    "Discounted": ["100.00"],
    "Seats": ["25.00"],
    "Yearly": ["1200.00"],
    "Twice": ["100.00", "100.00"],
    "Zork": ["77.00"],
}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Project:
    root = tmp_path_factory.mktemp("company")
    (root / "sources").mkdir()
    (root / "beachhead.yml").write_text(SETTINGS)
    for name, text in {"a": ACCOUNTS, "s": SUBSCRIPTIONS, "c": CHARGES}.items():
        (root / "sources" / f"{name}.yml").write_text(text)
    write_csv(root / "data/a.csv", [{"id": n.lower().replace(" ", "_"), "name": n} for n in NAMES])
    rows = [
        {"id": f"s{k}", "account": n.lower().replace(" ", "_"), **START, "trial": "", "end": "", **DIFFERENT.get(n, {})}
        for k, n in enumerate(NAMES)
    ]
    write_csv(root / "data/s.csv", rows)
    payments = [
        ("same", "2026-10-31", "100", "", "", "paid"),
        ("taxed", "2026-10-05", "100", "30", "2026-10-08", "paid"),
        ("ended", "2026-10-05", "60", "", "", "failed"),
        ("trial", "2026-09-30", "40", "", "", "paid"),
    ]
    columns = ("account", "day", "amount", "back", "back_day", "status")
    write_csv(root / "data/c.csv", [dict(zip(columns, p, strict=True)) for p in payments])
    run(root, RunOptions())
    return Project(root)


def finance(path: Path, amounts: dict[str, list[str]]) -> Path:
    rows = [{"Customer": name, "MRR (EUR)": a} for name, each in amounts.items() for a in each]
    total = sum(float(r["MRR (EUR)"]) for r in rows)
    write_csv(path, [*rows, {"Customer": "Total", "MRR (EUR)": f"{total:.2f}"}])
    return path


def test_each_planted_difference_is_found_by_name_and_the_sums_are_equal_to_the_cent(company, tmp_path):
    latest = company.latest()
    tied = tie(company.root, latest, "mrr", latest.as_of, path=finance(tmp_path / "finance.csv", FINANCE))
    found = {d.name: [(c.cause, c.amount) for c in d.components] for d in tied.found.differences}
    assert found == {
        "Taxed": [("tax", 1_900)],
        "Started late": [("proration", -4_839)],
        "Dollars": [("currency", 2_000)],
        "Ended": [("cancelled", 10_000)],
        "Trial": [("trial", 10_000)],
        "Discounted": [("discount", 2_500)],
        "Seats": [("quantity", -7_500)],
        "Yearly": [("interval", 110_000)],
        "Twice": [("twice", 10_000)],
        "Unknown": [("not_in_theirs", -10_000)],
        "Zork": [("not_in_ours", 7_700)],
    }
    ours = sum(v or 0 for v in latest.accounts["mrr_cents"].to_pylist())
    assert tied.found.ours == ours
    assert sum(tie_out_table(tied)["difference_cents"].to_pylist()) == tied.found.theirs - ours


def test_revenue_of_the_month_knows_refunds_failed_payments_and_the_days_at_its_ends(company, tmp_path):
    latest = company.latest()
    amounts = {"Same": ["100.00"], "Taxed": ["100.00"], "Ended": ["60.00"], "Trial": ["40.00"]}
    tied = tie(company.root, latest, "revenue", latest.as_of, path=finance(tmp_path / "revenue.csv", amounts))
    assert {d.name: [(c.cause, c.amount) for c in d.components] for d in tied.found.differences} == {
        "Taxed": [("refund", 3_000)],
        "Ended": [("failed_payment", 6_000)],
        "Trial": [("cut_off", 4_000)],
    }


def test_the_result_is_remembered_and_stands_beside_the_money_in_the_report(company, tmp_path):
    latest = company.latest()
    exact = {n: [f"{v / 100:.2f}"] for n, v in zip(NAMES, latest.accounts["mrr_cents"].to_pylist(), strict=True) if v}
    tie(company.root, latest, "mrr", latest.as_of, path=finance(tmp_path / "exact.csv", exact))
    tied = newest_tie_out(company.root, company.latest())
    assert tied is not None
    said = report_data(latest).tie_out
    assert said == tied.sentence
    assert "finance's list of" in said


def test_a_list_that_agrees_ties(company, tmp_path):
    latest = company.latest()
    exact = {n: [f"{v / 100:.2f}"] for n, v in zip(NAMES, latest.accounts["mrr_cents"].to_pylist(), strict=True) if v}
    tied = tie(company.root, latest, "mrr", latest.as_of, path=finance(tmp_path / "exact.csv", exact))
    assert (tied.found.ties, tied.sentence.startswith("ties to finance's list of")) == (True, True)


def test_a_total_alone_and_amounts_as_people_type_them(company):
    latest = company.latest()
    ours = sum(v or 0 for v in latest.accounts["mrr_cents"].to_pylist())
    typed = f"€ {ours / 100:,.2f}".replace(",", "X").replace(".", ",").replace("X", ".")
    assert tie(company.root, latest, "mrr", latest.as_of, total=typed).fits == ("our total",)
    with pytest.raises(UsageError, match="not an amount"):
        tie(company.root, latest, "mrr", latest.as_of, total="much")


def test_a_list_whose_columns_are_not_clear_asks_for_them(company, tmp_path):
    path = tmp_path / "odd.csv"
    path.write_text("x,y,z\nSame,1,2\nTaxed,3,4\n")
    with pytest.raises(UsageError) as error:
        tie(company.root, company.latest(), "mrr", company.latest().as_of, path=path)
    assert error.value.diagnostics[0].code == "column-not-clear"
    tied = tie(company.root, company.latest(), "mrr", company.latest().as_of, path=path, customer="x", amount="z")
    assert tied.found.rows == 2


def test_a_later_list_of_the_same_name_leaves_the_earlier_one_as_it_was(company, tmp_path):
    latest = company.latest()
    for month, amount in ("september", "100.00"), ("october", "200.00"):
        (tmp_path / month).mkdir()
        path = finance(tmp_path / month / "same.csv", {"Same": [amount], "Taxed": ["1.00"]})
        tied = tie(company.root, latest, "mrr", latest.as_of, path=path)
        again = tie(company.root, latest, "mrr", latest.as_of, path=path)
        assert again.remembered.file == tied.remembered.file
    kept = company.root / "data/finance"
    assert tied.remembered.file == "data/finance/same-2.csv"
    assert "100.00" in (kept / "same.csv").read_text()
    assert not list(kept.glob("*.tmp"))


def test_a_list_that_cannot_be_compared_is_not_kept(company, tmp_path):
    path = tmp_path / "refused.csv"
    path.write_text("x,y,z\nSame,1,2\nTaxed,3,4\n")
    with pytest.raises(UsageError):
        tie(company.root, company.latest(), "mrr", company.latest().as_of, path=path)
    assert not (company.root / "data/finance/refused.csv").exists()


def test_the_newest_is_the_one_made_last_whatever_its_day_and_measure(company):
    latest = company.latest()
    for measure in ("revenue", "mrr", "revenue"):
        made = tie(company.root, latest, measure, latest.as_of, total="100.00")
        newest = newest_tie_out(company.root, latest)
        assert newest is not None
        assert newest.remembered == made.remembered


def test_a_broken_memory_is_left_out_with_the_reason(company):
    latest = company.latest()
    tie(company.root, latest, "mrr", latest.as_of, total="100.00")
    broken = [company.root / "tie_outs" / name for name in ("x.yml", "y.yml", "z.yml")]
    for path, content in zip(broken, (b"\xff\xfe\x00", b"a: [", b"measure: rent\n"), strict=True):
        path.write_bytes(content)
    tied, troubles = newest_and_troubles(company.root, latest)
    assert (tied is not None, len(troubles)) == (True, 3)
    assert report_data(latest).tie_out
    for path in broken:
        path.unlink()


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("(1,234.00)", "-1234.00"),
        ("−12.50", "-12.50"),
        ("1.2e5", "120000.00"),
        ("1.234,50", "1234.50"),
        ("1.234", "1.23"),
        ("0.125", "0.13"),
        ("-0.125", "-0.13"),
        ("0.0000001", "0.00"),
    ],
)
def test_amounts_are_read_as_they_are_meant(company, typed, stored):
    latest = company.latest()
    assert tie(company.root, latest, "mrr", latest.as_of, total=typed).remembered.total == stored


@pytest.mark.parametrize("typed", ["12k", "3 Mio", "12 %", "n/a", "", "-"])
def test_what_is_not_surely_an_amount_is_refused(company, typed):
    latest = company.latest()
    with pytest.raises(UsageError, match="not an amount"):
        tie(company.root, latest, "mrr", latest.as_of, total=typed)


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        (("1.234", "5.678"), 691_200),
        (("1.234", "5,50"), 123_950),
        (("1.234", "5.50"), 673),
        (("1.234,50", "1,234.50"), 246_900),
    ],
)
def test_the_column_says_what_its_points_are(company, tmp_path, amounts, expected):
    path = tmp_path / "points.csv"
    write_csv(path, [{"who": f"c{k}", "what": a} for k, a in enumerate(amounts)])
    latest = company.latest()
    tied = tie(company.root, latest, "mrr", latest.as_of, path=path, customer="who", amount="what")
    assert tied.found.theirs == expected


def test_an_amount_without_a_customer_counts_and_an_unreadable_one_says_where(company, tmp_path):
    path = tmp_path / "gaps.csv"
    latest = company.latest()
    path.write_text("who,what\nSame,100.00\n,50.00\nTaxed,-\nEnded,\n")
    tied = tie(company.root, latest, "mrr", latest.as_of, path=path, customer="who", amount="what")
    assert tied.found.theirs == 15_000
    assert ("(no customer named)", 5_000) in [(d.name, d.theirs) for d in tied.found.differences]
    path.write_text("who,what\nSame,100.00\nTaxed,n/a\n")
    with pytest.raises(DataError, match=r"'n/a' in row 2 of gaps\.csv, column 'what'"):
        tie(company.root, latest, "mrr", latest.as_of, path=path, customer="who", amount="what")


def test_a_last_row_without_a_customer_that_is_the_sum_is_a_total(company, tmp_path):
    path = tmp_path / "summed.csv"
    path.write_text("who,what\nSame,100.00\nTaxed,50.00\n,150.00\n")
    latest = company.latest()
    tied = tie(company.root, latest, "mrr", latest.as_of, path=path, customer="who", amount="what")
    assert tied.found.theirs == 15_000
