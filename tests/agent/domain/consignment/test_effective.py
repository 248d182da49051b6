"""One consignment out of what several sources say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.domain.consignment.declaration import Declaration, Label, Party, Transport
from agent.domain.consignment.effective import Claim, ClaimOrder, SourceRole, effective
from agent.domain.errors import DeclarationsMismatch
from agent.domain.values.money import Money

EARLY, LATE = "2025-03-01T09:00:00Z", "2025-03-01T11:30:00+02:00"


def says(role: SourceRole, received: str = EARLY, *, party: str = "one", **fields: object) -> Claim:
    base: dict[str, object] = {"consignment": "A1", "transport": Transport.EXPRESS}
    declaration = Declaration(**{**base, **fields})  # type: ignore[arg-type]
    return Claim(role=role, party=party, received=received, declaration=declaration)


def test_a_single_declaration_stands_as_it_is() -> None:
    claim = says(SourceRole.SELLER, description="cotton shirt")
    assert effective([claim]).declaration is claim.declaration


def test_the_source_of_higher_priority_is_chosen_and_the_disagreement_named() -> None:
    result = effective(
        [
            says(SourceRole.SELLER, LATE, description="a gift", gross_weight_g=100),
            says(SourceRole.CARRIER, EARLY, description="Cotton  Shirt", gross_weight_g=100),
        ]
    )
    assert result.declaration.description == "Cotton  Shirt"
    (conflict,) = result.conflicts
    assert conflict.field == "description"
    assert [(side.role, side.claim) for side in conflict.sides] == [
        (SourceRole.CARRIER, "cotton shirt"),
        (SourceRole.SELLER, "a gift"),
    ]


def test_the_newest_word_of_one_source_replaces_its_older_one_without_conflict() -> None:
    older = says(SourceRole.CARRIER, EARLY, value=Money(100, "USD"))
    newer = says(SourceRole.CARRIER, LATE, value=Money(200, "USD"))
    for order in ([older, newer], [newer, older]):
        result = effective(order)
        assert result.declaration.value == Money(200, "USD")
        assert result.conflicts == ()


def test_silence_does_not_contradict_and_is_filled_by_whoever_speaks() -> None:
    result = effective(
        [
            says(SourceRole.CARRIER),
            says(SourceRole.MARKETPLACE, hs="610910", consignee=Party(email="j@x.org")),
        ]
    )
    assert (result.declaration.hs, result.declaration.consignee.email) == ("610910", "j@x.org")
    assert result.conflicts == ()


def test_an_address_is_never_put_together_from_two_sources() -> None:
    result = effective(
        [
            says(SourceRole.CARRIER, consignee=Party(name="Jane Doe", city="Springfield", country="US")),
            says(SourceRole.SELLER, consignee=Party(street="9 Elm St", city="Shelbyville", country="US")),
        ]
    )
    assert result.declaration.consignee == Party(name="Jane Doe", city="Springfield", country="US")
    assert [conflict.field for conflict in result.conflicts] == ["consignee.address"]


def test_spelling_of_case_and_spaces_is_no_conflict() -> None:
    claims = [
        says(SourceRole.CARRIER, consignee=Party(name="Jane Doe")),
        says(SourceRole.POST, consignee=Party(name="JANE  DOE")),
    ]
    assert effective(claims).conflicts == ()


def test_labels_of_a_one_piece_parcel_are_joined() -> None:
    ours, theirs = Label("s10", "RB123456785GB"), Label("plain", "9400111206206406260787")
    result = effective(
        [says(SourceRole.CARRIER, pieces=((ours,),)), says(SourceRole.SELLER, pieces=((theirs, ours),))]
    )
    assert result.declaration.pieces == ((ours, theirs),)


def test_several_pieces_are_taken_from_the_source_that_counts_most() -> None:
    first, second = (Label("plain", "PIECE-1"),), (Label("plain", "PIECE-2"),)
    result = effective(
        [says(SourceRole.SELLER, pieces=(first,)), says(SourceRole.CARRIER, pieces=(first, second))]
    )
    assert result.declaration.pieces == (first, second)


def test_two_consignments_or_none_are_refused() -> None:
    with pytest.raises(DeclarationsMismatch, match="unmanifested"):
        effective([])
    with pytest.raises(DeclarationsMismatch, match="A1, B2"):
        effective([says(SourceRole.CARRIER), says(SourceRole.SELLER, consignment="B2")])


def test_two_parties_of_one_role_that_disagree_are_both_named() -> None:
    result = effective(
        [
            says(SourceRole.SELLER, EARLY, party="Shop A", gross_weight_g=500),
            says(SourceRole.SELLER, LATE, party="Shop B", gross_weight_g=700),
            says(SourceRole.SELLER, LATE, party="Shop A", gross_weight_g=510),
        ]
    )
    (conflict,) = result.conflicts
    assert {(side.party, side.claim) for side in conflict.sides} == {("Shop A", "510"), ("Shop B", "700")}


def test_a_policy_says_whose_word_counts_for_a_field() -> None:
    claims = [
        says(SourceRole.CARRIER, gross_weight_g=900, description="BOX"),
        says(SourceRole.SELLER, gross_weight_g=500, description="cotton shirts"),
    ]
    order = ClaimOrder(by_field={"description": (SourceRole.SELLER, SourceRole.MARKETPLACE)})
    findings = effective(claims, order).declaration
    assert (findings.gross_weight_g, findings.description) == (900, "cotton shirts")
    assert effective(claims).declaration.description == "BOX"


@given(st.data())
def test_without_one_partys_words_the_rest_stands_as_if_they_had_never_been_said(data: st.DataObject) -> None:
    claims = [
        says(role, received, party=party, gross_weight_g=grams, description=text, consignee=Party(name=name))
        for role, received, party, grams, text, name in data.draw(
            st.lists(
                st.tuples(
                    st.sampled_from(SourceRole),
                    st.sampled_from([EARLY, LATE]),
                    st.sampled_from(["A", "B"]),
                    st.sampled_from([None, 100, 200]),
                    st.sampled_from([None, "shirt", "shoe"]),
                    st.sampled_from([None, "Ann", "Bob"]),
                ),
                min_size=1,
                max_size=6,
            )
        )
    ]
    rest = [claim for claim in claims if claim.party == "A"]
    if rest:
        both, alone = effective(claims), effective(rest)
        assert alone.declaration == effective(list(rest)).declaration
        words = {(c.field, side.party) for c in alone.conflicts for side in c.sides}
        assert all(party == "A" for _, party in words)
        kept = {(side.party, side.claim) for c in alone.conflicts for side in c.sides}
        shown = {(side.party, side.claim) for c in both.conflicts for side in c.sides}
        # What A said in conflict with itself (in two capacities) stays in conflict whoever else speaks.
        assert {claim for _, claim in kept} <= {claim for _, claim in shown}
