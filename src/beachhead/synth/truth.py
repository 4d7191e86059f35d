"""What was planted in a synthetic company, and what must come out of it to the cent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

from beachhead.errors import Diagnostic, OutsideError, Place

FILE_NAME = "truth.json"


@dataclass(frozen=True, slots=True)
class Group:
    """Customers who differ by design. `rule` is in the segment language; factors are against everybody else.

    `accounts` counts those planted; the rule finds a few less where the CRM's fields are missing.
    """

    title: str
    rule: str
    accounts: int
    trial_conversion_added: float
    monthly_churn_factor: float
    seats_factor: float
    nps_points_added: float
    tickets_factor: float


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What people do early that makes them stay, with the step at which it starts to matter."""

    title: str
    within_days: int
    at_least: Mapping[str, int]
    accounts: int
    trial_conversion_added: float
    monthly_churn_factor: float


@dataclass(frozen=True, slots=True)
class Decoy:
    """An attribute that invites a wrong conclusion."""

    attribute: str
    why: str


@dataclass(frozen=True, slots=True)
class Totals:
    """As of the last day, by the project's own definitions. Money in cents.

    `accounts` counts rows of the accounts file without repeats; ids that only other files know are orphans.
    """

    accounts: int
    active_customers: int
    churned: int
    active_trials: int
    expired_trials: int
    prospects: int
    mrr_cents: int
    revenue_cents: int
    users: int
    events: int


@dataclass(frozen=True, slots=True)
class Truth:
    """All that is known about a generated company. Without a truth (`noise`) groups and behaviour are None."""

    accounts: int
    seed: int
    noise: bool
    first_day: date
    last_day: date
    statement: str
    best: Group | None
    worst: Group | None
    early_behaviour: Behaviour | None
    good_channels: tuple[str, ...]
    decoys: tuple[Decoy, ...]
    totals: Totals
    files: Mapping[str, int]
    dirt: Mapping[str, Mapping[str, int]]
    observed: Mapping[str, float | None] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        text = json.dumps(asdict(self), indent=2, default=str, ensure_ascii=False)
        (folder / FILE_NAME).write_text(text + "\n", encoding="utf-8")


def read_truth(folder: Path) -> Truth:
    """The truth beside a generated project. Raises OutsideError when there is none that can be read."""
    path = folder / FILE_NAME
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        behaviour = raw["early_behaviour"]
        return Truth(
            **{
                **raw,
                "first_day": date.fromisoformat(raw["first_day"]),
                "last_day": date.fromisoformat(raw["last_day"]),
                "best": raw["best"] and Group(**raw["best"]),
                "worst": raw["worst"] and Group(**raw["worst"]),
                "early_behaviour": behaviour and Behaviour(**behaviour),
                "good_channels": tuple(raw["good_channels"]),
                "decoys": tuple(Decoy(**d) for d in raw["decoys"]),
                "totals": Totals(**raw["totals"]),
            }
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OutsideError(
            Diagnostic(
                "no-truth",
                "this folder holds no synthetic company",
                place=Place(str(path)),
                why=str(error),
                remedy="Make one: beachhead synth DIR --accounts 2000 --seed 1",
            )
        ) from error
