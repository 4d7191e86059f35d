"""The ledger of MRR a second time: for each customer, day by day, in exact fractions. Slow, and meant to be read.

Nothing is shared with the ledger of the product. Rows are those of the customer model, after cleaning:
- a moment is a naive `datetime` in local time of the project (or a `date`: its start), or None;
- money is an int in minor units on the scale of the project's currency (cents for EUR), in the row's own currency;
- `interval_count` and `quantity` are ints, `discount_percent` an int, float or Decimal, `is_prorated` a bool, or None;
- ids, `interval`, `status`, `currency`, `plan` and `product_line` are texts or None. A missing key is None.
"""

from __future__ import annotations

import calendar
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Literal

Row = Mapping[str, object]
Kind = Literal["new", "expansion", "contraction", "churn", "reactivation", "fx"]
Rate = int | float | Decimal | Fraction

MONTHS = {
    "day": Fraction(12, 365),
    "week": Fraction(12, 52),
    "month": Fraction(1),
    "quarter": Fraction(3),
    "year": Fraction(12),
}
"""How many months an interval lasts."""

NEVER_PAID = {"paused", "unpaid", "incomplete", "incomplete_expired", "draft", "pending", "future"}
IN_TRIAL = {"trial", "trialing", "in_trial"}
"""Says nothing where the day on which the trial ends is known."""
OVER_BY_NOW = {"expired", "ended", "canceled", "cancelled", "churned"}
"""Says how a subscription stands today: with a known end it was paid until then."""
UNPAID_CHARGE = {"failed", "void", "uncollectible", "pending", "draft"}

LENGTHS: tuple[tuple[range, Fraction], ...] = (
    (range(1, 2), MONTHS["day"]),
    (range(6, 9), MONTHS["week"]),
    (range(13, 16), 2 * MONTHS["week"]),
    (range(27, 33), MONTHS["month"]),
    (range(58, 64), 2 * MONTHS["month"]),
    (range(88, 94), MONTHS["quarter"]),
    (range(178, 187), 2 * MONTHS["quarter"]),
    (range(360, 371), MONTHS["year"]),
    (range(725, 736), 2 * MONTHS["year"]),
)
"""The months that a service period of so many days pays for."""


@dataclass(frozen=True)
class OracleSettings:
    """`rates`: what one unit of a currency is worth in `currency`, or day → that from this day on."""

    currency: str = "EUR"
    rates: Mapping[str, Rate | Mapping[date, Rate]] = field(default_factory=dict)
    churn_on: Literal["end", "cancellation"] = "end"
    discounts: Literal["all", "forever", "none"] = "all"


@dataclass(frozen=True, order=True)
class Movement:
    """A change of a customer's MRR on a day; `after_minor` is the MRR after it. On one day fx comes first."""

    account_id: str
    day: date
    kind: Kind
    amount_minor: int
    after_minor: int


@dataclass(frozen=True)
class _Line:
    """Something that is paid from `start` until the day before `end` (None: open), without the days of its pause.

    `together`: lines of which it is the same are added up before they are converted: charges of one subscription.
    """

    currency: str
    start: date
    end: date | None
    native: Callable[[date], int]
    paused: Callable[[date], bool] = lambda _day: False
    together: object = None

    def native_on(self, day: date) -> int | None:
        """Its MRR in its own currency; None where it is not paid."""
        begun = self.start <= day
        over = self.end is not None and day >= self.end
        return self.native(day) if begun and not over and not self.paused(day) else None


def movements(rows: Mapping[str, Sequence[Row]], settings: OracleSettings, until: date) -> list[Movement]:
    """Every movement up to and including `until`, by account and day.

    `rows`: `subscriptions`, or `charges`, which count only where there is no `subscriptions` at all.
    """
    lines = _subscription_lines(rows["subscriptions"], settings) if "subscriptions" in rows else None
    if lines is None:
        lines = _charge_lines(rows.get("charges", ()), settings)
    return [m for account in sorted(lines) for m in _of_account(account, lines[account], settings, until)]


def _of_account(account: str, lines: Sequence[_Line], settings: OracleSettings, until: date) -> Iterator[Movement]:
    day = min((line.start for line in lines), default=until) - timedelta(days=1)
    running: list[tuple[str, int]] = []  # each sum by its currency
    closing = 0
    has_paid = False
    while day < until:
        day += timedelta(days=1)
        opening = _worth(running, day, settings)
        if opening != closing:
            yield Movement(account, day, "fx", opening - closing, opening)
        sums: dict[tuple[object, str], int] = defaultdict(int)
        for n, x in enumerate(lines):
            if (native := x.native_on(day)) is not None:
                sums[n if x.together is None else x.together, x.currency] += native
        running = [(currency, native) for (_, currency), native in sums.items()]
        has_paid = has_paid or closing > 0
        closing = _worth(running, day, settings)
        if closing != opening:
            kind = _kind(opening, closing, has_paid or opening > 0)
            yield Movement(account, day, kind, closing - opening, closing)


