"""Ids and secrets: the only place at the hub where randomness is drawn."""

from __future__ import annotations

import random
import secrets


def new_log_id() -> str:
    """128 random bits, hex; new at enrolment and after a local loss."""
    return secrets.token_hex(16)


def new_boot_id() -> str:
    """64 random bits, hex; one run of the clock."""
    return secrets.token_hex(8)


def new_secret() -> bytes:
    """256 random bits."""
    return secrets.token_bytes(32)


def new_salts(count: int) -> list[bytes]:
    """That many salts of 128 random bits, to be erased with the data they protect.

    One draw for all: an import needs them by the thousand.
    """
    drawn = secrets.token_bytes(16 * count)
    return [drawn[at : at + 16] for at in range(0, len(drawn), 16)]


def jitter() -> random.Random:
    """A generator for back-off; never for secrets."""
    return random.Random(secrets.randbits(64))
