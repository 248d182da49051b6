"""The weight string of UPS WorldShip, with the two meanings of its EOT."""

from __future__ import annotations

from decimal import Decimal

import pytest

from drivers.events import Event, Noise, Status, WeightReading
from drivers.scales.ups_string import DETECTO_POLL, DETECTO_SETTINGS, PROFILE, UpsString
from drivers.simulators.scale import with_parity

EOT = b"\x04"
WHOLE = b"  12.35 lb GR  \r\n"


def values(events: list[Event]) -> list[Decimal]:
    return [event.value for event in events if isinstance(event, WeightReading) and event.value is not None]


def all_of(data: bytes, eot: str = "over") -> list[Event]:
    parser = UpsString(eot=eot)
    return [*parser.feed(data), *parser.idle()]


@pytest.mark.parametrize("eot", ["over", "every"])
@pytest.mark.parametrize(
    ("text", "digits", "unit", "stable", "status"),
    [
        (b"  12.35 lb GR  ", "12.35", "lb", True, set()),
        (b"  12.35 lb gr  ", "12.35", "lb", False, {Status.MOTION}),
        (b"-  0.20 kg GR  ", "-0.20", "kg", True, {Status.NEGATIVE}),
        (b"1234.56 lb GR  ", "1234.56", "lb", True, set()),
        (b"   0.00 kg GR  ", "0.00", "kg", True, set()),
        (b"    12.35 LB GR  ", "12.35", "lb", True, set()),
        (b"    12.35 LB gr  ", "12.35", "lb", False, {Status.MOTION}),
        (b"  12.35 lb GR", "12.35", "lb", True, set()),
    ],
)
def test_a_string_without_eot_is_a_weight_on_every_scale(
    eot: str, text: bytes, digits: str, unit: str, stable: bool, status: set[Status]
) -> None:
    (event,) = all_of(text + b"\r\n", eot)
    assert isinstance(event, WeightReading)
    assert (str(event.value), event.unit, event.stable, event.status, event.raw) == (
        digits,
        unit,
        stable,
        frozenset(status),
        text,
    )


def test_an_eot_forbids_the_weight_of_a_fairbanks_scale() -> None:
    (event,) = all_of(b" 150.05 lb GR  \r\n" + EOT)
    assert isinstance(event, WeightReading)
    assert (event.value, event.unit, event.status) == (None, "lb", frozenset({Status.OVERLOAD}))
    assert event.raw == b" 150.05 lb GR  "


def test_an_eot_ends_every_string_of_a_detecto_scale() -> None:
    parser = UpsString(eot="every")
    events = parser.feed((b"    12.35 LB GR  \r\n" + EOT) * 2)
    assert values(events) == [Decimal("12.35")] * 2
    assert parser.idle() == []


def test_where_an_eot_may_follow_the_string_is_held_until_more_comes_or_the_line_rests() -> None:
    parser = UpsString()
    assert parser.feed(WHOLE) == []
    assert values(parser.idle()) == [Decimal("12.35")]
    assert parser.idle() == []
    assert parser.feed(WHOLE) == []
    assert values(parser.feed(b" ")) == [Decimal("12.35")]


def test_an_eot_belongs_to_the_string_before_it_and_to_no_other() -> None:
    events = all_of(WHOLE + EOT + WHOLE + EOT + EOT + WHOLE)
    assert [event.value for event in events if isinstance(event, WeightReading)] == [
        None,
        None,
        Decimal("12.35"),
    ]
    assert all_of(EOT + b"\r\n" + EOT) == []
    assert len(values(all_of(WHOLE + b"x\r\n" + EOT))) == 1


@pytest.mark.parametrize(
    "text",
    [
        b"hello",
        b" 12.35 lb GR  ",
        b"   12.35 lb GR  ",
        b"  12.35lb GR  ",
        b"  12.35 lbGR  ",
        b"  12.35 lb Gr  ",
        b"  12.35 lb NT  ",
        b"  12.35 lb GR  x",
        b"  12.35 oz GR  ",
        b"  12.35    GR  ",
        b"  12,35 lb GR  ",
        b" 1 2.35 lb GR  ",
        b" 1.2.35 lb GR  ",
        b"        lb GR  ",
        b"xx  12.35 lb GR  ",
        b"  12.35 lb",
        b"ST,GS,  12.35lb",
    ],
)
@pytest.mark.parametrize("eot", ["over", "every"])
def test_a_line_of_another_grammar_is_noise(eot: str, text: bytes) -> None:
    assert all_of(text + b"\r\n", eot) == [Noise(discarded=len(text), reason="not_ups_string")]


@pytest.mark.parametrize("cut", range(1, len(WHOLE) - 4))
def test_a_cut_string_is_never_a_weight(cut: int) -> None:
    assert values(all_of(WHOLE[cut:] + WHOLE)) == [Decimal("12.35")]
    assert set(values(all_of(WHOLE[: len(WHOLE) - 4 - cut] + WHOLE + WHOLE))) == {Decimal("12.35")}


@pytest.mark.parametrize("lost", range(11))
def test_a_lost_byte_is_never_another_weight(lost: int) -> None:
    assert values(all_of(WHOLE[:lost] + WHOLE[lost + 1 :])) == []


@pytest.mark.parametrize("parity", ["even", "odd"])
def test_a_line_read_with_eight_bits_is_told_by_its_parity(parity: str) -> None:
    events = all_of(with_parity(b"  12.35 lb gr  \r\n" * 6, parity))
    assert {event.reason for event in events if isinstance(event, Noise)} == {f"parity_{parity}"}
    assert not values(events)


def test_each_maker_has_its_line_and_its_question() -> None:
    assert (str(PROFILE.settings), PROFILE.poll_command, PROFILE.probe_command) == ("9600 7E1", b"\r", b"\r")
    assert (str(DETECTO_SETTINGS), DETECTO_POLL) == ("9600 7O2", b"W")
    assert PROFILE.idle_gap_s == 0.05
    detecto = PROFILE.adapted({"eot": "every"}).new_parser()
    assert values(detecto.feed(WHOLE)) == [Decimal("12.35")]
