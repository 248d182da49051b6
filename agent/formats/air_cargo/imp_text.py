"""Cargo-IMP text: bytes into messages, messages into segments. What they mean is the matter of other modules.

A file may hold several messages, each with the header of the network that brought it. A message begins with
its standard message identifier (``FHL/5``) and ends with ``NNNN``, with the next header or message, or with
the file.

Source: IATA Cargo-IMP; IATA/A4A Systems and Communications Reference, Type B messages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple

from agent.domain.errors import ManifestRefused
from agent.formats.rows import CLIP, Mending, RowError

MAX_LINE = 4_096
"""Most bytes of one line; the standard allows 69 characters."""
MAX_MESSAGE_LINES = 5_000
LINE_LENGTH = 69
MESSAGE_LENGTH = 1_600
"""Longest line in characters and longest message in bytes that networks pass on. Source: PACT guide 1.9."""

_MESSAGE = re.compile(r"([A-Z]{3})/([0-9]{1,2})")
_WITHIN = re.compile(r"F(?!LT)[A-Z]{2}/[0-9]{1,2}")
"""A message identifier that no line inside a message can be."""
_HEADER = re.compile(r"Q[A-Z] [A-Z0-9]{7}(?: [A-Z0-9]{7})*|\.[A-Z0-9]{7}(?: .*)?|=[A-Z].*")
_ENVELOPE = "\x00\x01\x02\x03\x04\x1a\x1b\ufeff \t\r\n"
_SEGMENT = re.compile(r"([A-Z]{3})(?:/(.*))?", re.DOTALL)


class ImpLine(NamedTuple):
    """A line of the file, from 1, and its text."""

    number: int
    text: str


@dataclass(slots=True)
class ImpMessage:
    """One message: its type, its version, the line of both, and the lines below."""

    kind: str
    version: str
    line: int
    lines: list[ImpLine] = field(default_factory=list)
    size: int = 0
    """Bytes of the text, with line ends."""
    fault: RowError | None = None
    """Why no line of it can be trusted."""

    def mended(self) -> tuple[Mending, ...]:
        """What was read although networks on the way may cut it."""
        mendings = []
        long = next((line for line in self.lines if len(line.text) > LINE_LENGTH), None)
        if long is not None:
            message = f"{len(long.text)} characters in a line, networks pass on {LINE_LENGTH}"
            mendings.append(_mending(long.number, "W350", message, long.text, "break the line"))
        if self.size > MESSAGE_LENGTH:
            message = f"{self.size} bytes in a message, networks pass on {MESSAGE_LENGTH}"
            mendings.append(_mending(self.line, "W351", message, self.kind, "split the message"))
        return tuple(mendings)


class ImpSegment(NamedTuple):
    """A tag and its lines: the rest of the tag's own line, then continuations without their leading slash."""

    tag: str
    """Three letters; empty for a line that stands without a tag where one could."""
    lines: list[ImpLine]

    @property
    def line(self) -> int:
        """Where it begins in the file."""
        return self.lines[0].number

    @property
    def first(self) -> str:
        """The rest of the tag's own line."""
        return self.lines[0].text


def read_messages(stream: BinaryIO) -> Iterator[ImpMessage]:
    """The messages of a file, one at a time.

    Raises:
        ManifestRefused: The first line that cannot be text of such a file, or there is no message in it.
    """
    message: ImpMessage | None = None
    any_message = False
    for number, text, size in _lines(stream):
        begins = (_MESSAGE if message is None else _WITHIN).fullmatch(text)
        if begins or (message is not None and (text == "NNNN" or _HEADER.fullmatch(text))):
            if message is not None:
                yield _closed(message)
            message = None
        if begins:
            kind, _, version = text.partition("/")
            message, any_message = ImpMessage(kind, version, number, size=size), True
        elif message is not None and text.strip("="):
            _append(message, ImpLine(number, text), size)
    if message is not None:
        yield _closed(message)
    if not any_message:
        raise ManifestRefused("E050", "no message identifier as FHL/5", "begin each message with its own")


def segments(lines: list[ImpLine]) -> list[ImpSegment]:
    """The segments of a message. A line with neither tag nor slash continues the one before."""
    result: list[ImpSegment] = []
    for number, text in lines:
        tagged = _SEGMENT.fullmatch(text)
        if tagged is not None:
            result.append(ImpSegment(tagged[1], [ImpLine(number, tagged[2] or "")]))
        elif not result:
            result.append(ImpSegment("", [ImpLine(number, text)]))
        else:
            result[-1].lines.append(ImpLine(number, text.removeprefix("/")))
    return result


def _lines(stream: BinaryIO) -> Iterator[tuple[int, str, int]]:
    number = 0
    while raw := stream.readline(MAX_LINE + 1):
        number += 1
        if len(raw) > MAX_LINE and not raw.endswith(b"\n"):
            raise ManifestRefused(
                "E002", f"line {number} is longer than {MAX_LINE} bytes", "break lines at 69 characters"
            )
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            text = raw.decode("latin-1")
        yield number, text.strip(_ENVELOPE), len(raw)


def _append(message: ImpMessage, line: ImpLine, size: int) -> None:
    message.size += size
    if len(message.lines) < MAX_MESSAGE_LINES:
        message.lines.append(line)
    elif message.fault is None:
        message.fault = RowError(
            line=message.line,
            column="",
            code="E056",
            message=f"the message has more than {MAX_MESSAGE_LINES} lines",
            value=f"{message.kind}/{message.version}"[:CLIP],
            hint="split the message",
        )


def _closed(message: ImpMessage) -> ImpMessage:
    if message.lines:
        # The end of a teletype message may be signed with an equals sign.
        last = message.lines[-1]
        message.lines[-1] = last._replace(text=last.text.removesuffix("="))
    return message


def _mending(line: int, code: str, message: str, value: str, hint: str) -> Mending:
    return Mending(line=line, column="", code=code, message=message, value=value[:CLIP], hint=hint)
