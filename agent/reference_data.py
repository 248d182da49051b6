"""Policy and watchlists: read from signed files, verified against the pinned authority, put in force."""

from __future__ import annotations

import hashlib
import logging
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from agent.documents import InForce
from agent.domain.errors import PolicyInvalid
from agent.domain.names import Entry, PartyList
from agent.domain.policy import Policy, parse_policy
from agent.errors import AgentError
from models.errors import BundleRefused
from models.scorer import Scorer
from sync import documents
from sync.errors import SyncError
from sync.keys import Keyring

log = logging.getLogger(__name__)


class ReferenceRefused(AgentError):
    """A policy or list cannot be put in force."""

    exit_code = 78


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    names: list[str]


class _List(msgspec.Struct, forbid_unknown_fields=True):
    v: Literal[1]
    id: str
    issued: datetime
    entries: list[_Entry]


_LIST = msgspec.json.Decoder(_List)


def parse_list(data: bytes) -> PartyList:
    """A watchlist v1: ``{"v": 1, "id", "issued", "entries": [{"id", "names": []}]}``.

    Raises:
        ReferenceRefused: malformed, or of a version this program does not know.
    """
    try:
        found = _LIST.decode(data)
        return PartyList(
            id=found.id,
            issued=found.issued,
            entries=tuple(Entry(id=e.id, names=tuple(e.names)) for e in found.entries),
        )
    except (msgspec.MsgspecError, ValueError) as error:
        raise ReferenceRefused(f"not a watchlist: {error}") from error


def load_policy(path: Path, keys: Keyring) -> tuple[Policy, str]:
    """The signed policy of a file, and its digest.

    Raises:
        ReferenceRefused: not published by the pinned authority, or with errors (all are listed).
    """
    try:
        document = documents.read(path, documents.POLICY_TYPE, keys)
        return parse_policy(document.payload, source=path.name), document.digest
    except (SyncError, PolicyInvalid) as error:
        raise ReferenceRefused(f"{path}: {error}") from error


def load_lists(paths: list[Path], keys: Keyring) -> tuple[tuple[PartyList, ...], str | None]:
    """The signed watchlists of several files, and one digest over all of them.

    Raises:
        ReferenceRefused: one is not published by the pinned authority, or malformed.
    """
    lists, digests = [], []
    for path in paths:
        try:
            document = documents.read(path, documents.LIST_TYPE, keys)
        except SyncError as error:
            raise ReferenceRefused(f"{path}: {error}") from error
        lists.append(parse_list(document.payload))
        digests.append(document.digest)
    joined = hashlib.sha256("\n".join(sorted(digests)).encode()).hexdigest() if digests else None
    return tuple(lists), joined


def load_model(folder: Path | None, policy: Policy) -> tuple[Scorer | None, str | None]:
    """The model that the policy names, or None and why it was refused; the lane goes on either way."""
    if policy.model is None:
        return None, None
    try:
        return Scorer.load(folder, expect=policy.model.digest), None
    except BundleRefused as error:
        log.warning("model refused", extra={"error": str(error)})
        return None, str(error)


def in_force(
    policy: tuple[Policy, str], lists: tuple[tuple[PartyList, ...], str | None], scorer: Scorer | None
) -> InForce:
    """What documents are held against."""
    return InForce(
        policy=policy[0],
        policy_digest=policy[1],
        lists=lists[0],
        lists_digest=lists[1],
        tables=None if scorer is None else scorer.tables,
    )
