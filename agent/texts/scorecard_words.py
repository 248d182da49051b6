"""Words of the scorecard itself, in the languages of ``wording``; pure.

``scorecard/<language>.json`` is flat; what findings say and ask is in the catalogues of ``wording``.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from importlib.resources import files
from types import MappingProxyType

from agent.domain.policy.texts import PLACEHOLDER
from agent.texts.findings import LANGUAGES, choose
from agent.texts.rows import row_text

_THIN = "\u202f"
"""Narrow no-break space: parts thousands in every language (ISO 80000-1)."""


@functools.cache
def card_words(lang: str) -> Mapping[str, str]:
    """The catalogue of the language nearest to a BCP 47 tag."""
    name = f"{choose(lang)}.json"
    text = files("agent.texts").joinpath("scorecard", name).read_text(encoding="utf-8")
    found: dict[str, str] = json.loads(text)
    return MappingProxyType(found)


def said(lang: str, key: str, **values: str | int) -> str:
    """A sentence of the catalogue, numbers as people of that language write them."""
    shown = {name: number(value) if isinstance(value, int) else value for name, value in values.items()}
    return PLACEHOLDER.sub(lambda found: shown[found[1]], card_words(lang)[key])


def number(value: int) -> str:
    """Thousands parted.

    >>> number(1234567).split()
    ['1', '234', '567']
    """
    return f"{value:,}".replace(",", _THIN)


def tenths(permille: int, lang: str) -> str:
    """Thousandths as a number of hundredths.

    >>> tenths(973, "en"), tenths(973, "es"), tenths(1000, "en")
    ('97.3', '97,3', '100.0')
    """
    return f"{permille // 10}{card_words(lang)['decimal']}{permille % 10}"


def fault_kind(code: str, lang: str) -> str:
    """What an import's code says, as ``E204`` or ``W301``; of one without a text, what it is about."""
    said = row_text(code, lang)
    if said is not None:
        return said.reason
    words = card_words(lang)
    return words.get(f"fault.{code[:2]}", words["fault.other"])


def card_faults() -> Iterator[str]:
    """Where these catalogues do not agree with each other; each line names language and key."""
    first = card_words(LANGUAGES[0])
    for language in LANGUAGES:
        words = card_words(language)
        yield from (f"{language}: {key} is missing" for key in first if key not in words)
        yield from (f"{language}: {key} is not in {LANGUAGES[0]}" for key in words if key not in first)
        for key, text in words.items():
            if not text.strip():
                yield f"{language}: {key} is empty"
            if sorted(PLACEHOLDER.findall(text)) != sorted(PLACEHOLDER.findall(first.get(key, ""))):
                yield f"{language}: {key} has other placeholders than {LANGUAGES[0]}"
