"""What a hub refuses to open with, and that it then lets go of its folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.errors import AgentError
from agent.reference.loading import ReferenceRefused
from agent.runtime.data_lock import DataLock
from sync.central.identity import init_authority


async def test_a_hub_that_fails_to_open_gives_its_folder_back(site: Any) -> None:
    (site.folder / "policy.signed").unlink()
    for _ in range(2):
        with pytest.raises(AgentError, match=r"policy\.signed cannot be read"):
            async with site.open():
                pass
    DataLock(site.data).release()


async def test_a_policy_of_somebody_else_is_refused_at_the_start(site: Any, tmp_path: Path) -> None:
    init_authority(tmp_path / "other", "authority/other")
    replace(site, authority=tmp_path / "other").publish_policy()
    with pytest.raises(ReferenceRefused, match=r"policy\.signed: no publishing key"):
        async with site.open():
            pass
    assert not (site.data / "evidence.db").exists()
