"""Spellings that hide a word from a list: ``G1FT``, ``G.I.F.T``, Cyrillic letters, tripled ones.

A word is read as another one only when that other one is on a list: article numbers and honest words of other
scripts stay what they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from agent.domain.values.text import canonical

# Capitals that look like Latin ones: Cyrillic, Greek, Cherokee's few that are seen, small capitals.
_LOOKS_LIKE = str.maketrans(
    "АВЕЅІЈКМНОРСТУХҮԌԚԜҺ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹϺ" + "ɢʀɪꜰᴛᴀᴇᴏꜱʙʟɴ",
    "ABESIJKMHOPCTYXYGQWH" + "ABEZHIKMNOPTYXCM" + "GRIFTAEOSBLN",
)
_FOREIGN = re.compile("[\u0370-\u03ff\u0400-\u052fɢʀɪꜰᴛᴀᴇᴏꜱʙʟɴ]")
_UNIT_SIGNS = str.maketrans("", "", "ΩΜ")
_ONE_AS_I = str.maketrans("0134567892@$!|€+", "OIEASGTBGZASIIET")
_ONE_AS_L = str.maketrans("0134567892@$!|€+", "OLEASGTBGZASLLET")
_SIGNS = frozenset("@$!|€+")
_SPACED = re.compile(r"(?<![^\W_])[^\W\d_](?:[ .\-_*/·•|,'~]{1,3}[^\W\d_](?![^\W_])){2,}")
_SEPARATORS = re.compile(r"[\W_]+")
_TRIPLED = re.compile(r"(.)\1{2,}")
_DOUBLED = re.compile(r"(.)\1+")

Known = Callable[[str], bool]


def unspaced(text: str, known: Known) -> str:
    """Canonical ``text`` with signs for letters, and letters kept apart, read as the words they make."""

    def apart(match: re.Match[str]) -> str:
        joined = _SEPARATORS.sub("", match[0])
        return joined if known(joined) else match[0]

    if not _SIGNS.isdisjoint(text):
        text = " ".join(_without_signs(chunk, known) for chunk in text.split())
    return _SPACED.sub(apart, text)


def _without_signs(chunk: str, known: Known) -> str:
    bare = chunk.strip("!|+.,;:()")
    if _SIGNS.isdisjoint(bare):
        return chunk
    return next((word for word in _leet(bare) if known(word)), chunk)


def skeleton(text: str) -> str:
    """Canonical ``text`` with letters of other scripts as the Latin ones they look like, single-spaced.

    >>> skeleton("Кestrel  Sıgned") == skeleton("kestrel signed")
    True
    """
    return " ".join(canonical(text).translate(_LOOKS_LIKE).split())


def readings(words: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """What else the words of a text may be read as, without a list to say which are meant.

    Letters of other scripts as the Latin ones they look like, digits as letters (one as I, or as L), letters
    kept apart as one word. What comes out may be no words at all; what is looked for among them is.

    >>> readings(("P1LL", "PRESS")), readings(("F", "E", "N", "TEA")), readings(("COTTON", "SOCKS"))
    ((('PILL', 'PRESS'), ('PLLL', 'PRESS')), (('FEN', 'TEA'),), ())
    """
    as_i: list[str] = []
    as_l: list[str] = []
    apart = ""
    for word in (*words, ""):
        if len(word) == 1 and word.isalpha():
            apart += word
            continue
        parts = [apart] if len(apart) > 2 else list(apart)
        as_i += parts
        as_l += parts
        apart = ""
        latin = word if word.isascii() else word.translate(_LOOKS_LIKE)
        if not latin.isascii():
            latin = word
        one, other = (latin, latin)
        if latin.isascii() and not latin.isalpha() and any(c.isalpha() for c in latin):
            one, other = _leet(latin)
        if word:
            as_i.append(one)
            as_l.append(other)
    return tuple(dict.fromkeys(reading for reading in (tuple(as_i), tuple(as_l)) if reading != tuple(words)))


def unmasked(word: str, known: Known) -> str:
    """The known word that ``word`` stands for, else ``word``; letters of two scripts become Latin ones."""
    plain = word.isascii()
    if plain and word.isalpha() and _DOUBLED.search(word) is None:
        return word
    # A short one is a unit, as in 10KΩ.
    if not plain and _FOREIGN.search(word if len(word) > 4 else word.translate(_UNIT_SIGNS)):
        latin = word.translate(_LOOKS_LIKE)
        if latin.isascii() and (known(latin) or any(c.isascii() and c.isalpha() for c in word)):
            word = latin
    if known(word):
        return word
    if any(c.isdecimal() for c in word) and len(word) >= 3 and any(c.isalpha() for c in word):
        word = next((other for other in _leet(word) if known(other)), word)
    elif len(word) >= 5 and (once := _DOUBLED.sub(r"\1", word)) != word:
        tripled = _TRIPLED.search(word) is not None
        twice = (_TRIPLED.sub(r"\1\1", word), _TRIPLED.sub(r"\1", word)) if tripled else ()
        word = next((other for other in (*twice, once) if known(other)), word)
    return word


def _leet(word: str) -> tuple[str, str]:
    return word.translate(_ONE_AS_I), word.translate(_ONE_AS_L)
