"""What an authority would answer: a reason for each element that is broken, and none for a sound message."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from agent.domain.consignment.declaration import Declaration, Level, Party, Transport
from agent.domain.description.check import Terms
from agent.domain.errors import ManifestRefused
from agent.formats.air_cargo.imp_messages import read_cargo_imp
from agent.formats.air_cargo.placi import per_reasons, reason_of
from agent.formats.air_cargo.xml_messages import read_cargo_xml
from agent.formats.rows import Row, RowError

MESSAGES = Path(__file__).parent
FWB = (MESSAGES / "fwb16.txt").read_text()
FHL = (MESSAGES / "fhl5.txt").read_text()
FFM = (MESSAGES / "ffm8.txt").read_text()
XFZB = (MESSAGES / "xfzb.xml").read_text()
XFWB = (MESSAGES / "xfwb.xml").read_text()
XFFM = (MESSAGES / "xffm.xml").read_text()


def answered(read: Callable[[io.BytesIO], object], text: str) -> tuple[str, ...]:
    """Every reason an authority would give for a file, of rows refused and rows taken."""
    reasons: list[str] = []
    try:
        for outcome in read(io.BytesIO(text.encode())):  # type: ignore[attr-defined]
            if isinstance(outcome, Row):
                reasons += per_reasons(outcome.declaration)
            else:
                assert isinstance(outcome, RowError)
                reasons.append(reason_of(outcome))
    except ManifestRefused as refused:
        reasons.append(reason_of(refused))
    return tuple(reasons)


def imp(text: str, old: str, new: str) -> tuple[str, ...]:
    assert old in text
    return answered(read_cargo_imp, text.replace(old, new, 1))


def xml(text: str, old: str, new: str) -> tuple[str, ...]:
    assert old in text
    return answered(read_cargo_xml, text.replace(old, new, 1))


@pytest.mark.parametrize("text", [FWB, FHL])
def test_the_messages_of_the_guide_have_nothing_wrong(text: str) -> None:
    assert answered(read_cargo_imp, text) == ()


@pytest.mark.parametrize("text", [XFZB, XFWB])
def test_sound_xml_messages_have_nothing_wrong(text: str) -> None:
    assert answered(read_cargo_xml, text) == ()


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("FHL/5", "FHX/5", "INVALID_MESSAGE_TYPE"),
        ("FHL/5", "FHL/9", "INVALID_MESSAGE_TYPE"),
        ("FHL/5\n", "", "INVALID_MESSAGE_TYPE"),
        ("MBI/123-45678902MAAYYZ/T1K77\n", "", "MISSING_WBL_LINE"),
        ("123-45678902", "123-4567890", "BAD_WBL_FORMAT"),
        ("123-45678902", "12345678902", "BAD_WBL_FORMAT"),
        ("123-45678902MAAYYZ", "123-45678902MAA", "INVALID_ROUTING"),
        ("T1K77", "T1KABC", "INVALID_WEIGHT"),
        ("HBS/MAA12326064/MAAYYZ/1/K77/1/ELECTRIC MOTOR\n", "", "MISSING_HOUSE_BILL_NBR"),
        ("HBS/MAA12326064", "HBS/", "MISSING_HOUSE_BILL_NBR"),
        ("HBS/MAA12326064", "HBS/" + "X" * 36, "INVALID_HOUSE_BILL_NBR"),
        ("HBS/MAA12326064", "HBS/MAA#1", "INVALID_HOUSE_BILL_NBR"),
        ("/MAAYYZ/1/", "/MAAYY/1/", "INVALID_ROUTING"),
        ("/1/K77/", "//K77/", "MISSING_BILL_QTY"),
        ("/1/K77/", "/ONE/K77/", "INVALID_BILL_QTY"),
        ("/1/K77/", "/0/K77/", "INVALID_BILL_QTY"),
        ("/1/K77/", "/1/K/", "MISSING_WEIGHT"),
        ("/1/K77/", "/1//", "MISSING_WEIGHT"),
        ("/1/K77/", "/1/KABC/", "INVALID_WEIGHT"),
        ("/1/K77/", "/1/K0/", "INVALID_WEIGHT"),
        ("/1/K77/", "/1/77/", "MISSING_WT_UNITS"),
        ("/1/K77/", "/1/X77/", "INVALID_WT_UNITS"),
        ("NAM/LLM FORGINGS LTD", "NAM/", "MISSING_SHP_NAME"),
        ("NAM/LLM FORGINGS LTD\n", "", "MISSING_SHP_NAME"),
        ("NAM/LLM FORGINGS LTD", "NAM/XXX", "INVALID_SHP_NAME"),
        ("ADR/PARANUR VILLAGE\n", "", "MISSING_SHP_ADDR"),
        ("ADR/PARANUR VILLAGE", "ADR/.", "INVALID_SHP_ADDR"),
        ("/IN/603198", "//603198", "MISSING_SHP_CTRY"),
        ("/IN/603198\n", "", "MISSING_SHP_CTRY"),
        ("/IN/603198", "/INDIA/603198", "INVALID_SHP_CTRY"),
        ("/IN/603198", "/XX/603198", "INVALID_SHP_CTRY"),
        ("NAM/ENEDYM INC\n", "", "MISSING_CNE_NAME"),
        ("NAM/ENEDYM INC", "NAM/1004", "INVALID_CNE_NAME"),
        ("ADR/301A-175 MAIN STREET SOUTH\n", "", "MISSING_CNE_ADDR"),
        ("ADR/301A-175 MAIN STREET SOUTH", "ADR/301", "INVALID_CNE_ADDR"),
        ("/CA/L8M 0A1\n", "", "MISSING_CNE_CTRY"),
        ("/CA/L8M 0A1", "/C1/L8M 0A1", "INVALID_CNE_CTRY"),
    ],
)
def test_each_broken_element_of_a_house_has_its_reason(old: str, new: str, reason: str) -> None:
    assert imp(FHL, old, new) == (reason,)


def test_a_house_without_a_description_has_its_reason() -> None:
    bare = FHL.replace("TXT/ELECTRIC MOTOR - STEEL AND COPPER\n", "")
    assert imp(bare, "/1/ELECTRIC MOTOR", "/1/") == ("MISSING_CARGO_DESC",)
    assert imp(bare, "/1/ELECTRIC MOTOR", "/1/12345") == ("INVALID_CARGO_DESC",)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("FWB/16", "FWB/15", "INVALID_MESSAGE_TYPE"),
        ("000-12345623BERYVR/T2K35MC0.12\n", "", "MISSING_WBL_LINE"),
        ("000-12345623", "000-123456", "BAD_WBL_FORMAT"),
        ("000-12345623", "12345623", "BAD_WBL_FORMAT"),
        ("BERYVR", "BER", "INVALID_ROUTING"),
        ("T2K35MC0.12", "TK35MC0.12", "MISSING_BILL_QTY"),
        ("T2K35MC0.12", "TXXK35MC0.12", "INVALID_BILL_QTY"),
        ("T2K35MC0.12", "T2KMC0.12", "MISSING_WEIGHT"),
        ("T2K35MC0.12", "T2", "MISSING_WEIGHT"),
        ("T2K35MC0.12", "T2KABCMC0.12", "INVALID_WEIGHT"),
        ("T2K35MC0.12", "T235MC0.12", "MISSING_WT_UNITS"),
        ("T2K35MC0.12", "T2X35MC0.12", "INVALID_WT_UNITS"),
        ("/VCE OUTO. HANS RILMACHT", "/", "MISSING_SHP_NAME"),
        ("/VCE OUTO. HANS RILMACHT", "/---", "INVALID_SHP_NAME"),
        ("/7 MAGISTRATSWEG.SPANDAU\n", "", "MISSING_SHP_ADDR"),
        ("/7 MAGISTRATSWEG.SPANDAU", "/", "MISSING_SHP_ADDR"),
        ("/7 MAGISTRATSWEG.SPANDAU", "/7", "INVALID_SHP_ADDR"),
        ("/DE/13591", "//13591", "MISSING_SHP_CTRY"),
        ("/DE/13591\n", "", "MISSING_SHP_CTRY"),
        ("/DE/13591", "/GERMANY/13591", "INVALID_SHP_CTRY"),
        ("/ANDRE ESCOTT LTD", "/", "MISSING_CNE_NAME"),
        ("/ANDRE ESCOTT LTD", "/$%&", "INVALID_CNE_NAME"),
        ("/1326 DAVIE STREET VANCOUVER", "/", "MISSING_CNE_ADDR"),
        ("/1326 DAVIE STREET VANCOUVER", "/1326", "INVALID_CNE_ADDR"),
        ("/CA/V6E1N6\n", "", "MISSING_CNE_CTRY"),
        ("/CA/V6E1N6", "/ZZ/V6E1N6", "INVALID_CNE_CTRY"),
        ("/NG/CAR WINDOW ASSSEMBLY.CAR PARTS\n", "", "MISSING_CARGO_DESC"),
        ("CAR WINDOW ASSSEMBLY.CAR PARTS", ".PDF", "INVALID_CARGO_DESC"),
        ("CAR WINDOW ASSSEMBLY.CAR PARTS", "CONSOLIDATED CARGO", "MISSING_CONSOL_INDI"),
    ],
)
def test_each_broken_element_of_a_waybill_has_its_reason(old: str, new: str, reason: str) -> None:
    assert imp(FWB, old, new) == (reason,)


def test_a_waybill_without_a_party_lacks_all_of_it() -> None:
    party = FWB[FWB.index("SHP\n") : FWB.index("CNE\n")]
    assert imp(FWB, party, "") == ("MISSING_SHP_NAME", "MISSING_SHP_ADDR", "MISSING_SHP_CTRY")


def test_a_consolidation_may_say_so() -> None:
    assert imp(FWB, "/NG/CAR WINDOW ASSSEMBLY.CAR PARTS", "/NC/CONSOLIDATION AS PER ATTACHED LIST") == ()


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("1/WS2569/30JAN/MXP", "1//30JAN/MXP", "BAD_WBL_FORMAT"),
        ("000-12345655MXPYVR", "MXPYVR", "BAD_WBL_FORMAT"),
        ("000-12345655MXPYVR", "000-12345655MXP", "INVALID_ROUTING"),
        ("T1K45MC0.53", "T1KABC", "INVALID_WEIGHT"),
        ("T1K45MC0.53", "T1Q45MC0.53", "INVALID_WT_UNITS"),
        ("FFM/8", "FFM/2", "INVALID_MESSAGE_TYPE"),
    ],
)
def test_each_broken_element_of_a_flight_manifest_has_its_reason(old: str, new: str, reason: str) -> None:
    assert old in FFM
    outcomes = list(read_cargo_imp(io.BytesIO(FFM.replace(old, new, 1).encode())))
    assert [reason_of(o) for o in outcomes if isinstance(o, RowError)] == [reason]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("<ram:TypeCode>703", "<ram:TypeCode>740", "INVALID_MESSAGE_TYPE"),
        ("<ram:VersionID>3.00", "<ram:VersionID>2.00", "INVALID_MESSAGE_TYPE"),
        ("</rsm:HouseWaybill>", "", "BAD_WBL_FORMAT"),
        ("020-12345675", "020-1234567", "BAD_WBL_FORMAT"),
        ("<ram:ID>SZX2600815</ram:ID>", "<ram:ID/>", "MISSING_HOUSE_BILL_NBR"),
        ("<ram:ID>SZX2600815</ram:ID>", f"<ram:ID>{'X' * 36}</ram:ID>", "INVALID_HOUSE_BILL_NBR"),
        ("<ram:Name>BAOAN TEXTILE CO LTD</ram:Name>", "", "MISSING_SHP_NAME"),
        ("BAOAN TEXTILE CO LTD", "...", "INVALID_SHP_NAME"),
        ("<ram:StreetName>88 FUYONG AVENUE</ram:StreetName>", "", "MISSING_SHP_ADDR"),
        ("88 FUYONG AVENUE", "88", "INVALID_SHP_ADDR"),
        ("<ram:CountryID>CN</ram:CountryID>", "", "MISSING_SHP_CTRY"),
        ("<ram:CountryID>CN<", "<ram:CountryID>CHN<", "INVALID_SHP_CTRY"),
        ("JANE DOE", "", "MISSING_CNE_NAME"),
        ("JANE DOE", "00", "INVALID_CNE_NAME"),
        ("12 HARVARD AVE", "", "MISSING_CNE_ADDR"),
        ("12 HARVARD AVE", "12", "INVALID_CNE_ADDR"),
        ("<ram:CountryID>US<", "<ram:CountryID><", "MISSING_CNE_CTRY"),
        ("<ram:CountryID>US<", "<ram:CountryID>ZZ<", "INVALID_CNE_CTRY"),
        ("KNITTED COTTON SHIRTS", "!12", "INVALID_CARGO_DESC"),
        (">5.5</ram:Inc", "></ram:Inc", "MISSING_WEIGHT"),
        (">5.5</ram:Inc", ">FIVE</ram:Inc", "INVALID_WEIGHT"),
        (' unitCode="LBR"', "", "MISSING_WT_UNITS"),
        ("LBR", "STN", "INVALID_WT_UNITS"),
        (">2</ram:TotalPieceQuantity>", "></ram:TotalPieceQuantity>", "MISSING_BILL_QTY"),
        (">2</ram:TotalPieceQuantity>", ">two</ram:TotalPieceQuantity>", "INVALID_BILL_QTY"),
        ("<ram:ID>JFK</ram:ID></ram:OccurrenceA", "<ram:ID>J1</ram:ID></ram:OccurrenceA", "INVALID_ROUTING"),
    ],
)
def test_each_broken_element_of_an_xml_house_has_its_reason(old: str, new: str, reason: str) -> None:
    assert xml(XFZB, old, new) == (reason,)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (
            "<ns2:BusinessHeaderDocument><ID>020-12345675</ID>",
            "<ns2:BusinessHeaderDocument>",
            "MISSING_WBL_LINE",
        ),
        ("<TypeCode>741", "<TypeCode>740", "MISSING_CONSOL_INDI"),
        ("CONSOLIDATION", "", "MISSING_CARGO_DESC"),
        ("ns2:Waybill", "ns2:StatusMessage", "BAD_WBL_FORMAT"),
    ],
)
def test_each_broken_element_of_an_xml_waybill_has_its_reason(old: str, new: str, reason: str) -> None:
    assert xml(XFWB, old, new) == (reason,)


def test_an_xml_message_of_another_kind_is_told() -> None:
    other = XFWB.replace("ns2:Waybill", "ns2:StatusMessage")
    assert answered(read_cargo_xml, other) == ("INVALID_MESSAGE_TYPE",)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("<ram:ID>000-12345655</ram:ID>", "", "MISSING_WBL_LINE"),
        ("<ram:ID>WS2569</ram:ID>", "", "BAD_WBL_FORMAT"),
        (">45<", ">heavy<", "INVALID_WEIGHT"),
        ("<ram:VersionID>2.00", "<ram:VersionID>1.00", "INVALID_MESSAGE_TYPE"),
    ],
)
def test_each_broken_element_of_an_xml_manifest_has_its_reason(old: str, new: str, reason: str) -> None:
    assert old in XFFM
    outcomes = list(read_cargo_xml(io.BytesIO(XFFM.replace(old, new, 1).encode())))
    assert [reason_of(o) for o in outcomes if isinstance(o, RowError)] == [reason]


SOUND = Declaration(
    consignment="ABC1234",
    transport=Transport.EXPRESS,
    master="020-12345675",
    consignor=Party(name="ACME LTD", street="1 Road", country="CN"),
    consignee=Party(name="Jane Doe", street="2 Street", country="CA"),
    description="cotton shirts",
    gross_weight_g=2_500,
    piece_count=2,
    arrival_port="YYZ",
)


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({}, ()),
        ({"master": None}, ()),
        ({"master": "02012345675"}, ("BAD_WBL_FORMAT",)),
        ({"house": "X" * 36}, ("INVALID_HOUSE_BILL_NBR",)),
        ({"description": "parts"}, ("INVALID_CARGO_DESC",)),
        ({"description": "CONSOL"}, ("INVALID_CARGO_DESC",)),
        ({"description": "CONSOL", "consignment": "020-12345675"}, ("MISSING_CONSOL_INDI",)),
        ({"description": "CONSOL", "level": Level.MASTER}, ()),
        ({"piece_count": None}, ("MISSING_BILL_QTY",)),
        ({"arrival_port": "JFK"}, ("INVALID_ROUTING",)),
        ({"arrival_port": None, "gross_weight_g": None}, ("MISSING_WEIGHT", "INVALID_ROUTING")),
    ],
)
def test_a_declaration_of_any_origin_can_be_asked(
    changes: dict[str, object], reasons: tuple[str, ...]
) -> None:
    declaration = msgspec.structs.replace(SOUND, **changes)
    terms = Terms(stop=("parts",))
    assert per_reasons(declaration, ports=("YYZ", "YVR"), terms=terms) == reasons
