"""Damage as files suffer it, drawn from a generator that is given: the same seed, the same file."""

from __future__ import annotations

import contextlib
import io
import re
import zipfile
from random import Random

TABLE_NOISE = (
    b",", b";", b"\t", b"|", b'"', b'""', b"\n", b"\r", b"\r\n", b"\0", b"\x1a", b"=1+1", b"#N/A",
    b"\n\n\n", b'"\n"', b"Total", b"{", b"}", b"[", b"]", b":", b"null", b"\\u0000", b"\\ud800", b'{"a":',
)  # fmt: skip
XML_NOISE = (
    b"<", b">", b"</", b"/>", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"&lt;", b"&#0;", b"&#x1F600;", b"&x;",
    b"<!DOCTYPE a [<!ENTITY x 'y'>]>", b"<?xml version='1.0' encoding='utf-7'?>", b"xmlns:a='b'", b'"', b"\0",
)  # fmt: skip
_NUMBERS = (
    b"0", b"-1", b"1e309", b"-0", b"9" * 40, b"9" * 400, b"1e-400", b"NaN", b"Infinity", b"0x10", b"1,5",
    b"1.2E+17", b"4294967296", b"18446744073709551616", b"00000", b"1.0000000000000000001", b"2958466",
)  # fmt: skip
_ODD = (
    "\ufeff", "\u202e", "\u0000", "\u2028", "é", "İ", "ß", "٣", "１", "𝟘", "😀", "\ud7ff", "\uffff", "\x85",
)  # fmt: skip
_CODECS = ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig", "gb18030", "big5", "cp1252", "cp037")
_WORDS = (
    b"US", b"XX", b"KGM", b"lb", b"USD", b"BTC", b"2025-02-30", b"2025-02-14T25:61:00Z", b"30FEB", b"true",
    b"020-12345675", b"RB123456785GB", b"00340434161094042557", b"=cmd|'/c'!A1", b"741", b"INVALID", b"gift",
)  # fmt: skip
_VALUE = re.compile(rb"(?<=[<>,;|\t~*':+/\n\"=-])[^<>,;|\t~*':+/\n\"=-]+")
_XML_VALUE = re.compile(rb"(?<=>)[^<>]+(?=<)")
_JSON_VALUE = re.compile(rb'(?<=": ")[^"]+(?=")|(?<=": )[0-9.]+')
_BAD = (b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\x80", b"\xfe\xff", b"\xff\xfe")
MAX_CASE = 256 << 10
"""Bytes of one case: thousands of small ones find more than one that is large."""


def mutated(chance: Random, data: bytes, noise: tuple[bytes, ...]) -> bytes:
    """The data, damaged in one to eight places."""
    if chance.randrange(3) == 0:
        # Values alone, so that a good part of the cases gets behind what holds a file together.
        for _ in range(chance.randrange(1, 9)):
            data = _value_replaced(chance, data, noise)[:MAX_CASE]
        return data
    for _ in range(1 + min(chance.randrange(8), chance.randrange(8))):
        data = chance.choice(_WAYS)(chance, data, noise)[:MAX_CASE]
    return data


def in_zip(chance: Random, data: bytes, noise: tuple[bytes, ...]) -> bytes:
    """The archive with one of its parts damaged, doubled, renamed or left out, or its own bytes changed."""
    parts: list[tuple[str, bytes]] = []
    with contextlib.suppress(Exception), zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = [(one.filename, archive.read(one)) for one in archive.infolist()]
    if not parts:
        return mutated(chance, data, noise)
    for _ in range(chance.randrange(1, 3)):
        place = chance.randrange(len(parts))
        name, body = parts[place]
        sort = chance.randrange(12)
        if sort == 0:
            parts.append((name, mutated(chance, body, noise)))
        elif sort == 1:
            parts[place] = chance.choice((name.upper(), "../" + name, name + "\0", "x" * 300)), body
        elif sort == 2 and len(parts) > 1:
            del parts[place]
        else:
            parts[place] = name, mutated(chance, body, noise)
    file = io.BytesIO()
    with contextlib.suppress(Exception):
        how = chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2))
        with _quiet(), zipfile.ZipFile(file, "w", how) as archive:
            for name, body in parts:
                archive.writestr(name, body)
    packed = file.getvalue() or data
    return _tampered(chance, packed) if chance.randrange(4) == 0 else packed


def _quiet() -> contextlib.AbstractContextManager[object]:
    # A name that stands twice is meant, and the library warns of it.
    import warnings  # noqa: PLC0415

    caught = warnings.catch_warnings()
    warnings.simplefilter("ignore")
    return caught


def _tampered(chance: Random, packed: bytes) -> bytes:
    """Fields of the archive's headers changed: sizes, offsets, methods, counts."""
    marks = [match.start() for match in re.finditer(rb"PK(?:\x01\x02|\x03\x04|\x05\x06)", packed)]
    if not marks:
        return packed
    whole = bytearray(packed)
    for _ in range(chance.randrange(1, 4)):
        at = chance.choice(marks) + chance.randrange(4, 46)
        value = chance.choice((0, 1, 0x7F, 0xFF, chance.randrange(256)))
        for place in range(at, min(len(whole), at + chance.choice((1, 2, 4)))):
            whole[place] = value
    return bytes(whole)


