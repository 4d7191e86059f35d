"""ISO 4217: the currencies in use, and how many decimal digits each has (list one, 2025)."""

from __future__ import annotations

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

_COMMON = {"EURO": "EUR", "EUROS": "EUR", "€": "EUR", "$": "USD", "DOLLAR": "USD", "£": "GBP", "UKP": "GBP", "¥": "JPY"}


def minor_digits(code: str) -> int:
    """Decimal digits of a currency: EUR 2, JPY 0, KWD 3. Raises DefinitionError for an unknown code."""
    digits = _DIGITS.get(code)
    if digits is None:
        raise DefinitionError(unknown_currency(code))
    return digits


def unknown_currency(code: str) -> Diagnostic:
    """What to say about a code that no currency has."""
    folded = code.strip().upper()
    known = folded if folded in _DIGITS else _COMMON.get(folded)
    if known:
        return Diagnostic(
            "unknown-currency", f"there is no currency '{code}'", remedy=f"Did you mean '{known}'?", nearest=known
        )
    diagnostic = Diagnostic.unknown_name("currency", code, CURRENCIES)
    if diagnostic.nearest:
        return diagnostic
    return Diagnostic(
        "unknown-currency", diagnostic.message, remedy="Use a three-letter ISO code, such as EUR, USD or GBP."
    )
