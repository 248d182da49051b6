"""Every scale protocol against a simulator that was written without its parser: each checks the other."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.catalogue import SCALES, profile_of
from drivers.events import NO_WEIGHT, Event, Noise, Status, WeightReading
from drivers.profile import DeviceProfile
from drivers.simulators.scale import with_parity
from drivers.simulators.speech import SPEECHES, Showing, Speech
from drivers.simulators.speech.showing import in_unit

NAMES = tuple(SPEECHES)

SWITCHES = {"dibal": {"zero": "empty"}}
"""How a site would set them for the device that is simulated."""


def site_profile(name: str) -> DeviceProfile:
    return profile_of(name).adapted(SWITCHES.get(name, {}))


BY_REPORT = {"hid": "USB hands over each report by itself, and has no parity"}

RANDOM_BYTES = 262_144
MOST_HELD = 4096
"""Bytes that a parser may hold beyond what it held when it was new: a frame, with what a buffer allocates."""

every_protocol = pytest.mark.parametrize("name", NAMES)


def read(parser: Any, profile: DeviceProfile, data: bytes) -> list[Event]:
    """What the parser says of these bytes, and of the silence after them."""
    events: list[Event] = parser.feed(data)
    return events + parser.idle() if profile.idle_gap_s is not None else events


def read_pieces(name: str, pieces: Sequence[bytes]) -> list[Event]:
    """What the parser says of pieces that came one behind the other; of reports, that came one by one."""
    parser, profile = site_profile(name).new_parser(), site_profile(name)
    if name not in BY_REPORT:
        return read(parser, profile, b"".join(pieces))
    return [event for piece in pieces for event in read(parser, profile, piece)]


def readings(events: Iterable[Event]) -> list[WeightReading]:
    return [event for event in events if isinstance(event, WeightReading)]


def values(events: Iterable[Event]) -> list[Decimal]:
    return [reading.value for reading in readings(events) if reading.value is not None]


def plain(grams: int, speech: Speech, unit: str | None = None, **state: Any) -> Showing:
    unit = unit or speech.units[0]
    value = in_unit(grams, unit)
    return Showing(value=value, unit=unit, **{"zero": value == 0 and state.get("stable", True), **state})


@st.composite
def showings(draw: st.DrawFn, speech: Speech) -> Showing:
    """What the protocol's display may show and its frames can tell."""
    state: dict[str, Any] = {}
    unusable = [state for state in ("over", "under", "error") if state in speech.tells]
    kind = draw(st.sampled_from(("usable", "usable", "usable", *unusable)))
    if kind != "usable":
        state[kind] = True
    state["stable"] = draw(st.booleans()) if "stable" in speech.tells else True
    unit = draw(st.sampled_from(speech.units))
    if draw(st.booleans()):
        state |= {"net": True, "tare": in_unit(draw(st.integers(1, 999)), unit)}
    lowest = -2000 if kind == "usable" else 0
    return plain(draw(st.integers(lowest, 30_000)), speech, unit, **state)


def shows_value(speech: Speech, showing: Showing) -> bool:
    """Whether the frame of that showing carries its value."""
    return (
        showing.usable
        and (showing.value >= 0 or "negative" in speech.tells)
        and (showing.stable or "moving" in speech.tells)
    )


def assert_says(speech: Speech, showing: Showing, event: Event) -> None:
    """The event says what was shown, as far as the protocol can tell it."""
    tells = speech.tells
    assert isinstance(event, WeightReading), event
    if not shows_value(speech, showing):
        assert event.value is None
        assert event.status & (NO_WEIGHT | {Status.MOTION})
        return
    if event.value is None:
        # Some tongues say "zero" and send no digits.
        assert showing.value == 0
        if not showing.stable:
            return
        assert Status.ZERO in event.status
    else:
        assert event.value.as_tuple() == showing.value.as_tuple() or (event.value == showing.value == 0)
    if "unit" in tells and (showing.stable or event.unit is not None):
        assert event.unit == showing.unit
    assert event.stable is (showing.stable if "stable" in tells else None)
    assert (Status.NEGATIVE in event.status) is (showing.value < 0)
    if "net" in tells and (showing.stable or Status.MOTION not in event.status):
        assert (Status.NET in event.status) is showing.net
    if "tare" in tells and showing.net:
        assert event.tare == showing.tare
    if "zero" in tells and showing.stable:
        assert (Status.ZERO in event.status) is showing.zero


