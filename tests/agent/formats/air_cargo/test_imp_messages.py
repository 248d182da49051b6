"""Cargo-IMP messages: houses, waybills and flights into declarations; what is broken costs nothing else."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from agent.domain.consignment.declaration import (
    Declaration,
    Item,
    Label,
    Level,
    Party,
    Security,
    Transport,
)
from agent.domain.consignment.effective import Claim, SourceRole, effective
from agent.domain.errors import ManifestRefused
from agent.domain.policy.facts import facts_of
from agent.domain.values.money import Money
from agent.formats.air_cargo.imp_messages import read_cargo_imp
from agent.formats.air_cargo.imp_text import MAX_MESSAGE_LINES
from agent.formats.detect import detect
from agent.formats.reading import Format
from agent.formats.rows import Row, RowError

MESSAGES = Path(__file__).parent
FWB = (MESSAGES / "fwb16.txt").read_text()
FHL = (MESSAGES / "fhl5.txt").read_text()
FFM = (MESSAGES / "ffm8.txt").read_text()
"""Source: Transport Canada, PACT Technical Implementation Guide 1.9, figures 13, 16 and 18."""


def read(text: str | bytes, received: datetime | None = None) -> list[Row | RowError]:
    data = text if isinstance(text, bytes) else text.encode()
    return list(read_cargo_imp(io.BytesIO(data), received=received))


def declared(text: str, received: datetime | None = None) -> list[Declaration]:
    outcomes = read(text, received)
    assert [o for o in outcomes if isinstance(o, RowError)] == []
    return [o.declaration for o in outcomes if isinstance(o, Row)]


def errors(text: str) -> list[tuple[int, str, str, str]]:
    return [(o.line, o.code, o.column, o.value) for o in read(text) if isinstance(o, RowError)]


def house(*lines: str, hbs: str = "HBS/ABC1234/SZXJFK/2/K7.5/2/COTTON SHIRTS") -> str:
    return "\n".join(("FHL/5", "MBI/020-12345675SZXJFK/T9K80", hbs, *lines))


def waybill(*lines: str, awb: str = "020-12345675SZXJFK/T2K35MC0.12") -> str:
    return "\n".join(("FWB/17", awb, *lines))


def flight(*lines: str) -> str:
    return "\n".join(("FFM/8", "1/WS2569/30JAN/MXP", "YVR", *lines, "LAST"))


def test_a_direct_waybill_is_read_whole() -> None:
    (row,) = read(FWB)
    assert isinstance(row, Row)
    d = row.declaration
    assert (row.line, d.consignment, d.master, d.level) == (2, "000-12345623", "000-12345623", Level.HOUSE)
    assert (d.transport, d.piece_count, d.gross_weight_g) == (Transport.EXPRESS, 2, 35_000)
    assert d.consignor == Party(
        "VCE OUTO. HANS RILMACHT", "7 MAGISTRATSWEG.SPANDAU", "BERLIN", None, "13591", "DE"
    )
    assert d.consignee == Party(
        "ANDRE ESCOTT LTD", "1326 DAVIE STREET VANCOUVER", "BRITISH COLUMBIA", "BC", "V6E1N6", "CA"
    )
    assert (d.description, d.value) == ("CAR WINDOW ASSSEMBLY.CAR PARTS", None)
    assert (d.flight, d.arrival_port) == ("TK0035", "YUL")
    assert (d.security.status, d.security.issuer) == ("SPX", "RA/TR YA-A 019-03 0427")
    assert (d.security.methods, d.security.issued_on) == (("S15", "XRY"), "06JAN231602")


def test_the_pieces_of_a_direct_waybill_carry_its_number_and_their_own() -> None:
    (d,) = declared(FWB)
    assert d.pieces == (
        (Label("plain", "00012345623"), Label("plain", "0001234562300001")),
        (Label("plain", "00012345623"), Label("plain", "0001234562300002")),
    )


def test_a_house_is_read_whole() -> None:
    (row,) = read(FHL)
    assert isinstance(row, Row)
    d = row.declaration
    assert (row.line, d.consignment, d.master, d.level) == (3, "MAA12326064", "123-45678902", Level.HOUSE)
    assert (d.piece_count, d.gross_weight_g, d.hs) == (1, 77_000, "850132")
    assert d.description == "ELECTRIC MOTOR - STEEL AND COPPER"
    assert d.consignor == Party("LLM FORGINGS LTD", "PARANUR VILLAGE", "PARANUR", "TN", "603198", "IN")
    assert d.consignee == Party("ENEDYM INC", "301A-175 MAIN STREET SOUTH", "HAMILTON", "ON", "L8M 0A1", "CA")
    assert d.pieces == ((Label("plain", "MAA12326064"),),)
    assert d.arrival_port == "YYZ"


def test_a_flight_manifest_tells_of_each_waybill_where_it_lies_and_where_it_lands() -> None:
    waybills = {d.consignment: d for d in declared(FFM)}
    assert len(waybills) == 6
    letters = waybills["000-12345655"]
    assert (letters.level, letters.master, letters.receptacle) == (
        Level.MASTER,
        "000-12345655",
        "AKH16867ZZ",
    )
    assert (letters.flight, letters.arrival_port) == ("WS2569", "YVR")
    assert (letters.piece_count, letters.gross_weight_g, letters.description) == (1, 45_000, "DOCUMENTS")
    assert waybills["000-12345622"].receptacle is None
    assert waybills["000-12345601"].gross_weight_g == 80_000


def test_the_weight_of_a_share_is_never_that_of_the_whole_waybill() -> None:
    (alone,) = [d for d in declared(FFM) if d.consignment == "000-12345699"]
    assert (alone.piece_count, alone.gross_weight_g) == (3, None)
    both = flight(
        "ULD/AKH1ZZ",
        "000-12345699MXPYVR/S1K150T3/TEXTILES",
        "ULD/AKH17454ZZ",
        "000-12345699MXPYVR/S2K50.5T3/RUGS",
    )
    (together,) = declared(both)
    assert (together.piece_count, together.gross_weight_g) == (3, 200_500)
    assert together.description == "TEXTILES / RUGS"
    assert together.receptacle is None
    (unknown,) = declared(flight("000-12345699MXPYVR/P1K150/TEXTILES"))
    assert (unknown.piece_count, unknown.gross_weight_g) == (None, None)


def test_a_flight_manifest_goes_on_over_its_messages() -> None:
    first = "FFM/8\n1/WS2569/30JAN/MXP\nYVR\n000-12345699MXPYVR/S1K150T3/TEXTILES\nCONT\n"
    second = "FFM/8\n2/WS2569/30JAN/MXP\nYVR\n000-12345699MXPYVR/S2K50T3/TEXTILES\nLAST\n"
    (d,) = declared(first + second)
    assert (d.piece_count, d.gross_weight_g) == (3, 200_000)
    other = second.replace("WS2569", "WS2571")
    assert [d.flight for d in declared(first + other)] == ["WS2569", "WS2571"]


def test_the_year_of_an_arrival_is_the_one_nearest_to_when_the_message_came() -> None:
    text = flight("000-12345622MXPYVR/T2K60/WATCHES").replace("\nYVR\n", "\nYVR/01JAN0340\n")
    assert declared(text)[0].expected_arrival is None
    (d,) = declared(text, datetime(2025, 12, 31, 20, tzinfo=UTC))
    assert d.expected_arrival == "2026-01-01T03:40:00+00:00"


@pytest.mark.parametrize(("code", "level"), [("NC", Level.MASTER), ("NG", Level.HOUSE)])
def test_the_goods_line_says_whether_a_waybill_is_a_consolidation(code: str, level: Level) -> None:
    (d,) = declared(waybill("RTD/1/P2/K35", f"/{code}/CONSOLIDATION", "/2/NH/6109.10", "/3/NO/CN"))
    assert (d.level, d.description, d.hs, d.origin_country) == (level, "CONSOLIDATION", "610910", "CN")
    assert bool(d.pieces) is (level is Level.HOUSE)


def test_a_waybill_may_tag_its_parties_and_a_house_may_list_them() -> None:
    tagged = ("NAM/ACME", "ADR/1 ROAD", "/GATE 2", "LOC/SZX/GD", "/CN/518000/TE/8675512345")
    plain = ("/JANE DOE", "/12 HARVARD AVE", "/ALLSTON/MA", "/US/02134")
    (master,) = declared(waybill("SHP/AC77", *tagged, "CNE", *plain))
    (single,) = declared(house("CNE", *plain, "SHP", *tagged))
    for d in (master, single):
        assert d.consignor == Party("ACME", "1 ROAD GATE 2", "SZX", "GD", "518000", "CN", "8675512345")
        assert d.consignee == Party("JANE DOE", "12 HARVARD AVE", "ALLSTON", "MA", "02134", "US")
    assert master.account.number == "AC77"


@pytest.mark.parametrize(
    ("weight", "grams"),
    [("K7.5", 7_500), ("K0.0005", 1), ("L1", 454), ("L2.5", 1_134), ("K0.0025", 2), ("K0.0035", 4)],
)
def test_weights_are_exact_and_half_a_gram_goes_to_the_even_one(weight: str, grams: int) -> None:
    (d,) = declared(house(hbs=f"HBS/ABC1234/SZXJFK/2/{weight}/2/COTTON SHIRTS"))
    assert d.gross_weight_g == grams
    (d,) = declared(waybill(awb=f"020-12345675SZXJFK/T2{weight}MC0.12DG4"))
    assert d.gross_weight_g == grams


def test_a_house_may_come_before_its_master_is_known() -> None:
    (d,) = declared(house().replace("MBI/020-12345675SZXJFK/T9K80", "MBI/"))
    assert (d.consignment, d.master) == ("ABC1234", None)


def test_every_house_of_a_message_is_a_row_and_a_broken_one_costs_no_other() -> None:
    text = house("HBS/ABC1235/SZXJFK/X/K3//SOCKS", "HBS/ABC1236/SZXJFK/1/K3//HATS")
    outcomes = read(text)
    assert [o.declaration.consignment for o in outcomes if isinstance(o, Row)] == ["ABC1234", "ABC1236"]
    assert errors(text) == [(4, "E203", "piece_count", "X")]


def test_values_are_those_declared_for_customs() -> None:
    (master,) = declared(waybill("CVD/USD/PP/PP/900/148.5/XXX"))
    (single,) = declared(house("CVD/JPY/PP/NVD/9800/XXX"))
    assert (master.value, single.value) == (Money(14_850, "USD"), Money(9_800, "JPY"))
    (none,) = declared(house("CVD/USD/PP/900/NCV/XXX"))
    assert none.value is None
    assert errors(house("CVD/USD/PP/NVD/12O/XXX")) == [(4, "E301", "value", "12O")]
    assert errors(house("CVD/US$/PP/NVD/120/XXX")) == [(4, "E302", "currency", "US$")]


def test_customs_notes_give_contacts_numbers_and_screening() -> None:
    notes = (
        "OCI/CN/SHP/T/USCI914403001922038216",
        "/US/CNE/EM/JANE(AT)EXAMPLE.ORG",
        "///CT/16175550123",
        "/CN/ISS/KC/00042-01",
        "///SM/EDS",
        "///SM/XRY",
        "///SS/SCO",
    )
    (d,) = declared(house(*notes))
    assert d.consignor == Party(registration="USCI914403001922038216")
    assert (d.consignee.email, d.consignee.phone) == ("JANE@EXAMPLE.ORG", "16175550123")
    assert (d.security.issuer, d.security.status) == ("KC/CN 00042-01", "SCO")
    assert d.security.methods == ("EDS", "XRY")
    assert d.known_consignor is None


def test_several_tariff_numbers_are_kept_as_goods_lines() -> None:
    (d,) = declared(house("HTS/6109.10", "/611020"))
    assert (d.hs, d.items) == ("610910", (Item(hs="610910"), Item(hs="611020")))


def test_the_short_text_of_a_house_is_kept_where_the_long_one_does_not_repeat_it() -> None:
    (d,) = declared(house("TXT/MENS, KNITTED", "/WHITE"))
    assert d.description == "COTTON SHIRTS MENS, KNITTED WHITE"


@pytest.mark.parametrize("version", ["FHL/4", "FHL/5", "FWB/16", "FWB/17", "FFM/7", "FFM/8"])
def test_every_version_that_authorities_take_is_read(version: str) -> None:
    (text,) = [text for text in (FWB, FHL, FFM) if text.startswith(version[:3])]
    assert declared(version + text[text.index("\n") :]) == declared(text)


def test_what_is_read_counts_as_a_claim() -> None:
    (d,) = declared(house("OCI/CN/SHP/T/USCI914403001922038216", "/CN/ISS/RA/00042-01", "///SM/XRY"))
    silent = msgspec.structs.replace(d, consignor=Party(), security=Security())
    claims = [
        Claim(role=role, party=role, received="2026-01-01T00:00:00+00:00", declaration=declaration)
        for role, declaration in ((SourceRole.CARRIER, silent), (SourceRole.FORWARDER, d))
    ]
    facts = facts_of(effective(claims))
    assert facts["consignor.registration"] == "USCI914403001922038216"
    assert (facts["security.issuer"], facts["security.methods"]) == ("RA/CN 00042-01", ["XRY"])


def test_headers_line_ends_and_end_marks_change_nothing() -> None:
    bare = [o.declaration for o in read(FWB + FHL + FFM) if isinstance(o, Row)]
    header = "\x01QK YULTCXH ISTCCTK\n.ISTCCTK 061602\n\x02"
    typeb = "=PRIORITY\nQK\n=DESTINATION TYPE B\nSTX,YULTCXH\n=TEXT\n"
    dressed = f"{header}{FWB.rstrip()}=\nNNNN\n\n{typeb}{FHL}\x03{header}{FFM}NNNN\n"
    assert [o.declaration for o in read(dressed.replace("\n", "\r\n")) if isinstance(o, Row)] == bare
    assert len(bare) == 8


def test_a_message_split_by_its_length_is_put_together() -> None:
    head, tail = FWB[: FWB.index("CVD/")], FWB[FWB.index("CVD/") :]
    first = FWB.splitlines()[1]
    split = f"{head}NNNN\nFWB/16\n{first}\n{tail}"
    assert declared(split) == declared(FWB)
    house_head, house_tail = FHL[: FHL.index("CNE\n")], FHL[FHL.index("CNE\n") :]
    lines = FHL.splitlines()
    assert declared(f"{house_head}FHL/5\n{lines[1]}\n{lines[2]}\n{house_tail}") == declared(FHL)


def test_an_update_is_a_row_of_its_own() -> None:
    assert len(declared(FWB + FWB)) == 2


def test_a_line_that_networks_would_cut_is_read_and_reported() -> None:
    (row,) = read(house("TXT/" + "VERY LONG TEXT " * 6))
    assert isinstance(row, Row)
    assert [(m.line, m.code) for m in row.mended] == [(4, "W350")]
    (row,) = read(house(*["TXT/" + "LONG TEXT " * 6] * 26))
    assert isinstance(row, RowError)
    assert (row.code, row.column) == ("E004", "description")
    (row,) = read(house(*["OSI/" + "LONG TEXT " * 6] * 26))
    assert isinstance(row, Row)
    assert [m.code for m in row.mended] == ["W351"]


@pytest.mark.parametrize(
    ("broken", "code", "column", "value"),
    [
        ("FHL/3", "E050", "", "FHL/3"),
        ("FSU/12", "E050", "", "FSU/12"),
    ],
)
def test_a_message_of_another_kind_or_version_is_refused_alone(
    broken: str, code: str, column: str, value: str
) -> None:
    text = house().replace("FHL/5", broken) + "\nNNNN\n" + FWB
    assert errors(text) == [(1, code, column, value)]
    assert len([o for o in read(text) if isinstance(o, Row)]) == 1


def test_a_flight_line_that_cannot_be_read_refuses_its_message() -> None:
    text = FFM.replace("1/WS2569/30JAN/MXP", "1//30JAN/MXP")
    assert errors(text) == [(2, "E057", "flight", "1//30JAN/MXP/C-GVWJ")]


def test_a_broken_line_of_a_flight_costs_its_waybill_and_no_other() -> None:
    text = FFM.replace("T1K45MC0.53", "T1KABC").replace("000-12345688", "00-12345688")
    assert [e[:3] for e in errors(text)] == [(10, "E052", "master"), (7, "E204", "gross_weight")]
    assert len([o for o in read(text) if isinstance(o, Row)]) == 4


def test_a_message_is_known_by_its_head() -> None:
    assert all(detect(text.encode()) is Format.CARGO_IMP for text in (FWB, FHL, FFM))
    assert detect(b"QK YULTCXH\r\n.ISTCCTK 061602\r\nFHL/5\r\nMBI/") is Format.CARGO_IMP
    assert detect(b"tracking_number,transport\nFHL/5,mail\n") is Format.CSV
    with pytest.raises(ManifestRefused, match="E017"):
        detect(b"FHL/5 is a message\n")


def test_a_message_of_too_many_lines_is_refused_alone() -> None:
    text = house(*["OSI/X"] * (MAX_MESSAGE_LINES + 10)) + "\n" + FWB
    assert errors(text) == [(1, "E056", "", "FHL/5")]
