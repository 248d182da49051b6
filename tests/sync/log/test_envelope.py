"""Envelopes: the vectors of DSSE v1.0.2, and every way to lie with one."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from sync import keys
from sync.errors import BadEnvelope, BadSignature, SyncError, UnknownKey
from sync.keys import Keyring, PrivateKey, PublicKey, Role, Suite
from sync.log import envelope
from sync.log.envelope import Envelope, Signature

TYPE = "http://example.com/HelloWorld"
_SECRET = ec.derive_private_key(
    97358161215184420915383655311931858321456579547487070936769975997791359926199, ec.SECP256R1()
)
DSSE = PrivateKey(
    public=PublicKey(
        owner="authority",
        role=Role.PUBLISHING,
        suite=Suite.ES256,
        spki=_SECRET.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        ),
    ),
    secret=_SECRET,
)
"""The test key of the DSSE protocol document."""
OTHER = keys.generate("authority", Role.PUBLISHING, Suite.ED25519)
STRANGER = keys.generate("stranger", Role.PUBLISHING)
RING = Keyring([DSSE.public, OTHER.public])
SEALED = envelope.seal_envelope(TYPE, b"hello world", DSSE)


def opened(result: Envelope, role: Role = Role.PUBLISHING) -> bytes:
    return envelope.open_envelope(result, RING, role, {TYPE})


@pytest.mark.parametrize(
    ("kind", "payload", "encoded"),
    [
        (TYPE, b"hello world", b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"),
        ("", b"", b"DSSEv1 0  0 "),
        ("é", b"\x00\xff ", b"DSSEv1 2 \xc3\xa9 3 \x00\xff "),
        ("a 1", b"b", b"DSSEv1 3 a 1 1 b"),
    ],
)
def test_the_pre_authentication_encoding_is_that_of_dsse(kind: str, payload: bytes, encoded: bytes) -> None:
    assert envelope.pae(kind, payload) == encoded


pairs = st.tuples(st.text(max_size=6), st.binary(max_size=6))


@settings(deadline=None)
@given(pairs, pairs)
def test_two_messages_never_share_an_encoding(one: tuple[str, bytes], two: tuple[str, bytes]) -> None:
    assert (envelope.pae(*one) == envelope.pae(*two)) == (one == two)


def test_the_published_envelope_is_made_and_opened() -> None:
    published = "A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA=="
    raw = json.loads(envelope.encode(SEALED))
    assert raw["payload"] == "aGVsbG8gd29ybGQ="
    assert raw["payloadType"] == TYPE
    assert raw["signatures"] == [{"keyid": DSSE.public.keyid, "sig": published}]
    assert opened(envelope.decode(envelope.encode(SEALED))) == b"hello world"


def test_both_alphabets_of_base64_are_read_with_and_without_padding() -> None:
    raw = json.loads(envelope.encode(SEALED))
    url = {
        **raw,
        "payload": raw["payload"].rstrip("="),
        "signatures": [
            {**s, "sig": s["sig"].replace("+", "-").replace("/", "_").rstrip("=")} for s in raw["signatures"]
        ],
    }
    assert envelope.decode(json.dumps(url).encode()) == SEALED


def test_unknown_signatures_beside_a_good_one_do_not_matter() -> None:
    both = envelope.seal_envelope(TYPE, b"hello world", STRANGER, DSSE, OTHER)
    assert opened(both) == b"hello world"


def test_a_signature_of_a_known_key_of_another_role_counts_as_unknown() -> None:
    directives = keys.generate("authority", Role.DIRECTIVES)
    both = envelope.seal_envelope(TYPE, b"x", directives, DSSE)
    ring = Keyring([directives.public, DSSE.public])
    assert envelope.open_envelope(both, ring, Role.PUBLISHING, {TYPE}) == b"x"
    with pytest.raises(UnknownKey, match="no publishing key"):
        envelope.open_envelope(envelope.seal_envelope(TYPE, b"x", directives), ring, Role.PUBLISHING, {TYPE})


def test_a_key_that_is_not_trusted_for_the_role_opens_nothing() -> None:
    with pytest.raises(UnknownKey, match="no publishing key"):
        opened(envelope.seal_envelope(TYPE, b"x", STRANGER))
    with pytest.raises(UnknownKey, match="no directives key"):
        opened(SEALED, Role.DIRECTIVES)


@pytest.mark.parametrize(
    "altered",
    [
        replace(SEALED, payload=b"hello World"),
        replace(SEALED, payload=b""),
        replace(SEALED, signatures=(Signature(keyid=DSSE.public.keyid, sig=STRANGER.sign(b"x")),)),
        replace(SEALED, signatures=(replace(SEALED.signatures[0], keyid=OTHER.public.keyid),)),
        replace(SEALED, signatures=(*SEALED.signatures, Signature(keyid=OTHER.public.keyid, sig=bytes(64)))),
        replace(
            SEALED,
            signatures=envelope.seal_envelope("http://example.com/Other", b"hello world", DSSE).signatures,
        ),
    ],
    ids=["payload", "no payload", "signature", "other suite", "one of two", "other type"],
)
def test_an_altered_envelope_is_refused(altered: Envelope) -> None:
    with pytest.raises(BadSignature):
        opened(altered)


def test_a_type_that_is_not_expected_is_refused_before_anything_else() -> None:
    with pytest.raises(BadEnvelope, match=r"example\.com/Other"):
        opened(replace(SEALED, payload_type="http://example.com/Other", signatures=()))


@pytest.mark.parametrize("count", [0, 9])
def test_an_envelope_has_one_to_eight_signatures(count: int) -> None:
    many = replace(SEALED, signatures=SEALED.signatures * count)
    with pytest.raises(BadEnvelope, match=f"{count} signatures"):
        opened(many)
    with pytest.raises(BadEnvelope, match=f"{count} signatures"):
        envelope.decode(envelope.encode(many))


@pytest.mark.parametrize(
    "change",
    [
        {"payload": None},
        {"payload": 3},
        {"payload": "a"},
        {"payload": "aGVsbG8=gd29ybGQ="},
        {"payload": "é"},
        {"payload": "aGVs bG8="},
        {"payloadType": None},
        {"payloadType": ["x"]},
        {"signatures": None},
        {"signatures": "abc"},
        {"signatures": [[]]},
        {"signatures": [{}]},
        {"signatures": [{"sig": None}]},
        {"signatures": [{"keyid": 1, "sig": ""}]},
        {"signatures": [{"keyid": None, "sig": ""}]},
    ],
    ids=str,
)
def test_a_malformed_envelope_is_refused(change: dict[str, Any]) -> None:
    raw = json.loads(envelope.encode(SEALED)) | change
    with pytest.raises(BadEnvelope):
        envelope.decode(json.dumps(raw).encode())


@pytest.mark.parametrize("size", [0, 63, 65])
def test_a_signature_of_another_size_is_refused_when_read(size: int) -> None:
    raw = json.loads(envelope.encode(SEALED))
    raw["signatures"][0]["sig"] = base64.b64encode(bytes(size)).decode()
    with pytest.raises(BadSignature, match="not 64 bytes"):
        envelope.decode(json.dumps(raw).encode())


@pytest.mark.parametrize(
    "data",
    [
        b'{"payload":"","payload":"eA==","payloadType":"t","signatures":[]}',
        b'{"payload":"","payloadType":"t","signatures":[{"sig":"","sig":"eA=="}]}',
        b"[" * 100_000,
        b"",
        b"\xff",
        b"[]",
        b" " * (envelope.MAX_ENVELOPE + 1),
    ],
    ids=["key twice", "key twice inside", "deep", "empty", "not text", "a list", "too large"],
)
def test_what_is_no_envelope_is_refused(data: bytes) -> None:
    with pytest.raises(BadEnvelope):
        envelope.decode(data)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_garbage_raises_nothing_unnamed(data: bytes) -> None:
    with pytest.raises(SyncError):
        envelope.decode(data)


@settings(deadline=None)
@given(st.text(max_size=20), st.binary(max_size=60))
def test_whatever_is_sealed_is_read_back(kind: str, payload: bytes) -> None:
    sealed = envelope.seal_envelope(kind, payload, DSSE, OTHER)
    assert envelope.decode(envelope.encode(sealed)) == sealed
    assert envelope.open_envelope(sealed, RING, Role.PUBLISHING, {kind}) == payload
