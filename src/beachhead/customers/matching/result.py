"""What matching found: which account ids are one customer, why, and what a person should decide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

How = Literal["stated", "decided", "email", "domain", "name", "probable"]

CUSTOMERS = pa.schema([("account_id", pa.string()), ("customer_id", pa.string())])
PAIRS = pa.schema(
    [
        ("left_id", pa.string()),
        ("right_id", pa.string()),
        ("how", pa.string()),
        ("probability", pa.float64()),
        ("why", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True)
class Matching:
    """Records told to be of the same customer.

    `customers` (CUSTOMERS): each account_id once, in the order of the records, with the customer it belongs to: the
    first account of its group that a list holds, else the first. `pairs` (PAIRS): what was merged, as few pairs as join
    each group, with `how` (see How), the probability (1 for stated and decided) and why in words. `doubtful` (PAIRS):
    what a person should decide, the most probable first. `notes`: what is worth knowing of how it was done, in words.
    """

    customers: pa.Table
    pairs: pa.Table
    doubtful: pa.Table
    notes: tuple[str, ...] = ()
