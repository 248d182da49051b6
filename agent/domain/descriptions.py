"""Is a goods description a description? Words to refuse come with the policy, as dated data."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from agent.domain.findings import Finding, Severity

CODE = "DESCRIPTION_REFUSED"

_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]")
_WORD = re.compile(r"[^\W_]+")
_IDENTICAL = re.compile(r"(\S)\1{2,}")
_ARTICLE_NUMBER = re.compile(r"\b[A-Z]{1,4}[-_/.][0-9][A-Z0-9-]*")
_EXTENSION = re.compile(r"\.[A-Z][A-Z0-9]{1,4}")
_UNIT_WORDS = """
    PC PCS PCE PCES PIECE PIECES SET SETS PAIR PAIRS PR PRS DOZ DOZEN EA EACH QTY UNIT UNITS PKG PKGS
    PACK PACKS CTN CTNS KG KGS G GR GRAM GRAMS LB LBS OZ MG ML CL L LT LTR CM MM M MTR IN INCH INCHES FT
    YD YDS X
"""
_UNITS = frozenset(_UNIT_WORDS.split())


def canonical(text: str) -> str:
    """``text`` as it is compared: compatibility forms folded, invisible characters gone, upper case."""
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).upper().strip()


def words(text: str) -> tuple[str, ...]:
    """The runs of letters and digits of ``text`` in canonical form, in order.

    >>> words("Women's T-shirt, 2pcs")
    ('WOMEN', 'S', 'T', 'SHIRT', '2PCS')
    """
    return tuple(_WORD.findall(canonical(text)))


def structural_fault(text: str) -> str | None:
    """Why ``text`` cannot be a name, an address or a description whatever it says; None when it can.

    Source: Transport Canada, PACT Technical Implementation Guide 1.9, refused values.

    >>> structural_fault("12345"), structural_fault("xxx"), structural_fault("..."), structural_fault("Anna")
    ('only_digits', 'identical_characters', 'only_special', None)
    """
    plain = canonical(text)
    fault: str | None = None
    if not plain.strip(" .-"):
        fault = "only_special" if plain else "empty"
    elif _IDENTICAL.fullmatch(plain):
        fault = "identical_characters"
    elif _EXTENSION.fullmatch(plain):
        fault = "file_extension"
    elif not any(c.isalpha() for c in plain):
        special = any(not c.isdecimal() and not c.isspace() for c in plain)
        digits = any(c.isdecimal() for c in plain)
        fault = ("special_and_digits" if digits else "only_special") if special else "only_digits"
    return fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Terms that describe nothing, alone or together, and fillers that add nothing to them.

    Terms may have several words ("said to contain"). Plurals need no entry of their own.
    """

    stop: tuple[str, ...] = ()
    fillers: tuple[str, ...] = ()
    _phrases: Mapping[str, tuple[tuple[str, ...], ...]] = field(init=False, repr=False, compare=False)
    _fillers: frozenset[str] = field(init=False, repr=False, compare=False)
    _vocabulary: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        phrases: dict[str, tuple[tuple[str, ...], ...]] = {}
        vocabulary: set[str] = set()
        for term in self.stop:
            phrase = tuple(map(_singular, words(term)))
            if phrase:
                phrases[phrase[0]] = (*phrases.get(phrase[0], ()), phrase)
                vocabulary.update(phrase)
        fillers = frozenset(_singular(word) for term in self.fillers for word in words(term))
        object.__setattr__(self, "_phrases", MappingProxyType(phrases))
        object.__setattr__(self, "_fillers", fillers)
        object.__setattr__(self, "_vocabulary", frozenset(vocabulary | fillers))

    def covering(self, tokens: list[str]) -> str | None:
        """The first stop term when ``tokens`` are nothing but stop terms and fillers, else None."""
        if not self._vocabulary.issuperset(tokens):
            return None
        # covered[i]: the first stop term of a way to cover tokens[:i]; "" for fillers only, absent for none.
        covered: dict[int, str] = {0: ""}
        for i, token in enumerate(tokens):
            if i not in covered:
                continue
            if token in self._fillers:
                covered.setdefault(i + 1, covered[i])
            for phrase in self._phrases.get(token, ()):
                end = i + len(phrase)
                if tuple(tokens[i:end]) == phrase and not covered.get(end):
                    covered[end] = covered[i] or " ".join(phrase)
        return covered.get(len(tokens)) or None

    def only_fillers(self, tokens: Iterable[str]) -> bool:
        """Whether nothing is left of ``tokens`` once fillers are taken away."""
        return self._fillers.issuperset(tokens)


def check_description(text: str, terms: Terms) -> Finding | None:
    """Refuse a description from which nobody could picture the goods.

    Quantities, units, single letters and article numbers are put aside. What is left must hold a word that
    is neither a stop term nor a filler. The text itself is never changed or repeated in the finding.

    Returns:
        ``DESCRIPTION_REFUSED`` (MEND) with ``reason``, and ``term`` when a stop term is the reason.

    Source: CBP CSMS 60011750 (vague descriptions); Transport Canada PACT guide 1.9 (refused values).
    """
    fault = structural_fault(text)
    if fault is not None:
        return _refused(reason=fault)
    rest = _ARTICLE_NUMBER.sub(" ", canonical(text))
    tokens = [_singular(word) for word in _WORD.findall(rest) if _says_something(word)]
    if terms.only_fillers(tokens):
        return _refused(reason="nothing_said")
    term = terms.covering(tokens)
    return _refused(reason="stop_term", term=term) if term is not None else None


def _says_something(word: str) -> bool:
    if word in _UNITS or (len(word) == 1 and word.isascii()):
        return False
    # "2PCS", "20CM", "G1FT", "AB12": quantities, sizes, article numbers, disguises. None names goods.
    return not any(c.isdecimal() for c in word)


def _singular(word: str) -> str:
    if len(word) <= 3 or not word.endswith("S") or word.endswith("SS"):
        return word
    return f"{word[:-3]}Y" if word.endswith("IES") else word[:-1]


def _refused(**params: str) -> Finding:
    return Finding(code=CODE, severity=Severity.MEND, params=MappingProxyType(params))
