"""Reference data: only what the pinned authority published, and only of the type that was asked for."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync import keys
from sync.errors import BadEnvelope, BadSignature, SyncError, UnknownKey
from sync.keys import Keyring, Role, Suite
from sync.log import envelope
from sync.reference import documents
from sync.reference.documents import LIST_TYPE, POLICY_TYPE

AUTHORITY = keys.generate("authority", Role.PUBLISHING)
PINNED = Keyring([AUTHORITY.public])
POLICY = b'version = 3\n[defaults]\noutcome = "RFS"\n'
SIGNED = documents.publish(POLICY, POLICY_TYPE, AUTHORITY)


def read(
    folder: Path, data: bytes, kind: str = POLICY_TYPE, ring: Keyring = PINNED
) -> documents.PublishedDocument:
    path = folder / "policy.json"
    path.write_bytes(data)
    return documents.read(path, kind, ring)


def changed(**change: Any) -> bytes:
    return json.dumps(json.loads(SIGNED) | change).encode()


@pytest.mark.parametrize("suite", Suite)
def test_a_published_document_is_read_and_named_by_its_digest(tmp_path: Path, suite: Suite) -> None:
    author = keys.generate("authority", Role.PUBLISHING, suite)
    result = read(tmp_path, documents.publish(POLICY, POLICY_TYPE, author), ring=Keyring([author.public]))
    assert result.payload == POLICY
    assert result.digest == hashlib.sha256(POLICY).hexdigest()


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.PUBLISHING])
def test_a_key_of_another_role_publishes_nothing(tmp_path: Path, role: Role) -> None:
    key = keys.generate("authority", role)
    with pytest.raises(UnknownKey, match="no publishing key"):
        read(
            tmp_path,
            documents.publish(POLICY, POLICY_TYPE, key),
            ring=Keyring([AUTHORITY.public, key.public]),
        )


def test_a_stranger_publishes_nothing_even_under_the_authoritys_id(tmp_path: Path) -> None:
    stranger = keys.generate("authority", Role.PUBLISHING)
    forged = documents.publish(POLICY, POLICY_TYPE, stranger)
    with pytest.raises(UnknownKey, match=stranger.public.keyid):
        read(tmp_path, forged)
    with pytest.raises(BadSignature):
        read(tmp_path, forged.replace(stranger.public.keyid.encode(), AUTHORITY.public.keyid.encode()))


def test_a_document_of_another_type_is_refused_also_when_it_is_renamed(tmp_path: Path) -> None:
    with pytest.raises(BadEnvelope, match=r"policy\.v1"):
        read(tmp_path, SIGNED, LIST_TYPE)
    with pytest.raises(BadEnvelope, match=r"list\.v2"):
        read(tmp_path, documents.publish(b"[]", LIST_TYPE.replace("v1", "v2"), AUTHORITY), LIST_TYPE)
    with pytest.raises(BadSignature):
        read(tmp_path, changed(payloadType=LIST_TYPE), LIST_TYPE)


def test_an_altered_or_unsigned_document_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSignature):
        read(tmp_path, changed(payload=base64.b64encode(POLICY.replace(b"RFS", b"CLR")).decode()))
    with pytest.raises(BadEnvelope, match="0 signatures"):
        read(tmp_path, changed(signatures=[]))
    with pytest.raises(BadEnvelope, match="not a DSSE envelope"):
        read(tmp_path, SIGNED[:-10])
    with pytest.raises(BadEnvelope, match="not a DSSE envelope"):
        read(tmp_path, POLICY)


def test_a_file_that_is_not_there_or_too_large_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadEnvelope, match=r"none\.json cannot be read: No such file"):
        documents.read(tmp_path / "none.json", POLICY_TYPE, PINNED)
    with pytest.raises(BadEnvelope, match="cannot be read"):
        documents.read(tmp_path, POLICY_TYPE, PINNED)
    with pytest.raises(BadEnvelope, match="over the limit"):
        read(tmp_path, SIGNED + b" " * envelope.MAX_ENVELOPE)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_a_file_of_garbage_raises_nothing_unnamed(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(SyncError):
        read(tmp_path, data)
