"""Percentiles of measured values."""

from __future__ import annotations


def percentile(values: list[int], permille: int) -> int:
    """The value that ``permille`` of the sorted ``values`` do not exceed; 0 for none.

    >>> percentile([5, 1, 9, 3], 500), percentile([5, 1, 9, 3], 990)
    (3, 9)
    """
    if not values:
        return 0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-len(ordered) * permille // 1000) - 1))]
