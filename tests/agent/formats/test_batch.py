"""Declarations that are stored together."""

from __future__ import annotations

import pytest

from agent.domain.errors import DeclarationInvalid
from agent.formats.batch import Batch


def test_a_batch_that_was_put_together_wrongly_is_refused() -> None:
    with pytest.raises(DeclarationInvalid, match="2 numbers for 1 declarations"):
        Batch().extend(Batch(numbers=["A", "B"], bodies=[b""]), behind=0)
