"""Public data sets of which somebody said which records are the same."""

from __future__ import annotations

import csv
from pathlib import Path

from companies import Company, Row, as_table


def restaurants(data: Path) -> Company:
    """Fodor's and Zagat's restaurants, two lists with name, address, city and phone number; 112 are in both."""
    rows: list[Row] = []
    for guide in ("fodors", "zagats"):
        rows += [
            {"account_id": f"{guide}:{r['id']}", "source": guide, "ids": guide, "listed": True,
                         "name": r["name"], "street": r["addr"], "city": r["city"], "phone": r["phone"]}
            for r in _read(data / "er_restaurants" / f"{guide}.csv")
        ]  # fmt: skip
    customer_of = {str(row["account_id"]): n for n, row in enumerate(rows)}
    for match in _read(data / "er_restaurants" / "matches.csv"):
        customer_of[f"zagats:{match['zagats_id']}"] = customer_of[f"fodors:{match['fodors_id']}"]
    return Company(as_table(rows), customer_of)


def fake_people(data: Path) -> Company:
    """1,000 records of 181 invented persons in one list, with many mistakes in each."""
    found = _read(data / "er_fake_1000_splink" / "fake_1000.csv")
    rows: list[Row] = [
        {"account_id": r["unique_id"], "source": "people", "ids": "", "listed": True, "first_name": r["first_name"],
         "last_name": r["surname"], "birth_date": r["dob"], "city": r["city"], "email": r["email"]}
        for r in found
    ]  # fmt: skip
    return Company(as_table(rows), {r["unique_id"]: int(r["cluster"]) for r in found})


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
