"""From a text to the hashed n-grams whose weights are added up. Pure, standard library only.

Words are runs of letters and digits; numbers count as one sign, so that quantities and article numbers do not
matter. Of each word, with a blank at both ends, the pieces of one to four characters are taken
(``char_wb`` 1–4); besides these the word itself, the word with its neighbour and the last word, since in
English and Chinese the thing is named last. CRC-32 says which of the 2^15 weights belongs to a piece.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from zlib import crc32

BUCKETS = 1 << 15
"""How many weights there are; a power of two."""

LONGEST = 4
"""Characters of the longest n-gram."""

TEXT_CEILING = 400
"""Characters of a text that are read; the rest is ignored."""

_WORD = re.compile(r"[^\W_]+")
_DIGITS = re.compile(r"\d+")
_MASK = BUCKETS - 1


def fold(text: str) -> str:
    """``text`` in lower case, compatibility forms and accents folded, every number as one ``0``.

    >>> fold("Artículos VARIOS １２ pzs")
    'articulos varios 0 pzs'
    """
    text = text[:TEXT_CEILING]
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text)
        # Hangul is put together again; only marks that stand on Latin letters are taken away.
        kept = "".join(c for c in decomposed if unicodedata.category(c) not in _DROPPED)
        text = unicodedata.normalize("NFC", kept)
    return _DIGITS.sub("0", text.lower())


_DROPPED = frozenset({"Mn", "Cf"})


def grams(text: str) -> set[int]:
    """The buckets that the pieces of ``text`` fall into, each once; empty without a letter or digit."""
    words = [word.encode() for word in _WORD.findall(fold(text))]
    buckets: set[int] = set()
    before = b"^"
    for word in words:
        buckets |= _of_word(word)
        buckets.add(crc32(b"%b+%b" % (before, word)) & _MASK)
        before = word
    if words:
        buckets.add(crc32(words[-1] + b"$") & _MASK)
    return buckets


@lru_cache(maxsize=4096)
def _of_word(word: bytes) -> frozenset[int]:
    if word.isascii():
        padded = b" %b " % word
        pieces = [padded[part] for part in _parts(len(padded))]
    else:
        text = f" {word.decode()} "
        pieces = [text[part].encode() for part in _parts(len(text))]
    pieces.append(b"=" + word)
    return frozenset([crc32(piece) & _MASK for piece in pieces])


@lru_cache(maxsize=64)
def _parts(length: int) -> tuple[slice, ...]:
    """Every n-gram of a padded word of so many characters; the blanks alone are none."""
    return tuple(
        slice(at, at + size)
        for size in range(1, LONGEST + 1)
        for at in range(length - size + 1)
        if size > 1 or 0 < at < length - 1
    )
