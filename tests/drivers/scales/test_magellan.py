"""Magellan: a scanner and its scale on one port."""

from __future__ import annotations

import pytest

from drivers.events import Event, Noise, NoRead, ScanRead, Status, WeightReading
from drivers.scales.magellan import GOOD_BEEP, PROFILE, Magellan
from drivers.simulators.scale import with_parity


def parse(text: bytes, **switches: str) -> Event:
    (event,) = PROFILE.adapted(switches).new_parser().feed(text + b"\r")
    return event


@pytest.mark.parametrize(
    ("text", "weight", "digits", "unit"),
    [
        (b"S110123", "by_digits", "1.23", "lb"),
        (b"S1440123", "by_digits", "1.23", "lb"),
        (b"S1112345", "by_digits", "12.345", "kg"),
        (b"S14412345", "by_digits", "12.345", "kg"),
        (b"S110000", "by_digits", "0.00", "lb"),
        (b"S110123", "lb.2", "1.23", "lb"),
        (b"S110123", "kg.2", "1.23", "kg"),
        (b"S110123", "kg.3", "0.123", "kg"),
        (b"S1112345", "lb.3", "12.345", "lb"),
        (b"S1112345", "kg.2", "123.45", "kg"),
    ],
)
def test_a_weight_is_steady_and_gets_its_point_and_its_unit(
    text: bytes, weight: str, digits: str, unit: str
) -> None:
    event = parse(text, weight=weight)
    assert isinstance(event, WeightReading)
    assert (str(event.value), event.unit, event.stable, event.status, event.raw) == (
        digits,
        unit,
        True,
        frozenset(),
        text,
    )


@pytest.mark.parametrize(
    ("text", "stable", "status"),
    [
        (b"S140", None, Status.NOT_READY),
        (b"S141", False, Status.MOTION),
        (b"S142", None, Status.OVERLOAD),
        (b"S143", True, Status.ZERO),
        (b"S145", None, Status.UNDERLOAD),
    ],
)
def test_a_state_without_a_weight_has_no_value(text: bytes, stable: bool | None, status: Status) -> None:
    event = parse(text)
    assert isinstance(event, WeightReading)
    assert (event.value, event.unit, event.stable, event.status) == (None, None, stable, frozenset({status}))


@pytest.mark.parametrize(
    ("text", "aim", "payload"),
    [
        (b"S08A060992011187", "]E0", b"060992011187"),
        (b"S08F1101234567891", "]E0", b"1101234567891"),
        (b"S08FF00210126", "]E4", b"00210126"),
        (b"S08E0998875", "]E0", b"0998875"),
        (b"S08B1Code 39.TEST", "]A0", b"Code 39.TEST"),
        (b"S08B31Z999AA10123456784", "]C0", b"1Z999AA10123456784"),
        (b"S08B300340123450000000018", "]C0", b"00340123450000000018"),
        (b"S08B301095011010209171719050810ABCD\x1d2110", None, b"01095011010209171719050810ABCD\x1d2110"),
        (b"S08R40101044123456789", "]e0", b"0101044123456789"),
        (b"S08R0101044123456789", "]e0", b"0101044123456789"),
        (b"S08B20123456789", None, b"0123456789"),
        (b"S08A06099201118712345", None, b"06099201118712345"),
        (b"S08F110123456789112", None, b"110123456789112"),
        (b"S08FF0021012612", None, b"0021012612"),
        (b"S08R8110100707340123", None, b"8110100707340123"),
        (b"S08]C100340123450000000018", "]C1", b"00340123450000000018"),
        (b"S08]d2010950110102091721AB", "]d2", b"010950110102091721AB"),
        (b"S08%s$99.95s", None, b"%s$99.95s"),
        (b"S08RB123456785US", None, b"RB123456785US"),
        (b"S08EE123456785US", None, b"EE123456785US"),
    ],
)
def test_a_barcode_comes_with_the_symbology_where_that_is_certain(
    text: bytes, aim: str | None, payload: bytes
) -> None:
    event = parse(text)
    assert isinstance(event, ScanRead)
    assert (event.aim, event.payload, event.text, event.raw) == (aim, payload, payload.decode(), text)


@pytest.mark.parametrize("text", [b"S08", b"S08?"])
def test_a_barcode_without_data_is_none(text: bytes) -> None:
    assert parse(text) == NoRead(raw=text)


def test_weights_and_barcodes_come_from_one_port_in_their_order() -> None:
    events = Magellan().feed(b"S141\rS08F1101234567891\rS1440123\r\nS143\r")
    assert [type(event).__name__ for event in events] == [
        "WeightReading",
        "ScanRead",
        "WeightReading",
        "WeightReading",
    ]


@pytest.mark.parametrize(
    "text",
    [
        b"hello",
        b"110123",
        b"S11012",
        b"S11012345",
        b"S1101.23",
        b"S11-012",
        b"S144",
        b"S144012",
        b"S144012345",
        b"S146",
        b"S14",
        b"S1410123",
        b"S1430",
        b"S334",
        b"S0",
        b"S07A060992011187",
        b"1101234567891",
        b"  1.234 kg",
    ],
)
def test_a_message_of_another_grammar_is_noise(text: bytes) -> None:
    assert parse(text) == Noise(discarded=len(text), reason="not_magellan")


@pytest.mark.parametrize("cut", range(1, 8))
def test_a_cut_message_is_never_a_weight(cut: int) -> None:
    for piece in (b"S1440123"[cut:], b"S110123"[cut:], b"S1440123"[:-cut], b"S110123"[:-cut]):
        events = Magellan().feed(piece + b"\r")
        assert not [event for event in events if isinstance(event, WeightReading) and event.value]


@pytest.mark.parametrize("parity", ["even", "odd"])
def test_a_line_read_with_eight_bits_is_told_by_its_parity(parity: str) -> None:
    events = Magellan().feed(with_parity(b"S1440123\rS08F1101234567891\r" * 200, parity))
    assert f"parity_{parity}" in {event.reason for event in events if isinstance(event, Noise)}
    assert all(isinstance(event, Noise) for event in events)


def test_the_parity_shows_even_in_states_too_short_to_tell_it_one_by_one() -> None:
    events = Magellan().feed(with_parity(b"S143\r" * 3, "odd"))
    assert [event.reason for event in events if isinstance(event, Noise)] == [
        "not_magellan",
        "parity_odd",
        "parity_odd",
    ]
    parser = Magellan()
    parser.feed(b"\xd3143\rS143\r")
    assert parser.feed(b"\xd3143\r") == [Noise(discarded=4, reason="not_magellan")]


def test_the_scale_is_asked_for_its_state_which_always_has_an_answer() -> None:
    assert (PROFILE.poll_command, PROFILE.probe_command, PROFILE.start_command) == (b"S14\r", b"S14\r", b"")
    assert PROFILE.beep_good == GOOD_BEEP == b"S334\r"
    assert (str(PROFILE.settings), PROFILE.scans_too) == ("9600 7O1", True)
