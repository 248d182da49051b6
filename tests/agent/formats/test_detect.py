"""The bytes of a file decide on its format; its name is asked last."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.domain.errors import ManifestRefused
from agent.formats.detect import READERS, detect
from agent.formats.reading import Format

ISA = b"ISA*00*          *00*"


@pytest.mark.parametrize(
    ("head", "name", "form"),
    [
        (b"a,b\n1,2\n", "x.xlsx", Format.CSV),
        (b"", "x.csv", Format.CSV),
        ("运单号,品名\n".encode("gb18030"), "x.csv", Format.CSV),
        (b"PK\x03\x04...", "x.csv", Format.SHEET),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "", Format.SHEET),
        (b'\xef\xbb\xbf {"a": 1}', "x", Format.JSON),
        (b'[{"a": 1}]', "x.txt", Format.JSON),
        (b'{"a": 1}\n{"a": 2}\n', "x", Format.JSONL),
        (b'{"a": 1}', "x.ndjson", Format.JSONL),
        ('{"a": 1}'.encode("utf-16"), "x", Format.JSON),
        (ISA, "x", Format.X12_309),
        (b"\r\nUNA:+.? 'UNB+UNOC:3", "x", Format.ITMATT),
        (b"UNB+UNOC:3", "x", Format.ITMATT),
        (b"UNH+1+ITMATT:D:00A:UP'", "x", Format.ITMATT),
        (b"FHL/4\r\nMBI/618-12345675HGHLAX/T10K25\r\n", "x", Format.CARGO_IMP),
        (b"ISABELLA,b\n", "x", Format.CSV),
    ],
)
def test_the_first_bytes_decide_on_the_format(head: bytes, name: str, form: Format) -> None:
    assert detect(head, name) is form


@pytest.mark.parametrize("head", [b"%PDF-1.7", b"\x89PNG\r\n", b"<html><body>", b"\x1f\x8b\x08"])
def test_a_file_that_is_not_a_manifest_is_refused(head: bytes) -> None:
    with pytest.raises(ManifestRefused) as refused:
        detect(head, "x.csv")
    assert refused.value.code == "E017"


def test_every_format_has_its_reader() -> None:
    assert READERS.keys() == set(Format)


@settings(deadline=None)
@given(head=st.binary(max_size=200))
def test_any_bytes_are_of_one_format_or_refused(head: bytes) -> None:
    try:
        kind: Format | None = detect(head)
    except ManifestRefused:
        kind = None
    assert kind is None or kind in Format
