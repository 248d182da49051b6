"""The centre's clock: the one place of this package that asks for the time."""

from __future__ import annotations

import time  # noqa: TID251 - this module is the clock that the others are given


def posix_now() -> int:
    """POSIX seconds, as cosignatures carry them."""
    return int(time.time())
