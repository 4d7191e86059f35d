"""What the data can show before anything is concluded: who is in it, over how long, and how small a difference can be
seen; and what to do instead where that is little."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

import numpy as np
import pyarrow as pa

from beachhead.analysis.columns import Mask, flat, optional_floats, optional_truths
from beachhead.analysis.display import date_text, plural, share_text
from beachhead.analysis.keeping import quiet, was_and_is
from beachhead.stats.power import smallest_difference

FEW = 100
"""With fewer customers than this, talking with them tells more than counting them."""
_CALLED = 5
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Kind:
    """Customers of a kind: `count` of them, None where the data cannot tell. `lacking`: what to do about it."""

    name: str
    count: int | None
    lacking: str = ""


@dataclass(frozen=True, slots=True)
class Sight:
    """`kinds`: who is in the data. `since`: the first day of which something is known. `lines`: what can be seen, in
    sentences, each with what it is of. `next_steps`: what to do where it is little. `to_call`: names worth a call.
    `difference`: the smallest difference of kept rates between two equal halves that would be seen, 0–1; None: none.
    """

    kinds: tuple[Kind, ...]
    since: date | None
    lines: tuple[str, ...]
    next_steps: tuple[str, ...]
    to_call: tuple[str, ...]
    difference: float | None


def sight(
    accounts: pa.Table, as_of: date, customers: str, missing: Mapping[str, str], *, is_shop: bool = False
) -> Sight:
    """What records of customers as of a day can show. `customers`: what they are called; `missing`: attributes without
    data, and what would have to be there; `is_shop`: they order, and need not say when they leave."""
    told = was_and_is(accounts)
    kinds = _kinds(accounts, told, as_of, {} if is_shop else missing, is_shop=is_shop)
    since = _since(accounts)
    lines, steps, difference = [], [], None
    n = accounts.num_rows
    lines.append(f"{plural(n, customers)}: {', '.join(_counted(k) for k in kinds if k.count)}.")
    if since:
        months = max(0, (as_of.year - since.year) * 12 + as_of.month - since.month)
        lines.append(f"The first sign-up or purchase is of {date_text(since)}, {plural(months, 'months')} ago.")
        if months < 12:
            steps.append(
                "With less than a year, yearly renewals and seasons cannot be seen; older exports would show them."
            )
    if told:
        was = int(np.count_nonzero(told[0]))
        left = int(np.count_nonzero(told[0] & ~told[1]))
        difference = smallest_difference(left / was, was // 2) if was else None
        lines.append(_seen(was, left, difference, customers))
    steps += [k.lacking for k in kinds if k.lacking]
    to_call = _to_call(accounts, told) if n < FEW else ()
    if to_call:
        steps.append(
            f"With {plural(n, customers)}, talk to them: {', '.join(to_call)}. Ask the best why they came and stay, "
            "and those who left what they use now. Five of each tell more than any share."
        )
    return Sight(kinds, since, tuple(lines), tuple(steps), to_call, difference)


def _counted(kind: Kind) -> str:
    return f"{kind.count:,} {kind.name}"


def _seen(was: int, left: int, difference: float | None, customers: str) -> str:
    base = f"{plural(was, customers)} ever paid or bought, {left:,} of them left"
    if not left or left == was:
        return f"{base}: nobody can say yet what keeps {customers}, since all did the same."
    if difference is None:
        return f"{base}: too few to see any difference in who stays."
    points = ceil(difference * 100)
    return (
        f"{base} ({share_text(left / was)}). Between two halves of them, a difference in leaving of {points} points or "
        "more would be seen (80 % sure, at the 5 % level); a smaller one may be there and stay unseen."
    )


def _kinds(
    accounts: pa.Table, told: tuple[Mask, Mask] | None, as_of: date, missing: Mapping[str, str], *, is_shop: bool
) -> tuple[Kind, ...]:
    status = flat(accounts, "account_status").to_pylist() if "account_status" in accounts.column_names else []
    current = sum(s == "active_customer" for s in status)
    trials = sum(s in ("active_trial", "expired_trial") for s in status)
    others = sum(s in ("free", "prospect") for s in status)
    if told is None:
        silent = quiet(accounts, as_of)
        said = f" ({silent.count:,} of {silent.of:,} have not {silent.done} for 90 days)" if silent else ""
        add = "Add cancelled subscriptions, or the day of leaving."
        if is_shop:
            add = "Who buys again can be told from who does not."
        gone = Kind("who left", None, f"Who left cannot be told{said}. {add}")
    else:
        left = int(np.count_nonzero(told[0] & ~told[1]))
        lacking = (
            "Nobody left, which is rare: see whether the export leaves out cancelled ones (in Stripe: Billing, "
            "Subscriptions, the tab Canceled, then Export)."
        )
        gone = Kind("left", left, "" if left else lacking)
    no_trials = "Nobody tried without buying: with trials (their end), what makes them buy could be seen."
    tried = Kind("in or after a trial", trials, "" if trials or "trial_ends_on" not in missing else no_trials)
    return (Kind("customers now", current), gone, tried, Kind("not customers yet", others))


def _since(accounts: pa.Table) -> date | None:
    days = [d for name in ("signed_up_on", "customer_since_on") if (d := optional_floats(accounts, name)) is not None]
    known = np.concatenate([d[~np.isnan(d)] for d in days]) if days else np.zeros(0)
    return _EPOCH + timedelta(days=int(known.min())) if known.size else None


def _to_call(accounts: pa.Table, told: tuple[Mask, Mask] | None) -> tuple[str, ...]:
    """The best by score, then those who left, by name."""
    name = "account_name" if "account_name" in accounts.column_names else "account_id"
    names = [
        n or i for n, i in zip(flat(accounts, name).to_pylist(), flat(accounts, "account_id").to_pylist(), strict=True)
    ]
    rank = optional_floats(accounts, "value_rank")
    best = [int(i) for i in np.argsort(rank)[:_CALLED] if np.isfinite(rank[i])] if rank is not None else []
    gone = [int(i) for i in np.flatnonzero(told[0] & ~told[1])[:_CALLED]] if told else []
    now = optional_truths(accounts, "is_customer")
    best = best or ([int(i) for i in np.flatnonzero(now)[:_CALLED]] if now is not None else [])
    return tuple(names[i] for i in dict.fromkeys([*best, *gone]))
