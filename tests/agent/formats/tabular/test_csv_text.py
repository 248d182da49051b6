"""Text manifests as senders really write them: encodings, separators, preambles, languages, goods lines."""

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
from agent.formats.profiles.columns import COLUMNS, column_of, words
from agent.formats.reading import Reading, ReadOrder
from agent.formats.rows import Row, RowError
from agent.formats.tabular.csv_text import MAX_LINE

HEADER = "tracking_number,transport,consignee_name,description,gross_weight_kg,value,currency"
GOOD = "RB123456785GB,mail,Jane Doe,cotton shirt,0.250,12.50,USD"


def opened(text: str, encoding: str = "utf-8", **known: Any) -> Reading:
    return read(io.BytesIO(text.encode(encoding)), "manifest.csv", ReadOrder(**known))


def declared(text: str, encoding: str = "utf-8", **known: Any) -> list[Declaration]:
    rows = list(opened(text, encoding, **known).rows)
    assert [row for row in rows if isinstance(row, RowError)] == []
    return [row.declaration for row in rows if isinstance(row, Row)]


def codes(text: str, **known: Any) -> list[str]:
    return [row.code if isinstance(row, RowError) else "row" for row in opened(text, **known).rows]


HEADERS = {
    "zh": "运单号,收件人姓名,收件人地址,收件人邮编,收件人国家,申报品名,重量(kg),申报价值,币种",
    "es": "Número de guía,Nombre del destinatario,Dirección del destinatario,Código postal del destinatario,"
    "País del destinatario,Descripción de la mercancía,Peso bruto (kg),Valor declarado,Moneda",
    "vi": "Mã vận đơn,Tên người nhận,Địa chỉ người nhận,Mã bưu chính người nhận,Quốc gia người nhận,"
    "Tên hàng hóa,Trọng lượng (kg),Giá trị khai báo,Loại tiền",
    "tr": "Takip Numarası,Alıcı Adı,ALICI ADRESİ,Alıcı Posta Kodu,Alıcı Ülke,Ürün Açıklaması,Ağırlık (kg),"
    "Beyan Değeri,Para Birimi",
    "hi": "ट्रैकिंग नंबर,प्राप्तकर्ता का नाम,प्राप्तकर्ता का पता,"
    "प्राप्तकर्ता का पिन कोड,प्राप्तकर्ता का देश,विवरण,वजन (kg),घोषित मूल्य,मुद्रा",
    "en": "HAWB,Ship To Name,Ship To Address 1,Ship-to ZIP,Ship to country,Goods Description,Weight (KG),"
    "Declared Value,Currency Code",
}


@pytest.mark.parametrize("language", HEADERS)
def test_a_header_is_read_in_each_language_of_our_senders(language: str) -> None:
    text = f"{HEADERS[language]}\nRB123456785GB,Jane Doe,12 Main St,02134,US,cotton shirt,0.250,12.50,USD\n"
    (one,) = declared(text, transport=Transport.MAIL)
    assert (one.consignee.name, one.consignee.street) == ("Jane Doe", "12 Main St")
    assert (one.consignee.postcode, one.consignee.country) == ("02134", "US")
    assert (one.description, one.gross_weight_g, one.value) == ("cotton shirt", 250, Money(1250, "USD"))


def test_no_word_stands_for_two_columns() -> None:
    columns: dict[str, str] = {}
    assert [word for word, column in words() if columns.setdefault(word, column) != column] == []
    assert [column_of(column) for column in COLUMNS] == list(COLUMNS)


