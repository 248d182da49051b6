"""X12 309: the ISA segment names the delimiters, each bill is a parcel."""

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
from agent.formats.edi.x12 import MAX_SEGMENT, read_segments
from agent.formats.reading import Format
from agent.formats.rows import Row, RowError

ISA = (
    "ISA*00*          *00*          *ZZ*AA             *ZZ*BB             "
    "*250101*0100*U*00401*000000010*0*T*>~"
)
HEAD = ISA + "GS*SO*AA*BB*20250101*0100*1*X*004010~ST*309*0001~M10*ABCD*A*SG***SQ12*123*2*Y~P4*4701*20250101~"
BILL = (
    "LX*1~M11*BOX0000001*55976*3*CTN*2.5*K****Hangzhou*61812345675*ABCD~N9*BM*BOX0000001~"
    "N1*SH*Acme Ltd~N3*1 High St*Floor 2~N4*Hangzhou**310000*CN~"
    "N1*CN*Jane Doe~N3*12 Main St~N4*Boston*MA*02134*US~PER*IC*Jane*TE*617 555 0100*EM*jane@example.com~"
    "M12*01*ENTRY12345~VID*CN*ABCU*123~"
    "N10*2*COTTON SHIRT*MARKS*I*610910*20*K*0.4***CN~H1*1234~N10*1.0*FELT CAP*****K*0.1~"
)
TAIL = "SE*20*0001~GE*1*1~IEA*1*000000010~"


def outcomes(text: str) -> list[Row | RowError]:
    reading = read(io.BytesIO(text.encode()), "x.x12")
    assert reading.format is Format.X12_309
    return list(reading.rows)


def test_a_bill_of_the_manifest_is_a_parcel_with_its_goods() -> None:
    (row,) = outcomes(HEAD + BILL + TAIL)
    assert isinstance(row, Row)
    d = row.declaration
    assert (d.consignment, d.transport, d.piece_count) == ("BOX0000001", Transport.EXPRESS, 3)
    assert (d.gross_weight_g, d.master, d.flight, d.arrival_port) == (2500, "61812345675", "SQ12", "4701")
    assert (d.consignor.street, d.consignor.country) == ("1 High St, Floor 2", "CN")
    assert (d.consignee.postcode, d.consignee.phone, d.consignee.email) == (
        "02134",
        "617 555 0100",
        "jane@example.com",
    )
    assert (d.entry_type, d.entry_number) == ("01", "ENTRY12345")
    assert [(i.description, i.hs, i.quantity, i.net_weight_g, i.value) for i in d.items] == [
        ("COTTON SHIRT", "610910", 2, 400, Money(2000, "USD")),
        ("FELT CAP", None, 1, 100, None),
    ]


def test_a_description_goes_on_in_further_segments_and_marks_alone_are_no_goods() -> None:
    goods = "N10*12*LADIES KNITTED COTTON~N10**SHIRTS, LONG SLEEVES~N10***ADDR 1 OF 2~N10*1*FELT CAP~"
    (row,) = outcomes(HEAD + BILL.partition("N10*")[0] + goods + TAIL)
    assert isinstance(row, Row)
    assert [(one.description, one.quantity) for one in row.declaration.items] == [
        ("LADIES KNITTED COTTON SHIRTS, LONG SLEEVES", 12),
        ("FELT CAP", 1),
    ]


@pytest.mark.parametrize("delimiters", ["|:\n", "|:\r\n", "^>\x1d", "*>~\r\n"])
def test_delimiters_are_those_of_the_isa_segment(delimiters: str) -> None:
    text = (HEAD + BILL + TAIL).replace("~", delimiters[2:]).replace("*", delimiters[0])
    assert [type(row) for row in outcomes(text)] == [Row]


def test_a_bill_that_is_taken_back_is_told_and_a_broken_one_costs_no_other() -> None:
    withdrawn = "LX*2~M13*ABCD*4701*D*BOX0000002*1~"
    broken = BILL.replace("2.5*K", "2.5*STONE").replace("BOX0000001", "BOX0000003")
    rows = outcomes(HEAD + withdrawn + broken + BILL + TAIL)
    assert [(row.code, row.line) for row in rows if isinstance(row, RowError)] == [("E117", 6), ("E206", 8)]
    assert [row.declaration.consignment for row in rows if isinstance(row, Row)] == ["BOX0000001"]


def test_another_transaction_set_is_refused_by_its_number() -> None:
    with pytest.raises(ManifestRefused, match="355") as refused:
        outcomes(ISA + "GS*SO*A*B*20250101*0100*1*X*004010~ST*355*0001~SE*2*0001~")
    assert refused.value.code == "E062"


@pytest.mark.parametrize(
    "data",
    [
        b"ISA",
        b"ISA*00*x~",
        ISA.encode() + b"ST*309" + b"x" * (2 * MAX_SEGMENT) + b"~",
        ISA.encode() + b"ST*309",
    ],
)
def test_what_ends_in_a_segment_or_never_is_refused(data: bytes) -> None:
    with pytest.raises(ManifestRefused) as refused:
        list(read_segments(io.BytesIO(data)))
    assert refused.value.code == "E061"


@settings(max_examples=120, deadline=None)
@given(cut=st.integers(0, len(HEAD + BILL)), noise=st.binary(max_size=30), again=st.booleans())
def test_a_damaged_interchange_is_read_or_refused_by_name(cut: int, noise: bytes, again: bool) -> None:
    whole = (HEAD + BILL + TAIL).encode()
    data = whole[:cut] + noise + (whole[cut:] if again else b"")
    with contextlib.suppress(ManifestRefused):
        assert all(isinstance(row, Row | RowError) for row in read(io.BytesIO(data), "x.x12").rows)
