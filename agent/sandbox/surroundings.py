"""What lies around a hub that runs as a program: its centre, the link to it, and simulated devices."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from agent.sandbox import catalogue
from agent.sandbox.hub_folder import HubFolder
from agent.sandbox.link import Link
from agent.sandbox.programs import CENTRE_PROGRAM, HUB_PROGRAM, running
from drivers.simulators.client import SimulatedDevice

LIST = "demo-parties"
LONGEST_WAIT_S = 3.0
"""Of the hub, before it tries the centre again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneDevices:
    """The two simulated devices of a lane."""

    scanner: SimulatedDevice
    scale: SimulatedDevice


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """A hub's folder with everything in place, and what is at work around it."""

    site: HubFolder
    link: Link
    lanes: dict[str, LaneDevices]

    def lane_socket(self, lane: str) -> Path:
        """Where the hub hands over the numbers that are typed on the page of a lane."""
        return _lane_socket(self.site, lane)

    def running_hub(self) -> AbstractAsyncContextManager[str]:
        """Run the hub's own program; yields the address of its pages."""
        return running(
            *(HUB_PROGRAM, "run", "--config", str(self.site.config_file)),
            ready="ready ",
            log=self.site.folder / "hub.log",
        )


@asynccontextmanager
async def surroundings(
    site: HubFolder, lanes: Sequence[str], *, speed: float, seed: int = 0, page_port: int = 0
) -> AsyncIterator[Surroundings]:
    """Start devices, link and centre, make all keys, publish policy and list, write the configuration.

    The hub itself is the caller's to run; what was started ends in reverse.

    Args:
        site: A folder in which nothing was made yet.
        lanes: Their names.
        speed: Of the devices.
        seed: Of the devices' randomness.
        page_port: Of the hub's pages; 0: any free one.

    Raises:
        ProgramFailed: the centre did not do what it must.
    """
    devices = {
        lane: LaneDevices(
            scanner=SimulatedDevice(
                "scanner", site.folder, name=f"{lane}-scanner", seed=seed * 10 + number, speed=speed
            ),
            scale=SimulatedDevice(
                "scale", site.folder, name=f"{lane}-scale", seed=seed * 10 + number, speed=speed
            ),
        )
        for number, lane in enumerate(lanes)
    }
    async with AsyncExitStack() as stack:
        # The link needs the centre's port and the configuration the link's, so the port is settled last.
        link = await stack.enter_async_context(Link())
        starting = [
            stack.enter_async_context(device)
            for lane in devices.values()
            for device in (lane.scanner, lane.scale)
        ]
        await asyncio.gather(_prepare(site, devices, link.port, page_port), *starting)
        address = await stack.enter_async_context(
            running(
                *(CENTRE_PROGRAM, "serve", "--data", str(site.centre), "--port", "0"),
                ready="listening on ",
                log=site.folder / "centre.log",
            )
        )
        link.target = int(address.rstrip("/").rpartition(":")[2])
        yield Surroundings(site=site, link=link, lanes=devices)


async def _prepare(site: HubFolder, devices: dict[str, LaneDevices], link_port: int, page_port: int) -> None:
    """Everything that lies in the folder before a program of it runs."""
    site.make_authority()
    await site.make_centre()
    site.make_hub_keys()
    # The publisher names the lists without which no piece may be cleared.
    site.publish_policy(("required = []", f'required = ["{LIST}"]'))
    site.publish_list(catalogue.LISTED_NAME, *catalogue.LISTED_OTHERS, list_id=LIST)
    centre = (
        f'[centre]\nurl = "http://127.0.0.1:{link_port}"\nname = "{site.centre_name}"\n'
        f"longest_wait_s = {LONGEST_WAIT_S}\n"
    )
    stations = (
        f'[[stations]]\nname = "{lane}"\nkeyed_to = "unix:{_lane_socket(site, lane)}"\n'
        f'scanner = {{ port = "{ports.scanner.port}" }}\n'
        f'scale = {{ port = "{ports.scale.port}", protocol = "mt-sics" }}\n'
        for lane, ports in devices.items()
    )
    site.configure("".join(stations), centre, page_port=page_port)
    await site.register()


def _lane_socket(site: HubFolder, lane: str) -> Path:
    return site.folder / f"{lane}.sock"
