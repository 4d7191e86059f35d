"""A small company written to disk by hand: a few customers, subscriptions, tickets and events over three months."""

from __future__ import annotations

import csv
import random
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

LAST_DAY = date(2026, 3, 31)
TODAY = date(2026, 6, 30)

DEFINITIONS: Mapping[str, str] = {
    "beachhead.yml": "name: Little\ntemplate: selfserve\ncurrency: EUR\nkey_events: [export, invite]\n",
    "sources/accounts.yml": (
        "files: data/accounts.csv\ntable: accounts\nhistory: kept\ncolumns:\n  account_id: id\n"
        "  name: name\n"
        "  email: email\n  signed_up_at: created\n  acquisition_channel: {column: channel, stable: true}\n"
        "  plan: plan\n"
        "extra:\n  segment_guess: {column: guess, type: text}\n"
    ),
    "sources/subscriptions.yml": (
        "files: data/subscriptions.csv\ntable: subscriptions\nhistory: kept\ncolumns:\n  subscription_id: id\n"
        "  account_id: account\n  plan: plan\n  started_at: start\n  ended_at: end\n  amount: amount\n"
        "  interval: {constant: month}\n"
    ),
    "sources/tickets.yml": (
        "files: data/tickets.csv\ntable: tickets\nhistory: kept\ncolumns:\n  ticket_id: id\n  account_id: account\n"
        "  created_at: created\n  solved_at: solved\n  cost: cost\n"
    ),
    "sources/events.yml": (
        "files: data/events*.csv\ntable: events\ncolumns:\n  event_id: id\n  account_id: account\n  user_id: user\n"
        "  event: event\n  occurred_at: at\n"
    ),
    "attributes/own.yml": "cost_share:\n  expression: support_cost_cents_90d / nullif(mrr_cents, 0)\n",
    "segments/paying.yml": "title: Paying\nwhere: account_status = 'active_customer'\n",
    "segments/exporters.yml": "title: Exporters\nwhere: in_segment('paying') and export_count_30d >= 2\n",
    "value.yml": (
        "inputs:\n  - {attribute: tenure_days, theme: retention}\n"
        "  - {attribute: mrr_cents, theme: revenue, weight: 2}\n"
        "  - {attribute: event_count_30d, theme: engagement}\n"
    ),
}

Rows = Sequence[Mapping[str, object]]


def write_csv(path: Path, rows: Rows) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as f:
        writer = csv.DictWriter(f, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def write_definitions(root: Path, changes: Mapping[str, str] | None = None) -> None:
    for name, text in {**DEFINITIONS, **(changes or {})}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def make_company(root: Path, accounts: int = 60, seed: int = 5, changes: Mapping[str, str] | None = None) -> None:
    """Definitions and data up to LAST_DAY."""
    write_definitions(root, changes)
    tables = company_tables(accounts, seed)
    for name, rows in tables.items():
        write_csv(root / "data" / f"{name}.csv", rows)


def company_tables(accounts: int = 60, seed: int = 5) -> dict[str, list[dict[str, object]]]:
    rng = random.Random(seed)
    customers: list[dict[str, object]] = []
    subscriptions: list[dict[str, object]] = []
    tickets: list[dict[str, object]] = []
    events: list[dict[str, object]] = []
    for n in range(accounts):
        account = f"a{n:03d}"
        start = LAST_DAY - timedelta(days=rng.randint(3, 400))
        customers.append(
            {
                "id": account,
                "name": f"Company {n}",
                "email": f"x@c{n}.com",
                "created": start,
                "channel": rng.choice(["seo", "twitter_paid"]),
                "plan": rng.choice(["pro", "team"]),
                "guess": rng.choice(["x", "y"]),
            }
        )
        if rng.random() < 0.8:
            end = start + timedelta(days=rng.randint(20, 300))
            subscriptions.append(
                {
                    "id": f"s{n}",
                    "account": account,
                    "plan": rng.choice(["pro", "team"]),
                    "start": start,
                    "end": end if rng.random() < 0.3 and end <= LAST_DAY else "",
                    "amount": rng.choice(["49.00", "99.50", "249.99"]),
                }
            )
        for t in range(rng.randint(0, 3)):
            opened = start + timedelta(days=rng.randint(0, (LAST_DAY - start).days))
            solved = opened + timedelta(days=rng.randint(0, 30))
            tickets.append(
                {
                    "id": f"t{n}-{t}",
                    "account": account,
                    "created": opened,
                    "solved": solved if solved <= LAST_DAY else "",
                    "cost": "12.50",
                }
            )
        for e in range(rng.randint(0, 25)):
            day = start + timedelta(days=rng.randint(0, (LAST_DAY - start).days))
            events.append(
                {
                    "id": f"e{n}-{e}",
                    "account": account,
                    "user": f"u{n}-{rng.randint(1, 3)}",
                    "event": rng.choice(["export", "invite", "login"]),
                    "at": f"{day} {rng.randint(0, 23):02d}:15:00",
                }
            )
    events.append({"id": "last", "account": "a000", "user": "u0-1", "event": "login", "at": f"{LAST_DAY} 23:00:00"})
    return {"accounts": customers, "subscriptions": subscriptions, "tickets": tickets, "events": events}
