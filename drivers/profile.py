"""What a supervised device needs to know of its protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial

from drivers.errors import BadSwitch
from drivers.events import Parser
from drivers.line_settings import LineSettings


class DeviceKind(StrEnum):
    """What a device measures."""

    SCALE = "scale"
    SCANNER = "scanner"


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """A point on which models, or sources, of one protocol differ; a site sets it for its device.

    ``values``: what it may be, the usual one first. ``meaning`` says what it decides, and for whom.
    """

    name: str
    values: tuple[str, ...]
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceProfile:
    """One protocol of the catalogue; ``adapted`` and ``dataclasses.replace`` fit one to a site.

    Args:
        title: The makers and models that speak it, for people.
        new_parser: Takes the switches by keyword, each one's value as text.
        settings: How the line leaves the factory.
        start_command: Makes the device talk; empty for one that talks by itself or must be asked each time.
        poll_command: Asks for one weight, stable or not. A device with a poll command and no start command is
            polled for as long as it is open.
        probe_command: A question that changes nothing at the device, for detection; empty if there is none.
        silent_after_s: Age of the last byte at which a device that should talk counts as silent.
        beep_good: Makes a scanner sound as after a good read; empty if it cannot be told to.
        beep_bad: Makes a scanner sound a warning: the parcel is to be looked at.
        idle_gap_s: How long the line must be idle before the parser's ``idle`` is asked; None if never.
        names_unit: Whether a frame says its unit. If not, the site's configuration must.
        cannot_tell: What never comes out of this protocol.
        source: Where the grammar is described.
        scans_too: Whether a scale's port carries the reads of a scanner as well.
        verified: Whether frames of real devices were held against the parser.
    """

    name: str
    title: str = ""
    kind: DeviceKind
    new_parser: Callable[..., Parser]
    settings: LineSettings = field(default_factory=LineSettings)
    start_command: bytes = b""
    poll_command: bytes = b""
    probe_command: bytes = b""
    beep_good: bytes = b""
    beep_bad: bytes = b""
    poll_interval_s: float = 0.1
    silent_after_s: float = 1.0
    idle_gap_s: float | None = None
    names_unit: bool = True
    switches: tuple[Switch, ...] = ()
    cannot_tell: tuple[str, ...] = ()
    source: str = ""
    scans_too: bool = False
    verified: bool = True

    def adapted(self, switches: Mapping[str, str]) -> DeviceProfile:
        """This profile with some switches set; those not named keep their usual position.

        Raises:
            BadSwitch: The protocol has no such switch, or the switch no such position.
        """
        known = {switch.name: switch for switch in self.switches}
        for name, value in switches.items():
            if name not in known:
                raise BadSwitch(self.name, name, value, tuple(known))
            if value not in known[name].values:
                raise BadSwitch(self.name, name, value, known[name].values)
        return replace(self, new_parser=partial(self.new_parser, **switches)) if switches else self
