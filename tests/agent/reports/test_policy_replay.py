"""``preclear policy replay``: past parcels under a pack that is not in force yet."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agent.cases.scan import CommandLine
from agent.clearance import clear_piece
from agent.cli import main
from agent.domain.packs.shipped import shipped_pack
from agent.domain.packs.source import join
from agent.sandbox.site import Site

SHIRT, SHOES = "RR473124829GB", "RB123456785GB"
STRICTER = """
[[rule]]
id = "shoes"
code = "SHOES_ASKED_ABOUT"
from = 2020-01-01T00:00:00
severity = "mend"
citation = "a test"
given = ["goods.words"]
when = '"SHOES" in goods.words'
"""
Replay = Callable[..., Result]


@pytest.fixture
async def replay(site: Site, tmp_path: Path) -> Replay:
    """A hub that has decided on a shirt, on shoes, and on a parcel nobody declared."""
    async with site.open() as opened:
        await site.declare(
            opened, {}, {"tracking_number": SHOES, "description": "Men's leather running shoes"}
        )
        for number in (SHIRT, SHOES, SHOES, "UNDECLARED-77"):
            await clear_piece(site.scan(number), CommandLine(grams=290), opened.hub)
            site.clock.advance(3600)
    folder = tmp_path / "stricter"
    folder.mkdir()
    text = shipped_pack().decode() + STRICTER
    (folder / "pack.toml").write_text(text)

    def run(*arguments: str, since: str = "2026-03-01") -> Result:
        words = ["policy", "replay", "--pack", str(folder), "--since", since, *arguments]
        return CliRunner().invoke(main, [*words, "--config", str(site.config_file)])

    return run


def test_parcels_that_would_be_judged_otherwise_are_named_with_the_reason(replay: Replay) -> None:
    result = replay("--json")
    assert result.exit_code == 0, result.output
    findings = json.loads(result.stdout)
    assert (findings["parcels"], findings["undeclared"]) == (2, 1)
    ((change),) = findings["changed"]
    assert change["piece"] == f"s10:{SHOES}"
    assert (change["old"], change["new"]) == ("CLEAR", "RFI")
    assert (change["added"], change["removed"]) == (["SHOES_ASKED_ABOUT"], [])
    assert findings["by_change"] == {"CLEAR → RFI": 1}


def test_each_parcel_counts_once_by_its_last_decision(replay: Replay) -> None:
    # The second decision on the shoes, two hours after the first on the shirt.
    findings = json.loads(replay("--json", since="2026-03-02T10:30:00Z").stdout)
    assert (findings["parcels"], len(findings["changed"])) == (1, 1)
    assert json.loads(replay("--json", since="2026-03-03").stdout)["parcels"] == 0


def test_a_pack_that_says_the_same_changes_nothing(replay: Replay, tmp_path: Path) -> None:
    same = tmp_path / "same.toml"
    same.write_bytes(join({"pack.toml": shipped_pack() + STRICTER.encode()}, source="same"))
    events = replay("--against", str(same)).stdout
    last = events.splitlines()[-1]
    assert last.startswith("0 of 2 parcels would be decided differently; 1 had no declaration")


def test_people_read_which_parcel_and_why(replay: Replay) -> None:
    events = replay().stdout
    assert f"s10:{SHOES} (entry " in events
    assert "CLEAR → RFI  +SHOES_ASKED_ABOUT" in events


def test_a_hub_without_a_log_is_not_found(site: Site, tmp_path: Path) -> None:
    pack = tmp_path / "pack.toml"
    pack.write_bytes(shipped_pack())
    words = [
        "policy",
        "replay",
        "--pack",
        str(pack),
        "--since",
        "2026-03-01",
        "--config",
        str(site.config_file),
    ]
    result = CliRunner().invoke(main, words)
    assert (result.exit_code, "there is no log" in result.stderr) == (4, True)


@pytest.mark.parametrize(("overage", "asked"), [("all", {SHIRT, SHOES}), ("marginal", {SHIRT})])
async def test_a_limit_on_what_a_person_receives_in_a_day_is_replayed_over_all_parcels(
    replay: Replay, tmp_path: Path, overage: str, asked: set[str]
) -> None:
    pack = tmp_path / "stricter" / "pack.toml"
    limit = STRICTER_LIMIT.replace("OVERAGE", overage)
    pack.write_text(shipped_pack().decode() + limit)
    findings = json.loads(replay("--json").stdout)
    changed = {change["consignment"]: change["added"] for change in findings["changed"]}
    assert changed.keys() == asked  # declared together: the order of their numbers decides which comes last
    assert all(codes == ["DAY_TOTAL_ABOVE_LIMIT"] for codes in changed.values())


STRICTER_LIMIT = """
[[limit]]
id = "twenty-dollars"
from = 2020-01-01T00:00:00
severity = "mend"
value_minor = 2000
currency = "USD"
overage = "OVERAGE"
citation = "a test"
"""
