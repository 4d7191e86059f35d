"""The record of each person: who they are, for which customer, and how much they use the product."""

from __future__ import annotations

import pyarrow as pa

from beachhead.customers import measures
from beachhead.customers.event_counts import EventCounts, days_array, run_of
from beachhead.customers.model_tables import with_own_numbers
from beachhead.engines.base import Engine

STATED = {
    "user_id": "user_id",
    "name": "name",
    "email": "email",
    "role": "role",
    "signed_up_on": "signed_up_day",
}
"""What the model table says of people whatever the day, by its name in their record."""
_MEASURES = {
    "event_count_30d": measures.USER_COUNT_30D,
    "event_count_90d": measures.USER_COUNT_90D,
    "event_count_total": measures.USER_COUNT_TOTAL,
    "active_days_30d": measures.USER_ACTIVE_30D,
}


def people_table(engine: Engine, counts: EventCounts | None) -> pa.Table:
    """One row per known person, ordered by number, with what depends on the day: user_no, account_no, counters.

    Counters are there only where events are, as whole numbers in 32 bits. Needs the views of `record.make_areas`.
    """
    people = with_own_numbers(engine.query("SELECT user_no, account_no FROM known_users ORDER BY user_no"))
    if counts is None:
        return people
    rows = counts.per_user[:, run_of(people["user_no"].to_numpy())]
    for name, column in _MEASURES.items():
        people = people.append_column(name, pa.array(rows[column]))
    people = people.append_column("first_event_on", days_array(rows[measures.USER_FIRST_DAY]))
    return people.append_column("last_event_on", days_array(rows[measures.USER_LAST_DAY]))
