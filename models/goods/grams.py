"""From a text to the hashed words and n-grams that speak for chapters. Pure, standard library only.

Of a Latin word its stem, the stem with the one before it, and its pieces of four characters with a blank at
both ends; of a run of Chinese characters every one, two and three of them that stand together. Numbers and
single letters say nothing of goods. CRC-32 says which of the 2^15 rows belongs to a piece.
"""

from __future__ import annotations

import re
from functools import lru_cache
from zlib import crc32

from models.vagueness.grams import fold

ROWS = 1 << 15
"""How many rows of weights there are; a power of two."""

PIECE = 4
"""Characters of a piece of a Latin word."""

_WORD = re.compile(r"[^\W_]+")
_HAN = re.compile("[\u3400-\u9fff]")
_PLURAL = re.compile(r"(?:e?s)+$")
_MASK = ROWS - 1


def stem(word: str) -> str:
    """``word`` without its plural ending, in English and Spanish; not always a word.

    >>> stem("watches"), stem("relojes"), stem("s")
    ('watch', 'reloj', 's')
    """
    return _PLURAL.sub("", word) or word


def grams(text: str) -> set[int]:
    """The rows that the pieces of ``text`` fall into, each once; its first 400 characters are read."""
    rows: set[int] = set()
    before = b""
    for word in _WORD.findall(fold(text)):
        if _HAN.search(word):
            rows |= _of_run(word)
            before = b""
        elif len(word) > 1:
            named, pieces = _of_word(word)
            rows |= pieces
            if before:
                rows.add(crc32(b"%b+%b" % (before, named)) & _MASK)
            before = named
    return rows


@lru_cache(maxsize=4096)
def _of_word(word: str) -> tuple[bytes, frozenset[int]]:
    named = stem(word).encode()
    padded = f" {named.decode()} "
    pieces = [padded[at : at + PIECE].encode() for at in range(len(padded) - PIECE + 1)]
    return named, frozenset([crc32(piece) & _MASK for piece in (b"=" + named, *pieces)])


@lru_cache(maxsize=2048)
def _of_run(run: str) -> frozenset[int]:
    pieces = [run[at : at + size] for size in (1, 2, 3) for at in range(len(run) - size + 1)]
    return frozenset([crc32(b"z" + piece.encode()) & _MASK for piece in pieces])
