"""The doctor's checks: what keeps a hub from working is named, with its remedy."""

from __future__ import annotations

import asyncio
import os
import pty
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.maintenance.doctor import Diagnosis, examine


async def diagnoses(site: Any) -> dict[str, Diagnosis]:
    return {diagnosis.code: diagnosis for diagnosis in await examine(site.config_file)}


def lane(site: Any, *ports: str) -> None:
    stations = (
        f'[[stations]]\nname = "lane-{number}"\nscanner = {{ port = "{port}" }}\n'
        for number, port in enumerate(ports, 1)
    )
    site.configure("".join(stations))


@pytest.fixture
def port() -> Iterator[str]:
    """A terminal that a program, this one, has open."""
    near, far = pty.openpty()
    yield os.ttyname(far)
    os.close(near)
    os.close(far)


async def test_a_hub_that_can_work_has_nothing_to_correct(site: Any, tmp_path: Path) -> None:
    node = tmp_path / "scanner"
    node.touch()
    lane(site, str(node))
    results = await diagnoses(site)
    assert {diagnosis.level for diagnosis in results.values()} == {"ok"}
    assert results["device"].subject == "lane-1/scanner"
    assert results["data"].text == "is writable and has no log yet"
    assert results["config"].text == "1 station"
    assert results["hub"].text == "is not running"


async def test_stations_are_counted_as_people_count(site: Any, tmp_path: Path) -> None:
    lane(site, str(tmp_path / "a"), str(tmp_path / "b"))
    assert (await diagnoses(site))["config"].text == "2 stations"


def test_a_port_that_another_program_holds_is_named_with_its_holder(site: Any, port: str) -> None:
    lane(site, port)
    # We hold it ourselves, and the doctor does not count itself: a child does the holding.
    holder = subprocess.Popen(
        ["sh", "-c", f"exec 3<>{port}; echo held; exec sleep 30"], stdout=subprocess.PIPE
    )
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        held = asyncio.run(diagnoses(site))["port_held"]
        assert (held.level, held.subject) == ("fail", "lane-1/scanner")
        assert f"(pid {holder.pid})" in held.text
    finally:
        holder.kill()
        holder.communicate()


@pytest.mark.parametrize("text", ["nonsense = [", "[hub]\nname = 1\n"])
async def test_a_configuration_that_cannot_be_read_is_the_only_diagnosis(site: Any, text: str) -> None:
    site.config_file.write_text(text)
    (diagnosis,) = await examine(site.config_file)
    assert (diagnosis.level, diagnosis.code) == ("fail", "config_invalid")
    assert diagnosis.remedy == "correct the file, then run `preclear doctor` again for the rest"


async def test_a_missing_data_directory_is_named_with_the_command_that_makes_it(
    site: Any, tmp_path: Path
) -> None:
    lane(site, str(tmp_path))
    site.data.rename(site.data.with_name("elsewhere"))
    missing = (await diagnoses(site))["data_missing"]
    assert (missing.level, missing.remedy) == ("fail", "run: preclear keys make")


async def test_a_template_is_doubted_until_it_was_tried(site: Any, tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    (tmp_path / "b").touch()
    site.configure(
        f'[[stations]]\nname = "lane-1"\nscanner = {{ port = "{tmp_path}/a" }}\n'
        f'scale = {{ port = "{tmp_path}/b", protocol = "template", unit = "kg", '
        "template = { pattern = '(?P<weight>[0-9.]+)' } }\n"
    )
    doubted = (await diagnoses(site))["protocol_not_verified"]
    assert (doubted.level, doubted.subject) == ("warn", "lane-1/scale")
    assert "preclear devices test lane-1/scale" in doubted.remedy


async def test_devices_on_the_network_are_not_looked_for_among_the_ports(site: Any) -> None:
    lane(site, "socket://scanner.example:4001")
    device = (await diagnoses(site))["device"]
    assert (device.level, device.text) == ("ok", "socket://scanner.example:4001 is reached over the network")
