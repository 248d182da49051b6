"""The doctor: what keeps a hub from working is named, with its remedy; nothing is changed."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from typing import Any

import pytest
from click.testing import CliRunner, Result

from agent.cli import main


def doctor(site: Any, *options: str) -> Result:
    return CliRunner().invoke(main, ["doctor", "--config", str(site.config_file), *options])


def lane(site: Any, port: str) -> None:
    site.configure(f'[[stations]]\nname = "lane-1"\nscanner = {{ port = "{port}" }}\n')


def findings(result: Result) -> dict[str, dict[str, str]]:
    return {one["code"]: one for one in json.loads(result.stdout)["findings"]}


@pytest.fixture
def port() -> Any:
    """A terminal that a program, this one, has open."""
    near, far = pty.openpty()
    yield os.ttyname(far)
    os.close(near)
    os.close(far)


def test_a_hub_that_can_work_has_nothing_to_mend(site: Any, tmp_path: Any) -> None:
    node = tmp_path / "scanner"
    node.touch()
    lane(site, str(node))
    result = doctor(site, "--json")
    assert result.exit_code == 0
    found = findings(result)
    assert {one["level"] for one in found.values()} == {"ok"}
    assert found["device"]["subject"] == "lane-1/scanner"
    assert found["data"]["text"].startswith("is writable")


def test_a_port_that_is_not_there_is_named_with_what_to_do(site: Any) -> None:
    lane(site, "/dev/serial/by-id/usb-nobody")
    result = doctor(site)
    assert result.exit_code == 0
    assert "WARN  lane-1/scanner: /dev/serial/by-id/usb-nobody is not there" in result.stdout
    assert "preclear devices list" in result.stdout


def test_a_port_that_another_program_holds_is_named_with_its_holder(site: Any, port: str) -> None:
    lane(site, port)
    # We hold it ourselves, and the doctor does not count itself: a child does the holding.
    holder = subprocess.Popen(
        ["sh", "-c", f"exec 3<>{port}; echo held; exec sleep 30"], stdout=subprocess.PIPE
    )
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        result = doctor(site, "--json")
        assert result.exit_code == 3
        assert f"(pid {holder.pid})" in findings(result)["port_held"]["text"]
    finally:
        holder.kill()
        holder.communicate()


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("nonsense = [", "config_invalid", "correct the file"),
        ("[hub]\nname = 1\n", "config_invalid", "correct the file"),
    ],
)
def test_a_configuration_that_cannot_be_read_is_all_that_is_said(
    site: Any, text: str, code: str, said: str
) -> None:
    site.config_file.write_text(text)
    result = doctor(site, "--json")
    assert result.exit_code == 3
    assert said in findings(result)[code]["remedy"]
    assert len(findings(result)) == 1


def test_a_missing_data_directory_is_named(site: Any, tmp_path: Any) -> None:
    lane(site, str(tmp_path))
    site.data.rename(site.data.with_name("elsewhere"))
    assert findings(doctor(site, "--json"))["data_missing"]["level"] == "fail"


def test_a_template_is_doubted_until_it_was_tried(site: Any, tmp_path: Any) -> None:
    (tmp_path / "a").touch()
    (tmp_path / "b").touch()
    site.configure(
        f'[[stations]]\nname = "lane-1"\nscanner = {{ port = "{tmp_path}/a" }}\n'
        f'scale = {{ port = "{tmp_path}/b", protocol = "template", unit = "kg", '
        "template = { pattern = '(?P<weight>[0-9.]+)' } }\n"
    )
    found = findings(doctor(site, "--json"))["protocol_not_verified"]
    assert (found["level"], found["subject"]) == ("warn", "lane-1/scale")
    assert "preclear devices test lane-1/scale" in found["remedy"]
