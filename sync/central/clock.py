"""The centre's clock: the one place of this package that asks for the time."""

from __future__ import annotations

import time


def posix_now() -> int:
    """POSIX seconds, as cosignatures carry them."""
    return int(time.time())
