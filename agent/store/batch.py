"""The numbers of a stored declaration, read without the rest of it."""

from __future__ import annotations

import msgspec

from agent.domain.consignment.declaration import VERSION, Identifier, Level, Piece
from agent.domain.errors import DeclarationInvalid


class DeclarationIndex(msgspec.Struct, frozen=True, gc=False, tag_field="v", tag=VERSION):
    """What the indexes need of a declaration; the rest of its body is passed over."""

    consignment: Identifier
    pieces: tuple[Piece, ...] = ()
    receptacle: Identifier | None = None
    level: Level = Level.HOUSE
    master: Identifier | None = None


_INDEX = msgspec.json.Decoder(DeclarationIndex)


def decode_labels(body: bytes) -> DeclarationIndex:
    """Numbers of the declaration that ``encode`` wrote.

    Raises:
        DeclarationInvalid: the bytes are not a declaration.
    """
    try:
        return _INDEX.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise DeclarationInvalid(f"not a declaration of format {VERSION}: {error}") from error