def _kind(before: int, after: int, has_paid: bool) -> Kind:
    if before == 0:
        return "reactivation" if has_paid else "new"
    if after == 0:
        return "churn"
    return "expansion" if after > before else "contraction"


def _worth(running: Sequence[tuple[str, int]], day: date, settings: OracleSettings) -> int:
    """Sums in the project's currency at the rate of a day, each rounded for itself; never below 0."""
    return max(0, sum(_half_away(native * _rate(currency, day, settings)) for currency, native in running))


def _rate(currency: str, day: date, settings: OracleSettings) -> Fraction:
    if currency == settings.currency:
        return Fraction(1)
    rate = settings.rates.get(currency)
    if rate is None:
        return Fraction(0)
    if not isinstance(rate, Mapping):
        return _exact(rate)
    since = [known for known in sorted(rate) if known <= day]
    return _exact(rate[since[-1] if since else min(rate)])


def _subscription_lines(rows: Sequence[Row], settings: OracleSettings) -> dict[str, list[_Line]]:
    versions: dict[object, list[tuple[date, datetime, int, Row]]] = defaultdict(list)
    for position, row in enumerate(rows):
        started = _day(row, "started_at")
        if started is not None:
            version_day = max(started, _day(row, "valid_from") or started)
            valid_from = _moment(row.get("valid_from")) or datetime.min
            versions[row["subscription_id"]].append((version_day, valid_from, position, row))
    lines: dict[str, list[_Line]] = defaultdict(list)
    for found in versions.values():
        ordered = sorted(found, key=lambda v: v[:3])
        superseded = [*(day for day, *_ in ordered[1:]), None]
        for (version_day, _, _, row), next_day in zip(ordered, superseded, strict=True):
            lines[str(row["account_id"])].append(_version_line(row, version_day, next_day, settings))
    return lines


def _version_line(row: Row, version_day: date, next_day: date | None, settings: OracleSettings) -> _Line:
    ends = [next_day, _day(row, "ended_at")]
    if settings.churn_on == "cancellation":
        ends.append(_day(row, "cancelled_at"))
    end = min((e for e in ends if e is not None), default=None)
    status = str(row.get("status") or "active")
    is_trial = status in IN_TRIAL and row.get("trial_ends_at") is None
    if status in NEVER_PAID or is_trial or (status in OVER_BY_NOW and end is None):
        end = version_day
    start = max(version_day, _day(row, "trial_ends_at") or version_day)
    full, reduced = _monthly_price(row, False), _monthly_price(row, True)

    def native(day: date) -> int:
        return reduced if _is_discounted(row, day, settings) else full

    def paused(day: date) -> bool:
        since, resumed = _day(row, "paused_at"), _day(row, "resumed_at")
        return since is not None and since <= day and (resumed is None or day < resumed)

    return _Line(_currency(row, settings), start, end, native, paused)


def _is_discounted(row: Row, day: date, settings: OracleSettings) -> bool:
    starts, ends = _day(row, "discount_starts_at"), _day(row, "discount_ends_at")
    if settings.discounts == "none" or (settings.discounts == "forever" and ends is not None):
        return False
    return (starts is None or starts <= day) and (ends is None or day < ends)


def _monthly_price(row: Row, discounted: bool) -> int:
    amount = _int(row, "amount")
    months = _interval_months(row, default="month")
    if amount is None or months is None:
        return 0
    price = Fraction(amount * _int_or(row, "quantity", 1) - _int_or(row, "tax", 0))
    if discounted:
        price -= price * _exact(row.get("discount_percent") or 0) / 100
        price -= _int_or(row, "discount", 0)
    if amount >= 0:
        price = max(price, Fraction(0))
    return _half_away(price / months)


@dataclass(frozen=True)
class _Paid:
    """A charge that recurs. `is_stated`: it says the period it pays for."""

    row: Row
    start: date
    end: date
    is_stated: bool

    def tolerance(self) -> timedelta:
        return timedelta(days=1 if self.row.get("interval") in ("day", "week") else 7)


