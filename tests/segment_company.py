"""The 24 paying companies with people, events and tickets, some segments, a family and a list; updates of two days.

Company n exports n // 4 times in March 2026, one day after the other; even ones log in each Monday from February on.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from beachhead.service.run import RunOptions, run
from paying_company import make_paying_company

EARLIER = date(2026, 2, 28)
_MARCH, _MONDAY = date(2026, 3, 10), date(2026, 2, 2)
_EXPORTS = [f"{n},export,{_MARCH + timedelta(days=k)}" for n in range(1, 25) for k in range(n // 4)]
_LOGINS = [f"{n},login,{_MONDAY + timedelta(weeks=k)}" for n in range(2, 25, 2) for k in range(8)]
BUSY = """\
# Whom Anna calls on Mondays.
title: Busy  # a good word
where: |
  mrr_cents >= 10000  -- pays
  and events('export', last => '30 days') >= 3
owner: Anna
"""
FILES = {
    "sources/usage.yml": (
        "files: data/usage.csv\ntable: events\nhistory: kept\n"
        "columns: {account_id: customer, event: what, occurred_at: day}\n"
    ),
    "sources/people.yml": (
        "files: data/people.csv\ntable: users\nhistory: kept\n"
        "columns: {user_id: id, account_id: customer, role: role, signed_up_at: since}\n"
    ),
    "data/usage.csv": "customer,what,day\n" + "\n".join([*_EXPORTS, *_LOGINS]) + "\n",
    "data/people.csv": "id,customer,role,since\n"
    + "".join(f"u{n},{n},{'admin' if n % 3 else 'user'},2025-09-20\n" for n in range(1, 25)),
    "lists/partners.csv": "account_id\n3\n4\n",
    "segments/busy.yml": BUSY,
    "segments/top.yml": "title: Top\nwhere: in_segment('busy') and sector = 'Retail'\ndescription: The best of them\n",
    "segments/gone.yml": "title: Gone\nwhere: is_churned\nowner: Bert\n",
    "segments/by_sector.yml": "title: 'Firms in {value}'\nwhere: is_customer\nfor_each: sector\n",
    "segments/nobody.yml": "title: Nobody\nwhere: mrr_cents > 5 and mrr_cents < 3\n",
}


def make_segment_company(root: Path) -> None:
    """The project, with updates as of two days."""
    make_paying_company(root)
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    run(root, RunOptions(as_of=EARLIER))
    run(root, RunOptions(as_of=date(2026, 3, 31)))
