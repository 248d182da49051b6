"""Cargo-IMP files that are none, or broken anywhere: refused or read, and never anything else."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent.domain.consignment.declaration import decode, encode
from agent.domain.errors import ManifestRefused
from agent.formats.air_cargo.imp_messages import read_cargo_imp
from agent.formats.air_cargo.imp_text import MAX_LINE
from agent.formats.rows import Row, RowError

MESSAGES = Path(__file__).parent
FWB = (MESSAGES / "fwb16.txt").read_text()
FHL = (MESSAGES / "fhl5.txt").read_text()
FFM = (MESSAGES / "ffm8.txt").read_text()
TAGS = [
    "MBI",
    "HBS",
    "SHP",
    "CNE",
    "NAM",
    "ADR",
    "LOC",
    "CVD",
    "RTD",
    "OCI",
    "HTS",
    "TXT",
    "ULD",
    "SPH",
    "RTG",
]


def read(text: str | bytes) -> list[Row | RowError]:
    return list(read_cargo_imp(io.BytesIO(text if isinstance(text, bytes) else text.encode())))


@pytest.mark.parametrize(
    "text",
    [b"", b"just a letter\n", b"tracking_number,transport\nRB123456785GB,mail\n", b"FHL\n", b"\xff\xfe\x00"],
)
def test_a_file_without_a_message_is_refused(text: bytes) -> None:
    with pytest.raises(ManifestRefused, match="E050"):
        read(text)


class LineWithoutEnd(io.BytesIO):
    """A message, and then one line of which no more comes into being than is asked for."""

    served = 0

    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(size)
        assert size is not None
        assert size > 0
        self.served += size
        return line or b"X" * size


@pytest.mark.parametrize("begin", ["", FWB])
def test_a_line_without_end_is_refused_after_a_few_kilobytes(begin: str) -> None:
    stream = LineWithoutEnd(begin.encode())
    with pytest.raises(ManifestRefused, match="E002"):
        list(read_cargo_imp(stream))
    assert stream.served <= (begin.count("\n") + 1) * (MAX_LINE + 1)


def sound(outcomes: list[Row | RowError]) -> None:
    """What every row must be: storable as it is, and every error printable and short."""
    for outcome in outcomes:
        if isinstance(outcome, Row):
            assert decode(encode(outcome.declaration)) == outcome.declaration
            assert outcome.declaration.consignment
        else:
            assert outcome.code
            assert len(outcome.value) <= 40


@settings(deadline=None)
@given(
    text=st.sampled_from([FWB, FHL, FFM, FWB + FHL]),
    cuts=st.lists(st.tuples(st.integers(0, 1_000), st.integers(0, 40), st.text(max_size=12)), max_size=6),
)
@example(text=FHL, cuts=[(0, 0, "\ufeff")])
def test_a_mutated_message_raises_nothing_but_a_refusal(text: str, cuts: list[tuple[int, int, str]]) -> None:
    for at, length, instead in cuts:
        text = text[: at % len(text)] + instead + text[at % len(text) + length :] or "X"
    with contextlib.suppress(ManifestRefused):
        sound(read(text.encode("utf-8", "replace")))


@settings(deadline=None)
@given(
    kind=st.sampled_from(["FHL/5", "FWB/17", "FFM/8"]),
    lines=st.lists(
        st.one_of(
            st.text("ABKLT0123456789-/. ", max_size=40),
            st.builds(
                "{}/{}".format,
                st.sampled_from(TAGS),
                st.text("ABKLTN0123456789-/. ", max_size=40),
            ),
            st.sampled_from(FWB.splitlines() + FHL.splitlines() + FFM.splitlines()),
        ),
        max_size=30,
    ),
)
def test_lines_in_any_order_raise_nothing(kind: str, lines: list[str]) -> None:
    sound(read("\n".join((kind, *lines))))


@settings(deadline=None)
@given(data=st.binary(max_size=300))
def test_bytes_of_any_kind_raise_nothing_but_a_refusal(data: bytes) -> None:
    with pytest.raises(ManifestRefused):
        read(data)
    sound(read(b"FHL/5\n" + data.replace(b"\n", b"")[:200] + b"\n" + FHL.encode()))
