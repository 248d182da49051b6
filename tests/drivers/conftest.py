"""Real pseudo-terminals, with links that can be moved as udev moves them."""

from __future__ import annotations

import asyncio
import os
import pty
import select
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest


class FarEnd:
    """The device's end of a pseudo-terminal whose near end stands behind a link."""

    def __init__(self, link: Path) -> None:
        self.link = link
        self.master = -1
        self.slave = -1

    def plug(self) -> None:
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        beside = self.link.with_suffix(".new")
        beside.symlink_to(os.ttyname(self.slave))
        beside.replace(self.link)

    def unplug(self) -> None:
        if self.master >= 0:
            self.link.unlink(missing_ok=True)
            os.close(self.master)
            os.close(self.slave)
            self.master = self.slave = -1

    def send(self, data: bytes) -> None:
        os.write(self.master, data)

    async def receive(self, ending: bytes) -> bytes:
        """What the host wrote, once it ends like that."""
        got = b""
        while not got.endswith(ending):
            await asyncio.to_thread(select.select, [self.master], [], [], 10)
            got += os.read(self.master, 4096)
        return got


@pytest.fixture
def far_end(tmp_path: Path) -> Iterator[FarEnd]:
    end = FarEnd(tmp_path / "port")
    end.plug()
    yield end
    end.unplug()
