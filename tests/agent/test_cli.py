"""The command ``preclear``: what it prints, what it ends with, and what it leaves alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from agent import __version__
from agent.cli import main
from agent.evidence.reader import StoredLog
from agent.runtime.clock import SystemClock
from sync import sqlite

S10 = "RR473124829GB"
Run = Callable[..., Result]


@pytest.fixture
def preclear(site: Any) -> Run:
    """Runs a command on the site's configuration, in this process."""
    clock = SystemClock()
    site.publish_policy(issued=clock.now())
    site.publish_list("Obsidian Meridian Procurement", issued=clock.now())

    def run(*arguments: str | Path) -> Result:
        return CliRunner().invoke(main, [*map(str, arguments), "--config", str(site.config_file)])

    return run


def entries(site: Any) -> int:
    with StoredLog(site.data / "evidence.db") as stored:
        return len(list(stored.entries()))


def python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env={k: v for k, v in os.environ.items() if k != "PRECLEAR_CONFIG"},
    )


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command as a process of its own."""
    return python("from agent.cli import main; main()", *arguments)


def test_version_is_told_without_loading_what_is_heavy() -> None:
    ended = python(
        "import sys\n"
        "from agent.cli import main\n"
        "try:\n    main(['--version'])\n"
        "except SystemExit as ended:\n    assert not ended.code\n"
        "heavy = {'numpy', 'aiohttp', 'sqlite_utils', 'onnxruntime', 'pydantic', 'cryptography', 'rich'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    assert ended.stdout == f"preclear, version {__version__}\n[]\n", ended.stderr


def test_an_unknown_command_is_a_usage_error() -> None:
    ended = command("scann")
    assert ended.returncode == 2
    assert "No such command 'scann'" in ended.stderr


def test_help_names_every_command_and_the_exit_codes() -> None:
    told = CliRunner().invoke(main, ["--help"])
    assert told.exit_code == 0
    for name in ("run", "import", "decide", "status", "verify", "export", "keys", "demo"):
        assert f"\n  {name} " in told.output
    assert "3 a finding" in told.output


@pytest.mark.parametrize(
    "arguments", [("run",), ("status",), ("verify",), ("decide", S10), ("keys", "make"), ("export", "1")]
)
def test_a_missing_configuration_ends_with_78_and_the_remedy(arguments: Sequence[str]) -> None:
    ended = command(*arguments, "--config", "/nowhere/config.toml")
    assert ended.returncode == 78
    assert (
        ended.stderr
        == "preclear: 1 problem in /nowhere/config.toml\n  cannot be read: No such file or directory\n"
    )


def test_the_configuration_is_also_found_by_its_environment_variable(
    preclear: Run, site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRECLEAR_CONFIG", str(site.config_file))
    assert CliRunner().invoke(main, ["decide", S10]).exit_code == 0


def test_an_import_with_refused_rows_reports_each_and_ends_with_3(preclear: Run, site: Any) -> None:
    path = site.manifest({}, {"tracking_number": "BOX-000002", "gross_weight_g": "two"})
    told = preclear("import", path)
    assert told.exit_code == 3
    assert "line 3, gross_weight_g: E2" in told.output
    assert '"two"' in told.output
    assert "manifest.csv: 1 consignments accepted, 1 rows refused" in told.output
    again = preclear("import", path)
    assert again.exit_code == 3
    assert "line 3, gross_weight_g: E2" in again.output
    assert "was taken in before; nothing changed" in again.output


def test_a_clean_import_ends_with_0_and_a_refused_file_with_3(preclear: Run, site: Any) -> None:
    report = preclear("import", site.manifest({}), "--json", "--role", "post")
    assert report.exit_code == 0
    assert json.loads(report.stdout)["accepted"] == 1
    (site.folder / "empty.csv").touch()
    refused = preclear("import", site.folder / "empty.csv")
    assert refused.exit_code == 3
    assert "empty.csv: E010" in refused.stderr


def test_a_file_that_is_not_there_is_a_usage_error(preclear: Run) -> None:
    assert preclear("import", "/nowhere/manifest.csv").exit_code == 2


def test_a_decision_is_recorded_and_a_dry_run_is_not(preclear: Run, site: Any) -> None:
    preclear("import", site.manifest({"consignee_name": "Obsidian Meridian Procurement"}))
    before = entries(site)
    dry = preclear("decide", S10, "--grams", "290", "--dry-run", "--json")
    assert dry.exit_code == 0
    shown = json.loads(dry.stdout)
    assert (shown["recorded"], shown["disposition"]) == (False, "RFS")
    assert shown["findings"][0] == {"code": "SCREENING", "params": {}}
    assert entries(site) == before
    real = preclear("decide", S10, "--grams", "290", "--explain")
    assert real.output.startswith(f"RFS  {S10} (s10)  set by HUB, entry {before}\n  SCREENING\n")
    assert entries(site) == before + 1


def test_a_number_that_is_none_ends_with_1(preclear: Run) -> None:
    told = preclear("decide", "\x02")
    assert told.exit_code == 1
    assert "scan the label again" in told.stderr


def test_a_log_verifies_with_0_and_with_3_once_a_byte_of_it_is_another(preclear: Run, site: Any) -> None:
    preclear("decide", S10)
    assert preclear("verify").exit_code == 0
    told = json.loads(preclear("verify", "--json").stdout)
    assert (told["verified"], told["entries"], told["decisions"]) == (True, 2, 1)
    conn = sqlite.connect(site.data / "evidence.db")
    conn.execute("UPDATE log SET payload = CAST(replace(payload, 'DNL', 'DNM') AS BLOB) WHERE seq = 1")
    conn.close()
    altered = preclear("verify")
    assert altered.exit_code == 3
    assert "NOT VERIFIED" in altered.output
    assert "entry 1: its leaf is not the hash of its payload" in altered.output


def test_a_log_whose_pages_cannot_be_read_is_not_verified(preclear: Run, site: Any) -> None:
    for number in range(30):
        preclear("decide", f"BOX-{number:06}")
    path = site.data / "evidence.db"
    conn = sqlite.connect(path)
    conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    conn.close()
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 3)
        file.write(b"\xff" * (path.stat().st_size // 2))
    told = preclear("verify")
    assert told.exit_code == 3
    assert "NOT VERIFIED" in told.output


def test_somebody_else_verifies_a_copy_with_the_cards_alone(preclear: Run, site: Any) -> None:
    preclear("decide", S10)
    copy = site.folder / "copy.db"
    copy.write_bytes((site.data / "evidence.db").read_bytes())
    cards = ("--card", site.data / "hub.pub", "--card", site.centre / "centre.pub")
    told = CliRunner().invoke(
        main, ["verify", str(copy), *map(str, cards), "--hub", "hub/test", "--centre", "centre/test"]
    )
    assert told.exit_code == 0, told.output
    assert "2 entries, 1 decisions" in told.output
    assert CliRunner().invoke(main, ["verify", str(copy)]).exit_code == 2


def test_before_there_is_a_log_there_is_nothing_to_verify_export_or_show(preclear: Run) -> None:
    for arguments in (("verify",), ("export", "1"), ("status",)):
        told = preclear(*arguments)
        assert told.exit_code == 4
        assert "no log" in told.stderr


def test_a_card_that_is_missing_is_named(preclear: Run, site: Any) -> None:
    preclear("decide", S10)
    (site.data / "hub.pub").unlink()
    for arguments in (("verify",), ("export", "1")):
        told = preclear(*arguments)
        assert told.exit_code == 78
        assert "hub.pub cannot be read: No such file" in told.stderr


def test_an_entry_is_exported_as_an_envelope(preclear: Run) -> None:
    preclear("decide", S10)
    envelope = json.loads(preclear("export", "1").stdout)
    assert envelope["payloadType"] == "application/vnd.preclear.decision.v1+json"
    assert preclear("export", "99").exit_code == 4


def test_keys_are_made_once_and_never_again(preclear: Run, site: Any) -> None:
    before = {path: path.read_bytes() for path in (site.data / "keys").iterdir()}
    told = preclear("keys", "make")
    assert told.exit_code == 78
    assert "keys exists already; keys are never overwritten" in told.stderr
    assert {path: path.read_bytes() for path in (site.data / "keys").iterdir()} == before


def test_keys_that_others_can_read_are_refused_with_the_remedy(preclear: Run, site: Any) -> None:
    (site.data / "keys" / "decisions.pem").chmod(0o644)
    told = preclear("decide", S10)
    assert told.exit_code == 78
    assert "chmod 600" in told.stderr


def test_a_hub_without_keys_is_told_how_to_make_them(preclear: Run, site: Any) -> None:
    for path in (site.data / "keys").iterdir():
        path.unlink()
    told = preclear("decide", S10)
    assert told.exit_code == 4
    assert "make them with: preclear keys make" in told.stderr
    made = preclear("keys", "make")
    assert made.exit_code == 0
    assert f"preclear-central register-hub {site.data / 'hub.pub'}" in made.output
    assert preclear("decide", S10).exit_code == 0


def test_the_status_of_a_hub_that_does_not_run_is_read_from_its_files(preclear: Run, site: Any) -> None:
    preclear("import", site.manifest({}))
    preclear("decide", S10)
    told = preclear("status")
    assert told.exit_code == 0
    assert told.output.startswith("hub/test: not running\n")
    assert "2 entries, 0 receipted, 2 unsent" in told.output
    assert json.loads(preclear("status", "--json").stdout)["running"] is False


@pytest.mark.parametrize("name", ["decisions.pem", "audit.key"])
def test_keys_that_are_not_the_registered_ones_are_refused_before_anything_is_signed(
    preclear: Run, site: Any, name: str
) -> None:
    wrong = (site.data / "keys" / "checkpoints.pem").read_bytes()
    (site.data / "keys" / name).write_bytes(wrong)
    told = preclear("decide", S10)
    assert told.exit_code == 78
    assert name.split(".", maxsplit=1)[0] in told.stderr
    assert not (site.data / "evidence.db").exists()


def test_a_pipe_is_no_manifest(preclear: Run, site: Any) -> None:
    os.mkfifo(site.folder / "pipe.csv")
    told = preclear("import", str(site.folder / "pipe.csv"))
    assert told.exit_code == 3
    assert "not a regular file" in told.stderr


def test_what_a_device_said_last_is_only_known_while_the_hub_runs(preclear: Run) -> None:
    result = preclear("devices", "recent", "lane-1/scanner")
    assert result.exit_code == 5
    assert "is not running; start it with `preclear run`" in result.stderr
