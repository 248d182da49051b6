"""What ``preclear check description`` prints, measured on phrases whose words the model never saw."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from agent.domain.description.check import DescriptionGrade, Judgement, judge
from agent.domain.policy.pack import Policy
from models.training.figures import auc, fit_platt, sigmoid
from models.training.vagueness.phrases import LANGUAGES, Portion, matched, phrases
from models.training.vagueness.train import fit, precision_at_recall
from models.vagueness.grams import grams
from models.vagueness.scorer import Vagueness

WRITTEN = Path(__file__).parents[3] / "models" / "phrases"
Scores = NDArray[np.float64]
Labels = NDArray[np.bool_]


def printed(texts: Sequence[str], readings: Sequence[float], policy: Policy) -> tuple[Scores, Labels]:
    """The score, and whether the lists alone refuse."""
    judged = [_judged(text, given, policy) for text, given in zip(texts, readings, strict=True)]
    refused = np.array([each.grade is DescriptionGrade.REJECT for each in judged])
    return np.array([each.score for each in judged]), refused


def _judged(text: str, reading: float, policy: Policy) -> Judgement:
    return judge(text, policy.description_terms, reads=lambda _text: reading)


@pytest.mark.training
def test_on_unseen_words_of_equal_length_the_printed_score_does_what_it_is_shipped_for(
    policy: Policy,
) -> None:
    weights = fit(phrases(Portion.TRAIN)).astype(np.float64)
    test = phrases(Portion.TEST, draws=3_000)
    margins = np.array(
        [weights[sorted(findings := grams(p.text))].sum() / np.sqrt(len(findings)) for p in test]
    )
    vague = np.array([phrase.vague for phrase in test])
    platt = fit_platt(margins, vague)
    readings = sigmoid(platt.slope * margins + platt.shift).tolist()
    scores, refused = printed([phrase.text for phrase in test], readings, policy)
    assert auc(scores, vague) >= 0.95
    assert precision_at_recall(scores, vague, 0.80) >= 0.955
    for language in LANGUAGES:
        chosen = np.array([phrase.language == language for phrase in test])
        assert auc(scores[chosen], vague[chosen]) >= 0.94, language
    limits = policy.reading_limits
    assert limits.refuse_at_permille is not None
    assert limits.vague_at_permille is not None
    asked_back = (1000.0 * scores >= limits.refuse_at_permille) & ~refused
    assert vague[asked_back].mean() >= 0.99
    assert (asked_back & vague).sum() >= 0.4 * (vague & ~refused).sum()
    warned = 1000.0 * scores >= limits.vague_at_permille
    assert warned[~vague].mean() <= 0.02


def half(text: str) -> int:
    """Lengths that differ by a letter count as one: there are few descriptions of each."""
    return len(text) // 2


def test_descriptions_written_to_catch_it_out_are_told_apart_at_equal_length(policy: Policy) -> None:
    vagueness = Vagueness.load()
    written = tomllib.loads((WRITTEN / "adversarial.toml").read_text(encoding="utf-8"))
    every: list[Scores] = []
    labels: list[Labels] = []
    for language in LANGUAGES:
        texts = written[language]
        assert len(texts["vague"]) + len(texts["precise"]) >= 150
        length = len if language == "zh" else half
        vague, precise = matched(texts["vague"], texts["precise"], length)
        chosen = [*vague, *precise]
        scores, _ = printed(chosen, [vagueness.score(text) for text in chosen], policy)
        named_vague = np.arange(len(chosen)) < len(vague)
        assert auc(scores, named_vague) >= 0.95, language
        every.append(scores)
        labels.append(named_vague)
    assert precision_at_recall(np.concatenate(every), np.concatenate(labels), 0.80) >= 0.95


def test_no_precise_description_that_people_wrote_is_asked_back_for_its_score(policy: Policy) -> None:
    vagueness, limits = Vagueness.load(), policy.reading_limits
    written = tomllib.loads((WRITTEN / "written.toml").read_text(encoding="utf-8"))
    for language in LANGUAGES:
        for text in written[language]["precise"]:
            judged = judge(text, policy.description_terms, reads=vagueness.score, limits=limits)
            assert judged.grade is not DescriptionGrade.REJECT, text
