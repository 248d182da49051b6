"""Who the centre and the authority are: their names, their folders and their keys."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sync.central.errors import AlreadyThere, BadConfiguration, NotInitialised
from sync.errors import BadKeyFile
from sync.keys import PrivateKey, Role, Suite, generate, load_private, read_card, save_private, write_card

DATABASE = "central.db"
CENTRE_CARD = "centre.pub"
AUTHORITY_CARD = "authority.pub"
_KEYS = "keys"
# The name stands in the lines of signed notes, where blanks and plus signs have a meaning.
_NAME = re.compile(r"(centre|authority)/[a-z0-9][a-z0-9.-]{0,62}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Centre:
    """The running centre: its name, and the keys of its receipts and of its own log."""

    name: str
    cosigner: PrivateKey
    log_signer: PrivateKey


def init_centre(folder: Path, name: str) -> Path:
    """Make a centre's keys; returns the key card that hubs pin.

    Raises:
        BadConfiguration: the name is not ``centre/…``.
        AlreadyThere: the folder holds a centre already.
    """
    return _init(
        folder, name, CENTRE_CARD, ((Role.COSIGNATURES, Suite.ED25519), (Role.CENTRE_LOG, Suite.ED25519))
    )


def init_authority(folder: Path, name: str) -> Path:
    """Make the authority's keys; returns the key card that hubs pin.

    Raises:
        BadConfiguration: the name is not ``authority/…``.
        AlreadyThere: the folder holds an authority already.
    """
    roles = (Role.PUBLISHING, Role.DIRECTIVES, Role.SEALING)
    return _init(folder, name, AUTHORITY_CARD, tuple((role, Suite.ES256) for role in roles))


def load_centre(folder: Path) -> Centre:
    """The centre of a folder.

    Raises:
        NotInitialised: there is none.
        BadKeyFile: a key is missing, malformed, readable by others, or not the one on the card.
    """
    name = _owner_in(folder, CENTRE_CARD, "preclear-central init")
    return Centre(
        name=name,
        cosigner=_load(folder, name, Role.COSIGNATURES, CENTRE_CARD),
        log_signer=_load(folder, name, Role.CENTRE_LOG, CENTRE_CARD),
    )


def load_authority_key(folder: Path, role: Role) -> PrivateKey:
    """One key of the authority of a folder.

    Raises:
        NotInitialised: there is no authority.
        BadKeyFile: the key is missing, malformed, readable by others, or not the one on the card.
    """
    name = _owner_in(folder, AUTHORITY_CARD, "preclear-central authority-init")
    return _load(folder, name, role, AUTHORITY_CARD)


def _init(folder: Path, name: str, card: str, roles: Iterable[tuple[Role, Suite]]) -> Path:
    kind = card.removesuffix(".pub")
    if not _NAME.match(name) or not name.startswith(f"{kind}/"):
        raise BadConfiguration(
            f"{name!r} is not a name like {kind}/cbp: lower-case letters, digits, dots, dashes"
        )
    path, keys = folder / card, folder / _KEYS
    if path.exists() or keys.exists():
        raise AlreadyThere(f"{folder} holds a {kind} already; its keys are never replaced")
    try:
        keys.mkdir(mode=0o700, parents=True)
        made = [generate(name, role, suite) for role, suite in roles]
        for key in made:
            save_private(key, keys)
        # Written last: a folder with a card is complete.
        path.write_bytes(write_card(key.public for key in made))
    except OSError as error:
        raise BadConfiguration(f"{folder} cannot be written: {error.strerror}") from error
    return path


def _owner_in(folder: Path, card: str, remedy: str) -> str:
    path = folder / card
    try:
        keys = read_card(path.read_bytes(), str(path))
    except FileNotFoundError as error:
        raise NotInitialised(f"{path} does not exist; run: {remedy}") from error
    except OSError as error:
        raise BadKeyFile(f"{path} cannot be read: {error.strerror}") from error
    owners = {key.owner for key in keys}
    if len(owners) != 1:
        raise BadKeyFile(f"{path} names {len(owners)} owners where one is needed")
    return owners.pop()


def _load(folder: Path, name: str, role: Role, card: str) -> PrivateKey:
    key = load_private(folder / _KEYS, name, role)
    if key.public not in read_card((folder / card).read_bytes(), card):
        raise BadKeyFile(f"{folder / _KEYS}/{role}.pem is not the {role} key of {folder / card}")
    return key
