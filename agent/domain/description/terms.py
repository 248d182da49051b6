"""Terms that describe nothing: as a policy pack gives them, and found in a text in any language of theirs.

English and Spanish are compared word by word in the singular and without accents; Chinese character by
character, since it writes no blanks, and traditional characters as the simplified ones that stand for them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from agent.domain.description.hanzi import simplified
from agent.domain.packs.table import Table
from agent.domain.values.text import canonical

HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
"""Chinese characters, for the inside of a character class."""

_TOKEN = re.compile(rf"[{HAN}]+|[^\W_{HAN}]+")
_HAN = re.compile(rf"[{HAN}]")
_MARKS = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")


class Sort(StrEnum):
    """What a term does to a text."""

    STOP = "stop"
    """Says nothing. A text of such terms is refused; beside words that say something it is warned of."""
    ALONE = "alone"
    """A thing or a category too general to stand by itself, good with a material, a use or another thing."""
    MATERIAL = "material"
    """What something is made of, not what it is."""
    CONSOLIDATION = "consolidation"
    """Says that the contents stand on other bills."""
    FILLER = "filler"
    """Adds nothing."""


_COSTS = {Sort.FILLER: 0, Sort.STOP: 1, Sort.CONSOLIDATION: 1, Sort.MATERIAL: 8, Sort.ALONE: 8}
# Of several ways to read a text the one with the fewest terms counts that could name a thing.


@dataclass(frozen=True, slots=True)
class TermMatch:
    """A term found in a text; ``term`` in canonical form as its list writes it."""

    sort: Sort
    term: str


Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Terms:
    """The terms of a pack and their index, equal to itself alone: what was found by them is kept by them.

    One may have several words; plurals need no entry of their own."""

    stop: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()
    materials: tuple[str, ...] = ()
    consolidation: tuple[str, ...] = ()
    fillers: tuple[str, ...] = ()
    languages: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Of a term in canonical form, where its list says so."""
    _phrases: Mapping[str, Mapping[Phrase, TermMatch]] = field(init=False, repr=False, compare=False)
    _vocabulary: frozenset[str] = field(init=False, repr=False, compare=False)
    _names: frozenset[str] = field(init=False, repr=False, compare=False)
    _compact: Mapping[str, TermMatch] = field(init=False, repr=False, compare=False)
    _compact_starts: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        index: dict[str, dict[Phrase, TermMatch]] = {}
        compact: dict[str, TermMatch] = {}
        vocabulary: set[str] = set()
        names: set[str] = set()
        for sort, terms in self._by_sort():
            for term in terms:
                match = TermMatch(sort, canonical(term))
                # A letter by itself is put aside in a text, so it is in a term.
                spoken = tokens(simplified(term))
                written = [word for word in spoken if len(word) > 1 or not word.isascii()]
                for phrase in _spellings(written):
                    index.setdefault(phrase[0], {}).setdefault(phrase, match)
                    vocabulary.update(phrase)
                    if len(phrase) == 1 and sort is not Sort.FILLER:
                        names.add(phrase[0])
                joined = "".join(written)
                if len(joined) >= _SHORTEST_COMPACT and not _HAN.search(joined):
                    compact.setdefault(joined, match)
                    compact.setdefault(singular(joined), match)
        set_once = object.__setattr__
        set_once(self, "_phrases", MappingProxyType(index))
        set_once(self, "_vocabulary", frozenset(vocabulary))
        set_once(self, "_names", frozenset(names))
        set_once(self, "_compact", MappingProxyType(compact))
        set_once(self, "_compact_starts", frozenset(key[:_SHORTEST_COMPACT] for key in compact))

    def _by_sort(self) -> tuple[tuple[Sort, tuple[str, ...]], ...]:
        return (
            (Sort.CONSOLIDATION, self.consolidation),
            (Sort.STOP, self.stop),
            (Sort.ALONE, self.alone),
            (Sort.MATERIAL, self.materials),
            (Sort.FILLER, self.fillers),
        )

    def lemma(self, word: str) -> str:
        """``word`` in the form in which terms are known: its singular, when a term has it, else its own."""
        base = singular(word)
        if base not in self._vocabulary and word.endswith(_LONG_PLURALS) and word[:-2] in self._vocabulary:
            return word[:-2]
        return base

    def knows(self, word: str) -> bool:
        """Whether ``word`` is one of the words of a term."""
        return self.lemma(word) in self._vocabulary

    def is_term(self, word: str) -> bool:
        """Whether ``word`` by itself is a term that somebody may want to hide; no filler is."""
        return self.lemma(word) in self._names

    def covering(self, parts: Sequence[str]) -> tuple[TermMatch, ...] | None:
        """The terms, fillers included, that ``parts`` are made of when they are nothing else; else None."""
        return _cover(parts, self._phrases) if self._vocabulary.issuperset(parts) else None

    def covering_run(self, joined: str) -> tuple[TermMatch, ...] | None:
        """As ``covering``, for Latin letters without the blanks that belong between them."""
        if joined[:_SHORTEST_COMPACT] not in self._compact_starts or len(joined) > _LONGEST_RUN:
            return None
        best: list[tuple[int, tuple[TermMatch, ...]] | None] = [(0, ()), *[None] * len(joined)]
        for at in range(len(joined)):
            reached = best[at]
            if reached is not None:
                for end in range(at + _SHORTEST_COMPACT, len(joined) + 1):
                    if (match := self._compact.get(joined[at:end])) is not None:
                        _keep(best, end, reached, match)
        return best[-1][1] if best[-1] is not None else None

    def within(self, parts: Sequence[str]) -> tuple[TermMatch, ...]:
        """Terms among ``parts``, fillers left out; at each place the longest."""
        matches: list[TermMatch] = []
        at = 0
        while at < len(parts):
            longest, step = None, 1
            for phrase, match in self._phrases.get(parts[at], _NO_PHRASES).items():
                if len(phrase) >= step and tuple(parts[at : at + len(phrase)]) == phrase:
                    longest, step = match, len(phrase)
            if longest is not None and longest.sort is not Sort.FILLER:
                matches.append(longest)
            at += step
        return tuple(matches)

    def ending(self, run: str) -> TermMatch | None:
        """The longest term at the end of a run of Chinese characters, where such a text names its thing."""
        rest = run
        while rest:
            for at in range(len(rest)):
                tail = tuple(rest[at:])
                match = self._phrases.get(tail[0], _NO_PHRASES).get(tail)
                if match is not None:
                    if match.sort is not Sort.FILLER:
                        return match
                    rest = rest[:at]
                    break
            else:
                return None
        return None


