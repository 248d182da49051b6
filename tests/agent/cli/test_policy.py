"""``preclear policy``: packs checked, shown, compared and explained without a hub."""

from __future__ import annotations

import json
import shutil
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from agent.cli import main


def preclear(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["policy", *map(str, arguments)])


def answer_of(*arguments: str | Path) -> dict[str, Any]:
    result = preclear(*arguments, "--json")
    assert result.exit_code == 0, result.output
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped pack that a test may change."""
    with as_file(files("agent.domain.packs").joinpath("us-origin")) as shipped:
        shutil.copytree(shipped, tmp_path / "pack")
    return tmp_path / "pack"


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def test_a_sound_pack_is_summed_up(folder: Path) -> None:
    answer = answer_of("check", folder)
    assert (answer["sound"], answer["errors"], answer["id"]) == (True, [], "us-origin-default")
    assert "2025-08-29T04:01:00Z" in answer["boundaries"]
    assert "sound; us-origin-default no. 1" in preclear("check", folder).stdout


def test_every_fault_of_a_pack_is_told_with_its_place(folder: Path) -> None:
    change(folder / "rules.toml", 'consignment.currency == "USD"', "consignment.currency == 1")
    change(folder / "pack.toml", "validity_hours = 72", "validity_hours = -1")
    result = preclear("check", folder, "--json")
    assert result.exit_code == 3
    errors = json.loads(result.stdout)["errors"]
    assert [(error["file"], error["path"], error.get("rule")) for error in errors] == [
        ("pack.toml", "validity_hours", None),
        ("rules.toml", "rule[0].when", "formal-entry"),
    ]
    for error in errors:
        line = (folder / error["file"]).read_text().splitlines()[error["line"] - 1]
        assert "validity_hours" in line or "consignment.currency == 1" in line
        assert 1 <= error["column"] <= len(line)
    lines = preclear("check", folder).stdout.splitlines()
    assert lines[-1].endswith("2 faults")


def test_a_broken_file_and_an_empty_folder_are_faults(folder: Path, tmp_path: Path) -> None:
    change(folder / "codes.toml", "[[code]]", "[[code]")
    result = preclear("check", folder)
    assert (result.exit_code, "codes.toml, line" in result.stdout) == (3, True)
    (tmp_path / "empty").mkdir()
    assert "there is no pack.toml" in preclear("check", tmp_path / "empty").stdout
    assert preclear("check", tmp_path / "absent").exit_code == 2


def ids(answer: dict[str, Any]) -> set[str]:
    return {entry["id"] for entry in answer["entries"]}


def test_what_is_in_force_is_shown_for_a_day_or_a_second() -> None:
    before, after = (
        answer_of("show", "--at", "2025-08-29T00:00:59-04:00"),
        answer_of("show", "--at", "2025-08-29T04:01:00Z"),
    )
    assert "us-section-321" in ids(before) - ids(after)
    assert "us-entry-all-values" in ids(after) - ids(before)
    day = answer_of("show", "--at", "2025-08-29")
    assert day["at"] == "2025-08-29T04:00:00Z"
    assert ids(day) == ids(before)


def test_one_mode_may_be_shown_alone_and_advice_is_marked() -> None:
    mail = answer_of("show", "--at", "2026-01-01", "--mode", "mail")
    assert {entry.get("mode", "mail") for entry in mail["entries"]} == {"mail"}
    express = {
        entry["id"]: entry
        for entry in answer_of("show", "--at", "2026-01-01", "--mode", "express")["entries"]
    }
    assert express["us-acas-enhanced"]["advisory"] is True
    enforced = {entry["id"]: entry for entry in answer_of("show", "--at", "2026-11-21")["entries"]}
    assert enforced["us-acas-enhanced"]["advisory"] is False
    text = preclear("show", "--at", "2026-01-01").stdout
    assert "us-acas-enhanced: Enhanced air cargo advance screening mend (advisory)" in text
    assert "high confidence; 90 FR 52796" in text


@pytest.mark.parametrize("at", ["soon", "2025-08-29T00:01:00"])
def test_a_time_that_is_no_instant_is_a_usage_error(at: str) -> None:
    assert preclear("show", "--at", at).exit_code == 2


def test_packs_are_compared_by_what_they_say(folder: Path, tmp_path: Path) -> None:
    changed = tmp_path / "changed"
    shutil.copytree(folder, changed)
    change(changed / "pack.toml", "# The pack a hub starts with.", "# Another comment.")
    same = answer_of("diff", folder, changed)
    assert not any(same[part] for part in ("settings", "added", "removed", "changed"))
    assert preclear("diff", folder, changed).stdout == "no difference except the time of issue\n"
    change(changed / "pack.toml", "fresh_for_days = 30", "fresh_for_days = 60")
    change(changed / "rules.toml", 'id = "pill-press"', 'id = "press"')
    change(
        changed / "regimes.toml",
        "advisory_until = 2026-11-21T00:00:00",
        "advisory_until = 2027-11-21T00:00:00",
    )
    answer = answer_of("diff", folder, changed)
    assert answer["settings"] == {"fresh_for_days": {"old": 30, "new": 60}}
    assert ([e["id"] for e in answer["added"]], [e["id"] for e in answer["removed"]]) == (
        ["press"],
        ["pill-press"],
    )
    ((entry),) = answer["changed"]
    assert (entry["id"], list(entry["changes"])) == ("us-acas-enhanced", ["advisory_until"])
    lines = preclear("diff", folder, changed).stdout
    assert "~ fresh_for_days: 30 → 60" in lines
    assert "+ rule press: GOODS_RESTRICTED" in lines


def test_a_rule_a_code_and_a_missing_fact_are_explained() -> None:
    (rule,) = answer_of("explain", "surcharge-122")["entries"]
    assert (rule["confidence"], rule["params"], rule["outcome"]) == ("medium", {"rate_permille": 100}, "none")
    exempt = answer_of("explain", "NO_DE_MINIMIS")["entries"]
    assert {entry["code"] for entry in exempt} == {"NO_DE_MINIMIS"}
    assert len(exempt) == 6
    (asked,) = answer_of("explain", "MISSING_CONSIGNEE_EMAIL")["entries"]
    assert (asked["id"], asked["outcome"]) == ("us-acas-enhanced", "RFI")
    assert {e["sort"] for e in answer_of("explain", "DESCRIPTION_REFUSED")["entries"]} == {"code"}
    assert "supersedes: no-de-minimis" in preclear("explain", "no-de-minimis-codified").stdout


def test_limits_of_totals_are_shown_explained_and_compared_like_rules(folder: Path, tmp_path: Path) -> None:
    assert answer_of("check", folder)["limits"] == 6
    limits = [e for e in answer_of("show", "--at", "2025-01-10")["entries"] if e["sort"] == "limit"]
    assert [(e["id"], e.get("advisory")) for e in limits] == [
        ("person-day-800", True),
        ("gift-person-day-100", None),
    ]
    shown = preclear("show", "--at", "2025-06-01").stdout
    assert "limit person-day-800-but-cn-hk: at most 800.00 USD a day of one person, mend" in shown
    assert "all but CN HK, from 2025-05-02T00:01:00-04:00" in shown
    explained = answer_of("explain", "DAY_TOTAL_ABOVE_LIMIT")["entries"]
    assert {(e["sort"], e["outcome"]) for e in explained} == {("limit", "RFI"), ("limit", "none")}
    changed = tmp_path / "changed"
    shutil.copytree(folder, changed)
    change(changed / "totals.toml", 'person = "consignee"', 'person = "purchaser"')
    change(changed / "totals.toml", "value_minor = 80000", "value_minor = 20000")
    answer = answer_of("diff", folder, changed)
    assert answer["settings"] == {"aggregation.person": {"old": "consignee", "new": "purchaser"}}
    ((entry),) = answer["changed"]
    assert (entry["id"], list(entry["changes"])) == ("person-day-800", ["value_minor"])


def test_what_a_pack_does_not_know_is_not_found() -> None:
    result = preclear("explain", "NOTHING_OF_THE_SORT")
    assert (result.exit_code, "preclear policy show" in result.stderr) == (4, True)
