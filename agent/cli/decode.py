"""Bytes and labels decoded without a hub: for support, for scripts, for whoever checks a parser of ours.

Each command is pure: what stands on standard input or in a file goes in, JSON comes out.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

import click

from agent import __version__
from agent.cli.common import show
from drivers.catalogue import SCALES, profile_of, scale_names
from drivers.detection import best, events_of, score
from drivers.errors import BadSwitch
from drivers.events import Event, Noise, WeightReading
from drivers.profile import DeviceProfile
from drivers.transcripts import TranscriptReader, is_transcript, replayed
from drivers.units import GRAMS_PER, to_grams, unit_name

MAX_LINE = 1_048_576
"""Bytes of one line of input; a longer one is refused and passed over."""

CHUNK = 65_536
"""Bytes of a recording that are held at a time."""

AUTO = "auto"

_SEPARATORS = re.compile(r"[\s,]+")
_PREFIX = re.compile(r"0[xX]([0-9A-Fa-f]*)")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")


class BadLine(ValueError):
    """One line of input cannot be read; the message says why."""


def _protocol(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    if value != AUTO and value not in scale_names():
        raise click.BadParameter(f"no scale protocol is called {value!r}; use auto or one of {_names()}")
    return value


def _names() -> str:
    return ", ".join(scale_names())


def _unit(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    name = unit_name(value) if value is not None else None
    if value is not None and name not in GRAMS_PER:
        raise click.BadParameter(f"no unit of weight is called {value!r}; use one of {', '.join(GRAMS_PER)}")
    return name


def _switches(
    _context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]
) -> dict[str, str]:
    pairs = [value.partition("=") for value in values]
    if wrong := [name for name, equals, _ in pairs if not equals]:
        raise click.BadParameter(f"{wrong[0]!r} names no position; write name=value")
    return {name.strip(): position.strip() for name, _, position in pairs}


def scale_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--protocol``, ``--unit`` and ``--switch`` of a command that reads a scale's bytes."""
    for option in (
        click.option(
            "--switch",
            "switches",
            multiple=True,
            metavar="NAME=VALUE",
            callback=_switches,
            help="Set a switch of the protocol; see `preclear decode protocols`.",
        ),
        click.option("--unit", callback=_unit, help="The unit of a scale that names none."),
        click.option(
            "--protocol",
            default=AUTO,
            show_default=True,
            callback=_protocol,
            help="A name of `preclear decode protocols`, or auto: whichever reads the bytes best.",
        ),
    ):
        command = option(command)
    return command


def chosen_profile(protocol: str, switches: Mapping[str, str]) -> DeviceProfile | None:
    """The protocol that was asked for, as its switches are set; None for ``auto``."""
    if protocol == AUTO:
        if switches:
            raise click.UsageError("a switch belongs to a protocol: name it with --protocol")
        return None
    try:
        return profile_of(protocol).adapted(switches)
    except BadSwitch as error:
        raise click.BadParameter(str(error), param_hint="--switch") from error


@click.group()
def decode() -> None:
    """Decode bytes of a scale, a recording, or the text of a label; no hub and no device is needed."""


# -- one frame a line ----------------------------------------------------------------------------------------


@decode.command("scale")
@scale_options
def scale(protocol: str, unit: str | None, switches: dict[str, str]) -> None:
    """Decode frames given as hex, one device answer a line, from standard input.

    Blanks, commas and 0x are allowed; what follows # is a comment. Each line that holds bytes gives one JSON
    object, about the last whole frame on it. A line that is not hex gives {"error": ...}, and the command
    ends with 3.
    """
    profile = chosen_profile(protocol, switches)

    def decoded(line: bytes) -> dict[str, Any] | None:
        data = parse_hex(line)
        return decode_frames(data, profile, unit) if data else None

    _each_line(decoded)


def parse_hex(line: bytes) -> bytes:
    """The bytes that a line of hex stands for; empty for a blank line and for a comment.

    Raises:
        BadLine: Something on it is not hex.

    >>> parse_hex(b"0x53,0x20 0D0a  # S")
    b'S \\r\\n'
    """
    try:
        text = line.decode("ascii")
    except UnicodeDecodeError as error:
        raise BadLine("not hex: a byte outside ASCII") from error
    digits = []
    for token in _SEPARATORS.split(text.partition("#")[0].strip()):
        prefixed = _PREFIX.fullmatch(token)
        # After 0x a single digit is a whole byte; bare, it is half of one.
        bare = prefixed[1].zfill(2) if prefixed is not None else token
        if token and not _HEX.fullmatch(bare):
            raise BadLine(f"not hex: {token[:40]!r}; write two digits a byte")
        digits.append(bare)
    return bytes.fromhex("".join(digits))


