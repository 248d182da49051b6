"""Declarations: one stored form, versioned, with ceilings."""

from __future__ import annotations

from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.domain.consignment.declaration import (
    CEILINGS,
    Declaration,
    Label,
    Party,
    Transport,
    decode,
    encode,
)
from agent.domain.errors import DeclarationInvalid
from agent.domain.values.money import Money

FULL = Declaration(
    consignment="RB123456785GB",
    transport=Transport.MAIL,
    pieces=((Label("s10", "RB123456785GB"), Label("plain", "9400111206206406260787")),),
    receptacle="GBLALAUSJFKSACN60123001100123",
    consignor=Party(name="Acme Ltd", street="1 High St", country="GB"),
    consignee=Party(name="Jane Doe", street="2 Main St", city="Springfield", state="IL", country="US"),
    description="cotton shirt",
    hs="610910",
    quantity=2,
    gross_weight_g=250,
    value=Money(1250, "USD"),
    origin_country="CN",
    expected_arrival="2025-09-01T14:00:00-04:00",
)


def test_what_was_written_is_read_back() -> None:
    assert decode(encode(FULL)) == FULL


def test_the_stored_form_carries_its_version_and_only_what_was_said() -> None:
    smallest = Declaration(consignment="A", transport=Transport.EXPRESS)
    assert encode(smallest) == b'{"v":1,"consignment":"A","transport":"express"}'


def test_an_unknown_version_is_refused_by_number() -> None:
    with pytest.raises(DeclarationInvalid, match="format 7"):
        decode(encode(FULL).replace(b'"v":1', b'"v":7'))


@pytest.mark.parametrize(
    "change",
    [
        {"consignment": ""},
        {"consignment": "x" * (CEILINGS["identifier"] + 1)},
        {"description": "x" * (CEILINGS["description"] + 1)},
        {"consignee": Party(name="x" * (CEILINGS["name"] + 1))},
        {"gross_weight_g": 0},
        {"quantity": -1},
        {"pieces": ((Label("plain", "x"),) * 9,)},
    ],
)
def test_what_is_past_a_ceiling_is_refused(change: dict[str, object]) -> None:
    data = encode(msgspec.structs.replace(FULL, **change))
    with pytest.raises(DeclarationInvalid, match="import the manifest again"):
        decode(data)


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(DeclarationInvalid, match="colour"):
        decode(encode(FULL)[:-1] + b',"colour":"red"}')


def test_a_negative_value_is_refused() -> None:
    with pytest.raises(DeclarationInvalid, match="minor units"):
        decode(encode(FULL).replace(b'"minor":1250', b'"minor":-1'))


@given(st.one_of(st.binary(max_size=200), st.integers(0, len(encode(FULL))).map(lambda n: encode(FULL)[:n])))
def test_any_bytes_are_a_declaration_or_refused_by_name(data: bytes) -> None:
    with suppress(DeclarationInvalid):
        assert decode(data) == FULL
