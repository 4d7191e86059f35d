"""One chunk of the company as the tables that its systems export, with their own column names and habits."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from beachhead.synth import relations, world
from beachhead.synth.activity import Events, People
from beachhead.synth.dirt import Dirt
from beachhead.synth.files import days, ids, labels, moments, money, numbers, table
from beachhead.synth.outcomes import Charges, Outcomes, Versions
from beachhead.synth.population import Population, company_names, domains
from beachhead.synth.world import Day, Days, Ints

LINES = ("Reporting", "Automation add-on")


def account_ids(people: Population, owner: Ints | None = None) -> pa.Array:
    names = ids("acc_", people.number)
    return names if owner is None else names.take(pa.array(owner))


def user_ids(users: People, positions: Ints | None = None) -> pa.Array:
    names = ids("usr_", users.number)
    return names if positions is None else names.take(pa.array(positions))


def _email(users: People, people: Population) -> pa.Array:
    first = pc.utf8_lower(pc.ascii_lower(labels(world.PEOPLE_FIRST, users.first_name)))
    last = pc.replace_substring(pc.utf8_lower(labels(world.PEOPLE_LAST, users.last_name)), "ü", "u")
    last = pc.replace_substring(last, "í", "i")
    free = (users.number * 2_654_435_761 % 100) < np.where(people.size[users.owner] == 0, 22, 4)
    host = pc.if_else(
        pa.array(free),
        labels(world.FREE_MAIL, users.number % len(world.FREE_MAIL)),
        domains(people).take(pa.array(users.owner)),
    )
    return pc.binary_join_element_wise(pc.binary_join_element_wise(first, last, "."), host, "@")


def accounts(people: Population, users: People, out: Outcomes, dirt: Dirt) -> pa.Table:
    """The product's own database."""
    main = _email(users, people).take(pa.array(users.first_of_company))
    rows = table(
        {
            "id": account_ids(people),
            "company_name": company_names(people),
            "email": main,
            "website": pc.binary_join_element_wise("https://www.", domains(people), ""),
            "created_at": moments(people.signed_up, "T"),
            "trial_ends_at": days(np.where(out.is_prospect, np.datetime64("NaT", "D"), out.trial_end)),
            "utm_channel": labels(world.CHANNELS.names, people.channel),
            "signup_form": labels(world.SIGNUP_FORMS.names, people.form),
        }
    )

    def shouted(repeated: pa.Table) -> pa.Table:
        return repeated.set_column(1, "company_name", pc.utf8_upper(repeated["company_name"]))

    return dirt.repeat("accounts", dirt.gaps("accounts", rows, "website", 0.03), shouted)


def companies(people: Population, dirt: Dirt) -> pa.Table:
    """The CRM."""
    country, region, city, _ = zip(*world.PLACES, strict=True)
    rows = table(
        {
            "Account ID": ids("0015g00000", people.number * 37 + 11),
            "App Account ID": account_ids(people),
            "Account Name": company_names(people),
            "Industry": labels(world.INDUSTRIES.names, people.industry),
            "Employees": numbers(people.employees),
            "Billing Country": labels(country, people.place),
            "Billing State/Province": labels(region, people.place),
            "Billing City": labels(city, people.place),
            "Year Started": numbers(people.founded),
            "Annual Revenue": money(people.annual_revenue * 100),
            "Technology": labels(world.TECHNOLOGIES.names, people.technology),
        }
    )
    rows = dirt.gaps("salesforce_accounts", rows, "Industry", 0.03)
    rows = dirt.gaps("salesforce_accounts", rows, "Employees", 0.04)
    rows = dirt.gaps("salesforce_accounts", rows, "Annual Revenue", 0.45)
    return dirt.repeat("salesforce_accounts", rows)


