"""A card and an overview of two shippers, the words of one of whom a test chooses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from agent.domain.findings.finding import Finding
from agent.domain.scorecard.card import Card, DescribedGoods, Imports, ScoredConsignment
from agent.domain.scorecard.overview import Overviewing
from agent.reports.scorecard_view import Heading, Shown, View
from agent.store.assessment_reader import Asked

CardOf = Callable[..., Shown]
SPAN = (date(2026, 3, 2), date(2026, 3, 15))


def consignment(number: int, name: str, *, faulty: bool) -> ScoredConsignment:
    finding = Finding(code="DESCRIPTION_REFUSED", params={"reason": "only_digits"})
    described = DescribedGoods(
        key=name, text=name, score_permille=900, reason="only_digits" if faulty else None, refused=faulty
    )
    return ScoredConsignment(
        number=number,
        day=date(2026, 3, 2 + number),
        name=name,
        findings=(finding,) if faulty else (),
        descriptions=(described,),
    )


@pytest.fixture(scope="session")
def card_of() -> CardOf:
    """A card of a shipper whose name, description and sender are the given text, or an overview with it."""

    def made(text: str, *, overview: bool = False, lang: str = "en") -> Shown:
        asked = Asked(since=SPAN[0], until=SPAN[1], party=text)
        imports = Imports(files=2, rows=1_204, rejected=3, faults={"E204": 3})
        if not overview:
            card = Card(SPAN)
            for number, faulty in enumerate((True, True, False)):
                card.add(consignment(number, text, faulty=faulty))
            heading = Heading(kind="shipper", asked=asked, country="CN")
            return View(lang).card(heading, card.scorecard(imports=imports))
        overviewing = Overviewing(SPAN)
        for number, (name, faulty) in enumerate([(text, True), (text, False), ("Kestrel Mall", False)]):
            overviewing.add((name, "CN"), consignment(number, name, faulty=faulty))
        return View(lang).overview(
            Heading(kind="shippers", asked=asked), overviewing.overview(imports=imports)
        )

    return made
