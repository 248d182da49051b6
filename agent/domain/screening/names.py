"""Names of parties, made comparable; lists of parties, and who is on them."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

# Letters that NFKD leaves whole although other spellings write them in plain Latin.
_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"}
)
_APOSTROPHES = str.maketrans("", "", "'’‘`´ʼʻ")
_NOT_WORD = re.compile(r"[\W_]+")
_REMEMBERED = 8192
"""Texts whose folded form is kept: each check of a parcel asks for the same ones, and sellers come again."""


@functools.lru_cache(maxsize=_REMEMBERED)
def fold(name: str) -> str:
    """``name`` in lower case without diacritics and punctuation, single spaces, its words in their order.

    Legal forms (Ltd, GmbH) stay: on a list they tell two companies apart. Initials that stand alone are
    joined, so that ``S.A.`` and ``SA`` are one word. Scripts other than Latin stay as they are.

    >>> fold("Łódź  S.A. (O'Brien)")
    'lodz sa obrien'
    """
    if name.isascii():
        plain = name.lower().replace("'", "").replace("`", "")
    else:
        decomposed = unicodedata.normalize("NFKD", name.translate(_APOSTROPHES)).casefold()
        # Casefolding may compose again; what NFKD takes apart a second time stays apart.
        decomposed = unicodedata.normalize("NFKD", decomposed).translate(_LETTERS)
        plain = "".join(c for c in decomposed if unicodedata.category(c) not in _DROPPED)
    words = _NOT_WORD.sub(" ", plain).split()
    if min(map(len, words), default=2) == 1:
        words = _join_initials(words)
    return " ".join(words)


_DROPPED = frozenset({"Mn", "Me", "Cf"})


def normalise(name: str) -> str:
    """``fold`` with the words sorted: ``DOE, Jane`` and ``Jane Doe`` come out the same.

    >>> normalise("DOE, Jane") == normalise("Jane Doe") == "doe jane"
    True
    """
    return " ".join(sorted(fold(name).split()))


@functools.lru_cache(maxsize=_REMEMBERED)
def key(name: str) -> str:
    """What two names share exactly when they are the same name; empty when ``name`` has no letter or digit.

    >>> key("Al-Qaida Trading") == key("trading, al qaida")
    True
    """
    return "".join(sorted(fold(name).split()))


def _join_initials(words: list[str]) -> list[str]:
    joined: list[str] = []
    previous_initial = False
    for word in words:
        initial = len(word) == 1
        if initial and previous_initial:
            joined[-1] += word
        else:
            joined.append(word)
        previous_initial = initial
    return joined


@dataclass(frozen=True, slots=True, kw_only=True)
class ListEntry:
    """One listed party: its number on the list, its name and aliases."""

    id: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A name was found on a list."""

    list_id: str
    entry_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyList:
    """A list of parties and its index, built once; ``issued`` is aware UTC."""

    id: str
    issued: datetime
    entries: tuple[ListEntry, ...]
    _index: Mapping[str, tuple[Hit, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.issued.tzinfo is None:
            raise ValueError(f"list {self.id}: the time of issue needs its offset from UTC")
        index: dict[str, tuple[Hit, ...]] = {}
        for entry in self.entries:
            hit = Hit(list_id=self.id, entry_id=entry.id)
            for name in entry.names:
                name_key = key(name)
                known = index.get(name_key, ())
                if name_key and hit not in known:
                    index[name_key] = (*known, hit)
        object.__setattr__(self, "_index", MappingProxyType(index))

    def match(self, names: Iterable[str]) -> tuple[Hit, ...]:
        """Entries that carry one of ``names``, each once, in the order hits."""
        return self.match_keys(map(key, names))

    def match_keys(self, keys: Iterable[str]) -> tuple[Hit, ...]:
        """As ``match``, for names whose ``key`` was taken already, once for several lists."""
        hits: dict[Hit, None] = {}
        for name_key in keys:
            for hit in self._index.get(name_key, ()):
                hits[hit] = None
        return tuple(hits)