@pytest.mark.parametrize(
    ("encoding", "name", "detected"),
    [
        ("utf-8", "深圳市电子有限公司", "utf-8"),
        ("utf-8-sig", "Jürgen Groß", "utf-8-sig"),
        ("utf-16", "深圳市电子有限公司", "utf-16"),
        ("utf-16-le", "Jane", "utf-16-le"),
        ("gb18030", "深圳市电子有限公司", "gb18030"),
        ("cp1252", "Renée García Muñoz", "cp1252"),
    ],
)
def test_the_encoding_is_told_by_the_bytes(encoding: str, name: str, detected: str) -> None:
    text = f"{HEADER}\r\n{GOOD.replace('Jane Doe', name)}\r\n"
    reading = opened(text, encoding)
    (row,) = reading.rows
    assert isinstance(row, Row)
    assert row.declaration.consignee.name == name
    assert reading.encoding == detected
    assert [note.code for note in reading.notes] == (["W391"] if detected == "cp1252" else [])


def test_an_encoding_nobody_can_tell_refuses_the_file_instead_of_garbling_names() -> None:
    with pytest.raises(ManifestRefused) as refused:
        opened(f"{HEADER}\n{GOOD.replace('Jane Doe', '東京都渋谷区の商店')}\n", "shift_jis")
    assert refused.value.code == "E016"


