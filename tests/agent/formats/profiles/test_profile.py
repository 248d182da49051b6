"""Mapping profiles: every fault at once, and the one that fits is found and recorded."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.domain.consignment.declaration import Transport
from agent.domain.consignment.effective import SourceRole
from agent.domain.values.money import Money
from agent.formats.detect import read
from agent.formats.errors import ProfileInvalid
from agent.formats.preview import ColumnVerdict, preview
from agent.formats.profiles.profile import Profile, choose, fingerprint, load_profile
from agent.formats.reading import ReadOrder
from agent.formats.rows import Row

WHOLE = """
format = 1
id = "acme-de"
sender = "Acme"
role = "seller"
transport = "express"
encoding = "cp1252"
currency = "EUR"
weight_unit = "g"
decimal_comma = true
date_format = "%d.%m.%Y %H:%M"
utc_offset = "+02:00"
rows = "parcel"
ignore = ["Value"]
[columns]
"Paketnr." = "tracking_number"
"Gewicht" = "gross_weight"
"Wert" = "value"
"Ankunft" = "expected_arrival"
[constants]
consignor_country = "DE"
"""
FILE = "Paketnr.;Gewicht;Wert;Ankunft;Value\nBOX-000001;1.250,5;1.234,50;01.09.2025 14:00;junk\n"


def test_a_profile_maps_columns_units_currency_dates_and_constants() -> None:
    profile = load_profile(WHOLE.encode(), "acme.toml")
    reading = read(io.BytesIO(FILE.encode("cp1252")), "x.csv", ReadOrder(profile=profile))
    (row,) = reading.rows
    assert isinstance(row, Row)
    d = row.declaration
    assert (d.gross_weight_g, d.value) == (1250, Money(123_450, "EUR"))
    assert (d.expected_arrival, d.transport) == ("2025-09-01T14:00:00+02:00", Transport.EXPRESS)
    assert d.consignor.country == "DE"
    assert row.mended == ()
    assert (reading.profile_id, profile.role) == (f"acme-de@{profile.digest}", SourceRole.SELLER)
    assert list(row.cells) == FILE.splitlines()[1].split(";")


def test_every_fault_of_a_profile_is_told_at_once() -> None:
    broken = b"""
format = 2
id = "Not An Id"
fingerprints = ["xyz"]
role = "emperor"
transport = "sea"
encoding = "klingon"
currency = "XXX"
weight_unit = "stone"
decimal_comma = "yes"
date_format = "%H"
utc_offset = "CET"
rows = "pallet"
colums = 1
[columns]
"A" = "no_such_column"
[constants]
nonsense = "x"
[json]
rows = "a..b"
[json.fields]
item_value = "x"
[edifact]
nonsense = ["x"]
"""
    with pytest.raises(ProfileInvalid) as refused:
        load_profile(broken, "broken.toml")
    assert {error.path for error in refused.value.errors} >= {
        "format",
        "id",
        "fingerprints",
        "role",
        "transport",
        "encoding",
        "currency",
        "weight_unit",
        "decimal_comma",
        "date_format",
        "utc_offset",
        "rows",
        "colums",
        "columns.A",
        "constants.nonsense",
        "json.rows",
        "json.items",
        "edifact.nonsense",
    }
    assert "did you mean columns?" in str(refused.value)


@pytest.mark.parametrize("data", [b"", b"format = ", b"\xff", b"x" * 300_000, b"format = 1\nid = 7\n"])
def test_a_file_that_is_no_profile_is_refused(data: bytes) -> None:
    with pytest.raises(ProfileInvalid):
        load_profile(data, "x.toml")


@settings(deadline=None)
@given(data=st.binary(max_size=200), framed=st.booleans())
def test_any_bytes_are_a_profile_or_refused(data: bytes, framed: bool) -> None:
    whole = b'format = 1\nid = "a"\n' + data if framed else data
    try:
        profile: Profile | None = load_profile(whole, "x")
    except ProfileInvalid:
        profile = None
    assert profile is None or profile.id


def profile(name: str, **known: Any) -> Profile:
    return Profile(id=name, digest="0" * 16, **known)


def test_the_profile_of_this_layout_and_sender_goes_before_either_alone() -> None:
    header = ["A", "B"]
    layout = frozenset({fingerprint(header)})
    both = profile("both", sender="Acme", fingerprints=layout)
    by_layout, by_sender = profile("layout", fingerprints=layout), profile("sender", sender="Acme")
    others = [
        profile("none"),
        profile("other", sender="Other"),
        profile("else", fingerprints=frozenset({"0" * 16})),
    ]
    assert choose([*others, by_sender, by_layout, both], header, "Acme") is both
    assert choose([*others, by_sender, by_layout], header, "Acme") is by_layout
    assert choose([*others, by_sender], header, "Acme") is by_sender
    assert choose([*others, both], header, "Nobody") is None


def test_a_file_finds_its_profile_by_its_header() -> None:
    fitting = load_profile(
        WHOLE.replace(
            'sender = "Acme"', f'fingerprints = ["{fingerprint(FILE.splitlines()[0].split(";"))}"]'
        ).encode(),
        "acme.toml",
    )
    reading = read(
        io.BytesIO(FILE.encode()), "x.csv", ReadOrder(profiles=(profile("other", sender="x"), fitting))
    )
    assert reading.profile_id == fitting.key
    assert len(list(reading.rows)) == 1


def test_a_preview_tells_of_each_column_how_its_cells_fared() -> None:
    text = (
        "tracking_number,transport,gross_weight_kg,colour,consignee_postcode,consignee_country\n"
        "BOX-000001,express,1.5,red,7102,US\nBOX-000002,express,heavy,red,02134,US\nBOX-000003,express,2,,,\n"
    )
    reading = read(io.BytesIO(text.encode()), "x.csv")
    columns = {one.header: one for one in preview(reading).columns}
    assert columns["tracking_number"].verdict is ColumnVerdict.FINE
    assert columns["colour"].verdict is ColumnVerdict.NOT_READ
    weight, postcode = columns["gross_weight_kg"], columns["consignee_postcode"]
    assert (weight.verdict, weight.faults) == (ColumnVerdict.REFUSED, 1)
    assert (postcode.verdict, postcode.mended) == (ColumnVerdict.MENDED, 1)
    assert (postcode.column, postcode.examples) == (
        "consignee_postcode",
        ("7102", "02134"),
    )
