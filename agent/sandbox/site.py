"""The programs of the demonstration: the centre and the hub, each a process of its own, in one folder."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agent.domain.packs.shipped import shipped_pack
from agent.domain.policy.pack import fill
from agent.errors import AgentError
from agent.runtime.clock import Clock
from agent.sandbox import catalogue
from agent.sandbox.link import Link
from models.risk.scorer import Scorer

HUB = "hub/demo"
CENTRE = "centre/demo"
AUTHORITY = "authority/demo"
LIST = "demo-parties"
READY_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 15.0


class DemoFailed(AgentError):
    """A program of the demonstration did not do what it must."""


@dataclass(kw_only=True)
class Site:
    """Where everything lies, and what runs."""

    folder: Path
    clock: Clock
    page_port: int
    link: Link | None = None
    url: str = ""

    @property
    def config(self) -> Path:
        return self.folder / "hub.toml"

    @property
    def data(self) -> Path:
        return self.folder / "hub"

    def lane_socket(self, lane: str) -> Path:
        """Where numbers that are typed on the page come in."""
        return self.folder / f"{lane}.sock"

    async def preclear(self, *arguments: str, ok: Sequence[int] = (0,)) -> dict[str, Any]:
        """Run ``preclear … --json`` and read its answer."""
        out = await _run(("agent.cli", *arguments, "--config", str(self.config), "--json"), ok)
        found: dict[str, Any] = json.loads(out)
        return found


async def _run(arguments: Sequence[str], ok: Sequence[int] = (0,)) -> bytes:
    module, *rest = arguments
    process = await asyncio.create_subprocess_exec(
        *_python(module), *rest, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode not in ok:
        raise DemoFailed(
            f"{module} {' '.join(rest[:2])} ended with {process.returncode}: {err.decode()[-600:]}"
        )
    return out


def _python(module: str) -> tuple[str, ...]:
    """Our own commands by the interpreter that runs us, wherever its scripts were installed."""
    return sys.executable, "-c", f"from {module} import main; main()"


async def central(*arguments: str) -> bytes:
    """Run one ``preclear-central`` command."""
    return await _run(("sync.central.cli", *arguments))


async def prepare(site: Site, lanes: Sequence[str], ports: dict[str, tuple[Path, Path]]) -> None:
    """Make all keys, register the hub, publish policy and list, write the configuration."""
    folder = site.folder
    centre, authority = str(folder / "centre"), str(folder / "authority")
    now = site.clock.now()
    pack = fill(shipped_pack(), model_digest=Scorer.load().digest, issued=now)
    # The publisher names the lists without which no piece may be cleared.
    (folder / "policy.toml").write_bytes(pack.replace(b"required = []", b'required = ["%b"]' % LIST.encode()))
    (folder / "list.json").write_bytes(_watchlist(now))
    await asyncio.gather(
        central("init", "--data", centre, "--name", CENTRE),
        central("authority-init", "--folder", authority, "--name", AUTHORITY),
    )
    assert site.link is not None
    site.config.write_text(_config(site, lanes, ports))
    publish = ("--authority", authority, "--out")
    await asyncio.gather(
        central("publish", "policy", str(folder / "policy.toml"), *publish, str(folder / "policy.signed")),
        central("publish", "list", str(folder / "list.json"), *publish, str(folder / "list.signed")),
        _run(("agent.cli", "keys", "make", "--config", str(site.config))),
    )
    await central("register-hub", str(site.data / "hub.pub"), "--data", centre)


def _watchlist(now: datetime) -> bytes:
    names = (catalogue.LISTED_NAME, *catalogue.LISTED_OTHERS)
    return json.dumps(
        {
            "v": 1,
            "id": LIST,
            "issued": now.astimezone(UTC).isoformat(),
            "entries": [{"id": f"D{number}", "names": [name]} for number, name in enumerate(names, 1)],
        }
    ).encode()


def _config(site: Site, lanes: Sequence[str], ports: dict[str, tuple[Path, Path]]) -> str:
    assert site.link is not None
    lines = [
        "# Written by: preclear demo",
        f'[hub]\nname = "{HUB}"\ndata = "hub"\n',
        '[trust]\ncards = ["centre/centre.pub", "authority/authority.pub"]\n',
        f'[centre]\nurl = "http://127.0.0.1:{site.link.port}"\nname = "{CENTRE}"\nlongest_wait_s = 3.0\n',
        '[policy]\nfile = "policy.signed"\n',
        f"[web]\nport = {site.page_port}\n",
    ]
    for lane in lanes:
        scanner, scale = ports[lane]
        lines.append(
            f'[[stations]]\nname = "{lane}"\nkeyed_to = "unix:{site.lane_socket(lane)}"\n'
            f'scanner = {{ port = "{scanner}" }}\nscale = {{ port = "{scale}", protocol = "mt-sics" }}\n'
        )
    return 'lists = ["list.signed"]\n\n' + "\n".join(lines)


@asynccontextmanager
async def running(arguments: Sequence[str], ready: str, log: Path) -> AsyncIterator[str]:
    """Run one of our programs; yields what follows ``ready`` in the line that says it listens.

    Raises:
        DemoFailed: it ended before, or was not ready in time; the end of its log is in the message.
    """
    module, *rest = arguments
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            *_python(module),
            *rest,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            start_new_session=True,  # a Ctrl-C is for us; we end it in good order
        )
    assert process.stdout is not None
    try:
        try:
            async with asyncio.timeout(READY_TIMEOUT_S):
                while not (line := (await process.stdout.readline()).decode()).startswith(ready):
                    if not line:
                        raise DemoFailed(f"{log.stem} did not start: {log.read_text()[-600:].strip()}")
        except TimeoutError as error:
            raise DemoFailed(f"{log.stem} was not ready after {READY_TIMEOUT_S:.0f} s; see {log}") from error
        yield line.removeprefix(ready).strip()
    finally:
        await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
