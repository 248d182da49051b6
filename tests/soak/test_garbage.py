"""Ten megabytes of garbage for every parser, and ten of frames among noise: nothing raises, nothing grows."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from drivers.catalogue import profile_of
from drivers.events import Noise, WeightReading
from drivers.simulators.scale import with_parity
from drivers.simulators.speech import SPEECHES, Showing, Speech
from drivers.simulators.speech.showing import in_unit

pytestmark = pytest.mark.soak

MEGABYTES = 10
CHUNK = 4096
MOST_HELD = 4096
"""Bytes that a parser may hold beyond what it held when it was new."""


def frame(speech: Speech, grams: int) -> bytes:
    value = in_unit(grams, speech.units[0])
    return speech.frame(Showing(value=value, unit=speech.units[0], zero=value == 0))


def any_bytes(_speech: Speech, chance: random.Random) -> Iterator[bytes]:
    while True:
        yield chance.randbytes(CHUNK)


def frames_among_noise(speech: Speech, chance: random.Random) -> Iterator[bytes]:
    """Whole frames, cut frames, frames with a wrong parity, their bytes out of order, and noise."""
    whole = [frame(speech, grams) for grams in (0, 57, 1234, 29_870)]
    pool = b"".join(whole)
    while True:
        pieces = []
        for _ in range(100):
            one = chance.choice(whole)
            match chance.randrange(6):
                case 0:
                    one = one[: chance.randrange(len(one))]
                case 1:
                    one = with_parity(one, chance.choice(("even", "odd")))
                case 2:
                    one = bytes(chance.choices(pool, k=20))
                case 3:
                    one = chance.randbytes(20)
            pieces.append(one)
        yield b"".join(pieces)


def held(thing: object, counted: set[int]) -> int:
    """Bytes of everything a parser reaches, but for code and compiled patterns."""
    if id(thing) in counted or isinstance(thing, type) or callable(thing):
        return 0
    counted.add(id(thing))
    parts: list[Any] = []
    if isinstance(thing, dict):
        parts = [*thing.keys(), *thing.values()]
    elif isinstance(thing, (list, tuple, set, frozenset)) or type(thing).__name__ == "deque":
        parts = list(thing)  # type: ignore[call-overload]
    else:
        parts = list(getattr(thing, "__dict__", {}).values())
        for kind in type(thing).__mro__:
            slots = getattr(kind, "__slots__", ())
            parts += [getattr(thing, name, None) for name in ([slots] if isinstance(slots, str) else slots)]
    return sys.getsizeof(thing) + sum(held(part, counted) for part in parts)


@pytest.mark.parametrize("name", SPEECHES)
@pytest.mark.parametrize("stream", [any_bytes, frames_among_noise])
def test_megabytes_of_garbage_neither_raise_nor_grow(name: str, stream: Any) -> None:
    speech = SPEECHES[name]
    chunks = stream(speech, random.Random(name))
    parser = profile_of(name).new_parser()
    new = held(parser, set())
    fed = discarded = 0
    while fed < MEGABYTES << 20:
        chunk = next(chunks)
        fed += len(chunk)
        for event in parser.feed(chunk):
            if isinstance(event, Noise):
                discarded += event.discarded
            elif stream is frames_among_noise and isinstance(event, WeightReading):
                assert len(event.raw) <= 64
        assert held(parser, set()) <= new + MOST_HELD
    assert discarded <= fed
    if stream is any_bytes:
        # What is thrown away is told of, so that it shows while it lasts; line ends and the like are nothing.
        assert discarded > fed // 2
