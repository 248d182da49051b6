"""The frames that the reading process sends to the hub: msgpack after its length, over one pipe."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from agent.domain.errors import DeclarationInvalid
from agent.formats.batch import Batch

MEMORY_BYTES = 1 << 30
"""Address space of the reading process. A workbook of 100,000 rows takes a sixth of it."""

MAX_FRAME = 32 << 20
"""Bytes; a part holds a few hundred rows, of which the widest has some hundred kilobytes."""


class ReadRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What the process is to read; it comes as its one argument."""

    name: str
    """Of the file, for its ending."""
    transport: str | None = None
    profile: str | None = None
    """Id of a mapping profile; without one it is chosen by sender and header."""
    sender: str | None = None
    profiles: tuple[tuple[str, str], ...] = ()
    """Name and text of all mapping profiles."""
    received: datetime
    """Some messages say no year."""
    rows: int | None = None
    """Stop after as many rows; for a preview."""


class FileHeader(msgspec.Struct, frozen=True, kw_only=True, tag="begun"):
    """What the file turned out to be; the first frame."""

    format: str
    profile: str | None = None
    encoding: str | None = None
    columns: tuple[str, ...] = ()
    """The header of a table, as written."""
    notes: tuple[tuple[str, str], ...] = ()
    """Remarks on the file as such: code and message."""
    lang: str | None = None
    """Language tag of the sender, as the profile says."""


class Fault(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a row was refused, or what was corrected in one that was taken."""

    line: int
    column: str
    code: str
    message: str
    value: str
    hint: str
    mended: bool = False
    cells: tuple[str, ...] = ()
    """The refused row as it stood; only with the first fault of a row."""


class FilePart(msgspec.Struct, frozen=True, kw_only=True, tag="part"):
    """Some rows further on."""

    done: int
    """Bytes of the file that were read so far."""
    batch: Batch
    """Declarations in the order of the file."""
    faults: tuple[Fault, ...]
    mended: int
    """Rows of this part in which something was corrected."""


class FileRefusal(msgspec.Struct, frozen=True, kw_only=True, tag="refused"):
    """The file as such cannot be read, or not further."""

    code: str
    message: str
    hint: str


class PreviewedColumn(msgspec.Struct, frozen=True, kw_only=True):
    """How one column fared in the rows of a preview; see ``agent.formats.preview``."""

    written: str
    read_as: str | None
    how: str
    verdict: str
    filled: int | None
    mended: int
    faults: int
    examples: tuple[str, ...] = ()


class Ended(msgspec.Struct, frozen=True, kw_only=True, tag="ended"):
    """The whole file was read, or as many rows of it as were asked for."""

    peak_kb: int
    """Most memory the process had."""
    notes: tuple[tuple[str, str], ...] = ()
    """Remarks that came up among the rows: code and message."""
    columns: tuple[PreviewedColumn, ...] = ()
    """Of a preview."""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a file has come. ``done`` and ``total`` are bytes."""

    done: int
    total: int
    rows: int
    mended: int
    rejected: int


Frame = FileHeader | FilePart | FileRefusal | Ended


def too_much_memory() -> FileRefusal:
    """A file that unfolds to more than the process may hold."""
    return FileRefusal(
        code="E020",
        message=f"reading it takes more than {MEMORY_BYTES >> 20} MB of memory",
        hint="split it, or save it as CSV",
    )


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Frame)


def pack(frame: Frame) -> bytes:
    """Length (four bytes, big-endian) and body."""
    body = _ENCODER.encode(frame)
    return len(body).to_bytes(4) + body


class Unpacker:
    """Takes frames out of a stream of bytes, however it is cut.

    Raises:
        DeclarationInvalid: what came is not a frame; nothing more can be read.
    """

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Frames that are whole now."""
        self._held += data
        while len(self._held) >= 4:
            size = int.from_bytes(self._held[:4])
            if size > MAX_FRAME:
                raise DeclarationInvalid(f"a frame of {size} bytes; the reading process is out of order")
            if len(self._held) < 4 + size:
                return
            body = bytes(self._held[4 : 4 + size])
            del self._held[: 4 + size]
            try:
                yield _DECODER.decode(body)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                raise DeclarationInvalid(f"not a frame: {error}") from error
