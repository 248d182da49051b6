"""The site's hub at work."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from agent.runtime.clock import SystemClock


@pytest.fixture
async def running(site: Any, run_hub: Any) -> AsyncIterator[str]:
    """The site's hub at work; the address of its page."""
    clock = SystemClock()
    site.publish_policy(issued=clock.now())
    site.publish_list(issued=clock.now())
    async with run_hub() as url:
        yield url
