"""The sealed block: one size whatever it says, and bound to its place."""

from __future__ import annotations

import base64
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync import keys
from sync.errors import BadSeal, UnknownVersion
from sync.keys import Role, Suite
from sync.log import sealed
from sync.log.sealed import ROOM, SealedFinding

AUTHORITY = keys.generate("authority", Role.SEALING)
OTHER = keys.generate("authority", Role.SEALING)
ED = keys.generate("authority", Role.SEALING, Suite.ED25519)

codes = st.from_regex(r"[A-Z][A-Z_]{0,30}", fullmatch=True) | st.text(max_size=90)
params = st.dictionaries(
    st.text("abcdef", min_size=1, max_size=6), st.integers(-(2**53), 2**53) | st.text(max_size=90), max_size=3
)
findings = st.lists(st.builds(SealedFinding, codes, params), max_size=40)
weights = st.lists(st.tuples(st.text("abcdef", max_size=12), st.integers(-5000, 5000)), max_size=12)


def read(plaintext: bytes) -> sealed.Reasons:
    return sealed.unseal(sealed.seal(plaintext, AUTHORITY.public, "00ff", 7), AUTHORITY, "00ff", 7)


def block(content: Any) -> str:
    data = msgspec.msgpack.encode(content)
    return sealed.seal((bytes([len(data)]) + data).ljust(ROOM, b"\x00"), AUTHORITY.public, "00ff", 7)


@settings(deadline=None, max_examples=150)
@given(findings, st.none() | st.integers(0, 1000), weights)
def test_every_block_has_one_size_and_says_what_it_left_out(
    result: list[SealedFinding], risk: int | None, why: list[tuple[str, int]]
) -> None:
    plain = sealed.reasons(result, risk, why)
    assert len(plain) == ROOM
    text = sealed.seal(plain, AUTHORITY.public, "00ff", 7)
    assert len(text) == 344
    assert len(base64.b64decode(text, validate=True)) == 256

    content = sealed.unseal(text, AUTHORITY, "00ff", 7)
    assert (content.version, content.risk_permille) == (1, risk)
    kept = content.findings
    assert [f.code for f in kept] == [f.code for f in result[: len(kept)]]
    whole = sum(f == before for f, before in zip(kept, result, strict=False))
    assert content.left_out == len(result) - whole
    assert all(f == before or not f.params for f, before in zip(kept, result, strict=False))
    assert content.risk_reasons == why[: len(content.risk_reasons)]


def test_what_fits_is_said_in_full() -> None:
    result = [SealedFinding("LISTED_PARTY", {"list": "L-7", "permille": 930}), SealedFinding("TARGETED", {})]
    content = read(sealed.reasons(result, 412, [("value", 120), ("route", -30)]))
    assert content == sealed.Reasons(1, result, 412, [("value", 120), ("route", -30)], 0)


def test_reasons_of_the_risk_go_first_then_parameters_from_the_end_then_findings() -> None:
    one = SealedFinding("ONE", {"text": "x" * 60})
    two = SealedFinding("TWO", {"text": "y" * 60})
    why = [("group", 1)] * 4
    content = read(sealed.reasons([one, two], 5, why))
    assert (content.findings, content.risk_reasons, content.left_out) == ([one, two], why[:2], 0)

    three = SealedFinding("THREE", {"text": "z" * 60})
    content = read(sealed.reasons([one, two, three], 5, why))
    assert (content.findings, content.left_out) == ([one, two, SealedFinding("THREE", {})], 1)
    assert content.risk_reasons == []

    many = [SealedFinding(f"CODE_{n}", {"n": n}) for n in range(60)]
    content = read(sealed.reasons(many, 5, why))
    assert 0 < len(content.findings) < 60
    assert content.findings == [SealedFinding(f.code, {}) for f in many[: len(content.findings)]]
    assert content.left_out == 60


def test_a_finding_too_long_for_the_block_is_counted_not_sent() -> None:
    content = read(sealed.reasons([SealedFinding("X" * 300, {"a": 1})], None))
    assert (content.findings, content.left_out) == ([], 1)


