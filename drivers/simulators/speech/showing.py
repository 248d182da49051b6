"""What a scale's display shows, before any protocol spells it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal

_GRAMS = {
    "kg": Decimal(1000),
    "g": Decimal(1),
    "lb": Decimal("453.59237"),
    "oz": Decimal("28.349523125"),
}

STEPS = {"kg": Decimal("0.001"), "g": Decimal(1), "lb": Decimal("0.01"), "oz": Decimal("0.1")}
"""The division that a parcel scale of 30 kg shows in each unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """One moment of a display.

    ``value`` and ``tare`` are in ``unit`` and carry the division's decimals; ``value`` is net of the tare. A
    scale that is ``over``, ``under`` or in ``error`` shows no weight; some protocols send digits nonetheless.
    """

    value: Decimal
    unit: str
    stable: bool = True
    zero: bool = False
    net: bool = False
    tare: Decimal = Decimal(0)
    over: bool = False
    under: bool = False
    error: bool = False

    @property
    def usable(self) -> bool:
        """Whether it shows a weight at all."""
        return not (self.over or self.under or self.error)

    @property
    def digits(self) -> str:
        """The value without its sign, without leading zeros, its decimals kept."""
        return f"{abs(self.value):f}"

    @property
    def minus(self) -> str:
        return "-" if self.value < 0 else " "

    @property
    def plus(self) -> str:
        return "-" if self.value < 0 else "+"

    @property
    def decimals(self) -> int:
        exponent = self.value.as_tuple().exponent
        return -exponent if isinstance(exponent, int) else 0

    @property
    def whole(self) -> int:
        """The value without sign and point: 1.230 kg is 1230."""
        return int(abs(self.value).scaleb(self.decimals))


def in_unit(grams: float, unit: str, division: Decimal | None = None) -> Decimal:
    """The value that a display in that unit shows, a whole number of divisions.

    >>> in_unit(1234.4, "kg"), in_unit(453.6, "lb"), in_unit(-0.3, "g")
    (Decimal('1.234'), Decimal('1.00'), Decimal('0'))
    """
    step = division or STEPS[unit]
    steps = (Decimal(repr(grams)) / _GRAMS[unit] / step).to_integral_value(ROUND_HALF_EVEN)
    return int(steps) * step


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What one command brings about: bytes back, repetition begun or ended, and what happens to the scale."""

    data: bytes = b""
    stream: bool | None = None
    act: Literal["zero", "tare", "clear"] | None = None


Tells = Literal["unit", "stable", "moving", "negative", "net", "tare", "zero", "over", "under", "error"]
"""What a frame can say. ``moving``: the value while the load moves. ``stable``: whether it moves."""


def _deaf(_command: bytes, _showing: Showing) -> Reply:
    return Reply()


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """How one protocol spells a display, and what it answers.

    Args:
        frame: The bytes of one reading; none where the device says nothing.
        tells: What its frames can say.
        command: Finds one whole command in what the host sent (a regular expression).
        answer: Takes that command, without line ends, and what is shown.
        streams: Talks by itself from the moment it is on.
        units: Those it can be set to, the usual one first.
        parity: Of its line with seven data bits, as it leaves the factory.
        spoil: Gives a frame a wrong check; None where there is no check.
        source: Where the grammar was read.
    """

    name: str
    frame: Callable[[Showing], bytes]
    tells: frozenset[Tells]
    command: bytes = rb"(?!)"
    answer: Callable[[bytes, Showing], Reply] = _deaf
    streams: bool = False
    units: tuple[str, ...] = ("kg", "g", "lb", "oz")
    parity: Literal["even", "odd"] | None = None
    spoil: Callable[[bytes], bytes] | None = None
    source: str = ""


LINE = rb"[^\r\n]+[\r\n]"
"""A command that ends with CR, LF or both."""

EVERYTHING: frozenset[Tells] = frozenset(
    {"unit", "stable", "moving", "negative", "net", "tare", "zero", "over", "under", "error"}
)
