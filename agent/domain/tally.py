"""What is counted of one consignment (being written: the store needs these names now)."""

from __future__ import annotations

import msgspec


class Tally(msgspec.Struct, array_like=True, frozen=True):
    day: int

    def keys(self) -> tuple[int, ...]:
        return ()
