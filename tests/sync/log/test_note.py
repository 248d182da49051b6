"""Checkpoints and receipts: the examples of C2SP, our own, and every altered one."""

from __future__ import annotations

import base64
import hashlib
import struct
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from hypothesis import given, settings
from hypothesis import strategies as st

from sync import keys
from sync.errors import BadKeyFile, BadNote
from sync.keys import PrivateKey, PublicKey, Role, Suite
from sync.log import note
from sync.log.note import Checkpoint

ORIGIN = note.origin_of("00ff")
HUB = keys.generate("hub-1", Role.CHECKPOINTS)
CENTRE = keys.generate("centre", Role.COSIGNATURES, Suite.ED25519)
LOG = keys.generate("centre", Role.CENTRE_LOG, Suite.ED25519)
HEAD = Checkpoint(origin=ORIGIN, size=12, root=hashlib.sha256(b"root").digest())
AT = 1_740_821_400
SIGNED = note.sign_checkpoint(HEAD, HUB)
RECEIPT = note.cosign(SIGNED, "centre", CENTRE, AT)

# The example of c2sp.org/tlog-cosignature.
EXAMPLE = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 "
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_the_published_checkpoint_is_read() -> None:
    parsed = note.parse_note(EXAMPLE)
    head = note.parse_checkpoint(parsed.text)
    assert (head.origin, head.size) == ("example.com/behind-the-sofa", 20_852_163)
    assert head.body() == parsed.text == EXAMPLE.partition("\n\n")[0] + "\n"
    log, witness = parsed.signatures
    assert (log.name, log.key_id.hex(), len(log.signature)) == (head.origin, "033de0ae", 64)
    assert (witness.name, witness.key_id.hex()) == ("witness.example.com/w1", "8d66cf3f")
    assert struct.unpack(">Q64s", witness.signature)[0] == 1_679_315_147


def test_the_published_signed_note_is_made() -> None:
    # The example of golang.org/x/mod/sumdb/note, on which c2sp.org/signed-note stands.
    raw = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")
    secret = ed25519.Ed25519PrivateKey.from_private_bytes(raw[1:])
    spki = secret.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    public = PublicKey(owner="PeterNeumann", role=Role.CENTRE_LOG, suite=Suite.ED25519, spki=spki)
    text = (
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n"
    )
    signed = note.sign_note_ed25519(text, "PeterNeumann", PrivateKey(public=public, secret=secret))
    assert signed == (
        f"{text}\n— PeterNeumann "
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    )
    assert note.parse_note(signed).signatures[0].key_id.hex() == "c74f20a3"


def test_a_hub_signs_its_checkpoint_with_ecdsa_under_the_hash_of_its_spki() -> None:
    text, _, line = SIGNED.partition("\n\n")
    assert text == f"{ORIGIN}\n12\n{b64(HEAD.root)}"
    name, blob = line.removeprefix("— ").removesuffix("\n").split(" ")
    raw = base64.b64decode(blob)
    assert name == ORIGIN
    assert raw[:4] == hashlib.sha256(HUB.public.spki).digest()[:4]
    HUB.public.ec_key.verify(raw[4:], f"{text}\n".encode(), ec.ECDSA(hashes.SHA256()))
    assert note.verify_checkpoint(SIGNED, HUB.public, ORIGIN) == HEAD


def test_a_cosignature_is_ed25519_over_time_and_text() -> None:
    assert RECEIPT.startswith(SIGNED)
    name, blob = RECEIPT.removeprefix(SIGNED).removeprefix("— ").removesuffix("\n").split(" ")
    raw = base64.b64decode(blob)
    public = CENTRE.public.raw_ed25519
    assert name == "centre"
    assert raw[:4] == hashlib.sha256(b"centre\n\x04" + public).digest()[:4]
    assert raw[4:12] == struct.pack(">Q", AT)
    message = f"cosignature/v1\ntime {AT}\n{HEAD.body()}".encode()
    ed25519.Ed25519PublicKey.from_public_bytes(public).verify(raw[12:], message)
    result = note.verify_cosignature(RECEIPT, "centre", CENTRE.public)
    assert (result.checkpoint, result.at) == (HEAD, AT)
    assert note.verify_checkpoint(RECEIPT, HUB.public, ORIGIN) == HEAD


