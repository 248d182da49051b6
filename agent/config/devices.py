"""The configuration of a station's devices; checked against the catalogue of protocols when it is read."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from agent.domain.checks.metrology import AccuracyClass, MetrologyCard
from drivers.catalogue import profile_of, scale_names, scanner_names
from drivers.errors import DeviceError
from drivers.line_settings import LineSettings
from drivers.ports.listing import forms_of, is_counted, stable_name_of
from drivers.ports.opening import Transport
from drivers.profile import DeviceProfile
from drivers.scales.reading import number
from drivers.scales.template import TemplateSettings, template_profile
from drivers.weighing.units import GRAMS_PER, unit_name

TEMPLATE = "template"
"""The protocol of a scale whose frames the site itself describes."""

DATAWEDGE = "datawedge"
"""The protocol of handhelds that send over the network."""

KEYBOARD = "keyboard-scanner"
"""The protocol of a scanner that types like a keyboard."""

_PARITY: dict[str, Literal["N", "E", "O"]] = {"none": "N", "even": "E", "odd": "O"}


class Node(BaseModel):
    """A table of the file: no unknown keys, and nothing changes once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DeviceSection(Node):
    """A port, its line settings (those of the protocol unless given), and the protocol's switches."""

    port: str
    protocol: str
    baud: Annotated[int, Field(ge=300, le=1_000_000)] | None = None
    bits: Literal[7, 8] | None = None
    parity: Literal["none", "even", "odd"] | None = None
    stop_bits: Literal[1, 2] | None = None
    switches: dict[str, str] = {}
    transport: Transport = "auto"

    @field_validator("port")
    @classmethod
    def _stable(cls, value: str) -> str:
        if is_counted(value):
            name = stable_name_of(value)
            lasting = f"{name}, the lasting name of what is plugged in there now" if name else forms_of(value)
            raise ValueError(f"{value} changes with the order of plugging; use {lasting}")
        return value

    @model_validator(mode="after")
    def _switchable(self) -> DeviceSection:
        self.profile()
        return self

    def profile(self) -> DeviceProfile:
        """The protocol as this device speaks it."""
        try:
            return self._protocol_profile().adapted(self.switches)
        except DeviceError as error:
            raise ValueError(str(error)) from error

    def _protocol_profile(self) -> DeviceProfile:
        return profile_of(self.protocol)

    def settings(self) -> LineSettings:
        """The line's settings; those not given are the factory settings of the protocol."""
        usual = self.profile().settings
        return LineSettings(
            baudrate=self.baud or usual.baudrate,
            byte_size=self.bits or usual.byte_size,
            parity=usual.parity if self.parity is None else _PARITY[self.parity],
            stop_bits=self.stop_bits or usual.stop_bits,
            xonxoff=usual.xonxoff,
            rtscts=usual.rtscts,
        )


def _one_of(known: tuple[str, ...], value: str, kind: str) -> str:
    if value not in known:
        raise ValueError(f'unknown {kind} protocol "{value}"; choose one of {", ".join(known)}')
    return value


class ScannerSection(DeviceSection):
    """A scanner.

    ``no_read`` lists what it sends when it could not read. ``beep``: the verdicts for which it sounds, if it
    can. ``senders`` are the addresses of handhelds that send over the network, for the protocol
    ``datawedge``, whose port is ``datawedge://ADDRESS:PORT`` to listen on.
    """

    protocol: str = "line-scanner"
    no_read: list[str] = ["NR", "NOREAD", "?"]
    beep: Literal["off", "bad", "both"] = "bad"
    senders: list[str] = []

    @model_validator(mode="after")
    def _reachable(self) -> ScannerSection:
        networked = self.protocol == DATAWEDGE
        if networked and not re.fullmatch(r"datawedge://[^\s/:]+:\d{1,5}", self.port):
            raise ValueError("datawedge listens on a port such as datawedge://0.0.0.0:58627")
        if networked != bool(self.senders):
            raise ValueError('protocol = "datawedge" and senders = ["192.0.2.7"] go together')
        if (self.protocol == KEYBOARD) != self.port.startswith("/dev/input/"):
            raise ValueError(
                "a keyboard-scanner is read from its link in /dev/input/by-id that ends in -event-kbd, "
                "and nothing else is"
            )
        return self

    @field_validator("protocol")
    @classmethod
    def _known_protocol(cls, value: str) -> str:
        return _one_of(scanner_names(), value, "scanner")


