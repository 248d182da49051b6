"""Policy, lists and models that are in force, with their digests."""

from __future__ import annotations

from dataclasses import dataclass

from agent import __version__
from agent.domain.description.text_models import TextModels
from agent.domain.policy.pack import Policy
from agent.domain.screening.names import PartyList
from models.risk.features import Tables


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """Policy, lists and model tables that documents are held against, with their digests."""

    policy: Policy
    policy_digest: str
    lists: tuple[PartyList, ...]
    lists_digest: str | None
    expected_lists: frozenset[str]
    """Ids of lists that were ever in force here: one that is gone could not be checked."""
    model_digest: str | None
    tables: Tables | None
    readings: TextModels | None
    """What reads goods texts; None when it was refused."""
    readings_digest: str | None

    @property
    def read(self) -> str:
        """What an assessment must have read to be still good."""
        parts = (self.policy_digest, self.lists_digest, self.model_digest, self.readings_digest, __version__)
        return "|".join(part or "none" for part in parts)
