"""Catalogues of words: a folder for each kind, a flat JSON file for each language, one check for all; pure.

English is the catalogue that the others are held to and that stands in for a language without one.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from types import MappingProxyType

from agent.domain.policy.texts import MAX_REASON_WORDS, PLACEHOLDER

LANGUAGES = ("en", "zh-CN", "es", "vi", "tr", "hi")
"""Languages of every kind of catalogue; the first is the one that the others are held to."""

_HAN = re.compile("[\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueKind:
    """One kind of catalogue: its folder, and what its texts are held to."""

    folder: str
    most_words: Mapping[str, int] = field(default_factory=dict)
    """A pattern of whole keys, and how many words their texts may have; two Chinese characters are one."""
    remedies: Mapping[str, str] = field(default_factory=dict)
    """A pattern of whole keys, and the key of the remedy that must stand beside each of them."""
    placeholders: bool = True
    """Whether texts may have ``{placeholders}``."""


FINDINGS = CatalogueKind(
    folder="findings",
    most_words={r"reason\..+": MAX_REASON_WORDS},
    remedies={r"reason\.(.+)": r"remedy.\1"},
)
"""What a finding asks of a sender."""

ROWS = CatalogueKind(
    folder="rows",
    most_words={r"row\.\w+": 12},
    remedies={r"(row\.\w+)": r"\1.remedy"},
    placeholders=False,
)
"""What is wrong with a row of a file, and the report that goes back; column and value stand beside it."""

SCORECARD = CatalogueKind(folder="scorecard")
"""The words of a scorecard itself."""

LANE = CatalogueKind(folder="lane", most_words={r"word\..+": 3, r"reason\..+": MAX_REASON_WORDS})
"""All that the pages at the lanes show."""

KINDS = (FINDINGS, ROWS, SCORECARD, LANE)


def words_of(kind: CatalogueKind, lang: str) -> Mapping[str, str]:
    """The catalogue of the language nearest to a BCP 47 tag."""
    return _catalogue(kind.folder, choose(lang))


@functools.cache
def _catalogue(folder: str, language: str) -> Mapping[str, str]:
    text = files("agent.texts").joinpath(folder, f"{language}.json").read_text(encoding="utf-8")
    words: dict[str, str] = json.loads(text)
    return MappingProxyType(words)


def choose(*preferred: str) -> str:
    """The language of BCP 47 tags, the most preferred first: of the same tag, else the same language.

    >>> choose("zh-cn"), choose("zh-TW"), choose("es-MX"), choose("fr"), choose("")
    ('zh-CN', 'zh-CN', 'es', 'en', 'en')
    >>> choose("fr-CA", "vi", "en")
    'vi'
    """
    for wanted in preferred:
        tag = wanted.replace("_", "-").lower()
        exact = [language for language in LANGUAGES if language.lower() == tag]
        primary = tag.partition("-")[0]
        near = [language for language in LANGUAGES if language.partition("-")[0] == primary]
        if exact or near:
            return (*exact, *near)[0]
    return LANGUAGES[0]


def faults() -> Iterator[str]:
    """Where the catalogues of a kind do not agree with each other, or ask for more than a reader can take in.

    Each line names folder, language and key; see ``faults_of``.
    """
    for kind in KINDS:
        yield from faults_of(kind, {language: words_of(kind, language) for language in LANGUAGES})


def faults_of(kind: CatalogueKind, catalogues: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """Faults of one kind: a key that is missing or that English lacks, other placeholders, a text that is
    empty or too long, a reason without its remedy.

    Args:
        kind: What the catalogues are held to.
        catalogues: Each language of ``LANGUAGES`` with its texts.
    """
    first = catalogues[LANGUAGES[0]]
    for language, texts in catalogues.items():
        place = f"{kind.folder}/{language}"
        yield from (f"{place}: {key} is missing" for key in first if key not in texts)
        yield from (f"{place}: {key} is not in {LANGUAGES[0]}" for key in texts if key not in first)
        for key, text in texts.items():
            yield from (f"{place}: {key} {fault}" for fault in _text_faults(kind, key, text, texts, first))


def _text_faults(
    kind: CatalogueKind, key: str, text: str, texts: Mapping[str, str], first: Mapping[str, str]
) -> Iterator[str]:
    if not text.strip():
        yield "is empty"
    if "{" in text and not kind.placeholders:
        yield "has a placeholder"
    elif key in first and sorted(PLACEHOLDER.findall(text)) != sorted(PLACEHOLDER.findall(first[key])):
        yield f"has other placeholders than {LANGUAGES[0]}"
    words = len(text.split()) + len(_HAN.findall(text)) // 2
    for pattern, most in kind.most_words.items():
        if re.fullmatch(pattern, key) and words > most:
            yield f"has more than {most} words"
    for pattern, remedy in kind.remedies.items():
        if (match := re.fullmatch(pattern, key)) and match.expand(remedy) not in texts:
            yield "has no remedy"
