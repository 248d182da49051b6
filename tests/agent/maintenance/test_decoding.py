"""Hex and labels as lines: read whole, or refused."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.maintenance.decoding import Undecodable, parse_hex, parse_label


@given(
    line=st.one_of(st.binary(max_size=60), st.text("0123456789abcdefxX, #\t", max_size=60).map(str.encode))
)
def test_hex_is_read_or_refused_and_never_half_read(line: bytes) -> None:
    try:
        data = parse_hex(line)
    except Undecodable:
        return
    assert parse_hex(data.hex(" ").encode()) == data


@given(line=st.one_of(st.binary(max_size=80), st.text(max_size=40).map(str.encode)))
def test_a_line_is_a_label_or_is_refused(line: bytes) -> None:
    try:
        payload, aim = parse_label(line)
    except Undecodable:
        return
    assert isinstance(payload, str)
    assert aim is None or isinstance(aim, str)
