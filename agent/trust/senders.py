"""Who sent a file, as proved by its signature: keys of senders that the configuration pins.

A sender signs with common tools: ``openssl dgst -sha256 -sign key.pem -out FILE.sig FILE``. The signature is
verified over the SHA-256 of the file, so that a stored source can be verified again without the file.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from agent.domain.consignment.effective import SourceRole
from agent.domain.description.obfuscation import skeleton
from agent.errors import KeyUnfit, SignatureRefused

SUFFIX = ".sig"
"""The name of a signature is that of its file and this suffix."""
MAX_SIGNATURE = 8_192
"""Bytes; one of RSA with 16,384 bits takes a third of it as Base64."""
MAX_KEY_FILE = 65_536
LEAST_RSA_BITS, MOST_RSA_BITS = 2_048, 16_384
"""The least is NIST SP 800-131A's; verifying with more than the most would take the hub too long."""
UNNAMED = "unnamed"

_SHA256 = Prehashed(hashes.SHA256())
_PADDINGS = (
    padding.PKCS1v15(),
    padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=padding.PSS.AUTO),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderKey:
    """The key with which one party signs in one capacity."""

    party: str
    role: SourceRole
    key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey
    id: str
    """SHA-256 of its SubjectPublicKeyInfo (DER), hex."""
    must_sign: bool = False
    """Whether an unsigned file under the party's name is refused."""

    def verifies(self, sha256: str, signature: bytes) -> bool:
        """Whether this key signed data with that SHA-256 (hex): ECDSA in DER, RSA as PKCS #1 v1.5 or PSS."""
        digest = bytes.fromhex(sha256)
        if isinstance(self.key, ec.EllipticCurvePublicKey):
            with suppress(InvalidSignature):
                self.key.verify(signature, digest, ec.ECDSA(_SHA256))
                return True
            return False
        for scheme in _PADDINGS:
            with suppress(InvalidSignature):
                self.key.verify(signature, digest, scheme, _SHA256)
                return True
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderClaim:
    """The claim about who sent a file, and the signature that came with it."""

    party: str | None = None
    """None where nothing is claimed: the signature names the sender, or nobody does."""
    role: SourceRole | None = None
    signature: bytes | None = None
    """As ``read_signature`` gives it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitter:
    """The party that submitted a file, and the key that proves it where the file is signed."""

    party: str
    role: SourceRole
    signer: str | None = None
    signature: bytes | None = None


class TrustedSenders:
    """The pinned keys. The key decides who submitted a file; a claim may only agree with it.

    Raises:
        KeyUnfit: two senders have the same key.
    """

    def __init__(self, keys: Iterable[SenderKey] = ()) -> None:
        self._keys: dict[str, SenderKey] = {}
        for key in keys:
            if key.id in self._keys:
                other = self._keys[key.id].party
                raise KeyUnfit(f"{key.party} has the key of {other}; a key names one sender in one role")
            self._keys[key.id] = key

    def get(self, key_id: str) -> SenderKey | None:
        """The pinned key of that id."""
        return self._keys.get(key_id)

    def submitter(self, file: str, sha256: str, claim: SenderClaim) -> Submitter:
        """Who sent a file, by its signature or otherwise by the claim.

        Args:
            file: Its name, for messages.
            sha256: Of its content, hex.

        Raises:
            SignatureRefused: the signature does not verify or names another sender, or a sender that must
                sign did not.
        """
        party = claim.party
        named = [key for key in self._keys.values() if party is not None and _same(key.party, party)]
        if claim.signature is None:
            if any(key.must_sign for key in named):
                raise SignatureRefused(
                    file,
                    "E031",
                    f"{party} must sign its files; {file}{SUFFIX} was not found",
                    f"place {file}{SUFFIX} next to it",
                )
            return Submitter(party=party or UNNAMED, role=claim.role or SourceRole.FORWARDER)
        for key in self._keys.values():
            if key.verifies(sha256, claim.signature):
                _agree(file, key, claim)
                return Submitter(party=key.party, role=key.role, signer=key.id, signature=claim.signature)
        if not self._keys or (party is not None and not named):
            raise SignatureRefused(
                file,
                "E032",
                f"it is signed, and no key of {party or 'any sender'} is pinned",
                "pin it under [[intake.senders]], or remove the signature",
            )
        whose = f"a pinned key of {party}" if named else "any pinned key"
        raise SignatureRefused(
            file,
            "E030",
            f"its signature does not verify with {whose}",
            "it was changed after signing, or signed with another key; have it signed and sent again",
        )


def _agree(file: str, key: SenderKey, claim: SenderClaim) -> None:
    other = [] if claim.party is None or _same(claim.party, key.party) else [f"from {claim.party}"]
    other += [] if claim.role in (None, key.role) else [f"as {claim.role}"]
    if other:
        raise SignatureRefused(
            file,
            "E033",
            f"{key.party} signed it as {key.role}, but it is declared to come {' '.join(other)}",
            "drop --party/--role, or have that party sign",
        )


def _same(one: str, other: str) -> bool:
    # A sender that must sign cannot be bypassed with a name that only looks like its own.
    return skeleton(one) == skeleton(other)


def load_key(path: Path) -> tuple[ec.EllipticCurvePublicKey | rsa.RSAPublicKey, str]:
    """A public key in PEM form, and its id.

    Raises:
        KeyUnfit: there is none, or it is of an unsuitable kind; ECDSA on P-256 and P-384 and RSA of 2,048
            bits or more are accepted.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_KEY_FILE)
        if b"PRIVATE KEY-----" in data:
            raise KeyUnfit(
                f"{path} is a private key; pin its public half: openssl pkey -in {path.name} -pubout"
            )
        if b"-----BEGIN CERTIFICATE-----" in data:
            raise KeyUnfit(
                f"{path} is a certificate; pin its key: openssl x509 -in {path.name} -pubkey -noout"
            )
        key = serialization.load_pem_public_key(data)
    except OSError as error:
        raise KeyUnfit(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyUnfit(
            f"{path} is not a public key in PEM form; make one with openssl pkey -pubout"
        ) from error
    if isinstance(key, ec.EllipticCurvePublicKey):
        if not isinstance(key.curve, ec.SECP256R1 | ec.SECP384R1):
            raise KeyUnfit(f"{path} is on the curve {key.curve.name}; P-256 and P-384 are accepted")
    elif isinstance(key, rsa.RSAPublicKey):
        if not LEAST_RSA_BITS <= key.key_size <= MOST_RSA_BITS:
            raise KeyUnfit(
                f"{path} is RSA of {key.key_size} bits; {LEAST_RSA_BITS} to {MOST_RSA_BITS} are accepted"
            )
    else:
        raise KeyUnfit(f"{path} is of another kind; ECDSA (P-256, P-384) and RSA can sign a SHA-256")
    spki = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return key, hashlib.sha256(spki).hexdigest()


def read_signature(path: Path, *, folder: int | None = None) -> bytes:
    """The signature in a file: its bytes, or the same as Base64.

    Args:
        path: Of the file; with ``folder``, its bare name.
        folder: A file descriptor of the folder it must lie in; a link is refused then.

    Raises:
        FileNotFoundError: there is no such file.
        SignatureRefused: it is not a signature.
    """
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if folder is None else os.O_NOFOLLOW)
    try:
        number = os.open(path, flags, dir_fd=folder)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _no_signature(path, f"it cannot be read: {error.strerror}") from error
    try:
        if not stat.S_ISREG(os.fstat(number).st_mode):
            raise _no_signature(path, "it is not a regular file")
        data = os.read(number, MAX_SIGNATURE + 1)
    except OSError as error:
        raise _no_signature(path, f"it cannot be read: {error.strerror}") from error
    finally:
        os.close(number)
    if not 0 < len(data) <= MAX_SIGNATURE:
        raise _no_signature(path, "it is empty" if not data else f"it has more than {MAX_SIGNATURE} bytes")
    try:
        return base64.b64decode(b"".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        return data


def _no_signature(path: Path, why: str) -> SignatureRefused:
    return SignatureRefused(
        path.name, "E034", why, "make it with openssl dgst -sha256 -sign KEY -out FILE.sig FILE"
    )
