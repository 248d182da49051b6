"""Which numbers have been before in a file: told by their hashes, in a fifth of the memory of a set."""

from __future__ import annotations

from array import array

_FIRST_BITS = 12


class Seen:
    """Hashes of texts in one table of 64-bit slots, doubled when it is two thirds full.

    A million numbers take 16 MB; a set of them takes 100. Two texts of one hash would be taken for one: in a
    file of a million rows the odds for that are one in ten million, and Python's hash is keyed anew in each
    process, so nobody can aim.
    """

    def __init__(self) -> None:
        self._mask = (1 << _FIRST_BITS) - 1
        self._table = array("Q", bytes(8 << _FIRST_BITS))
        self._count = 0

    def add(self, text: str) -> bool:
        """Remember a text; whether it was new."""
        mark = (hash(text) & 0x7FFF_FFFF_FFFF_FFFF) or 1  # an empty slot is 0
        table, mask = self._table, self._mask
        place = mark & mask
        while found := table[place]:
            if found == mark:
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
