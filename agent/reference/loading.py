"""Policy and watchlists: read from signed files, verified against the pinned authority, put in force."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

from agent.domain.description.text_models import TextModels
from agent.domain.errors import ListInvalid, PolicyInvalid
from agent.domain.policy.pack import Policy, parse_policy
from agent.domain.screening.lists import parse_party_list
from agent.domain.screening.names import PartyList
from agent.errors import AgentError
from agent.reference.goods_models import shipped_digest, shipped_readings
from agent.reference.in_force import InForce
from models.errors import BundleRefused
from models.risk.scorer import Scorer
from sync.errors import SyncError
from sync.keys import Keyring
from sync.reference import documents

log = logging.getLogger(__name__)


class ReferenceRefused(AgentError):
    """A policy or list cannot be put in force."""

    exit_code = 78


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
            lists.append(parse_party_list(document.payload))
        except (SyncError, ListInvalid) as error:
            raise ReferenceRefused(f"{path}: {error}") from error
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


def load_readings() -> tuple[tuple[TextModels, str] | None, str | None]:
    """What reads goods texts, with its digest; or None and why it was refused: the lane goes on."""
    try:
        return (shipped_readings(), shipped_digest()), None
    except BundleRefused as error:
        log.warning("reading of goods texts refused", extra={"error": str(error)})
        return None, str(error)


def in_force(
    policy: tuple[Policy, str],
    lists: tuple[tuple[PartyList, ...], str | None],
    scorer: Scorer | None,
    expected_lists: frozenset[str],
    readings: tuple[TextModels, str] | None,
) -> InForce:
    """What documents are held against."""
    return InForce(
        policy=policy[0],
        policy_digest=policy[1],
        lists=lists[0],
        lists_digest=lists[1],
        expected_lists=expected_lists,
        model_digest=None if scorer is None else scorer.digest,
        tables=None if scorer is None else scorer.tables,
        readings=None if readings is None else readings[0],
        readings_digest=None if readings is None else readings[1],
    )
