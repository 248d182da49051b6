"""Files of a small model, read within their ceilings."""

from __future__ import annotations

import hashlib
from pathlib import Path

from models.errors import BundleRefused


def read_file(folder: Path, name: str, ceiling: int) -> bytes:
    """The bytes of ``folder/name``.

    Raises:
        BundleRefused: It is missing, unreadable or larger than ``ceiling`` bytes.
    """
    try:
        with (folder / name).open("rb") as file:
            raw = file.read(ceiling + 1)
    except OSError as exc:
        raise BundleRefused(name, f"cannot be read: {exc.strerror or exc}") from exc
    if len(raw) > ceiling:
        raise BundleRefused(name, f"larger than {ceiling} bytes")
    return raw


def read_description(folder: Path, name: str, ceiling: int, expect: str | None) -> tuple[bytes, str]:
    """What describes a model, and its SHA-256 in lower-case hex, which is the model's own digest.

    Raises:
        BundleRefused: It cannot be read, or is not the one that ``expect`` names.
    """
    raw = read_file(folder, name, ceiling)
    digest = hashlib.sha256(raw).hexdigest()
    if expect is not None and digest != expect:
        raise BundleRefused(name, f"digest {digest}, not {expect}")
    return raw, digest


def read_weights(folder: Path, name: str, ceiling: int, sha256: str) -> bytes:
    """The weights of a model, whose description says their SHA-256.

    Raises:
        BundleRefused: They cannot be read, or are not the ones that were described.
    """
    packed = read_file(folder, name, ceiling)
    if hashlib.sha256(packed).hexdigest() != sha256:
        raise BundleRefused(name, "is not what its description names; install the model again")
    return packed
