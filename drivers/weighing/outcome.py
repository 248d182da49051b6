"""What a scale is held to, and what a scan gets from it: a weighing, a wait, or why there is neither."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class WeighingSettings:
    """The rules of one scale, in grams and seconds.

    ``division`` is the scale's step in its own unit, where it is wider than the last digit shown.
    ``max_gap_s`` is how long the scale may be unheard before nothing is known of its load any more.
    ``unflagged_window_s`` is how long the values of a scale without a stable flag must agree to count as
    stable.
    """

    empty_band_g: int = 10
    agree_g: int = 2
    agreeing_readings: int = 3
    change_g: int = 20
    taken_grace_s: float = 2.0
    max_gap_s: float = 0.75
    unflagged_window_s: float = 0.8
    require_empty_after_loss: bool = True
    division: Decimal | None = None

    def __post_init__(self) -> None:
        if self.empty_band_g < 0 or self.agree_g < 0 or self.agreeing_readings < 1:
            raise ValueError(
                "the empty band, the agreement and its readings cannot be negative, or no readings"
            )
        if self.change_g <= self.agree_g:
            raise ValueError(
                f"change_g ({self.change_g}) must exceed agree_g ({self.agree_g}): noise is not a parcel"
            )


class Mark(StrEnum):
    """What must be known of a weighing beside its digits."""

    NET = "net"
    HIGH_RESOLUTION = "high_resolution"
    UNIT_CONFIGURED = "unit_configured"
    """The scale names no unit; the site's configuration does."""
    STABLE_BY_WINDOW = "stable_by_window"
    """The scale has no stable flag; its values agreed for a while."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighing:
    """One parcel's weight; all times are monotonic nanoseconds.

    ``digits`` and ``unit`` are the device's own, ``grams`` and ``u_grams`` derived from them
    (``drivers.weighing.units``). It was stable from ``stable_ns`` (the first agreeing reading) on;
    ``last_byte_ns`` is when the chunk arrived that settled it. ``taken_ns`` is None while the parcel still
    lies there. ``marks`` says what else must be known of it.
    """

    started_ns: int
    stable_ns: int
    taken_ns: int | None
    digits: str
    unit: str
    grams: int
    u_grams: int
    last_byte_ns: int
    marks: frozenset[Mark] = frozenset()


class NoWeighingReason(StrEnum):
    """Why a scan gets no weight."""

    EMPTY_SCALE = "empty_scale"
    TOO_LATE = "too_late"
    ALREADY_GIVEN = "already_given"
    NEVER_STABLE = "never_stable"
    OUT_OF_RANGE = "out_of_range"
    LOAD_CHANGED = "load_changed"
    DEVICE_LOST = "device_lost"
    DEVICE_SILENT = "device_silent"
    NEVER_EMPTY = "not_seen_empty"
    BELOW_ZERO = "below_zero"
    NO_UNIT = "no_unit"


@dataclass(frozen=True, slots=True)
class NoWeighing:
    """This scan gets no weight, now or later."""

    reason: NoWeighingReason


@dataclass(frozen=True, slots=True)
class Pending:
    """The load is not stable yet and is kept for this scan: ask again with the same ``scan_ns``."""

    started_ns: int
