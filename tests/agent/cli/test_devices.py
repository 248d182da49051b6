"""``preclear devices``: what is plugged in, what it speaks, and into the configuration."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from agent.config.file import load_config
from drivers.simulators.client import SimulatedDevice

Preclear = Callable[..., Awaitable[Result]]


def objects(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


# -- detect ----------------------------------------------------------------------------------------------


async def test_a_scale_is_detected_with_its_evidence_and_what_was_sent(
    preclear: Preclear, scale: SimulatedDevice
) -> None:
    result = await preclear("detect", scale.url, "--json")
    (report,) = objects(result)
    assert (result.exit_code, report["outcome"], report["protocol"]) == (0, "confident", "mt-sics")
    assert set(report["sent"]) == {b"SI\r\n".hex()}
    assert len(report["evidence"]) == 3
    assert "1.234 kg" in report["evidence"][-1]


async def test_a_scale_behind_a_server_is_detected_by_listening(preclear: Preclear, folder: Path) -> None:
    async with SimulatedDevice(
        "scale", folder, protocol="comma", tcp="127.0.0.1:0", rate_hz=50
    ) as device:  # fmt: skip
        result = await preclear("detect", device.url, "--line", "2400 7E1")
    assert result.exit_code == 0
    assert result.stdout.startswith("comma (confident) at 2400 7E1\n")
    assert result.stdout.endswith("  sent: nothing\n")


async def test_a_line_of_seven_bits_is_told_and_not_taken(preclear: Preclear, folder: Path) -> None:
    async with SimulatedDevice(
        "scale", folder, protocol="comma", parity="even", rate_hz=50
    ) as device:  # fmt: skip
        result = await preclear("detect", device.url)
    assert result.exit_code == 3
    assert "set the line to 7E1" in result.stdout


async def test_a_port_that_is_not_there_is_told(preclear: Preclear, folder: Path) -> None:
    result = await preclear("detect", folder / "nothing")
    assert result.exit_code == 1
    assert "nothing: does not exist" in result.stderr


async def test_detection_opens_nothing_but_the_port_that_is_named(preclear: Preclear, config: Path) -> None:
    result = await preclear("detect", "lane-1/scale")
    assert result.exit_code == 2
    assert "is not a port" in result.stderr


@pytest.mark.parametrize("line", ["fast", "9600", "9600 9N1", "9600 8X1", "9600 8N3", "12345678 8N1"])
async def test_line_settings_nobody_can_read_are_a_usage_error(preclear: Preclear, line: str) -> None:
    result = await preclear("detect", "/dev/null", "--line", line)
    assert result.exit_code == 2
    assert "write it as" in result.stderr


# -- add -------------------------------------------------------------------------------------------------


async def test_a_detected_scale_is_added_to_its_station_and_the_file_before_is_kept(
    preclear: Preclear, scale: SimulatedDevice, config: Path
) -> None:
    before = config.read_text()
    config.chmod(0o640)
    result = await preclear("add", scale.url, "--station", "lane-1", "--yes", "--config", config)
    assert result.exit_code == 0, result.output
    assert result.stdout == f'[stations.scale]\nport = "{scale.url}"\nprotocol = "mt-sics"\n'
    section = load_config(config).stations[0].scale
    assert section is not None
    assert (section.port, section.protocol) == (scale.url, "mt-sics")
    assert load_config(config).stations[1].scale is None
    assert config.with_name("config.toml.bak").read_text() == before
    kept = set(before.splitlines())
    assert kept <= set(config.read_text().splitlines())
    assert config.stat().st_mode & 0o777 == 0o640
    assert not [path for path in config.parent.iterdir() if path.name.startswith(".config")]


async def test_nothing_is_changed_until_somebody_says_yes(
    preclear: Preclear, scale: SimulatedDevice, config: Path
) -> None:
    before = config.read_text()
    words = ("add", scale.url, "--station", "lane-2", "--config", config)
    refused = await preclear(*words, given="n\n")
    assert refused.exit_code == 3
    assert "nothing was changed" in refused.stderr
    assert config.read_text() == before
    shown = await preclear(*words, "--print")
    assert shown.exit_code == 0
    assert config.read_text() == before
    agreed = await preclear(*words, given="y\n")
    assert agreed.exit_code == 0
    assert load_config(config).stations[1].scale is not None
    assert load_config(config).web.port == 8080


async def test_a_new_station_begins_with_its_scanner(preclear: Preclear, config: Path) -> None:
    early = await preclear(
        "add", "/dev/serial/by-id/x", "--station", "lane-3", "--protocol", "mt-sics", "--yes",
        "--config", config,
    )  # fmt: skip
    assert early.exit_code == 78
    assert "add its scanner first" in early.stderr
    words = ("/dev/serial/by-id/x", "--role", "scanner", "--yes", "--config", config)
    named = await preclear("add", *words, "--station", "lane-3", "--line", "19200 8N1")
    assert named.exit_code == 0, named.output
    station = load_config(config).stations[2]
    assert (station.name, station.scanner.port, station.scanner.baud) == (
        "lane-3",
        "/dev/serial/by-id/x",
        19200,
    )


async def test_a_configuration_that_is_a_link_stays_one(preclear: Preclear, config: Path) -> None:
    link = config.with_name("link.toml")
    link.symlink_to(config)
    result = await preclear(
        "add",
        "/dev/serial/by-id/x",
        "--station",
        "lane-1",
        "--protocol",
        "mt-sics",
        "--yes",
        "--config",
        link,
    )
    assert result.exit_code == 0, result.output
    assert link.is_symlink()
    assert load_config(config).stations[0].scale is not None


async def test_a_station_has_one_scanner(preclear: Preclear, config: Path) -> None:
    before = config.read_text()
    result = await preclear(
        "add", "/dev/serial/by-id/x", "--station", "lane-1", "--role", "scanner", "--yes", "--config", config
    )  # fmt: skip
    assert result.exit_code == 78
    assert "already has a scanner" in result.stderr
    assert config.read_text() == before


async def test_a_change_that_would_break_the_configuration_is_not_made(
    preclear: Preclear, config: Path
) -> None:
    before = config.read_text()
    result = await preclear(
        "add", "/dev/serial/by-id/scanner-2", "--station", "lane-1", "--protocol", "mt-sics", "--yes",
        "--config", config,
    )  # fmt: skip
    assert result.exit_code == 78
    assert "two devices use /dev/serial/by-id/scanner-2" in result.stderr
    assert config.read_text() == before
    assert sorted(path.name for path in config.parent.iterdir()) == ["config.toml"]


async def test_a_protocol_without_a_unit_needs_one(preclear: Preclear, config: Path) -> None:
    words = (
        "add",
        "/dev/serial/by-id/x",
        "--station",
        "lane-1",
        "--protocol",
        "toledo-8217",
        "--config",
        config,
    )
    result = await preclear(*words, "--yes")
    assert result.exit_code == 2
    assert "--unit" in result.stderr
    named = await preclear(*words, "--yes", "--unit", "lb")
    assert named.exit_code == 0, named.output
    section = load_config(config).stations[0].scale
    assert section is not None
    assert (section.unit, section.bits, section.parity) == ("lb", None, None)


async def test_a_switch_is_written_down(preclear: Preclear, config: Path) -> None:
    result = await preclear(
        "add", "/dev/serial/by-id/x", "--station", "lane-1", "--protocol", "mt-sics", "--switch", "width=any",
        "--yes", "--config", config,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    section = load_config(config).stations[0].scale
    assert section is not None
    assert section.switches == {"width": "any"}


async def test_a_name_that_changes_with_the_order_of_plugging_is_refused(
    preclear: Preclear, config: Path
) -> None:
    before = config.read_text()
    result = await preclear("add", "/dev/ttyUSB7", "--station", "lane-1", "--yes", "--config", config)
    assert result.exit_code == 2
    assert "changes with the order of plugging" in " ".join(result.stderr.split())
    assert config.read_text() == before


async def test_what_is_not_certain_is_not_added(
    preclear: Preclear, folder: Path, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = config.read_text()
    monkeypatch.setattr("drivers.detection.probing.ANSWER_S", 0.02)
    async with SimulatedDevice("scanner", folder) as device:
        result = await preclear("add", device.url, "--station", "lane-1", "--yes", "--config", config)
    assert result.exit_code == 4
    assert "name it with --protocol" in result.stderr
    assert config.read_text() == before


# -- list ------------------------------------------------------------------------------------------------


async def test_the_list_tells_lasting_names_configuration_and_holders(
    preclear: Preclear, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from drivers.ports.holders import Holder  # noqa: PLC0415
    from drivers.ports.interface import PortIdentity  # noqa: PLC0415
    from drivers.ports.listing import ListedPort  # noqa: PLC0415

    identity = PortIdentity(
        url="/dev/ttyUSB0",
        device="/dev/ttyUSB0",
        by_id="/dev/serial/by-id/scanner-2",
        by_path="/dev/serial/by-path/usb-1",
    )
    port = ListedPort(
        device="/dev/ttyUSB0",
        identity=identity,
        vendor_id=1,
        product_id=2,
        serial_number="1",
        maker="Zebra",
        model="DS",
    )
    monkeypatch.setattr("drivers.ports.listing.list_ports", lambda: (port,))
    monkeypatch.setattr("drivers.ports.hidraw.list_hid", lambda: ())
    held = (Holder(pid=7, command="brltty"),)
    monkeypatch.setattr("drivers.ports.holders.holders_of", lambda _device: held)
    result = await preclear("list", "--config", config, "--json")
    (listed,) = objects(result)
    assert listed["ports"] == [
        {
            "name": "/dev/serial/by-id/scanner-2",
            "device": "/dev/ttyUSB0",
            "by_id": "/dev/serial/by-id/scanner-2",
            "by_path": "/dev/serial/by-path/usb-1",
            "maker": "Zebra",
            "model": "DS",
            "configured": ["lane-2/scanner"],
            "held_by": ["brltty (pid 7)"],
        }
    ]
    assert [device["place"] for device in listed["elsewhere"]] == ["lane-1/scanner"]
    shown = (await preclear("list", "--config", config)).stdout
    assert "/dev/serial/by-id/scanner-2  Zebra DS\n  now /dev/ttyUSB0\n" in shown
    assert "lane-1/scanner is configured on /dev/serial/by-id/scanner-1, which is not plugged in" in shown


async def test_the_list_needs_no_configuration_but_reads_the_one_it_is_given(
    preclear: Preclear, folder: Path
) -> None:
    assert (await preclear("list")).exit_code == 0
    assert (await preclear("list", "--config", folder / "nowhere.toml")).exit_code == 78
