"""What a scanner sends for a label; no I/O."""

from __future__ import annotations


def label_bytes(text: str, *, aim: str = "", suffix: bytes = b"\r\n") -> bytes:
    """AIM identifier, the label's text as UTF-8, and the line end.

    >>> label_bytes("RR473124829GB", aim="]C0")
    b']C0RR473124829GB\\r\\n'
    """
    return aim.encode("ascii") + text.encode() + suffix
