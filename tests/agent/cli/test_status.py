"""``preclear status``: of a hub that does not run."""

from __future__ import annotations

import json
from collections.abc import Callable

from click.testing import Result

from agent.sandbox.site import Site

S10 = "RR473124829GB"
Run = Callable[..., Result]


def test_the_status_of_a_hub_that_does_not_run_is_read_from_its_files(on_site: Run, site: Site) -> None:
    on_site("import", site.manifest({}))
    on_site("decide", S10)
    result = on_site("status")
    assert result.exit_code == 0
    assert result.output.startswith("hub/test: not running\n")
    assert "2 entries, 0 receipted, 2 unsent" in result.output
    assert json.loads(on_site("status", "--json").stdout)["running"] is False
