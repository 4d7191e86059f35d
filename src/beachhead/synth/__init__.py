"""A believable company with known truth: raw files like real exports, and beside them what was planted."""

from beachhead.synth.append import Appended, append_day
from beachhead.synth.generate import LAST_DAY, generate
from beachhead.synth.truth import Truth, read_truth

__all__ = ["LAST_DAY", "Appended", "Truth", "append_day", "generate", "read_truth"]
