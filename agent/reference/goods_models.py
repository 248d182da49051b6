"""The shipped models that read goods texts, taken into use with the first text, each text read once.

A feed repeats its texts: what was read of the last few thousand is remembered, and no more than that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache, lru_cache

from agent.domain.description.text_models import TextModels
from models.goods.scorer import Chapters
from models.vagueness.scorer import Vagueness

REMEMBERED = 4096
"""Texts whose score is remembered; the likely chapters, of an eighth as many: they take more room."""


@cache
def shipped_readings() -> TextModels:
    """Both shipped models, once for the whole program; at rest they cost nothing.

    The readings raise ``models.errors.BundleRefused`` when the model beside the program is damaged.
    """
    return TextModels(vague=_vague, chapters=_chapters)


def shipped_digest() -> str:
    """One digest of both shipped models.

    Raises:
        BundleRefused: one is missing, malformed or altered.
    """
    return hashlib.sha256(f"{vagueness_model().digest} {_goods().digest}".encode()).hexdigest()


@lru_cache(maxsize=REMEMBERED)
def _vague(text: str) -> float:
    return vagueness_model().score(text)


@lru_cache(maxsize=REMEMBERED // 8)
def _chapters(text: str) -> Mapping[str, float]:
    return _goods().read(text)


@cache
def vagueness_model() -> Vagueness:
    """The model of how vague a text is, once for the whole program; ``cache_clear`` has it loaded again.

    Raises:
        BundleRefused: it is missing, malformed or altered.
    """
    return Vagueness.load()


@cache
def _goods() -> Chapters:
    return Chapters.load()
