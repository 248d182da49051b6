"""What the figures are taken on: a made-up hub in a folder of its own, its lane at two pseudo-terminals."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from agent.config.file import Config
from agent.runtime.clock import Clock
from agent.sandbox.hub_folder import LIST_FILE, HubFolder
from agent.sandbox.wires import Wires, wires


@dataclass(frozen=True, slots=True, kw_only=True)
class Bed:
    """A hub that is ready to run, and the far ends of its devices."""

    site: HubFolder
    config: Config
    wires: Wires

    @property
    def folder(self) -> Path:
        return self.site.folder


@contextmanager
def make_bed(clock: Clock, *, listed: int = 0) -> Iterator[Bed]:
    """Make keys, a signed policy, a signed list of ``listed`` names when there are any, a configuration."""
    with tempfile.TemporaryDirectory(prefix="preclear-bench-") as folder, wires() as ends:
        site = HubFolder(name="bench", folder=Path(folder), clock=clock)
        site.make_authority()
        site.make_hub_keys()
        site.publish_policy()
        if listed:
            site.publish_list(*map(_name, range(listed)))
        config = site.configure(ends.station(), lists=(LIST_FILE,) if listed else ())
        yield Bed(site=site, config=config, wires=ends)


def _name(number: int) -> str:
    return f"Listed Party {number:05d} of {number * 7919 % 100_003}"
