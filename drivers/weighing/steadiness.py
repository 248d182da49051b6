"""Steadiness of a scale that never says whether its value is stable: judged by the values themselves."""

from __future__ import annotations

from collections import deque

_MOST_READINGS = 256
"""A window of a second at 100 readings a second, with room; what is above is thinned out by the window."""


class Steadiness:
    """Whether the values of the last ``window_s`` seconds lie within ``agree_g`` of each other.

    The window must be full: a load that was laid down half a second ago is not steady, however flat it is.
    """

    __slots__ = ("_agree_g", "_readings", "_since_ns", "_window_ns")

    def __init__(self, *, agree_g: int, window_s: float) -> None:
        self._agree_g = agree_g
        self._window_ns = int(window_s * 1e9)
        self._readings: deque[tuple[int, int]] = deque(maxlen=_MOST_READINGS)
        self._since_ns: int | None = None

    def feed(self, grams: int, at_ns: int) -> bool:
        """Take one value; whether it is steady."""
        while self._readings and self._readings[0][1] < at_ns - self._window_ns:
            self._readings.popleft()
        if any(abs(grams - earlier) > self._agree_g for earlier, _ in self._readings):
            # What came before the jump says nothing of the load that lies there now.
            self._readings.clear()
        if not self._readings:
            self._since_ns = at_ns
        self._readings.append((grams, at_ns))
        return self._since_ns is not None and at_ns - self._since_ns >= self._window_ns

    def clear(self) -> None:
        """Forget: the device was away."""
        self._readings.clear()
        self._since_ns = None
