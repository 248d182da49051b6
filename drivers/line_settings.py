"""The settings of a serial line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSettings:
    """Speed and shape of a serial line; 9600 8N1 is what most scales and scanners leave the factory with."""

    baudrate: int = 9600
    byte_size: Literal[7, 8] = 8
    parity: Literal["N", "E", "O"] = "N"
    stop_bits: Literal[1, 2] = 1
    xonxoff: bool = False
    rtscts: bool = False

    def __post_init__(self) -> None:
        if self.baudrate <= 0:
            raise ValueError(f"a line of {self.baudrate} baud carries nothing; give the device's speed")

    def __str__(self) -> str:
        flow = "".join(f" {name}" for name in ("xonxoff", "rtscts") if getattr(self, name))
        return f"{self.baudrate} {self.byte_size}{self.parity}{self.stop_bits}{flow}"
