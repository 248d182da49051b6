"""What the risk model reads of a parcel: at most twelve numbers, NaN where a fact is unknown.

Pure: no I/O, no clock. Two steps, since the document half is computed when a declaration arrives and the
physical half when the parcel is scanned. Nothing here describes a person, a name, an origin or a nationality.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import log, nan
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Group = Literal["weight", "value", "goods", "text"]

TEXT_CEILING = 400
"""Characters of a description that are read; the rest is ignored."""

_WORD = re.compile("[a-zà-öø-ÿ]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureSpec:
    """One column of the model's input; values are clamped to ``low``..``high``."""

    name: str
    unit: str
    group: Group
    low: float
    high: float


FEATURES: tuple[FeatureSpec, ...] = (
    FeatureSpec(name="declared_weight", unit="ln g", group="weight", low=0.0, high=14.0),
    FeatureSpec(name="unit_weight_to_chapter", unit="ln ratio", group="weight", low=-8.0, high=8.0),
    FeatureSpec(name="declared_value", unit="ln US cent", group="value", low=0.0, high=20.0),
    FeatureSpec(name="unit_value_to_chapter", unit="ln ratio", group="value", low=-10.0, high=10.0),
    FeatureSpec(name="value_density", unit="ln US cent/g", group="value", low=-14.0, high=14.0),
    FeatureSpec(name="quantity", unit="ln count", group="goods", low=0.0, high=10.0),
    FeatureSpec(name="pieces", unit="ln count", group="goods", low=0.0, high=8.0),
    FeatureSpec(name="hs_digits", unit="count", group="goods", low=0.0, high=12.0),
    FeatureSpec(name="vague_share", unit="share of words", group="text", low=0.0, high=1.0),
    FeatureSpec(name="text_fits_chapter", unit="1 yes, 0 no", group="text", low=0.0, high=1.0),
    FeatureSpec(name="surplus", unit="g beyond uncertainty", group="weight", low=-70000.0, high=70000.0),
    FeatureSpec(name="gross_to_declared", unit="ln ratio", group="weight", low=-8.0, high=8.0),
)

DOCUMENT_FEATURES = 10
"""How many of ``FEATURES``, from the first, are known from the documents alone."""

_BOUNDS = tuple((spec.low, spec.high) for spec in FEATURES)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFacts:
    """What the declaration says of one piece. ``hs`` is digits only; anything but USD is an unknown value."""

    declared_g: int | None
    value_minor: int | None
    currency: str | None
    quantity: int | None
    hs: str | None
    description: str
    pieces: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhysicalFacts:
    """What the scale says: gross grams and their uncertainty, ``None`` when the piece was not weighed."""

    measured_g: int | None
    u_grams: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """What an ordinary article of one HS chapter weighs and costs, and the words that name it."""

    grams: int
    cents: int
    words: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.grams < 1 or self.cents < 1:
            raise ValueError("a chapter's median weight and price are positive")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """The bundle's side table: medians and words per HS chapter, and the words that say nothing."""

    version: int
    source: str
    chapters: Mapping[str, Chapter]
    vague: frozenset[str]
    log_grams: Mapping[str, float] = field(init=False, repr=False)
    log_cents: Mapping[str, float] = field(init=False, repr=False)
    chapters_of: Mapping[str, frozenset[str]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        words: dict[str, set[str]] = {}
        for number, chapter in self.chapters.items():
            for word in chapter.words:
                words.setdefault(word, set()).add(number)
        set_once = object.__setattr__
        set_once(self, "log_grams", {n: log(c.grams) for n, c in self.chapters.items()})
        set_once(self, "log_cents", {n: log(c.cents) for n, c in self.chapters.items()})
        set_once(self, "chapters_of", {word: frozenset(numbers) for word, numbers in words.items()})


def _log(count: int | None) -> float:
    return log(count) if count is not None and count > 0 else nan


def _tidy(value: float, low: float, high: float) -> float:
    # Three decimals: the last bit of `log` differs between C libraries, and a threshold must not see it.
    # NaN fails both comparisons and passes through.
    return low if value < low else high if value > high else round(value, 3)


def _text(description: str, chapter: str, tables: Tables) -> tuple[float, float]:
    """Share of words that say nothing, and whether a known word names the declared chapter."""
    words = _WORD.findall(description[:TEXT_CEILING].lower())
    if not words:
        # An empty description says nothing; one in another script we cannot judge.
        return (nan if description.strip() else 1.0), nan
    vague = tables.vague
    known = tables.chapters_of
    vague_share = sum([word in vague for word in words]) / len(words)
    named = [known[word] for word in words if word in known]
    if not named or not chapter:
        return vague_share, nan
    return vague_share, 1.0 if chapter in frozenset().union(*named) else 0.0


def document_features(facts: DocumentFacts, tables: Tables) -> tuple[float, ...]:
    """The first ``DOCUMENT_FEATURES`` columns, in the order and units of ``FEATURES``; NaN is unknown."""
    hs = facts.hs or ""
    chapter = hs[:2]
    grams = _log(facts.declared_g)
    quantity = _log(facts.quantity)
    cents = nan
    if facts.currency == "USD" and facts.value_minor is not None and facts.value_minor >= 0:
        cents = log(max(facts.value_minor, 1))  # a value of nothing is a statement, not an unknown
    vague_share, fits = _text(facts.description, chapter, tables)
    columns = (
        grams,
        grams - quantity - tables.log_grams.get(chapter, nan),
        cents,
        cents - quantity - tables.log_cents.get(chapter, nan),
        cents - grams,
        quantity,
        _log(facts.pieces),
        float(len(hs)) if hs.isascii() and hs.isdigit() else nan,
        vague_share,
        fits,
    )
    return tuple([_tidy(value, low, high) for value, (low, high) in zip(columns, _BOUNDS, strict=False)])


def physical_features(physical: PhysicalFacts, declared_g: int | None) -> tuple[float, float]:
    """The last two columns: surplus in grams beyond the uncertainty, and ln(measured / declared)."""
    measured_g, u_grams = physical.measured_g, physical.u_grams
    if measured_g is None or declared_g is None or measured_g <= 0 or declared_g <= 0:
        return nan, nan
    (low, high), (low_ratio, high_ratio) = _BOUNDS[DOCUMENT_FEATURES:]
    surplus = nan
    if u_grams is not None:
        # Clamped as integers: a number too large for a float would raise.
        difference = measured_g - declared_g
        beyond = max(abs(difference) - max(u_grams, 0), 0)
        surplus = float(max(int(low), min(int(high), beyond if difference > 0 else -beyond)))
    return surplus, _tidy(log(measured_g) - log(declared_g), low_ratio, high_ratio)


def vector(document: Sequence[float], physical: PhysicalFacts, declared_g: int | None) -> NDArray[np.float32]:
    """One row for the scorer: shape (1, 12), float32, C-contiguous.

    Raises:
        ValueError: ``document`` does not hold the ``DOCUMENT_FEATURES`` columns.
    """
    import numpy as np  # noqa: PLC0415  the document half runs where numpy is not loaded

    if len(document) != DOCUMENT_FEATURES:
        raise ValueError(f"the document half has {DOCUMENT_FEATURES} columns, not {len(document)}")
    return np.array([(*document, *physical_features(physical, declared_g))], dtype=np.float32)