class CardSection(Node):
    """The metrology card of a scale: its plate and its last verification.

    ``max``, ``min`` and ``e`` are weights with their unit, as on the plate: ``"30 kg"``, ``"100 g"``.
    """

    maker: str
    model: str
    serial: str
    accuracy_class: AccuracyClass = "III"
    max: str
    min: str
    e: str
    verified_on: date
    due_on: date
    seals: list[str] = []
    certificate: str | None = None

    @field_validator("max", "min", "e")
    @classmethod
    def _weight(cls, value: str) -> str:
        if _grams_of(value) is None:
            raise ValueError('give a weight and its unit, as in "30 kg"')
        return value

    @model_validator(mode="after")
    def _possible(self) -> CardSection:
        self.card()
        return self

    def card(self) -> MetrologyCard:
        """The same in grams.

        Raises:
            ValueError: No scale has such a plate.
        """
        return MetrologyCard(
            maker=self.maker,
            model=self.model,
            serial=self.serial,
            accuracy_class=self.accuracy_class,
            max_g=_grams_of(self.max) or Decimal(0),
            min_g=_grams_of(self.min) or Decimal(0),
            e_g=_grams_of(self.e) or Decimal(0),
            verified_on=self.verified_on,
            due_on=self.due_on,
            seals=tuple(self.seals),
            certificate=self.certificate,
        )


def _grams_of(text: str) -> Decimal | None:
    digits, _, unit = text.strip().partition(" ")
    value, per = number(digits), GRAMS_PER.get(unit_name(unit) or "")
    return None if value is None or value <= 0 or per is None else value * per


Column = tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]]


class TemplateSection(Node):
    """A frame described by the site, for a scale whose protocol is not in the catalogue."""

    start: str = ""
    end: str = "\r\n"
    ceiling: int = 128
    columns: dict[str, Column] = {}
    length: int | None = None
    pattern: str = ""
    marks: dict[str, dict[str, str]] = {}
    units: dict[str, str] = {}
    over: tuple[str, ...] = ()
    under: tuple[str, ...] = ()
    point: Literal[".", ","] = "."
    decimals: int | None = None
    width: Literal["learned", "any"] = "learned"
    start_command: str = ""
    poll_command: str = ""

    def profile(self) -> DeviceProfile:
        """The protocol that it describes.

        Raises:
            BadTemplate: It does not describe one.
        """
        return template_profile(TemplateSettings(**self.model_dump()))


class ScaleSection(DeviceSection):
    """A scale.

    ``unit`` is the one its frames omit, ``division`` its step in that unit. ``poll`` asks it for a
    weight if it does not send by itself and its protocol has no command for it; ``max_gap_s`` is how
    long it may be silent before its load is unknown, for one that answers only at rest.
    """

    protocol: str = "mt-sics"
    unit: str | None = None
    division: Decimal | None = None
    poll: Annotated[str, Field(max_length=64)] | None = None
    max_gap_s: Annotated[float, Field(gt=0, le=60)] | None = None
    template: TemplateSection | None = None
    card: CardSection | None = None

    def profile(self) -> DeviceProfile:
        profile = super().profile()
        if self.poll is None:
            return profile
        return replace(profile, start_command=b"", poll_command=self.poll.encode("latin-1"))

    def _protocol_profile(self) -> DeviceProfile:
        if self.protocol != TEMPLATE:
            return super()._protocol_profile()
        assert self.template is not None
        return self.template.profile()

    @field_validator("protocol")
    @classmethod
    def _known_protocol(cls, value: str) -> str:
        return _one_of((*scale_names(), TEMPLATE), value, "scale")

    @field_validator("unit")
    @classmethod
    def _known_unit(cls, value: str | None) -> str | None:
        if value is not None and unit_name(value) not in GRAMS_PER:
            raise ValueError(f"unknown unit of weight; choose one of {', '.join(GRAMS_PER)}")
        return value if value is None else unit_name(value)

    @field_validator("division", mode="before")
    @classmethod
    def _exact(cls, value: Any) -> Any:
        # A TOML number is a binary fraction; 0.005 kg must stay what the plate says.
        return str(value) if isinstance(value, float | int) else value

    @model_validator(mode="before")
    @classmethod
    def _described(cls, given: Any) -> Any:
        if isinstance(given, dict) and (given.get("protocol") == TEMPLATE) != ("template" in given):
            raise ValueError('protocol = "template" and a table "template" that describes it go together')
        return given

    @model_validator(mode="after")
    def _unit_somewhere(self) -> ScaleSection:
        if self.unit is None and not self.profile().names_unit:
            raise ValueError(
                f'{self.protocol} frames name no unit; say which the scale shows, as in unit = "kg"'
            )
        if self.division is not None and self.division <= 0:
            raise ValueError("a scale's division is more than 0")
        if self.division is not None and self.unit is None:
            raise ValueError('a division is a weight; say its unit, as in unit = "kg"')
        return self
