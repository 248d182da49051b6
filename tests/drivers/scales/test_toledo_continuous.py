"""Toledo continuous output: status words, digits without point, a checksum that may look like a start."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.events import Event, Noise, Status, WeightReading
from drivers.profile import DeviceProfile
from drivers.scales.toledo_continuous import LONGEST, PROFILE, REPORT, ToledoContinuous
from drivers.simulators.scale import with_parity


def frame(
    words: str, weight: str = "000500", tare: str = "000000", *, checksum: bool = True, plain: bool = False
) -> bytes:
    """A frame; ``words`` are A, B and C in hex."""
    body = b"\x02" + bytes.fromhex(words) + weight.encode() + tare.encode() + b"\r"
    total = sum(body) if plain else -sum(body)
    return body + bytes([total & 0x7F]) if checksum else body


def with_checksum_of(byte: int, words: str = "2c7060") -> bytes:
    """A frame whose checksum is that byte: twelve digits can add up to anything from 0 to 108."""
    for total in range(109):
        digits = "".join(str(min(9, max(0, total - 9 * place))) for place in range(12))
        sent = frame(words, digits[:6], digits[6:])
        if sent[-1] == byte:
            return sent
    raise AssertionError(f"no frame of {words} has a checksum of {byte}")


def adapted(**switches: str) -> ToledoContinuous:
    parser = PROFILE.adapted(switches).new_parser()
    assert isinstance(parser, ToledoContinuous)
    return parser


def values(events: list[Event]) -> list[Decimal]:
    return [event.value for event in events if isinstance(event, WeightReading) and event.value is not None]


def one(data: bytes, **switches: str) -> WeightReading:
    parser = adapted(**switches)
    (event,) = [*parser.feed(data), *parser.idle()]
    assert isinstance(event, WeightReading)
    return event


@pytest.mark.parametrize(
    ("sent", "digits", "stable", "tare", "status"),
    [
        ("022C70603030303530303030303030300D30", "5.00", True, "0.00", set()),
        ("022C78603030333834353030303030300D19", "38.45", False, "0.00", {Status.MOTION}),
        (
            "022C74603030373039343030303030300D1D",
            None,
            True,
            "0.00",
            {Status.OUT_OF_RANGE, Status.OVERLOAD},
        ),
        (
            "022C73603030303038393030303630300D1B",
            "-0.89",
            True,
            "6.00",
            {Status.NET, Status.NEGATIVE},
        ),
        ("022C71603030303336373030303630300D1E", "3.67", True, "6.00", {Status.NET}),
    ],
)
def test_frames_recorded_from_a_scale(
    sent: str, digits: str | None, stable: bool, tare: str, status: set[Status]
) -> None:
    reading = one(bytes.fromhex(sent))
    assert (reading.value, reading.unit, reading.stable, reading.tare, reading.status) == (
        digits and Decimal(digits),
        "kg",
        stable,
        Decimal(tare),
        frozenset(status),
    )
    assert reading.raw == bytes.fromhex(sent)[1:16]


@pytest.mark.parametrize(
    ("word_a", "digits"),
    [
        ("28", "1200"),
        ("29", "120"),
        ("2a", "12"),
        ("2b", "1.2"),
        ("2c", "0.12"),
        ("2d", "0.012"),
        ("2e", "0.0012"),
        ("2f", "0.00012"),
        ("3c", "0.12"),
        ("34", "0.12"),
    ],
)
def test_word_a_places_the_point_and_the_zeros_that_are_left_out(word_a: str, digits: str) -> None:
    reading = one(frame(word_a + "3020", "000012", "000012"))
    assert (str(reading.value), str(reading.tare)) == (digits, digits)


@pytest.mark.parametrize(
    ("text", "digits", "unit", "stable", "tare", "status"),
    [
        (b"40    046   000", "0.46", "kg", True, "0.00", set()),
        (b"41    144   046", "1.44", "kg", True, "0.46", {Status.NET}),
        (b"49    072   046", "0.72", "kg", False, "0.46", {Status.NET, Status.MOTION}),
        (b"1!!  1440   460", "1440", "g", True, "460", {Status.NET}),
        (b"2!1  1448   450", "1448", "g", True, "450", {Status.NET, Status.HIGH_RESOLUTION}),
    ],
)
def test_frames_of_an_ind231_have_the_zeros_of_a_division_of_ten_among_their_digits(
    text: bytes, digits: str, unit: str, stable: bool, tare: str, status: set[Status]
) -> None:
    for zeros in ("auto", "sent"):
        reading = one(b"\x02" + text + b"\r", zeros=zeros)
        assert (str(reading.value), reading.unit, reading.stable, str(reading.tare), reading.status) == (
            digits,
            unit,
            stable,
            tare,
            frozenset(status),
        )


def test_a_digit_where_a_zero_would_be_shows_that_zeros_are_left_out() -> None:
    tens, other = frame("293020", "000150"), frame("293020", "000151")
    assert values(ToledoContinuous().feed(tens)) == [Decimal(150)]
    assert values(ToledoContinuous().feed(tens + other + tens)) == [
        Decimal(150),
        Decimal(1510),
        Decimal(1500),
    ]
    assert values(adapted(zeros="left_out").feed(tens)) == [Decimal(1500)]
    assert values(adapted(zeros="sent").feed(tens + other + tens)) == [Decimal(150)] * 2
    damaged = other[:-1] + bytes([other[-1] ^ 1])
    assert values(ToledoContinuous().feed(damaged + tens)) == [Decimal(150)]
    by_tare = frame("283020", "000100", "000050")
    assert values(ToledoContinuous().feed(by_tare)) == [Decimal(10000)]


@pytest.mark.parametrize(
    ("words", "unit"),
    [
        ("2c3020", "kg"),
        ("2c2020", "lb"),
        ("2c3021", "g"),
        ("2c2021", "g"),
        ("2c3022", "t"),
        ("2c3023", "oz"),
        ("2c3024", "ozt"),
        ("2c3025", "dwt"),
        ("2c2026", "ton"),
        ("2c3027", "custom"),
    ],
)
def test_words_b_and_c_name_the_unit(words: str, unit: str) -> None:
    assert one(frame(words)).unit == unit


@pytest.mark.parametrize(
    ("words", "value", "stable", "status"),
    [
        ("2c3020", "5.00", True, set()),
        ("2c7020", "5.00", True, set()),
        ("2c3120", "5.00", True, {Status.NET}),
        ("2c3220", "-5.00", True, {Status.NEGATIVE}),
        ("2c3420", None, True, {Status.OUT_OF_RANGE, Status.OVERLOAD}),
        ("2c3620", None, True, {Status.OUT_OF_RANGE, Status.UNDERLOAD, Status.NEGATIVE}),
        ("2c3820", "5.00", False, {Status.MOTION}),
        ("2c3028", "5.00", True, {Status.PRINT}),
        ("2c3030", "5.00", True, {Status.HIGH_RESOLUTION}),
        ("2c3060", "5.00", True, set()),
    ],
)
def test_each_status_bit_is_stated(words: str, value: str | None, stable: bool, status: set[Status]) -> None:
    reading = one(frame(words))
    assert (reading.value, reading.stable, reading.status) == (
        value and Decimal(value),
        stable,
        frozenset(status),
    )


@pytest.mark.parametrize(
    ("weight", "tare", "value", "stated_tare"),
    [
        ("   500", "     0", "5.00", "0.00"),
        ("     0", "      ", "0.00", None),
        ("000000", "000000", "0.00", "0.00"),
    ],
)
def test_blanks_may_stand_for_leading_zeros(
    weight: str, tare: str, value: str, stated_tare: str | None
) -> None:
    reading = one(frame("2c3020", weight, tare))
    assert str(reading.value) == value
    assert reading.tare == (None if stated_tare is None else Decimal(stated_tare))
    assert one(frame("2c3220", "000000")).value == 0


def test_a_blank_weight_is_one_out_of_range_or_nothing() -> None:
    assert one(frame("2c3420", "      ")).status == {Status.OUT_OF_RANGE, Status.OVERLOAD}
    assert values(ToledoContinuous().feed(frame("2c3020", "      ") * 3)) == []


@pytest.mark.parametrize("checksum", ["auto", "yes"])
def test_a_frame_with_a_wrong_checksum_is_never_a_weight(checksum: str) -> None:
    good = frame("2c3020")
    wrong = good[:-1] + bytes([good[-1] ^ 0x01])
    parser = adapted(checksum=checksum)
    assert parser.feed(wrong + good) == [
        Noise(discarded=18, reason="bad_checksum"),
        *adapted(checksum=checksum).feed(good),
    ]


def test_a_digit_that_turned_over_on_the_line_is_seen_by_the_checksum() -> None:
    good = frame("2c3020", "000500")
    assert values(ToledoContinuous().feed(good.replace(b"000500", b"000400") + good)) == [Decimal("5.00")]


def test_a_checksum_is_optional_unless_the_site_wants_one() -> None:
    bare = frame("2c3020", checksum=False)
    for checksum, expected in (("auto", 2), ("no", 2), ("yes", 0)):
        parser = adapted(checksum=checksum)
        events = [*parser.feed(bare * 2), *parser.idle()]
        assert len(values(events)) == expected
        assert all(isinstance(event, WeightReading) for event in events) or checksum == "yes"


def test_without_checksums_a_frame_is_given_at_its_cr_and_else_when_the_line_rests() -> None:
    bare = frame("2c3020", checksum=False)
    assert values(adapted(checksum="no").feed(bare)) == [Decimal("5.00")]
    parser = adapted()
    assert parser.feed(bare) == []
    assert values(parser.idle()) == [Decimal("5.00")]
    assert parser.idle() == []


def test_a_checksum_that_looks_like_a_start_costs_no_frame() -> None:
    sent = with_checksum_of(0x02)
    assert len(values(ToledoContinuous().feed(sent * 3 + frame("2c3020")))) == 4
    assert len(values(adapted(checksum="yes").feed(sent * 3))) == 3
    parser = ToledoContinuous()
    assert parser.feed(sent) == []
    assert len(values(parser.idle())) == 1
    assert values(parser.feed(frame("2c3020"))) == [Decimal("5.00")]


def test_a_frame_without_the_checksum_that_would_look_like_a_start_costs_no_frame() -> None:
    bare = with_checksum_of(0x02)[:-1]
    parser = ToledoContinuous()
    assert len(values([*parser.feed(bare * 3), *parser.idle()])) == 3


def test_a_checksum_that_looks_like_a_cr_costs_no_frame() -> None:
    sent = with_checksum_of(0x0D)
    assert len(values(ToledoContinuous().feed(sent * 3))) == 3


def test_a_fairbanks_scale_adds_up_without_the_complement() -> None:
    plain = frame("2c7060", plain=True)
    assert one(plain, variant="fairbanks").value == Decimal("5.00")
    assert [event.reason for event in ToledoContinuous().feed(plain) if isinstance(event, Noise)] == [
        "bad_checksum"
    ]
    assert values(adapted(variant="fairbanks").feed(frame("2c7060"))) == []


def test_a_fairbanks_scale_may_leave_bit_5_out_and_send_five_digits() -> None:
    for sent in (
        frame("2c1020", plain=True),
        frame("2c0240", plain=True),
        frame("2c3000", "00500", "00000", plain=True),
    ):
        assert abs(one(sent, variant="fairbanks").value or 0) == Decimal("5.00")
    assert values(ToledoContinuous().feed(frame("2c1020") * 2)) == []
    # Where there is no point, the fields have six digits.
    assert values(adapted(variant="fairbanks").feed(frame("2a3020", "00500", "00000", plain=True) * 3)) == []


def test_a_short_form_has_no_tare() -> None:
    sent = frame("2c3020", tare="")
    reading = one(sent, tare="not_sent")
    assert (reading.value, reading.tare) == (Decimal("5.00"), None)
    assert values(ToledoContinuous().feed(sent * 3)) == []
    assert values(adapted(tare="not_sent").feed(frame("2c3020") * 3)) == []


@pytest.mark.parametrize("cut", range(1, 17))
def test_a_cut_frame_neither_is_a_weight_nor_costs_the_next_one(cut: int) -> None:
    cut_short, whole = frame("2c3020", "012345"), frame("2c3020", "000500")
    assert values(ToledoContinuous().feed(cut_short[cut:] + whole)) == [Decimal("5.00")]
    assert values(ToledoContinuous().feed(cut_short[: 17 - cut] + whole)) == [Decimal("5.00")]


@pytest.mark.parametrize("lost", range(1, 16))
def test_a_lost_byte_costs_that_frame_alone(lost: int) -> None:
    sent, whole = frame("2c3020", "012345", "012345"), frame("2c3020", "000500")
    assert values(ToledoContinuous().feed(sent[:lost] + sent[lost + 1 :] + whole)) == [Decimal("5.00")]


@pytest.mark.parametrize("noise", [b"\xff", b"\x02", b"\x02\x02", b"\x00\x7f\x00", b"\r", b"9", b"\x02,0 0"])
def test_noise_costs_at_most_the_frame_it_touches(noise: bytes) -> None:
    whole = frame("2c3020")
    assert len(values(ToledoContinuous().feed(whole + noise + whole + whole))) >= 2
    assert len(values(ToledoContinuous().feed(noise + whole + whole))) == 2


@pytest.mark.parametrize(
    "sent",
    [
        b"\x02,0 12.345000000\r",
        b"\x02,0 -00500000000\r",
        b"\x02,0 12 345000000\r",
        b"\x02,0 500   000000\r",
        b"\x02,0A000500000000\r",
        b"\x02L0 000500000000\r\x80",
        b"\x0205.250\r",
        b"ST,GS,+003015kg\r\n",
        b"\n  12.34lb\r\n00\r\x03",
    ],
)
def test_what_is_not_of_the_grammar_is_never_a_weight(sent: bytes) -> None:
    parser = ToledoContinuous()
    events = [*parser.feed(sent * 3), *parser.idle()]
    assert events
    assert all(isinstance(event, Noise) for event in events)


@pytest.mark.parametrize("parity", ["even", "odd"])
@pytest.mark.parametrize("checksum", [True, False])
def test_a_line_read_with_eight_bits_is_told_by_its_parity(parity: str, checksum: bool) -> None:
    sent = frame("2c7060", "003845", checksum=checksum)
    events = ToledoContinuous().feed(with_parity(sent * 3, parity))
    assert {event.reason for event in events if isinstance(event, Noise)} == {f"parity_{parity}"}
    assert not values(events)


def test_the_scale_talks_by_itself() -> None:
    profile: DeviceProfile = PROFILE
    assert (profile.start_command, profile.poll_command, profile.probe_command) == (b"", b"", b"")
    assert (str(profile.settings), profile.idle_gap_s, profile.names_unit) == ("9600 7E1", 0.05, True)


_PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                frame("2c3020"),
                frame("2c3020", checksum=False),
                frame("2c3020", plain=True),
                with_checksum_of(0x02),
                with_checksum_of(0x02)[:-1],
                b"\x02",
                b"\r",
            ]
        ),
        st.binary(max_size=20),
    ),
    max_size=12,
).map(b"".join)

_SWITCHES = st.fixed_dictionaries(
    {
        "checksum": st.sampled_from(["auto", "yes", "no"]),
        "variant": st.sampled_from(["toledo", "fairbanks"]),
        "tare": st.sampled_from(["sent", "not_sent"]),
        "zeros": st.sampled_from(["auto", "sent", "left_out"]),
    }
)


@settings(max_examples=80)
@given(data=_PIECES, sizes=st.lists(st.integers(1, 9), max_size=40), switches=_SWITCHES)
def test_chunking_never_changes_the_events(data: bytes, sizes: list[int], switches: dict[str, str]) -> None:
    parser, whole, events, rest = adapted(**switches), adapted(**switches), [], data
    for size in sizes:
        events += parser.feed(rest[:size])
        rest = rest[size:]
    assert events + parser.feed(rest) + parser.idle() == whole.feed(data) + whole.idle()


@settings(max_examples=60)
@given(chunks=st.lists(st.binary(max_size=80), max_size=20), switches=_SWITCHES)
def test_random_bytes_neither_raise_nor_grow(chunks: list[bytes], switches: dict[str, str]) -> None:
    parser = adapted(**switches)
    for chunk in chunks:
        parser.feed(chunk)
        assert parser.held_bytes() <= LONGEST + REPORT
