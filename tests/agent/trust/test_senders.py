"""Sources that sign: made with openssl as a sender has it, verified from the pinned keys alone."""

from __future__ import annotations

import base64
import hashlib
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from agent.domain.consignment.effective import SourceRole
from agent.errors import ConfigInvalid, KeyUnfit, SignatureRefused
from agent.sandbox.site import Site
from agent.trust.senders import (
    MAX_SIGNATURE,
    SenderClaim,
    SenderKey,
    TrustedSenders,
    load_key,
    read_signature,
)

P256 = ("ecparam", "-name", "prime256v1", "-genkey", "-noout")
P384 = ("ecparam", "-name", "secp384r1", "-genkey", "-noout")
RSA = ("genrsa", "2048")


def openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=30)


def keys(folder: Path, name: str, how: tuple[str, ...]) -> tuple[Path, Path]:
    """A key pair as a sender makes it: private and public file."""
    private, public = folder / f"{name}.key", folder / f"{name}.pem"
    openssl(how[0], "-out", private, *how[1:])
    openssl("pkey", "-in", private, "-pubout", "-out", public)
    return private, public


def sign(private: Path, path: Path, *more: str, digest: str = "-sha256") -> Path:
    signature = path.with_name(path.name + ".sig")
    openssl("dgst", digest, "-sign", private, *more, "-out", signature, path)
    return signature


def pinned(public: Path, party: str = "Acme", **more: Any) -> SenderKey:
    key, key_id = load_key(public)
    return SenderKey(party=party, role=more.pop("role", SourceRole.FORWARDER), key=key, id=key_id, **more)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


@pytest.fixture(scope="module")
def acme(folder: Path) -> tuple[Path, Path]:
    return keys(folder, "acme", P256)


@pytest.fixture(scope="module")
def other(folder: Path) -> tuple[Path, Path]:
    return keys(folder, "other", P256)


@pytest.fixture(scope="module")
def file(folder: Path) -> Path:
    path = folder / "a.csv"
    path.write_bytes(b"tracking_number,transport\nBOX-000001,mail\n")
    return path


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("how", "more"),
    [(P256, ()), (P384, ()), (RSA, ()), (RSA, ("-sigopt", "rsa_padding_mode:pss"))],
    ids=["P-256", "P-384", "RSA", "RSA-PSS"],
)
def test_what_openssl_signs_is_verified_by_its_digest_alone(
    folder: Path, file: Path, how: tuple[str, ...], more: tuple[str, ...]
) -> None:
    private, public = keys(folder, "any", how)
    signature = read_signature(sign(private, file, *more))
    senders = TrustedSenders([pinned(public)])
    submitter = senders.submitter(file.name, sha256(file), SenderClaim(signature=signature))
    assert (submitter.party, submitter.role, submitter.signature) == ("Acme", SourceRole.FORWARDER, signature)
    der = subprocess.run(
        ["openssl", "pkey", "-pubin", "-in", public, "-outform", "DER"], check=True, capture_output=True
    ).stdout
    assert submitter.signer == hashlib.sha256(der).hexdigest()
    with pytest.raises(SignatureRefused) as refused:
        senders.submitter(file.name, hashlib.sha256(b"changed").hexdigest(), SenderClaim(signature=signature))
    assert refused.value.code == "E030"
    # The same signature over a SHA-1 proves nothing.
    weak = read_signature(sign(private, file, digest="-sha1"))
    with pytest.raises(SignatureRefused, match="E030"):
        senders.submitter(file.name, sha256(file), SenderClaim(signature=weak))


def test_base64_of_a_signature_is_taken_too(acme: tuple[Path, Path], file: Path, tmp_path: Path) -> None:
    raw = read_signature(sign(acme[0], file))
    text = tmp_path / "a.sig"
    text.write_bytes(base64.encodebytes(raw))
    assert read_signature(text) == raw


