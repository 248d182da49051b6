"""The configuration of a station's devices; checked against the catalogue of protocols when it is read."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from drivers.catalogue import profile_of, scale_names, scanner_names
from drivers.errors import DeviceError
from drivers.line_settings import LineSettings
from drivers.profile import DeviceProfile
from drivers.scales.reading import number
from drivers.units import GRAMS_PER, unit_name

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

    @field_validator("port")
    @classmethod
    def _stable(cls, value: str) -> str:
        if re.fullmatch(r"/dev/tty(USB|ACM)\d+", value):
            raise ValueError(
                f"{value} changes with the order of plugging; use its name under /dev/serial/by-id "
                "or /dev/serial/by-path"
            )
        return value

    @model_validator(mode="after")
    def _switchable(self) -> DeviceSection:
        self.profile()
        return self

    def profile(self) -> DeviceProfile:
        """The protocol as this device speaks it."""
        try:
            return profile_of(self.protocol).adapted(self.switches)
        except DeviceError as error:
            raise ValueError(str(error)) from error

    def settings(self) -> LineSettings:
        """The line's settings: what is not given is as the protocol's devices leave the factory."""
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
        raise ValueError(f"no {kind} protocol of that name is spoken; known are {', '.join(known)}")
    return value


class ScannerSection(DeviceSection):
    """A scanner; ``no_read`` lists what it says when it could not read."""

    protocol: str = "line-scanner"
    no_read: list[str] = ["NR", "NOREAD", "?"]

    @field_validator("protocol")
    @classmethod
    def _spoken(cls, value: str) -> str:
        return _one_of(scanner_names(), value, "scanner")


class CardSection(Node):
    """The metrology card of a scale: what its plate and its last verification say.

    ``max``, ``min`` and ``e`` are weights with their unit, as on the plate: ``"30 kg"``, ``"100 g"``.
    """

    maker: str
    model: str
    serial: str
    accuracy_class: Literal["I", "II", "III", "IIII"] = "III"
    max: str
    min: str
    e: str
    verified_on: date
    due_on: date
    seal: str | None = None
    certificate: str | None = None

    @field_validator("max", "min", "e")
    @classmethod
    def _weight(cls, value: str) -> str:
        if _grams_of(value) is None:
            raise ValueError('give a weight and its unit, as in "30 kg"')
        return value

    @model_validator(mode="after")
    def _in_order(self) -> CardSection:
        if not self.e_g <= self.min_g < self.max_g:
            raise ValueError(f"e, min and max must grow: {self.e}, {self.min}, {self.max}")
        if self.verified_on >= self.due_on:
            raise ValueError(f"due_on {self.due_on} must come after verified_on {self.verified_on}")
        return self

    @property
    def max_g(self) -> Decimal:
        """Grams; so are the next two."""
        return _grams_of(self.max) or Decimal(0)

    @property
    def min_g(self) -> Decimal:
        return _grams_of(self.min) or Decimal(0)

    @property
    def e_g(self) -> Decimal:
        return _grams_of(self.e) or Decimal(0)


def _grams_of(text: str) -> Decimal | None:
    digits, _, unit = text.strip().partition(" ")
    value, per = number(digits), GRAMS_PER.get(unit_name(unit) or "")
    return None if value is None or value <= 0 or per is None else value * per


class ScaleSection(DeviceSection):
    """A scale. ``unit`` is the one its frames leave out; ``division`` its step in that or its own unit."""

    protocol: str = "mt-sics"
    unit: str | None = None
    division: Decimal | None = None
    card: CardSection | None = None

    @field_validator("protocol")
    @classmethod
    def _spoken(cls, value: str) -> str:
        return _one_of(scale_names(), value, "scale")

    @field_validator("unit")
    @classmethod
    def _known_unit(cls, value: str | None) -> str | None:
        if value is not None and unit_name(value) not in GRAMS_PER:
            raise ValueError(f"no unit of weight is called so; use one of {', '.join(GRAMS_PER)}")
        return value if value is None else unit_name(value)

    @field_validator("division", mode="before")
    @classmethod
    def _exact(cls, value: Any) -> Any:
        # A TOML number is a binary fraction; 0.005 kg must stay what the plate says.
        return str(value) if isinstance(value, float | int) else value

    @model_validator(mode="after")
    def _unit_somewhere(self) -> ScaleSection:
        if self.unit is None and not self.profile().names_unit:
            raise ValueError(
                f'{self.protocol} frames name no unit; say which the scale shows, as in unit = "kg"'
            )
        if self.division is not None and self.division <= 0:
            raise ValueError("a scale's division is more than 0")
        return self
