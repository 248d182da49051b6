"""What a hub refuses to open with, and that it then lets go of its folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from agent.errors import AgentError
from agent.reference.loading import ReferenceRefused
from agent.runtime.data_lock import DataLock
from agent.sandbox.hub_folder import POLICY_FILE, HubFolder
from agent.sandbox.site import Site


async def test_a_hub_that_fails_to_open_gives_its_folder_back(site: Site) -> None:
    (site.folder / "policy.signed").unlink()
    for _ in range(2):
        with pytest.raises(AgentError, match=r"policy\.signed cannot be read"):
            async with site.open():
                pass
    DataLock(site.data).release()


async def test_a_policy_of_somebody_else_is_refused_at_the_start(site: Site, tmp_path: Path) -> None:
    other = HubFolder(name="other", folder=tmp_path, clock=site.clock)
    other.make_authority()
    other.publish_policy()
    shutil.copy(other.folder / POLICY_FILE, site.folder)
    with pytest.raises(ReferenceRefused, match=r"policy\.signed: no publishing key"):
        async with site.open():
            pass
    assert not (site.data / "evidence.db").exists()
