"""The pack that the program ships, filled and parsed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agent.domain.packs.shipped import shipped_pack
from agent.domain.policy.pack import Policy, fill, parse_policy


@pytest.fixture(scope="session")
def policy() -> Policy:
    """The shipped pack as a publisher would issue it."""
    issued = datetime(2026, 1, 1, tzinfo=UTC)
    return parse_policy(fill(shipped_pack(), model_digest="ab" * 32, issued=issued))
