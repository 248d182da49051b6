"""Detects duplicate numbers within a file: a compact hash set, a fifth of the size of Python's own."""

from __future__ import annotations

from array import array

_FIRST_BITS = 12


class RepeatDetector:
    """Hashes of texts in one table of 64-bit slots, doubled when it is two thirds full.

    A million numbers take 16 MB; a set of them takes 100. Two texts of one hash would be taken for one: in a
    file of a million rows the odds for that are one in ten million, and Python's hash is keyed differently
    in each process, so nobody can aim.
    """

    def __init__(self) -> None:
        self._mask = (1 << _FIRST_BITS) - 1
        self._table = array("Q", bytes(8 << _FIRST_BITS))
        self._count = 0

    def add(self, text: str) -> bool:
        """Remember a text.

        Returns:
            Whether it was new.
        """
        mark = (hash(text) & 0x7FFF_FFFF_FFFF_FFFF) or 1  # an empty slot is 0
        table, mask = self._table, self._mask
        place = mark & mask
        while taken_by := table[place]:
            if taken_by == mark:
                return False
            place = (place + 1) & mask
        table[place] = mark
        self._count += 1
        if self._count * 3 > mask * 2:
            self._grow()
        return True

    def _grow(self) -> None:
        old, mask = self._table, self._mask * 2 + 1
        table = array("Q", bytes(8 * (mask + 1)))
        for mark in old:
            if mark:
                place = mark & mask
                while table[place]:
                    place = (place + 1) & mask
                table[place] = mark
        self._table, self._mask = table, mask
