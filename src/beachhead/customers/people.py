"""The record of each person: who they are, for which customer, and how much they use the product."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from beachhead.customers import measures
from beachhead.customers.event_counts import EventCounts, days_array
from beachhead.engines.base import Engine

_MEASURES = {
    "event_count_30d": measures.USER_COUNT_30D,
    "event_count_90d": measures.USER_COUNT_90D,
    "event_count_total": measures.USER_COUNT_TOTAL,
    "active_days_30d": measures.USER_ACTIVE_30D,
}


def people_table(engine: Engine, counts: EventCounts | None) -> pa.Table:
    """One row per known person, ordered by number.

    Counters are there only where events are. Needs the views of `record.make_areas`.
    """
    people = engine.query(
        "SELECT user_no, account_no, user_id, name, email, role, signed_up_day AS signed_up_on FROM known_users "
        "ORDER BY user_no"
    )
    if counts is None:
        return people
    rows = counts.per_user[:, people["user_no"].to_numpy()]
    for name, column in _MEASURES.items():
        people = people.append_column(name, pa.array(rows[column].astype(np.int64)))
    people = people.append_column("first_event_on", days_array(rows[measures.USER_FIRST_DAY]))
    return people.append_column("last_event_on", days_array(rows[measures.USER_LAST_DAY]))