def test_every_scale_of_the_catalogue_has_a_simulator_and_no_other() -> None:
    assert set(NAMES) == {profile.name for profile in SCALES}
    assert all(profile_of(name).names_unit == ("unit" in SPEECHES[name].tells) for name in NAMES)


@every_protocol
def test_what_a_maker_spells_is_what_the_parser_reads(name: str) -> None:
    speech, profile = SPEECHES[name], site_profile(name)

    @settings(max_examples=80, deadline=None)
    @given(showing=showings(speech))
    def spell(showing: Showing) -> None:
        frame = speech.frame(showing)
        events = read(profile.new_parser(), profile, frame)
        if not frame:
            assert events == []
            return
        (event,) = events
        assert_says(speech, showing, event)

    spell()


@every_protocol
def test_a_scale_that_is_over_or_under_or_in_error_never_gives_a_value(name: str) -> None:
    speech, profile = SPEECHES[name], site_profile(name)
    parser = profile.new_parser()
    for state in sorted({"over", "under", "error"} & speech.tells):
        for stable in (True, False):
            for grams in (0, 1234, 29_999):
                frame = speech.frame(plain(grams, speech, stable=stable, **{state: True}))  # type: ignore[arg-type]
                (event,) = read(parser, profile, frame)
                assert isinstance(event, WeightReading)
                assert event.value is None
                assert event.status & NO_WEIGHT or not stable


def split(data: bytes, sizes: Sequence[int]) -> Iterator[bytes]:
    start = 0
    for size in sizes:
        yield data[start : start + size]
        start += size
    yield data[start:]


@every_protocol
def test_chunking_never_changes_the_events(name: str) -> None:
    speech, profile = SPEECHES[name], site_profile(name)

    @settings(max_examples=40, deadline=None)
    @given(
        shown=st.lists(showings(speech), min_size=1, max_size=5),
        noise=st.binary(max_size=40),
        at=st.integers(0, 5),
        sizes=st.lists(st.integers(0, 7), max_size=60),
    )
    def chunked(shown: list[Showing], noise: bytes, at: int, sizes: list[int]) -> None:
        frames = [speech.frame(showing) for showing in shown]
        frames.insert(at, noise)
        data = b"".join(frames)
        whole = read(profile.new_parser(), profile, data)
        parser = profile.new_parser()
        cut = [event for chunk in split(data, sizes) for event in parser.feed(chunk)]
        assert cut + (parser.idle() if profile.idle_gap_s is not None else []) == whole

    chunked()


LINE_NOISE = st.one_of(
    st.just(b"\x00\x00\x7f\x7f"),
    # A digit that slips into a number is a digit; only a check could tell, and few protocols have one.
    st.binary(min_size=1, max_size=30).map(lambda data: data.translate(None, b"0123456789.+-")),
    st.binary(min_size=1, max_size=30).map(lambda data: bytes(byte | 0x80 for byte in data)),
)


@every_protocol
def test_noise_costs_at_most_the_frame_it_touches(name: str) -> None:
    speech = SPEECHES[name]
    loads = [plain(grams, speech) for grams in (1111, 2222, 3333, 4444, 5555)]
    true = {showing.value for showing in loads}

    @settings(max_examples=60, deadline=None)
    @given(noise=LINE_NOISE, inside=st.integers(0, 40))
    def noisy(noise: bytes, inside: int) -> None:
        first, second, third, fourth, fifth = (speech.frame(showing) for showing in loads)
        cut = inside % len(third)
        # By its first frames a parser learns how wide the device's lines are.
        pieces = (first, first, first, second, third[:cut], noise, third[cut:], fourth, fifth)
        got = values(read_pieces(name, pieces))
        assert set(got) <= true
        assert {loads[0].value, loads[4].value} <= set(got)
        assert len(set(got) | {loads[2].value}) >= 4

    noisy()


