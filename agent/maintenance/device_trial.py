"""Whether one device works: it is run as the hub would run it, for a few seconds."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from agent.maintenance.device_live import watch
from agent.maintenance.device_target import Target
from drivers.events import Event, WeightReading
from drivers.profile import DeviceKind
from drivers.supervision.health import DeviceHealth


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """How a device did; ``trouble`` is None if it works."""

    health: DeviceHealth
    trouble: str | None
    last: Event | None
    last_at_ns: int | None
    """Monotonic."""


async def try_device(target: Target, *, seconds: float, stop: asyncio.Event | None = None) -> Trial:
    """Run a device and judge it: a scale must weigh, a scanner must open.

    Args:
        target: One with a protocol.
        stop: Ends it early.
    """
    events: dict[str, tuple[Event, int]] = {}

    def take(event: Event, at_ns: int) -> bool:
        if isinstance(event, WeightReading):
            events["reading"] = (event, at_ns)
        events["last"] = (event, at_ns)
        return False

    health = await watch(target, seconds=seconds, on_event=take, stop=stop)
    reading, _ = events.get("reading", (None, None))
    last, last_at_ns = events.get("last", (None, None))
    trouble = _trouble(target, health, reading if isinstance(reading, WeightReading) else None)
    return Trial(health=health, trouble=trouble, last=last, last_at_ns=last_at_ns)


def _trouble(target: Target, health: DeviceHealth, reading: WeightReading | None) -> str | None:
    """What is wrong with the device, None if nothing is."""
    assert target.profile is not None
    protocol = target.profile.name
    trouble = health.advice
    if health.state.value in {"opening", "lost"}:
        trouble = health.last_error or "its port did not open in that time"
    elif trouble is None and target.profile.kind is DeviceKind.SCALE:
        if reading is None:
            received = (
                f"none of its {health.noise_bytes} bytes fits {protocol}"
                if health.noise_bytes
                else f"it sent nothing that fits {protocol}"
            )
            trouble = f"{received}; check that it is on, and that protocol and line are right"
        elif reading.value is not None and reading.unit is None:
            trouble = "its frames name no unit; set unit in the configuration"
        elif health.parse_errors > 1 and health.parse_errors >= health.frames:
            trouble = f"half of what it sends is noise ({health.last_noise}); check cable, protocol and line"
    return trouble
