"""Typed records: the first cell says what a record is, and a profile what its cells are."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.domain.consignment.declaration import Declaration, Transport
from agent.domain.errors import ManifestRefused
from agent.domain.values.money import Money
from agent.formats.detect import read
from agent.formats.errors import ProfileInvalid
from agent.formats.profiles.profile import Profile, load_profile
from agent.formats.reading import Format, How, Reading, ReadOrder
from agent.formats.rows import Row, RowError

MASTER = "mawb,1,HUB25090100001,20250901,HKG,JFK,CX840,160-12345675\n"
PARCEL = (
    'hawb,1,BOX-000001,H1,BAG-1,Kestrel Mall,"Pearl Ridge, Ltd",88 Xinghu Road,Shenzhen,GD,518000,CN,'
    "Jane Doe,12 Main St,Boston,MA,02134,US,+1 617 555 0100,,,,,,USD\n"
)
FILE = (
    "email,1,all,ops@example.com\n"
    + MASTER
    + PARCEL
    + "package,1,0.250\n"
    + "package,1,1.5,LBL-000002\n"
    + "goods,1,cotton shirt,610910,2,0.2,12.50,CN\n"
    + "goods,1,felt cap,650500,1,,3\n"
    + "hawb,1,BOX-000002,,,,,,,,,,,,,,,,,,steel pan,,1,9.99,USD,CN\n"
    + "package,1,2\n"
)
OWN = b"""
format = 1
id = "acme"
sender = "Acme"
transport = "mail"
encoding = "cp1252"
[records]
separator = ";"
[records.types."sh 2"]
level = "parcel"
fields = ["tracking_number", "-", "consignee_name", "..."]
[records.types.ln]
level = "item"
fields = ["item_description", "item_value", "currency"]
[records.types.zz]
level = "ignore"
"""


def opened(text: str, **known: Any) -> Reading:
    reading = read(io.BytesIO(text.encode("latin-1")), "x.csv", ReadOrder(**known))
    assert reading.format is Format.TYPED_CSV
    return reading


def declared(text: str) -> list[Declaration]:
    outcomes = list(opened(text).rows)
    assert [one for one in outcomes if isinstance(one, RowError)] == []
    return [one.declaration for one in outcomes if isinstance(one, Row)]


def errors(text: str) -> list[tuple[int, str]]:
    return [(one.line, one.code) for one in opened(text).rows if isinstance(one, RowError)]


def test_a_parcel_is_its_record_with_its_packages_and_goods_under_a_master() -> None:
    first, second = declared(FILE)
    assert (first.consignment, first.master, first.house) == ("BOX-000001", "160-12345675", "H1")
    assert (first.flight, first.arrival_port, first.transport) == ("CX840", "JFK", Transport.EXPRESS)
    assert (first.consignor.name, first.consignee.postcode) == ("Pearl Ridge, Ltd", "02134")
    assert (first.piece_count, first.gross_weight_g, first.quantity) == (2, 1750, 3)
    assert [(one.description, one.value) for one in first.items] == [
        ("cotton shirt", Money(1250, "USD")),
        ("felt cap", Money(300, "USD")),
    ]
    assert (second.consignment, second.master, second.piece_count) == ("BOX-000002", "160-12345675", 1)
    assert (second.gross_weight_g, second.value, second.items) == (2000, Money(999, "USD"), ())


def test_commas_that_a_spreadsheet_added_change_nothing_and_ignored_sorts_are_told() -> None:
    wide = "".join(line + "," * 40 + "\r\n" for line in FILE.splitlines())
    reading = opened(wide)
    rows = [row.declaration for row in reading.rows if isinstance(row, Row)]
    assert rows == declared(FILE)
    assert [note.code for note in reading.late] == ["W397"]


def test_a_profile_names_sorts_versions_and_places_of_its_sender() -> None:
    profile = load_profile(OWN, "acme.toml")
    text = "SH;2;BOX-000001;x;Renée;any;thing\nLN;shirt;5;EUR\nzz;1;2;3\nLN;cap;1;EUR\n"
    reading = opened(text, profiles=(profile,), sender="Acme")
    assert (reading.profile_id, reading.encoding) == (profile.key, "cp1252")
    (row,) = reading.rows
    assert isinstance(row, Row)
    assert row.declaration.consignee.name == "Renée"
    assert row.declaration.value == Money(600, "EUR")
    means = [(one.written, one.column) for one in reading.means]
    assert means[:3] == [
        ("sh 2, cell 3", "tracking_number"),
        ("sh 2, cell 4", None),
        ("sh 2, cell 5", "consignee_name"),
    ]
    assert reading.means[1].how is How.IGNORED
    with pytest.raises(ManifestRefused, match="E012"):
        read(
            io.BytesIO(text.encode()),
            "x.csv",
            ReadOrder(profiles=(profile,), sender="Somebody", transport=Transport.MAIL),
        )


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("goods,1,shirt\n" + MASTER + PARCEL, [(1, "E119")]),
        (MASTER + PARCEL + "hawb,7,BOX-000003\n", [(3, "E118"), (2, "E114")]),
        (MASTER + PARCEL + "package,1,1,LBL-000002,stray\n" + PARCEL, [(3, "E001"), (2, "E114")]),
        (MASTER + PARCEL + "goods,1,shirt,,two\n", [(3, "E203")]),
        (MASTER + PARCEL + "package,1,1\npackage,1,heavy\n", [(2, "E204")]),
        (MASTER + PARCEL + 'goods,1,"shirt\n' + PARCEL, [(3, "E003"), (2, "E114")]),
        ("mawb,1,a,b,c,d,e,f,g\n" + PARCEL, [(1, "E001")]),
        (MASTER + PARCEL + "goods,1,cap\n" * 1001, [(1003, "E115"), (2, "E114")]),
    ],
)
def test_a_record_that_cannot_be_taken_refuses_its_parcel_and_no_other(
    text: str, faults: list[tuple[int, str]]
) -> None:
    assert errors(text) == faults


def test_packages_that_do_not_agree_refuse_their_parcel() -> None:
    own = OWN + b'[records.types.pk]\nlevel = "package"\nfields = ["receptacle", "gross_weight_kg"]\n'
    profile = load_profile(own, "x")
    text = "sh;2;BOX-000001\npk;BAG-1;1\npk;BAG-2;1\nsh;2;BOX-000002\npk;BAG-1;1\npk;BAG-1\n"
    outcomes = list(opened(text, profile=profile).rows)
    assert [getattr(one, "code", "row") for one in outcomes] == ["E113", "E114", "row"]
    # One package without a weight leaves that of the whole unknown.
    assert isinstance(outcomes[2], Row)
    assert outcomes[2].declaration.gross_weight_g is None


def test_a_table_whose_header_begins_like_a_sort_is_a_table() -> None:
    text = "email,tracking_number,transport\na@example.com,BOX-000001,mail\n"
    assert read(io.BytesIO(text.encode()), "x.csv").format is Format.CSV


def test_every_fault_of_the_records_of_a_profile_is_told() -> None:
    broken = b"""
