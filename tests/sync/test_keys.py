"""Keys: published signature vectors, one form per signature, key files and key cards."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st

from sync import keys
from sync.errors import BadKeyFile, BadSignature, SyncError, UnknownKey, UnknownVersion
from sync.keys import Keyring, PrivateKey, PublicKey, Role, Suite

N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def spki_of(secret: Any, *, compressed: bool = False) -> bytes:
    if compressed:
        point = secret.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint
        )
        return bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200") + bytes(point)
    return bytes(
        secret.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )


def key_of(secret: Any, suite: Suite) -> PrivateKey:
    public = PublicKey(owner="hub-1", role=Role.DECISIONS, suite=suite, spki=spki_of(secret))
    return PrivateKey(public=public, secret=secret)


# RFC 6979 A.2.5 (P-256) and RFC 8032 §7.1 (tests 1 and 2).
P256 = key_of(
    ec.derive_private_key(0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721, ec.SECP256R1()),
    Suite.ES256,
)
P256_X = "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
P256_Y = "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
ED25519 = key_of(
    ed25519.Ed25519PrivateKey.from_private_bytes(
        bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    ),
    Suite.ED25519,
)
BOTH = pytest.mark.parametrize("key", [P256, ED25519], ids=["ES256", "Ed25519"])


@pytest.mark.parametrize(
    ("message", "r", "s"),
    [
        (
            b"sample",
            0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716,
            0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8,
        ),
        (
            b"test",
            0xF1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367,
            0x019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083,
        ),
    ],
)
def test_ecdsa_is_rfc_6979_with_the_lower_s(message: bytes, r: int, s: int) -> None:
    signature = P256.sign(message)
    assert signature == r.to_bytes(32) + min(s, N - s).to_bytes(32)
    assert decode_dss_signature(P256.sign_der(message)) == (r, s)
    P256.public.verify(message, signature)
    P256.public.verify_der(message, P256.sign_der(message))
    with pytest.raises(BadSignature, match="high s"):
        P256.public.verify(message, r.to_bytes(32) + max(s, N - s).to_bytes(32))


@pytest.mark.parametrize(
    ("secret", "public", "message", "signature"),
    [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
            "d25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
            "387b2eaeb4302aeeb00d291612bb0c00",
        ),
    ],
)
def test_ed25519_is_rfc_8032(secret: str, public: str, message: str, signature: str) -> None:
    key = key_of(ed25519.Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret)), Suite.ED25519)
    assert key.public.raw_ed25519.hex() == public
    assert key.sign(bytes.fromhex(message)).hex() == signature
    key.public.verify(bytes.fromhex(message), bytes.fromhex(signature))


def test_the_id_is_the_thumbprint_of_rfc_7638() -> None:
    def b64(number: str) -> str:
        return base64.urlsafe_b64encode(bytes.fromhex(number)).decode().rstrip("=")

    jwk = f'{{"crv":"P-256","kty":"EC","x":"{b64(P256_X)}","y":"{b64(P256_Y)}"}}'
    assert P256.public.keyid == b64(hashlib.sha256(jwk.encode()).hexdigest())
    assert ED25519.public.keyid == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"  # RFC 8037 A.3


@BOTH
@pytest.mark.parametrize("size", [0, 1, 63, 65, 128])
def test_a_signature_is_64_bytes(key: PrivateKey, size: int) -> None:
    with pytest.raises(BadSignature, match=f"{size} bytes instead of 64"):
        key.public.verify(b"sample", key.sign(b"sample").ljust(size, b"\x00")[:size])


@pytest.mark.parametrize("r", [0, 1, N, N + 1, 2**256 - 1])
@pytest.mark.parametrize("s", [0, 1, N // 2])
def test_no_invented_pair_of_numbers_is_a_signature(r: int, s: int) -> None:
    with pytest.raises(BadSignature):
        P256.public.verify(b"sample", r.to_bytes(32) + s.to_bytes(32))


@pytest.mark.parametrize("s", [0, N - 1, N, 2**256 - 1])
def test_a_valid_r_with_another_s_is_no_signature(s: int) -> None:
    with pytest.raises(BadSignature):
        P256.public.verify(b"sample", P256.sign(b"sample")[:32] + s.to_bytes(32))


@BOTH
@settings(deadline=None, max_examples=60)
@given(bit=st.integers(0, 64 * 8 - 1))
def test_a_signature_with_one_bit_turned_is_refused(key: PrivateKey, bit: int) -> None:
    signature = bytearray(key.sign(b"sample"))
    signature[bit // 8] ^= 1 << bit % 8
    with pytest.raises(BadSignature):
        key.public.verify(b"sample", bytes(signature))


@BOTH
def test_other_bytes_and_other_keys_are_refused(key: PrivateKey) -> None:
    with pytest.raises(BadSignature, match="decisions key of hub-1"):
        key.public.verify(b"sample.", key.sign(b"sample"))
    with pytest.raises(BadSignature):
        key.public.verify(b"sample", keys.generate("x", Role.DECISIONS, key.public.suite).sign(b"sample"))


@settings(deadline=None)
@given(st.binary(max_size=80))
def test_an_asn1_signature_of_garbage_is_refused(signature: bytes) -> None:
    with pytest.raises(BadSignature):
        P256.public.verify_der(b"sample", signature)


def test_a_key_does_only_what_its_suite_can() -> None:
    with pytest.raises(BadKeyFile, match="not a P-256 key"):
        _ = ED25519.public.ec_key
    with pytest.raises(BadKeyFile, match="not a P-256 key"):
        ED25519.sign_der(b"x")
    with pytest.raises(BadKeyFile, match="not an Ed25519 key"):
        _ = P256.public.raw_ed25519


@pytest.mark.parametrize(
    ("suite", "spki", "why"),
    [
        (Suite.ED25519, P256.public.spki, "not of suite Ed25519"),
        (Suite.ES256, ED25519.public.spki, "not of suite ES256"),
        (Suite.ES256, spki_of(ec.generate_private_key(ec.SECP384R1())), "not of suite ES256"),
        (Suite.ES256, b"", "not a public key"),
        (Suite.ES256, P256.public.spki + b"x", "not a public key"),
        (Suite.ES256, P256.public.spki[:-1] + b"\x00", "not a public key"),
        (Suite.ES256, P256.public.spki.replace(b"\x03\x01\x07", b"\x03\x01\x77"), "not a public key"),
        (Suite.ES256, P256.public.spki.replace(b"\x3d\x02\x01", b"\x3d\x02\x77"), "not a public key"),
        (Suite.ES256, spki_of(P256.secret, compressed=True), "uncompressed DER"),
    ],
    ids=["ec as ed", "ed as ec", "P-384", "empty", "longer", "off the curve", "curve", "kind", "compressed"],
)
def test_a_public_key_has_the_suite_and_the_form_it_is_registered_with(
    suite: Suite, spki: bytes, why: str
) -> None:
    with pytest.raises(BadKeyFile, match=why):
        PublicKey(owner="x", role=Role.DECISIONS, suite=suite, spki=spki).verify(b"", bytes(64))


def test_a_secret_is_not_shown() -> None:
    assert "secret" not in repr(P256)


@BOTH
def test_a_saved_key_is_read_back_by_its_owner_alone(tmp_path: Path, key: PrivateKey) -> None:
    path = keys.save_private(key, tmp_path)
    assert path.name == "decisions.pem"
    assert path.stat().st_mode & 0o777 == 0o600
    assert keys.load_private(tmp_path, "hub-1", Role.DECISIONS).public == key.public


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    before = keys.save_private(P256, tmp_path).read_bytes()
    with pytest.raises(BadKeyFile, match="never overwritten"):
        keys.save_private(keys.generate("hub-1", Role.DECISIONS), tmp_path)
    assert (tmp_path / "decisions.pem").read_bytes() == before


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o610, 0o601])
def test_a_private_key_that_others_can_reach_is_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    path = keys.save_private(P256, tmp_path)
    path.chmod(mode)
    with pytest.raises(BadKeyFile, match=f"chmod 600 {path}"):
        keys.load_private(tmp_path, "hub-1", Role.DECISIONS)


def pem(secret: Any, passphrase: bytes | None = None) -> bytes:
    lock: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase:
        lock = serialization.BestAvailableEncryption(passphrase)
    return bytes(secret.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "cannot be read"),
        (b"", "plain PEM"),
        (b"\x00\xff", "plain PEM"),
        (pem(P256.secret)[:80], "plain PEM"),
        (pem(P256.secret, b"secret"), "plain PEM"),
        (pem(ec.generate_private_key(ec.SECP384R1())), "unsupported kind"),
        (pem(rsa.generate_private_key(65537, 2048)), "unsupported kind"),
    ],
    ids=["missing", "empty", "garbage", "cut", "with a passphrase", "P-384", "RSA"],
)
def test_a_file_that_is_no_usable_key_is_refused(tmp_path: Path, content: bytes | None, why: str) -> None:
    if content is not None:
        (tmp_path / "decisions.pem").write_bytes(content)
        (tmp_path / "decisions.pem").chmod(0o600)
    with pytest.raises(BadKeyFile, match=why):
        keys.load_private(tmp_path, "hub-1", Role.DECISIONS)


def test_a_card_carries_public_keys() -> None:
    assert keys.read_card(keys.write_card([P256.public, ED25519.public])) == (P256.public, ED25519.public)


def altered_card(**change: object) -> bytes:
    card = json.loads(keys.write_card([P256.public]))
    card["keys"][0] |= change
    return json.dumps(card).encode()


@pytest.mark.parametrize(
    ("card", "why"),
    [
        (altered_card(keyid=ED25519.public.keyid), "not its own"),
        (altered_card(suite="Ed25519"), "not of suite"),
        (altered_card(suite="RS256"), "not a key card"),
        (altered_card(role="anything"), "not a key card"),
        (altered_card(spki="%"), "not a key card"),
        (altered_card(spki=base64.b64encode(ED25519.public.spki).decode()), "not of suite"),
        (altered_card(spki=3), "not a key card"),
        (b"{}", "not a key card"),
        (b"[]", "not a key card"),
        (b'{"v":1,"keys":[1]}', "not a key card"),
        (b"[" * 50_000, "not a key card"),
        (b"\xff", "not a key card"),
        (b" " * 70_000, "more than a key card"),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_a_card_that_does_not_hold_is_refused(card: bytes, why: str) -> None:
    with pytest.raises(BadKeyFile, match=why):
        keys.read_card(card)


@pytest.mark.parametrize("version", [2, 0, "1", 1.0, True, None])
def test_a_card_of_another_version_is_refused_by_that_version(version: object) -> None:
    card = json.dumps({"v": version, "keys": "another shape"}).encode()
    with pytest.raises(UnknownVersion, match=f"central.pub has version {version},"):
        keys.read_card(card, "central.pub")


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_a_card_of_garbage_raises_nothing_unnamed(data: bytes) -> None:
    with pytest.raises(SyncError):
        keys.read_card(data)


def test_a_ring_knows_keys_by_id_and_role_and_by_owner() -> None:
    other = keys.generate("hub-2", Role.DECISIONS).public
    ring = Keyring([P256.public, other])
    assert ring.get(P256.public.keyid, Role.DECISIONS) == P256.public
    assert ring.only(Role.DECISIONS, "hub-2") == other
    with pytest.raises(UnknownKey, match="no publishing key"):
        ring.get(P256.public.keyid, Role.PUBLISHING)
    with pytest.raises(UnknownKey, match="no decisions key"):
        ring.get("?", Role.DECISIONS)
    with pytest.raises(UnknownKey, match="2 decisions keys are"):
        ring.only(Role.DECISIONS)
    with pytest.raises(UnknownKey, match="0 decisions keys of hub-3"):
        ring.only(Role.DECISIONS, "hub-3")