def test_the_centres_own_log_is_signed_with_plain_ed25519() -> None:
    signed = note.sign_note_ed25519(HEAD.body(), ORIGIN, LOG)
    assert note.verify_note_ed25519(signed, ORIGIN, LOG.public) == HEAD
    raw = note.parse_note(signed).signatures[0]
    assert raw.key_id == hashlib.sha256(f"{ORIGIN}\n\x01".encode() + LOG.public.raw_ed25519).digest()[:4]
    ed25519.Ed25519PublicKey.from_public_bytes(LOG.public.raw_ed25519).verify(
        raw.signature, HEAD.body().encode()
    )
    with pytest.raises(BadNote, match="not signed by"):
        note.verify_note_ed25519(signed, ORIGIN, CENTRE.public)
    with pytest.raises(BadNote, match="did not sign"):
        note.verify_note_ed25519(signed.replace("\n12\n", "\n13\n"), ORIGIN, LOG.public)
    with pytest.raises(BadNote, match="not an Ed25519 key"):
        note.sign_note_ed25519(HEAD.body(), ORIGIN, HUB)


def swap_root(data: str) -> str:
    return data.replace(b64(HEAD.root), b64(hashlib.sha256(b"other").digest()))


def move_time(data: str) -> str:
    return data.replace(blob_of(data, 1), b64(_shifted(base64.b64decode(blob_of(data, 1)))))


def _shifted(raw: bytes) -> bytes:
    return raw[:4] + struct.pack(">Q", AT - 60) + raw[12:]


def blob_of(data: str, line: int) -> str:
    return data.split("\n\n")[1].split("\n")[line].split(" ")[2]


def flip_last(data: str, line: int) -> str:
    raw = base64.b64decode(blob_of(data, line))
    return data.replace(blob_of(data, line), b64(raw[:-1] + bytes([raw[-1] ^ 1])))


@pytest.mark.parametrize(
    "altered",
    [
        RECEIPT.replace("\n12\n", "\n13\n"),
        RECEIPT.replace("\n12\n", "\n1\n"),
        swap_root(RECEIPT),
        RECEIPT.replace("\n\n", "\nextension\n\n", 1),
        RECEIPT.replace("\n\n", "\n\n\n", 1),
        RECEIPT.replace(ORIGIN, note.origin_of("00fe")),
        RECEIPT.replace(f"{ORIGIN}\n", f"{note.origin_of('00fe')}\n", 1),
        RECEIPT.replace(f"{ORIGIN}\n12", f"{ORIGIN} \n12", 1),
    ],
    ids=["size", "smaller", "root", "extension", "empty line", "origin", "origin of text", "space"],
)
def test_an_altered_text_is_neither_checkpoint_nor_receipt(altered: str) -> None:
    assert altered != RECEIPT
    with pytest.raises(BadNote):
        note.verify_checkpoint(altered, HUB.public, ORIGIN)
    with pytest.raises(BadNote):
        note.verify_cosignature(altered, "centre", CENTRE.public)


def test_an_altered_time_or_signature_is_no_receipt() -> None:
    for altered in (move_time(RECEIPT), flip_last(RECEIPT, 1)):
        assert altered != RECEIPT
        with pytest.raises(BadNote, match="did not sign"):
            note.verify_cosignature(altered, "centre", CENTRE.public)
    with pytest.raises(BadNote, match="did not sign"):
        note.verify_checkpoint(flip_last(RECEIPT, 0), HUB.public, ORIGIN)


def test_a_cosignature_of_another_length_is_refused() -> None:
    raw = base64.b64decode(blob_of(RECEIPT, 1))
    for other in (raw[:-1], raw + b"\x00", raw[:12]):
        with pytest.raises(BadNote, match="not 72 bytes"):
            note.verify_cosignature(RECEIPT.replace(blob_of(RECEIPT, 1), b64(other)), "centre", CENTRE.public)