def people_rows(people: Population, users: People, dirt: Dirt) -> pa.Table:
    job = np.where(
        np.arange(len(users.owner)) == users.first_of_company[users.owner],
        people.role[users.owner],
        users.number // 3 % len(world.ROLES.names),
    )
    rows = table(
        {
            "user_id": user_ids(users),
            "account_id": account_ids(people, users.owner),
            "first_name": labels(world.PEOPLE_FIRST, users.first_name),
            "last_name": labels(world.PEOPLE_LAST, users.last_name),
            "email": _email(users, people),
            "job": labels(world.ROLES.names, job),
            "created_at": moments(users.signed_up),
        }
    )
    rows = dirt.gaps("users", rows, "job", 0.05)
    return dirt.orphan("users", dirt.repeat("users", rows), "account_id", "user_id")


def event_rows(people: Population, users: People, events: Events, start: int, dirt: Dirt) -> pa.Table:
    rows = table(
        {
            "event_id": numbers(start + np.arange(len(events.owner), dtype=np.int64)),
            "account_id": account_ids(people, events.owner),
            "user_id": user_ids(users, events.user),
            "event": labels(world.EVENTS, events.event),
            "timestamp": moments(events.at),
        }
    )
    clean = rows
    rows = dirt.repeat("events", rows)
    rows = _more(rows, dirt.orphan("events", clean, "account_id", "event_id"), clean)
    return _more(rows, dirt.bad_dates("events", clean, "timestamp", "event_id"), clean)


def _more(rows: pa.Table, longer: pa.Table, clean: pa.Table) -> pa.Table:
    """`rows` and what `longer` has beyond `clean`."""
    return pa.concat_tables([rows, longer.slice(clean.num_rows)])


def _minutes(times: Days) -> pa.Array:
    return pc.utf8_slice_codeunits(moments(times), 0, 16)


def _subscription_ids(people: Population, owner: Ints, line: Ints) -> pa.Array:
    return ids("sub_", people.number[owner] * 10 + line + 1)


def subscriptions(people: Population, versions: Versions, out: Outcomes, last: Day, dirt: Dirt) -> pa.Table:
    """Billing: every version of every subscription; dates of cancelling and ending stand on the latest one."""
    owner, is_core = versions.owner, versions.line == 0
    nothing = np.datetime64("NaT", "D")
    cancelled = np.where(versions.is_last, out.cancelled[owner], nothing)
    ended = np.where(versions.is_last, out.ended[owner], nothing)
    started = np.where(is_core, people.signup_day[owner], versions.valid_from)
    over = ~np.isnat(out.ended[owner])
    in_trial = versions.is_trial & (out.trial_end[owner] > last)
    state = np.select([over, ~np.isnat(out.cancelled[owner]), in_trial], [2, 3, 1], 0)
    off = np.where(is_core, out.discount[owner], 0)
    rows = table(
        {
            "id": _subscription_ids(people, owner, versions.line),
            "Customer ID": ids("cus_", people.number[owner] * 13 + 5),
            "account_id (metadata)": account_ids(people, owner),
            "Product": labels(LINES, versions.line),
            "Plan": labels((*world.PLANS, "Automation"), np.where(is_core, versions.plan, 4)),
            "Quantity": numbers(versions.seats),
            "Currency": labels(("eur",), np.zeros(len(owner), int)),
            "Interval": labels(("month", "year"), out.is_yearly[owner].astype(np.int64)),
            "Amount": money(versions.price),
            "Discount %": numbers(off, off > 0),
            "Status": labels(("active", "trialing", "canceled", "cancels at period end"), state),
            "Start (UTC)": _minutes(started.astype("datetime64[s]") + 36_000),
            "Trial End (UTC)": _minutes(np.where(is_core, out.trial_end[owner], nothing)),
            "Canceled At (UTC)": _minutes(cancelled),
            "Ended At (UTC)": _minutes(ended),
            "Version From (UTC)": _minutes(versions.valid_from.astype("datetime64[s]") + 36_000),
        }
    )
    rows = dirt.spelling("stripe_subscriptions", rows, "Plan", 0.02)
    clean = rows
    rows = dirt.repeat("stripe_subscriptions", rows)
    over_rows = clean.filter(pa.array(over & versions.is_trial))
    extra = dirt.orphan("stripe_subscriptions", over_rows, "account_id (metadata)", "id")
    return _more(rows, extra, over_rows)


