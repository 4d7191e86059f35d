"""A source that shrank by accident must not silently empty every segment."""

from __future__ import annotations

from beachhead.errors import DataError, Diagnostic


def check_loss(
    previous_count: int, new_count: int, max_lost: float, noun: str = "customers", hint: str | None = None
) -> None:
    """Raise `DataError` when more than the share `max_lost` (0–1) of the previous customers would vanish.

    Counts are of customers in the last and in the new snapshot. Without previous customers nothing can be lost.
    `hint`: what else speaks for an incomplete source.
    """
    lost = previous_count - new_count
    if previous_count <= 0 or lost <= max_lost * previous_count:
        return
    message = f"{lost:,} of {previous_count:,} {noun} would vanish ({lost / previous_count:.0%}); nothing was published"
    why = f"the limit is {max_lost:.0%}; {hint or 'most often a source file is cut short or missing'}"
    remedy = "Look for a file that is missing or too small. If it is right, run again with --allow-loss."
    raise DataError(Diagnostic("too-many-lost", message, why=why, remedy=remedy))
