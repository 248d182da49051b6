"""Is a goods description a description? Words to refuse come with the policy, as dated data.

A term that says nothing is refused when nothing else is said and warned of beside a word that says something.
A master bill may say that it consolidates; then its house bills must say what. Source of the two ways to look
at a term: the EU's import control system; of what is refused: CBP CSMS 60011750, PACT guide 1.9.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from agent.domain.consignment.declaration import CEILINGS, Level
from agent.domain.description.hanzi import simplified
from agent.domain.description.obfuscation import unmasked, unspaced
from agent.domain.description.terms import HAN, Sort, TermMatch, Terms, split, tokens, without_accents
from agent.domain.description.text_models import ReadingLimits
from agent.domain.findings.finding import Finding, Severity
from agent.domain.values.text import canonical, structural_fault, words

__all__ = [
    "CODE",
    "HOUSE_BILLS_CODE",
    "VAGUE_CODE",
    "DescriptionGrade",
    "Judgement",
    "Terms",
    "canonical",
    "check_description",
    "judge",
    "language_of",
    "structural_fault",
    "words",
]  # fmt: skip

CODE = "DESCRIPTION_REFUSED"
VAGUE_CODE = "DESCRIPTION_VAGUE"
HOUSE_BILLS_CODE = "HOUSE_BILLS_NEEDED"

READS_VAGUE = "reads_vague"
"""Reason of a text in which no listed term is, and which a model finds vague."""

NO_LIMITS = ReadingLimits()

_SET_ASIDE = re.compile(r"\b[A-Z]{1,4}[-_/.][0-9][A-Z0-9-]*|['’]S\b")  # article numbers; whose it is
_HAN = re.compile(f"[{HAN}]")
_UNIT_WORDS = """
    PC PCS PCE PCES PIECE PIECES SET SETS PAIR PAIRS PR PRS DOZ DOZEN EA EACH QTY UNIT UNITS PKG PKGS
    PACK PACKS CTN CTNS KG KGS G GR GRAM GRAMS LB LBS OZ MG ML CL L LT LTR CM MM M MTR IN INCH INCHES FT
    YD YDS X PZ PZS PZA PZAS UDS UD
"""
_UNITS = frozenset(_UNIT_WORDS.split())
_SPANISH_WORDS = "DE DEL LA EL LOS LAS UN UNA Y PARA CON SIN EN POR SEGUN VER AL"
_SPANISH = frozenset(_SPANISH_WORDS.split())
_SPANISH_SIGNS = frozenset("ÁÉÍÓÚÑÜ¿¡")


class DescriptionGrade(StrEnum):
    """What may be done with a text."""

    OK = "ok"
    WARN = "warn"
    REJECT = "reject"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a text is worth as a description of goods."""

    grade: DescriptionGrade
    score: float
    """Of lists and model together: 0 names a thing, 1 names none. What the lists refuse has 0.9 at least."""
    reason: str | None = None
    """Of a refusal: a structural reason, ``nothing_said``, ``stop_term``, ``reads_vague``. Of a warning:
    ``stop_term``, ``disguised``, ``reads_vague``. Of a text that is taken: ``house_bills_needed`` or None."""
    terms: tuple[str, ...] = ()
    """Listed terms that are the reason, as the list writes them, each once."""
    language: str = "en"
    """``en``, ``zh`` or ``es``: a guess, unless it was given."""
    disguised: bool = False
    """Whether a word was spelt so that no list would find it."""


@dataclass(slots=True)
class _Reading:
    latin: list[str] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    joined: str = ""
    """The Latin words without blanks, where a blank may be missing or too much; else empty."""
    disguised: bool = False
    read_as: str = ""
    """The text with its disguises taken off, as a model should read it."""


