"""24 companies that pay 10, 20 … 240 EUR a month since October 2025; 1, 2 and 3 leave in February 2026."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from beachhead.service.run import RunOptions, run

AS_OF = date(2026, 3, 31)
_FILES = {
    "beachhead.yml": "name: Little\ntemplate: selfserve\ncurrency: EUR\n",
    "sources/crm.yml": (
        "files: data/crm.csv\ntable: accounts\nstable: true\n"
        "columns: {account_id: id, name: name, signed_up_at: since}\nextra: {sector: {column: sector, type: text}}\n"
    ),
    "sources/billing.yml": (
        "files: data/billing.csv\ntable: subscriptions\nhistory: kept\n"
        "columns: {subscription_id: id, account_id: id, started_at: start, ended_at: end, amount: amount, "
        "interval: {constant: month}}\n"
    ),
    "sources/help.yml": (
        "files: data/help.csv\ntable: tickets\nhistory: kept\n"
        "columns: {ticket_id: id, account_id: customer, created_at: day, channel: channel}\n"
    ),
    "segments/large.yml": "title: Large\nwhere: mrr_cents >= 20000\n",
    "data/crm.csv": "id,name,sector,since\n"
    + "".join(f"{n},Company {n},{'Software' if n % 2 else 'Retail'},2025-09-20\n" for n in range(1, 25)),
    "data/billing.csv": "id,start,end,amount\n"
    + "".join(f"{n},2025-10-01,{'2026-02-15' if n <= 3 else ''},{n * 10}\n" for n in range(1, 25)),
    "data/help.csv": "id,customer,day,channel\n"
    + "".join(f"t{n},{n},2026-03-10,{'e-mail' if n % 2 else 'chat'}\n" for n in range(1, 25)),
}


def make_paying_company(root: Path) -> None:
    """The project, with one update."""
    for name, text in _FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    run(root, RunOptions(as_of=AS_OF))
