"""What the tables of the scale protocols share: how a row is held against an event."""

from __future__ import annotations

from collections.abc import Iterable

from drivers.events import Event, Status, WeightReading
from drivers.scales.template import TemplateSettings

TEMPLATE_STREAM = TemplateSettings(
    start="\x02",
    end="\r",
    columns={"sign": (1, 1), "weight": (2, 8), "unit": (9, 9), "mode": (10, 10), "state": (11, 11)},
    units={"K": "kg", "L": "lb"},
    marks={
        "mode": {"G": "nothing", "N": "net"},
        "state": {"": "stable", "M": "motion", "O": "overload", "Z": "zero"},
    },
)
TEMPLATE_LINE = TemplateSettings(
    pattern=r"(?P<state>ST|US|OL), *(?P<sign>[+-]?) *(?P<weight>-{3,}|[\d.]+) *(?P<unit>kg|g|pcs)",
    marks={"state": {"ST": "stable", "US": "motion", "OL": "overload"}},
    over=("------",),
)


def assert_reads(
    event: Event,
    digits: str,
    unit: str | None,
    stable: bool | None,
    status: Iterable[Status],
    *,
    raw: bytes | None = None,
) -> None:
    """The event is a weight with the device's own digits, and says of it what the row says."""
    assert isinstance(event, WeightReading), event
    assert (str(event.value), event.unit, event.stable, event.status) == (
        digits,
        unit,
        stable,
        frozenset(status),
    )
    if raw is not None:
        assert event.raw == raw


def assert_no_weight(event: Event, status: Iterable[Status]) -> None:
    """The event says why there is no weight, and gives none."""
    assert isinstance(event, WeightReading), event
    assert (event.value, event.status) == (None, frozenset(status))
