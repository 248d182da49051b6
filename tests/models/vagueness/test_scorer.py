"""The score of goods descriptions: hashed n-grams, made phrases, and texts that were never trained on."""

from __future__ import annotations

import hashlib
import json
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.errors import BundleRefused
from models.risk.bundle import canonical
from models.training.figures import auc
from models.training.vagueness.phrases import LANGUAGES, Portion, lists, matched, phrases, pool
from models.training.vagueness.train import build, fit, precision_at_recall
from models.vagueness import scorer
from models.vagueness.grams import BUCKETS, fold, grams
from models.vagueness.scorer import DESCRIPTION, WEIGHTS, WEIGHTS_BYTES, Vagueness

WRITTEN = tomllib.loads((Path(__file__).parents[1] / "phrases" / "written.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def vagueness() -> Vagueness:
    return Vagueness.load()


# -- n-grams -------------------------------------------------------------------------------------------------


def test_capitals_accents_widths_and_amounts_make_no_difference() -> None:
    assert grams("Artículos VARIOS, 12 pzs") == grams("articulos varios 7 PZS")
    assert grams("ＬＥＤ灯") == grams("led灯")
    assert fold("1,000 pcs") == "0,0 pcs"


def test_neighbours_and_the_last_word_are_told_apart() -> None:
    assert grams("box tool") != grams("tool box")
    assert grams("") == grams(" -!? ") == set()


@given(st.text(max_size=500))
@example("ﷺ" * 400)
def test_any_text_has_buckets_within_the_weights_and_a_score_between_0_and_1(text: str) -> None:
    assert all(0 <= bucket < BUCKETS for bucket in grams(text))
    assert 0.0 <= Vagueness.load().score(text) <= 1.0


# -- made phrases --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_tested_shares_no_entry_with_what_is_learnt(language: str) -> None:
    learnt, tested, everything = (
        lists(language, part) for part in (Portion.TRAIN, Portion.TEST, Portion.ALL)
    )
    for name in set(everything) - {"vague", "precise"}:
        assert not set(learnt[name]) & set(tested[name])
        assert sorted(learnt[name] + tested[name]) == sorted(everything[name])
    assert len(tested["nouns"]) >= 100
    assert len(tested["heads"]) + len(tested["categories"]) >= 40


@pytest.mark.parametrize("language", LANGUAGES)
def test_templates_name_nothing_that_is_missing(language: str) -> None:
    words = lists(language, Portion.ALL)
    named = {word for kind in ("vague", "precise") for template in words[kind] for word in template.split()}
    assert set(words) - {"vague", "precise"} <= named


def test_no_entry_is_both_a_thing_and_a_category() -> None:
    for language in LANGUAGES:
        words = lists(language, Portion.ALL)
        general = {*words["heads"], *words["categories"]}
        assert not set(words["nouns"]) & {*general, *words["generic"]}
        assert not general & set(words["generic"])


def test_phrases_are_the_same_on_every_run_and_length_tells_nothing() -> None:
    made = phrases(Portion.TEST, draws=400)
    assert made == phrases(Portion.TEST, draws=400)
    assert len(made) > 600
    for language in LANGUAGES:
        chosen = [phrase for phrase in made if phrase.language == language]
        vague = np.array([phrase.vague for phrase in chosen])
        lengths = np.array([float(len(phrase.text)) for phrase in chosen])
        assert auc(lengths, vague) == pytest.approx(0.5)
    assert pool("en", Portion.TEST, True, 50) != pool("en", Portion.TEST, True, 50, seed=1)


def test_matching_keeps_as_many_of_both_at_each_length() -> None:
    assert matched(["a", "b", "cc"], ["d", "ee", "ff"]) == (["a", "cc"], ["d", "ee"])


def test_a_small_training_run_tells_the_unseen_apart() -> None:
    weights = fit(phrases(Portion.TRAIN, draws=700), rounds=30).astype(np.float64)
    test = phrases(Portion.TEST, draws=300)
    margins = np.array([weights[list(hashed := grams(p.text))].sum() / np.sqrt(len(hashed)) for p in test])
    assert auc(margins, np.array([phrase.vague for phrase in test])) > 0.85


# -- the shipped weights -------------------------------------------------------------------------------------


def test_descriptions_that_people_wrote_are_told_apart_in_each_language(vagueness: Vagueness) -> None:
    scores: list[float] = []
    labels: list[bool] = []
    for language in LANGUAGES:
        texts = WRITTEN[language]
        of_language = np.array([vagueness.score(text) for text in texts["vague"] + texts["precise"]])
        vague = np.arange(len(of_language)) < len(texts["vague"])
        lengths = np.array([-float(len(text)) for text in texts["vague"] + texts["precise"]])
        assert auc(of_language, vague) >= 0.95, language
        assert 0.35 <= auc(lengths, vague) <= 0.65, language
        scores += of_language.tolist()
        labels += vague.tolist()
    assert auc(np.array(scores), np.array(labels)) >= 0.97
    assert precision_at_recall(np.array(scores), np.array(labels), 0.80) >= 0.95


def test_what_people_wrote_was_not_trained_on() -> None:
    known = {phrase.text for phrase in phrases(Portion.ALL)}
    for language in LANGUAGES:
        known.update(*lists(language, Portion.ALL).values())
    written = {text for texts in WRITTEN.values() for kind in texts.values() for text in kind}
    assert not written & known


def test_the_shipped_figures_hold_what_was_asked_for() -> None:
    figures = json.loads((scorer.SHIPPED / DESCRIPTION).read_bytes())["figures"]
    assert figures["auc"] >= 0.93
    assert min(figures["auc_by_language"].values()) >= 0.90
    assert abs(figures["auc_of_length_alone"] - 0.5) < 0.02
    assert (scorer.SHIPPED / WEIGHTS).stat().st_size == WEIGHTS_BYTES == 65_536


@pytest.mark.training
def test_a_rebuild_gives_the_committed_weights_byte_by_byte(tmp_path: Path) -> None:
    digest = build(tmp_path)
    for name in (WEIGHTS, DESCRIPTION):
        assert (tmp_path / name).read_bytes() == (scorer.SHIPPED / name).read_bytes()
    assert Vagueness.load(tmp_path, expect=digest).digest == digest


# -- what is refused -----------------------------------------------------------------------------------------


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return Path(shutil.copytree(scorer.SHIPPED, tmp_path / "vagueness"))


def rewritten(model: Path, **changes: object) -> None:
    described = json.loads((model / DESCRIPTION).read_bytes()) | changes
    (model / DESCRIPTION).write_bytes(canonical(described))


def packed(model: Path, weights: bytes) -> None:
    (model / WEIGHTS).write_bytes(weights)
    rewritten(model, weights_sha256=hashlib.sha256(weights).hexdigest())


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda m: (m / WEIGHTS).unlink(), "cannot be read"),
        (lambda m: (m / DESCRIPTION).unlink(), "cannot be read"),
        (lambda m: (m / WEIGHTS).write_bytes(bytes(WEIGHTS_BYTES)), "is not what"),
        (lambda m: (m / WEIGHTS).write_bytes(bytes(WEIGHTS_BYTES + 1)), "larger than"),
        (lambda m: packed(m, b"\x00\x3c" * 9), "18 bytes, not 65536"),
        (lambda m: packed(m, b"\x00\x7e" * BUCKETS), "not a number"),
        (lambda m: rewritten(m, format=2), "format 2; this program reads format 1"),
        (lambda m: rewritten(m, more=1), "malformed"),
        (lambda m: (m / DESCRIPTION).write_bytes(b"{"), "malformed"),
    ],
)
def test_a_damaged_model_is_refused_with_its_reason(
    model: Path, damage: Callable[[Path], object], reason: str
) -> None:
    damage(model)
    with pytest.raises(BundleRefused, match=reason):
        Vagueness.load(model)


def test_another_model_than_the_pinned_one_is_refused(model: Path) -> None:
    assert Vagueness.load(model, expect=Vagueness.load().digest).version == "description-vagueness 2"
    with pytest.raises(BundleRefused, match="digest"):
        Vagueness.load(model, expect="0" * 64)
