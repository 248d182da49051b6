"""One consignment out of what several sources say."""

from __future__ import annotations

import pytest

from agent.domain.declarations import Declaration, Label, Party, Transport
from agent.domain.effective import Claim, SourceRole, effective
from agent.domain.errors import DeclarationsMismatch
from agent.domain.money import Money

EARLY, LATE = "2025-03-01T09:00:00Z", "2025-03-01T11:30:00+02:00"


def says(role: SourceRole, received: str = EARLY, **fields: object) -> Claim:
    base: dict[str, object] = {"consignment": "A1", "transport": Transport.EXPRESS}
    return role, received, Declaration(**{**base, **fields})  # type: ignore[arg-type]


def test_a_single_declaration_stands_as_it_is() -> None:
    claim = says(SourceRole.SELLER, description="cotton shirt")
    assert effective([claim]).declaration is claim[2]


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
