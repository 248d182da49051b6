"""Chance, always given from outside, so that a run can be repeated."""

from __future__ import annotations

from typing import Protocol


class Randomness(Protocol):
    """The one call we need; ``random.Random`` and ``random.SystemRandom`` both have it."""

    def random(self) -> float:
        """The next number in [0, 1)."""
        ...
