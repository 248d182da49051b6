"""The site's hub at work."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import pytest

from agent.runtime.clock import SystemClock
from agent.sandbox.site import Site


@pytest.fixture
async def running(site: Site, run_hub: Callable[[], AbstractAsyncContextManager[str]]) -> AsyncIterator[str]:
    """The site's hub at work; the address of its page."""
    clock = SystemClock()
    site.publish_policy(issued=clock.now())
    site.publish_list(issued=clock.now())
    async with run_hub() as url:
        yield url
