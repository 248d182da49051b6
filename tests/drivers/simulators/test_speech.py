"""The simulated scales' bytes against frames printed in their makers' manuals, and what they are told."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest

from drivers.simulators.scale import ScaleModel, ScaleSettings
from drivers.simulators.speech import SPEECHES, Showing
from drivers.simulators.speech.showing import in_unit

MS = 1_000_000


@pytest.mark.parametrize(
    ("name", "value", "unit", "state", "frame"),
    [
        ("mt-sics", "100.00", "g", {}, b"S S     100.00 g\r\n"),
        ("mt-sics", "7.25", "kg", {"stable": False}, b"S D       7.25 kg\r\n"),
        ("toledo-8217", "5.250", "kg", {}, b"\x0205.250\r"),
        ("toledo-8217", "5.25", "lb", {}, b"\x02005.25\r"),
        ("toledo-8217", "5.25", "lb", {"stable": False}, b"\x02?A\r"),
        ("toledo-8217", "150.25", "lb", {"over": True}, b"\x02?B\r"),
        ("toledo-8217", "-0.25", "lb", {}, b"\x02?D\r"),
        ("toledo-ps60", "5.25", "lb", {"stable": False}, b"\x02?a\r"),
        ("nci", "12.34", "lb", {"stable": False}, b"\n  12.34lb\r\n10\r\x03"),
        ("nci", "0.00", "kg", {"zero": True}, b"\n   0.00kg\r\n20\r\x03"),
        ("nci", "68.05", "kg", {"over": True}, b"\n  68.05kg\r\n02\r\x03"),
        ("sma", "5.025", "lb", {}, b"\n 1G       5.025lb \r"),
        ("sma", "0.000", "lb", {"zero": True}, b"\nZ1G       0.000lb \r"),
        ("sma", "7.650", "kg", {"stable": False}, b"\n 1GM      7.650kg \r"),
        ("sma", "31.250", "kg", {"over": True}, b"\nO1G      31.250kg \r"),
        ("sma", "0.000", "kg", {"error": True}, b"\nE1G  ----------kg \r"),
        ("ups-string", "12.35", "lb", {}, b"  12.35 lb GR  \r\n"),
        ("ups-string", "12.35", "lb", {"stable": False}, b"  12.35 lb gr  \r\n"),
        ("ups-string", "-0.20", "kg", {}, b"-  0.20 kg GR  \r\n"),
        ("ups-string", "150.05", "lb", {"over": True}, b" 150.05 lb GR  \r\n\x04"),
        ("rice-lake", "12.34", "lb", {}, b"\x02   12.34LG \r\n"),
        ("rice-lake", "-1.50", "kg", {"net": True}, b"\x02-   1.50KN \r\n"),
        ("rice-lake", "0.00", "kg", {"zero": True}, b"\x02    0.00KGZ\r\n"),
        ("and", "1234.5", "g", {"stable": False}, b"US,+001234.5  g\r\n"),
        ("and", "0.00", "g", {}, b"ST,+00000.00  g\r\n"),
        ("comma", "-12.50", "lb", {"net": True}, b"ST,NT-  12.50,lb\r\n"),
        ("ohaus", "0.360", "kg", {}, b"   0.360 kg    G\r\n"),
        ("ohaus", "78.2", "kg", {"stable": False}, b"    78.2 kg   ?G\r\n"),
        ("ohaus", "-1.640", "kg", {"net": True}, b"-  1.640 kg    N\r\n"),
        ("sbi", "0.006", "g", {"net": True}, b"N     +    0.006 g  \r\n"),
        ("sbi", "0.031", "g", {"net": True, "stable": False}, b"N     +    0.031    \r\n"),
        ("radwag", "18.5", "kg", {"stable": False}, b"SI ?       18.5 kg \r\n"),
        ("radwag", "-8.5", "g", {}, b"SI   -      8.5 g  \r\n"),
        ("adam", "2.00", "kg", {}, b"G    +    2.00 kg\r\n"),
        ("kern", "1.234", "kg", {}, b"       1.234 kg \r\n"),
        ("kern", "1.234", "kg", {"error": True}, b"           Error\r\n"),
        ("kern-vibra", "123.45", "g", {"stable": False}, b"+0123.45 G U\r\n"),
        ("magellan", "1.23", "lb", {}, b"S1440123\r"),
        ("magellan", "1.230", "kg", {}, b"S14401230\r"),
        ("magellan", "1.23", "lb", {"stable": False}, b"S141\r"),
        ("dibal", "0.316", "kg", {}, b"9900031600000004\r\n"),
        ("hid", "7.8", "oz", {}, bytes.fromhex("03040bff4e00")),
        ("hid", "878", "g", {}, bytes.fromhex("030402006e03")),
        ("hid", "0.0", "oz", {"zero": True}, bytes.fromhex("03020bff0000")),
        ("hid", "0.0", "oz", {"under": True}, bytes.fromhex("03050bff0000")),
        ("rinstrum", "1.234", "kg", {}, b"\x02   1.234G\x03"),
        ("cardinal", "12.34", "lb", {"stable": False}, b"\r 0012.34mlbg\x03"),
    ],
)
def test_a_display_is_spelt_as_its_maker_spells_it(
    name: str, value: str, unit: str, state: dict[str, Any], frame: bytes
) -> None:
    assert SPEECHES[name].frame(Showing(value=Decimal(value), unit=unit, **state)) == frame


@pytest.mark.parametrize(
    ("showing", "frame"),
    [
        (Showing(value=Decimal("5.00"), unit="kg"), "02 2c 30 20 303030353030 303030303030 0d"),
        (
            Showing(value=Decimal("38.45"), unit="kg", stable=False),
            "02 2c 38 20 303033383435 303030303030 0d",
        ),
        (Showing(value=Decimal("70.94"), unit="kg", over=True), "02 2c 34 20 303037303934 303030303030 0d"),
        (
            Showing(value=Decimal("-0.89"), unit="kg", net=True, tare=Decimal("6.00")),
            "02 2c 33 20 303030303839 303030363030 0d",
        ),
    ],
)
def test_the_continuous_output_of_toledo_hides_sign_point_and_unit_in_three_words(
    showing: Showing, frame: str
) -> None:
    sent = SPEECHES["toledo-continuous"].frame(showing)
    assert sent[:-1] == bytes.fromhex(frame)
    assert sum(sent) & 0x7F == 0


@pytest.mark.parametrize(
    ("name", "command", "answer"),
    [
        ("toledo-8217", b"W", b"\x02000.00\r"),
        ("nci", b"W\r", b"\n   0.00lb\r\n20\r\x03"),
        ("nci", b"S\r", b"\n20\r\x03"),
        ("nci", b"Q\r", b"\n?\r\x03"),
        ("sma", b"\nW\r", b"\nZ1G        0.00lb \r"),
        ("sma", b"\nA\r", b"\nSMA:2/1.0 \r"),
        ("sma", b"\nK\r", b"\n?\r"),
        ("ups-string", b"\r", b"   0.00 lb GR  \r\n"),
        ("and", b"Q\r\n", b"ST,+0000.000 kg\r\n"),
        ("and", b"K\r\n", b"EC,E01\r\n"),
        ("ohaus", b"IP\r\n", b"   0.000 kg    G\r\n"),
        ("ohaus", b"K\r\n", b"ES\r\n"),
        ("sbi", b"\x1bP", b"G     +        0 g  \r\n"),
        ("radwag", b"SI\r\n", b"SI        0.000 kg \r\n"),
        ("radwag", b"S\r\n", b"S A\r\nS         0.000 kg \r\n"),
        ("adam", b"G\r\n", b"G    +   0.000 kg\r\n"),
        ("kern", b"w", b"       0.000 kg \r\n"),
        ("kern-vibra", b"O8\r\n", b"A00\r\n+0000000 G S\r\n"),
        ("magellan", b"S14\r", b"S143\r"),
        ("magellan", b"S11\r", b"S110000\r"),
        ("cas-pd2", b"\x05", b"\x06"),
        ("cas-pd2", b"\x11", b"\x01\x02S  0.000kg\x71\x03\x04"),
        ("dibal", b"98000001\r\n", b"9900000000000000\r\n"),
    ],
)
def test_a_question_is_answered_in_the_tongue_it_was_asked(name: str, command: bytes, answer: bytes) -> None:
    model = ScaleModel(random.Random(1), ScaleSettings(protocol=name))
    cut = len(command) // 2
    assert model.receive(command[:cut], 0) + model.receive(command[cut:], 0) == answer


@pytest.mark.parametrize("name", SPEECHES)
def test_what_a_scale_does_not_understand_is_kept_no_longer_than_a_line(name: str) -> None:
    model = ScaleModel(random.Random(1), ScaleSettings(protocol=name))
    for _ in range(50):
        model.receive(b"\x80" * 100, 0)
    assert model.held_bytes() <= 64


@pytest.mark.parametrize("name", SPEECHES)
def test_a_scale_streams_from_the_start_or_waits_to_be_told(name: str) -> None:
    model = ScaleModel(random.Random(1), ScaleSettings(protocol=name))
    assert (model.tick(0) != b"") is SPEECHES[name].streams


@pytest.mark.parametrize(
    ("name", "start", "stop"),
    [
        ("mt-sics", b"SIR\r\n", b"@\r\n"),
        ("sma", b"\nR\r", b"\x1b"),
        ("and", b"SIR\r\n", b"C\r\n"),
        ("ohaus", b"CP\r\n", b"0P\r\n"),
        ("radwag", b"C1\r\n", b"C0\r\n"),
        ("kern-vibra", b"O1\r\n", b"O0\r\n"),
    ],
)
def test_a_stream_is_begun_and_ended(name: str, start: bytes, stop: bytes) -> None:
    model = ScaleModel(random.Random(1), ScaleSettings(protocol=name))
    model.receive(start, 0)
    assert model.tick(0) != b""
    model.receive(stop, 0)
    assert model.tick(0) == b""


def test_a_tare_makes_the_weight_net_until_it_is_forgotten() -> None:
    model = ScaleModel(random.Random(1), ScaleSettings(protocol="comma"))
    model.lay(500, 0)
    model.tare(True, 5000 * MS)
    model.lay(1700, 5000 * MS)
    shown = model.showing(10_000 * MS)
    assert (shown.net, shown.tare) == (True, Decimal("0.500"))
    assert abs(shown.value - Decimal("1.200")) <= Decimal("0.001")
    model.tare(False, 10_000 * MS)
    assert not model.showing(10_000 * MS).net


def test_a_zero_that_walks_shows_in_the_weight_and_stays_where_it_got_to() -> None:
    model = ScaleModel(random.Random(1))
    model.drift(10, 0)
    assert abs(in_unit(20, "kg") - model.showing(2000 * MS).value) <= Decimal("0.001")
    model.drift(0, 2000 * MS)
    assert abs(in_unit(20, "kg") - model.showing(9000 * MS).value) <= Decimal("0.001")


def test_a_stable_flag_that_is_stuck_lies_about_a_load_that_moves() -> None:
    model = ScaleModel(random.Random(1))
    model.lay(5000, 0)
    assert not model.showing(50 * MS).stable
    model.stick(True)
    assert model.showing(50 * MS).stable


def test_a_load_far_below_zero_is_under() -> None:
    model = ScaleModel(random.Random(1))
    model.lay(2000, 0)
    model.receive(b"Z\r\n", 5000 * MS)
    model.take(5000 * MS)
    assert model.showing(10_000 * MS).under
    assert model.receive(b"SI\r\n", 10_000 * MS) == b"S -\r\n"


@pytest.mark.parametrize(
    ("fault", "sent"),
    [
        ("power_up", b"\x00\x00\x7f\x7f\x02    0.00LGZ\r\n"),
        ("cut_frame", b"\x02    0."),
    ],
)
def test_a_fault_damages_one_frame(fault: str, sent: bytes) -> None:
    model = ScaleModel(random.Random(1), ScaleSettings(protocol="rice-lake"))
    model.fault(fault, 0)
    assert model.tick(0) == sent
    assert model.tick(0) == b"\x02    0.00LGZ\r\n"


def test_a_wrong_checksum_needs_a_checksum() -> None:
    model = ScaleModel(random.Random(1), ScaleSettings(protocol="dibal"))
    model.fault("wrong_checksum", 0)
    assert model.receive(b"98000001\r\n", 0) == b"9900000000000001\r\n"
    with pytest.raises(ValueError, match="mt-sics has no checksum that could be wrong"):
        ScaleModel(random.Random(1)).fault("wrong_checksum", 0)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"protocol": "morse"}, "no simulated scale speaks 'morse'; use one of mt-sics"),
        ({"protocol": "dibal", "unit": "lb"}, "dibal does not show 'lb'; use one of kg"),
    ],
)
def test_a_scale_that_nobody_makes_is_refused(bad: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ScaleSettings(**bad)  # type: ignore[arg-type]
