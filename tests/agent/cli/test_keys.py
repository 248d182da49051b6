"""``preclear keys``: made once, and what a hub without keys says."""

from __future__ import annotations

from collections.abc import Callable

from click.testing import Result

from agent.sandbox.site import Site

S10 = "RR473124829GB"
Run = Callable[..., Result]


def test_keys_are_made_once_and_never_again(on_site: Run, site: Site) -> None:
    before = {path: path.read_bytes() for path in (site.data / "keys").iterdir()}
    result = on_site("keys", "make")
    assert result.exit_code == 78
    assert "keys exists already; keys are never overwritten" in result.stderr
    assert {path: path.read_bytes() for path in (site.data / "keys").iterdir()} == before


def test_a_hub_without_keys_is_told_how_to_make_them(on_site: Run, site: Site) -> None:
    for path in (site.data / "keys").iterdir():
        path.unlink()
    result = on_site("decide", S10)
    assert result.exit_code == 4
    assert "make them with: preclear keys make" in result.stderr
    made = on_site("keys", "make")
    assert made.exit_code == 0
    assert f"preclear-central register-hub {site.data / 'hub.pub'}" in made.output
    assert on_site("decide", S10).exit_code == 0
