"""``preclear devices recent``: what a device sent last."""

from __future__ import annotations

from collections.abc import Callable

from click.testing import Result

Run = Callable[..., Result]


def test_what_a_device_said_last_is_only_known_while_the_hub_runs(on_site: Run) -> None:
    result = on_site("devices", "recent", "lane-1/scanner")
    assert result.exit_code == 5
    assert "is not running; start it with `preclear run`" in result.stderr
