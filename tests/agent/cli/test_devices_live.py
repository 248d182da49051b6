"""``preclear devices`` on real pseudo-terminals and TCP: test, listen, simulate, record and replay."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from drivers.simulators.client import SimulatedDevice
from drivers.transcripts.transcript import read_transcript

COMMAND = "from agent.cli import main; main()"
Preclear = Callable[..., Awaitable[Result]]


def objects(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


# -- test ------------------------------------------------------------------------------------------------


async def test_a_scale_that_weighs_is_ok(preclear: Preclear, scale: SimulatedDevice, config: Path) -> None:
    await preclear("add", scale.url, "--station", "lane-1", "--yes", "--config", config)
    result = await preclear("test", "lane-1/scale", "--seconds", "0.6", "--config", config, "--json")
    (report,) = objects(result)
    assert (result.exit_code, report["ok"], report["state"], report["trouble"]) == (0, True, "up", None)
    assert (report["last"]["value"], report["last"]["unit"]) == ("1.234", "kg")
    assert report["frames"] > 0


async def test_a_device_that_does_not_work_is_reported_with_the_reason(
    preclear: Preclear, folder: Path
) -> None:
    async with SimulatedDevice("scale", folder, protocol="toledo-8217", rate_hz=50) as device:
        result = await preclear("test", device.url, "--protocol", "toledo-8217", "--seconds", "0.8")
    assert result.exit_code == 3
    assert result.stdout.startswith(f"NOT OK  {device.url}  toledo-8217 at ")
    assert "  its frames name no unit; set unit in the configuration\n" in result.stdout


async def test_a_port_that_does_not_open_is_not_ok(preclear: Preclear, folder: Path) -> None:
    result = await preclear("test", folder / "gone", "--protocol", "mt-sics", "--seconds", "0.3")
    assert result.exit_code == 3
    assert "does not exist" in result.stdout


async def test_a_scanner_that_is_there_is_ok(preclear: Preclear, folder: Path) -> None:
    async with SimulatedDevice("scanner", folder) as device:
        result = await preclear("test", device.url, "--protocol", "line-scanner", "--seconds", "0.3")
    assert result.exit_code == 0, result.output


async def test_a_device_that_is_nowhere_is_not_found(preclear: Preclear, config: Path) -> None:
    result = await preclear("test", "lane-1/scale", "--config", config)
    assert result.exit_code == 4
    assert "lane-1/scanner, lane-2/scanner" in result.stderr
    assert (await preclear("test", "/dev/serial/by-id/x")).exit_code == 2


# -- listen ----------------------------------------------------------------------------------------------


async def test_readings_are_shown_as_they_come(preclear: Preclear, scale: SimulatedDevice) -> None:
    result = await preclear("listen", scale.url, "--protocol", "mt-sics", "--count", "3", "--json")
    assert result.exit_code == 0, result.output
    events = objects(result)
    assert [event["kind"] for event in events] == ["weight"] * 3
    assert events[0]["at_ns"] < events[-1]["at_ns"]
    assert bytes.fromhex(events[-1]["raw"]).startswith(b"S ")
    lines = await preclear("listen", scale.url, "--protocol", "mt-sics", "--count", "1")
    assert lines.stdout.startswith("1.234 kg stable")
    assert lines.stderr == "up\n"


async def test_without_a_protocol_bytes_are_shown_and_nothing_is_sent(
    preclear: Preclear, folder: Path
) -> None:
    async with SimulatedDevice("scale", folder, protocol="comma", rate_hz=50) as device:
        result = await preclear("listen", device.url, "--count", "4")
        raw = await preclear("listen", device.url, "--count", "1", "--json")
    assert result.exit_code == 0, result.output
    assert "ST,GS" in result.stdout
    assert objects(raw)[0]["kind"] == "bytes"
    async with SimulatedDevice("scale", folder) as asked:
        silent = await preclear("listen", asked.url, "--seconds", "0.5")
    assert (silent.exit_code, silent.stdout) == (0, "")


def started(*arguments: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, "devices", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_ctrl_c_ends_it_without_complaint(scale: SimulatedDevice, number: signal.Signals) -> None:
    with started("listen", scale.url, "--protocol", "mt-sics") as running:
        assert running.stdout is not None
        assert "g" in await asyncio.to_thread(running.stdout.readline)
        running.send_signal(number)
        _, errors = await asyncio.to_thread(running.communicate, timeout=20)
    assert (running.returncode, errors) == (0, "up\n")


async def test_a_reader_that_leaves_ends_it_without_complaint(scale: SimulatedDevice) -> None:
    shell = f"'{sys.executable}' -c '{COMMAND}' devices listen {scale.url} --protocol mt-sics | head -n 2"
    ended = await asyncio.to_thread(
        subprocess.run, ["/bin/sh", "-c", shell], capture_output=True, text=True, timeout=30, check=False
    )
    assert ended.stdout.count("\n") == 2
    assert ended.stderr == "up\n"


# -- simulate --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tcp", [(), ("--tcp", "127.0.0.1:0")])
async def test_a_simulated_device_prints_its_port_and_ends_on_ctrl_c(
    preclear: Preclear, tcp: tuple[str, ...]
) -> None:
    options = ("--protocol", "comma", "--lay", "2000", "--unit", "kg", "--rate-hz", "50")
    with started("simulate", "scale", *options, *tcp) as running:
        assert running.stdout is not None
        port = (await asyncio.to_thread(running.stdout.readline)).strip()
        assert port.startswith("socket://" if tcp else "/")
        result = await preclear("listen", port, "--protocol", "comma", "--count", "80")
        running.send_signal(signal.SIGINT)
        await asyncio.to_thread(running.communicate, timeout=20)
    assert running.returncode == 0
    assert "2.000 kg stable" in result.stdout
    assert tcp or not os.path.lexists(port)


async def test_a_device_that_cannot_be_simulated_is_a_usage_error(preclear: Preclear) -> None:
    assert (await preclear("simulate", "scale", "--protocol", "mt-six")).exit_code == 2
    assert (await preclear("simulate", "scanner", "--lay", "5")).exit_code == 2


# -- record and replay -----------------------------------------------------------------------------------


async def test_what_was_recorded_is_replayed_by_the_same_parser(
    preclear: Preclear, scale: SimulatedDevice, folder: Path
) -> None:
    file = folder / "scale.jsonl"
    words = ("record", scale.url, file, "--protocol", "mt-sics", "--seconds", "0.6")
    result = await preclear(*words)
    assert result.exit_code == 0, result.output
    records = read_transcript(file)
    assert result.stdout == f"{file}: {len(records)} records\n"
    assert records[0].direction == "out"
    assert {record.port for record in records} == {scale.url}
    at_once = await preclear("replay", file, "--protocol", "mt-sics", "--json")
    events = objects(at_once)
    assert events[-1]["value"] == "1.234"
    assert {event["at_ns"] for event in events} <= {record.mono_ns for record in records}
    in_time = await preclear("replay", file, "--speed", "50", "--json")
    assert objects(in_time) == events
    assert "read as mt-sics" in in_time.stderr


async def test_a_device_nobody_knows_is_recorded_without_a_word_to_it(
    preclear: Preclear, folder: Path
) -> None:
    async with SimulatedDevice("scale", folder, protocol="comma", rate_hz=50) as device:
        result = await preclear("record", device.url, folder / "raw.jsonl", "--seconds", "0.5")
    assert result.exit_code == 0, result.output
    assert {record.direction for record in read_transcript(folder / "raw.jsonl")} == {"in"}


async def test_a_recording_that_is_full_says_what_is_missing(
    preclear: Preclear, scale: SimulatedDevice, folder: Path
) -> None:
    result = await preclear(
        "record", scale.url, folder / "x", "--protocol", "mt-sics", "--seconds", "0.6", "--max-bytes", "1024"
    )
    assert result.exit_code == 3
    assert "records are missing" in result.stderr
    assert (folder / "x").stat().st_size <= 1024
    assert read_transcript(folder / "x")


async def test_raw_bytes_are_replayed_at_once_and_have_no_times(preclear: Preclear, folder: Path) -> None:
    (folder / "raw").write_bytes(b"S S     100.00\r\n" * 3)
    result = await preclear("replay", folder / "raw", "--protocol", "mt-sics", "--unit", "g", "--json")
    assert [(e["value"], e["unit"], e["unit_source"], e["at_ns"]) for e in objects(result)] == [
        ("100.00", "g", "configuration", None)
    ] * 3
    assert (await preclear("replay", folder / "raw", "--speed", "1")).exit_code == 2
    (folder / "raw").write_bytes(b"\x00\x01\xfe" * 100)
    assert (await preclear("replay", folder / "raw")).exit_code == 3
