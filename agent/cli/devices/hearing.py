"""The commands that run one device: test, listen, record, and replay what was recorded."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agent import __version__
from agent.cli.decode.commands import chosen_profile, protocol_options, unit_option
from agent.cli.devices.stopping import run_stoppable
from agent.cli.devices.target import target_of, target_options
from agent.cli.options import config_option, json_option, show
from agent.cli.stdin_lines import quiet_pipe
from agent.maintenance.device_target import Target
from drivers.events import Answer, Event, Noise, NoRead, ScanRead, WeightReading
from drivers.line_settings import LineSettings
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
    """Run DEVICE as the hub would for a few seconds, and report whether it works; ends with 3 if not.

    A scale must weigh. A scanner must open; pull its trigger to see a scan too.
    """
    from agent.maintenance.device_live import event_as_json  # noqa: PLC0415 - it loads the serial library
    from agent.maintenance.device_trial import try_device  # noqa: PLC0415

    target = _target(device, protocol, switches, line, config_path)
    if target.profile is None:
        raise click.UsageError(
            "name the protocol with --protocol, or find it out with `preclear devices detect`"
        )
    trial = run_stoppable(lambda stop: try_device(target, seconds=seconds, stop=stop))
    report = {
        "schema": "preclear.device_test",
        "version": __version__,
        "device": target.name,
        "port": target.port,
        "protocol": target.profile.name,
        "line": str(target.settings),
        "ok": trial.trouble is None,
        "trouble": trial.trouble,
        "state": trial.health.state.value,
        "frames": trial.health.frames,
        "noise_bytes": trial.health.noise_bytes,
        "last": None if trial.last is None else event_as_json(trial.last, trial.last_at_ns),
    }
    show(report, as_json=as_json, lines=_test_lines)
    sys.exit(0 if trial.trouble is None else 3)


def _test_lines(report: dict[str, Any]) -> Iterator[str]:
    verdict = "ok" if report["ok"] else "NOT OK"
    yield f"{verdict}  {report['device']}  {report['protocol']} at {report['line']} on {report['port']}"
    if report["trouble"]:
        yield f"  {report['trouble']}"
    yield f"  {report['frames']} frames, {report['noise_bytes']} bytes of noise"
    last = report["last"]
    if last is not None and last["kind"] == "weight":
        yield f"  last: {last['value'] or '-'} {last['unit'] or ''} {' '.join(last['status'])}".rstrip()
    elif last is not None:
        yield f"  last: {last['kind']} {last.get('text', '')}".rstrip()


# -- what it sends -------------------------------------------------------------------------------------------


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
    """Show what DEVICE sends, as it arrives.

    With a protocol (its configured one, or --protocol) it is run as the hub would; without one its bytes are
    shown as they are, and nothing is sent.
    """
    from agent.maintenance.device_live import overhear, watch  # noqa: PLC0415

    target = _target(device, protocol, switches, line, config_path)
    left = count

    def enough() -> bool:
        nonlocal left
        left = None if left is None else left - 1
        return left == 0

    def on_event(event: Event, at_ns: int) -> bool:
        _show_event(event, at_ns, as_json=as_json)
        return enough()

    def on_chunk(chunk: Chunk) -> bool:
        _show_bytes(chunk, as_json=as_json)
        return enough()

    with quiet_pipe():
        if target.profile is None:
            run_stoppable(lambda stop: overhear(target, seconds=seconds, on_chunk=on_chunk, stop=stop))
        else:
            run_stoppable(
                lambda stop: watch(
                    target, seconds=seconds, on_event=on_event, on_health=_show_health, stop=stop
                )
            )


def _show_event(event: Event, at_ns: int | None, *, as_json: bool) -> None:
    from agent.maintenance.device_live import event_as_json  # noqa: PLC0415

    click.echo(json.dumps(event_as_json(event, at_ns)) if as_json else _event_as_line(event))


def _event_as_line(event: Event) -> str:
    from drivers.detection.scoring import as_text  # noqa: PLC0415

    match event:
        case WeightReading():
            value = format(event.value, "f") if event.value is not None else "-"
            stable = {True: "stable", False: "moving", None: ""}[event.stable]
            status = [s.value for s in sorted(event.status) if s.value != "motion"]
            return " ".join(filter(None, (value, event.unit, stable, *status))) + f"   {as_text(event.raw)}"
        case ScanRead():
            return f"scan {event.aim or '(no AIM id)'} {as_text(event.payload)}"
        case NoRead():
            return f"no read   {as_text(event.raw)}"
        case Answer():
            return f"answer {event.command} {'done' if event.done else 'refused'} {event.text}"
        case Noise():
            return f"noise {event.discarded} bytes {event.reason}"


def _show_bytes(chunk: Chunk, *, as_json: bool) -> None:
    from drivers.detection.scoring import as_text  # noqa: PLC0415

    if as_json:
        click.echo(json.dumps({"at_ns": chunk.at_ns, "kind": "bytes", "raw": chunk.data.hex()}))
    else:
        click.echo(as_text(chunk.data))


def _show_health(health: DeviceHealth) -> None:
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

    With a protocol the device is run as the hub would; without one nothing is sent. FILE appears once
    the recording has ended.
    """
    from agent.maintenance import device_live  # noqa: PLC0415

    target = _target(device, protocol, switches, line, config_path)
    written = run_stoppable(
        lambda stop: device_live.record(
            target, file, max_bytes=max_bytes, seconds=seconds, on_health=_show_health, stop=stop
        )
    )
    click.echo(f"{written.path}: {written.records} records")
    if written.full:
        click.echo(
            f"preclear: the file reached its {max_bytes} bytes; {written.lost} records are missing", err=True
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
    from agent.maintenance.device_live import run_until, with_unit  # noqa: PLC0415
    from agent.runtime.clock import SystemClock  # noqa: PLC0415
    from drivers.transcripts.transcript import replay as in_time  # noqa: PLC0415
    from drivers.transcripts.transcript import replayed  # noqa: PLC0415

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
                _show_event(with_unit(event, unit), at_ns, as_json=as_json)

        if speed is not None:
            run_stoppable(lambda stop: run_until(play(), stop=stop))
        else:
            for event, at_ns in replayed(recording.chunks(), parser, idle_gap_s=gap_s):
                _show_event(with_unit(event, unit), at_ns, as_json=as_json)


@click.command()
@click.argument("place")
@config_option
def recent(place: str, config_path: Path) -> None:
    """Print the last bytes of a running hub's device, as a transcript.

    PLACE is a station and a role, as in lane-1/scale. The hub keeps the last bytes of every port, so that
    what went wrong can be looked at afterwards: redirect it to a file, and `devices replay` parses it again.
    """
    from agent.config.file import load_config  # noqa: PLC0415
    from agent.control import server as control  # noqa: PLC0415 - it loads the hub
    from agent.errors import NotRunning  # noqa: PLC0415

    config = load_config(config_path)
    answer = asyncio.run(control.call(config.hub.data, "transcript", {"place": place}))
    if answer is None:
        raise NotRunning(config.hub.name)
    for line in answer["lines"]:
        click.echo(line, nl=not line.endswith("\n"))
