"""Can the declared tariff chapter be that of the text? Advice only: a model's reading proves nothing.

CBP names the example: shoes that were declared under the heading of a condiment dispenser.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from agent.domain.consignment.declaration import Declaration, Level
from agent.domain.description.hanzi import simplified
from agent.domain.description.text_models import ReadingLimits, TextModels
from agent.domain.findings.finding import Finding

CODE = "HS_TEXT_DIFFERS"
MOST_LIKELY = 3
"""Chapters that are named instead."""


def check_chapters(declaration: Declaration, models: TextModels, limits: ReadingLimits) -> Iterable[Finding]:
    """Hold each declared chapter to the text beside it: of the items, else of the consignment.

    Returns:
        ``HS_TEXT_DIFFERS`` (NOTE, never more) with the declared ``chapter``, the ``likely`` ones in their
        order, and ``item``, from 1, when it is an item's; once for each pair of chapters. Nothing for a
        master bill, a chapter the model does not know, or a text that it cannot place.
    """
    below = limits.implausible_below_permille
    if models.chapters is None or below is None or declaration.level is Level.MASTER:
        return []
    findings: dict[tuple[str, str], Finding] = {}
    # A text over several items names more than the one heading beside it.
    described = enumerate(declaration.items, 1) if declaration.items else ((0, declaration),)
    for place, goods in described:
        if goods.hs is None or goods.description is None:
            continue
        chapter, likely = goods.hs[:2], models.chapters(simplified(goods.description))
        top = max(likely.values(), default=0.0)
        if 1000.0 * likely.get(chapter, 1.0) < below and 1000.0 * top >= limits.sure_at_permille:
            named = " ".join(_likeliest(likely, top))
            params: dict[str, str | int] = {"chapter": chapter, "likely": named}
            if place:
                params["item"] = place
            finding = Finding(code=CODE, params=params)
            findings.setdefault((chapter, named), finding)
    return findings.values()


def _likeliest(likely: Mapping[str, float], top: float) -> list[str]:
    near = [chapter for chapter, share in likely.items() if share >= top / 3.0]
    return sorted(near, key=lambda chapter: (-likely[chapter], chapter))[:MOST_LIKELY]
