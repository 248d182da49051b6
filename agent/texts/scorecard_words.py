"""Words of the scorecard itself, from ``scorecard/<language>.json``; pure.

What findings say and ask stands in ``findings/<language>.json``.
"""

from __future__ import annotations

from collections.abc import Mapping

from agent.domain.policy.texts import PLACEHOLDER
from agent.texts.catalogue import SCORECARD, words_of
from agent.texts.rows import row_text

_THIN = "\u202f"
"""Narrow no-break space: parts thousands in every language (ISO 80000-1)."""


def card_words(lang: str) -> Mapping[str, str]:
    """The catalogue of the language nearest to a BCP 47 tag."""
    return words_of(SCORECARD, lang)


def phrase(lang: str, key: str, **values: str | int) -> str:
    """A sentence of the catalogue, numbers as people of that language write them."""
    shown = {name: number(value) if isinstance(value, int) else value for name, value in values.items()}
    return PLACEHOLDER.sub(lambda match: shown[match[1]], card_words(lang)[key])


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
    wording = row_text(code, lang)
    if wording is not None:
        return wording.reason
    words = card_words(lang)
    return words.get(f"fault.{code[:2]}", words["fault.other"])
