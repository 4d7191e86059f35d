"""Records of the same customer, found across sources that share no key."""

from beachhead.customers.matching.match import match_records
from beachhead.customers.matching.result import CUSTOMERS, PAIRS, Matching

__all__ = ["CUSTOMERS", "PAIRS", "Matching", "match_records"]
