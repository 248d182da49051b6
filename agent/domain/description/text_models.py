"""What models make of a goods text, as the domain asks for it; who makes the readings, the caller knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from agent.domain.packs.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class TextModels:
    """The models that are at hand; None is one that is not, and what it would say is then not found."""

    vague: Callable[[str], float] | None = None
    """From 0, names a thing, to 1, names none."""
    chapters: Callable[[str], Mapping[str, float]] | None = None
    """HS chapter → how likely it is for the text; of those it knows, adding up to 1."""


UNREAD = TextModels()
"""By the lists alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingLimits:
    """From which readings on a policy acts, in thousandths; None: it does not.

    A pack gives them under ``[descriptions]``.
    """

    vague_at_permille: int | None = None
    """From this score on a description is warned of."""
    refuse_at_permille: int | None = None
    """From this score on another one is asked for."""
    implausible_below_permille: int | None = None
    """A declared chapter that is less likely than this is implausible for the text, …"""
    sure_at_permille: int = 0
    """… where another one is at least this likely."""


def read_limits(root: Table) -> ReadingLimits:
    """``[descriptions]`` of a policy pack."""
    table = root.table("descriptions")

    def permille(name: str) -> int | None:
        return table.whole(name, least=1, most=1000) if table.has(name) else None

    limits = ReadingLimits(
        vague_at_permille=permille("vague_at_permille"),
        refuse_at_permille=permille("refuse_at_permille"),
        implausible_below_permille=permille("implausible_below_permille"),
        sure_at_permille=permille("sure_at_permille") or 0,
    )
    vague, refuse = limits.vague_at_permille, limits.refuse_at_permille
    if vague is not None and refuse is not None and refuse < vague:
        table.fault("refuse_at_permille", f"{refuse} lies below vague_at_permille, {vague}: warn first")
    table.done()
    return limits