@pytest.mark.parametrize(
    ("claim", "by", "code"),
    [
        (SenderClaim(), None, None),
        (SenderClaim(party="Somebody"), None, None),
        (SenderClaim(party="acme  ltd"), None, "E031"),
        (SenderClaim(party="Acme Ltd"), "acme", None),
        (SenderClaim(party="Acme Ltd", role=SourceRole.SELLER), "acme", None),
        (SenderClaim(party="Acme Ltd", role=SourceRole.CARRIER), "acme", "E033"),
        (SenderClaim(party="Kestrel"), "acme", "E033"),
        (SenderClaim(party="Kestrel"), "other", "E032"),
        (SenderClaim(party="acme  LTD"), None, "E031"),
        (SenderClaim(party="\u0410cme Ltd"), None, "E031"),  # a Cyrillic letter
        (SenderClaim(party="Acme Ltd"), "other", "E030"),
        (SenderClaim(), "other", "E030"),
    ],
)
def test_the_key_decides_who_speaks_and_what_is_said_may_only_agree(
    acme: tuple[Path, Path],
    other: tuple[Path, Path],
    file: Path,
    claim: SenderClaim,
    by: str | None,
    code: str | None,
) -> None:
    senders = TrustedSenders([pinned(acme[1], "Acme Ltd", role=SourceRole.SELLER, must_sign=True)])
    if by is not None:
        signature = read_signature(sign((acme if by == "acme" else other)[0], file))
        claim = SenderClaim(party=claim.party, role=claim.role, signature=signature)
    if code is None:
        submitter = senders.submitter(file.name, sha256(file), claim)
        expected = ("Acme Ltd", SourceRole.SELLER) if by else (claim.party or "unnamed", SourceRole.FORWARDER)
        assert (submitter.party, submitter.role) == expected
        assert (submitter.signer is None) == (by is None)
        return
    with pytest.raises(SignatureRefused, match=r"^a\.csv: E03\d: .+; .+") as refused:
        senders.submitter(file.name, sha256(file), claim)
    assert refused.value.code == code


def test_a_signature_where_no_key_is_pinned_is_refused(file: Path) -> None:
    with pytest.raises(SignatureRefused, match=r"E032.*no key of any sender is pinned"):
        TrustedSenders().submitter(file.name, sha256(file), SenderClaim(signature=b"0"))


@given(garbage=st.binary(max_size=300))
def test_no_garbage_verifies_and_none_breaks_the_verifier(garbage: bytes) -> None:
    key = ec.derive_private_key(7, ec.SECP256R1())
    genuine = key.sign(b"bytes", ec.ECDSA(hashes.SHA256()))
    sender = SenderKey(party="p", role=SourceRole.POST, key=key.public_key(), id="0")
    digest = hashlib.sha256(b"bytes").hexdigest()
    assert sender.verifies(digest, genuine)
    assert not sender.verifies(digest, garbage)
    assert not sender.verifies(digest, genuine + b"\0")


def test_what_is_no_signature_file_is_refused_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.sig"
    with pytest.raises(FileNotFoundError):
        read_signature(path)
    for content in (b"", b"0" * (MAX_SIGNATURE + 1)):
        path.write_bytes(content)
        with pytest.raises(SignatureRefused, match=r"a\.csv\.sig: E034"):
            read_signature(path)
    with pytest.raises(SignatureRefused, match="not a regular file"):
        read_signature(tmp_path)


@pytest.mark.parametrize(
    ("made_by", "why"),
    [
        (("genrsa", "1024"), "RSA of 1024 bits"),
        (("ecparam", "-name", "secp256k1", "-genkey", "-noout"), "curve secp256k1"),
        (("genpkey", "-algorithm", "ed25519"), "another kind"),
        (None, "private key"),
        ((), "not a public key"),
    ],
)
def test_a_weak_key_is_refused_when_the_configuration_is_read(
    site: Site, made_by: tuple[str, ...] | None, why: str
) -> None:
    path = site.folder / "weak.pem"
    if made_by is None:
        path = keys(site.folder, "weak", P256)[0]
    elif made_by:
        keys(site.folder, "weak", made_by)
    else:
        path.write_text("-----BEGIN PUBLIC KEY-----\nnone\n")
    with pytest.raises(ConfigInvalid) as refused:
        site.configure(extra=f'[[intake.senders]]\nparty = "A"\nrole = "seller"\nkey = "{path.name}"\n')
    assert why in str(refused.value)
    assert str(path) in str(refused.value)


def test_one_key_names_one_sender(acme: tuple[Path, Path]) -> None:
    with pytest.raises(KeyUnfit, match="B has the key of A"):
        TrustedSenders([pinned(acme[1], "A"), pinned(acme[1], "B")])


def test_a_mistake_in_a_sender_is_told_with_its_line(site: Site) -> None:
    first = '[[intake.senders]]\nparty = "A"\nrole = "seller"\nkey = "a.pem"\n'
    with pytest.raises(ConfigInvalid) as refused:
        site.configure(extra=first + first.replace("party", "patry"))
    lines = site.config_file.read_text().splitlines()
    assert f"line {lines.index('patry = ' + chr(34) + 'A' + chr(34)) + 1}" in str(refused.value)
    assert 'Did you mean "party"?' in str(refused.value)
