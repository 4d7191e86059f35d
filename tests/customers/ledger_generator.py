"""Random rows of one customer for the ledger: subscriptions or charges over 30 months, edges and nonsense included.

The same seed gives the same rows. Their types are those of `ledger_oracle`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Literal

from ledger_oracle import OracleSettings, Rate, later

FIRST_DAY, LAST_DAY = date(2023, 1, 1), date(2025, 6, 30)
_ODD_STATUSES = (
    "past_due", "past_due", "live", "trialing", "trial", "in_trial", "paused", "unpaid", "incomplete", "future",
    "draft", "incomplete_expired", "pending", "canceled", "canceled", "cancelled", "expired", "ended", "churned",
)  # fmt: skip
_TAXED = (599, 1999, 3000, 4999, 5000, 120_000)
_CURRENCIES = (None, None, "EUR", "EUR", "USD", "USD", "GBP", "JPY", "XTS")
_INTERVALS = (None, "month", "month", "month", "year", "year", "quarter", "week", "day")


def random_settings(rng: Random) -> OracleSettings:
    """Options of every kind, and rates that change on some days; XTS has none."""
    rates: dict[str, Rate | Mapping[date, Rate]] = {"GBP": 1.17}
    for currency, about in (("USD", 0.92), ("JPY", 0.0062)):
        days = [_some_day(rng) for _ in range(rng.randint(1, 6))]
        rates[currency] = {day: round(about * rng.uniform(0.9, 1.1), 4) for day in days}
    churn_on: Literal["end", "cancellation"] = rng.choice(("end", "end", "cancellation"))
    discounts: Literal["all", "forever", "none"] = rng.choice(("all", "all", "forever", "none"))
    return OracleSettings("EUR", rates, churn_on, discounts)


def random_history(rng: Random, account_id: str = "a") -> dict[str, list[dict[str, object]]]:
    """Subscriptions of one customer from `FIRST_DAY` to `LAST_DAY`, edges and nonsense included.

    No two versions of one subscription have the same `valid_from` moment (which of them holds depends on the file).
    """
    rows: list[dict[str, object]] = []
    for n in range(rng.choice((1, 1, 1, 2, 2, 3, 4, 6))):
        started = _some_moment(rng, latest=600)
        versions = rng.choice((1, 1, 1, 2, 2, 3, 5, 8))
        valid = _valid_from(rng, started, versions)
        row = _first_version(rng, account_id, f"{account_id}-s{n}", started)
        for valid_from in valid:
            row = {**row, "valid_from": valid_from}
            rows.append(row)
            row = {**row, **_changed(rng, started)}
    rng.shuffle(rows)
    return {"subscriptions": rows}


def _valid_from(rng: Random, started: datetime, versions: int) -> list[datetime | None]:
    """Different moments, in order: around the start, in bursts on one day, or spread; the first often none."""
    moments: set[datetime] = set()
    moment = started - timedelta(days=rng.choice((0, 0, 0, 0, 3, 40)))
    while len(moments) < versions:
        moments.add(moment)
        if rng.random() < 0.3:
            moment += timedelta(minutes=rng.randint(1, 600))
        else:
            moment = _hour(rng, (moment + timedelta(days=rng.choice((1, 1, 7, 30, 31, 90, 200)))).date())
    first: list[datetime | None] = [None] if rng.random() < 0.5 and min(moments) >= started else [min(moments)]
    return [*first, *sorted(moments)[1:]]


def _first_version(rng: Random, account_id: str, subscription_id: str, started: datetime) -> dict[str, object]:
    row: dict[str, object] = {
        "account_id": account_id,
        "subscription_id": subscription_id,
        "plan": rng.choice((None, "free", "pro", "team")),
        "product_line": rng.choice((None, "crm", "phone")),
        "started_at": started,
        "trial_ends_at": _after(rng, started, (-5, 0, 7, 14, 14, 30)) if rng.random() < 0.3 else None,
        "ended_at": _after(rng, started, (-20, 0, 1, 30, 31, 120, 365, 500)) if rng.random() < 0.4 else None,
        "cancelled_at": None,
        "status": _some_status(rng),
        "amount": _some_amount(rng),
        "tax": None,
        "interval": rng.choice(_INTERVALS),
        "interval_count": rng.choice((None, None, 1, 1, 2, 3, 6)),
        "quantity": rng.choice((None, None, 1, 3, 12)),
        "currency": rng.choice(_CURRENCIES),
        "discount_percent": None, "discount": None, "discount_starts_at": None, "discount_ends_at": None,
        "paused_at": None, "resumed_at": None,
    }  # fmt: skip
    for change in (_discount, _pause, _cancellation, _tax):
        if rng.random() < 0.25:
            row |= change(rng, started)
    return row


def _changed(rng: Random, started: datetime) -> dict[str, object]:
    """What a further version says otherwise."""
    changes: tuple[Callable[[], dict[str, object]], ...] = (
        lambda: {"amount": _some_amount(rng)},
        lambda: {"amount": _some_amount(rng)},
        lambda: {"quantity": rng.choice((None, 0, 1, 2, 5, 40))},
        lambda: {"status": _some_status(rng)},
        lambda: {"status": "active", "ended_at": None, "cancelled_at": None, "paused_at": None, "resumed_at": None},
        lambda: {"currency": rng.choice(_CURRENCIES)},
        lambda: {"interval": rng.choice(_INTERVALS), "interval_count": rng.choice((None, 1, 2))},
        lambda: {"trial_ends_at": _after(rng, started, (0, 30, 60, 200))},
        lambda: {"ended_at": _after(rng, started, (0, 30, 90, 250, 400))},
        lambda: {"plan": rng.choice(("free", "pro", "team"))},
        lambda: {"started_at": _after(rng, started, (-30, -1, 1, 45))},
        lambda: _discount(rng, started),
        lambda: _pause(rng, started),
        lambda: _cancellation(rng, started),
        lambda: _tax(rng, started),
        lambda: {},
    )
    return rng.choice(changes)()


def _discount(rng: Random, started: datetime) -> dict[str, object]:
    percent, amount = rng.choice(
        ((10, None), (50, None), (12.5, None), (33.3, 100), (100, None), (None, 500), (None, 9000))
    )
    return {
        "discount_percent": percent,
        "discount": amount,
        "discount_starts_at": _after(rng, started, (-10, 0, 30, 60, 200)) if rng.random() < 0.5 else None,
        "discount_ends_at": _after(rng, started, (-5, 0, 30, 90, 300)) if rng.random() < 0.6 else None,
    }


def _pause(rng: Random, started: datetime) -> dict[str, object]:
    paused = _after(rng, started, (-10, 0, 15, 60, 200))
    resumed = _after(rng, paused, (-3, 0, 0, 1, 30, 100)) if rng.random() < 0.7 else None
    return {"paused_at": paused, "resumed_at": resumed}


def _cancellation(rng: Random, started: datetime) -> dict[str, object]:
    cancelled = _after(rng, started, (-2, 0, 20, 100, 300))
    return {
        "cancelled_at": cancelled,
        "ended_at": _after(rng, cancelled, (-4, 0, 10, 30)) if rng.random() < 0.8 else None,
    }


def _tax(rng: Random, _started: datetime) -> dict[str, object]:
    return {"tax": rng.choice((0, 19, 190, 1900, 50_000))}


def random_charges(rng: Random, account_id: str = "a") -> dict[str, list[dict[str, object]]]:
    """Charges of one customer from `FIRST_DAY` to `LAST_DAY`: with and without periods, prorated, credits, one-offs.

    Whether charges without a period are of one subscription or of none, several may run and overlap.
    """
    rows: list[dict[str, object]] = []
    identified = rng.random() < 0.6
    for n in range(rng.choice((1, 1, 2, 3))):
        subscription = f"{account_id}-s{n}" if identified else None
        interval = rng.choice(("month", "month", "month", "year", "quarter", "week", "day"))
        count = rng.choice((None, None, 1, 2, 3))
        of_all: dict[str, object] = {
            "account_id": account_id, "subscription_id": subscription, "interval": interval, "interval_count": count,
            "plan": rng.choice((None, "pro", "team")), "product_line": rng.choice((None, "crm", "phone")),
            "currency": rng.choice(_CURRENCIES), "amount": rng.choice((0, 599, 3000, 4999, 120_000)),
        }  # fmt: skip
        make = _with_periods if rng.random() < 0.5 else _without_periods
        rows += make(rng, of_all)
    for _ in range(rng.randint(0, 2)):
        rows.append({"account_id": account_id, "charged_at": _some_moment(rng), "amount": 10_000})
    for n, row in enumerate(rows):
        row["charge_id"] = f"{account_id}-c{n}"
        row.setdefault("status", rng.choice((*("paid",) * 9, None, "past_due", "refunded", "failed", "void", "draft")))
        row["tax"] = rng.choice((None, None, None, 0, 95)) if row["amount"] in _TAXED else None
        row["refunded"] = rng.choice((None, None, 500))
    rng.shuffle(rows)
    return {"charges": rows}


def _with_periods(rng: Random, row: Mapping[str, object]) -> Iterator[dict[str, object]]:
    start = _some_moment(rng, latest=500)
    for _ in range(rng.randint(1, 8)):
        end = later(start, row, 1)
        stated = dict(row) if rng.random() < 0.5 else {**row, "interval": None, "interval_count": None}
        charged = start + timedelta(days=rng.choice((0, 0, 0, -10, 20)))
        yield {**stated, "charged_at": charged, "period_start": start, "period_end": end}
        middle = start + (end - start) * rng.choice((0.25, 0.5, 0.8))
        middle = middle.replace(microsecond=0)
        if rng.random() < 0.3:
            for amount in (-rng.randint(100, 4000), rng.randint(100, 9000)):
                prorated = rng.choice((True, True, True, False, None))
                interval = row["interval"] if rng.random() < 0.9 else None
                yield {
                    **row, "amount": amount, "interval": interval, "is_prorated": prorated, "charged_at": middle,
                    "period_start": middle, "period_end": end,
                }  # fmt: skip
        start = end + timedelta(days=rng.choice((0, 0, 0, 0, 0, 1, -2, 12)))


def _without_periods(rng: Random, row: Mapping[str, object]) -> Iterator[dict[str, object]]:
    moment = _some_moment(rng, latest=500)
    amount = row["amount"]
    for _ in range(rng.randint(1, 12)):
        half = {"period_start": moment} if rng.random() < 0.1 else {}
        yield {**row, **half, "charged_at": moment, "amount": amount}
        shift = rng.choice((0, 0, 0, 0, 0, -9, -8, -7, -6, -3, -1, 1, 2, 3, 6, 7, 8, 9, 60))
        moment = _hour(rng, max(later(moment, row, 1) + timedelta(days=shift), moment).date())
        if rng.random() < 0.2:
            amount = rng.choice((0, 1999, 3000, 5000))


def _some_day(rng: Random, latest: int | None = None) -> date:
    return FIRST_DAY + timedelta(days=rng.randint(0, latest or (LAST_DAY - FIRST_DAY).days))


def _some_moment(rng: Random, latest: int | None = None) -> datetime:
    day = _some_day(rng, latest)
    ends = (day.replace(day=1), later(datetime.combine(day.replace(day=1), time()), {"interval": "month"}, 1).date())
    return _hour(rng, rng.choice((day, day, day, ends[0], ends[1] - timedelta(days=1))))


def _hour(rng: Random, day: date) -> datetime:
    """An hour at which clocks are never changed."""
    return datetime.combine(day, time(*rng.choice(((0, 0), (0, 0), (0, 30), (9, 15), (12, 0), (23, 45)))))


def _after(rng: Random, moment: datetime, days: Sequence[int]) -> datetime:
    return _hour(rng, (moment + timedelta(days=rng.choice(days) + rng.choice((0, 0, 0, 1, 3)))).date())


def _some_status(rng: Random) -> str | None:
    return rng.choice(_ODD_STATUSES) if rng.random() < 0.25 else rng.choice((None, "active"))


def _some_amount(rng: Random) -> int | None:
    if rng.random() < 0.15:
        return rng.choice((None, 0, 1, 6, -700))
    return rng.choice((599, 1000, 1005, 2500, 2999, 4900, 9900, 50_000, 119_988))
