"""Kern's older text line."""

from __future__ import annotations

import pytest

from drivers.catalogue import profile_of
from drivers.events import Event, Noise, Status
from drivers.scales.kern import POLL, Kern
from drivers.scales.mt_sics import MtSics
from drivers.scales.radwag import Radwag
from drivers.simulators.scale import with_parity
from tests.drivers.scales.rows import assert_no_weight, assert_reads


def parse(line: str) -> Event:
    (event,) = Kern().feed(line.encode() + b"\r\n")
    return event


@pytest.mark.parametrize(
    ("line", "digits", "unit", "stable", "status"),
    [
        ("       1.234 kg ", "1.234", "kg", True, set()),
        ("       1.234    ", "1.234", None, False, {Status.MOTION}),
        ("M-     0.000 kg ", "-0.000", "kg", True, set()),
        (" -     0.050 kg ", "-0.050", "kg", True, {Status.NEGATIVE}),
        ("M      0.050 kg ", "0.050", "kg", True, set()),
        # As recorded from a real balance: the minus stands beside the digits.
        ("        0.01 gn ", "0.01", "gr", True, set()),
        ("     -450.45 gn ", "-450.45", "gr", True, {Status.NEGATIVE}),
        ("       0.000 g  ", "0.000", "g", True, set()),
        ("     -29.186 g  ", "-29.186", "g", True, {Status.NEGATIVE}),
        # The blanks of a missing unit are cut by some.
        ("     -29.186 ", "-29.186", None, False, {Status.MOTION, Status.NEGATIVE}),
        ("       0.665", "0.665", None, False, {Status.MOTION}),
        ("       0.665 g", "0.665", "g", True, set()),
    ],
)
def test_a_weight_is_stable_if_it_has_a_unit(
    line: str, digits: str, unit: str | None, stable: bool, status: set[Status]
) -> None:
    assert_reads(parse(line), digits, unit, stable, status, raw=line.encode())


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("           Error", Status.ERROR),
        ("       Error", Status.ERROR),
        (" =Overload= ", Status.OVERLOAD),
        ("          12 pcs", Status.NOT_WEIGHT),
        ("       98.20 %  ", Status.NOT_WEIGHT),
    ],
)
def test_an_error_or_a_count_has_no_value(line: str, status: Status) -> None:
    assert_no_weight(parse(line), {status})


@pytest.mark.parametrize(
    "line",
    [
        "      1.234 kg ",
        "       1.34 kg ",
        "      1.234 kg",
        "       .234 kg ",
        "1.234 kg ",
        "        1.234 kg ",
        "       1.234kg  ",
        "       1.234 kg  ",
        "       1.234 g ",
        "       1.234 k ",
        "       1.234 k",
        "--     1.234 kg ",
        "- -    1.234 kg ",
        "X      1.234 kg ",
        "       1.2E4 kg ",
        "       1,234 kg ",
        "S S      1.234 kg",
        "SI ?        1.234 kg ",
        "+     0.00 g  ",
        "+0123.45 G S",
        "       123.45 g ",
    ],
)
def test_a_fragment_or_a_line_of_another_grammar_is_noise(line: str) -> None:
    assert parse(line) == Noise(discarded=len(line), reason="not_kern")


def test_a_byte_lost_in_the_number_or_its_unit_is_never_a_weight() -> None:
    line = "     -29.186 kg "
    for lost in range(15):
        cut = line[:lost] + line[lost + 1 :]
        assert isinstance(parse(cut), Noise), cut


def test_the_relatives_with_the_same_letters_do_not_take_its_lines_for_theirs() -> None:
    line = b"       1.234 kg \r\n"
    for parser in (MtSics(), MtSics(width="any"), Radwag()):
        (event,) = parser.feed(line)
        assert isinstance(event, Noise)


@pytest.mark.parametrize("parity", ["even", "odd"])
def test_a_line_of_seven_bits_is_told_by_its_parity(parity: str) -> None:
    events = Kern().feed(with_parity(b"    -450.050 kg \r\n    -450.055 kg \r\n", parity))
    assert events
    assert all(isinstance(event, Noise) and event.reason == f"parity_{parity}" for event in events)


def test_the_balance_is_asked_with_a_bare_letter() -> None:
    profile = profile_of("kern")
    assert profile.poll_command == profile.probe_command == POLL == b"w"
    assert profile.new_parser is Kern
