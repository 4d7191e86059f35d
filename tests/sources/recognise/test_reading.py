"""How values are read, what is asked of a person, and what an answer changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from beachhead.sources.recognise.choices import answered
from beachhead.sources.recognise.context import RecogniseContext
from beachhead.sources.recognise.proposal import ColumnProposal, Proposal
from beachhead.sources.recognise.recognise import recognise_as, recognise_file


def recognised(tmp_path: Path, context: RecogniseContext, text: str, name: str = "payments.csv") -> Proposal:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return recognise_file(path, name, context).proposals[0]


def column(proposal: Proposal, target: str, section: str = "columns") -> ColumnProposal:
    return next(c for c in proposal.columns if (c.section, c.target) == (section, target))


def formats(proposal: Proposal, target: str) -> tuple[str, ...]:
    mapping = column(proposal, target).mapping
    assert mapping is not None
    return mapping.format


def payments(*dates: str, amounts: tuple[str, ...] = ("19.00", "20.50", "7.25")) -> str:
    rows = [f'p{n},acc_{n},{d},"{a}"' for n, (d, a) in enumerate(zip(dates, amounts, strict=True))]
    return "\n".join(["payment_id,customer_id,paid_at,amount", *rows])


@pytest.mark.parametrize(
    ("dates", "form"),
    [
        (("31/01/2026", "01/02/2026", "02/03/2026"), ("%d/%m/%Y",)),
        (("01/31/2026", "02/01/2026", "03/02/2026"), ("%m/%d/%Y",)),
        (("2026-01-31", "2026-02-01", "2026-03-02"), ()),
    ],
)
def test_values_tell_whether_the_day_comes_first(
    dates: tuple[str, str, str], form: tuple[str, ...], tmp_path: Path, context: RecogniseContext
) -> None:
    found = recognised(tmp_path, context, payments(*dates))
    assert formats(found, "charged_at") == form
    assert found.choices == ()


def test_an_order_that_nothing_tells_is_asked_for(tmp_path: Path, context: RecogniseContext) -> None:
    found = recognised(tmp_path, context, payments("01/02/2026", "03/04/2026", "05/06/2026"))
    (choice,) = found.choices
    assert (choice.about, choice.column, choice.answer) == ("date_order", "paid_at", "day first")
    assert formats(found, "charged_at") == ("%d/%m/%Y",)
    assert formats(answered(found, choice, "month first"), "charged_at") == ("%m/%d/%Y",)


def test_americans_are_asked_with_the_month_first(tmp_path: Path, context: RecogniseContext) -> None:
    american = replace(context, timezone="America/Chicago", currency="USD")
    found = recognised(tmp_path, american, payments("01/02/2026", "03/04/2026", "05/06/2026"))
    assert found.choices[0].answer == "month first"
    assert formats(found, "charged_at") == ("%m/%d/%Y",)


def test_another_column_of_the_file_tells_the_order(tmp_path: Path, context: RecogniseContext) -> None:
    text = "ticket_id,customer_id,created_at,closed_at\nt1,a1,01/02/2026,13/02/2026\nt2,a2,03/04/2026,15/04/2026\n"
    found = recognised(tmp_path, context, text, "tickets.csv")
    assert formats(found, "created_at") == ("%d/%m/%Y",)
    assert found.choices == ()


def test_an_answer_that_is_none_of_the_options_is_refused(tmp_path: Path, context: RecogniseContext) -> None:
    found = recognised(tmp_path, context, payments("01/02/2026", "03/04/2026", "05/06/2026"))
    with pytest.raises(ValueError, match="none of"):
        answered(found, found.choices[0], "year first")


@pytest.mark.parametrize(
    ("amounts", "decimal"),
    [(("1.234,50", "99,00", "7,25"), ","), (("1,234.50", "99.00", "7.25"), "."), (("1.234", "99", "7"), ",")],
)
def test_the_decimal_sign_is_that_of_the_values(
    amounts: tuple[str, str, str], decimal: str, tmp_path: Path, context: RecogniseContext
) -> None:
    found = recognised(tmp_path, context, payments("2026-01-01", "2026-01-02", "2026-01-03", amounts=amounts))
    mapping = column(found, "amount").mapping
    assert mapping is not None
    assert mapping.decimal == decimal


def test_a_currency_in_a_columns_name_is_a_constant(tmp_path: Path, context: RecogniseContext) -> None:
    text = payments("2026-01-01", "2026-01-02", "2026-01-03").replace("amount", "Amount (GBP)")
    mapping = column(recognised(tmp_path, context, text), "currency").mapping
    assert mapping is not None
    assert mapping.constant == "GBP"


def test_dollars_may_be_those_of_several_countries(tmp_path: Path, context: RecogniseContext) -> None:
    amounts = ("$19.00", "$20.00", "$7.25")
    found = recognised(tmp_path, context, payments("2026-01-01", "2026-01-02", "2026-01-03", amounts=amounts))
    (choice,) = found.choices
    assert (choice.about, choice.answer) == ("currency", "USD")
    mapping = column(answered(found, choice, "CAD"), "currency").mapping
    assert mapping is not None
    assert mapping.constant == "CAD"


def test_amounts_that_may_be_cents_are_asked_for(tmp_path: Path, context: RecogniseContext) -> None:
    rows = "\n".join(f"o{n},c{n},2026-01-0{n},{1900 + n}" for n in range(1, 9))
    found = recognised(tmp_path, context, f"order_id,customer_id,ordered_at,subtotal\n{rows}\n", "orders.csv")
    (choice,) = found.choices
    mapping = column(answered(found, choice, "cents"), "revenue").mapping
    assert (choice.about, choice.answer) == ("unit", "whole units")
    assert mapping is not None
    assert mapping.unit == "minor"


def test_texts_that_mean_unknown_are_told(tmp_path: Path, context: RecogniseContext) -> None:
    amounts = ("19.00", "N/A", "7.25")
    found = recognised(tmp_path, context, payments("2026-01-01", "2026-01-02", "2026-01-03", amounts=amounts))
    mapping = column(found, "amount").mapping
    assert mapping is not None
    assert mapping.empty == ("N/A",)


def test_what_is_known_only_after_they_left_is_marked(tmp_path: Path, context: RecogniseContext) -> None:
    rows = "\n".join(f"a{n},{'price' if n % 2 else 'support'},{n}" for n in range(30))
    found = recognised(tmp_path, context, f"customer_id,churn_reason,logins\n{rows}\n", "customers.csv")
    told = {c.target: c.mapping.known_from for c in found.columns if c.section == "extra" and c.mapping}
    assert told == {"churn_reason": "outcome", "logins": None}


def test_a_price_for_all_seats_is_not_multiplied_by_them(tmp_path: Path, context: RecogniseContext) -> None:
    text = "subscription_id,customer_id,start_date,mrr,seats,billing_cycle\ns1,a1,2026-01-01,190,10,annual\n"
    found = recognised(tmp_path, context, text, "subscriptions.csv")
    unused = {c.source: c.reason for c in found.columns if c.section == "unused"}
    assert set(unused) == {"seats", "billing_cycle"}
    assert "for all units together" in unused["seats"]


def test_a_person_may_say_what_a_file_is(tmp_path: Path, context: RecogniseContext) -> None:
    path = tmp_path / "hubspot.csv"
    path.write_text("Record ID,Company name,Company Domain Name,Create Date\n9,Acme,acme.com,2026-01-03\n", "utf-8")
    found = recognise_file(path, path.name, context).proposals[0]
    (choice,) = found.choices
    assert (found.table, choice.about, choice.options) == ("companies", "table", ("companies", "accounts"))
    with pytest.raises(ValueError, match="looked at again"):
        answered(found, choice, "accounts")
    other = recognise_as(path, path.name, context, "accounts").proposals[0]
    told = {c.target: c.source for c in other.columns if c.section == "columns"}
    assert told == {
        "account_id": "Record ID",
        "name": "Company name",
        "website": "Company Domain Name",
        "signed_up_at": "Create Date",
    }
    assert (other.product, other.ids) == ("hubspot", "hubspot")


def test_a_price_for_all_units_takes_the_quantity_away(tmp_path: Path, context: RecogniseContext) -> None:
    text = "subscription_id,customer_id,start_date,price,seats,interval\ns1,a1,2026-01-31,190.50,10,month\n"
    found = recognised(tmp_path, context, text, "subscriptions.csv")
    (choice,) = found.choices
    assert (choice.about, choice.column) == ("quantity", "seats")
    together = answered(found, choice, "for all units together")
    assert [c.section for c in together.columns if c.source == "seats"] == ["unused"]
    again = answered(together, together.choices[0], "for one unit")
    assert column(again, "quantity").source == "seats"


def test_people_taken_for_customers_keep_ids_of_their_own(tmp_path: Path, context: RecogniseContext) -> None:
    # HubSpot numbers people and companies apart: contact 9 is not company 9.
    path = tmp_path / "contacts.csv"
    path.write_text("Record ID,First Name,Last Name,Email\n9,Ann,Abel,ann@acme.com\n", "utf-8")
    found = recognise_as(path, path.name, context, "accounts").proposals[0]
    assert (found.table, found.ids) == ("accounts", "hubspot_people")


def test_a_column_of_several_values_becomes_a_list(tmp_path: Path, context: RecogniseContext) -> None:
    tools = ["slack", "jira, teams", "teams, slack", "jira, slack, teams", "slack, jira"]
    rows = [f'c{n},Firm {n},2026-01-0{n % 9 + 1},"{tools[n % 5]}","{n} Oak St, Bern"' for n in range(40)]
    text = "\n".join(["customer_id,company,signed_up,Tools used,Street", *rows])
    found = recognised(tmp_path, context, text, "customers.csv")
    mapping = column(found, "tools_used", "extra").mapping
    assert mapping is not None
    assert (mapping.column, mapping.type, mapping.separator) == ("Tools used", "list", None)
    assert all(c.mapping is None or c.mapping.type != "list" for c in found.columns if c.source != "Tools used")
