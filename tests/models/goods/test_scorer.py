"""Chapters read out of descriptions: hashed words, made phrases, a model that is refused when damaged."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.errors import BundleRefused
from models.goods import scorer
from models.goods.grams import ROWS, grams, stem
from models.goods.scorer import DESCRIPTION, WEIGHTS, WEIGHTS_CEILING, Chapters
from models.risk.bundle import canonical
from models.training.goods.lists import by_chapter
from models.training.goods.train import CHAPTERS, KeptWeights, build, files_of, phrases
from models.training.vagueness.phrases import LANGUAGES, Portion


@pytest.fixture(scope="module")
def chapters() -> Chapters:
    return Chapters.load()


def first(chapters: Chapters, text: str) -> str:
    likely = chapters.read(text)
    return max(likely, key=lambda name: likely[name])


@pytest.mark.parametrize(
    ("text", "chapter"),
    [
        ("plastic phone case with ring holder", "39"),
        ("ceramic mugs 350 ml, set of 2", "69"),
        ("Men's running shoes size 43", "64"),
        ("18K gold plated necklace for women", "71"),
        ("funda de silicona para móvil", "39"),
        ("pendientes de plata de ley", "71"),
        ("蓝牙耳机 无线", "85"),
        ("女士羽绒服 中长款", "62"),
        ("儿童拼装积木玩具", "95"),
    ],
)
def test_a_text_that_names_its_goods_comes_out_in_their_chapter(
    chapters: Chapters, text: str, chapter: str
) -> None:
    assert first(chapters, text) == chapter


def test_plurals_numbers_and_single_letters_make_no_difference() -> None:
    assert grams("2 watches x 3") == grams("watch")
    assert grams("") == grams("1234 - x") == set()
    assert stem("ss") == "ss"


@given(st.text(max_size=500))
@example("ﷺ" * 400)
@example("灯" * 500)
def test_any_text_gives_shares_of_the_known_chapters_that_add_up_to_one(text: str) -> None:
    assert all(0 <= row < ROWS for row in grams(text))
    likely = Chapters.load().read(text)
    assert tuple(likely) == CHAPTERS
    assert sum(likely.values()) == pytest.approx(1.0)


def test_a_text_of_which_nothing_is_known_speaks_for_no_chapter(chapters: Chapters) -> None:
    assert set(chapters.read("...").values()) == {1.0 / len(CHAPTERS)}


# -- made phrases --------------------------------------------------------------------------------------------


def test_every_language_has_goods_of_every_chapter_and_none_twice_in_one() -> None:
    for language in LANGUAGES:
        goods = by_chapter(language)
        assert tuple(goods) == CHAPTERS
        for chapter, listed in goods.items():
            assert chapter.isdecimal()
            assert len(set(listed)) == len(listed) >= 3, (language, chapter)


def test_what_is_tested_shares_no_entry_with_what_is_learnt() -> None:
    learnt, tested = ({p.text for p in phrases(part, dressed=0)} for part in (Portion.TRAIN, Portion.TEST))
    assert not learnt & tested
    assert len(tested) > 0.1 * len(learnt)
    assert phrases(Portion.TEST, dressed=2) == phrases(Portion.TEST, dressed=2)


def test_weights_come_back_from_their_file_as_they_were_packed(tmp_path: Path) -> None:
    row = min(grams("shoe") - grams("hat"))
    at = CHAPTERS.index("64")
    one = np.array([1])
    kept = KeptWeights(rows=row * one, of=at * one, steps=-100 * one, unit=0.01)
    for name, raw in files_of(kept, {}).items():
        (tmp_path / name).write_bytes(raw)
    made = Chapters.load(tmp_path)
    assert made.read("shoe")["64"] < made.read("hat")["64"]


# -- the shipped weights -------------------------------------------------------------------------------------


def test_the_shipped_figures_hold_what_was_asked_for() -> None:
    figures = json.loads((scorer.SHIPPED / DESCRIPTION).read_bytes())["figures"]
    assert min(figures[language]["auc"] for language in LANGUAGES) >= 0.85
    assert (scorer.SHIPPED / WEIGHTS).stat().st_size <= WEIGHTS_CEILING <= 131_072


@pytest.mark.training
def test_a_rebuild_gives_the_committed_weights_byte_by_byte(tmp_path: Path) -> None:
    digest = build(tmp_path)
    for name in (WEIGHTS, DESCRIPTION):
        assert (tmp_path / name).read_bytes() == (scorer.SHIPPED / name).read_bytes()
    assert Chapters.load(tmp_path, expect=digest).digest == digest


# -- what is refused -----------------------------------------------------------------------------------------


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return Path(shutil.copytree(scorer.SHIPPED, tmp_path / "goods"))


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
        (lambda m: (m / WEIGHTS).write_bytes(bytes(ROWS)), "is not what"),
        (lambda m: (m / WEIGHTS).write_bytes(bytes(WEIGHTS_CEILING + 1)), "larger than"),
        (lambda m: packed(m, bytes(9)), "9 bytes, not"),
        (lambda m: packed(m, b"\x01" + bytes(ROWS - 1)), "bytes, not"),
        (lambda m: packed(m, b"\x01" + bytes(ROWS - 1) + b"\xff\x01"), "does not name"),
        (lambda m: rewritten(m, format=2), "format 2; this program reads format 1"),
        (lambda m: rewritten(m, unit=0.0), "not between 0 and 1"),
        (lambda m: rewritten(m, more=1), "malformed"),
    ],
)
def test_a_damaged_model_is_refused_with_its_reason(
    model: Path, damage: Callable[[Path], object], reason: str
) -> None:
    damage(model)
    with pytest.raises(BundleRefused, match=reason):
        Chapters.load(model)


def test_another_model_than_the_pinned_one_is_refused(model: Path) -> None:
    assert Chapters.load(model, expect=Chapters.load().digest).version == "goods-chapters 1"
    with pytest.raises(BundleRefused, match="digest"):
        Chapters.load(model, expect="0" * 64)
