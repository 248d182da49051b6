"""What a running hub reports of itself, asked over the page's own API."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any

import aiohttp

NOBODY = '[centre]\nurl = "http://127.0.0.1:9"\nname = "centre/test"\n'
"""A centre at a port where nothing listens."""


async def test_a_running_hub_reports_link_policy_and_devices_and_why_the_centre_is_out_of_reach(
    site: Any, run_hub: Callable[[], AbstractAsyncContextManager[str]]
) -> None:
    now = datetime.now(UTC)
    site.publish_policy(issued=now)
    site.publish_list(issued=now)
    site.configure(extra=NOBODY)
    async with run_hub() as url, aiohttp.ClientSession() as session, asyncio.timeout(15):
        while True:
            async with session.get(f"{url}api/status") as answer:
                status = await answer.json()
            sync, policy, device = status["states"]
            if sync["error"] is not None and device["state"] != "opening":
                break
            await asyncio.sleep(0.02)
    assert (sync["type"], sync["online"]) == ("sync", False)
    assert sync["unsent"] == status["unsent"]
    assert (policy["type"], policy["sequence"]) == ("policy", status["policy"]["sequence"])
    assert (device["station"], device["role"], device["state"]) == ("lane-1", "scanner", "lost")
