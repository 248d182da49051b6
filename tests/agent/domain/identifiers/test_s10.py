"""Labels: which readings a text has, and in which order."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent.domain.identifiers import MAX_PAYLOAD, identify, label_of
from agent.domain.identifiers.carriers import FORMATS
from agent.domain.identifiers.gs1 import MAX_GUESS, MAX_MESSAGE
from agent.domain.identifiers.s10 import parse_s10, s10_check_digit


def kinds(payload: str, aim: str | None = None) -> list[tuple[str, bool]]:
    return [(c.kind, c.valid) for c in identify(payload, aim)]


@pytest.mark.parametrize(
    "number", ["RB123456785GB", "RB123456785US", "RB123456785CV", "RB123456785CF", "RR473124829GB"]
)
def test_a_genuine_s10_number_is_read_without_fault(number: str) -> None:
    findings = parse_s10(number)
    assert findings is not None
    assert (findings.value, findings.fault) == (number, None)


@pytest.mark.parametrize(
    ("number", "fault"), [("RB123456786US", "check_digit"), ("RB123456785XX", "country")]
)
def test_a_wrong_s10_number_is_kept_and_flagged(number: str, fault: str) -> None:
    findings = next(c for c in identify(number, None) if c.kind == "s10")
    assert (findings.valid, findings.reason) == (False, fault)


def test_a_serial_that_is_not_eight_digits_has_no_check_digit() -> None:
    with pytest.raises(ValueError, match="longer"):
        s10_check_digit("1234567")


@pytest.mark.parametrize("text", ["rr473124829gb", "RR 473 124 829 GB", "RR-473124829-GB", " RR473124829GB "])
def test_every_spelling_of_an_s10_number_has_one_value(text: str) -> None:
    best = identify(text, None)[0]
    assert (best.kind, best.value) == ("s10", "RR473124829GB")
    assert best.parts == {"service": "RR", "serial": "47312482", "check": "9", "country": "GB"}


@pytest.mark.parametrize("aim", [None, "]C1", "C1", "]C0"])
@pytest.mark.parametrize(
    "payload", ["106141412345678908", "00106141412345678908", "376104250021234569", "000123450000000027"]
)
def test_an_sscc_is_eighteen_digits_and_comes_first(payload: str, aim: str | None) -> None:
    best = identify(payload, aim)[0]
    assert (best.kind, best.value, best.valid) == ("sscc", payload[-18:], True)


@pytest.mark.parametrize(
    ("payload", "aim", "kind"),
    [
        ("00106141412345678909", "]C1", "sscc"),
        ("RB123456786US", "]C0", "s10"),
        ("1Z5R89390357567128", "]C0", "ups"),
        ("986578788856", None, "fedex"),
    ],
)
def test_a_wrong_check_digit_leaves_the_reading_before_plain_text(
    payload: str, aim: str | None, kind: str
) -> None:
    readings = identify(payload, aim)
    assert (readings[0].kind, readings[0].valid, readings[0].reason) == (kind, False, "check_digit")
    assert ("plain", True) in {(c.kind, c.valid) for c in readings}


def test_element_strings_give_their_parts() -> None:
    message = next(
        c for c in identify("0109506000134352310200123442090210\x1d42184012345", "]d2") if c.kind == "gs1"
    )
    assert message.parts == {
        "01": "09506000134352",
        "3102": "001234",
        "420": "90210",
        "421": "84012345",
    }
    assert message.value == "(01)09506000134352(3102)001234(420)90210(421)84012345"


def test_typed_element_strings_read_like_scanned_ones() -> None:
    assert kinds("(00)106141412345678908")[:2] == [("sscc", True), ("gs1", True)]


@pytest.mark.parametrize("payload", ["]C100106141412345678908", "\x1d00106141412345678908"])
def test_fnc1_inside_the_text_is_understood(payload: str) -> None:
    assert kinds(payload) == [("sscc", True), ("gs1", True), ("plain", True)]


def test_a_gs1_symbol_that_holds_no_element_strings_is_flagged() -> None:
    message = next(c for c in identify("9", "]C1") if c.kind == "gs1")
    assert (message.valid, message.reason) == (False, "gs1_syntax")


@pytest.mark.parametrize("payload", ["99A\x1d" * 65, "99" + "A" * MAX_MESSAGE, "(99)A" * 65])
def test_a_message_beyond_what_a_label_holds_is_flagged_without_being_parsed(payload: str) -> None:
    assert [(c.kind, c.valid, c.reason) for c in identify(payload, "]C1")] == [("gs1", False, "gs1_syntax")]


def test_digits_without_fnc1_are_a_message_only_when_short() -> None:
    assert "gs1" in {c.kind for c in identify("99" + "1" * 80, None)}
    assert identify("99A" * MAX_GUESS, None) == ()


@pytest.mark.parametrize(
    ("payload", "aim", "kind"),
    [
        ("4006381333931", "]E0", "gtin13"),
        ("614141000036", "]E0", "gtin12"),
        ("0416000336108", "]E0", "gtin12"),
        ("96385074", "]E4", "gtin8"),
        ("09506000134352", "]I1", "gtin14"),
        ("04252614", "]E0", "upce"),
    ],
)
def test_trade_item_numbers_are_told_by_length(payload: str, aim: str, kind: str) -> None:
    readings = [c for c in identify(payload, aim) if c.valid]
    assert kind in {c.kind for c in readings[:2]}
    assert all(len(c.parts["gtin14"]) == 14 for c in readings if c.kind == kind)


def test_a_gtin_that_also_reads_as_an_element_string_keeps_both_readings_in_order() -> None:
    readings = kinds("7032069804988")
    assert readings[0] == ("gtin13", True)
    assert readings.index(("plain", True)) < readings.index(("gs1", True))


@pytest.mark.parametrize(
    "payload",
    ["", "   ", "\x1d", "x" * (MAX_PAYLOAD + 1), "AB\x00123456", "AB123456\n", "AB123456\x9b", "]C1"],
)
def test_what_is_no_payload_has_no_reading(payload: str) -> None:
    assert identify(payload, None) == ()


DIGITS = st.text(st.sampled_from("0123456789"), max_size=40)
CODES = st.text(st.sampled_from("0123456789ABCRXZ-() ]\x1d\x1e\x04"), max_size=60)
FIELDS = st.text(st.sampled_from("0123456789ABCDEFGHIJKLMNOPRSUVZ%:/ "), max_size=36)
ENVELOPES = st.lists(st.lists(FIELDS, max_size=8), max_size=4).map(
    lambda segments: "[)>\x1e" + "".join("\x1d".join(fields) + "\x1e" for fields in segments)
)
SHAPED = st.sampled_from([form.pattern for form in FORMATS]).flatmap(
    lambda pattern: st.from_regex(pattern, fullmatch=True)
)
LINKS = CODES.map(lambda path: f"https://example.com/{path}")
PRODUCTS = frozenset({"gtin8", "gtin12", "gtin13", "gtin14", "upce"})
KINDS = {f.kind for f in FORMATS} | PRODUCTS | {"s10", "s9", "sscc", "gs1", "digital-link", "plain"}
MAX_READINGS = 60
"""A bare number has a dozen; an envelope may hold several numbers."""


@given(
    payload=st.one_of(
        st.text(max_size=80),
        DIGITS,
        CODES,
        CODES.map("01".__add__),
        CODES.map("310".__add__),
        ENVELOPES,
        SHAPED,
        LINKS,
    ),
    aim=st.one_of(
        st.none(), st.sampled_from(["]C1", "]E0", "]d2", "]J1", "]XX", "", "]"]), st.text(max_size=4)
    ),
)
@example(payload="\u0663" * 18, aim=None)
@example(payload="(00)", aim=None)
@example(payload="(01)", aim="]C1")
@example(payload="]Y", aim=None)
def test_any_text_is_read_without_error_and_gives_each_reading_once(payload: str, aim: str | None) -> None:
    readings = identify(payload, aim)
    assert len({(c.kind, c.value) for c in readings}) == len(readings) <= MAX_READINGS
    assert {c.kind for c in readings} <= KINDS
    assert all((c.reason is None) == c.valid for c in readings)
    assert all(isinstance(part, str) for c in readings for part in c.parts.values())


@given(
    st.one_of(st.text(max_size=50), DIGITS, CODES, SHAPED, st.from_regex(r"[A-Za-z]{2}[0-9]{9}[A-Za-z]{2}"))
)
def test_a_scan_finds_the_label_a_manifest_made_of_the_same_text(text: str) -> None:
    label = label_of(text)
    if label is not None:
        assert (label.kind, label.value) in {(c.kind, c.value) for c in identify(text, None)}


@pytest.mark.parametrize("text", ["", "AB12", "x" * 41, "AB_123456", "AB123456\x1d"])
def test_what_is_no_tracking_number_makes_no_label(text: str) -> None:
    assert label_of(text) is None