format = 1
id = "x"
[records]
separator = ", "
[records.types."Big One"]
level = "master"
fields = ["no_such", "item_value", "master", "master"]
[records.types.b]
level = "item"
fields = ["tracking_number"]
[records.types.c]
level = "nothing"
"""
    with pytest.raises(ProfileInvalid) as refused:
        load_profile(broken, "x")
    messages = [str(error) for error in refused.value.errors]
    for part in (
        "separator",
        "no_such",
        "item_value belongs",
        "named twice",
        "lower case",
        "tracking_number",
    ):
        assert any(part in one for one in messages), part
    assert any("must open a parcel" in one for one in messages)


@settings(max_examples=60, deadline=None)
@given(
    lines=st.lists(
        st.one_of(
            st.sampled_from([*FILE.splitlines(), "package,1,1e400", "package,1,NaN", 'goods,1,"']),
            st.text(st.characters(codec="latin-1"), max_size=30),
        ),
        max_size=12,
    )
)
def test_records_in_any_order_are_read_or_refused_by_name(lines: list[str]) -> None:
    profile: Profile | None = None
    with contextlib.suppress(ManifestRefused):
        reading = read(
            io.BytesIO((MASTER * 5 + "\n".join(lines)).encode("latin-1")), "x", ReadOrder(profile=profile)
        )
        assert all(isinstance(one, Row | RowError) for one in reading.rows)
