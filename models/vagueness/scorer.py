"""A description in, a calibrated vagueness out, in some ten microseconds and without numpy."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, isfinite, sqrt
from pathlib import Path
from struct import unpack
from typing import Any

import msgspec

from models.errors import BundleRefused
from models.files import read_description, read_weights
from models.vagueness.grams import BUCKETS, grams

SHIPPED = Path(__file__).with_name("bundle")
"""The model that comes with the program."""

FORMAT = 1
DESCRIPTION = "model.json"
WEIGHTS = "weights.f16"
WEIGHTS_BYTES = 2 * BUCKETS
_DESCRIPTION_CEILING = 1 << 14


class VaguenessDescription(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``model.json``: what the weights are, and what they were measured to do."""

    format: int
    name: str
    version: str
    weights_sha256: str
    slope: float
    shift: float
    figures: dict[str, Any]
    limits: tuple[str, ...]


class _Format(msgspec.Struct, frozen=True):
    format: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Vagueness:
    """Verified weights and their calibration; make it with ``Vagueness.load``."""

    version: str
    digest: str
    """SHA-256 of ``model.json``, which names that of the weights; lower-case hex."""
    weights: Sequence[float]
    slope: float
    shift: float

    @classmethod
    def load(cls, folder: Path | None = None, *, expect: str | None = None) -> Vagueness:
        """Take the model in ``folder``, or the shipped one, into use: about 2 ms.

        Args:
            folder: Where ``model.json`` and ``weights.f16`` lie.
            expect: The digest it must have, lower-case hex.

        Raises:
            BundleRefused: A file is missing, malformed or altered, or its format is another program's.
        """
        folder = SHIPPED if folder is None else folder
        raw, digest = read_description(folder, DESCRIPTION, _DESCRIPTION_CEILING, expect)
        described = _described(raw)
        packed = read_weights(folder, WEIGHTS, WEIGHTS_BYTES, described.weights_sha256)
        if len(packed) != WEIGHTS_BYTES:
            raise BundleRefused(WEIGHTS, f"{len(packed)} bytes, not {WEIGHTS_BYTES}")
        weights = array("f", unpack(f"<{BUCKETS}e", packed))
        if not all(map(isfinite, weights)):
            raise BundleRefused(WEIGHTS, "holds a weight that is not a number")
        return cls(
            version=f"{described.name} {described.version}",
            digest=digest,
            weights=weights,
            slope=described.slope,
            shift=described.shift,
        )

    def margin(self, text: str) -> float:
        """Sum of the weights of the text's n-grams over the root of their number; 0 when there are none."""
        hashed = grams(text)
        if not hashed:
            return 0.0
        weights = self.weights
        return sum([weights[bucket] for bucket in hashed]) / sqrt(len(hashed))

    def score(self, text: str) -> float:
        """From 0, which names a thing, to 1, which names none; about the share of vague ones among its like.

        A text in another language than the three, or without a letter, comes out near the middle.
        """
        return 1.0 / (1.0 + exp(-(self.slope * self.margin(text) + self.shift)))


def _described(raw: bytes) -> VaguenessDescription:
    try:
        version = msgspec.json.decode(raw, type=_Format).format
        if version != FORMAT:
            raise BundleRefused(DESCRIPTION, f"format {version}; this program reads format {FORMAT}")
        return msgspec.json.decode(raw, type=VaguenessDescription)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise BundleRefused(DESCRIPTION, f"malformed: {exc}") from exc
