"""A flight that moves: its list reaches the house bills, and a law that was expected before is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from agent.app import Opened
from agent.cases.scan import CommandLine
from agent.clearance import clear_piece
from agent.domain.consignment.declaration import Declaration, Label, Level, Transport
from agent.domain.consignment.effective import Claim, ClaimOrder, SourceRole, effective
from agent.domain.consignment.flights import arrivals, with_flight
from agent.sandbox.clock import ManualClock
from agent.sandbox.site import Site
from agent.store.source_table import Source
from sync.log.statement import parse

MASTER = "020-12345675"
BOUNDARY = datetime(2026, 6, 24, 4, tzinfo=UTC)
"""The suspension of the exemption is written into the regulations: midnight in New York."""


def claim(arrival: datetime | None, *, minute: int = 0, role: SourceRole = SourceRole.FORWARDER) -> Claim:
    """A house bill that was declared in that minute."""
    return Claim(
        role=role,
        party=role.value,
        received=f"2026-06-20T09:{minute:02}:00Z",
        declaration=Declaration(
            consignment="HAWB1",
            transport=Transport.EXPRESS,
            master=MASTER,
            expected_arrival=None if arrival is None else arrival.isoformat(),
        ),
    )


def flight_list(arrival: datetime, *, minute: int = 30) -> Claim:
    stated = Declaration(
        consignment=MASTER,
        transport=Transport.EXPRESS,
        level=Level.MASTER,
        description="CONSOLIDATION",
        gross_weight_g=90_000,
        flight="WS2569",
        departure="2026-06-20T20:00:00+08:00",
        expected_arrival=arrival.isoformat(),
    )
    received = f"2026-06-20T09:{minute:02}:00Z"
    return Claim(role=SourceRole.CARRIER, party="air", received=received, declaration=stated)


def test_a_house_bill_has_the_arrival_of_its_flight_and_nothing_else_of_the_master_bill() -> None:
    made = effective(with_flight([claim(None)], [flight_list(BOUNDARY)])).declaration
    assert (made.expected_arrival, made.flight) == (BOUNDARY.isoformat(), "WS2569")
    assert made.departure == "2026-06-20T20:00:00+08:00"
    assert made.level is Level.HOUSE
    assert (made.description, made.gross_weight_g) == (None, None)


def test_without_a_flight_list_the_claims_stay_as_they_are() -> None:
    assert with_flight([claim(None)], []) == (claim(None),)


def test_arrivals_are_told_in_the_order_in_which_they_were_believed() -> None:
    hour = timedelta(hours=1)
    events = [claim(BOUNDARY - hour), claim(BOUNDARY + hour, minute=5), claim(BOUNDARY - hour, minute=9)]
    assert arrivals(events[::-1], ClaimOrder()) == (BOUNDARY - hour, BOUNDARY + hour, BOUNDARY - hour)


def test_a_forwarder_does_not_move_the_arrival_that_the_carrier_gave() -> None:
    events = [claim(BOUNDARY, role=SourceRole.CARRIER), claim(BOUNDARY + timedelta(hours=1), minute=5)]
    assert arrivals(events, ClaimOrder()) == (BOUNDARY,)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(list(SourceRole)),
            st.one_of(st.none(), st.integers(-48, 48).map(lambda h: BOUNDARY + timedelta(hours=h))),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_the_last_arrival_is_always_the_one_that_is_effective(
    words: Sequence[tuple[SourceRole, datetime | None]],
) -> None:
    claims = [claim(arrival, minute=minute, role=role) for minute, (role, arrival) in enumerate(words)]
    expected = effective(claims).declaration.expected_arrival
    assert [a.isoformat() for a in arrivals(claims, ClaimOrder())[-1:]] == ([expected] if expected else [])


def declare(opened: Opened, role: SourceRole, *declarations: Declaration) -> None:
    store = opened.hub.declarations
    name = f"{role}-{declarations[0].expected_arrival}"
    digest = hashlib.sha256(name.encode()).hexdigest()
    begun = store.begin_source(Source(party=role.value, role=role, message=name, sha256=digest)).result(10)
    store.add(begun.number, declarations).result(10)
    store.end_source(begun.number, len(declarations), 0).result(10)


def house(arrival: datetime) -> Declaration:
    return Declaration(
        consignment="HAWB1",
        transport=Transport.EXPRESS,
        pieces=((Label("plain", "BOX-0001"),),),
        master=MASTER,
        expected_arrival=arrival.isoformat(),
    )


async def test_a_flight_list_that_crosses_a_boundary_keeps_both_laws_in_the_signed_decision(
    site: Site, clock: ManualClock
) -> None:
    clock.at = BOUNDARY - timedelta(days=3)
    site.publish_policy(issued=clock.at)
    async with site.open() as opened:
        hub = opened.hub
        declare(opened, SourceRole.FORWARDER, house(BOUNDARY - timedelta(hours=2)))
        while hub.assessments.catch_up():
            pass
        before = await hub.assessments.of("HAWB1")
        assert before is not None
        assert before.evaluated_for == BOUNDARY - timedelta(hours=2)
        clock.advance(60)
        late = flight_list(BOUNDARY + timedelta(hours=2)).declaration
        declare(opened, SourceRole.CARRIER, late)
        recorded = await clear_piece(site.scan("BOX-0001"), CommandLine(grams=None), hub)
        decision = parse(recorded.entry.kind, recorded.entry.payload)
    assert decision.evaluated_for == "2026-06-24T06:00:00.000Z"  # type: ignore[union-attr]
    (events,) = (f for f in decision.open if f.code == "LAW_CHANGED")  # type: ignore[union-attr]
    assert events.params["evaluated_for"] == "2026-06-24T02:00:00Z"


async def test_a_flight_list_lets_its_houses_be_assessed_again_in_the_background(
    site: Site, clock: ManualClock
) -> None:
    clock.at = BOUNDARY - timedelta(days=3)
    async with site.open() as opened:
        hub = opened.hub
        declare(opened, SourceRole.FORWARDER, house(BOUNDARY - timedelta(hours=2)))
        while hub.assessments.catch_up():
            pass
        declare(opened, SourceRole.CARRIER, flight_list(BOUNDARY + timedelta(hours=2)).declaration)
        assert hub.declarations.behind
        assert len(hub.assessments.catch_up()) == 2  # the master bill, and its house
        assert hub.assessments.catch_up() == []
        assert not hub.declarations.behind
        kept = await hub.declarations.assessment("HAWB1", hub.reference_data.current.assessed_under)
        assert kept.assessment.evaluated_for == BOUNDARY + timedelta(hours=2)


async def test_a_consolidated_master_bill_asks_for_houses_until_one_names_it(
    site: Site, clock: ManualClock
) -> None:
    clock.at = BOUNDARY - timedelta(days=3)
    async with site.open() as opened:
        hub = opened.hub
        declare(opened, SourceRole.CARRIER, flight_list(BOUNDARY).declaration)
        while hub.assessments.catch_up():
            pass
        before = await hub.assessments.of(MASTER)
        declare(opened, SourceRole.FORWARDER, house(BOUNDARY))
        while hub.assessments.catch_up():
            pass
        after = await hub.assessments.of(MASTER)
    assert before is not None
    assert after is not None
    assert "HOUSE_BILLS_NEEDED" in {f.code for f in before.findings}
    assert "HOUSE_BILLS_NEEDED" not in {f.code for f in after.findings}