def decode_frames(data: bytes, profile: DeviceProfile | None, unit: str | None) -> dict[str, Any]:
    """What the last whole frame of these bytes says; ``profile`` None: whichever reads them best."""
    if profile is None:
        guess = best(data)
        if guess is None:
            return _said(None, None, None, 0)
        profile = profile_of(guess.protocol)
    frames = [event for event in events_of(profile.new_parser, data) if not isinstance(event, Noise)]
    return _said(profile.name, frames[-1] if frames else None, unit, len(frames))


def _said(protocol: str | None, last: Event | None, unit: str | None, frames: int) -> dict[str, Any]:
    read = last if isinstance(last, WeightReading) else None
    value = read.value if read is not None else None
    named = read.unit if read is not None else None
    if value is not None and named is None:
        named = unit
    converted = to_grams(value, named) if value is not None and named is not None else None
    return {
        "protocol": protocol,
        "value": plain(value),
        "unit": named,
        "grams": converted[0] if converted is not None else None,
        "stable": read.stable if read is not None else None,
        "status": sorted(read.status) if read is not None else [],
        "frames": frames,
    }


def plain(value: Decimal | None) -> str | None:
    """A device's digits, without an exponent."""
    return format(value, "f") if value is not None else None


# -- a recording ---------------------------------------------------------------------------------------------


@decode.command("stream")
@scale_options
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True))
def stream(protocol: str, unit: str | None, switches: dict[str, str], file: Path) -> None:
    """Sum up a recording: raw bytes of a device, or a transcript; - is standard input."""
    profile = chosen_profile(protocol, switches)
    if str(file) == "-":
        found = summed_up(click.get_binary_stream("stdin"), "standard input", profile, unit)
    else:
        with file.open("rb") as opened:
            found = summed_up(opened, str(file), profile, unit)
    with _quiet_pipe():
        click.echo(json.dumps(found))


def summed_up(
    source: IO[bytes], name: str, profile: DeviceProfile | None, unit: str | None
) -> dict[str, Any]:
    """The summary of one recording; at most a chunk of it is held.

    Raises:
        TranscriptInvalid: It is a transcript, and a line of it cannot be read.
    """
    head = _read_full(source, CHUNK)
    chunks: Iterator[tuple[bytes, int | None]]
    if is_transcript(head):
        records = TranscriptReader(source, name=name, head=head).received()
        sample: list[tuple[bytes, int | None]] = []
        while sum(len(data) for data, _ in sample) < CHUNK and (record := next(records, None)) is not None:
            sample.append((record.data, record.mono_ns))
        chunks = _chained(sample, ((record.data, record.mono_ns) for record in records))
    else:
        sample = [(head, None)]
        chunks = _chained(sample, ((data, None) for data in iter(lambda: source.read(CHUNK), b"")))
    if profile is None:
        profile = _recognised(b"".join(data for data, _ in sample))
    if profile is None:
        return Summary(unit).as_json() | {"discarded": sum(len(data) for data, _ in chunks)}
    summary = Summary(unit)
    for event, _ in replayed(chunks, profile.new_parser(), idle_gap_s=profile.idle_gap_s):
        summary.add(event)
    return summary.as_json()


def _chained(
    head: list[tuple[bytes, int | None]], rest: Iterator[tuple[bytes, int | None]]
) -> Iterator[tuple[bytes, int | None]]:
    yield from head
    yield from rest


def _read_full(source: IO[bytes], size: int) -> bytes:
    """That many bytes, or all there are: a pipe may give fewer at a time."""
    held = b""
    while len(held) < size and (more := source.read(size - len(held))):
        held += more
    return held


def _recognised(sample: bytes) -> DeviceProfile | None:
    guess = next(iter(score(sample)), None)
    if guess is None:
        click.echo("preclear: no protocol reads this recording; nothing of it was decoded", err=True)
        return None
    if guess.advice is not None:
        click.echo(f"preclear: {guess.advice}; nothing of it was decoded", err=True)
        return None
    also = f", also fits {', '.join(guess.also_fits)}" if guess.also_fits else ""
    click.echo(f"preclear: read as {guess.protocol} ({guess.confidence}{also})", err=True)
    return profile_of(guess.protocol).adapted(guess.switches)


class Summary:
    """Counts and extremes of a recording's readings; it holds no reading but the last."""

    def __init__(self, unit: str | None) -> None:
        self._unit = unit
        self._frames = self._stable = self._unstable = self._discarded = 0
        self._least: tuple[Decimal, Decimal] | None = None
        self._most: tuple[Decimal, Decimal] | None = None
        self._last: tuple[Decimal, str | None] | None = None

    def add(self, event: Event) -> None:
        """Count one event."""
        if isinstance(event, Noise):
            self._discarded += event.discarded
            return
        self._frames += 1
        if not isinstance(event, WeightReading):
            return
        self._stable += event.stable is True
        self._unstable += event.stable is False
        if event.value is None:
            return
        unit = event.unit or self._unit
        # A device may be switched from one unit to the other in the middle: they are compared as weights.
        weight = event.value * GRAMS_PER.get(unit or "", Decimal(1))
        found = (weight, event.value)
        self._least = found if self._least is None or weight < self._least[0] else self._least
        self._most = found if self._most is None or weight > self._most[0] else self._most
        self._last = (event.value, unit)

    def as_json(self) -> dict[str, Any]:
        """``min``, ``max`` and ``last`` in the device's digits; ``discarded`` in bytes."""
        return {
            "frames": self._frames,
            "stable": self._stable,
            "unstable": self._unstable,
            "min": plain(self._least[1]) if self._least is not None else None,
            "max": plain(self._most[1]) if self._most is not None else None,
            "last": plain(self._last[0]) if self._last is not None else None,
            "unit": self._last[1] if self._last is not None else None,
            "discarded": self._discarded,
        }


