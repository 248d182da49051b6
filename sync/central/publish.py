"""Signs reference data, once its outer form is checked: a broken file is found here, not at every hub."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

from sync.central.errors import BadConfiguration
from sync.documents import LIST_TYPE, POLICY_TYPE
from sync.documents import publish as sign
from sync.envelope import MAX_ENVELOPE
from sync.keys import PrivateKey


def signed(kind: str, file: Path, key: PrivateKey) -> bytes:
    """The signed form of a policy pack (``policy``, TOML) or a watchlist (``list``, JSON).

    Raises:
        BadConfiguration: not of that form, or too large to be taken by a hub.
    """
    payload = file.read_bytes()
    try:
        if kind == "policy":
            tomllib.loads(payload.decode())
        else:
            json.loads(payload)
    except (ValueError, RecursionError) as error:  # both syntax errors and bad UTF-8 are ValueErrors
        raise BadConfiguration(f"{file} is not a {kind}: {error}") from error
    data = sign(payload, POLICY_TYPE if kind == "policy" else LIST_TYPE, key)
    if len(data) > MAX_ENVELOPE:
        raise BadConfiguration(f"{file} has {len(data)} bytes when signed; hubs take at most {MAX_ENVELOPE}")
    return data