def test_a_note_of_another_origin_key_or_cosigner_is_refused() -> None:
    with pytest.raises(BadNote, match="where other is expected"):
        note.verify_checkpoint(SIGNED, HUB.public, "other")
    with pytest.raises(BadNote, match="not signed by the log's key"):
        note.verify_checkpoint(SIGNED, keys.generate("hub-1", Role.CHECKPOINTS).public, ORIGIN)
    with pytest.raises(BadNote, match="not cosigned by centre"):
        note.verify_cosignature(SIGNED, "centre", CENTRE.public)
    with pytest.raises(BadNote, match="not cosigned by other"):
        note.verify_cosignature(RECEIPT, "other", CENTRE.public)
    with pytest.raises(BadNote, match="not cosigned by centre"):
        note.verify_cosignature(RECEIPT, "centre", LOG.public)


def test_a_signature_of_one_type_never_counts_as_another() -> None:
    plain = note.sign_note_ed25519(HEAD.body(), "centre", CENTRE)
    with pytest.raises(BadNote, match="not cosigned"):
        note.verify_cosignature(plain, "centre", CENTRE.public)
    with pytest.raises(BadNote, match="not signed by"):
        note.verify_note_ed25519(RECEIPT, "centre", CENTRE.public)
    with pytest.raises(BadKeyFile):
        note.verify_cosignature(RECEIPT, "centre", HUB.public)


def test_lines_of_unknown_keys_are_passed_over_wherever_they_stand() -> None:
    text, _, lines = RECEIPT.partition("\n\n")
    stranger = f"— witness.example {b64(bytes(100))}\n"
    namesake = f"— {ORIGIN} {b64(bytes(76))}\n— centre {b64(bytes(76))}\n"
    for mixed in (stranger + namesake + lines, lines + stranger + namesake):
        data = f"{text}\n\n{mixed}"
        assert note.verify_checkpoint(data, HUB.public, ORIGIN) == HEAD
        assert note.verify_cosignature(data, "centre", CENTRE.public).at == AT


def test_sixteen_signatures_are_taken_and_seventeen_are_not() -> None:
    stranger = f"— witness.example {b64(bytes(68))}\n"
    assert note.verify_checkpoint(SIGNED + stranger * 15, HUB.public, ORIGIN) == HEAD
    with pytest.raises(BadNote, match="17 signatures"):
        note.verify_checkpoint(SIGNED + stranger * 16, HUB.public, ORIGIN)


@pytest.mark.parametrize(
    "joined",
    [SIGNED + SIGNED, SIGNED + "\n" + SIGNED, SIGNED + RECEIPT, RECEIPT + SIGNED],
    ids=["twice", "twice-apart", "checkpoint-receipt", "receipt-checkpoint"],
)
def test_two_notes_joined_are_not_a_note(joined: str) -> None:
    with pytest.raises(BadNote):
        note.verify_checkpoint(joined, HUB.public, ORIGIN)
    with pytest.raises(BadNote):
        note.verify_cosignature(joined, "centre", CENTRE.public)


@pytest.mark.parametrize(
    "data",
    [
        "",
        "\n\n",
        SIGNED.rstrip("\n"),
        SIGNED.replace("\n\n", "\n"),
        SIGNED + "\n",
        SIGNED.replace("— ", "- "),
        SIGNED.replace("— ", "—"),
        SIGNED + "— name\n",
        SIGNED + "—  AAAAAAAA\n",
        SIGNED + "— a+b AAAAAAAA\n",
        SIGNED + "— a\u00a0b AAAAAAAA\n",
        SIGNED + "— name %%%%\n",
        SIGNED + "— name AAAA AAAA\n",
        SIGNED + "— name AAAAAA==\n",
        SIGNED + "— name ééééé\n",
        SIGNED.replace("\n", "\r\n"),
        SIGNED.replace(ORIGIN, ORIGIN + "\t"),
        SIGNED.replace(ORIGIN, ORIGIN + "\x00"),
        SIGNED.replace(ORIGIN, ORIGIN + "\ud800"),
        SIGNED.replace("\n\n", "\n" + "x" * note.MAX_NOTE + "\n\n"),
    ],
    ids=[f"malformed-{number}" for number in range(20)],
)
def test_a_malformed_note_is_refused(data: str) -> None:
    with pytest.raises(BadNote):
        note.parse_note(data)


