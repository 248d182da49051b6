"""What the tests of the domain share: the default pack, filled and parsed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agent.domain.packs.shipped import shipped_pack
from agent.domain.policy.pack import Policy, fill, parse_policy

ISSUED = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="session")
def pack() -> bytes:
    """The default pack as a publisher would issue it on 1 January 2026."""
    template = shipped_pack()
    return fill(template, model_digest="ab" * 32, issued=ISSUED)


@pytest.fixture(scope="session")
def policy(pack: bytes) -> Policy:
    """The default pack, parsed."""
    return parse_policy(pack)
