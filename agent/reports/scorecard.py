"""A scorecard made from a hub's store: one card or an overview, put into words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from agent.domain.policy.pack import Policy
from agent.errors import AgentError
from agent.reports.scorecard_reading import Progress, StoreReading, Wanted
from agent.reports.scorecard_view import Heading, Shown, View
from agent.store.assessment_reader import Asked, StoredAssessments
from agent.store.declarations import FILE
from models.vagueness.scorer import Vagueness
from sync import sqlite


class DeclarationsUnreadable(AgentError):
    """The store is damaged, or went away while it was read."""

    def __init__(self, folder: Path, why: Exception) -> None:
        super().__init__(f"the declarations in {folder} cannot be read ({why}); run `preclear doctor`")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorecardOrder:
    """Which card, over which days, in which language."""

    by: Literal["shipper", "sender"] | None = None
    """An overview; without ``shipper`` and ``party`` it is one of shippers."""
    shipper: str | None = None
    country: str | None = None
    """Of the shipper, where several have its name; ``none`` for one without."""
    party: str | None = None
    """A sender of data: its own card, or only what it sent."""
    since: date | None = None
    until: date | None = None
    lang: str = "en"
    worst: int = 20
    """Descriptions on a card, at most."""


def make_scorecard(folder: Path, policy: Policy, order: ScorecardOrder, progress: Progress) -> Shown:
    """Read the store in that data directory; a hub at work is not disturbed.

    Args:
        policy: Descriptions are held to it, and its texts are used.

    Raises:
        UnknownName: There is no store, or nobody of that name sent anything in that time.
        Ambiguous: Shippers of several countries have the name.
        DeclarationsUnreadable: The store is damaged.
    """
    try:
        with StoredAssessments(folder / FILE) as stored:
            reading = StoreReading(stored, policy, Vagueness.load().score, progress)
            return _made(reading, View(order.lang, policy.texts), order)
    except sqlite.Error as error:
        raise DeclarationsUnreadable(folder, error) from error


def _made(reading: StoreReading, view: View, order: ScorecardOrder) -> Shown:
    party = None if order.party is None else reading.party(order.party)
    by_sender = order.by == "sender"
    asked = Asked(since=order.since, until=order.until, party=party, apart=party is not None or by_sender)
    if order.shipper is not None:
        wanted = Wanted(shipper=order.shipper, country=order.country)
        card, country = reading.of_shipper(asked, wanted, worst=order.worst)
        return view.card(Heading(kind="shipper", asked=asked, country=country or None), card)
    if party is not None and order.by is None:
        return view.card(Heading(kind="sender", asked=asked), reading.of_sender(asked, worst=order.worst))
    overview = reading.overview(asked, by_sender=by_sender, worst=order.worst)
    return view.overview(Heading(kind="senders" if by_sender else "shippers", asked=asked), overview)
