"""Scanners that play a keyboard: keys in, barcodes out."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.events import Event, Noise, NoRead, ScanRead
from drivers.scanners.keyboard import PROFILE, KeyboardScanner
from drivers.scanners.layouts import KEYPAD, LAYOUTS

UP, DOWN, REPEAT = 0, 1, 2
SHIFT, CTRL, ALT, ALTGR, CAPS, ENTER, TAB = 42, 29, 56, 100, 58, 28, 15
KEYPAD_KEYS = {character: code for code, character in KEYPAD.items()}


def record(code: int, value: int, kind: int = 1, size: int = 24) -> bytes:
    return struct.pack("=16xHHi" if size == 24 else "=8xHHi", kind, code, value)


def press(*codes: int) -> bytes:
    """Keys pressed in turn and let go in reverse, each followed by a report as the kernel writes it."""
    report = record(0, 0, kind=0)
    downs = [record(4, code, kind=4) + record(code, DOWN) + report for code in codes]
    return b"".join(downs) + b"".join(record(code, UP) + report for code in reversed(codes))


def keys_of(character: str, layout: str) -> tuple[int, ...]:
    table = LAYOUTS[layout]
    for level, modifiers in (("plain", ()), ("shift", (SHIFT,)), ("altgr", (ALTGR,))):
        for code, given_character in getattr(table, level).items():
            if given_character == character:
                return (*modifiers, code)
    raise LookupError(character)


def typed(text: str, layout: str = "us") -> bytes:
    """What a scanner set to that layout sends; an accent that waits is followed by a space."""

    def events() -> Iterator[bytes]:
        for character in text:
            keys = keys_of(character, layout)
            yield press(*keys)
            level = {SHIFT: "shift", ALTGR: "altgr"}.get(keys[0], "plain")
            if (level, keys[-1]) in LAYOUTS[layout].dead:
                yield press(57)

    return b"".join(events())


def events_of(data: bytes, layout: str = "us") -> list[Event]:
    return PROFILE.adapted({"layout": layout}).new_parser().feed(data)


def texts(events: Iterable[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, ScanRead)]


@pytest.mark.parametrize("layout", list(LAYOUTS))
@pytest.mark.parametrize("end", [ENTER, TAB, 96])
def test_a_barcode_is_typed_and_ended(layout: str, end: int) -> None:
    (event,) = events_of(typed("]C0RR473124829GB", layout) + press(end), layout)
    assert isinstance(event, ScanRead)
    assert (event.aim, event.text, event.raw) == ("]C0", "RR473124829GB", b"]C0RR473124829GB")


@pytest.mark.parametrize("layout", list(LAYOUTS))
def test_every_printable_ascii_character_of_a_layout_comes_back(layout: str) -> None:
    text = "A" + "".join(map(chr, range(0x20, 0x7F)))
    assert texts(events_of(typed(text, layout) + press(ENTER), layout)) == [text]


@pytest.mark.parametrize(
    ("layout", "codes", "character"),
    [
        ("us", (SHIFT, 3), "@"),
        ("us", (54, 3), "@"),
        ("uk", (SHIFT, 3), '"'),
        ("uk", (SHIFT, 40), "@"),
        ("uk", (43,), "#"),
        ("uk", (ALTGR, 5), "€"),
        ("de", (21,), "z"),
        ("de", (44,), "y"),
        ("de", (12,), "ß"),
        ("de", (ALTGR, 9), "["),
        ("de", (CTRL, ALT, 9), "["),
        ("de", (SHIFT, 8), "/"),
        ("de", (53,), "-"),
        ("fr", (16,), "a"),
        ("fr", (SHIFT, 2), "1"),
        ("fr", (2,), "&"),
        ("fr", (7,), "-"),
        ("fr", (ALTGR, 12), "]"),
    ],
)
def test_a_key_gives_what_its_layout_says(layout: str, codes: tuple[int, ...], character: str) -> None:
    assert texts(events_of(press(*codes) + press(ENTER), layout)) == [character]


def test_the_wrong_layout_shows_in_the_text() -> None:
    assert texts(events_of(typed("ZY-1", "us") + press(ENTER), "de")) == ["YZß1"]


@pytest.mark.parametrize("separator", [press(CTRL, 27), press(97, 27)])
@pytest.mark.parametrize("layout", list(LAYOUTS))
def test_control_and_the_bracket_key_is_the_separator(layout: str, separator: bytes) -> None:
    data = typed("10LOT", layout) + separator + typed("21SER", layout) + press(ENTER)
    assert texts(events_of(data, layout)) == ["10LOT\x1d21SER"]


def alt_code(digits: str) -> bytes:
    inner = b"".join(press(KEYPAD_KEYS[digit]) for digit in digits)
    return record(ALT, DOWN) + inner + record(ALT, UP)


@pytest.mark.parametrize(
    ("digits", "character"),
    [
        ("029", "\x1d"),
        ("29", "\x1d"),
        ("0030", "\x1e"),
        ("065", "A"),
        ("0228", "ä"),
        ("132", "ä"),
        ("0128", "€"),
    ],
)
def test_alt_with_digits_is_the_character_of_that_number(digits: str, character: str) -> None:
    data = typed("A") + alt_code(digits) + typed("B") + press(ENTER)
    assert texts(events_of(data)) == [f"A{character}B"]


@pytest.mark.parametrize("end", [press(CTRL, 50), press(CTRL, 36), alt_code("013"), alt_code("10")])
def test_an_end_that_comes_as_a_control_character_is_an_end(end: bytes) -> None:
    assert texts(events_of(typed("A1") + end + typed("B2") + end)) == ["A1", "B2"]


@pytest.mark.parametrize(
    "odd",
    [
        press(59),
        press(103),
        press(ALT, 30),
        press(CTRL, 2),
        alt_code("300"),
        alt_code("0129"),
        alt_code("0"),
        record(ALT, DOWN) + press(KEYPAD_KEYS["2"]),
    ],
)
def test_a_key_without_a_character_spoils_its_barcode_and_no_other(odd: bytes) -> None:
    first, second = events_of(typed("A1") + odd + press(ENTER) + typed("B2") + press(ENTER))
    assert isinstance(first, Noise)
    assert first.reason == "unknown_key"
    assert texts([second]) == ["B2"]


def test_repeats_and_lost_key_ups_change_nothing() -> None:
    held = record(30, DOWN) + record(30, REPEAT) * 5
    assert texts(events_of(held + record(30, DOWN) + press(ENTER))) == ["aa"]
    lost = record(SHIFT, DOWN) + press(30) + press(ENTER)
    assert texts(events_of(lost + press(30) + press(ENTER))) == ["A", "a"]


def test_caps_lock_turns_letters_and_nothing_else() -> None:
    data = press(CAPS) + typed("aB1ß", "de") + press(ENTER)
    assert texts(events_of(data, "de")) == ["Ab1ß"]


def test_num_lock_and_the_keypad_give_digits() -> None:
    data = (
        press(69) + b"".join(press(KEYPAD_KEYS[digit]) for digit in "0123456789") + press(69) + press(ENTER)
    )
    assert texts(events_of(data)) == ["0123456789"]


@pytest.mark.parametrize(("letter", "text"), [(18, "ê"), (57, "^"), (26, "^^"), (45, "^x")])
def test_an_accent_waits_for_its_letter(letter: int, text: str) -> None:
    assert texts(events_of(press(26) + press(letter) + press(ENTER), "fr")) == [text]


def test_an_accent_before_the_end_stands_alone() -> None:
    assert texts(events_of(press(26) + press(ENTER), "fr")) == ["^"]


def test_keys_that_the_kernel_dropped_spoil_the_barcode_they_are_missing_from() -> None:
    dropped = record(3, 0, kind=0)
    first, second = events_of(typed("A1") + dropped + typed("23") + press(ENTER) + typed("B2") + press(ENTER))
    assert first == Noise(discarded=4, reason="keys_lost")
    assert texts([second]) == ["B2"]


def test_a_barcode_without_an_end_is_given_up_when_the_keys_rest() -> None:
    parser = KeyboardScanner()
    assert parser.feed(typed("A1")) == []
    assert parser.idle() == [Noise(discarded=2, reason="no_end")]
    assert parser.idle() == []
    assert texts(parser.feed(typed("B2") + press(ENTER))) == ["B2"]


def test_a_scanner_that_sends_no_enter_is_read_by_its_rest() -> None:
    parser = PROFILE.adapted({"ends": "idle"}).new_parser()
    assert parser.feed(typed("]C0A1")) == []
    assert texts(parser.idle()) == ["A1"]
    assert parser.idle() == []


def test_more_keys_than_a_symbol_can_hold_are_noise() -> None:
    assert events_of(press(30) * 5000 + press(ENTER)) == [Noise(discarded=5000, reason="too_long")]


def test_a_no_read_message_is_never_a_payload() -> None:
    assert events_of(typed("NOREAD") + press(ENTER)) == [NoRead(raw=b"NOREAD")]


def test_the_records_of_a_32_bit_system_are_shorter() -> None:
    data = b"".join(record(code, value, size=16) for code in (30, 2, ENTER) for value in (DOWN, UP))
    assert texts(PROFILE.adapted({"record": "16"}).new_parser().feed(data)) == ["a1"]


def test_what_is_no_input_event_is_noise() -> None:
    assert events_of(record(1, 1, kind=0x77)) == [Noise(discarded=24, reason="not_input_event")]
    assert events_of(record(8, 1, kind=2) + record(1, 1, kind=0x11)) == []


@given(
    data=st.one_of(
        st.binary(max_size=400), st.lists(st.integers(0, 130), max_size=12).map(lambda c: press(*c))
    ),
    sizes=st.lists(st.integers(1, 60), max_size=40),
)
def test_chunking_never_changes_the_scans(data: bytes, sizes: list[int]) -> None:
    text = data + typed("A1") + press(ENTER)
    parser, events, rest = KeyboardScanner(layout="de"), [], text
    for size in sizes:
        events += parser.feed(rest[:size])
        rest = rest[size:]
    whole = KeyboardScanner(layout="de")
    assert events + parser.feed(rest) + parser.idle() == whole.feed(text) + whole.idle()


@given(
    codes=st.lists(st.tuples(st.integers(0, 300), st.integers(-1, 3)), max_size=300),
    layout=st.sampled_from(list(LAYOUTS)),
)
def test_any_keys_at_all_neither_raise_nor_grow(codes: list[tuple[int, int]], layout: str) -> None:
    parser = KeyboardScanner(layout=layout)
    parser.feed(b"".join(record(code, value) for code, value in codes))
    assert parser.held_bytes() <= len(codes) + 6 + 5
    parser.idle()
    assert parser.held_bytes() == 0
    assert texts(parser.feed(typed("A1", layout) + press(ENTER)))[0].lower() == "a1"


def test_a_quarter_of_a_megabyte_of_anything_is_not_kept() -> None:
    parser = KeyboardScanner()
    parser.feed(record(30, DOWN) * (262_144 // 24))
    parser.feed(b"\xff" * 262_151)
    assert parser.held_bytes() <= 4096 + 1024
