"""ISO 4217: the currencies in use, and how many decimal digits each has (list one, 2025)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from beachhead.errors import DefinitionError, Diagnostic

_BY_DIGITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW
    CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR
    ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV
    MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD
    SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
    """,
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_DIGITS = {code: digits for digits, codes in _BY_DIGITS.items() for code in codes.split()}

CURRENCIES: frozenset[str] = frozenset(_DIGITS)
"""All known codes."""

_OFTEN_MEANT = "EUR USD GBP JPY CHF CAD AUD SEK NOK DKK PLN CZK CNY INR BRL"
_SPELT = {"EURO": "EUR", "EUROS": "EUR", "€": "EUR", "$": "USD", "DOLLAR": "USD", "£": "GBP", "UKP": "GBP", "¥": "JPY"}


def minor_digits(code: str) -> int:
    """Decimal digits of a currency: EUR 2, JPY 0, KWD 3. Raises DefinitionError for an unknown code."""
    digits = _DIGITS.get(code)
    if digits is None:
        raise DefinitionError(unknown_currency(code))
    return digits


def other_digits(own: str, codes: Iterable[str]) -> dict[str, int]:
    """Those of `codes` that have more or fewer digits than the currency `own`, and how many."""
    return {code: minor_digits(code) for code in codes if minor_digits(code) != minor_digits(own)}


RateSteps = tuple[tuple[date | None, float], ...]
"""What a unit of a currency is worth from each day on, in order; the first (None) also before it."""


def rate_steps(rates: Mapping[str, float | Mapping[date, float]]) -> dict[str, RateSteps]:
    """Rates as settings give them, by currency in order of their days."""
    steps: dict[str, RateSteps] = {}
    for code, rate in rates.items():
        dated = [(None, rate)] if isinstance(rate, int | float) else sorted(rate.items())
        steps[code] = ((None, dated[0][1]), *dated[1:])
    return steps


def unknown_currency(code: str) -> Diagnostic:
    """What to say about a code that no currency has."""
    folded = code.strip().upper()
    nearest = folded if folded in _DIGITS else _SPELT.get(folded) or _one_letter_off(folded)
    remedy = f"Did you mean '{nearest}'?" if nearest else "Use a three-letter ISO code, such as EUR, USD or GBP."
    message = f"there is no currency '{code}'"
    return Diagnostic("unknown-currency", message, remedy=remedy, nearest=nearest)


def _one_letter_off(code: str) -> str | None:
    """A currency that differs in one letter or in their order, those of large economies first."""
    for known in (*_OFTEN_MEANT.split(), *sorted(CURRENCIES)):
        if len(code) == len(known):
            differing = sum(a != b for a, b in zip(code, known, strict=True))
            if differing == 1 or sorted(code) == sorted(known):
                return known
    return None
