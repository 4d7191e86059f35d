"""Chains of rows as SQL: by running extremes over the moments of a customer, never by joining rows with rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from beachhead.rules.ast import Chain
from beachhead.rules.days import later
from beachhead.rules.sql import date_sql

_SO_FAR = "rows between unbounded preceding and current row"
# What is ordered is never null; BigQuery cannot say that nulls come last in such a window, so nothing says it.


def chain_tables(
    chain: Chain, name: str, keys: Sequence[str], steps: Sequence[str], as_of: date
) -> list[tuple[str, str]]:  # fmt: skip
    """The tables, each with its SELECT, of which the last, called `name`, holds the `keys` for which a chain is true.

    `steps` are the SELECTs of the rows of each step: the keys, and the `moment`, never null.
    """
    build = _broken if chain.is_broken else _followed
    *inner, last = build(chain, name, ", ".join(keys), steps, as_of)
    return [*((f"{name}_{i}", sql) for i, sql in enumerate(inner, 1)), (name, last)]


def _followed(chain: Chain, name: str, keys: str, steps: Sequence[str], _: date) -> list[str]:
    """Step by step the moments that can be reached, each with the latest start from which it can.

    The later the row before, the later the start from which it was reached; so the latest row before decides.
    """
    made = [f"select {keys}, moment, moment as start from ({steps[0]}) as r"]
    for i, step in enumerate(steps[1:], 1):
        both = (
            f"select {keys}, moment, start, 1 as is_reached from {name}_{i} union all "
            f"select {keys}, moment, cast(null as timestamp) as start, 0 as is_reached from ({step}) as r"
        )
        # Of equal moments the reached one comes after: strictly later counts.
        window = f"over (partition by {keys} order by moment nulls first, is_reached nulls first {_SO_FAR})"
        before = f"max(case when is_reached = 1 then moment end) {window}"
        gap = "" if chain.gap_days is None else f" and moment <= moment_before + {_days(chain.gap_days)}"
        made.append(
            f"select {keys}, moment, start_before as start from ("
            f"select {keys}, moment, is_reached, max(start) {window} as start_before, {before} as moment_before "
            f"from ({both}) as b) as w where is_reached = 0 and moment_before is not null{gap}"
        )
    within = "" if chain.within_days is None else f" where moment <= start + {_days(chain.within_days)}"
    return [*made, f"select distinct {keys} from {name}_{len(steps)}{within}"]


def _broken(chain: Chain, _: str, keys: str, steps: Sequence[str], as_of: date) -> list[str]:
    if chain.within_days is None:  # its time is never over
        return [f"select distinct {keys} from ({steps[0]}) as r where false"]
    first, second = steps
    both = (
        f"select {keys}, moment, 0 as is_second from ({first}) as r union all "
        f"select {keys}, moment, 1 as is_second from ({second}) as s"
    )
    # Backwards in time; of equal moments the second comes after: it was not later.
    window = f"over (partition by {keys} order by moment desc, is_second nulls first {_SO_FAR})"
    ended = date_sql(later(as_of + timedelta(days=1), -chain.within_days, "day"))
    return [
        f"select distinct {keys} from ("
        f"select {keys}, moment, is_second, min(case when is_second = 1 then moment end) {window} as moment_after "
        f"from ({both}) as b) as w where is_second = 0 and moment < cast({ended} as timestamp) "
        f"and (moment_after is null or moment_after > moment + {_days(chain.within_days)})"
    ]


def _days(count: int) -> str:
    return f"interval {count} day"
