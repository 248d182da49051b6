"""Numbers that were before are known, and no others."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.intake.repeats import Seen


@given(texts=st.lists(st.text(max_size=3)))
def test_a_text_is_new_exactly_once(texts: list[str]) -> None:
    seen, known = Seen(), set[str]()
    for text in texts:
        assert seen.add(text) == (text not in known)
        known.add(text)


def test_it_grows_and_forgets_nothing() -> None:
    seen = Seen()
    assert all(seen.add(str(number)) for number in range(20_000))
    assert not any(seen.add(str(number)) for number in range(20_000))
