"""``preclear decide``: recorded or dry, and the keys without which nothing is signed."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from click.testing import Result

from agent.evidence.reader import StoredLog
from agent.sandbox.site import Site

S10 = "RR473124829GB"
Run = Callable[..., Result]


def entries(site: Site) -> int:
    with StoredLog(site.data / "evidence.db") as stored:
        return len(list(stored.entries()))


def test_a_decision_is_recorded_and_a_dry_run_is_not(on_site: Run, site: Site) -> None:
    on_site("import", site.manifest({"consignee_name": "Obsidian Meridian Procurement"}))
    before = entries(site)
    dry = on_site("decide", S10, "--grams", "290", "--dry-run", "--json")
    assert dry.exit_code == 0
    shown = json.loads(dry.stdout)
    assert (shown["recorded"], shown["disposition"]) == (False, "RFS")
    assert shown["findings"][0] == {"code": "SCREENING", "params": {}}
    assert entries(site) == before
    real = on_site("decide", S10, "--grams", "290", "--explain")
    assert real.output.startswith(f"RFS  {S10} (s10)  set by HUB, entry {before}\n  SCREENING\n")
    assert entries(site) == before + 1


def test_a_number_that_is_none_ends_with_1(on_site: Run) -> None:
    result = on_site("decide", "\x02")
    assert result.exit_code == 1
    assert "scan the label again" in result.stderr


def test_keys_that_others_can_read_are_refused_with_the_remedy(on_site: Run, site: Site) -> None:
    (site.data / "keys" / "decisions.pem").chmod(0o644)
    result = on_site("decide", S10)
    assert result.exit_code == 78
    assert "chmod 600" in result.stderr


@pytest.mark.parametrize("name", ["decisions.pem", "audit.key"])
def test_keys_that_are_not_the_registered_ones_are_refused_before_anything_is_signed(
    on_site: Run, site: Site, name: str
) -> None:
    wrong = (site.data / "keys" / "checkpoints.pem").read_bytes()
    (site.data / "keys" / name).write_bytes(wrong)
    result = on_site("decide", S10)
    assert result.exit_code == 78
    assert name.split(".", maxsplit=1)[0] in result.stderr
    assert not (site.data / "evidence.db").exists()
