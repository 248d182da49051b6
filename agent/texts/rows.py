"""What is wrong with a row of a manifest and what to do about it, by the fault's stable code; pure.

``rows/<language>.json`` is flat: ``row.<CODE>`` and ``row.<CODE>.remedy`` for every code that the reading of
a file gives, and the words of the report that goes back to the sender. The texts are general: column and
value stand beside them, and so does what the reader said in English.
"""

from __future__ import annotations

from collections.abc import Mapping

from agent.texts.catalogue import ROWS, words_of
from agent.texts.findings import Wording


def row_words(lang: str) -> Mapping[str, str]:
    """The catalogue of the language nearest to a BCP 47 tag."""
    return words_of(ROWS, lang)


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
