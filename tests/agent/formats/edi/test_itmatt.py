"""UPU ITMATT in EDIFACT: segments by what their codes mean, whatever partner sent them."""

from __future__ import annotations

import contextlib
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.domain.consignment.declaration import Transport
from agent.domain.errors import ManifestRefused
from agent.domain.values.money import Money
from agent.formats.detect import read
from agent.formats.edi.edifact import MAX_SEGMENT, read_segments
from agent.formats.profiles.profile import Profile, load_profile
from agent.formats.reading import Format, ReadOrder
from agent.formats.rows import Row, RowError

ITEM = (
    "CNI+1+RB123456785GB'"
    "NAD+CZ+++Acme Ltd+1 High St+London++N1 1AA+GB'COM+?+44 20 1234:TE'"
    "NAD+CN+++Jane O?'Doe+12 Main St:Apt 4+Boston+MA+2134+US'COM+jane@example.com:EM'"
    "MEA+WT+G+KGM:0.620'MOA+64:4.20:GBP'FTX+ACD++31'"
    "GID+1'FTX+AAA+++cotton shirt'CST++610910:HS'QTY+47:2'MEA+WT+AAL+KGM:0.4'MOA+40:20.00:GBP'LOC+27+CN'"
    "GID+2'FTX+AAA+++felt cap'CST++650500'QTY+47:1'MEA+WT+AAL+GRM:100'MOA+40:5.50:GBP'LOC+27+VN'"
)
HEAD = "UNB+UNOC:3+GBA+USA+250901:1200+1'UNH+1+ITMATT:D:00A:UP'BGM+787+1'DTM+137:20250901:102'"
TAIL = "UNT+20+1'UNZ+1+1'"


def outcomes(text: str, encoding: str = "utf-8", profile: Profile | None = None) -> list[Row | RowError]:
    reading = read(io.BytesIO(text.encode(encoding)), "x.edi", ReadOrder(profile=profile))
    assert reading.format is Format.ITMATT
    return list(reading.rows)


def test_an_item_says_what_its_customs_form_says() -> None:
    (row,) = outcomes(HEAD + ITEM + TAIL)
    assert isinstance(row, Row)
    d = row.declaration
    assert (d.consignment, d.transport, d.pieces[0][0].kind) == ("RB123456785GB", Transport.MAIL, "s10")
    assert (d.consignor.name, d.consignor.country, d.consignor.phone) == ("Acme Ltd", "GB", "+44 20 1234")
    assert (d.consignee.name, d.consignee.street) == ("Jane O'Doe", "12 Main St, Apt 4")
    assert (d.consignee.state, d.consignee.postcode, d.consignee.email) == ("MA", "02134", "jane@example.com")
    assert (d.gross_weight_g, d.mail_category, d.mailed_on) == (620, "gift", "2025-09-01")
    assert [
        (i.description, i.hs, i.quantity, i.net_weight_g, i.value, i.origin_country) for i in d.items
    ] == [
        ("cotton shirt", "610910", 2, 400, Money(2000, "GBP"), "CN"),
        ("felt cap", "650500", 1, 100, Money(550, "GBP"), "VN"),
    ]
    assert d.value == Money(2550, "GBP")


def test_each_item_of_a_message_is_a_parcel_and_a_broken_one_costs_no_other() -> None:
    second = ITEM.replace("RB123456785GB", "RR473124829GB").replace("G+KGM:0.620", "G+KGM:heavy")
    third = ITEM.replace("RB123456785GB", "LX000000000CN")
    rows = outcomes(HEAD + ITEM + second + third + TAIL)
    assert [row.declaration.consignment for row in rows if isinstance(row, Row)] == [
        "RB123456785GB",
        "LX000000000CN",
    ]
    (error,) = [row for row in rows if isinstance(row, RowError)]
    assert (error.code, error.column) == ("E204", "gross_weight")


def test_an_item_may_be_opened_by_any_reference_that_carries_its_number() -> None:
    rows = outcomes(HEAD + ITEM.replace("CNI+1+RB123456785GB", "RFF+AAS:RB123456785GB") + TAIL)
    assert [row.declaration.consignment for row in rows if isinstance(row, Row)] == ["RB123456785GB"]


