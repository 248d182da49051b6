"""Lines of DataWedge handhelds as the port hands them on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.events import Noise, NoRead, ScanRead
from drivers.scanners.datawedge import PROFILE, DataWedgeScanner, line_from


def test_a_line_carries_its_sender_and_no_trust() -> None:
    (event,) = DataWedgeScanner().feed(line_from("192.0.2.7", b"]d2010401234512345610L\x1d21S"))
    assert isinstance(event, ScanRead)
    assert (event.aim, event.text, event.origin) == ("]d2", "010401234512345610L\x1d21S", "192.0.2.7")
    assert not event.authenticated


def test_what_looks_like_a_sender_inside_a_message_is_message() -> None:
    (event,) = DataWedgeScanner().feed(line_from("192.0.2.7", b"\x01192.0.2.8\x02A1"))
    assert isinstance(event, ScanRead)
    assert (event.origin, event.payload) == ("192.0.2.7", b"\x01192.0.2.8\x02A1")


@pytest.mark.parametrize(
    "line", [b"RR473124829GB\n", b"192.0.2.7\x02A1\n", b"\x01192.0.2.7A1\n", b"\x01\xff\x02A\n"]
)
def test_a_line_without_a_sender_is_noise(line: bytes) -> None:
    assert DataWedgeScanner().feed(line) == [Noise(discarded=len(line) - 1, reason="no_origin")]


def test_the_switches_are_those_of_every_scanner() -> None:
    parser = PROFILE.adapted({"gs": "|", "aim": "no"}).new_parser()
    (event,) = parser.feed(line_from("::1", b"]C0A|B"))
    assert isinstance(event, ScanRead)
    assert (event.aim, event.payload, event.origin) == (None, b"]C0A\x1dB", "::1")
    assert DataWedgeScanner().feed(line_from("::1", b"NR")) == [NoRead(raw=b"NR")]
    assert DataWedgeScanner().idle() == []


@given(data=st.binary(max_size=300), sizes=st.lists(st.integers(1, 9), max_size=40))
def test_chunking_never_changes_the_scans(data: bytes, sizes: list[int]) -> None:
    text = data + b"\n" + line_from("192.0.2.7", b"A1") + data
    parser, events, rest = DataWedgeScanner(), [], text
    for size in sizes:
        events += parser.feed(rest[:size])
        rest = rest[size:]
    assert events + parser.feed(rest) == DataWedgeScanner().feed(text)


def test_a_quarter_of_a_megabyte_of_anything_is_not_kept() -> None:
    parser = DataWedgeScanner()
    parser.feed(b"A" * 262_144)
    assert parser.held_bytes() < 2 * 4200