_LONG_PLURALS = ("SES", "XES", "ZES", "CHES", "SHES", "LES", "NES", "RES", "DES")
"""Ends of English and Spanish plurals that both their letters are taken from."""
_SHORTEST_COMPACT = 3
_LONGEST_RUN = 80
_NO_PHRASES: Mapping[Phrase, TermMatch] = MappingProxyType({})


def _cover(
    parts: Sequence[str], index: Mapping[str, Mapping[Phrase, TermMatch]]
) -> tuple[TermMatch, ...] | None:
    best: list[tuple[int, tuple[TermMatch, ...]] | None] = [(0, ()), *[None] * len(parts)]
    for at, part in enumerate(parts):
        reached = best[at]
        if reached is None:
            continue
        for phrase, match in index.get(part, _NO_PHRASES).items():
            if tuple(parts[at : at + len(phrase)]) == phrase:
                _keep(best, at + len(phrase), reached, match)
    return best[-1][1] if best[-1] is not None else None


def _keep(
    best: list[tuple[int, tuple[TermMatch, ...]] | None],
    end: int,
    reached: tuple[int, tuple[TermMatch, ...]],
    match: TermMatch,
) -> None:
    known, cost = best[end], reached[0] + _COSTS[match.sort]
    if known is None or cost < known[0]:
        best[end] = (cost, (*reached[1], match))


def _spellings(written: Sequence[str]) -> Iterable[Phrase]:
    """How a term's words are found: in the singular; of Spanish plurals in -es also without both letters."""
    if not written:
        return
    phrase: list[str] = []
    for word in written:
        phrase += tuple(word) if _HAN.match(word) else (singular(word),)
    yield tuple(phrase)
    if len(written) == 1 and len(written[0]) > 6 and written[0].endswith(_LONG_PLURALS):
        yield (written[0][:-2],)


def without_accents(text: str) -> str:
    """Canonical ``text`` without the marks on Latin letters; other scripts keep theirs.

    >>> without_accents("ARTÍCULOS")
    'ARTICULOS'
    """
    return text if text.isascii() else _MARKS.sub("", unicodedata.normalize("NFD", text))


def tokens(text: str) -> list[str]:
    """Runs of letters and digits of ``text`` as they are compared, runs of Chinese characters apart."""
    return split(without_accents(canonical(text)))


def split(text: str) -> list[str]:
    """As ``tokens``, for a text in canonical form and without accents."""
    return _TOKEN.findall(text)


def singular(word: str) -> str:
    """``word``, in canonical form, without its plural ending."""
    if len(word) <= 3 or not word.endswith("S") or word.endswith("SS"):
        return word
    return f"{word[:-3]}Y" if word.endswith("IES") else word[:-1]


def read_terms(root: Table) -> Terms:
    """The terms of every ``[[description_terms]]`` table of a policy pack."""
    lists: dict[str, list[str]] = {
        name: [] for name in ("stop", "alone", "materials", "consolidation", "fillers")
    }
    languages: dict[str, str] = {}
    for table in root.tables("description_terms"):
        # The source is for the reader of the pack: a term nobody can trace is not refused to a sender.
        table.text("source", most=400)
        as_of = table.optional_text("as_of")
        if as_of is not None and not _is_date(as_of):
            table.fault("as_of", f"{as_of!r:.40} is not a date, as 2026-11-24")
        lang = table.optional_text("lang")
        if lang is not None and lang not in LANGUAGES:
            table.fault("lang", f"{lang!r:.40} is not one of {', '.join(LANGUAGES)}")
        for name, terms in lists.items():
            given = table.texts(name)
            terms.extend(given)
            if lang is not None:
                for term in given:
                    languages.setdefault(canonical(term), lang)
        table.done()
    return Terms(
        stop=tuple(lists["stop"]),
        alone=tuple(lists["alone"]),
        materials=tuple(lists["materials"]),
        consolidation=tuple(lists["consolidation"]),
        fillers=tuple(lists["fillers"]),
        languages=MappingProxyType(languages),
    )


LANGUAGES = ("en", "zh", "es")


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