def _charge_lines(rows: Sequence[Row], settings: OracleSettings) -> dict[str, list[_Line]]:
    together: dict[tuple[str, object], list[_Paid]] = defaultdict(list)
    for row in rows:
        paid = _paid(row)
        if paid is not None:
            together[str(row["account_id"]), row.get("subscription_id")].append(paid)
    lines: dict[str, list[_Line]] = defaultdict(list)
    for (account, subscription), charges in together.items():
        for paid in charges:
            end = paid.end if paid.is_stated else _going_on(paid, charges)
            native, sums = _always(_charge_mrr(paid)), f"subscription {subscription}"
            lines[account].append(_Line(_currency(paid.row, settings), paid.start, end, native, together=sums))
    return lines


def _always(native: int) -> Callable[[date], int]:
    return lambda _day: native


def _paid(row: Row) -> _Paid | None:
    """None for what failed and for one-offs."""
    charged = _day(row, "charged_at")
    start, end = _day(row, "period_start"), _day(row, "period_end")
    if charged is None or str(row.get("status") or "paid") in UNPAID_CHARGE:
        return None
    if start is not None and end is not None:
        return _Paid(row, start, end, True)
    if row.get("interval") not in MONTHS:
        return None
    return _Paid(row, charged, later(datetime.combine(charged, time()), row, 1).date(), False)


def _going_on(paid: _Paid, charges: Sequence[_Paid]) -> date:
    """Where a charge without a stated period stops counting: at the next in time, else after some days of grace."""
    earliest, latest = paid.end - paid.tolerance(), paid.end + paid.tolerance()
    following = [x.start for x in charges if x.start > paid.start and earliest <= x.start <= latest]
    return min(following, default=latest)


def _charge_mrr(paid: _Paid) -> int:
    row = paid.row
    amount = _int(row, "amount")
    days = (paid.end - paid.start).days
    if amount is None or days <= 0:
        return 0
    if row.get("interval") is None:
        months = next((m for lengths, m in LENGTHS if days in lengths), Fraction(days * 12, 365))
        factor = Fraction(1)
    else:
        stated = _interval_months(row, default="month")
        if stated is None:
            return 0
        months = stated
        factor = _proration(row) if row.get("is_prorated") and paid.is_stated else Fraction(1)
    return _half_away((amount - _int_or(row, "tax", 0)) * factor / months)


def _proration(row: Row) -> Fraction:
    """Full service period ÷ prorated period, in seconds by the clock on the wall (ChartMogul): a day has 86,400."""
    start, end = _moment(row["period_start"]), _moment(row["period_end"])
    assert start is not None and end is not None
    full = end - later(end, row, -1)
    return Fraction(int(full.total_seconds()), int((end - start).total_seconds()))


def later(moment: datetime, row: Row, times: int) -> datetime:
    """A moment moved by the row's interval; a missing day of the month becomes its last."""
    count = times * _int_or(row, "interval_count", 1)
    interval = str(row["interval"])
    if interval in ("day", "week"):
        return moment + timedelta(days=count * (7 if interval == "week" else 1))
    months = moment.year * 12 + moment.month - 1 + count * int(MONTHS[interval])
    year, month = divmod(months, 12)
    return moment.replace(year=year, month=month + 1, day=min(moment.day, calendar.monthrange(year, month + 1)[1]))


def _moment(value: object) -> datetime | None:
    if value is None or isinstance(value, datetime):
        return value
    assert isinstance(value, date)
    return datetime.combine(value, time())


def _day(row: Row, column: str) -> date | None:
    moment = _moment(row.get(column))
    return None if moment is None else moment.date()


def _int(row: Row, column: str) -> int | None:
    value = row.get(column)
    assert value is None or isinstance(value, int)
    return value


def _int_or(row: Row, column: str, default: int) -> int:
    value = _int(row, column)
    return default if value is None else value


def _currency(row: Row, settings: OracleSettings) -> str:
    return str(row.get("currency") or settings.currency)


def _interval_months(row: Row, default: str) -> Fraction | None:
    """Months of the row's interval; None for an unknown word and for a count that is none."""
    months = MONTHS.get(str(row.get("interval") or default))
    count = _int_or(row, "interval_count", 1)
    return months * count if months is not None and count > 0 else None


def _exact(value: object) -> Fraction:
    """A number as it is written: 0.1 is a tenth."""
    return value if isinstance(value, Fraction) else Fraction(str(value))


def _half_away(value: Fraction) -> int:
    whole = int(abs(value) + Fraction(1, 2))
    return whole if value >= 0 else -whole