def payments(people: Population, charges: Charges, start: int, dirt: Dirt) -> pa.Table:
    order = np.argsort(charges.charged, kind="stable")
    owner, back = charges.owner[order], charges.refunded[order]
    given_back = ~np.isnat(back)
    rows = table(
        {
            "id": ids("ch_", start + np.arange(len(owner), dtype=np.int64)),
            "Created date (UTC)": _minutes(charges.charged[order].astype("datetime64[s]") + 39_600),
            "Amount": money(charges.cents[order]),
            "Amount Refunded": money(np.where(given_back, charges.cents[order], 0)),
            "Refunded date (UTC)": _minutes(back),
            "Currency": labels(("eur",), np.zeros(len(owner), int)),
            "Status": labels(
                ("Paid", "Failed", "Refunded"), np.where(charges.failed[order], 1, np.where(given_back, 2, 0))
            ),
            "account_id (metadata)": account_ids(people, owner),
            "Subscription ID": _subscription_ids(people, owner, charges.line[order]),
        }
    )
    return dirt.bad_dates("stripe_payments", dirt.repeat("stripe_payments", rows), "Created date (UTC)", "id")


def ticket_rows(people: Population, users: People, tickets: relations.Tickets, start: int, dirt: Dirt) -> pa.Table:
    rows = table(
        {
            "Ticket ID": numbers(start + np.arange(len(tickets.owner), dtype=np.int64)),
            "Organization external ID": account_ids(people, tickets.owner),
            "Requester external ID": user_ids(users, users.first_of_company[tickets.owner]),
            "Created at": moments(tickets.created, "T"),
            "First reply at": moments(tickets.replied, "T"),
            "Solved at": moments(tickets.solved, "T"),
            "Channel": labels(world.TICKET_CHANNELS.names, tickets.channel),
            "Priority": labels(world.TICKET_PRIORITIES.names, tickets.priority),
            "Type": labels(world.TICKET_TYPES.names, tickets.kind),
            "Handle time (minutes)": numbers(tickets.minutes, tickets.minutes >= 0),
            "Cost": pc.if_else(
                pa.array(tickets.minutes >= 0), money(tickets.cents), pa.scalar(None, pa.decimal128(18, 2))
            ),
            "Satisfaction": labels(("Unoffered", "Bad", "Good"), tickets.good + 1),
        }
    )
    file = "zendesk_tickets"
    rows = dirt.swapped(file, rows, "Created at", "Solved at", 0.004)
    rows = dirt.repeat(file, rows)
    rows = dirt.orphan(file, rows, "Organization external ID", "Ticket ID")
    return dirt.bad_dates(file, rows, "Created at", "Ticket ID")


def nps_rows(people: Population, users: People, answers: relations.Answers, start: int, dirt: Dirt) -> pa.Table:
    words = (*world.DETRACTOR_WORDS, *world.PASSIVE_WORDS, *world.PROMOTER_WORDS)
    level = np.where(answers.score >= 9, 10, np.where(answers.score >= 7, 5, 0))
    rows = table(
        {
            "response_id": ids("nps_", start + np.arange(len(answers.owner), dtype=np.int64)),
            "account_id": account_ids(people, answers.owner),
            "user_id": user_ids(users, users.first_of_company[answers.owner]),
            "submitted": pc.strftime(pa.array(answers.at.astype("datetime64[s]")), format="%d/%m/%Y %H:%M"),
            "score": numbers(answers.score),
            "comment": labels(words, level + answers.words),
        }
    )
    rows = dirt.orphan("nps_responses", rows, "account_id", "response_id")
    return rows.set_column(3, "submitted", pc.replace_substring_regex(rows["submitted"], r":(\d\d):.*$", r":\1"))


