"""Ids and secrets: the only place at the hub where randomness is drawn."""

from __future__ import annotations

import random
import secrets
from datetime import datetime


def new_log_id() -> str:
    """128 random bits, hex; new at enrolment and after a local loss."""
    return secrets.token_hex(16)


def new_boot_id() -> str:
    """64 random bits, hex; one run of the clock."""
    return secrets.token_hex(8)


def new_secret() -> bytes:
    """256 random bits."""
    return secrets.token_bytes(32)


def new_salt() -> bytes:
    """128 random bits, to be erased with the data they protect."""
    return secrets.token_bytes(16)


def uuid7(at: datetime) -> bytes:
    """A time-ordered id of 16 bytes (RFC 9562, version 7): ordered ids keep index inserts sequential."""
    ms = int(at.timestamp() * 1000)
    tail = int.from_bytes(secrets.token_bytes(10))
    value = (ms & 0xFFFFFFFFFFFF) << 80 | 0x7 << 76 | (tail >> 68 & 0xFFF) << 64
    return (value | 0b10 << 62 | tail & 0x3FFFFFFFFFFFFFFF).to_bytes(16)


def jitter() -> random.Random:
    """A generator for back-off; never for secrets."""
    return random.Random(secrets.randbits(64))
