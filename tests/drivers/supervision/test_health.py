"""What a device's counters say: rates, advice, and what was ever seen."""

from __future__ import annotations

from decimal import Decimal

import pytest

from drivers.events import Event, Noise, ScanRead, WeightReading
from drivers.supervision.health import FOREIGN_AFTER, DeviceState, HealthMeter

SECOND = 1_000_000_000
START = 1_000 * SECOND + 123
WEIGHT = WeightReading(value=Decimal("1.234"), unit="kg", stable=True, status=frozenset(), raw=b"1.234 kg")
SEVEN_EVEN = 'the device sends seven bits with even parity: set bits = 7, parity = "even"'


def scan(payload: bytes) -> ScanRead:
    return ScanRead(aim=None, payload=payload, text=payload.decode(), encoding="utf-8", raw=payload)


def meter_after(*events: Event) -> HealthMeter:
    meter = HealthMeter(START)
    for event in events:
        meter.count(event, START)
    return meter


def test_a_device_that_was_never_heard_says_so() -> None:
    health = HealthMeter(START).snapshot(START)
    assert (health.state, health.since_ns) == (DeviceState.OPENING, START)
    assert (health.last_byte_ns, health.last_frame_ns, health.quiet_s(START)) == (None, None, None)
    assert (health.frames, health.frames_per_s, health.parse_errors, health.backlog_bytes) == (0, 0.0, 0, 0)
    assert (health.advice, health.last_error, health.last_noise, health.has_sent_gs) == (
        None,
        None,
        None,
        False,
    )


def test_frames_and_noise_are_counted_apart() -> None:
    meter = meter_after(
        WEIGHT, Noise(discarded=5, reason="not_mt_sics"), Noise(discarded=3, reason="too_long")
    )
    health = meter.snapshot(START)
    assert (health.frames, health.noise_bytes, health.parse_errors) == (1, 8, 2)
    assert (health.last_frame_ns, health.last_noise) == (START, "too_long")


def test_frames_per_second_are_those_of_the_last_whole_seconds() -> None:
    meter = HealthMeter(START)
    for tick in range(200):
        meter.count(WEIGHT, START + tick * SECOND // 20)
    assert meter.snapshot(START + 10 * SECOND).frames_per_s == pytest.approx(20.0)
    assert meter.snapshot(START + 13 * SECOND).frames_per_s == pytest.approx(8.0)
    assert meter.snapshot(START + 3600 * SECOND).frames_per_s == 0.0


def test_a_clock_of_another_task_that_lags_a_little_spoils_no_rate() -> None:
    meter = HealthMeter(START)
    meter.snapshot(START + 2 * SECOND)
    meter.count(WEIGHT, START)
    assert meter.snapshot(START + 3 * SECOND).frames_per_s == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("reason", "advice"),
    [
        ("parity_even", SEVEN_EVEN),
        ("parity_odd", SEVEN_EVEN.replace(" even", " odd").replace('"even"', '"odd"')),
        ("not_mt_sics", None),
    ],
)
def test_noise_that_carries_a_parity_says_which_setting_is_wrong(reason: str, advice: str | None) -> None:
    assert meter_after(Noise(discarded=9, reason=reason)).snapshot(START).advice == advice


def test_advice_is_withdrawn_once_the_device_is_understood() -> None:
    parity = Noise(discarded=9, reason="parity_even")
    assert meter_after(parity, WEIGHT).snapshot(START).advice is None
    assert meter_after(WEIGHT, parity).snapshot(START).advice == SEVEN_EVEN


def test_a_device_of_which_nothing_is_ever_understood_speaks_something_else() -> None:
    noise = [Noise(discarded=9, reason="not_mt_sics")] * FOREIGN_AFTER
    assert meter_after(*noise[1:]).snapshot(START).advice is None
    advice = meter_after(*noise).snapshot(START).advice
    assert advice == "nothing the device sends is of its protocol: check the speed (baud) and the protocol"
    assert meter_after(WEIGHT, *noise).snapshot(START).advice is None
    assert meter_after(*noise, Noise(discarded=9, reason="parity_even")).snapshot(START).advice == SEVEN_EVEN


def test_a_gs_that_was_seen_once_stays_seen() -> None:
    assert not meter_after(scan(b"0100614141000012")).has_sent_gs
    assert meter_after(scan(b"10AB\x1d21CD"), scan(b"0100614141000012")).snapshot(START).has_sent_gs


def test_the_backlog_is_asked_for_when_somebody_looks() -> None:
    meter = HealthMeter(START)
    meter.backlog = lambda: 4711
    assert meter.snapshot(START).backlog_bytes == 4711
