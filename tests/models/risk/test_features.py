"""What the model reads of a parcel."""

from __future__ import annotations

from dataclasses import replace
from math import isnan, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.risk.features import (
    DOCUMENT_FEATURES,
    FEATURES,
    TEXT_CEILING,
    Chapter,
    DocumentFacts,
    PhysicalFacts,
    Tables,
    document_features,
    physical_features,
    vector,
)

SIDE = Tables(
    version=1,
    source="test",
    chapters={
        "61": Chapter(grams=300, cents=2000, words=("shirt", "hoodie")),
        "95": Chapter(grams=200, cents=2200, words=("toy",)),
    },
    vague=frozenset({"gift", "goods"}),
)
SHIRT = DocumentFacts(
    declared_g=600,
    value_minor=4000,
    currency="USD",
    quantity=2,
    hs="610910",
    description="Cotton shirt",
    pieces=1,
)
NAMES = [spec.name for spec in FEATURES]


def column(facts: DocumentFacts, name: str) -> float:
    return document_features(facts, SIDE)[NAMES.index(name)]


def test_there_are_at_most_twelve_features_with_names_of_their_own() -> None:
    assert len(FEATURES) <= 12
    assert len(set(NAMES)) == len(FEATURES)
    assert {spec.group for spec in FEATURES} == {"weight", "value", "goods", "text"}


def test_an_article_like_its_chapter_has_ratios_of_zero() -> None:
    assert column(SHIRT, "unit_weight_to_chapter") == 0.0
    assert column(SHIRT, "unit_value_to_chapter") == 0.0
    assert column(SHIRT, "declared_weight") == round(log(600), 3)


@pytest.mark.parametrize(
    ("change", "unknown"),
    [
        ({"declared_g": None}, {"declared_weight", "unit_weight_to_chapter", "value_density"}),
        ({"declared_g": 0}, {"declared_weight", "unit_weight_to_chapter", "value_density"}),
        ({"value_minor": None}, {"declared_value", "unit_value_to_chapter", "value_density"}),
        ({"value_minor": -1}, {"declared_value", "unit_value_to_chapter", "value_density"}),
        ({"currency": "CNY"}, {"declared_value", "unit_value_to_chapter", "value_density"}),
        ({"currency": None}, {"declared_value", "unit_value_to_chapter", "value_density"}),
        ({"quantity": None}, {"quantity", "unit_weight_to_chapter", "unit_value_to_chapter"}),
        ({"pieces": None}, {"pieces"}),
        ({"hs": "000000"}, {"unit_weight_to_chapter", "unit_value_to_chapter"}),
        (
            {"hs": None},
            {"hs_digits", "unit_weight_to_chapter", "unit_value_to_chapter", "text_fits_chapter"},
        ),
        ({"description": "衣服"}, {"vague_share", "text_fits_chapter"}),
    ],
)
def test_what_is_unknown_is_nan_and_nothing_else_is(change: dict[str, object], unknown: set[str]) -> None:
    row = document_features(replace(SHIRT, **change), SIDE)  # type: ignore[arg-type]
    # A known word under an unknown chapter still does not name it: that is an answer, not an unknown.
    assert {name for name, value in zip(NAMES, row, strict=False) if isnan(value)} == unknown


def test_a_value_of_nothing_is_a_statement_not_an_unknown() -> None:
    assert column(replace(SHIRT, value_minor=0), "declared_value") == 0.0


@pytest.mark.parametrize(
    ("description", "share", "fits"),
    [
        ("Cotton shirt", 0.0, 1.0),
        ("toy", 0.0, 0.0),
        ("gift shirt", 0.5, 1.0),
        ("GIFT", 1.0, None),
        ("", 1.0, None),
        ("toy shirt", 0.0, 1.0),
        ("x" * TEXT_CEILING + " gift", 0.0, None),
    ],
)
def test_words_are_counted_and_held_against_the_chapter(
    description: str, share: float, fits: float | None
) -> None:
    facts = replace(SHIRT, description=description)
    assert column(facts, "vague_share") == share
    fit = column(facts, "text_fits_chapter")
    assert isnan(fit) if fits is None else fit == fits


@pytest.mark.parametrize(
    ("measured_g", "u_grams", "surplus"),
    [(600, 5, 0.0), (604, 5, 0.0), (610, 5, 5.0), (590, 5, -5.0), (2100, 0, 1500.0), (10**30, 5, 70000.0)],
)
def test_only_grams_beyond_the_uncertainty_are_a_surplus(
    measured_g: int, u_grams: int, surplus: float
) -> None:
    assert physical_features(PhysicalFacts(measured_g=measured_g, u_grams=u_grams), 600)[0] == surplus


def test_without_a_weighing_or_a_declared_weight_both_physical_columns_are_unknown() -> None:
    unweighed = PhysicalFacts(measured_g=None, u_grams=None)
    assert all(map(isnan, physical_features(unweighed, 600)))
    assert all(map(isnan, physical_features(PhysicalFacts(measured_g=600, u_grams=5), None)))


def test_without_an_uncertainty_the_surplus_is_unknown_and_the_ratio_is_not() -> None:
    surplus, ratio = physical_features(PhysicalFacts(measured_g=1200, u_grams=None), 600)
    assert isnan(surplus)
    assert ratio == round(log(2), 3)


def test_half_a_document_is_refused() -> None:
    with pytest.raises(ValueError, match="10 columns, not 3"):
        vector((0.0, 0.0, 0.0), PhysicalFacts(measured_g=1, u_grams=1), 1)


anything = st.none() | st.integers() | st.integers(-(10**400), 10**400)


documents = st.builds(
    DocumentFacts,
    declared_g=anything,
    value_minor=anything,
    currency=st.none() | st.just("USD") | st.text(max_size=5),
    quantity=anything,
    hs=st.none() | st.from_regex(r"[0-9]{0,12}", fullmatch=True) | st.text(max_size=20),
    description=st.text(max_size=600),
    pieces=anything,
)
weighings = st.builds(PhysicalFacts, measured_g=anything, u_grams=anything)


@given(facts=documents, physical=weighings)
def test_no_fact_raises_and_every_column_is_in_its_range_or_nan(
    facts: DocumentFacts, physical: PhysicalFacts
) -> None:
    document = document_features(facts, SIDE)
    assert len(document) == DOCUMENT_FEATURES
    row = vector(document, physical, facts.declared_g)
    assert row.shape == (1, len(FEATURES))
    assert row.dtype == np.float32
    assert row.flags["C_CONTIGUOUS"]
    for value, spec in zip(row[0].tolist(), FEATURES, strict=True):
        assert isnan(value) or spec.low <= value <= spec.high


def test_a_chapter_weighs_and_costs_something() -> None:
    with pytest.raises(ValueError, match="positive"):
        Chapter(grams=0, cents=1, words=())
