"""The requests and the answers between hub and centre, as both ends import them.

A hub posts its signed head as text and its entries as a batch (:mod:`sync.transport.wire`); every answer is
one of these structs as JSON. The names of the fields and their order are published: ``golden/`` in the tests.
"""

from __future__ import annotations

import json
from typing import ClassVar, TypeVar

import msgspec

from sync.errors import BadAnswer

LOGS = "/v1/logs"
HEALTH = "/healthz"
CHECKPOINTS = "checkpoints"
ENTRIES = "entries"
NOTE_TYPE = "text/plain; charset=utf-8"
"""Content type of a signed head; that of a batch is ``wire.CONTENT_TYPE``."""


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """To a head whose entries are all stored: the cosigned head, and the head of the centre's own log."""

    http_status: ClassVar[int] = 200

    receipt: str
    log: str
    size: int
    """Entries that the centre holds."""
    claimed: int = 0
    """Size of the largest head that the hub has ever shown."""
    claim: str | None = None
    """That head, as the note that the hub signed."""


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why nothing was done: a code for programs and a sentence for people."""

    error: str
    detail: str = ""


class EntriesMissing(msgspec.Struct, frozen=True, kw_only=True):
    """To a head or a batch beyond what is stored: entries from number ``size`` on are to be sent."""

    http_status: ClassVar[int] = 409

    error: str = "entries-missing"
    detail: str = ""
    size: int
    claimed: int = 0
    claim: str | None = None


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """To a batch that was stored: how many entries the centre holds now."""

    http_status: ClassVar[int] = 200

    size: int


class Equivocation(Refusal, frozen=True, kw_only=True):
    """To what contradicts the log: both sides are kept, and the hub is quarantined."""

    http_status: ClassVar[int] = 403


class LogProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a log is: entries stored, entries receipted, and the largest head that the hub has shown."""

    http_status: ClassVar[int] = 200

    size: int
    receipted: int
    claimed: int


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The database takes transactions."""

    http_status: ClassVar[int] = 200

    status: str = "ok"
    name: str


Answer = Receipt | EntriesMissing | Stored | Equivocation | LogProgress | Health
T = TypeVar("T")


def encode(answer: Answer | Refusal) -> bytes:
    """The published JSON of an answer: ASCII, one blank after each comma and colon."""
    return json.dumps(msgspec.to_builtins(answer)).encode()


def decode(body: bytes, kind: type[T]) -> T:
    """Read an answer; fields that a newer centre adds are passed over.

    Raises:
        BadAnswer: not an answer of that kind.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadAnswer(f"not an answer of the centre: {error}") from error
