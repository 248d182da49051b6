"""Statements: what is signed, in canonical JSON (a restricted profile of RFC 8785).

Keys are ASCII snake_case; values are strings, booleans, null, integers up to 2^53 − 1, lists and objects of
these; there are no floats. Inside this profile sorted keys and minimal separators *are* the canonical form.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
import orjson

from sync.errors import BadStatement, UnknownVersion

MAX_INTEGER = 2**53 - 1
MAX_PAYLOAD = 16_384
"""Bytes of one statement; a decision is about 1.5 kB."""

VERSION = 1
_SNAKE = r"^[a-z][a-z0-9_]*\Z"
_KEY = re.compile(_SNAKE)
_MAX_DEPTH = 8


def canonical(value: Mapping[str, Any]) -> bytes:
    """Canonical bytes of a JSON object within the profile.

    Raises:
        BadStatement: a key, a number, a type, a depth or the size is outside the profile.

    >>> canonical({"b": 1, "a": [True, None, "é"]}).decode()
    '{"a":[true,null,"é"],"b":1}'
    """
    _check(value, 0)
    try:
        data = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except (TypeError, ValueError) as error:  # lone surrogates
        raise BadStatement(f"not encodable: {error}") from error
    if len(data) > MAX_PAYLOAD:
        raise BadStatement(f"{len(data)} bytes, more than the {MAX_PAYLOAD} a statement may have")
    return data


@functools.lru_cache(maxsize=1024)
def _is_key(text: str) -> bool:
    return _KEY.match(text) is not None


def _check(value: Any, depth: int) -> None:
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return
    if kind is int:
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise BadStatement(
                f"an integer of {value.bit_length()} bits is beyond those every JSON reader keeps"
            )
        return
    if depth >= _MAX_DEPTH:
        raise BadStatement("nested too deeply")
    if kind is dict or isinstance(value, Mapping):
        for key, item in value.items():
            if type(key) is not str or not _is_key(key):
                raise BadStatement(f"key {key!r} is not ASCII snake_case")
            if type(item) is not str:  # most are, and a text is always in its place
                _check(item, depth + 1)
        return
    if kind is list or kind is tuple:
        for item in value:
            _check(item, depth + 1)
        return
    raise BadStatement(f"{kind.__name__} has no place in a statement")


Whole = Annotated[int, msgspec.Meta(ge=-MAX_INTEGER, le=MAX_INTEGER)]
Key = Annotated[str, msgspec.Meta(pattern=_SNAKE)]
Params = dict[Key, str | Whole]
"""Parameters of a finding or an event: strings and integers, never a sentence, never a person's data."""


class ClockReading(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far ``at`` may be trusted: its source, and its uncertainty in ms (null: unknown)."""

    source: str
    u_ms: Whole | None


class Anchor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The newest checkpoint of the centre's own log that the hub held: proof of "not before"."""

    origin: str
    size: Whole
    root: str


class Piece(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The identifier a piece was recognised by."""

    kind: str
    value: str


class OpenFinding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A finding anybody at the hub may read."""

    code: str
    params: Params


class SignedWeight(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The device's own digits and unit; grams and uncertainty are derived."""

    digits: str
    unit: str
    grams: Whole
    u_grams: Whole
    stable: bool


class Digests(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """SHA-256 (hex) of what the decision read; null where there was none."""

    policy: str | None
    lists: str | None
    model: str | None
    inputs: str | None
    scan: str | None


class OldLog(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Head of the log that a new one continues."""

    log_id: str
    size: Whole
    root: str


class LogPlace(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the log writer alone knows about an entry: its number, its predecessor and its time.

    ``mono_ns`` counts from the start of ``boot``, so that it stays below 2^53.
    """

    log_id: str
    seq: Whole
    prev: str | None
    boot: str
    mono_ns: Whole
    at: str
    clock: ClockReading
    anchor: Anchor | None


class _Placed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    v: Literal[1]
    log_id: str
    seq: Whole
    prev: str | None
    boot: str
    mono_ns: Whole
    at: str
    clock: ClockReading
    anchor: Anchor | None


class LogOpened(_Placed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """First entry of a log: whose it is, which keys sign it, which log it continues.

    ``audit_key_sealed`` is the key of the random audit, sealed to the authority, who can thereby reproduce
    every draw.
    """

    kind: Literal["opened"]
    hub: str
    software: str
    keys: list[str]
    continues: OldLog | None
    audit_key_sealed: str | None


class Event(_Placed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that happened at the hub and bears on its decisions."""

    kind: Literal["event"]
    code: str
    params: Params


class Decision(_Placed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A preclearance decision v1: the hub's signed origin assessment of one piece; never a release."""

    kind: Literal["decision"]
    piece: Piece
    consignment: str | None
    receptacle: str | None
    station: str
    operator: str | None
    disposition: Literal["CLEAR", "RFI", "RFS", "DNL"]
    set_by: Literal["HUB", "AUTHORITY"]
    because: Literal["scan", "manifest", "policy", "list", "model", "override"]
    source: Literal["station", "keyed", "cli", "hub"]
    supersedes: Whole | None
    evaluated_for: str
    valid_until: str
    open: list[OpenFinding]
    sealed: str
    weight: SignedWeight | None
    digests: Digests


Statement = LogOpened | Event | Decision
_TYPES: dict[str, type[LogOpened] | type[Event] | type[Decision]] = {
    "opened": LogOpened,
    "event": Event,
    "decision": Decision,
}


class _Head(msgspec.Struct):
    v: int
    kind: str


_HEAD = msgspec.json.Decoder(_Head)
_SORTED = msgspec.json.Encoder(order="sorted")
_DECODERS = {kind: msgspec.json.Decoder(cls) for kind, cls in _TYPES.items()}


def payload_type(kind: str) -> str:
    """The DSSE payload type of a statement of ``kind``."""
    return f"application/vnd.preclear.{kind}.v{VERSION}+json"


def encode(kind: str, place: LogPlace, body: Mapping[str, Any]) -> bytes:
    """Canonical bytes of a statement at its place in the log."""
    anchor = place.anchor
    placed = {
        "v": VERSION,
        "kind": kind,
        "log_id": place.log_id,
        "seq": place.seq,
        "prev": place.prev,
        "boot": place.boot,
        "mono_ns": place.mono_ns,
        "at": place.at,
        "clock": {"source": place.clock.source, "u_ms": place.clock.u_ms},
        "anchor": None
        if anchor is None
        else {"origin": anchor.origin, "size": anchor.size, "root": anchor.root},
    }
    return canonical({**body, **placed})


def parse(kind: str, payload: bytes) -> Statement:
    """The statement that ``payload`` carries; the bytes must be canonical.

    Raises:
        UnknownVersion: a version other than 1.
        BadStatement: another kind, a missing or unknown field, bytes that are not canonical.
    """
    if len(payload) > MAX_PAYLOAD:
        raise BadStatement(f"{len(payload)} bytes, more than the {MAX_PAYLOAD} a statement may have")
    try:
        head = _HEAD.decode(payload)
        if head.v != VERSION:
            raise UnknownVersion(f"the {kind} statement", head.v)
        if head.kind != kind or kind not in _DECODERS:
            raise BadStatement(f"a statement of kind {head.kind!r} where {kind!r} was announced")
        statement: Statement = _DECODERS[kind].decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadStatement(f"not a {kind} statement: {error}") from error
    # Types and bounds were checked while decoding; inside the profile the sorted form is the canonical one.
    if _SORTED.encode(statement) != payload:
        raise BadStatement("the bytes are not in canonical form")
    return statement
