"""JSON of marketplaces: by names alone, or by the paths of a profile; one parcel never costs another."""

from __future__ import annotations

import contextlib
import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.domain.consignment.declaration import Transport
from agent.domain.errors import ManifestRefused
from agent.domain.values.money import Money
from agent.formats.detect import read
from agent.formats.profiles.json_paths import JsonPath, PathInvalid
from agent.formats.profiles.profile import Profile, load_profile
from agent.formats.reading import Format, Reading, ReadOrder
from agent.formats.rows import Row, RowError
from agent.formats.tabular.json_rows import MAX_LINE

ORDER = {
    "trackingNo": "RB123456785GB",
    "recipient": {"name": "Jane Doe", "address": {"zip": "2134", "city": "Boston"}, "country": "US"},
    "lines": [
        {"description": "cotton shirt", "qty": 2, "value": 12.5, "currency": "USD", "origin": "CN"},
        {"description": "felt cap", "qty": 1, "value": 3, "currency": "USD"},
    ],
}
PROFILE = b"""
format = 1
id = "shop"
transport = "express"
currency = "USD"
[json]
rows = "data.parcels[*]"
items = "content.lines[*]"
[json.fields]
tracking_number = "ids[0].value"
consignee_name = "to.who"
item_description = "what"
item_value = "worth.amount"
[constants]
consignor_country = "CN"
"""


def opened(document: Any, name: str = "x.json", profile: Profile | None = None) -> Reading:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return read(
        io.BytesIO(data), name, ReadOrder(profile=profile, transport=None if profile else Transport.MAIL)
    )


@pytest.mark.parametrize(
    "around", [[ORDER], {"orders": [ORDER]}, {"meta": {"n": 1}, "data": {"orders": [ORDER]}}, ORDER]
)
def test_a_parcel_is_found_and_read_by_the_names_of_its_members(around: Any) -> None:
    (row,) = opened(around).rows
    assert isinstance(row, Row)
    declaration = row.declaration
    assert (declaration.consignee.name, declaration.consignee.postcode) == ("Jane Doe", "02134")
    assert [(i.description, i.quantity, i.value) for i in declaration.items] == [
        ("cotton shirt", 2, Money(1250, "USD")),
        ("felt cap", 1, Money(300, "USD")),
    ]
    assert declaration.value == Money(1550, "USD")
    assert [one.code for one in row.mended] == ["W310"]


def test_a_profile_says_where_everything_stands() -> None:
    profile = load_profile(PROFILE, "shop")
    parcel = {
        "ids": [{"value": "BOX-000001"}],
        "to": {"who": "Joe"},
        "content": {"lines": [{"what": "pan", "worth": {"amount": "9.00"}}]},
    }
    reading = opened({"data": {"parcels": [parcel]}}, profile=profile)
    (row,) = reading.rows
    assert reading.profile_id == profile.key
    assert isinstance(row, Row)
    assert (row.declaration.consignee.name, row.declaration.consignor.country) == ("Joe", "CN")
    assert row.declaration.items[0].value == Money(900, "USD")
    assert row.cells == ()


def test_in_lines_a_broken_one_costs_no_other() -> None:
    good = json.dumps(ORDER)
    reading = opened(f"{good}\n{{broken\n\n[1]\n{good}\n".encode(), "x.jsonl")
    assert reading.format is Format.JSONL
    outcomes = [(row.line, row.code if isinstance(row, RowError) else "row") for row in reading.rows]
    assert outcomes == [(1, "row"), (2, "E003"), (4, "E007"), (5, "row")]


def test_several_values_where_one_is_meant_refuse_the_parcel() -> None:
    profile = load_profile(PROFILE, "shop")
    parcels = [{"ids": [{"value": "BOX-000001"}], "to": {"who": ["a", "b"]}}]
    (error,) = opened({"data": {"parcels": parcels}}, profile=profile).rows
    assert isinstance(error, RowError)
    assert (error.code, error.column) == ("E007", "consignee_name")


def test_a_number_that_was_a_fraction_somewhere_is_no_tracking_number() -> None:
    (error,) = opened([{"tracking_number": 1.2345678901234567e17}]).rows
    assert isinstance(error, RowError)
    assert error.code == "E103"


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"{", "x.json", "E060"),
        (b"[" * 100_000, "x.json", "E060"),
        (b"[1, 2", "x.json", "E060"),
        (b'{"a": "' + b"x" * MAX_LINE + b'"}\n', "x.jsonl", "E018"),
    ],
)
def test_what_is_no_json_or_has_no_end_is_refused(data: bytes, name: str, code: str) -> None:
    with pytest.raises(ManifestRefused) as refused:
        list(opened(data, name).rows)
    assert refused.value.code == code


@pytest.mark.parametrize("text", ["", ".a", "a..b", "a[", "a[x]", "a]", "a.[*]", "x." * 40 + "x"])
def test_a_path_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(PathInvalid):
        JsonPath(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["tracking_number", "zip", "value", "lines", "x"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@settings(max_examples=120, deadline=None)
@given(document=JSON, raw=st.binary(max_size=60), lines=st.booleans())
def test_any_document_is_read_or_refused_by_name(document: Any, raw: bytes, lines: bool) -> None:
    data = json.dumps({"orders": [document, ORDER]}).encode() + (b"\n" + raw if lines else b"")
    with contextlib.suppress(ManifestRefused):
        outcomes = list(opened(data, "x.jsonl" if lines else "x.json").rows)
        assert all(isinstance(row, Row | RowError) for row in outcomes)
