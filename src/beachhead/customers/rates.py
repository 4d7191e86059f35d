"""Amounts in other currencies, converted once, where they enter the customer model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from beachhead.engines.duck import quote_literal
from beachhead.project.currency import minor_digits
from beachhead.project.definitions import ColumnMap, SourceDefinition
from beachhead.sources.mapping import lands_in_own_units

_WHOLE = "DECIMAL(18, 0)"
_FRACTION = "DECIMAL(20, 4)"
_WIDTH = {_WHOLE: 20, _FRACTION: 18}


@dataclass(frozen=True, slots=True)
class Rates:
    """What a unit of a currency is worth in the project's, `own`. Codes that are not in `worth` are unknown."""

    own: str
    worth: Mapping[str, float] = field(default_factory=dict)

    def converted(self, sql: str, origin: ColumnMap, source: SourceDefinition, *, has_fractions: bool = False) -> str:
        """SQL of an amount as landed (column `currency` beside it) as whole minor units of the own currency.

        Rounded once, half away from zero. Null where the currency has no rate; an amount without one is in the own.
        `has_fractions`: it is a product that is not rounded yet.
        """
        own = quote_literal(self.own)
        type_ = _FRACTION if has_fractions else _WHOLE
        plain = f"round({sql})" if has_fractions else sql
        by_own = origin.unit == "major" and not lands_in_own_units(source)
        whens = [f"WHEN {own} THEN try_cast({plain} AS BIGINT)"]
        for code, worth in sorted(self.worth.items()):
            if code == self.own:
                continue
            shift = 0 if by_own else minor_digits(self.own) - minor_digits(code)
            rate = _literal(Decimal(repr(worth)).scaleb(shift), _WIDTH[type_])
            amount = f"round(try_cast({sql} AS {type_}) * {rate})"
            whens.append(f"WHEN {quote_literal(code)} THEN try_cast({amount} AS BIGINT)")
        return f"CASE upper(coalesce(currency, {own})) {' '.join(whens)} END"


def _literal(rate: Decimal, width: int) -> str:
    """A rate as a decimal literal of at most `width` digits, as exact as they allow."""
    whole = max(1, rate.adjusted() + 1)
    places = max(0, min(width - whole, 16))
    return f"CAST('{rate:.{places}f}' AS DECIMAL({width}, {places}))"
