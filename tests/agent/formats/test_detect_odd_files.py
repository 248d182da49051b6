"""What else lies in a folder of manifests: each is refused by name and with a remedy, or is read."""

from __future__ import annotations

import io
import zipfile

import pytest

from agent.domain.consignment.declaration import Transport, decode, encode
from agent.domain.errors import ManifestRefused
from agent.formats.detect import read
from agent.formats.reading import ReadOrder
from agent.formats.rows import Row, RowError

HEAD = "tracking_number,transport,description\n"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENTITIES = (
    b'<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    b'<HouseWaybill xmlns="iata:housewaybill:1">&b;</HouseWaybill>'
)


def archive(name: str, body: bytes = b"") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(name, body)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "code", "says"),
    [
        ("bomb.xlsx", archive("xl/workbook.xml", bytes(8 << 20)), "E018", "unpack to"),
        ("letter.xlsx", archive("word/document.xml", b"<w/>"), "E019", "something else than a workbook"),
        ("letter.doc", OLE + bytes(4_000), "E019", "another kind than a workbook"),
        ("locked.xlsx", OLE + "EncryptedPackage".encode("utf-16-le") + bytes(600), "E019", "password"),
        ("endless.ods", archive("content.xml", b"<a><b></b b>"), "E019", "no XML"),
        ("bomb.ods", archive("content.xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"), "E019", "document"),
        ("page.xls", b"\xef\xbb\xbf<!-- saved -->\n<HTML><table>", "E017", "web page"),
        ("old.xls", b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
         "E017", "of 2003"),
        ("other.xml", b"<orders/>", "E017", "another kind than Cargo-XML"),
        ("entities.xml", ENTITIES, "E055", "document type"),
        ("scan.csv", b"%PDF-1.7\n", "E017", "PDF"),
        ("small.fhl", b"fhl/4\r\nmbi/618-12345675hghlax/t10k25\r\n", "E017", "lower-case Cargo-IMP"),
        ("broken.csv", bytes(70_000), "E017", "zero bytes"),
        ("nul.csv", b"\0a,b\0\n", "E012", "\\x00a, b"),
        ("wide.csv", ",".join(f"c{n}" for n in range(10_000)).encode(), "E012", "c0, c1"),
        ("wider.csv", (HEAD.strip() + ",c" * 10_000).encode(), "E010", "10003 columns"),
        ("empty.csv", b"", "E010", "the file is empty"),
        ("blank.csv", b"\n \r\n\n", "E010", "first lines are empty"),
        ("noise.csv", bytes(range(128, 256)) * 20, "E016", "encoding"),
    ],
)  # fmt: skip
def test_what_is_no_manifest_is_refused_by_name_and_with_a_remedy(
    name: str, data: bytes, code: str, says: str
) -> None:
    with pytest.raises(ManifestRefused) as refused:
        list(read(io.BytesIO(data), name, ReadOrder(transport=Transport.MAIL)).rows)
    assert refused.value.code == code
    assert says in str(refused.value)
    assert refused.value.hint
    assert str(refused.value).isprintable()


def rows_of(data: bytes, name: str = "x.csv") -> list[Row | RowError]:
    return list(read(io.BytesIO(data), name, ReadOrder(transport=Transport.MAIL)).rows)


def test_what_is_only_odd_is_read() -> None:
    row = "BOX-000001,mail,shirt\n"
    for data in (
        (HEAD + row).encode("utf-16-le"),
        ("Manifest of Acme,,\n2025-09-01,,\n" + HEAD + row).encode(),
        (HEAD + "BOX-000002,mail,sh\0irt\n" + row).encode(),
        (HEAD + "x" * 100_000 + "\n" + row).encode(),
    ):
        taken = [one.declaration.consignment for one in rows_of(data) if isinstance(one, Row)]
        assert taken == ["BOX-000001"]
    assert rows_of(HEAD.encode()) == []


def test_letters_that_grow_when_made_capital_never_outgrow_what_can_be_kept() -> None:
    # ß becomes SS, İ two characters: what was stored so could not be read again.
    text = f"tracking_number,master,flight,mail_category\nBOX-000001,{'ß' * 64},{'ŉ' * 10},{'İ' * 20}\n"
    (row,) = rows_of(text.encode())
    assert isinstance(row, Row)
    assert decode(encode(row.declaration)) == row.declaration


def test_a_number_without_end_in_json_refuses_its_parcel_alone() -> None:
    parcels = b'{"trackingNo": "BOX-000001", "value": %s, "currency": "USD"}\n{"trackingNo": "BOX-000002"}\n'
    outcomes = rows_of(parcels % (b"9" * 400), "x.jsonl")
    assert [getattr(one, "code", "row") for one in outcomes] == ["E301", "row"]
    nested = b'{"trackingNo": ["%s"]}\n{"trackingNo": "BOX-000002"}\n' % (b"9" * 400)
    assert [getattr(one, "code", "row") for one in rows_of(nested, "x.jsonl")][-1] == "row"
