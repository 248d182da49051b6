"""The hub's own keys: made once on the machine, never leaving it; only a card of their public halves does."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from agent import __version__
from agent.errors import UnknownName
from agent.runtime.ids import new_secret
from sync.errors import BadKeyFile
from sync.keys import (
    Keyring,
    PrivateKey,
    PublicKey,
    Role,
    generate,
    load_private,
    read_card,
    save_private,
    write_card,
)

KEYS = "keys"
CARD = "hub.pub"
_AUDIT = "audit.key"
AUDIT_KEY_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Whose log it is, its private keys, and the authority's key that reasons are sealed to."""

    hub: str
    decisions: PrivateKey
    checkpoints: PrivateKey
    sealing: PublicKey
    audit_key: bytes = field(repr=False)
    software: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Pinned public keys, the hub's own among them so that it can verify itself, and what it signs with."""

    keys: Keyring
    signer: Signer


def make_keys(folder: Path, hub: str) -> Path:
    """Make the hub's keys and the card to register at the centre; returns the path of the card.

    Raises:
        BadKeyFile: there are keys already; they are never overwritten.
    """
    keys, begun = folder / KEYS, folder / f"{KEYS}.begun"
    if keys.exists() and any(keys.iterdir()):
        raise BadKeyFile(f"{keys} exists already; keys are never overwritten")
    shutil.rmtree(begun, ignore_errors=True)  # of an interrupted run; nobody knows these keys
    for private in (folder, begun):  # mkdir applies its mode to the last folder of a path only
        private.mkdir(parents=True, exist_ok=True, mode=0o700)
    pairs = [generate(hub, Role.DECISIONS), generate(hub, Role.CHECKPOINTS)]
    for pair in pairs:
        save_private(pair, begun)
    handle = os.open(begun / _AUDIT, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(new_secret())
    card = folder / CARD
    card.write_bytes(write_card(pair.public for pair in pairs))
    begun.rename(keys)
    return card


def read_cards(cards: Iterable[Path]) -> list[PublicKey]:
    """The public keys of several cards.

    Raises:
        BadKeyFile: a card is missing or malformed.
    """
    public: list[PublicKey] = []
    for card in cards:
        try:
            public.extend(read_card(card.read_bytes(), str(card)))
        except OSError as error:
            raise BadKeyFile(f"{card} cannot be read: {error.strerror}") from error
    return public


def load_trust(folder: Path, hub: str, cards: list[Path]) -> Trust:
    """The hub's private keys and everything it trusts.

    Raises:
        UnknownName: the hub has no keys yet.
        BadKeyFile: a key or card is missing, malformed, or readable by others.
        UnknownKey: the pinned cards have no key that reasons can be sealed to.
    """
    keys = folder / KEYS
    if not (keys / _AUDIT).exists():
        raise UnknownName(f"{hub} has no keys in {keys}; make them with: preclear keys make")
    decisions = load_private(keys, hub, Role.DECISIONS)
    checkpoints = load_private(keys, hub, Role.CHECKPOINTS)
    own = {(key.role, key.keyid) for key in read_cards([folder / CARD])}
    for pair in (decisions, checkpoints):
        if (pair.public.role, pair.public.keyid) not in own:
            raise BadKeyFile(
                f"the {pair.public.role} key in {keys} is not that of {folder / CARD}; put the right one back"
            )
    audit_key = _audit_key(keys / _AUDIT)
    ring = Keyring([decisions.public, checkpoints.public, *read_cards(cards)])
    signer = Signer(
        hub=hub,
        decisions=decisions,
        checkpoints=checkpoints,
        sealing=ring.only(Role.SEALING),
        audit_key=audit_key,
        software=f"preclear {__version__}",
    )
    return Trust(keys=ring, signer=signer)


def _audit_key(path: Path) -> bytes:
    """The key of the random audit: it predicts which pieces are drawn."""
    try:
        if path.stat().st_mode & 0o077:
            raise BadKeyFile(f"{path} is readable by others; run: chmod 600 {path}")
        key = path.read_bytes()
    except OSError as error:
        raise BadKeyFile(f"{path} cannot be read: {error.strerror}") from error
    if len(key) != AUDIT_KEY_BYTES:
        raise BadKeyFile(
            f"{path} has {len(key)} bytes instead of {AUDIT_KEY_BYTES}; restore it from a backup"
        )
    return key