def judge(
    text: str,
    terms: Terms,
    *,
    level: Level = Level.HOUSE,
    lang: str | None = None,
    reads: Callable[[str], float] | None = None,
    limits: ReadingLimits = NO_LIMITS,
) -> Judgement:
    """Judge a description of goods.

    Quantities, units, single letters and article numbers are put aside. What is left must hold a word that is
    neither a stop term nor a filler. The text itself is never changed.

    Args:
        text: As declared; its first 1,000 characters are read.
        terms: Those of the policy.
        level: Only a master bill may say that it consolidates.
        lang: ``en``, ``zh`` or ``es``, where it is known.
        reads: How vague a model finds a text, 0 to 1: ``models.vagueness``; None to go by the lists alone.
        limits: From which score on the policy warns and refuses, where the lists leave it open.
    """
    text = text[: CEILINGS["description"]]
    known = lang if lang in _LANGUAGES else None
    judged = _judged(text, terms, level, reads, limits)
    return Judgement(
        grade=judged.grade,
        reason=judged.reason,
        score=judged.score,
        terms=tuple(dict.fromkeys(match.term for match in judged.named)),
        language=known or _language_by(judged.named, terms) or language_of(text),
        disguised=judged.disguised,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    grade: DescriptionGrade
    reason: str | None
    score: float
    named: Sequence[TermMatch] = ()
    disguised: bool = False
    scored: bool = False
    """Whether a model had a say in the score."""
    by_score: bool = False
    """Whether it is refused for its score, not by the lists."""


def _judged(
    text: str,
    terms: Terms,
    level: Level,
    reads: Callable[[str], float] | None,
    limits: ReadingLimits,
) -> _Judged:
    fault = structural_fault(text)
    if fault is not None:
        return _Judged(grade=DescriptionGrade.REJECT, reason=fault, score=1.0)
    read = _read(text, terms)
    grade, reason, named = _by_lists(read, terms, level)
    reading = reads(read.read_as) if reads is not None else None
    score = _score(grade, reason, reading)
    permille, by_score = _permille(score), False
    if reading is not None and grade is not DescriptionGrade.REJECT and reason != _HOUSES:
        if limits.refuse_at_permille is not None and permille >= limits.refuse_at_permille:
            grade, reason, by_score = DescriptionGrade.REJECT, reason or READS_VAGUE, True
        elif reason is None and limits.vague_at_permille is not None and permille >= limits.vague_at_permille:
            grade, reason = DescriptionGrade.WARN, READS_VAGUE
    return _Judged(
        grade=grade,
        reason=reason,
        score=score,
        named=named,
        disguised=read.disguised,
        scored=reading is not None,
        by_score=by_score,
    )


def _permille(score: float) -> int:
    return int(1000.0 * score)


_NOTHING: Sequence[TermMatch] = ()
_Listed = tuple[DescriptionGrade, str | None, Sequence[TermMatch]]


def _language_by(named: Sequence[TermMatch], terms: Terms) -> str | None:
    return terms.languages.get(named[0].term) if named else None


def _by_lists(read: _Reading, terms: Terms, level: Level) -> _Listed:
    matches = _whole_text(read, terms)
    mentioned = _mentioned(read, terms) if matches is None else matches
    marks = [match for match in mentioned if match.sort is Sort.CONSOLIDATION]
    if marks and level is Level.MASTER:
        return DescriptionGrade.OK, _HOUSES, marks
    if matches is not None and _says_nothing(matches):
        named = [match for match in matches if match.sort is not Sort.FILLER]
        return DescriptionGrade.REJECT, "stop_term" if named else "nothing_said", named
    if named := [match for match in mentioned if match.sort in _STOPS]:
        return DescriptionGrade.WARN, "stop_term", named
    return (DescriptionGrade.WARN, "disguised", ()) if read.disguised else (DescriptionGrade.OK, None, ())


_HOUSES = "house_bills_needed"


def _score(grade: DescriptionGrade, reason: str | None, reading: float | None) -> float:
    """Lists and model together; without a model the lists say 1, ½ or 0."""
    if reason == _HOUSES:
        return 0.0
    if grade is DescriptionGrade.REJECT:
        return 1.0 if reading is None else 0.9 + 0.1 * reading
    if reason != "stop_term":
        return 0.0 if reading is None else reading
    return 0.5 if reading is None else _STOP_TERM_ODDS * reading / (1.0 + (_STOP_TERM_ODDS - 1.0) * reading)


REMEMBERED = 4096
"""Descriptions whose finding is kept: a feed repeats its texts."""

_STOP_TERM_ODDS = 4.0
"""How much more likely a text is vague when a stop term is in it, whatever its n-grams say. Fitted to phrases
that the model was neither trained nor measured on."""


def check_description(
    text: str,
    terms: Terms,
    *,
    level: Level = Level.HOUSE,
    reads: Callable[[str], float] | None = None,
    limits: ReadingLimits = NO_LIMITS,
) -> Finding | None:
    """Hold a description to the lists and limits of the policy; the finding never repeats the text.

    Args:
        text: As declared.
        terms: Those of the policy.
        level: Only a master bill may say that it consolidates.
        reads: As for ``judge``; None to go by the lists alone.
        limits: From which score on the policy warns and refuses.

    Returns:
        ``DESCRIPTION_REFUSED`` (CORRECTABLE) with ``reason``, and ``term`` when a stop term is the reason;
        ``DESCRIPTION_VAGUE`` with ``reason``, ``term`` for a stop term beside what says something, and
        ``score_permille`` where a model was asked: a NOTE, a CORRECTABLE from the limit for refusing on;
        ``HOUSE_BILLS_NEEDED`` (NOTE) with ``term`` for a master bill that consolidates; else None.

    Source: CBP CSMS 60011750 (vague descriptions); Transport Canada PACT guide 1.9 (refused values).
    """
    return _finding_on(text[: CEILINGS["description"]], terms, level, reads, limits)


@functools.lru_cache(maxsize=REMEMBERED)
def _finding_on(
    text: str, terms: Terms, level: Level, reads: Callable[[str], float] | None, limits: ReadingLimits
) -> Finding | None:
    judged = _judged(text, terms, level, reads, limits)
    if judged.reason is None:
        return None
    params: dict[str, str | int] = {} if judged.reason == _HOUSES else {"reason": judged.reason}
    if judged.named:
        params["term"] = judged.named[0].term
    if judged.grade is DescriptionGrade.OK:
        return Finding(code=HOUSE_BILLS_CODE, params=params)
    if judged.grade is DescriptionGrade.REJECT and not judged.by_score:
        return Finding(code=CODE, params=params)
    if judged.scored:
        params["score_permille"] = _permille(judged.score)
    severity = Severity.CORRECTABLE if judged.by_score else None
    return Finding(code=VAGUE_CODE, severity=severity, params=params)


def language_of(text: str) -> str:
    """The language a description is most likely in: ``zh``, ``es``, else ``en``.

    >>> language_of("不锈钢保温杯"), language_of("fundas para móvil"), language_of("wool socks")
    ('zh', 'es', 'en')
    """
    if not text.isascii():
        if _HAN.search(text):
            return "zh"
        if not _SPANISH_SIGNS.isdisjoint(canonical(text)):
            return "es"
    text_words = tokens(text)
    if not _SPANISH.isdisjoint(text_words):
        return "es"
    endings = sum(word.endswith(_SPANISH_ENDINGS) for word in text_words)
    return "es" if text_words and 2 * endings >= len(text_words) else "en"


_LANGUAGES = frozenset({"en", "zh", "es"})
_SPANISH_ENDINGS = (
    "OS",
    "AS",
    "CION",
    "CIONES",
    "ERIA",
    "ALES",
    "ORES",
    "ADO",
    "ADA",
    "ILLO",
    "ILLA",
    "ICO",
    "ICA",
)
_STOPS = frozenset({Sort.STOP, Sort.CONSOLIDATION})


def _read(text: str, terms: Terms) -> _Reading:
    plain = simplified(canonical(text))
    visible = plain if plain.isascii() else without_accents(plain)
    spaced = unspaced(visible, terms.is_term)
    read = _Reading(disguised=spaced != visible and " ".join(visible.split()) != spaced)
    as_read: list[str] = []
    chinese = not spaced.isascii() and _HAN.search(spaced) is not None
    for token in split(_SET_ASIDE.sub(" ", spaced)):
        if chinese and _HAN.match(token):
            read.runs.append(token)
            as_read.append(token)
            continue
        word = unmasked(token, terms.is_term)
        read.disguised = read.disguised or word != token
        as_read.append(word)
        if _says_something(word):
            read.latin.append(terms.lemma(word))
    latin = [word for word in as_read if not _HAN.match(word)] if chinese else as_read
    if len(latin) == 1 or any(len(word) < _LONG and not terms.knows(word) for word in latin):
        read.joined = "".join(latin)
    read.read_as = " ".join(as_read) if read.disguised else simplified(text)
    return read


_LONG = 3
"""Letters of a word that is not a piece left over from another."""


def _says_something(word: str) -> bool:
    if word in _UNITS or (len(word) == 1 and word.isascii()):
        return False
    # "2PCS", "20CM", "AB12": quantities, sizes, article numbers. None names goods.
    return word.isalpha() or not any(c.isdecimal() for c in word)


def _whole_text(read: _Reading, terms: Terms) -> tuple[TermMatch, ...] | None:
    """The terms of the text when it holds nothing but terms and fillers, else None."""
    matches = terms.covering(read.latin)
    if matches is None:
        matches = terms.covering_run(read.joined)
        if matches is None:
            return None
    whole = terms.covering("".join(read.runs))
    if whole is not None:
        # Also what blanks or signs between the characters were to hide.
        return matches + whole
    for run in read.runs:
        covered = terms.covering(run)
        if covered is None:
            return None
        matches += covered
    return matches


def _mentioned(read: _Reading, terms: Terms) -> tuple[TermMatch, ...]:
    endings = (terms.covering(run) or terms.ending(run) for run in read.runs)
    matches = list(terms.within(read.latin))
    for ending in endings:
        matches += ending if isinstance(ending, tuple) else (ending,) if ending is not None else ()
    return tuple(matches)


def _says_nothing(matches: Sequence[TermMatch]) -> bool:
    """Whether no term names a thing by standing beside another: "steel pipes" does, "steel" does not."""
    sorts = [match.sort for match in matches]
    things, materials = sorts.count(Sort.ALONE), sorts.count(Sort.MATERIAL)
    if any(sort in _STOPS for sort in sorts):
        return things + materials == 0 or (things <= 1 and materials == 0)
    return things == 0 or (things == 1 and materials == 0)
