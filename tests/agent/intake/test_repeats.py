"""Numbers that were before are known, and no others."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.intake.repeats import RepeatDetector


@settings(deadline=None)
@given(texts=st.lists(st.text(max_size=3)))
def test_a_text_is_new_exactly_once(texts: list[str]) -> None:
    repeats, known = RepeatDetector(), set[str]()
    for text in texts:
        assert repeats.add(text) == (text not in known)
        known.add(text)


def test_it_grows_and_forgets_nothing() -> None:
    repeats = RepeatDetector()
    assert all(repeats.add(str(number)) for number in range(20_000))
    assert not any(repeats.add(str(number)) for number in range(20_000))