# -- labels --------------------------------------------------------------------------------------------------


@decode.command("barcode")
def barcode() -> None:
    """Read labels: lines of {"payload": TEXT, "aim": "]C1" or null} on standard input.

    Each line gives {"candidates": [...]}, the best reading first. A line that cannot be read gives
    {"error": ...}, and the command ends with 3.
    """
    from agent.domain.identifiers import identify  # noqa: PLC0415 - it loads the GS1 tables

    def read(line: bytes) -> dict[str, Any] | None:
        if not line.strip():
            return None
        payload, aim = parse_label(line)
        return {
            "candidates": [
                {
                    "kind": found.kind,
                    "value": found.value,
                    "valid": found.valid,
                    "parts": dict(found.parts),
                    "reason": found.reason,
                }
                for found in identify(payload, aim)
            ]
        }

    _each_line(read)


def parse_label(line: bytes) -> tuple[str, str | None]:
    """Payload and AIM identifier of one line.

    Raises:
        BadLine: It is not such an object.
    """
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadLine(f"not JSON: {error}") from error
    match found:
        case {"payload": str() as payload, **rest}:
            aim = rest.pop("aim", None)
            if rest:
                raise BadLine(f"unknown key {sorted(rest)[0]!r}; a label has payload and aim")
            if aim is not None and not isinstance(aim, str):
                raise BadLine("aim must be text such as ]C1, or null")
            return payload, aim
        case _:
            raise BadLine('not a label; write {"payload": TEXT, "aim": "]C1" or null}')


# -- the catalogue -------------------------------------------------------------------------------------------


@decode.command("protocols")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def protocols(as_json: bool) -> None:
    """List the scale protocols: line settings from the factory, switches, what they cannot tell."""
    found = {
        "schema": "preclear.protocols",
        "version": __version__,
        "protocols": [_described(profile) for profile in SCALES],
    }
    show(found, as_json=as_json, lines=_protocol_lines)


def _described(profile: DeviceProfile) -> dict[str, Any]:
    return {
        "name": profile.name,
        "title": profile.title,
        "settings": str(profile.settings),
        "names_unit": profile.names_unit,
        "verified": profile.verified,
        "switches": [
            {"name": switch.name, "values": list(switch.values), "meaning": switch.meaning}
            for switch in profile.switches
        ],
        "cannot_tell": list(profile.cannot_tell),
        "source": profile.source,
    }


def _protocol_lines(found: dict[str, Any]) -> Iterator[str]:
    for protocol in found["protocols"]:
        unit = "" if protocol["names_unit"] else ", names no unit"
        yield f"{protocol['name']}  {protocol['settings']}{unit}"
        yield f"  {protocol['title']}"
        for switch in protocol["switches"]:
            yield f"  --switch {switch['name']}={'|'.join(switch['values'])}  {switch['meaning']}"


# -- lines in, lines out -------------------------------------------------------------------------------------


def _each_line(decoded: Callable[[bytes], dict[str, Any] | None]) -> None:
    """One JSON line for each line of standard input that holds anything; ends with 3 if one was bad."""
    bad = False
    with _quiet_pipe():
        for line in bounded_lines(click.get_binary_stream("stdin")):
            try:
                if line is None:
                    raise BadLine(f"longer than {MAX_LINE} bytes; split it")  # noqa: TRY301 - told as the others
                answer = decoded(line)
            except BadLine as error:
                bad = True
                answer = {"error": str(error)}
            if answer is not None:
                click.echo(json.dumps(answer))
    sys.exit(3 if bad else 0)


def bounded_lines(source: IO[bytes]) -> Iterator[bytes | None]:
    """The lines of a stream; None in place of one above ``MAX_LINE``."""
    while line := source.readline(MAX_LINE + 1):
        if len(line) <= MAX_LINE or line.endswith(b"\n"):
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = source.readline(MAX_LINE)
        yield None


@contextmanager
def _quiet_pipe() -> Iterator[None]:
    """Whoever read our output may leave when it has enough; that is no error."""
    try:
        yield
    except BrokenPipeError:
        # What is still buffered must go somewhere when the interpreter ends, or it complains.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