ROOT = b64(HEAD.root)


@pytest.mark.parametrize(
    "size", ["01", "00", "+1", "-1", "", " 1", "1 ", "1e3", "1_0", "٣", "²", "9" * 17, str(2**53)]
)
def test_a_size_is_written_in_one_way_only(size: str) -> None:
    with pytest.raises(BadNote, match="size"):
        note.parse_checkpoint(f"o\n{size}\n{ROOT}\n")


@pytest.mark.parametrize("size", [0, 1, 10, 2**53 - 1])
def test_a_size_is_read_back(size: int) -> None:
    head = Checkpoint(origin="o", size=size, root=HEAD.root)
    assert note.parse_checkpoint(head.body()) == head


def loosened(text: str) -> str:
    """The same bytes in base64 with another last digit: its two lowest bits mean nothing."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return text[:-2] + alphabet[alphabet.index(text[-2]) ^ 1] + "="


@pytest.mark.parametrize(
    "root",
    [
        loosened(ROOT),
        ROOT.rstrip("="),
        ROOT + "=",
        ROOT + " ",
        " " + ROOT,
        ROOT[:-2] + "%=",
        b64(bytes(31)),
        b64(bytes(33)),
        "",
        "é" * 44,
        HEAD.root.hex(),
    ],
)
def test_a_root_is_32_bytes_in_canonical_base64(root: str) -> None:
    with pytest.raises(BadNote):
        note.parse_checkpoint(f"o\n1\n{root}\n")


def test_the_loosened_root_decodes_to_the_same_bytes() -> None:
    assert base64.b64decode(loosened(ROOT)) == HEAD.root


@pytest.mark.parametrize("text", ["", "\n", "o\n1\n", f"o\n1\n{ROOT}", f"\n1\n{ROOT}\n", f"o\n1\n{ROOT}\n\n"])
def test_a_checkpoint_has_three_lines_and_no_empty_one(text: str) -> None:
    with pytest.raises(BadNote):
        note.parse_checkpoint(text)


def test_extension_lines_are_signed_but_not_read() -> None:
    text = HEAD.body() + "extension 1\n"
    signed = note.sign_note_ed25519(text, ORIGIN, LOG)
    assert note.verify_note_ed25519(signed, ORIGIN, LOG.public) == HEAD
    with pytest.raises(BadNote):
        note.verify_note_ed25519(signed.replace("extension 1", "extension 2"), ORIGIN, LOG.public)


VERIFIERS: list[Callable[[str], object]] = [
    lambda data: note.verify_checkpoint(data, HUB.public, ORIGIN),
    lambda data: note.verify_cosignature(data, "centre", CENTRE.public),
    lambda data: note.verify_note_ed25519(data, ORIGIN, LOG.public),
]


@settings(deadline=None)
@given(st.text(st.characters() | st.sampled_from("\n— 1="), max_size=120), st.sampled_from(VERIFIERS))
def test_garbage_raises_nothing_unnamed(data: str, verify: Callable[[str], object]) -> None:
    with pytest.raises(BadNote):
        verify(data)


@settings(deadline=None, max_examples=200)
@given(st.integers(0, RECEIPT.index("\n\n")), st.characters())
def test_no_character_of_the_signed_text_can_be_changed(at: int, character: str) -> None:
    altered = RECEIPT[:at] + character + RECEIPT[at + 1 :]
    if altered != RECEIPT:
        for verify in VERIFIERS[:2]:
            with pytest.raises(BadNote):
                verify(altered)
