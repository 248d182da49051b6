"""Reads policy, watchlists and models from files; what is signed is verified against the pinned authority."""

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


def load_in_force(
    policy_file: Path, list_files: list[Path], model_folder: Path | None, keys: Keyring
) -> tuple[InForce, tuple[str, ...]]:
    """Read and verify policy, lists and models.

    Returns:
        All of it, expecting no lists but its own; and why models were refused: the lane goes on without them.

    Raises:
        ReferenceRefused: the policy or a list was not published by the pinned authority, or has errors.
    """
    policy, policy_digest = load_policy(policy_file, keys)
    lists, lists_digest = load_lists(list_files, keys)
    scorer, refused = load_model(model_folder, policy)
    readings, unread = load_readings()
    loaded = InForce(
        policy=policy,
        policy_digest=policy_digest,
        lists=lists,
        lists_digest=lists_digest,
        expected_lists=frozenset(party_list.id for party_list in lists),
        scorer=scorer,
        readings=None if readings is None else readings[0],
        readings_digest=None if readings is None else readings[1],
    )
    return loaded, tuple(filter(None, (refused, unread)))
