"""``preclear check``: single fields checked without a hub, for platforms and sellers before they ship."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import msgspec

from agent.cli.policy.packs import pack_option
from agent.cli.stdin_lines import BadLine, each_line
from agent.domain.consignment.declaration import Level
from agent.domain.description.check import Judgement, judge
from agent.reference.pack_files import read_pack


class Question(msgspec.Struct, forbid_unknown_fields=True):
    """One line of input."""

    text: str
    lang: str | None = None
    level: Level = Level.HOUSE


@click.group()
def check() -> None:
    """Check single fields of a declaration; no hub is needed."""


@check.command()
@pack_option
def description(pack: Path | None) -> None:
    """Judge goods descriptions: JSON lines in, one JSON line out for each.

    A line is {"text": TEXT, "lang": "en"|"zh"|"es" or omitted, "level": "house"|"master", default house}. The
    answer gives the verdict (ok, warn, reject), the score from 0 to 1 (higher is vaguer; lists, structure and
    n-grams in one number, compared with the limits of the pack), the listed terms that are the reason, the
    reason, the language, and the question to put to the sender, in that language, or null. A line that cannot
    be read gives {"error": ...}, and the command ends with 3.
    """
    from agent.reference.goods_models import shipped_readings  # noqa: PLC0415 - the help comes without it

    policy, reads = read_pack(pack), shipped_readings().vague
    terms, limits = policy.description_terms, policy.reading_limits
    decoder, encoder = msgspec.json.Decoder(Question), msgspec.json.Encoder()

    def answered(line: bytes) -> Mapping[str, Any] | None:
        if not line.strip():
            return None
        try:
            asked = decoder.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise BadLine(f'not a description: {error}; write {{"text": "wool socks"}}') from error
        lang = asked.lang[:2].lower() if asked.lang is not None else None
        return _answer(judge(asked.text, terms, level=asked.level, lang=lang, reads=reads, limits=limits))

    each_line(answered, encode=lambda given: encoder.encode(given).decode())


def _answer(judged: Judgement) -> dict[str, Any]:
    return {
        "verdict": judged.grade,
        "score": round(judged.score, 6),
        "terms": judged.terms,
        "reason": judged.reason,
        "lang": judged.language,
        "disguised": judged.disguised,
        "question": None if judged.reason is None else _question(judged),
    }


def _question(judged: Judgement) -> str:
    kind = "houses" if judged.reason == "house_bills_needed" else "goods"
    return QUESTIONS[judged.language][kind]


QUESTIONS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "goods": "What is it, what is it made of, what is it used for? As: men's knitted cotton shirts.",
        "houses": "Which house bills belong to it? Each needs a description of its own goods.",
    },
    "zh": {
        "goods": "是什么物品、什么材质、有什么用途？例如：男士针织纯棉衬衫。",
        "houses": "包含哪些分运单？每份分运单都需要写明自己的货物。",
    },
    "es": {
        "goods": "¿Qué es, de qué está hecho, para qué sirve? Por ejemplo: camisas de algodón para hombre.",
        "houses": "¿Qué guías hijas incluye? Cada una necesita la descripción de su mercancía.",
    },
}
"""The question back to the sender, by language."""