def test_a_damaged_character_in_utf8_costs_its_own_row_only() -> None:
    lines = [HEADER, *[GOOD.replace("Jane Doe", "深圳市电子有限公司")] * 40]
    data = "\n".join(lines).encode().replace("深".encode(), b"\xff", 1)
    reading = read(io.BytesIO(data), "x.csv")
    rows = list(reading.rows)
    assert [row.line for row in rows if isinstance(row, RowError) and row.code == "E005"] == [2]
    assert sum(isinstance(row, Row) for row in rows) == 39
    assert [note.code for note in reading.notes] == ["W391"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_lines_above_the_header_and_the_row_that_sums_up_are_passed_over(delimiter: str) -> None:
    lines = ["Manifest, of May, 1 of 2", "", HEADER, GOOD, GOOD, "Total,,2 parcels,,0.500,25.00,USD"]
    text = "\n".join(line.replace(",", delimiter) for line in lines)
    rows = list(opened(text).rows)
    assert [(type(row), row.line) for row in rows] == [(Row, 4), (Row, 5)]


def test_a_header_over_two_rows_reads_as_one() -> None:
    text = "Parcel,,Consignee,,\nTracking No,Mode,Name,City,Country\nRB123456785GB,mail,Jane,Boston,US\n"
    (one,) = declared(text)
    assert (one.consignee.name, one.consignee.city, one.consignee.country) == ("Jane", "Boston", "US")


def test_cells_left_out_behind_the_last_known_one_cost_nothing() -> None:
    text = f"{HEADER},colour,shape\n{GOOD}\n{GOOD},red,round\n{GOOD},red,round,,,\n{GOOD},red,round,x\n"
    assert codes(text) == ["row", "row", "row", "E001"]


def test_a_quoted_cell_may_hold_separators_quotes_and_line_ends() -> None:
    quoted = GOOD.replace("Jane Doe", '"Doe, Jane ""JD""\nc/o X"')
    text = f"{HEADER}\n{quoted}\n"
    (one,) = declared(text)
    assert one.consignee.name == 'Doe, Jane "JD"\nc/o X'


def test_goods_lines_with_one_number_are_one_parcel() -> None:
    text = (
        "Bill Number,Mode,Consignee,Item Description,Item HS,Item Quantity,"
        "Net weight (kg),Item value,Currency\n"
        "RB123456785GB,mail,Jane Doe,cotton shirt,610910,2,0.4,20.00,USD\n"
        "RB123456785GB,mail,Jane Doe,felt cap,650500,1,0.1,5.50,USD\n"
        "RR473124829GB,mail,Joe Roe,steel pan,732393,1,1.2,9.00,USD\n"
    )
    first, second = declared(text)
    assert [(i.description, i.hs, i.quantity, i.net_weight_g) for i in first.items] == [
        ("cotton shirt", "610910", 2, 400),
        ("felt cap", "650500", 1, 100),
    ]
    assert (first.description, first.quantity, first.value) == (
        "cotton shirt; felt cap",
        3,
        Money(2550, "USD"),
    )
    assert (second.hs, second.value) == ("732393", Money(900, "USD"))


def test_goods_lines_that_disagree_on_the_parcel_refuse_it_and_no_other() -> None:
    text = (
        "tracking_number,transport,consignee_name,consignee_city,item_description\n"
        "RB123456785GB,mail,Jane Doe,Boston,shirt\n"
        "RB123456785GB,mail,Jane Doe,Austin,cap\n"
        "RR473124829GB,mail,Joe Roe,Dallas,pan\n"
    )
    rows = list(opened(text).rows)
    assert [(r.code, r.line, r.column) for r in rows if isinstance(r, RowError)] == [
        ("E114", 2, ""),
        ("E113", 3, "consignee_city"),
    ]
    assert [row.line for row in rows if isinstance(row, Row)] == [4]


def test_a_goods_line_that_cannot_be_read_refuses_its_parcel_whole() -> None:
    text = (
        "tracking_number,transport,item_description,item_quantity\n"
        "RB123456785GB,mail,shirt,1\nRB123456785GB,mail,cap,many\nRR473124829GB,mail,pan,1\n"
    )
    assert codes(text) == ["E114", "E203", "row"]


def test_a_line_of_goods_without_a_number_belongs_to_the_parcel_above() -> None:
    text = "tracking_number,transport,item_description\nRB123456785GB,mail,shirt\n,,cap\n"
    (one,) = declared(text)
    assert [item.description for item in one.items] == ["shirt", "cap"]


@pytest.mark.parametrize(
    ("country", "postcode", "read_as", "mended"),
    [
        ("US", "7102", "07102", ["W310"]),
        ("US", "7102.0", "07102", ["W310"]),
        ("US", "02134", "02134", []),
        ("US", "12345-6789", "12345-6789", []),
        ("US", "12", "12", []),
        ("CN", "10000", "010000", ["W310"]),
        ("GB", "W1", "W1", []),
        ("", "7102", "7102", []),
    ],
)
def test_a_zero_that_a_spreadsheet_dropped_from_a_postcode_is_restored_and_told(
    country: str, postcode: str, read_as: str, mended: list[str]
) -> None:
    header = "tracking_number,transport,consignee_postcode,consignee_country"
    text = f"{header}\nBOX-000001,express,{postcode},{country}\n"
    (row,) = opened(text).rows
    assert isinstance(row, Row)
    assert row.declaration.consignee.postcode == read_as
    assert [one.code for one in row.mended] == mended


def test_a_formula_that_failed_is_named_and_a_tariff_number_loses_its_decimals() -> None:
    header = "tracking_number,transport,hs_code,description\n"
    assert codes(f"{header}BOX-000001,express,610910,#N/A\n") == ["E006"]
    (one,) = declared(f"{header}BOX-000001,express,61091000.0,shirt #4\n")
    assert (one.hs, one.description) == ("61091000", "shirt #4")


def test_a_comma_between_digits_is_named_and_not_guessed() -> None:
    quoted = GOOD.replace("12.50", '"12,50"')
    (error,) = opened(f"{HEADER}\n{quoted}\n").rows
    assert isinstance(error, RowError)
    assert (error.code, error.column) == ("E301", "value")
    assert "decimal_comma" in error.hint


def test_a_line_without_an_end_is_refused_before_it_fills_the_memory() -> None:
    data = f"{HEADER}\n{GOOD}\n".encode() + b"x" * (5 * MAX_LINE) + f"\n{GOOD}\n".encode()
    rows = list(read(io.BytesIO(data), "x.csv").rows)
    assert [row.code if isinstance(row, RowError) else "row" for row in rows] == ["row", "E002", "row"]


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=600), framed=st.booleans())
def test_any_bytes_are_read_or_refused_by_name(data: bytes, framed: bool) -> None:
    whole = f"{HEADER}\n{GOOD}\n".encode() + data if framed else data
    with contextlib.suppress(ManifestRefused):
        assert all(isinstance(row, Row | RowError) for row in read(io.BytesIO(whole), "x.csv").rows)
