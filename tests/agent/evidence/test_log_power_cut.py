"""The power fails between two writes: what was acknowledged is there afterwards."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.sandbox.site import Site
from sync import sqlite

PROGRAM = Path(__file__).with_name("power_cut_disk.py")
Cuts = list[dict[str, Any]]


@pytest.fixture
def cut_power(site: Site) -> Callable[[int], Cuts]:
    """Writes a log on a disk in memory and cuts its power at random moments, with and without syncing."""

    def cut(seed: int) -> Cuts:
        log = site.log()
        log.close()
        conn = sqlite.connect(log.path)
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        conn.close()
        cards = (site.centre / "centre.pub", site.authority / "authority.pub")
        ended = subprocess.run(
            [sys.executable, PROGRAM, log.path, site.data, str(seed), *cards],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        result: Cuts = json.loads(ended.stdout)
        return result

    return cut


def lost(cut: dict[str, Any]) -> int:
    """Acknowledged entries that are not there any more, or not the same."""
    return sum(cut["recovered"].get(str(seq)) != leaf for seq, leaf in cut["acked"])


def test_no_power_cut_loses_what_was_acknowledged(cut_power: Callable[[int], Cuts]) -> None:
    cuts = cut_power(11)
    synced = [cut for cut in cuts if cut["synchronous"] == "FULL"]
    assert len(synced) == 30
    assert [cut["trouble"] for cut in synced] == [None] * 30
    assert [lost(cut) for cut in synced] == [0] * 30
    for cut in synced:
        assert list(cut["recovered"]) == [str(n) for n in range(len(cut["recovered"]))]
    # The cuts are at many places of the log, and they do hurt a log that does not sync.
    assert len({len(cut["acked"]) for cut in synced}) > 10
    assert sum(lost(cut) > 0 for cut in cuts if cut["synchronous"] == "OFF") > 10
