"""The commands that hear one device: test, listen, record, and replay what was recorded."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agent import __version__
from agent.cli.decode.commands import chosen_profile, protocol_options, unit_option
from agent.cli.devices.target import target_of, target_options
from agent.cli.options import config_option, json_option, show
from agent.cli.stdin_lines import quiet_pipe
from agent.maintenance.device_target import Target
from drivers.events import Event, WeightReading
from drivers.line_settings import LineSettings
from drivers.profile import DeviceKind
from drivers.transcripts.file import DEFAULT_MAX_BYTES

if TYPE_CHECKING:
    from drivers.ports.interface import Chunk
    from drivers.supervision.health import DeviceHealth

seconds_option = click.option(
    "--seconds", type=click.FloatRange(0, min_open=True), help="End after so long; without it, on Ctrl-C."
)
json_lines_option = click.option("--json", "as_json", is_flag=True, help="One JSON object an event.")


def _target(
    device: str, protocol: str, switches: dict[str, str], line: LineSettings | None, config_path: Path
) -> Target:
    return target_of(device, config_path, protocol=protocol, switches=switches, line=line)


# -- does it work --------------------------------------------------------------------------------------------


@click.command("test")
@target_options
@click.option("--seconds", default=5.0, show_default=True, type=click.FloatRange(0, min_open=True))
@config_option
@json_option
def check(
    *,
    device: str,
    protocol: str,
    switches: dict[str, str],
    line: LineSettings | None,
    seconds: float,
    config_path: Path,
    as_json: bool,
) -> None:
    """Run DEVICE as the hub would for a few seconds, and say whether it works; ends with 3 if not.

    A scale must weigh. A scanner must open; pull its trigger to see a scan too.
    """
    from agent.maintenance.device_live import event_as_json, watch  # noqa: PLC0415 - it loads the serial library

    target = _target(device, protocol, switches, line, config_path)
    if target.profile is None:
        raise click.UsageError(
            "name the protocol with --protocol, or find it out with `preclear devices detect`"
        )
    last: dict[str, Any] = {}

    def heard(event: Event, at_ns: int) -> bool:
        if isinstance(event, WeightReading):
            last["reading"] = event
        last["event"] = event_as_json(event, at_ns)
        return False

    health = asyncio.run(watch(target, seconds=seconds, on_event=heard, on_health=lambda _: None))
    trouble = _trouble(target, health, last.get("reading"))
    found = {
        "schema": "preclear.device_test",
        "version": __version__,
        "device": target.name,
        "port": target.port,
        "protocol": target.profile.name,
        "line": str(target.settings),
        "ok": trouble is None,
        "trouble": trouble,
        "state": health.state.value,
        "frames": health.frames,
        "noise_bytes": health.noise_bytes,
        "last": last.get("event"),
    }
    show(found, as_json=as_json, lines=_test_lines)
    sys.exit(0 if trouble is None else 3)


def _trouble(target: Target, health: DeviceHealth, reading: WeightReading | None) -> str | None:
    """What is wrong with the device, None if nothing is."""
    assert target.profile is not None
    trouble = health.advice
    if health.state.value in {"opening", "lost"}:
        trouble = health.last_error or "its port did not open in that time"
    elif trouble is None and target.profile.kind is DeviceKind.SCALE:
        if reading is None:
            heard = (
                f"of {health.noise_bytes} bytes none was"
                if health.noise_bytes
                else "nothing that it said was"
            )
            trouble = f"{heard} of {target.profile.name}: is it on, and are protocol and line right?"
        elif reading.value is not None and reading.unit is None:
            trouble = "its frames name no unit: set unit in the configuration"
        elif health.parse_errors > 1 and health.parse_errors >= health.frames:
            trouble = f"half of what it says is noise ({health.last_noise}): check cable, protocol and line"
    return trouble


def _test_lines(found: dict[str, Any]) -> Iterator[str]:
    verdict = "ok" if found["ok"] else "NOT OK"
    yield f"{verdict}  {found['device']}  {found['protocol']} at {found['line']} on {found['port']}"
    if found["trouble"]:
        yield f"  {found['trouble']}"
    yield f"  {found['frames']} frames, {found['noise_bytes']} bytes of noise"
    last = found["last"]
    if last is not None and last["kind"] == "weight":
        yield f"  last: {last['value'] or '-'} {last['unit'] or ''} {' '.join(last['status'])}".rstrip()
    elif last is not None:
        yield f"  last: {last['kind']} {last.get('text', '')}".rstrip()


# -- what it says --------------------------------------------------------------------------------------------


@click.command()
@target_options
@seconds_option
@click.option("--count", type=click.IntRange(1), help="End after so many events.")
@json_lines_option
@config_option
def listen(
    *,
    device: str,
    protocol: str,
    switches: dict[str, str],
    line: LineSettings | None,
    seconds: float | None,
    count: int | None,
    as_json: bool,
    config_path: Path,
) -> None:
    """Show what DEVICE says, as it says it.

    With a protocol (its configured one, or --protocol) it is run as the hub would; without one its bytes are
    shown as they are, and nothing is sent.
    """
    from agent.maintenance.device_live import overhear, watch  # noqa: PLC0415

    target = _target(device, protocol, switches, line, config_path)
    told = _teller(as_json)
    left = count

    def enough() -> bool:
        nonlocal left
        left = None if left is None else left - 1
        return left == 0

    def on_event(event: Event, at_ns: int) -> bool:
        told(event, at_ns)
        return enough()

    def on_chunk(chunk: Chunk) -> bool:
        _show_bytes(chunk, as_json=as_json)
        return enough()

    with quiet_pipe():
        if target.profile is None:
            asyncio.run(overhear(target, seconds=seconds, on_chunk=on_chunk))
        else:
            asyncio.run(watch(target, seconds=seconds, on_event=on_event, on_health=_tell_health))


def _teller(as_json: bool) -> Callable[[Event, int | None], None]:
    from agent.maintenance.device_live import event_as_json, event_as_line  # noqa: PLC0415

    def told(event: Event, at_ns: int | None) -> None:
        click.echo(json.dumps(event_as_json(event, at_ns)) if as_json else event_as_line(event))

    return told


def _show_bytes(chunk: Chunk, *, as_json: bool) -> None:
    from drivers.detection.scoring import as_text  # noqa: PLC0415

    if as_json:
        click.echo(json.dumps({"at_ns": chunk.at_ns, "kind": "bytes", "raw": chunk.data.hex()}))
    else:
        click.echo(as_text(chunk.data))


def _tell_health(health: DeviceHealth) -> None:
    trouble = f": {health.last_error}" if health.last_error and health.state.value == "lost" else ""
    click.echo(f"{health.state.value}{trouble}", err=True)


# -- recordings ----------------------------------------------------------------------------------------------


@click.command()
@target_options
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@seconds_option
@click.option(
    "--max-bytes", default=DEFAULT_MAX_BYTES, show_default=True, type=click.IntRange(1024), help="Of FILE."
)
@config_option
def record(
    *,
    device: str,
    file: Path,
    protocol: str,
    switches: dict[str, str],
    line: LineSettings | None,
    seconds: float | None,
    max_bytes: int,
    config_path: Path,
) -> None:
    """Write a transcript of DEVICE to FILE, until Ctrl-C: every byte, its direction and its time.

    With a protocol the device is run as the hub would; without one nothing is sent. FILE stands there once
    the recording has ended.
    """
    from agent.maintenance.device_live import overhear, recorded, watch  # noqa: PLC0415

    target = _target(device, protocol, switches, line, config_path)
    with recorded(target, file, max_bytes=max_bytes) as (tap, ended):
        if target.profile is None:
            asyncio.run(overhear(target, seconds=seconds, tap=tap))
        else:
            asyncio.run(
                watch(
                    target, seconds=seconds, on_event=lambda _e, _at: False, on_health=_tell_health, tap=tap
                )
            )
    written = ended[0]
    click.echo(f"{written.path}: {written.records} records")
    if written.full:
        click.echo(
            f"preclear: it reached its {max_bytes} bytes, {written.lost} records are missing", err=True
        )
    elif written.error is not None or written.lost:
        why = written.error or "the disk was too slow"
        click.echo(f"preclear: {why}; {written.lost} records are missing", err=True)
    sys.exit(3 if written.lost else 0)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@protocol_options
@unit_option
@click.option(
    "--speed",
    type=click.FloatRange(0, min_open=True),
    help="In the time it took then (1), faster or slower; at once without it.",
)
@json_lines_option
def replay(
    *,
    file: Path,
    protocol: str,
    switches: dict[str, str],
    unit: str | None,
    speed: float | None,
    as_json: bool,
) -> None:
    """Parse a recording again, by the same code that reads the device: a transcript, or raw bytes."""
    from agent.cli.decode.decoding import Recording, recognised  # noqa: PLC0415
    from agent.maintenance.device_live import until_stopped, with_unit  # noqa: PLC0415
    from agent.runtime.clock import SystemClock  # noqa: PLC0415
    from drivers.transcripts.transcript import replay as in_time  # noqa: PLC0415
    from drivers.transcripts.transcript import replayed  # noqa: PLC0415

    told = _teller(as_json)
    with file.open("rb") as opened, quiet_pipe():
        recording = Recording(opened, str(file))
        profile = chosen_profile(protocol, switches)
        if profile is None:
            profile = recognised(recording.sample, lambda text: click.echo(f"preclear: {text}", err=True))
        if profile is None:
            sys.exit(3)
        if speed is not None and not recording.timed:
            raise click.UsageError(f"{file} is raw bytes and has no times; leave --speed out")
        parser, gap_s = profile.new_parser(), profile.idle_gap_s

        async def play() -> None:
            events = in_time(recording.records(), parser, clock=SystemClock(), idle_gap_s=gap_s, speed=speed)
            async for event, at_ns in events:
                told(with_unit(event, unit), at_ns)

        if speed is not None:
            asyncio.run(until_stopped(play(), None))
        else:
            for event, at_ns in replayed(recording.chunks(), parser, idle_gap_s=gap_s):
                told(with_unit(event, unit), at_ns)


@click.command()
@click.argument("place")
@config_option
def recent(place: str, config_path: Path) -> None:
    """Print what a running hub's device said last, as a transcript.

    PLACE is a station and a role, as in lane-1/scale. The hub keeps the last bytes of every port, so that
    what went wrong can be looked at afterwards: redirect it to a file, and `devices replay` parses it again.
    """
    from agent.config.file import load_config  # noqa: PLC0415
    from agent.control import server as control  # noqa: PLC0415 - it loads the hub
    from agent.errors import NotRunning  # noqa: PLC0415

    config = load_config(config_path)
    found = asyncio.run(control.call(config.hub.data, "transcript", {"place": place}))
    if found is None:
        raise NotRunning(config.hub.name)
    for line in found["lines"]:
        click.echo(line, nl=not line.endswith("\n"))
