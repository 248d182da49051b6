"""Determines the encoding of a text file by its bytes, all of them, and never by hope."""

from __future__ import annotations

import codecs
import collections
import re
from dataclasses import dataclass
from typing import BinaryIO

from agent.domain.errors import ManifestRefused

CHUNK = 1 << 20

_SOUND = 20
"""So many characters of UTF-8 to each byte that is none, and a file is UTF-8 with damage."""

_ASCII = re.compile(r"[\x00-\x7f]+")
_PAIRS = re.compile(rb"[\x81-\xfe][\x40-\xfe]")
_COMMON = re.compile(rb"[\xa1-\xfe]{2}")
_HIGH = re.compile(rb"[\x80-\xff]+")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """A codec, and what becomes of bytes that it does not know."""

    name: str
    errors: str = "strict"
    note: str = ""
    """What the sender should know, as that the encoding was guessed."""


def find_encoding(stream: BinaryIO, preferred: str | None = None) -> Encoding:
    """The encoding of a text.

    In this order: a byte order mark, the preferred one, UTF-8 that holds to the end, UTF-16 by its zeros,
    GB 18030 that holds to the end and reads as common Chinese, Windows-1252 for lone accented letters. A byte
    that does not belong becomes a lone surrogate, which refuses its row alone.

    Args:
        stream: Seekable; left where reading stopped.
        preferred: From the sender's profile.

    Raises:
        ManifestRefused: It is none of them, as with Big5 or Shift JIS: those must be named.
    """
    head = stream.read(CHUNK)
    for mark, name in _BOMS:
        if head.startswith(mark):
            return Encoding(name=name, errors="surrogateescape" if name == "utf-8-sig" else "replace")
    if preferred is not None:
        return Encoding(name=preferred, errors="surrogateescape")
    if (wide := _wide(head)) is not None:
        return Encoding(name=wide, errors="replace")
    return _narrow(stream, head)


def _narrow(stream: BinaryIO, head: bytes) -> Encoding:
    if _holds(stream, head, "utf-8"):
        return Encoding(name="utf-8")
    if _is_damaged(head):
        note = "UTF-8 with damaged characters; save it again"
        return Encoding(name="utf-8", errors="surrogateescape", note=note)
    if _reads_chinese(head) and _holds(stream, head, "gb18030"):
        return Encoding(name="gb18030")
    if _reads_western(head):
        note = "read as Windows-1252, by guess; save it as CSV UTF-8, or name the encoding in a profile"
        return Encoding(name="cp1252", errors="surrogateescape", note=note)
    message = "the encoding of the text cannot be determined"
    raise ManifestRefused("E016", message, "save it as CSV UTF-8, or name the encoding in a mapping profile")


def _holds(stream: BinaryIO, head: bytes, name: str) -> bool:
    """Whether the whole stream decodes."""
    decoder = codecs.getincrementaldecoder(name)()
    stream.seek(len(head))
    chunk = head
    try:
        while chunk:
            decoder.decode(chunk)
            chunk = stream.read(CHUNK)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _is_damaged(head: bytes) -> bool:
    """UTF-8 but for a few bytes: other encodings fit UTF-8 by chance once in many characters."""
    counts = collections.Counter("bad" if "\udc80" <= char <= "\udcff" else "good" for char in _foreign(head))
    return counts["good"] >= _SOUND and counts["good"] >= _SOUND * counts["bad"]


def _foreign(head: bytes) -> str:
    return _ASCII.sub("", head.decode("utf-8", "surrogateescape"))


def _wide(head: bytes) -> str | None:
    """UTF-16 without its mark: every other byte of mostly Latin text is zero."""
    half = len(head) // 2
    if half >= 8 and head.count(0) * 4 >= half:
        odd, even = head[1::2].count(0), head[0::2].count(0)
        if odd > 8 * even:
            return "utf-16-le"
        if even > 8 * odd:
            return "utf-16-be"
    return None


def _reads_chinese(head: bytes) -> bool:
    """Nearly all text of the trade keeps to GB 2312, whose characters have both bytes above 0xA0.

    Accented Latin letters followed by plain ones decode as GB 18030 too, as rare characters.
    """
    pairs = [pair for run in _runs(head) for pair in _PAIRS.findall(run)]
    return bool(pairs) and sum(map(bool, map(_COMMON.fullmatch, pairs))) * 10 >= 9 * len(pairs)


def _runs(head: bytes) -> list[bytes]:
    """High bytes, each run with the byte after it, which may be its last character's second half."""
    return re.findall(rb"[\x80-\xff]+[\x00-\x7f]?", head)


def _reads_western(head: bytes) -> bool:
    runs = _HIGH.findall(head)
    return bool(runs) and sum(len(run) == 1 for run in runs) * 10 >= 8 * len(runs)
