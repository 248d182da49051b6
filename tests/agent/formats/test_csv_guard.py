"""Cells of a CSV file that no spreadsheet takes for a formula."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.formats.csv_guard import guarded


@settings(deadline=None)
@given(text=st.text(max_size=20))
def test_no_guarded_cell_begins_a_formula(text: str) -> None:
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert guarded(text).removeprefix("'").endswith(text.removeprefix("'"))