def onboarding_rows(people: Population) -> pa.Table:
    """Three answers of each company that filled in the form, as the product stores them."""
    owner = np.repeat(np.flatnonzero(people.answered), 3)
    nth = np.arange(len(owner)) % 3
    team = np.minimum(np.searchsorted((2, 6, 40, 300), people.employees, side="right"), 4)
    names = (*world.USE_CASES.names, *world.TEAM_SIZES, *world.ROLES.names)
    shift = np.asarray((0, len(world.USE_CASES.names), len(world.USE_CASES.names) + len(world.TEAM_SIZES)))
    answer = np.select([nth == 0, nth == 1], [people.use_case[owner], team[owner]], people.role[owner]) + shift[nth]
    return table(
        {
            "answer_id": ids("ob_", people.number[owner] * 3 + nth),
            "account_id": account_ids(people, owner),
            "submitted_at": moments(people.signed_up[owner] + 90 + nth * 15),
            "question": labels(("use case", "team size", "role"), nth),
            "answer": labels(names, answer),
        }
    )


def referral_rows(people: Population, rows: relations.Referrals) -> pa.Table:
    return table(
        {
            "referral_id": ids("ref_", people.number[rows.owner]),
            "referrer_account_id": account_ids(people, rows.referrer),
            "referred_account_id": account_ids(people, rows.owner),
            "referred_at": moments(rows.referred),
            "became_customer_at": moments(rows.converted),
        }
    )


def request_rows(people: Population, notes: relations.Notes, start: int) -> pa.Table:
    return table(
        {
            "request_id": ids("req_", start + np.arange(len(notes.owner), dtype=np.int64)),
            "account_id": account_ids(people, notes.owner),
            "requested_at": moments(notes.at),
            "feature": labels(world.FEATURES.names, notes.kind),
            "shipped_at": moments(notes.done),
        }
    )


def touch_rows(people: Population, notes: relations.Notes, start: int) -> pa.Table:
    return table(
        {
            "Member ID": ids("cm_", start + np.arange(len(notes.owner), dtype=np.int64)),
            "App Account ID": account_ids(people, notes.owner),
            "Responded At": moments(notes.at),
            "Type": labels(("webinar", "e-mail", "e-mail", "content", "webinar", "call"), notes.kind),
            "Campaign": labels(world.CAMPAIGNS.names, notes.kind),
        }
    )


def interview_rows(people: Population, notes: relations.Notes, start: int) -> pa.Table:
    return table(
        {
            "interview_id": ids("int_", start + np.arange(len(notes.owner), dtype=np.int64)),
            "account_id": account_ids(people, notes.owner),
            "held_at": moments(notes.at),
            "topic": labels(world.FEATURES.names, notes.kind),
        }
    )


def deal_rows(people: Population, deals: relations.Deals, start: int, dirt: Dirt) -> pa.Table:
    open_ = np.isnat(deals.closed)
    rows = table(
        {
            "Opportunity ID": ids("0065g", start + np.arange(len(deals.owner), dtype=np.int64)),
            "App Account ID": account_ids(people, deals.owner),
            "Created Date": moments(deals.created),
            "Close Date": days(deals.closed),
            "Stage": labels(
                ("Closed Lost", "Closed Won", "Negotiation"), np.where(open_, 2, deals.won.astype(np.int64))
            ),
            "Amount": money(deals.cents),
            "Main Competitor": labels(world.COMPETITORS.names, deals.competitor),
            "Loss Reason": labels(world.LOST_REASONS.names, deals.lost_reason),
        }
    )
    return dirt.bad_dates("salesforce_opportunities", rows, "Created Date", "Opportunity ID")


def spend_rows(signups: Ints, first: Day, last: Day) -> pa.Table:
    """What marketing spent per month and channel; `signups` counts months × channels. Whole months only."""
    months = first.astype("datetime64[M]") + np.arange(signups.shape[0])
    month = np.repeat(months, signups.shape[1])
    channel = np.tile(np.arange(signups.shape[1]), signups.shape[0])
    per_signup = np.asarray([world.CHANNEL_COST_CENTS[c] for c in world.CHANNELS.names])
    cents = signups.ravel() * per_signup[channel] + np.where(per_signup[channel] > 0, 15_000, 0)
    keep = (cents > 0) & (month <= last.astype("datetime64[M]"))
    return table(
        {
            "Month": days(month[keep].astype("datetime64[D]")),
            "Channel": labels(world.CHANNELS.names, channel[keep]),
            "Cost (EUR)": money(cents[keep]),
        }
    )
