"""Six companies whose days are told by hand, in Berlin time, as of 31 March 2026; and rules with their members.

The last 30 days begin on 2 March. Company 3 left in February, 5 signed up in March and pays nothing, 6 says nothing of
itself. Company 2 paid 100 € as `team` until 9 March and pays 200 € as `pro` since the 10th.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from beachhead.service.project import Project
from beachhead.service.results import Run
from beachhead.service.run import RunOptions, RunOutcome, run

AS_OF = date(2026, 3, 31)
TODAY = date(2026, 6, 30)
SETTINGS = "name: Harbour\ntemplate: selfserve\ntimezone: Europe/Berlin\ncurrency: EUR\nkey_events: [export]\n"
FILES: Mapping[str, str] = {
    "beachhead.yml": SETTINGS,
    "sources/crm.yml": (
        "files: data/crm.csv\ntable: accounts\nstable: true\n"
        "columns: {account_id: id, name: name, email: email, signed_up_at: since, country: country}\n"
        "extra:\n  desks: {column: desks, type: integer}\n  tags: {column: tags, type: list}\n"
        "  is_public: {column: public, type: boolean}\n  trial_ends: {column: trial, type: date}\n"
    ),
    "sources/billing.yml": (
        "files: data/billing.csv\ntable: subscriptions\nhistory: kept\n"
        "columns: {subscription_id: sub, account_id: id, plan: plan, started_at: start, ended_at: end, amount: amount, "
        "interval: {constant: month}}\n"
    ),
    "sources/usage.yml": (
        "files: data/usage*.csv\ntable: events\n"
        "columns: {account_id: customer, user_id: who, event: what, occurred_at: at}\n"
        "extra: {size: {column: size, type: number}, form: {column: form, type: text}}\n"
    ),
    "sources/people.yml": (
        "files: data/people.csv\ntable: users\nhistory: kept\n"
        "columns: {user_id: id, account_id: customer, email: email, role: role, signed_up_at: since}\n"
    ),
    "sources/help.yml": (
        "files: data/help.csv\ntable: tickets\nhistory: kept\n"
        "columns: {ticket_id: id, account_id: customer, created_at: day, solved_at: solved, priority: priority}\n"
    ),
    "lists/partners.csv": "account_id,why\n3,old friends\n 4 ,\n4,twice\n99,nobody\n",
    "lists/nobody.txt": "",
    "data/crm.csv": (
        "id,name,email,since,country,desks,tags,public,trial\n"
        "1,Anchor,a@anchor.com,2025-09-01,DE,5,vip;partner,yes,2025-09-15\n"
        "2,Boat,b@boat.com,2025-10-01,DE,12,partner,no,2025-10-15\n"
        "3,Crane,c@crane.com,2025-11-01,FR,5,,no,2025-11-15\n"
        "4,Dock,d@dock.com,2026-01-15,FR,40,vips,yes,\n"
        "5,Eagle,e@eagle.com,2026-03-20,ES,1,,,2026-04-03\n"
        "6,Ferry,f@ferry.com,2025-12-01,,,,,\n"
    ),
    "data/billing.csv": (
        "sub,id,plan,start,end,amount\n"
        "s1,1,pro,2025-09-01,,300\n"
        "s2,2,team,2025-10-01,2026-03-10,100\n"
        "s2b,2,pro,2026-03-10,,200\n"
        "s3,3,team,2025-11-01,2026-02-15,50\n"
        "s4,4,team,2026-01-15,,80\n"
        "s6,6,pro,2025-12-01,,120\n"
    ),
    "data/usage.csv": (
        "customer,who,what,at,size,form\n"
        "1,u1,export,2026-03-05 10:00,10,pdf\n"
        "1,u1,export,2026-03-20 10:00,2,csv\n"
        "1,u7,export,2026-03-31 23:59,7,pdf\n"
        "1,u1,invite,2026-03-19 09:00,,\n"
        "2,u2,export,2026-02-20 10:00,9,pdf\n"
        "2,u2,login,2026-03-30 10:00,,\n"
        "2,,login,2026-03-31 10:00,,\n"
        "3,,login,2025-12-24 10:00,,\n"
        "4,u4,export,2026-03-01 23:30,4,csv\n"
        "4,u4,export,2026-03-02 00:10,5,pdf\n"
        "6,,login,2026-01-10 10:00,,\n"
    ),
    "data/people.csv": (
        "id,customer,email,role,since\n"
        "u1,1,x@uni.edu,admin,2025-09-01\nu7,1,y@anchor.com,user,2025-12-01\nu2,2,z@boat.com,admin,2025-10-01\n"
        "u4,4,v@school.edu,user,2026-01-15\n"
    ),
    "data/help.csv": (
        "id,customer,day,solved,priority\n"
        "t1,1,2026-03-15,2026-03-16,high\nt2,2,2026-01-05,2026-02-03,low\nt4,4,2026-02-01,,high\n"
        "t3,3,2025-12-01,2025-12-02,high\n"
    ),
}

RULES: Mapping[str, tuple[str, str]] = {
    "everybody": ("1 = 1", "123456"),
    "paying": ("mrr_cents > 0", "1246"),
    "german": ("country = 'DE'", "12"),
    "elsewhere": ("country != 'DE'", "345"),
    "nowhere": ("country is null", "6"),
    "not_german": ("not in_segment('german')", "3456"),
    "many_desks": ("desks between 5 and 12", "123"),
    "not_many_desks": ("not (desks between 5 and 12)", "45"),
    "listed": ("country in ('ES', 'FR')", "345"),
    "named": ("account_name like '%a%' and account_name ilike '%A_%'", "235"),
    "public": ("is_public", "14"),
    "not_public": ("not is_public", "23"),
    "vips": ("contains(tags, 'vip')", "1"),
    "no_vips": ("not contains(tags, 'vip')", "24"),
    "young": ("signed_up_on >= 3 months ago", "45"),
    "in_trial": ("trial_ends - 3 <= today and trial_ends >= today", "5"),
    "twice_as_much": ("mrr_cents > 2 * 8000 and coalesce(desks, 0) < 12", "1"),
    "exported": ("events('export', last => '30 days') > 0", "14"),
    "exported_31_days": ("events('export', last => '31 days') = 2", "4"),
    "never_exported": ("events('export') = 0", "356"),
    "exported_large": ("events('export', size > 4, last => '30 days') >= 2", "1"),
    "exported_pdf_and_csv": ("events('export', distinct => form) = 2", "14"),
    "exported_size": ("events('export', sum => size, last => '30 days') >= 5", "14"),
    "last_was_pdf": ("events('export', latest => form) = 'pdf'", "124"),
    "first_was_csv": ("events('export', earliest => form) = 'csv'", "4"),
    "quiet": ("days_since(events(max => day)) > 60", "36"),
    "in_first_weeks": ("events(first => '6 weeks') > 0", "6"),
    "since_trial": ("events('export', since => trial_ends) >= 1", "12"),
    "two_weeks": ("events(distinct => week, last => '4 weeks') >= 2", "1"),
    "stopped": ("stopped('export', last => '30 days')", "2"),
    "first_time": ("first_time('invite', last => '30 days')", "1"),
    "invited_then_exported": ("sequence('invite', 'export', within => '2 days')", "1"),
    "invited_then_exported_at_once": ("sequence('invite', 'export', within => '1 day')", ""),
    "two_people": ("users() >= 2", "1"),
    "admins": ("users(role = 'admin') >= 1", "12"),
    "all_of_schools": ("all(users(email like '%.edu'))", "4"),
    "an_admin_exports": ("users(role = 'admin' and events('export', last => '30 days') > 0) >= 1", "1"),
    "two_export": ("users(events('export', last => '30 days') > 0) >= 2", "1"),
    "urgent": ("tickets(priority = 'high', last => '90 days') > 0", "14"),
    "open_tickets": ("tickets(solved_at is null) > 0", "4"),
    "mostly_urgent": ("share(tickets(priority = 'high')) > 0.5", "134"),
    "largest_two": ("rank(mrr_cents) <= 2", "12"),
    "largest_of_country": ("rank(desks, by => country) = 1", "245"),
    "upper_half": ("percentile(mrr_cents) >= 50", "12"),
    "partners": ("in_list('partners')", "34"),
    "not_partners": ("not in_list('partners') and mrr_cents > 0", "126"),
    "on_no_list": ("in_list('nobody')", ""),
    "sampled": ("sample(percent => 50, salt => 'a')", "26"),
    "exporters_abroad": ("in_segment('exported') and not in_segment('german')", "4"),
    "by_cases": ("case when in_segment('german') then desks when is_public then 0 end < 12", "14"),
}
"""By segment its rule and its members; what they were before is asked elsewhere."""


def write(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def segment(where: str, more: str = "") -> str:
    """The file of a segment."""
    return f"title: Something\nwhere: >-\n  {where}\n{more}"


def make_harbour(root: Path, segments: Mapping[str, str] | None = None, files: Mapping[str, str] | None = None) -> None:
    """The project; `segments` are rules by name."""
    write(root, FILES)
    write(root, {f"segments/{name}.yml": segment(where) for name, where in (segments or {}).items()})
    write(root, files or {})


def update(root: Path, day: date = AS_OF, **options: object) -> RunOutcome:
    """An update as of a day."""
    return run(root, RunOptions(as_of=day, today=TODAY, **options))  # type: ignore[arg-type]


def latest(root: Path) -> Run:
    return Project(root).latest()


def members(run: Run, *segments: str) -> dict[str, str]:
    """By segment the ids of its members in order, as one text; default of all that have any data."""
    ids = dict(
        zip(
            *(run.columns("account_no", "account_id")[c].to_pylist() for c in ("account_no", "account_id")), strict=True
        )
    )
    names = segments or [s.name for s in run.about.segments if s.size is not None]
    return {name: "".join(sorted(ids[n] for n in run.members(name)[name].tolist())) for name in names}


def ids_in(run: Run, segment: str) -> Iterable[str]:
    return list(members(run, segment)[segment])
