"""Code identifiers: a maker's letter means what that maker says, and only where the site named the maker."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from drivers.events import Noise, NoRead, ScanRead
from drivers.scanners.code_ids import CODE_IDS, SSI_TYPES
from drivers.scanners.line import LineScanner


@pytest.mark.parametrize(
    ("maker", "message", "aim", "payload"),
    [
        ("honeywell", b"jRR473124829GB", "]C0", b"RR473124829GB"),
        ("honeywell", b"I00340123450000000018", "]C1", b"00340123450000000018"),
        ("honeywell", b"c012345678905", "]E0", b"012345678905"),
        ("honeywell", b"E04252614", "]E0", b"04252614"),
        ("honeywell", b"w010401234512345610LOT", None, b"010401234512345610LOT"),
        ("honeywell", b"bCODE39", "]A0", b"CODE39"),
        ("zebra", b"DRR473124829GB", "]C0", b"RR473124829GB"),
        ("zebra", b"K00340123450000000018", "]C1", b"00340123450000000018"),
        ("zebra", b"E012345", "]G0", b"012345"),
        ("zebra", b"A49123562", None, b"49123562"),
        ("zebra", b"P0G0104012345123456", "]d2", b"0104012345123456"),
        ("zebra", b"P00ABC", None, b"ABC"),
        ("zebra", b"P0Qhttps", "]Q3", b"https"),
        ("datalogic", b"TRR473124829GB", "]C0", b"RR473124829GB"),
        ("datalogic", b"k00340123450000000018", "]C1", b"00340123450000000018"),
        ("datalogic", b"B7032069804988", "]E0", b"7032069804988"),
        ("datalogic", b"A49123562", "]E4", b"49123562"),
        ("datalogic", b"N10012345678902", "]I0", b"10012345678902"),
    ],
)
def test_a_code_identifier_is_taken_off_and_translated(
    maker: str, message: bytes, aim: str | None, payload: bytes
) -> None:
    (event,) = LineScanner(code_ids=maker).feed(message + b"\r\n")
    assert isinstance(event, ScanRead)
    assert (event.aim, event.payload, event.raw) == (aim, payload, message)


def test_no_letter_is_taken_off_where_no_maker_is_named() -> None:
    (event,) = LineScanner().feed(b"jRR473124829GB\r\n")
    assert isinstance(event, ScanRead)
    assert (event.aim, event.payload) == (None, b"jRR473124829GB")


def test_an_aim_identifier_comes_before_a_code_identifier() -> None:
    (event,) = LineScanner(code_ids="honeywell").feed(b"]C1j00340123450000000018\r\n")
    assert isinstance(event, ScanRead)
    assert (event.aim, event.payload) == ("]C1", b"j00340123450000000018")


@pytest.mark.parametrize("maker", ["honeywell", "zebra", "datalogic"])
def test_a_message_whose_identifier_is_unknown_is_no_scan_since_its_payload_has_no_known_beginning(
    maker: str,
) -> None:
    assert LineScanner(code_ids=maker).feed(b"012345\r\n") == [Noise(discarded=6, reason="no_code_id")]
    assert LineScanner(code_ids=maker).feed(b"NR\r\n") == [NoRead(raw=b"NR")]


def test_every_entry_is_an_aim_identifier_or_none() -> None:
    tables: list[Mapping[Any, str | None]] = [*CODE_IDS.values(), SSI_TYPES]
    entries = [aim for table in tables for aim in table.values() if aim is not None]
    assert entries
    assert all(re.fullmatch(r"\][A-Za-z][0-9A-Z]", aim) for aim in entries)


def test_gs1_128_and_plain_code_128_are_told_apart_in_every_table() -> None:
    for maker in ("honeywell", "zebra", "datalogic"):
        assert {"]C0", "]C1"} <= set(CODE_IDS[maker].values())
    assert (SSI_TYPES[0x03], SSI_TYPES[0x0F]) == ("]C0", "]C1")
