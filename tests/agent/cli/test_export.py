"""``preclear export``: one entry as an envelope."""

from __future__ import annotations

import json
from collections.abc import Callable

from click.testing import Result

S10 = "RR473124829GB"
Run = Callable[..., Result]


def test_an_entry_is_exported_as_an_envelope(on_site: Run) -> None:
    on_site("decide", S10)
    envelope = json.loads(on_site("export", "1").stdout)
    assert envelope["payloadType"] == "application/vnd.preclear.decision.v1+json"
    assert on_site("export", "99").exit_code == 4
