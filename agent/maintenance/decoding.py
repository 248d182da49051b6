"""Decodes frames, recordings and labels for support, without a hub and without a device."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import IO, Any

from drivers.catalogue import profile_of
from drivers.detection.scoring import best, events_of, score
from drivers.events import Event, Noise, WeightReading
from drivers.profile import DeviceProfile
from drivers.transcripts.transcript import Record, TranscriptReader, is_transcript, replayed
from drivers.weighing.units import GRAMS_PER, to_grams

CHUNK = 65_536
"""Bytes of a recording that are held at a time."""

_SEPARATORS = re.compile(r"[\s,]+")
_PREFIX = re.compile(r"0[xX]([0-9A-Fa-f]*)")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")


class Undecodable(ValueError):
    """A line that is neither hex nor a label; the message says why."""


def parse_hex(line: bytes) -> bytes:
    """The bytes that a line of hex stands for; empty for a blank line and for a comment.

    Raises:
        Undecodable: Something on it is not hex.

    >>> parse_hex(b"0x53,0x20 0D0a  # S")
    b'S \\r\\n'
    """
    try:
        text = line.decode("ascii")
    except UnicodeDecodeError as error:
        raise Undecodable("not hex: a byte outside ASCII") from error
    digits = []
    for token in _SEPARATORS.split(text.partition("#")[0].strip()):
        prefixed = _PREFIX.fullmatch(token)
        # After 0x a single digit is a whole byte; bare, it is half of one.
        bare = prefixed[1].zfill(2) if prefixed is not None else token
        if token and not _HEX.fullmatch(bare):
            raise Undecodable(f"not hex: {token[:40]!r}; write two digits a byte")
        digits.append(bare)
    return bytes.fromhex("".join(digits))


def decode_frames(data: bytes, profile: DeviceProfile | None, unit: str | None) -> dict[str, Any]:
    """What the last whole frame of these bytes says; ``profile`` None: whichever reads them best."""
    if profile is None:
        guess = best(data)
        if guess is None:
            return _frame_as_json(None, None, None, 0)
        profile = profile_of(guess.protocol)
    frames = [event for event in events_of(profile.new_parser, data) if not isinstance(event, Noise)]
    return _frame_as_json(profile.name, frames[-1] if frames else None, unit, len(frames))


def _frame_as_json(protocol: str | None, last: Event | None, unit: str | None, frames: int) -> dict[str, Any]:
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


def summed_up(
    source: IO[bytes],
    name: str,
    profile: DeviceProfile | None,
    unit: str | None,
    *,
    say: Callable[[str], None],
) -> dict[str, Any]:
    """The summary of one recording; no more than its first part is held.

    Args:
        profile: None for whichever reads the first part best.
        unit: Of a scale that names none.
        say: Called with what was recognised, or why nothing was.

    Raises:
        TranscriptInvalid: It is a transcript, and a line of it cannot be read.
    """
    recording = Recording(source, name)
    if profile is None:
        profile = recognised(recording.sample, say)
    if profile is None:
        return Summary(unit).as_json() | {"discarded": sum(len(data) for data, _ in recording.chunks())}
    summary = Summary(unit)
    for event, _ in replayed(recording.chunks(), profile.new_parser(), idle_gap_s=profile.idle_gap_s):
        summary.add(event)
    return summary.as_json()


class Recording:
    """A file of a device's bytes: raw, or a transcript, which the file itself tells. It is read once.

    Args:
        name: What errors call it.

    Raises:
        TranscriptInvalid: It is a transcript, and a line of its first part cannot be read.
    """

    def __init__(self, source: IO[bytes], name: str) -> None:
        head = _read_full(source, CHUNK)
        self.timed = is_transcript(head)
        self.sample = head
        self._raw = iter(lambda: source.read(CHUNK), b"")
        self._rest: Iterator[Record] = iter(())
        self._first: list[Record] = []
        if self.timed:
            self._rest = TranscriptReader(source, name=name, head=head).received()
            held = 0
            while held < CHUNK and (record := next(self._rest, None)) is not None:
                self._first.append(record)
                held += len(record.data)
            self.sample = b"".join(record.data for record in self._first)

    def records(self) -> Iterator[Record]:
        """What came from the device, with its times; nothing for a raw recording."""
        yield from self._first
        yield from self._rest

    def chunks(self) -> Iterator[tuple[bytes, int | None]]:
        """What came from the device; a raw recording has no times."""
        if self.timed:
            yield from ((record.data, record.mono_ns) for record in self.records())
        else:
            yield self.sample, None
            yield from ((data, None) for data in self._raw)


def _read_full(source: IO[bytes], size: int) -> bytes:
    """That many bytes, or all there are: a pipe may give fewer at a time."""
    held = b""
    while len(held) < size and (more := source.read(size - len(held))):
        held += more
    return held


def recognised(sample: bytes, say: Callable[[str], None]) -> DeviceProfile | None:
    """The protocol that reads these bytes best; ``say`` is called with which, or why there is none."""
    guess = next(iter(score(sample)), None)
    if guess is None:
        say("no protocol reads this recording; nothing of it was decoded")
        return None
    if guess.advice is not None:
        say(f"{guess.advice}; nothing of it was decoded")
        return None
    also = f", also fits {', '.join(guess.also_fits)}" if guess.also_fits else ""
    say(f"read as {guess.protocol} ({guess.confidence}{also})")
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
        extreme = (weight, event.value)
        self._least = extreme if self._least is None or weight < self._least[0] else self._least
        self._most = extreme if self._most is None or weight > self._most[0] else self._most
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


def parse_label(line: bytes) -> tuple[str, str | None]:
    """Payload and AIM identifier of one line.

    Raises:
        Undecodable: It is not such an object.
    """
    try:
        label = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Undecodable(f"not JSON: {error}") from error
    match label:
        case {"payload": str() as payload}:
            aim = label.get("aim")
            if aim is not None and not isinstance(aim, str):
                raise Undecodable("aim must be text such as ]C1, or null")
            return payload, aim
        case _:
            raise Undecodable('not a label; write {"payload": TEXT, "aim": "]C1" or null}')
