"""Vague and precise descriptions, composed from the lists beside this module: the same on every run.

A vague one names a category or nothing; a precise one names the thing, mostly with what it is made of or used
for. Both come in the same lengths, so that length tells nothing (``matched``). Every list is parted in two by
a hash of its entries, singular and plural alike: what is composed from one part shares no entry with what is
composed from the other.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from importlib.resources import files
from zlib import crc32

from models.training.goods.lists import by_chapter, entries
from models.vagueness.grams import fold

LANGUAGES = ("en", "zh", "es")
SEED = 20_261_124
HELD_OUT_OF_TEN = 2
"""Tenths of each list that are kept for the test."""

SINGULAR = 0.4
"""Portion of things that are named in the singular."""

Lists = Mapping[str, Sequence[str]]


class Portion(Enum):
    """Which entries of the lists are used."""

    TRAIN = "train"
    TEST = "test"
    ALL = "all"


@dataclass(frozen=True, slots=True, order=True)
class Phrase:
    """One made description."""

    text: str
    language: str
    vague: bool


def lists(language: str, part: Portion) -> dict[str, list[str]]:
    """The word lists of one language, or one part of them; its templates, each as often as it weighs.

    The goods of every chapter are things too, but for those that the lists here call a category.
    """
    document = tomllib.loads(files(__package__).joinpath(f"{language}.toml").read_text(encoding="utf-8"))
    del document["language"]
    written = {name: entries(text) for name, text in document.items()}
    written["nouns"] += _goods(language, written)
    chosen: dict[str, list[str]] = {}
    for name, words in written.items():
        if name in _TEMPLATES:
            weighted = (entry.partition(" ") for entry in words)
            chosen[name] = [template for weight, _, template in weighted for _ in range(int(weight))]
        else:
            chosen[name] = [entry for entry in words if _belongs(name, entry, part)]
    return chosen


_TEMPLATES = frozenset({"vague", "precise"})
_GENERAL = ("generic", "heads", "categories")


def _goods(language: str, written: Lists) -> list[str]:
    known = {_stem(entry) for name in ("nouns", *_GENERAL) for entry in written[name]}
    heads = frozenset(_stem(entry) for name in ("heads", "categories") for entry in written[name])
    by_stem: dict[str, str] = {}
    for goods in by_chapter(language).values():
        for entry in goods:
            stem = _stem(entry)
            if stem not in known and _named_by(stem, language) not in heads:
                by_stem.setdefault(stem, entry)
    return list(by_stem.values())


def _named_by(stem: str, language: str) -> str:
    """What of an entry says what it is: the first word in Spanish, the last in English and Chinese."""
    if language == "zh":
        return stem[-2:]
    return stem.split()[0 if language == "es" else -1]


def _stem(entry: str) -> str:
    return _ENDING.sub("", fold(entry))


_ENDING = re.compile(r"(?:e?s)+\b")


def _belongs(name: str, entry: str, part: Portion) -> bool:
    held_out = crc32(f"{name}/{_stem(entry)}".encode()) % 10 < HELD_OUT_OF_TEN
    return part is Portion.ALL or held_out is (part is Portion.TEST)


def _english_singular(entry: str) -> str:
    return _SIBILANT.sub(r"\1", entry) if _SIBILANT.search(entry) else _PLURAL.sub("", entry)


def _spanish_singular(entry: str) -> str:
    first, blank, rest = entry.partition(" ")
    if first.endswith("ones"):
        first = f"{first[:-4]}ón"
    elif first.endswith(("ores", "ales", "eles", "iles", "ares", "ades")):
        first = first[:-2]
    else:
        first = first.removesuffix("s")
    return first + blank + rest


_COUNTED = frozenset({"nouns", "generic", "heads"})
_SIBILANT = re.compile(r"((?:ch|sh|ss|x))es$")
_PLURAL = re.compile(r"(?<=[^su])s$")
_SINGULAR: Mapping[str, Callable[[str], str]] = {
    "en": _english_singular,
    "es": _spanish_singular,
    "zh": str,
}


class _Maker:
    """Draws phrases by templates: names of lists, and words that stand between them."""

    def __init__(self, language: str, words: Lists, rng: random.Random) -> None:
        self._words = words
        self._join = "" if language == "zh" else " "
        self._singular = _SINGULAR[language]
        self._rng = rng

    def pick(self, name: str) -> str:
        entries = self._words.get(name)
        if not entries:
            return name
        entry = entries[int(self._rng.random() * len(entries))]
        if name in _COUNTED and self._rng.random() < SINGULAR:
            return self._singular(entry)
        return entry

    def phrase(self, templates: Sequence[str]) -> str:
        template = templates[int(self._rng.random() * len(templates))]
        return self._join.join(self.pick(word) for word in template.split())


def pool(language: str, part: Portion, vague: bool, count: int, seed: int = SEED) -> list[str]:
    """``count`` draws of one kind, each text once, so mostly fewer."""
    kind = "vague" if vague else "precise"
    rng = random.Random(f"{seed}/{language}/{part.value}/{kind}")
    words = lists(language, part)
    maker = _Maker(language, words, rng)
    templates = words[kind]
    return list(dict.fromkeys(maker.phrase(templates) for _ in range(count)))


def matched(
    vague: Sequence[str], precise: Sequence[str], length: Callable[[str], int] = len
) -> tuple[list[str], list[str]]:
    """As many of each as there are of both at every length: nobody can tell them apart by length."""
    by_length: dict[int, tuple[list[str], list[str]]] = {}
    for side, texts in enumerate((vague, precise)):
        for text in texts:
            by_length.setdefault(length(text), ([], []))[side].append(text)
    kept: tuple[list[str], list[str]] = ([], [])
    for size in sorted(by_length):
        both = by_length[size]
        fewest = min(map(len, both))
        kept[0].extend(both[0][:fewest])
        kept[1].extend(both[1][:fewest])
    return kept


def phrases(part: Portion, *, draws: int = 8_000) -> list[Phrase]:
    """Vague and precise phrases of every language, equal in number at each length."""
    made: list[Phrase] = []
    for language in LANGUAGES:
        vague = pool(language, part, True, draws)
        known = set(vague)
        precise = [text for text in pool(language, part, False, draws) if text not in known]
        for label, texts in zip((True, False), matched(vague, precise), strict=True):
            made += [Phrase(text, language, label) for text in texts]
    return sorted(made)
