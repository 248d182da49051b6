"""Keys: one per role, two suites, thumbprints as ids, key cards to register and pin."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from sync.errors import BadKeyFile, BadSignature, UnknownKey, UnknownVersion

_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_ECDSA = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
_ECDSA_VERIFY = ec.ECDSA(hashes.SHA256())
_MAX_CARD = 65_536


class Role(StrEnum):
    """What a key may sign, or be sealed to; a key has exactly one role."""

    DECISIONS = "decisions"
    CHECKPOINTS = "checkpoints"
    COSIGNATURES = "cosignatures"
    CENTRE_LOG = "centre-log"
    DIRECTIVES = "directives"
    PUBLISHING = "publishing"
    SEALING = "sealing"


class Suite(StrEnum):
    """The registry, never the envelope, says which suite a key has."""

    ES256 = "ES256"
    ED25519 = "Ed25519"


def _spki(key: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass(frozen=True, kw_only=True)
class PublicKey:
    """A registered public key. ``spki`` is its DER SubjectPublicKeyInfo."""

    owner: str
    role: Role
    suite: Suite
    spki: bytes

    @cached_property
    def _loaded(self) -> ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey:
        try:
            key = serialization.load_der_public_key(self.spki)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise BadKeyFile(f"the {self.role} key of {self.owner} is not a public key: {error}") from error
        fits = (
            isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)
            if self.suite is Suite.ES256
            else isinstance(key, ed25519.Ed25519PublicKey)
        )
        if not fits:
            raise BadKeyFile(f"the {self.role} key of {self.owner} is not of suite {self.suite}")
        assert isinstance(key, ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey)
        if _spki(key) != self.spki:
            # The key id of a signed note is a hash of these bytes: one key has one form and so one id.
            raise BadKeyFile(f"the {self.role} key of {self.owner} is not in its uncompressed DER form")
        return key

    @cached_property
    def keyid(self) -> str:
        """JWK thumbprint (RFC 7638), base64url without padding."""
        key = self._loaded
        if isinstance(key, ec.EllipticCurvePublicKey):
            numbers = key.public_numbers()
            jwk = {
                "crv": "P-256",
                "kty": "EC",
                "x": _b64url(numbers.x.to_bytes(32)),
                "y": _b64url(numbers.y.to_bytes(32)),
            }
        else:
            jwk = {"crv": "Ed25519", "kty": "OKP", "x": _b64url(key.public_bytes_raw())}
        return _b64url(hashlib.sha256(json.dumps(jwk, separators=(",", ":")).encode()).digest())

    @property
    def ec_key(self) -> ec.EllipticCurvePublicKey:
        """The P-256 key itself, to seal to.

        Raises:
            BadKeyFile: the key is of another suite.
        """
        key = self._loaded
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise BadKeyFile(f"the {self.role} key of {self.owner} is not a P-256 key")
        return key

    @property
    def raw_ed25519(self) -> bytes:
        """The 32 bytes of an Ed25519 key.

        Raises:
            BadKeyFile: the key is of another suite.
        """
        key = self._loaded
        if not isinstance(key, ed25519.Ed25519PublicKey):
            raise BadKeyFile(f"the {self.role} key of {self.owner} is not an Ed25519 key")
        return key.public_bytes_raw()

    def verify(self, data: bytes, signature: bytes) -> None:
        """Check a 64-byte signature; ECDSA must be r ‖ s with low s.

        Raises:
            BadSignature: data or signature was altered, or s is high.
        """
        key = self._loaded
        if len(signature) != 64:
            raise BadSignature(f"a signature of {len(signature)} bytes instead of 64")
        try:
            if isinstance(key, ed25519.Ed25519PublicKey):
                key.verify(signature, data)
                return
            r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
            if s > _P256_ORDER // 2:
                raise BadSignature("the signature has a high s, a second form of the same signature")
            key.verify(encode_dss_signature(r, s), data, _ECDSA_VERIFY)
        except InvalidSignature as error:
            raise BadSignature(f"the {self.role} key of {self.owner} did not sign these bytes") from error

    def verify_der(self, data: bytes, signature: bytes) -> None:
        """Check an ASN.1 ECDSA signature, the form that signed notes use.

        Raises:
            BadSignature: data or signature was altered.
        """
        try:
            self.ec_key.verify(signature, data, _ECDSA_VERIFY)
        except InvalidSignature as error:
            raise BadSignature(f"the {self.role} key of {self.owner} did not sign this note") from error


@dataclass(frozen=True, kw_only=True)
class PrivateKey:
    """A private key in memory, with its public half."""

    public: PublicKey
    secret: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey = field(repr=False)

    def sign(self, data: bytes) -> bytes:
        """64 bytes; ECDSA is deterministic (RFC 6979), r ‖ s with low s."""
        if isinstance(self.secret, ed25519.Ed25519PrivateKey):
            return self.secret.sign(data)
        r, s = decode_dss_signature(self.secret.sign(data, _ECDSA))
        return r.to_bytes(32) + min(s, _P256_ORDER - s).to_bytes(32)

    def sign_der(self, data: bytes) -> bytes:
        """ASN.1 ECDSA signature, the form that signed notes use."""
        if isinstance(self.secret, ed25519.Ed25519PrivateKey):
            raise BadKeyFile(f"the {self.public.role} key of {self.public.owner} is not a P-256 key")
        return self.secret.sign(data, _ECDSA)


def generate(owner: str, role: Role, suite: Suite = Suite.ES256) -> PrivateKey:
    """A new key pair."""
    secret = (
        ec.generate_private_key(ec.SECP256R1())
        if suite is Suite.ES256
        else ed25519.Ed25519PrivateKey.generate()
    )
    spki = _spki(secret.public_key())
    return PrivateKey(public=PublicKey(owner=owner, role=role, suite=suite, spki=spki), secret=secret)


def save_private(key: PrivateKey, folder: Path) -> Path:
    """Write ``<role>.pem`` (PKCS#8), readable by its owner only; an existing key is never overwritten."""
    path = folder / f"{key.public.role}.pem"
    pem = key.secret.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise BadKeyFile(f"{path} exists already; a key is never overwritten") from error
    with os.fdopen(handle, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    return path


def load_private(folder: Path, owner: str, role: Role) -> PrivateKey:
    """Read ``<role>.pem``.

    Raises:
        BadKeyFile: missing, readable by others, or no private key of a known suite.
    """
    path = folder / f"{role}.pem"
    try:
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise BadKeyFile(f"{path} is readable by others; run: chmod 600 {path}")
        secret = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise BadKeyFile(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:  # TypeError: it has a passphrase
        raise BadKeyFile(f"{path} is not a private key in plain PEM form: {error}") from error
    if isinstance(secret, ec.EllipticCurvePrivateKey) and isinstance(secret.curve, ec.SECP256R1):
        suite = Suite.ES256
    elif isinstance(secret, ed25519.Ed25519PrivateKey):
        suite = Suite.ED25519
    else:
        raise BadKeyFile(f"{path} is of an unsupported kind; P-256 and Ed25519 are known")
    spki = _spki(secret.public_key())
    return PrivateKey(public=PublicKey(owner=owner, role=role, suite=suite, spki=spki), secret=secret)


def write_card(keys: Iterable[PublicKey]) -> bytes:
    """A key card: public keys as JSON, to be registered at, or pinned by, another machine."""
    rows = [
        {
            "keyid": key.keyid,
            "owner": key.owner,
            "role": key.role.value,
            "spki": base64.b64encode(key.spki).decode(),
            "suite": key.suite.value,
        }
        for key in keys
    ]
    return json.dumps({"v": 1, "keys": rows}, indent=2, sort_keys=True).encode() + b"\n"


def read_card(data: bytes, name: str = "key card") -> tuple[PublicKey, ...]:
    """The public keys of a card; each id is computed again and must agree.

    Raises:
        BadKeyFile: malformed, too large, or an id that is not its key's.
        UnknownVersion: a version other than 1.
    """
    if len(data) > _MAX_CARD:
        raise BadKeyFile(f"{name} has {len(data)} bytes, more than a key card may have")
    try:
        card: Any = json.loads(data)
        if type(card["v"]) is not int or card["v"] != 1:
            raise UnknownVersion(name, card["v"])
        keys = []
        for row in card["keys"]:
            key = PublicKey(
                owner=str(row["owner"]),
                role=Role(row["role"]),
                suite=Suite(row["suite"]),
                spki=base64.b64decode(row["spki"], validate=True),
            )
            if key.keyid != row["keyid"]:
                raise BadKeyFile(f"{name}: the id of the {key.role} key of {key.owner} is not its own")
            keys.append(key)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadKeyFile(f"{name} is not a key card: {error}") from error
    return tuple(keys)


class Keyring:
    """The public keys that are trusted, by id and by owner and role."""

    def __init__(self, keys: Iterable[PublicKey]) -> None:
        self._by_id = {key.keyid: key for key in keys}

    def __iter__(self) -> Any:
        return iter(self._by_id.values())

    def get(self, keyid: str, role: Role) -> PublicKey:
        """The key of that id.

        Raises:
            UnknownKey: none is trusted for that role.
        """
        key = self._by_id.get(keyid)
        if key is None or key.role is not role:
            raise UnknownKey(f"no {role} key with id {keyid} is trusted here")
        return key

    def only(self, role: Role, owner: str | None = None) -> PublicKey:
        """The one key with that role (of that owner).

        Raises:
            UnknownKey: there is none, or more than one.
        """
        matching = [k for k in self._by_id.values() if k.role is role and owner in (None, k.owner)]
        if len(matching) != 1:
            whose = f" of {owner}" if owner else ""
            raise UnknownKey(f"{len(matching)} {role} keys{whose} are trusted here where one is needed")
        return matching[0]