@pytest.mark.parametrize("name", [name for name in NAMES if name not in BY_REPORT])
@pytest.mark.parametrize("parity", ["even", "odd"])
def test_a_line_read_with_the_wrong_parity_gives_no_weight_and_says_why(name: str, parity: str) -> None:
    speech, profile = SPEECHES[name], site_profile(name)
    frames = b"".join(speech.frame(plain(grams, speech)) for grams in range(0, 6000, 37))
    events = read(profile.new_parser(), profile, with_parity(frames, parity))
    assert readings(events) == []
    reasons = {event.reason for event in events if isinstance(event, Noise)}
    assert f"parity_{parity}" in reasons


def damaged(frame: bytes) -> Iterator[bytes]:
    """Every proper prefix and suffix, and the frame with each single byte lost."""
    for at in range(1, len(frame)):
        yield frame[:at]
        yield frame[at:]
    for at in range(1, len(frame) - 1):
        yield frame[:at] + frame[at + 1 :]


@every_protocol
def test_a_frame_that_lost_bytes_is_never_another_weight(name: str) -> None:
    speech = SPEECHES[name]
    good, behind = plain(5678, speech), plain(9876, speech)
    before = [speech.frame(good)] * 4
    wrong = set()
    for grams in (0, 7, 230, 1234, 29_870):
        for state in ({}, {"stable": False}, {"net": True, "tare": in_unit(100, speech.units[0])}):
            if state.get("stable", True) is False and "stable" not in speech.tells:
                continue
            hurt = plain(grams, speech, **state)
            for piece in damaged(speech.frame(hurt)):
                events = read_pieces(name, [*before, piece, speech.frame(behind)])
                for value in set(values(events)) - {good.value, hurt.value, behind.value}:
                    wrong.add((hurt.value, piece, value))
    # No exception is needed: a width that no manual fixes is learned from the first frames.
    assert not wrong


def held(thing: object, counted: set[int] | None = None) -> int:
    """Bytes of everything a parser reaches, but for code and compiled patterns."""
    counted = set() if counted is None else counted
    if id(thing) in counted or isinstance(thing, type) or callable(thing):
        return 0
    counted.add(id(thing))
    size = sys.getsizeof(thing)
    if isinstance(thing, dict):
        return size + sum(held(part, counted) for pair in thing.items() for part in pair)
    if isinstance(thing, (list, tuple, set, frozenset)) or type(thing).__name__ == "deque":
        return size + sum(held(part, counted) for part in cast(Iterable[object], thing))
    parts = [*getattr(thing, "__dict__", {}).values()]
    for kind in type(thing).__mro__:
        slots = getattr(kind, "__slots__", ())
        parts += [getattr(thing, name, None) for name in ([slots] if isinstance(slots, str) else slots)]
    return size + sum(held(part, counted) for part in parts)


@every_protocol
@pytest.mark.parametrize("kind", ["any bytes", "bytes of its own frames"])
def test_random_bytes_neither_raise_nor_grow(name: str, kind: str) -> None:
    speech, profile = SPEECHES[name], site_profile(name)
    chance = random.Random(name)
    own = b"".join(speech.frame(plain(grams, speech)) for grams in (0, 1234, 29_870))
    pool = own if kind != "any bytes" else bytes(range(256))
    parser = profile.new_parser()
    new = held(parser)
    for _ in range(RANDOM_BYTES // 4096 // (1 if kind == "any bytes" else 4)):
        parser.feed(bytes(chance.choices(pool, k=4096)))
        assert held(parser) <= new + MOST_HELD


@pytest.mark.parametrize("name", [name for name in NAMES if SPEECHES[name].spoil is not None])
def test_a_frame_with_a_wrong_check_is_no_weight(name: str) -> None:
    speech, profile = SPEECHES[name], site_profile(name)
    spoil = speech.spoil
    assert spoil is not None
    loads = [plain(grams, speech) for grams in (1234, 29_870)]
    good, bad = (speech.frame(showing) for showing in loads)
    events = read(profile.new_parser(), profile, good + spoil(bad) + good)
    assert values(events) == [loads[0].value, loads[0].value]
    assert any(isinstance(event, Noise) for event in events)
