"""Amounts in other currencies: converted once, where they enter the customer model, at the rate of their day.

Only what recurs keeps its own currency until the MRR ledger converts it day by day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import pyarrow as pa

from beachhead.engines.duck import quote_literal
from beachhead.project.currency import RateSteps, minor_digits
from beachhead.project.definitions import ColumnMap, SourceDefinition
from beachhead.sources.mapping import lands_in_own_units

CURRENCY_RATES = "currency_rates"
_WHOLE = "DECIMAL(18, 0)"
_FRACTION = "DECIMAL(20, 4)"
_WIDTH = {_WHOLE: 20, _FRACTION: 18}
_SCHEMA = pa.schema(
    {
        "currency": pa.string(),
        "from_day": pa.date32(),
        "until_day": pa.date32(),
        "worth_e8": pa.int64(),
        "next_worth_e8": pa.int64(),
    }
)


@dataclass(frozen=True, slots=True)
class Rates:
    """What a unit of a currency is worth in the project's, `own`. Codes that are not in `worth` are unknown."""

    own: str
    worth: Mapping[str, RateSteps] = field(default_factory=dict)

    def converted(
        self, sql: str, origin: ColumnMap, source: SourceDefinition, day: str | None, *, has_fractions: bool = False
    ) -> str:
        """SQL of an amount as landed (column `currency` beside it) as whole minor units of the own currency.

        Rounded once, half away from zero. Null where the currency has no rate; an amount without one is in the own.
        `day`: the column of the day whose rate holds; without one the last. `has_fractions`: it is a product that is
        not rounded yet.
        """
        own = quote_literal(self.own)
        type_ = _FRACTION if has_fractions else _WHOLE
        plain = f"round({sql})" if has_fractions else sql
        whens = [f"WHEN {own} THEN try_cast({plain} AS BIGINT)"]
        for code, steps in sorted(self.worth.items()):
            if code == self.own:
                continue
            shift = self._shift(code, origin, source)
            rates = [(since, _literal(Decimal(repr(worth)).scaleb(shift), _WIDTH[type_])) for since, worth in steps]
            rate = rates[-1][1]
            if day and len(rates) > 1:
                later = " ".join(f"WHEN {day} >= {quote_literal(since)} THEN {r}" for since, r in reversed(rates[1:]))
                rate = f"CASE {later} WHEN {day} IS NULL THEN {rate} ELSE {rates[0][1]} END"
            amount = f"round(try_cast({sql} AS {type_}) * {rate})"
            whens.append(f"WHEN {quote_literal(code)} THEN try_cast({amount} AS BIGINT)")
        return f"CASE upper(coalesce(currency, {own})) {' '.join(whens)} END"

    def native(self, sql: str, origin: ColumnMap, source: SourceDefinition) -> str:
        """SQL of an amount as landed in its own currency, on the scale of the project's minor units (1,000 yen beside
        euros are 100,000). Rounded half away from zero."""
        shifted = {c: s for c in self.worth if c != self.own and (s := self._shift(c, origin, source))}
        if not shifted:
            return sql
        whens = [
            f"WHEN {quote_literal(code)} THEN try_cast(round({sql} * {Decimal(1).scaleb(shift):f}) AS BIGINT)"
            for code, shift in sorted(shifted.items())
        ]
        return f"CASE upper(currency) {' '.join(whens)} ELSE {sql} END"

    def _shift(self, code: str, origin: ColumnMap, source: SourceDefinition) -> int:
        """By how many digits amounts as landed are on another scale than the project's minor units."""
        by_own = origin.unit == "major" and not lands_in_own_units(source)
        return 0 if by_own else minor_digits(self.own) - minor_digits(code)

    def table(self) -> pa.Table:
        """`currency_rates`: for each currency and span of days [from_day, until_day) its worth × 10⁸, and the next."""
        rows = []
        for code, steps in sorted(self.worth.items()):
            worth = [round(Decimal(repr(w)).scaleb(8)) for _, w in steps]
            ends: list[date | None] = [since for since, _ in steps[1:]]
            for n, (since, _) in enumerate(steps):
                following = worth[n + 1] if n + 1 < len(worth) else None
                rows.append((code, since, [*ends, None][n], worth[n], following))
        columns = list(zip(*rows, strict=True)) if rows else [()] * len(_SCHEMA)
        return pa.table([pa.array(c, f.type) for c, f in zip(columns, _SCHEMA, strict=True)], schema=_SCHEMA)


def _literal(rate: Decimal, width: int) -> str:
    """A rate as a decimal literal of at most `width` digits, as exact as they allow."""
    whole = max(1, rate.adjusted() + 1)
    places = max(0, min(width - whole, 16))
    return f"CAST('{rate:.{places}f}' AS DECIMAL({width}, {places}))"
