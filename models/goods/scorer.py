"""A description in, a probability for each chapter out, without numpy."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import exp, sqrt
from pathlib import Path
from typing import Any

import msgspec

from models.errors import BundleRefused
from models.files import read_description, read_weights
from models.goods.grams import ROWS, grams

SHIPPED = Path(__file__).with_name("bundle")
"""The model that comes with the program."""

FORMAT = 1
DESCRIPTION = "model.json"
WEIGHTS = "weights.bin"
MOST_WEIGHTS = 48_000
WEIGHTS_CEILING = ROWS + 2 * MOST_WEIGHTS
"""Bytes: how many weights each row has, of which chapter each is, and what each is worth."""
_DESCRIPTION_CEILING = 1 << 14


class Described(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``model.json``: what the weights are, and what they were measured to do."""

    format: int
    name: str
    version: str
    weights_sha256: str
    chapters: tuple[str, ...]
    unit: float
    """What one step of a weight is worth."""
    figures: dict[str, Any]
    limits: tuple[str, ...]


class _Format(msgspec.Struct, frozen=True):
    format: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapters:
    """Verified weights; make it with ``Chapters.load``."""

    version: str
    digest: str
    """SHA-256 of ``model.json``, which names that of the weights; lower-case hex."""
    names: Sequence[str]
    """Chapters it knows, two digits each."""
    starts: Sequence[int]
    """[2^15 + 1]: where the weights of each row begin."""
    of: Sequence[int]
    steps: Sequence[int]
    unit: float

    @classmethod
    def load(cls, folder: Path | None = None, *, expect: str | None = None) -> Chapters:
        """Take the model in ``folder``, or the shipped one, into use: about 3 ms.

        Args:
            folder: Where ``model.json`` and ``weights.bin`` lie.
            expect: The digest it must have, lower-case hex.

        Raises:
            BundleRefused: A file is missing, malformed or altered, or its format is another program's.
        """
        folder = SHIPPED if folder is None else folder
        raw, digest = read_description(folder, DESCRIPTION, _DESCRIPTION_CEILING, expect)
        described = _described(raw)
        packed = read_weights(folder, WEIGHTS, WEIGHTS_CEILING, described.weights_sha256)
        counts = packed[:ROWS]
        many = sum(counts)
        if len(counts) != ROWS or len(packed) != ROWS + 2 * many:
            raise BundleRefused(WEIGHTS, f"{len(packed)} bytes, not {ROWS + 2 * many}")
        of = packed[ROWS : ROWS + many]
        if max(of, default=0) >= len(described.chapters):
            raise BundleRefused(WEIGHTS, f"speaks of a chapter that {DESCRIPTION} does not name")
        return cls(
            version=f"{described.name} {described.version}",
            digest=digest,
            names=described.chapters,
            starts=array("H", accumulate(counts, initial=0)),
            of=of,
            steps=array("b", packed[ROWS + many :]),
            unit=described.unit,
        )

    def read(self, text: str) -> Mapping[str, float]:
        """How likely each known chapter is, given the text alone; they add up to 1.

        A text of which nothing is known gives all the same.
        """
        hashed = grams(text)
        sums = [0] * len(self.names)
        starts, of, steps = self.starts, self.of, self.steps
        for row in hashed:
            for at in range(starts[row], starts[row + 1]):
                sums[of[at]] += steps[at]
        scale = self.unit / sqrt(len(hashed)) if hashed else 0.0
        top = max(sums)
        odds = [exp(scale * (each - top)) for each in sums]
        total = sum(odds)
        return {name: each / total for name, each in zip(self.names, odds, strict=True)}


def _described(raw: bytes) -> Described:
    try:
        version = msgspec.json.decode(raw, type=_Format).format
        if version != FORMAT:
            raise BundleRefused(DESCRIPTION, f"format {version}; this program reads format {FORMAT}")
        described = msgspec.json.decode(raw, type=Described)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise BundleRefused(DESCRIPTION, f"malformed: {exc}") from exc
    if not described.chapters or not 0.0 < described.unit < 1.0:
        raise BundleRefused(DESCRIPTION, "names no chapter, or a unit that is not between 0 and 1")
    return described