def test_an_amount_of_an_unknown_sort_is_taken_as_the_value_and_told() -> None:
    (row,) = outcomes(HEAD + "CNI+1+RB123456785GB'MOA+ZZ1:7.00:EUR'" + TAIL)
    assert isinstance(row, Row)
    assert row.declaration.value == Money(700, "EUR")
    assert [one.code for one in row.mended] == ["W340"]


def test_a_partner_who_writes_otherwise_has_his_way_in_a_profile() -> None:
    text = b'format = 1\nid = "p"\n[edifact]\nitem_starts = ["DOC"]\nconsignee = ["DP"]\nvalue = ["ZZ1"]\n'
    item = "DOC+730+PARCEL-1'NAD+DP+++Jane'MOA+ZZ1:7.00:EUR'"
    (row,) = outcomes(HEAD + item + TAIL, profile=load_profile(text, "p"))
    assert isinstance(row, Row)
    assert (row.declaration.consignment, row.declaration.consignee.name, row.mended) == (
        "PARCEL-1",
        "Jane",
        (),
    )


def test_other_messages_of_the_interchange_are_passed_over() -> None:
    other = "UNH+2+PREDES:D:96A:UP'CNI+1+RR473124829GB'UNT+2+2'"
    rows = outcomes(HEAD + ITEM + "UNT+20+1'" + other + "UNZ+2+1'")
    assert len(rows) == 1
    with pytest.raises(ManifestRefused) as refused:
        outcomes("UNB+UNOC:3+A+B+250901:1200+1'" + other)
    assert refused.value.code == "E062"


def segments(data: bytes) -> list[tuple[str, tuple[tuple[str, ...], ...]]]:
    return [(one.tag, one.elements) for one in read_segments(io.BytesIO(data))]


@pytest.mark.parametrize(
    ("data", "elements"),
    [
        (b"FTX+a??'", (("a?",),)),
        (b"FTX+a?'b'", (("a'b",),)),
        (b"FTX+a???'b'", (("a?'b",),)),
        (b"FTX+a?+b?:c:d'", (("a+b:c", "d"),)),
        (b"\r\nFTX+a'\r\n", (("a",),)),
        (b"UNA*|.! ~FTX|a!~b*c~", (("a~b", "c"),)),
        (b"UNA:+.  'FTX+a?'", (("a?",),)),
    ],
)
def test_the_interchange_names_its_own_characters(data: bytes, elements: tuple[tuple[str, ...], ...]) -> None:
    assert segments(data) == [("FTX", elements)]


def test_text_is_decoded_as_the_interchange_says_and_as_utf8_where_it_is_that() -> None:
    head = b"UNB+UNOD:3+A+B'"
    assert segments(head + "FTX+Łódź'".encode("iso8859-2"))[1] == ("FTX", (("Łódź",),))
    assert segments(head + "FTX+Łódź'".encode())[1] == ("FTX", (("Łódź",),))


@pytest.mark.parametrize(
    "data", [b"UNH+1+ITMATT", b"UNH+" + b"x" * (2 * MAX_SEGMENT) + b"'", b"12+3'", b"A" * 200_000]
)
def test_what_is_no_segment_or_has_no_end_is_refused(data: bytes) -> None:
    with pytest.raises(ManifestRefused) as refused:
        segments(data)
    assert refused.value.code == "E061"


PART = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=8).map(str.strip)


@settings(deadline=None)
@given(parts=st.lists(st.lists(PART, min_size=1, max_size=3), min_size=1, max_size=4))
def test_any_text_survives_being_released(parts: list[list[str]]) -> None:
    def release(text: str) -> str:
        return "".join(f"?{char}" if char in "?+:'" else char for char in text)

    text = "+".join(":".join(map(release, element)) for element in parts)
    ((tag, elements),) = segments(f"FTX+{text}'".encode())
    assert tag == "FTX"
    assert elements == tuple(map(tuple, parts))


@settings(max_examples=120, deadline=None)
@given(cut=st.integers(0, len(HEAD + ITEM)), noise=st.binary(max_size=30), again=st.booleans())
def test_a_damaged_interchange_is_read_or_refused_by_name(cut: int, noise: bytes, again: bool) -> None:
    whole = (HEAD + ITEM + TAIL).encode()
    data = whole[:cut] + noise + (whole[cut:] if again else b"")
    with contextlib.suppress(ManifestRefused):
        assert all(isinstance(row, Row | RowError) for row in read(io.BytesIO(data), "x.edi").rows)
