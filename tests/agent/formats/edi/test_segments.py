"""Segments of both standards: where one ends does not depend on how the file is read, and ceilings hold."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.domain.errors import ManifestRefused
from agent.formats.edi import edifact, x12
from agent.formats.edi.segments import MAX_ELEMENTS
from tests.agent.formats.edi.test_x12_309 import ISA

Read = Callable[[io.BytesIO], Iterator[edifact.EdifactSegment | x12.X12Segment]]

UNB = "UNB+UNOC:3+A+B'"


class Dripping(io.BytesIO):
    """Gives its first ``head`` bytes at once, and ``drop`` at a time from there."""

    def __init__(self, data: bytes, head: int, drop: int) -> None:
        super().__init__(data)
        self._next = head
        self._drop = drop

    def read(self, size: int | None = -1, /) -> bytes:
        size, self._next = self._next, self._drop
        return super().read(size)


def tags(read: Read, data: bytes) -> list[str]:
    return [segment.tag for segment in read(io.BytesIO(data))]


@settings(deadline=None)
@given(
    texts=st.lists(st.text(st.sampled_from("ab?'+ \n"), max_size=6), max_size=6),
    head=st.integers(0, 40),
    drop=st.integers(1, 9),
)
def test_released_ends_are_text_however_the_file_is_cut(texts: list[str], head: int, drop: int) -> None:
    escaped = [text.replace("?", "??").replace("'", "?'").replace("+", "?+") for text in texts]
    data = (UNB + "".join(f"FTX+{text}'\n" for text in escaped)).encode()
    segments = list(edifact.read_segments(Dripping(data, len(UNB) + head, drop)))
    assert [segment.elements[0][0] for segment in segments[1:]] == texts
    assert [segment.number for segment in segments] == list(range(1, len(texts) + 2))


@settings(deadline=None)
@given(count=st.integers(0, 5), head=st.integers(0, 40), drop=st.integers(1, 9))
def test_each_interchange_of_a_file_names_its_own_delimiters(count: int, head: int, drop: int) -> None:
    first = ISA + "LX*1~" * count + "IEA*1*000000010~\r\n"
    data = (first + first.replace("*", "|").replace("~", "\n")).encode()
    segments = list(x12.read_segments(Dripping(data, len(data) - drop - head, 4 * len(ISA))))
    assert [segment.tag for segment in segments] == 2 * ["ISA", *["LX"] * count, "IEA"]
    assert {segment.get(1) for segment in segments if segment.tag in ("LX", "IEA")} == {"1"}


@pytest.mark.parametrize(
    ("read", "head", "element", "end"),
    [(edifact.read_segments, UNB, "+", "'"), (x12.read_segments, ISA, "*", "~")],
)
def test_a_segment_has_a_hundred_elements_and_no_more(read: Read, head: str, element: str, end: str) -> None:
    widest = head + "FTX" + (element + "a") * MAX_ELEMENTS + end
    assert tags(read, widest.encode()) == [head[:3], "FTX"]
    with pytest.raises(ManifestRefused, match=r"E061: segment 2: more than 100 elements"):
        tags(read, widest.replace("FTX", f"FTX{element}a").encode())
