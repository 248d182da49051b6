"""The work beside the lanes: assessing what was declared or is outdated, and deciding again on it."""

from __future__ import annotations

import logging
from typing import NoReturn

from agent.cases.redecide import decide_again, decide_on_changes
from agent.errors import AgentError
from agent.hub import Hub
from agent.runtime.threads import in_thread
from sync import sqlite

log = logging.getLogger(__name__)

PAUSE_S = 0.05


async def keep_assessed(hub: Hub) -> None:
    """Assess, newest first, what was declared, and what was assessed under another policy, list or model.

    And decide again on what was set aside, in case the hub was stopped between an import and that, and on
    what stands decided and comes to something else now. Ends only when declarations or log fail.
    """
    try:
        await _keep_assessed(hub)
    except (sqlite.Error, AgentError) as error:
        # The lanes go on: a scan assesses by itself what is missing, and a station that cannot read says so.
        log.warning("assessing again stopped", extra={"error": str(error)})


async def _keep_assessed(hub: Hub) -> NoReturn:
    await decide_again(hub)
    while True:
        hub.to_assess.clear()
        # While a file comes in, the cores belong to it and to the lanes.
        while hub.taking_in.locked() or await assess_some(hub):
            await hub.clock.sleep(PAUSE_S)
        await hub.to_assess.wait()


async def assess_some(hub: Hub) -> bool:
    """Assess some consignments whose assessment is missing or outdated; False when there are none left."""
    assessed = await in_thread("assess", hub.assessments.catch_up)
    await decide_on_changes(assessed, hub)
    return bool(assessed)
