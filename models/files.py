"""Files of a small model, read within their ceilings."""

from __future__ import annotations

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
