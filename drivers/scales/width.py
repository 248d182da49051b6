"""How wide one device's lines are: known after a few of them, and a shorter one has lost a byte."""

from __future__ import annotations

LEARN_FROM = 3
"""So many lines of one width in a row, and the device is known to send that width."""

UNLEARN_AFTER = 5
"""So many lines of one other width in a row, and the device sends that width now. More than it takes to learn
one, since a byte that is lost now and then must not teach it.
"""


class LearnedWidth:
    """The width of one device's lines, for a grammar that fixes none."""

    __slots__ = ("_known", "_other", "_run")

    def __init__(self) -> None:
        self._known: int | None = None
        self._other = 0
        self._run = 0

    def fits(self, width: int) -> bool:
        """Whether a line of that width may be whole; one that is shorter than the device's lines is not.

        >>> device = LearnedWidth()
        >>> [device.fits(width) for width in (17, 17, 17, 16, 17, 16, 16, 16, 16, 16, 17)]
        [True, True, True, False, True, False, False, False, False, True, True]
        """
        if width == self._known:
            self._run = 0
            return True
        self._run = self._run + 1 if width == self._other else 1
        self._other = width
        if self._run >= (LEARN_FROM if self._known is None else UNLEARN_AFTER):
            self._known = width
            self._run = 0
        return self._known is None or width >= self._known
