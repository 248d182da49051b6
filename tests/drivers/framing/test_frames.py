"""Framers: whole frames out of any cut, noise with a ceiling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.events import Noise
from drivers.framing.frames import SKIP_REPORT, DelimitedFramer, Framer, LineFramer, parity_hint
from drivers.simulators.scale import with_parity

Out = list[bytes | Noise]

stream = st.lists(
    st.one_of(
        st.binary(max_size=12), st.sampled_from([b"\r", b"\n", b"\r\n", b"\x02", b"\x03", b"0123456789"])
    ),
    max_size=30,
).map(b"".join)
cuts = st.lists(st.integers(1, 7), min_size=1, max_size=40)


def split(data: bytes, sizes: list[int]) -> list[bytes]:
    chunks = []
    for size in sizes:
        chunks.append(data[:size])
        data = data[size:]
    return [*chunks, data]


def frames_of(framer: Framer, chunks: list[bytes]) -> Out:
    return [out for chunk in chunks for out in framer.feed(chunk)]


@pytest.mark.parametrize(
    ("data", "frames"),
    [
        (b"one\rtwo\r", [b"one", b"two"]),
        (b"one\ntwo\n", [b"one", b"two"]),
        (b"one\r\ntwo\r\n", [b"one", b"two"]),
        (b"\r\n\r\n", []),
        (b"half", []),
        (b"12345678\n", [b"12345678"]),
        (b"123456789\nnext\n", [Noise(discarded=9, reason="too_long"), b"next"]),
    ],
)
def test_a_line_ends_with_cr_or_lf_or_both_and_not_before(data: bytes, frames: Out) -> None:
    assert LineFramer(8).feed(data) == frames


def test_a_device_that_ends_with_cr_alone_may_send_lf_inside() -> None:
    assert LineFramer(8, ends=b"\r").feed(b"a\nb\r") == [b"a\nb"]


@pytest.mark.parametrize(
    ("data", "frames"),
    [
        (b"\x02one\x03\r\n\x02two\x03", [b"one", b"two"]),
        (b"abc\x02one\x03", [Noise(discarded=3, reason="outside_frame"), b"one"]),
        (b"\x02on\x02two\x03", [Noise(discarded=2, reason="cut_short"), b"two"]),
        (b"\x02123456789\x03\x02b\x03", [Noise(discarded=9, reason="too_long"), b"b"]),
        (b"\x03\x02a\x03", [Noise(discarded=1, reason="outside_frame"), b"a"]),
    ],
)
def test_a_frame_lies_between_stx_and_etx(data: bytes, frames: Out) -> None:
    assert DelimitedFramer(8).feed(data) == frames


@given(data=stream, sizes=cuts)
def test_chunking_never_changes_the_lines(data: bytes, sizes: list[int]) -> None:
    assert frames_of(LineFramer(16), split(data, sizes)) == frames_of(LineFramer(16), [data])


@given(data=stream, sizes=cuts)
def test_chunking_never_changes_the_stx_etx_frames(data: bytes, sizes: list[int]) -> None:
    assert frames_of(DelimitedFramer(16), split(data, sizes)) == frames_of(DelimitedFramer(16), [data])


@pytest.mark.parametrize("framer", [LineFramer(256), DelimitedFramer(256)])
def test_megabytes_without_an_end_are_counted_and_never_kept(framer: Framer) -> None:
    discarded = 0
    for _ in range(64):
        out = framer.feed(b"x" * SKIP_REPORT)
        assert all(isinstance(noise, Noise) for noise in out)
        discarded += sum(noise.discarded for noise in out if isinstance(noise, Noise))
    assert 63 * SKIP_REPORT <= discarded <= 64 * SKIP_REPORT
    assert framer.held_bytes() <= 256


def test_what_follows_an_endless_line_is_read_again() -> None:
    framer = LineFramer(8)
    framer.feed(b"x" * (3 * SKIP_REPORT))
    assert framer.feed(b"\nok\n")[-1] == b"ok"


@pytest.mark.parametrize("parity", ["even", "odd"])
def test_a_parity_bit_read_as_data_is_recognised(parity: str) -> None:
    assert parity_hint(with_parity(b"S S      1.234 kg", parity)) == parity


@pytest.mark.parametrize("data", [b"", b"S S      1.234 kg", "Größe".encode(), bytes(range(0x80, 0x100))])
def test_plain_text_and_noise_are_no_hint_of_a_parity(data: bytes) -> None:
    assert parity_hint(data) is None


def test_a_framer_that_could_hold_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        LineFramer(0)
    with pytest.raises(ValueError, match="at least one byte"):
        LineFramer(8, ends=b"")
