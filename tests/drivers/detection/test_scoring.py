"""Which protocol bytes are: three whole frames of one grammar and nothing else, or only a guess."""

from __future__ import annotations

from functools import reduce
from operator import xor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.catalogue import SCALES
from drivers.detection.scoring import Confidence, best, score
from drivers.profile import DeviceProfile
from drivers.simulators.scale import with_parity
from drivers.simulators.speech import SPEECHES, Showing, Speech
from drivers.simulators.speech.showing import in_unit

KG = b"S S      1.230 kg\r\n"

TWINS = {"toledo-ps60": "toledo-8217"}
"""Their frames differ in the meaning of one bit; the catalogue's order decides, and the twin is told."""

every_protocol = pytest.mark.parametrize("name", SPEECHES)


def frame(speech: Speech, grams: int, *, stable: bool = True) -> bytes:
    value = in_unit(grams, speech.units[0])
    stable = stable or "stable" not in speech.tells
    return speech.frame(Showing(value=value, unit=speech.units[0], stable=stable, zero=value == 0))


def parcels(speech: Speech) -> list[bytes]:
    """What a scale says while parcels come and go."""
    return [frame(speech, 1234), frame(speech, 0), frame(speech, 2345, stable=False), frame(speech, 12_345)]


@every_protocol
def test_every_protocol_is_known_by_four_of_its_frames(name: str) -> None:
    guess = score(b"".join(parcels(SPEECHES[name])))[0]
    assert (guess.protocol, guess.confidence) == (TWINS.get(name, name), Confidence.CONFIDENT)
    assert (guess.frames, guess.violations, guess.skipped, guess.switches) == (4, 0, 0, {})
    assert (name in guess.also_fits) == (name in TWINS)
    assert len(guess.evidence) == 3


@every_protocol
@given(cut=st.integers(0, 30), more=st.integers(2, 6))
@settings(max_examples=10)
def test_a_stream_that_begins_within_a_frame_is_known_all_the_same(name: str, cut: int, more: int) -> None:
    frames = parcels(SPEECHES[name])
    stream = frames[0][min(cut, len(frames[0]) - 1) :] + b"".join(frames[1:] * more)
    guess = score(stream)[0]
    assert (guess.protocol, guess.confidence) == (TWINS.get(name, name), Confidence.CONFIDENT)


@every_protocol
def test_one_whole_frame_is_enough_for_a_pasted_line(name: str) -> None:
    guess = best(frame(SPEECHES[name], 1234))
    assert guess is not None
    assert guess.protocol == TWINS.get(name, name)


@every_protocol
def test_two_frames_are_a_guess_and_no_more(name: str) -> None:
    frames = parcels(SPEECHES[name])
    assert score(frames[0] + frames[3])[0].confidence is Confidence.WEAK


@every_protocol
def test_a_frame_that_is_none_takes_the_certainty_away(name: str) -> None:
    frames = b"".join(parcels(SPEECHES[name]))
    for guess in score(frames + b"\x01~ok~\x7f\r\n\x03" + frames):
        assert guess.confidence is Confidence.WEAK


def test_a_first_fragment_and_the_noise_of_power_up_are_forgiven() -> None:
    guess = score(b"\x00\x00\x7f\x7f.20 g\r\n" + 3 * KG)[0]
    assert (guess.confidence, guess.skipped, guess.violations) == (Confidence.CONFIDENT, 9, 0)
    assert score(b"x" * 250 + b"\r\n" + b"x" * 250 + b"\r\n" + 3 * KG)[0].confidence is Confidence.WEAK


@pytest.mark.parametrize(
    ("lines", "protocol"),
    [
        (["S S      1.230 kg", "S D      1.235 kg", "S I"], "mt-sics"),
        (["S A", "S    -      8.5 g  ", "S           8.5 g  ", "S    -      8.5 g  "], "radwag"),
        (["ST,GS,   1.230kg", "US,GS,   1.235kg", "ST,GS,   1.235kg"], "comma"),
        (["N     +    0.006 g  ", "N     +    0.031    ", "N     +    0.031 g  "], "sbi"),
    ],
)
def test_families_that_share_their_letters_are_told_apart(lines: list[str], protocol: str) -> None:
    guess = score(b"".join(line.encode() + b"\r\n" for line in lines))[0]
    assert (guess.protocol, guess.clean) == (protocol, True)


@pytest.mark.parametrize(
    "fragment",
    ["S    20.7g  ", "S   20.7 g", "1.230 kg", "30 kg", ".230", "20", "GS,   1.2kg"],
)
def test_the_rest_of_a_frame_is_no_frame_of_the_protocols_it_may_come_from(fragment: str) -> None:
    by_name = {guess.protocol: guess for guess in score(fragment.encode() + b"\r\n")}
    assert not by_name.keys() & {"mt-sics", "comma", "and", "radwag", "nci", "sma", "kern"}


def test_only_errors_are_no_proof_of_a_grammar() -> None:
    guess = score(b"ES\r\n" * 10)[0]
    assert (guess.weights, guess.confidence) == (0, Confidence.WEAK)


def test_a_switch_out_of_its_usual_position_is_found_in_a_stream_and_never_on_one_line() -> None:
    body = b"S 001234kg"
    pointless = b"\x01\x02" + body + bytes([reduce(xor, body)]) + b"\x03\x04"
    guess = next(guess for guess in score(pointless * 4) if guess.protocol == "cas-pd2")
    assert (guess.switches, guess.confidence) == ({"point": "no"}, Confidence.CONFIDENT)
    assert best(pointless) is None


@pytest.mark.parametrize("parity", ["even", "odd"])
def test_a_line_set_wrongly_is_told_and_nothing_read_from_it_is_certain(parity: str) -> None:
    wrong = with_parity(KG * 5, parity)
    guess = score(wrong)[0]
    assert (guess.protocol, guess.parity, guess.confidence) == ("mt-sics", parity, Confidence.WEAK)
    assert guess.advice is not None
    assert f"7{parity[0].upper()}1" in guess.advice
    assert best(wrong) is None


def test_evidence_is_text_that_any_terminal_can_show() -> None:
    (guess, *_) = score(b"\x02\xff1\x03" + 3 * KG)
    assert all(line.isprintable() and line.isascii() for line in guess.evidence)


@given(data=st.binary(max_size=2000))
@settings(max_examples=40)
def test_random_bytes_are_never_certain(data: bytes) -> None:
    assert all(guess.frames for guess in score(data))
    assert not any(guess.confidence is Confidence.CONFIDENT for guess in score(data))


def test_a_megabyte_costs_no_more_than_its_sample() -> None:
    guess = score(KG * 50_000)[0]
    assert guess.frames == 16_384 // len(KG)


@pytest.mark.parametrize("profile", SCALES, ids=lambda profile: profile.name)
def test_no_probe_zeroes_tares_repeats_or_resets(profile: DeviceProfile) -> None:
    changes = (b"Z", b"T", b"TA", b"SIR", b"SR", b"CP", b"@", b"R", b"RZ", b"\x1bT", b"\x1bU", b"\x1bV", b"C")
    assert profile.probe_command.strip(b"\r\n") not in changes