def test_two_blocks_of_one_content_have_nothing_in_common() -> None:
    plain = sealed.reasons([], None)
    one, two = (sealed.seal(plain, AUTHORITY.public, "00ff", 7) for _ in range(2))
    assert one != two


def test_a_block_opens_at_its_own_place_only() -> None:
    text = sealed.seal(sealed.reasons([], 5), AUTHORITY.public, "00ff", 7)
    assert sealed.unseal(text, AUTHORITY, "00ff", 7).risk_permille == 5
    for key, log_id, seq in (
        (AUTHORITY, "00ff", 8),
        (AUTHORITY, "00fe", 7),
        (AUTHORITY, "00ff|7", 7),
        (OTHER, "00ff", 7),
        (ED, "00ff", 7),
    ):
        with pytest.raises(BadSeal):
            sealed.unseal(text, key, log_id, seq)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 256 * 8 - 1))
def test_a_block_with_one_bit_turned_does_not_open(bit: int) -> None:
    raw = bytearray(base64.b64decode(sealed.seal(sealed.reasons([], 5), AUTHORITY.public, "00ff", 7)))
    raw[bit // 8] ^= 1 << bit % 8
    with pytest.raises(BadSeal):
        sealed.unseal(base64.b64encode(raw).decode(), AUTHORITY, "00ff", 7)


@settings(deadline=None, max_examples=60)
@given(st.binary(min_size=256, max_size=256) | st.binary(max_size=300))
def test_garbage_does_not_open_and_raises_nothing_else(raw: bytes) -> None:
    with pytest.raises(BadSeal):
        sealed.unseal(base64.b64encode(raw).decode(), AUTHORITY, "00ff", 7)


@pytest.mark.parametrize("text", ["", "é" * 344, "%" * 344, "A" * 343, "A" * 343 + "\n"])
def test_text_that_is_no_block_does_not_open(text: str) -> None:
    with pytest.raises(BadSeal):
        sealed.unseal(text, AUTHORITY, "00ff", 7)


@pytest.mark.parametrize("size", [0, ROOM - 1, ROOM + 1])
def test_only_a_plaintext_of_the_one_size_is_sealed(size: int) -> None:
    with pytest.raises(BadSeal, match=f"{size} bytes to be sealed"):
        sealed.seal(bytes(size), AUTHORITY.public, "00ff", 7)


@pytest.mark.parametrize("content", [[2, [], None, [], 0], [2, [], None, [], 0, "more"], [2], [2, {"a": 1}]])
def test_an_unknown_version_is_refused_by_its_number_whatever_its_shape(content: list[Any]) -> None:
    with pytest.raises(UnknownVersion, match="sealed block has version 2,"):
        sealed.unseal(block(content), AUTHORITY, "00ff", 7)


@pytest.mark.parametrize(
    "content", [{}, [], "x", [1], ["1", [], None, [], 0], [1, [["X", {"a": 1.5}]], None, [], 0]]
)
def test_a_plaintext_of_another_shape_is_refused(content: object) -> None:
    with pytest.raises(BadSeal):
        sealed.unseal(block(content), AUTHORITY, "00ff", 7)


@settings(deadline=None, max_examples=60)
@given(st.binary(min_size=ROOM, max_size=ROOM))
def test_a_plaintext_of_garbage_raises_nothing_unnamed(plain: bytes) -> None:
    text = sealed.seal(plain, AUTHORITY.public, "00ff", 7)
    with pytest.raises((BadSeal, UnknownVersion)):
        sealed.unseal(text, AUTHORITY, "00ff", 7)


def test_a_short_secret_opens_with_its_key_for_its_purpose() -> None:
    text = sealed.seal_bytes(b"audit key", AUTHORITY.public, "audit/00ff")
    assert sealed.unseal_bytes(text, AUTHORITY, "audit/00ff") == b"audit key"
    for bad, key, purpose in (
        (text, AUTHORITY, "audit/00fe"),
        (text, OTHER, "audit/00ff"),
        (text, ED, "audit/00ff"),
        (text[:-8], AUTHORITY, "audit/00ff"),
        ("", AUTHORITY, "audit/00ff"),
        ("é", AUTHORITY, "audit/00ff"),
    ):
        with pytest.raises(BadSeal):
            sealed.unseal_bytes(bad, key, purpose)
