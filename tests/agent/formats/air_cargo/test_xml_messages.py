"""Cargo-XML messages: houses, waybills and flights into declarations; hostile XML is refused at once."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.domain.consignment.declaration import (
    Declaration,
    Item,
    Label,
    Level,
    Party,
    Transport,
    decode,
    encode,
)
from agent.domain.errors import ManifestRefused
from agent.domain.values.money import Money
from agent.formats.air_cargo.xml_messages import read_cargo_xml
from agent.formats.air_cargo.xml_text import MAX_BYTES, MAX_DEPTH, MAX_ELEMENTS, MAX_QUIET
from agent.formats.detect import detect
from agent.formats.reading import Format
from agent.formats.rows import Row, RowError

MESSAGES = Path(__file__).parent
XFZB = (MESSAGES / "xfzb.xml").read_text()
XFWB = (MESSAGES / "xfwb.xml").read_text()
XFFM = (MESSAGES / "xffm.xml").read_text()
HEAD = '<h:HouseWaybill xmlns:h="iata:housewaybill:1" xmlns:ram="iata:datamodel:3">'


def read(data: bytes | str) -> list[Row | RowError]:
    return list(read_cargo_xml(io.BytesIO(data.encode() if isinstance(data, str) else data)))


def declared(data: bytes | str) -> list[Declaration]:
    outcomes = read(data)
    assert [o for o in outcomes if isinstance(o, RowError)] == []
    return [o.declaration for o in outcomes if isinstance(o, Row)]


def errors(data: bytes | str) -> list[tuple[str, str, str]]:
    return [(o.code, o.column, o.value) for o in read(data) if isinstance(o, RowError)]


def test_a_house_is_read_whole() -> None:
    (row,) = read(XFZB)
    assert isinstance(row, Row)
    d = row.declaration
    assert (row.line, d.consignment, d.master) == (2, "SZX2600815", "020-12345675")
    assert (d.transport, d.level, d.piece_count) == (Transport.EXPRESS, Level.HOUSE, 2)
    assert d.gross_weight_g == 2_495
    assert d.value == Money(14_850, "USD")
    assert d.consignor == Party(
        "BAOAN TEXTILE CO LTD",
        "88 FUYONG AVENUE",
        "SHENZHEN",
        country="CN",
        registration="USCI914403001922038216",
    )
    assert d.consignee == Party(
        "JANE DOE", "12 HARVARD AVE", "ALLSTON", "MA", "02134", "US", "+16175550123", "jane@example.org"
    )
    assert d.description == "KNITTED COTTON SHIRTS"
    assert (d.hs, d.origin_country) == ("610910", "CN")
    assert d.items == (Item(description="COTTON SHIRTS, KNITTED", hs="610910", origin_country="CN"),)
    assert (d.flight, d.arrival_port) == ("BA0026", "JFK")
    assert (d.security.issuer, d.security.methods, d.security.status) == ("RA/CN 00001-02", ("XRY",), "SPX")
    assert d.pieces == ((Label("plain", "SZX2600815"),),) * 2


def test_a_house_may_come_before_its_master_is_known() -> None:
    (d,) = declared(XFZB.replace("<ram:ID>020-12345675</ram:ID>", "<ram:ID></ram:ID>"))
    assert d.master is None


@pytest.mark.parametrize(("kind", "level"), [("741", Level.MASTER), ("740", Level.HOUSE)])
def test_the_document_code_says_whether_a_waybill_is_a_consolidation(kind: str, level: Level) -> None:
    (d,) = declared(XFWB.replace("<TypeCode>741", f"<TypeCode>{kind}"))
    assert (d.consignment, d.master, d.level) == ("020-12345675", "020-12345675", level)
    assert (d.piece_count, d.gross_weight_g, d.value) == (38, 412_500, None)
    assert len(d.pieces) == (0 if level is Level.MASTER else 38)
    assert (d.flight, d.arrival_port, d.description) == ("BA0175", "JFK", "CONSOLIDATION")
    assert d.consignee.state == "NY"


def test_a_flight_manifest_tells_of_each_waybill_where_it_lies_and_when_it_lands() -> None:
    letters, textiles = declared(XFFM)
    assert (letters.consignment, letters.level, letters.receptacle) == (
        "000-12345655",
        Level.MASTER,
        "AKH16867ZZ",
    )
    assert (letters.flight, letters.arrival_port) == ("WS2569", "YVR")
    assert letters.expected_arrival == "2026-01-30T20:40:00+00:00"
    assert (letters.piece_count, letters.gross_weight_g) == (1, 45_000)
    assert (textiles.piece_count, textiles.gross_weight_g, textiles.receptacle) == (3, 350_000, None)


def test_the_weight_of_a_share_is_never_that_of_the_whole_waybill() -> None:
    alone = XFFM.replace("000-12345699", "000-12345666", 1)
    waybills = {d.consignment: d for d in declared(alone)}
    assert (waybills["000-12345666"].piece_count, waybills["000-12345666"].gross_weight_g) == (3, None)


def test_version_three_of_the_manifest_is_read_too() -> None:
    assert declared(XFFM.replace("2.00", "3.00")) == declared(XFFM)


@pytest.mark.parametrize(("unit", "grams"), [("KGM", 5_500), ("GRM", 6), ("LBR", 2_495), ("ONZ", 156)])
def test_weights_are_exact_in_every_unit(unit: str, grams: int) -> None:
    (d,) = declared(XFZB.replace("LBR", unit))
    assert d.gross_weight_g == grams


def test_prefixes_encodings_comments_and_envelopes_change_nothing() -> None:
    (d,) = declared(XFZB)
    bare = XFZB.partition("?>")[2]
    assert declared(XFZB.replace("ram:", "").replace("xmlns:ram", "xmlns")) == [d]
    assert declared(bare.encode("utf-16")) == [d]
    assert declared(bare.replace("<ram:ID>JFK", "<!-- the port --><ram:ID>JFK")) == [d]
    (other,) = declared(XFWB)
    envelope = f"<Batch><Message>{bare}</Message>{XFWB.partition('?>')[2]}</Batch>"
    assert declared(envelope) == [d, other]


def test_a_broken_message_of_an_envelope_costs_no_other() -> None:
    bare = XFZB.partition("?>")[2]
    broken = bare.replace(">5.5<", ">5,5<", 1)
    outcomes = read(f"<Batch>{broken}{bare}<StatusMessage/></Batch>")
    assert [type(o) for o in outcomes] == [RowError, Row, RowError]
    assert errors(f"<Batch>{broken}</Batch>") == [("E204", "gross_weight", "5,5")]


def test_every_fault_of_a_message_is_named() -> None:
    text = (
        XFZB.replace(">5.5</ram:Inc", ">five</ram:Inc")
        .replace("148.50", "1,48")
        .replace(">2</ram:Tot", ">b</ram:Tot")
    )
    assert sorted(errors(text)) == [
        ("E203", "piece_count", "b"),
        ("E204", "gross_weight", "five"),
        ("E301", "value", "1,48"),
    ]


def test_several_houses_in_one_house_waybill_are_refused() -> None:
    house = XFZB[XFZB.index("<ram:IncludedHouseConsignment>") : XFZB.index("</rsm:MasterConsignment>")]
    assert errors(XFZB.replace("</rsm:MasterConsignment>", house + "</rsm:MasterConsignment>")) == [
        ("E050", "", "HouseWaybill")
    ]


def test_a_broken_consignment_of_a_manifest_costs_its_waybill_and_no_other() -> None:
    text = XFFM.replace(">200<", ">heavy<")
    assert errors(text) == [("E204", "gross_weight", "heavy")]
    assert [o.declaration.consignment for o in read(text) if isinstance(o, Row)] == ["000-12345655"]


def test_texts_keep_their_script_and_controls_are_refused() -> None:
    (d,) = declared(XFZB.replace("JANE DOE", "王小明").replace("KNITTED COTTON SHIRTS", "针织棉衬衫\n白色"))
    assert (d.consignee.name, d.description) == ("王小明", "针织棉衬衫 白色")
    assert errors(XFZB.replace("JANE DOE", "JANE&#x85;&#x9b;DOE")) == [
        ("E005", "consignee_name", "'JANE \\x9bDOE'")
    ]
    assert errors(XFZB.replace("JANE DOE", "J" * 201)) == [("E004", "consignee_name", "J" * 40)]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "E055"),
        (b"no XML at all", "E055"),
        (b"<a/>", "E050"),
        (XFZB[:900].encode(), "E055"),
        (XFZB.replace("JANE DOE", "&jane;").encode(), "E055"),
        (XFZB.encode().replace(b"JANE DOE", b"\xff\xfe"), "E055"),
    ],
)
def test_what_is_no_message_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(ManifestRefused, match=code):
        read(data)


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
BOMBS = {
    "billion laughs": f'<!DOCTYPE a [<!ENTITY l0 "lol">{LAUGHS}]><a>&l9;</a>',
    "laughs in an attribute": f'<!DOCTYPE a [<!ENTITY l0 "lol">{LAUGHS}]><a b="&l9;"/>',
    "quadratic blow-up": f'<!DOCTYPE a [<!ENTITY l "{"x" * 50_000}">]><a>{"&l;" * 50_000}</a>',
    "a file of the machine": '<!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/hostname">]><a>&f;</a>',
    "a document type from the network": '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>',
    "a parameter entity": '<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p"> %p;]><a/>',
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused_whatever_it_declares(bomb: str, encoding: str) -> None:
    with pytest.raises(ManifestRefused, match="document type"):
        read(bomb.encode(encoding))


class Endless(io.BytesIO):
    """A beginning and then one thing over and over, of which no more comes into being than is asked for."""

    def __init__(self, begin: bytes, unit: bytes) -> None:
        super().__init__(begin)
        self.unit, self.served = unit, 0

    def read(self, size: int | None = -1, /) -> bytes:
        assert size is not None
        assert size > 0
        data = super().read(size)
        while len(data) < size:
            data += self.unit * (size // len(self.unit) + 1)
        # What is cut off begins the next piece: the whole stays one stream.
        super().__init__(data[size:])
        self.served += size
        return data[:size]


@pytest.mark.parametrize(
    ("begin", "unit", "most"),
    [
        (b"", b" ", 2 * MAX_QUIET),
        (HEAD.encode(), b"X", 2 * MAX_QUIET),
        (HEAD.encode() + b'<a b="', b"X", 2 * MAX_QUIET),
        (HEAD.encode() + b"<a ", b"a='' ", 2 * MAX_QUIET),
        (HEAD.encode() + b"<!--", b"-X", 2 * MAX_QUIET),
        (HEAD.encode() + b"<![CDATA[", b"X", 2 * MAX_QUIET),
        (b"", b"<a>", 4 * (1 << 16)),
        (HEAD.encode(), b"<a/>", 5 * MAX_ELEMENTS + (1 << 17)),
        (b"<x>", b"<StatusMessage><a/><a/></StatusMessage>", MAX_BYTES),
    ],
    ids=["blank", "text", "attribute", "attributes", "comment", "cdata", "depth", "elements", "messages"],
)
def test_a_gigabyte_of_anything_is_refused_early(begin: bytes, unit: bytes, most: int) -> None:
    stream = Endless(begin, unit)
    with pytest.raises(ManifestRefused, match="E056"):
        for _ in read_cargo_xml(stream):
            pass
    assert stream.served <= most + (1 << 17)


def test_depth_is_refused_just_past_its_ceiling() -> None:
    def nested(levels: int) -> str:
        return XFZB.replace(
            "<ram:ID>JFK</ram:ID>", f"<ram:ID>JFK</ram:ID>{'<a>' * levels}{'</a>' * levels}", 1
        )

    assert len(declared(nested(MAX_DEPTH - 4))) == 1
    with pytest.raises(ManifestRefused, match="E056"):
        read(nested(MAX_DEPTH))


def test_a_long_manifest_is_held_one_consignment_at_a_time() -> None:
    begin = XFFM.index("<ram:IncludedMasterConsignment>")
    end = XFFM.index("</ram:IncludedMasterConsignment>") + len("</ram:IncludedMasterConsignment>")
    one = XFFM[begin:end]
    many = "".join(one.replace("000-12345655", f"020-{n:08d}") for n in range(12_000))
    stream = io.BytesIO((XFFM[:begin] + many + XFFM[end:]).encode())
    assert sum(isinstance(o, Row) for o in read_cargo_xml(stream)) == 12_001


def test_a_message_is_known_by_its_head() -> None:
    for text in (XFZB, XFWB, XFFM):
        assert detect(text.encode()) is Format.CARGO_XML
        assert detect(text.partition("?>")[2].encode("utf-16")) is Format.CARGO_XML
    with pytest.raises(ManifestRefused, match="E017"):
        detect(b"<Shipments><Waybills/></Shipments>")


@settings(deadline=None)
@given(
    text=st.sampled_from([XFZB, XFWB, XFFM]),
    cuts=st.lists(
        st.tuples(
            st.integers(0, 6_000),
            st.integers(0, 60),
            st.one_of(
                st.text(max_size=8), st.sampled_from(["<", ">", "&", "</", "<a>", "]]>", "&#0;", "9" * 400])
            ),
        ),
        min_size=1,
        max_size=4,
    ),
)
def test_a_mutated_message_raises_nothing_but_a_refusal(text: str, cuts: list[tuple[int, int, str]]) -> None:
    for at, length, instead in cuts:
        text = text[: at % len(text)] + instead + text[at % len(text) + length :] or "X"
    with contextlib.suppress(ManifestRefused):
        for outcome in read(text.encode("utf-8", "replace")):
            if isinstance(outcome, Row):
                assert decode(encode(outcome.declaration)) == outcome.declaration
            else:
                assert len(outcome.value) <= 40


VALUES = st.one_of(
    st.text(max_size=12), st.sampled_from(["-1", "1e9", "0", "NaN", "9" * 30, "\u0664", "2026-13-40", "٣"])
)


@settings(deadline=None)
@given(value=VALUES, which=st.integers(0, 60))
def test_any_value_in_any_element_raises_nothing(value: str, which: int) -> None:
    printable = "".join(c for c in value if c.isprintable() and c not in "<&>]")
    for text in (XFZB, XFWB, XFFM):
        parts = text.split("</")
        at = which % (len(parts) - 1)
        head, _, _ = parts[at].rpartition(">")
        parts[at] = f"{head}>{printable}"
        with contextlib.suppress(ManifestRefused):
            for outcome in read("</".join(parts)):
                if isinstance(outcome, Row):
                    assert decode(encode(outcome.declaration)) == outcome.declaration
