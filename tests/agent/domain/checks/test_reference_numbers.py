"""Numbers a declaration refers to: waybills, entries, importers, ports, tariff codes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.domain.checks.reference_numbers import (
    check_numbers,
    entry_check_digit,
    entry_fault,
    hs_fault,
    master_fault,
)
from agent.domain.consignment.declaration import Declaration, Item, Party, Transport


def findings(**fields: Any) -> list[tuple[str, dict[str, object]]]:
    declaration = Declaration(consignment="X1", **{"transport": Transport.EXPRESS, **fields})
    return [(f.code, dict(f.params)) for f in check_numbers(declaration)]


@pytest.mark.parametrize("number", ["007-12345675", "020-12345675", "02012345675", "160 00000000"])
def test_a_sound_master_number_passes(number: str) -> None:
    assert findings(master=number) == []


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("007-12345678", "check_digit"),
        ("0071234567", "shape"),
        ("07-12345675", "shape"),
        ("007-1234567A", "shape"),
        ("007-12345675-A", "shape"),
        ("007-１2345675", "shape"),
        ("", "shape"),
        ("007-12345675\n", "shape"),
    ],
)
def test_a_broken_master_number_is_refused(number: str, reason: str) -> None:
    assert master_fault(number) == reason
    if number:
        assert findings(master=number) == [("MASTER_NUMBER_REFUSED", {"reason": reason})]


def test_a_long_house_number_is_noted_in_the_air_to_america_and_refused_beyond_35() -> None:
    america = Party(country="US")
    assert findings(house="ABC123456789", consignee=america) == []
    assert findings(house="ABC1234567890", consignee=america) == [("HOUSE_NUMBER_LONG", {"characters": 13})]
    assert findings(house="ABC1234567890", consignee=america, transport=Transport.MAIL) == []
    assert findings(house="ABC1234567890", consignee=Party(country="CA")) == []
    assert findings(house="A" * 35) == []
    assert findings(house="A" * 36) == [("HOUSE_NUMBER_REFUSED", {"reason": "too_long"})]
    assert findings(house="号123") == [("HOUSE_NUMBER_REFUSED", {"reason": "characters"})]


def test_the_example_of_the_authority_has_its_check_digit() -> None:
    assert entry_check_digit("B76", "0324527") == 8
    assert findings(entry_number="B76-0324527-8") == findings(entry_number="B7603245278") == []
    assert findings(entry_number="B76-0324527-9") == [("ENTRY_NUMBER_REFUSED", {"reason": "check_digit"})]
    assert findings(entry_number="B76-324527-8") == [("ENTRY_NUMBER_REFUSED", {"reason": "shape"})]
    assert findings(entry_number="b76-0324527-8") == [("ENTRY_NUMBER_REFUSED", {"reason": "shape"})]


@pytest.mark.parametrize(("one", "other"), [("A", "J"), ("B", "S"), ("I", "Z"), ("R", "9"), ("K", "2")])
def test_letters_of_one_column_count_alike(one: str, other: str) -> None:
    assert entry_check_digit(f"{one}00", "0000000") == entry_check_digit(f"{other}00", "0000000")


@given(
    filer=st.from_regex("[A-Z0-9]{2}[1-9A-Z]", fullmatch=True),
    serial=st.integers(0, 9_999_999),
    place=st.integers(0, 6),
)
def test_one_wrong_digit_of_an_entry_number_is_always_found(filer: str, serial: int, place: int) -> None:
    digits = f"{serial:07d}"
    check = entry_check_digit(filer, digits)
    assert entry_fault(f"{filer}-{digits}-{check}") is None
    wrong = f"{digits[:place]}{(int(digits[place]) + 1) % 10}{digits[place + 1 :]}"
    assert entry_fault(f"{filer}-{wrong}-{check}") == "check_digit"


@pytest.mark.parametrize(
    "number", ["12-3456789AB", "12-345678900", "123456789AB", "12-3456789", "123-45-6789", "980101-12345"]
)
def test_an_importer_number_of_one_of_three_shapes_passes(number: str) -> None:
    assert findings(importer_of_record=number) == []


@pytest.mark.parametrize(
    "number", ["123456789", "000-12-3456", "666-12-3456", "123-00-6789", "123-45-0000", "1-2", "EORI1", ""]
)
def test_a_refused_importer_number_is_never_repeated(number: str) -> None:
    assert findings(importer_of_record=number) == [("IMPORTER_NUMBER_REFUSED", {})]


@pytest.mark.parametrize(
    ("port", "sound"),
    [("LAX", True), ("USLAX", True), ("2720", True), ("LA", False), ("lax", False), ("US1AX", False)],
)
def test_a_port_is_known_by_its_shape(port: str, sound: bool) -> None:
    assert findings(arrival_port=port) == ([] if sound else [("PORT_REFUSED", {})])


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("010121", None),
        ("970199", None),
        ("6109100012", None),
        ("77", "shape"),
        ("770100", "chapter"),
        ("000000", "chapter"),
        ("61091", "shape"),
        ("61091000123", "shape"),
        ("6109.10", "shape"),
        ("６10910", "shape"),
    ],
)
def test_a_tariff_code_has_six_to_ten_digits_and_a_chapter(code: str, fault: str | None) -> None:
    assert hs_fault(code, american=False) == hs_fault(code, american=True) == fault


def test_chapters_98_and_99_are_americas_alone() -> None:
    for country, codes in (("US", []), (None, []), ("PR", []), ("CA", ["HS_CHAPTER_UNKNOWN"])):
        assert [code for code, _ in findings(hs="99030125", consignee=Party(country=country))] == codes


def test_of_items_the_first_with_each_fault_is_named() -> None:
    items = (Item(hs="610910"), Item(hs="61"), Item(hs="62"), Item(hs="770000"), Item())
    assert findings(items=items) == [("HS_MALFORMED", {"item": 2}), ("HS_CHAPTER_UNKNOWN", {"item": 4})]
    assert findings(hs="61", items=items)[0] == ("HS_MALFORMED", {})


_TEXT = st.none() | st.text(max_size=40)


@given(master=_TEXT, house=_TEXT, entry=_TEXT, importer=_TEXT, port=_TEXT, hs=_TEXT)
def test_whatever_is_written_is_judged_without_error(
    master: str | None,
    house: str | None,
    entry: str | None,
    importer: str | None,
    port: str | None,
    hs: str | None,
) -> None:
    events = findings(
        master=master, house=house, entry_number=entry, importer_of_record=importer, arrival_port=port, hs=hs
    )
    assert len(events) <= 7
