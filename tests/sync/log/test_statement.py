"""Statements: the canonical profile of RFC 8785, and what a reader refuses."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.errors import BadStatement, UnknownVersion
from sync.log import statement
from sync.log.statement import (
    MAX_INTEGER,
    MAX_PAYLOAD,
    Anchor,
    ClockReading,
    Decision,
    Event,
    LogOpened,
    LogPlace,
)

PLACE = LogPlace(
    log_id="00ff",
    seq=7,
    prev="ab" * 32,
    boot="b1",
    mono_ns=123_456_789,
    at="2025-03-01T09:30:00.000Z",
    clock=ClockReading(source="ntp", u_ms=40),
    anchor=Anchor(origin="centre.example/log", size=3, root="cd" * 32),
)
BODIES: dict[str, dict[str, Any]] = {
    "opened": {
        "hub": "hub-1",
        "software": "preclear 1.0",
        "keys": ["k1", "k2"],
        "continues": {"log_id": "00aa", "size": 9, "root": "ef" * 32},
        "audit_key_sealed": None,
    },
    "event": {"code": "POLICY_CHANGED", "params": {"version": 4, "by": "authority"}},
    "decision": {
        "piece": {"kind": "s10", "value": "RR473124829GB"},
        "consignment": "c-1",
        "receptacle": None,
        "station": "lane-1",
        "operator": None,
        "disposition": "RFS",
        "set_by": "HUB",
        "because": "scan",
        "source": "station",
        "supersedes": None,
        "evaluated_for": "2025-03-01T09:30:00Z",
        "valid_until": "2025-03-08T09:30:00Z",
        "open": [{"code": "WEIGHT_DIFFERS", "params": {"grams": 120}}],
        "sealed": "AAAA",
        "weight": {"digits": "1.250", "unit": "kg", "grams": 1250, "u_grams": 5, "stable": True},
        "digests": {"policy": "11" * 32, "lists": None, "model": None, "inputs": None, "scan": None},
    },
}
KINDS = {"opened": LogOpened, "event": Event, "decision": Decision}

keys = st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True)
scalars = st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | st.text(max_size=20)


def values(depth: int) -> st.SearchStrategy[Any]:
    """Values inside the profile, nested ``depth`` deep at most."""
    if depth == 0:
        return scalars
    inner = st.deferred(lambda: values(depth - 1))
    return scalars | st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4)


def payload(kind: str) -> bytes:
    return statement.encode(kind, PLACE, BODIES[kind])


def nested(lists: int) -> list[Any]:
    """``lists`` lists inside each other."""
    inner: list[Any] = []
    for _ in range(lists - 1):
        inner = [inner]
    return inner


@settings(deadline=None)
@given(st.dictionaries(keys, values(4), max_size=6))
def test_inside_the_profile_the_bytes_are_those_of_rfc_8785(document: dict[str, Any]) -> None:
    assert statement.canonical(document) == rfc8785.dumps(document)


def test_the_escapes_of_strings_are_those_of_rfc_8785() -> None:
    text = "".join(map(chr, range(0x100))) + "\u2028\ufeff\U0001f4e6"
    assert statement.canonical({"a": text}) == rfc8785.dumps({"a": text})


class Colour(StrEnum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (1.0, "float"),
        (math.nan, "float"),
        (Decimal(1), "Decimal"),
        (b"x", "bytes"),
        ({1, 2}, "set"),
        (Colour.RED, "Colour"),
        (2**53, "54 bits"),
        (-(2**53), "54 bits"),
        ("\ud800", "not encodable"),
        ({"\ud800": 1}, "snake_case"),
        ({"Key": 1}, "snake_case"),
        ({"key-a": 1}, "snake_case"),
        ({"_a": 1}, "snake_case"),
        ({"1a": 1}, "snake_case"),
        ({"a\n": 1}, "snake_case"),
        ({"é": 1}, "snake_case"),
        ({"": 1}, "snake_case"),
        ({1: 1}, "snake_case"),
        (nested(8), "too deeply"),
        ("x" * MAX_PAYLOAD, "more than the 16384"),
    ],
    ids=lambda value: repr(value)[:16],
)
def test_outside_the_profile_nothing_is_encoded(value: Any, why: str) -> None:
    with pytest.raises(BadStatement, match=why):
        statement.canonical({"a": value})


def test_an_integer_too_long_to_print_is_refused_like_any_other() -> None:
    with pytest.raises(BadStatement, match="16610 bits"):
        statement.canonical({"a": 10**5000})


def test_the_limits_themselves_are_inside_the_profile() -> None:
    assert statement.canonical({"a": nested(7)}) == b'{"a":[[[[[[[]]]]]]]}'
    assert statement.canonical({"a": MAX_INTEGER}) == b'{"a":9007199254740991}'
    assert statement.canonical({"a": -MAX_INTEGER}) == b'{"a":-9007199254740991}'
    room = MAX_PAYLOAD - len('{"a":""}')
    assert len(statement.canonical({"a": "x" * room})) == MAX_PAYLOAD
    with pytest.raises(BadStatement):
        statement.canonical({"a": "x" * (room + 1)})


@pytest.mark.parametrize("kind", BODIES)
def test_what_is_encoded_is_read_back_and_encodes_to_the_same_bytes(kind: str) -> None:
    data = payload(kind)
    result = statement.parse(kind, data)
    assert type(result) is KINDS[kind]
    assert (result.log_id, result.seq, result.prev) == (PLACE.log_id, PLACE.seq, PLACE.prev)
    assert (result.clock, result.anchor) == (PLACE.clock, PLACE.anchor)
    assert data == rfc8785.dumps(json.loads(data))


def test_the_type_names_kind_and_version() -> None:
    assert statement.payload_type("decision") == "application/vnd.preclear.decision.v1+json"


@pytest.mark.parametrize("kind", BODIES)
def test_every_field_is_needed_and_no_other_is_taken(kind: str) -> None:
    whole = json.loads(payload(kind))
    for name in whole:
        with pytest.raises(BadStatement):
            statement.parse(kind, statement.canonical({k: v for k, v in whole.items() if k != name}))
    with pytest.raises(BadStatement, match="unknown field"):
        statement.parse(kind, statement.canonical(whole | {"extra": 1}))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("disposition",), "RELEASED"),
        (("set_by",), "OPERATOR"),
        (("because",), "hunch"),
        (("source",), "mail"),
        (("seq",), "7"),
        (("seq",), None),
        (("weight", "grams"), "1250"),
        (("weight", "stable"), 1),
        (("piece",), None),
        (("open",), [{"code": "X", "params": {"a": True}}]),
        (("open",), [{"code": "X", "params": {}, "note": "x"}]),
        (("clock", "drift"), 1),
        (("digests", "policy"), 3),
    ],
    ids=str,
)
def test_a_field_of_the_wrong_kind_is_refused(path: tuple[str, ...], value: Any) -> None:
    whole = json.loads(payload("decision"))
    inner = whole
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    with pytest.raises(BadStatement):
        statement.parse("decision", statement.canonical(whole))


def test_a_statement_of_another_kind_than_announced_is_refused() -> None:
    with pytest.raises(BadStatement, match="'event' where 'decision'"):
        statement.parse("decision", payload("event"))
    with pytest.raises(BadStatement, match="'rumour'"):
        statement.parse("rumour", payload("event").replace(b'"event"', b'"rumour"'))


def test_an_unknown_version_is_refused_by_its_number_whatever_else_it_holds() -> None:
    with pytest.raises(UnknownVersion, match="version 2,"):
        statement.parse("decision", b'{"kind":"decision","new":[],"v":2}')


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"seq":7', b'"seq": 7'),
        (b'"seq":7', b'"seq":7.0'),
        (b'"seq":7', b'"seq":7e0'),
        (b'"seq":7', b'"seq":7,"seq":7'),
        (b'"seq":7', b'"seq":6,"seq":7'),
        (b'"v":1', b'"v":1.0'),
        (b'"ntp"', b'"\\u006etp"'),
        (b'"boot":"b1",', b""),
        (b"}", b"}\n"),
        (b"{", b" {"),
        (b"{", b"\xef\xbb\xbf{"),
    ],
    ids=str,
)
def test_bytes_that_are_not_canonical_are_refused(old: bytes, new: bytes) -> None:
    data = payload("event")
    altered = data.replace(old, new, 1) if old != b"}" else data + b"\n"
    assert altered != data
    with pytest.raises(BadStatement):
        statement.parse("event", altered)


def test_members_in_another_order_are_not_canonical() -> None:
    whole = json.loads(payload("event"))
    turned = json.dumps(dict(reversed(whole.items())), separators=(",", ":")).encode()
    with pytest.raises(BadStatement, match="canonical"):
        statement.parse("event", turned)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"null",
        b'{"v":1}',
        b'{"v":1,"kind":"event\xff"}',
        b'{"v":1,"kind":"\\ud800"}',
        b'{"kind":"event","v":1,"x":' + b"[" * 8000 + b"]" * 8000 + b"}",
        b'{"kind":"event","v":1,"seq":' + b"9" * 5000 + b"}",
        b" " * (MAX_PAYLOAD + 1),
    ],
    ids=lambda data: repr(data[:20]),
)
def test_what_is_no_statement_is_refused(data: bytes) -> None:
    with pytest.raises(BadStatement):
        statement.parse("event", data)


@settings(deadline=None)
@given(st.binary(max_size=200), st.sampled_from(sorted(BODIES)))
def test_garbage_is_refused_and_raises_nothing_else(data: bytes, kind: str) -> None:
    with pytest.raises(BadStatement):
        statement.parse(kind, data)


@settings(deadline=None)
@given(st.data(), st.sampled_from(sorted(BODIES)))
def test_an_altered_byte_is_refused_or_is_another_canonical_statement(data: st.DataObject, kind: str) -> None:
    good = payload(kind)
    at = data.draw(st.integers(0, len(good) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda b: b != good[at]))
    altered = good[:at] + bytes([byte]) + good[at + 1 :]
    try:
        result = statement.parse(kind, altered)
    except BadStatement:
        return
    assert result != statement.parse(kind, good)
    assert rfc8785.dumps(json.loads(altered)) == altered
