"""Watchlists on the wire: JSON v1 into a list of parties with its index."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from agent.domain.errors import ListInvalid
from agent.domain.screening.names import ListEntry, PartyList

VERSION = 1
MAX_ENTRIES = 200_000

Text = Annotated[str, Meta(min_length=1, max_length=300)]


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    id: Annotated[str, Meta(min_length=1, max_length=32)]
    names: Annotated[list[Text], Meta(min_length=1, max_length=100)]


class _Version(msgspec.Struct):
    v: int


class _List(msgspec.Struct, forbid_unknown_fields=True):
    v: int
    id: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,31}\Z")]
    issued: Annotated[datetime, Meta(tz=True)]
    entries: Annotated[list[_Entry], Meta(max_length=MAX_ENTRIES)]


_HEAD = msgspec.json.Decoder(_Version)
_LIST = msgspec.json.Decoder(_List)


def parse_party_list(data: bytes) -> PartyList:
    """A watchlist v1: ``{"v": 1, "id", "issued", "entries": [{"id", "names": []}]}``.

    ``issued`` has its offset; a later list of the same id is a newer one.

    Raises:
        ListInvalid: malformed, past a ceiling, or of a version this program does not know.
    """
    try:
        version = _HEAD.decode(data).v
        if version == VERSION:
            decoded = _LIST.decode(data)
            entries = tuple(ListEntry(id=e.id, names=tuple(e.names)) for e in decoded.entries)
            return PartyList(id=decoded.id, issued=decoded.issued, entries=entries)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ListInvalid(f"not a watchlist: {error}") from error
    raise ListInvalid(f"a watchlist of version {version}, which this program does not know; update preclear")
