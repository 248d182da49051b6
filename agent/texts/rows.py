"""What is wrong with a row of a manifest and what to do about it, by the fault's stable code; pure.

``rows/<language>.json`` is flat: ``row.<CODE>`` and ``row.<CODE>.remedy`` for every code that the reading of
a file gives, and the words of the report that goes back to the sender. The texts are general: column and
value stand beside them, and so does what the reader said in English.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from types import MappingProxyType

from agent.texts.findings import LANGUAGES, Wording, choose

MAX_WORDS = 12
"""Words of what is wrong; two Chinese characters count as one."""

_HAN = re.compile("[\u4e00-\u9fff]")


@functools.cache
def row_words(lang: str) -> Mapping[str, str]:
    """The catalogue of the language nearest to a BCP 47 tag."""
    name = f"{choose(lang)}.json"
    text = files("agent.texts").joinpath("rows", name).read_text(encoding="utf-8")
    found: dict[str, str] = json.loads(text)
    return MappingProxyType(found)


def row_text(code: str, lang: str) -> Wording | None:
    """What a fault of a row says and asks; None for a code without a text.

    >>> row_text("E101", "en").reason
    'The tracking number is missing'
    """
    words = row_words(lang)
    if f"row.{code}.remedy" not in words:
        return None
    return Wording(
        reason=words[f"row.{code}"], remedy=words[f"row.{code}.remedy"], example=None, citation=None
    )


def row_codes() -> tuple[str, ...]:
    """Every code that has a text, in order."""
    return tuple(sorted(key.split(".")[1] for key in row_words("en") if key.endswith(".remedy")))


def row_faults() -> Iterator[str]:
    """Where these catalogues do not agree with each other, or say too much; names language and key."""
    first = row_words(LANGUAGES[0])
    for language in LANGUAGES:
        words = row_words(language)
        yield from (f"{language}: {key} is missing" for key in first if key not in words)
        yield from (f"{language}: {key} is not in {LANGUAGES[0]}" for key in words if key not in first)
        for key, text in words.items():
            yield from (f"{language}: {key} {fault}" for fault in _text_faults(key, text, words))


def _text_faults(key: str, text: str, words: Mapping[str, str]) -> Iterator[str]:
    if not text.strip():
        yield "is empty"
    if "{" in text:
        yield "has a placeholder"
    if key.startswith("row.") and not key.endswith(".remedy"):
        if len(text.split()) + len(_HAN.findall(text)) // 2 > MAX_WORDS:
            yield f"has more than {MAX_WORDS} words"
        if f"{key}.remedy" not in words:
            yield "has no remedy"
