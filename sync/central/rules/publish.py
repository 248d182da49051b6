"""Signs reference data once it is read as a hub would read it: what is broken is found here, once."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from agent.domain.errors import ListInvalid, PolicyInvalid
from agent.domain.packs.shipped import shipped_pack
from agent.domain.packs.source import join
from agent.domain.policy.pack import fill, is_template, parse_policy
from agent.domain.screening.lists import parse_party_list
from models.risk import bundle
from sync.central.errors import BadConfiguration
from sync.keys import PrivateKey
from sync.log.envelope import MAX_ENVELOPE
from sync.reference.documents import LIST_TYPE, POLICY_TYPE
from sync.reference.documents import publish as sign


def signed(kind: str, file: Path | None, key: PrivateKey, issued: datetime) -> bytes:
    """The signed form of a policy pack (``policy``, TOML) or a watchlist (``list``, JSON).

    Args:
        file: None for the pack that comes with the program. A pack may be a folder of TOML files, which are
            joined into one document. Its marks ``@ISSUED@`` and ``@MODEL_DIGEST@`` are filled with ``issued``
            and the digest of the shipped model.

    Raises:
        BadConfiguration: a hub would refuse it; every error is named.
    """
    name = "the shipped pack" if file is None else str(file)
    try:
        payload = _payload(kind, file)
        if kind == "policy":
            if is_template(payload):
                payload = fill(payload, model_digest=bundle.read().digest, issued=issued)
            parse_policy(payload, source=name)
        else:
            parse_party_list(payload)
    except (PolicyInvalid, ListInvalid, ValueError) as error:
        raise BadConfiguration(f"{name} was not signed: {error}") from error
    data = sign(payload, POLICY_TYPE if kind == "policy" else LIST_TYPE, key)
    if len(data) > MAX_ENVELOPE:
        raise BadConfiguration(f"{name} has {len(data)} bytes when signed; hubs take at most {MAX_ENVELOPE}")
    return data


def _payload(kind: str, file: Path | None) -> bytes:
    if file is None:
        return shipped_pack()
    if kind == "policy" and file.is_dir():
        return join({part.name: part.read_bytes() for part in sorted(file.glob("*.toml"))}, source=str(file))
    return file.read_bytes()
