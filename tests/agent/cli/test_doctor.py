"""``preclear doctor``: how what the checks return is printed, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from agent.cli import main


def doctor(site: Any, *options: str) -> Result:
    return CliRunner().invoke(main, ["doctor", "--config", str(site.config_file), *options])


def lane(site: Any, port: str) -> None:
    site.configure(f'[[stations]]\nname = "lane-1"\nscanner = {{ port = "{port}" }}\n')


def test_a_port_that_is_not_there_is_a_warning_with_what_to_do(site: Any) -> None:
    lane(site, "/dev/serial/by-id/usb-nobody")
    result = doctor(site)
    assert result.exit_code == 0
    assert f"ok    {site.config_file}: 1 station\n" in result.stdout
    assert "WARN  lane-1/scanner: /dev/serial/by-id/usb-nobody is not there\n      plug" in result.stdout
    assert "preclear devices list" in result.stdout


def test_what_keeps_the_hub_from_working_ends_with_3(site: Any, tmp_path: Path) -> None:
    lane(site, str(tmp_path))
    site.data.rename(site.data.with_name("elsewhere"))
    result = doctor(site)
    assert result.exit_code == 3
    assert "the data directory does not exist\n      run: preclear keys make\n" in result.stdout


def test_the_report_is_one_json_object(site: Any, tmp_path: Path) -> None:
    lane(site, str(tmp_path))
    for ok in (True, False):
        report = json.loads(doctor(site, "--json").stdout)
        assert (report["schema"], report["ok"]) == ("preclear.doctor", ok)
        assert [*report["findings"][0]] == ["level", "code", "subject", "text", "remedy"]
        site.config_file.write_text("nonsense = [")