def _cut(chance: Random, data: bytes) -> tuple[int, int]:
    """A piece of the data; mostly a short one."""
    at = chance.randrange(len(data) + 1)
    most = chance.choice((1, 4, 40, 400, len(data)))
    return at, min(len(data), at + chance.randrange(most + 1))


def _flipped(chance: Random, data: bytes, _noise: tuple[bytes, ...]) -> bytes:
    whole = bytearray(data)
    for _ in range(chance.randrange(1, 9)):
        if whole:
            whole[chance.randrange(len(whole))] = chance.randrange(256)
    return bytes(whole)


def _left_out(chance: Random, data: bytes, _noise: tuple[bytes, ...]) -> bytes:
    start, end = _cut(chance, data)
    return data[:start] + data[end:]


def _doubled(chance: Random, data: bytes, _noise: tuple[bytes, ...]) -> bytes:
    start, end = _cut(chance, data)
    return data[:end] + data[start:end] * chance.choice((1, 1, 2, 20, 300)) + data[end:]


def _moved(chance: Random, data: bytes, _noise: tuple[bytes, ...]) -> bytes:
    start, end = _cut(chance, data)
    rest = data[:start] + data[end:]
    at = chance.randrange(len(rest) + 1)
    return rest[:at] + data[start:end] + rest[at:]


def _sprinkled(chance: Random, data: bytes, noise: tuple[bytes, ...]) -> bytes:
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(data) + 1)
        data = data[:at] + chance.choice(noise) + data[at:]
    return data


def _tokens_swapped(chance: Random, data: bytes, noise: tuple[bytes, ...]) -> bytes:
    return data.replace(chance.choice(noise), chance.choice(noise), chance.choice((1, 3, -1)))


def _numbers(chance: Random, data: bytes, _noise: tuple[bytes, ...]) -> bytes:
    places = [match.span() for match in re.finditer(rb"[0-9]+(?:\.[0-9]+)?", data)]
    if not places:
        return data
    start, end = chance.choice(places)
    return data[:start] + chance.choice(_NUMBERS) + data[end:]


def _encoded(chance: Random, data: bytes, _noise: tuple[bytes, ...]) -> bytes:
    text = data.decode(chance.choice(("utf-8", "latin-1")), "replace")
    return text.encode(chance.choice(_CODECS), "replace")


def _odd_characters(chance: Random, data: bytes, _noise: tuple[bytes, ...]) -> bytes:
    at = chance.randrange(len(data) + 1)
    odd = chance.choice((*(one.encode("utf-8", "surrogatepass") for one in _ODD), *_BAD))
    return data[:at] + odd * chance.choice((1, 1, 3, 50)) + data[at:]


def _nested(chance: Random, data: bytes, _noise: tuple[bytes, ...]) -> bytes:
    start, end = _cut(chance, data)
    before, behind = chance.choice(((b"[", b"]"), (b'{"a":', b"}"), (b"<a>", b"</a>"), (b'"', b'"')))
    deep = chance.choice((2, 50, 1_000, 20_000))
    return data[:start] + before * deep + data[start:end] + behind * deep + data[end:]


def _cut_short(chance: Random, data: bytes, _noise: tuple[bytes, ...]) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _shuffled_lines(chance: Random, data: bytes, _noise: tuple[bytes, ...]) -> bytes:
    lines = data.splitlines(keepends=True)
    for _ in range(3):
        if lines:
            lines.insert(chance.randrange(len(lines)), lines.pop(chance.randrange(len(lines))))
    return b"".join(lines)


def _value_replaced(chance: Random, data: bytes, _noise: tuple[bytes, ...]) -> bytes:
    """One value between separators, and the form around it left whole."""
    shape = _XML_VALUE if b"</" in data else _JSON_VALUE if b'": ' in data else _VALUE
    places = [match.span() for match in shape.finditer(data) if not match[0].isspace()]
    if not places:
        return data
    start, end = chance.choice(places)
    other = chance.choice(places)
    odd = chance.choice(_ODD).encode("utf-8", "surrogatepass")
    long = chance.choice((b"x", b"9", b"ab ", "中".encode())) * chance.choice((36, 71, 513, 1_001, 5_000))
    value = chance.choice((b"", data[slice(*other)], data[slice(*other)], odd, long, *_NUMBERS, *_WORDS))
    return data[:start] + value + data[end:]


def _cased(chance: Random, data: bytes, _noise: tuple[bytes, ...]) -> bytes:
    start, end = _cut(chance, data)
    return data[:start] + chance.choice((bytes.lower, bytes.upper))(data[start:end]) + data[end:]


_WAYS = (
    _flipped, _left_out, _doubled, _moved, _sprinkled, _value_replaced, _tokens_swapped, _numbers, _numbers,
    _encoded, _odd_characters, _nested, _cut_short, _shuffled_lines, _cased,
)  # fmt: skip
