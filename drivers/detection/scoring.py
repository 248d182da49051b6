"""Which scale protocol a run of bytes is: every grammar of the catalogue reads them, and the bytes decide.

Many protocols share letters (``S`` is stable for three families that otherwise differ), so one frame that
happens to fit proves little: a grammar is believed once it reads three whole frames and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from drivers.catalogue import SCALES
from drivers.events import Event, Noise, Parser, WeightReading
from drivers.framing.frames import parity_hint
from drivers.profile import DeviceProfile

CLEAN_READINGS = 3
"""Readings, and nothing that is not of the grammar, before it is believed."""

SAMPLE = 16_384
"""Bytes that are judged; more of the same says nothing new."""

LEAD = 256
"""Bytes before the first frame that may mean nothing: the rest of a frame, or what a device says at power-up.
"""

_EVIDENCE = 3
_NO_SWITCHES: Mapping[str, str] = MappingProxyType({})


class Confidence(StrEnum):
    """How sure a guess is."""

    CONFIDENT = "confident"
    WEAK = "weak"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """One protocol that reads the bytes.

    Args:
        switches: Positions it needs that are not the usual ones.
        frames: Whole frames read; ``readings`` of them are of the weight, ``weights`` of those with a value.
        violations: Runs of bytes after the first frame, or a long one before it, that are not of the grammar.
        skipped: Bytes before the first frame.
        parity: The line was read with eight bits and none, and carries this parity: the guess was made on the
            bytes without it, and is worth nothing until the line is set right.
        also_fits: Other protocols that read the same bytes as cleanly, in the order of the catalogue.
        evidence: A few frames as text, bytes outside ASCII escaped.
    """

    protocol: str
    confidence: Confidence
    frames: int
    readings: int
    weights: int
    violations: int
    skipped: int
    evidence: tuple[str, ...]
    switches: Mapping[str, str] = field(default_factory=lambda: _NO_SWITCHES, hash=False)
    parity: Literal["even", "odd"] | None = None
    also_fits: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        """Nothing but a first fragment was left over."""
        return not self.violations

    @property
    def advice(self) -> str | None:
        """What to set right on the line, for people; None if nothing speaks against it."""
        if self.parity is None:
            return None
        return (
            f"the device sends 7 bits with {self.parity} parity: set the line to 7{self.parity[0].upper()}1"
        )


def score(data: bytes, profiles: Iterable[DeviceProfile] = SCALES) -> tuple[Guess, ...]:
    """Every protocol that reads at least one frame of these bytes, best first.

    Positions of switches that are not the usual ones are tried one at a time, and only for a protocol that
    does not read the bytes cleanly as it is.

    >>> [(g.protocol, g.confidence.value) for g in score(b"0.20 g\\r\\n" + 3 * b"S S     100.20 g\\r\\n")][:1]
    [('mt-sics', 'confident')]
    """
    sample = data[:SAMPLE]
    parity = parity_hint(sample)
    if parity is not None:
        sample = bytes(byte & 0x7F for byte in sample)
    guesses = [guess for profile in profiles if (guess := _best_position(profile, sample)) is not None]
    # Sorting is stable: what is equal stays in the order of the catalogue.
    ranked = [replace(guess, parity=parity) for guess in sorted(guesses, key=_rank)]
    if parity is not None:
        ranked = [replace(guess, confidence=Confidence.WEAK) for guess in ranked]
    return tuple(_with_rivals(ranked))


def best(data: bytes, profiles: Iterable[DeviceProfile] = SCALES) -> Guess | None:
    """The protocol that reads a pasted line best, where one frame must do; None if none reads any.

    Only the usual positions count, and no bit is stripped: on one frame nobody could tell a device that
    differs from a byte that was lost.
    """
    if parity_hint(data) is not None:
        return None
    sample = data[:SAMPLE]
    read = [guess for profile in profiles if (guess := _read(profile, _NO_SWITCHES, sample)) is not None]
    return next(_with_rivals(sorted(read, key=_rank)), None)


def _best_position(profile: DeviceProfile, data: bytes) -> Guess | None:
    usual = _read(profile, _NO_SWITCHES, data)
    if usual is not None and usual.clean:
        return usual
    others = (_read(profile, switches, data) for switches in _other_positions(profile))
    read = [guess for guess in (usual, *others) if guess is not None]
    return min(read, key=_rank, default=None)


def _other_positions(profile: DeviceProfile) -> Iterator[Mapping[str, str]]:
    for switch in profile.switches:
        for value in switch.values[1:]:
            yield MappingProxyType({switch.name: value})


def _read(profile: DeviceProfile, switches: Mapping[str, str], data: bytes) -> Guess | None:
    frames = readings = weights = violations = skipped = 0
    evidence: list[str] = []
    for event in events_of(profile.adapted(switches).new_parser, data):
        if isinstance(event, Noise):
            if frames or skipped + event.discarded > LEAD:
                violations += 1
            else:
                skipped += event.discarded
            continue
        frames += 1
        if isinstance(event, WeightReading):
            readings += 1
            weights += event.value is not None
        if len(evidence) < _EVIDENCE:
            evidence.append(as_text(event.raw))
    if not frames:
        return None
    # Errors and statuses are much alike from one maker to the next; one weight at least must have been read.
    sure = readings >= CLEAN_READINGS and not violations and weights
    return Guess(
        protocol=profile.name,
        confidence=Confidence.CONFIDENT if sure else Confidence.WEAK,
        frames=frames,
        readings=readings,
        weights=weights,
        violations=violations,
        skipped=skipped,
        switches=switches,
        evidence=tuple(evidence),
    )


def events_of(new_parser: Callable[[], Parser], data: bytes) -> list[Event]:
    """What a new parser makes of bytes after which the line rests."""
    parser = new_parser()
    return [*parser.feed(data), *parser.idle()]


def as_text(raw: bytes) -> str:
    """A frame for people: ASCII as it is, everything else escaped."""
    return raw.decode("latin-1").encode("unicode_escape").decode("ascii")


def _rank(guess: Guess) -> tuple[bool, bool, bool, bool, int, int]:
    """Lower is better: sure, without violation, with a weight, as the device leaves the factory."""
    return (
        guess.confidence is not Confidence.CONFIDENT,
        not guess.clean,
        not guess.weights,
        bool(guess.switches),
        guess.violations,
        guess.skipped,
    )


def _with_rivals(ranked: list[Guess]) -> Iterator[Guess]:
    for guess in ranked:
        rivals = tuple(
            other.protocol
            for other in ranked
            if other is not guess and (other.clean, other.confidence) == (guess.clean, guess.confidence)
        )
        yield replace(guess, also_fits=rivals)
