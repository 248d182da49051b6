"""Columns of the order, the departure, the account and the identity document of a parcel."""

from __future__ import annotations

import csv
import io
import json

import pytest

from agent.domain.consignment.declaration import Account, Declaration, IdentityDocument
from agent.formats.detect import read as read_file
from agent.formats.rows import Row, RowError
from agent.formats.tabular.csv_text import read_lines

GIVEN = {
    "tracking_number": "RB123456785GB",
    "transport": "mail",
    "order": "A-1001",
    "departure": "2026-11-24T22:10:00+08:00",
    "account_holder": "Lotus Trading Ltd",
    "account_name": "lotus",
    "account_issuer": "Example Express",
    "account_number": "cn-778812",
    "account_opened_on": "2026-10-01",
    "account_billing_type": "prepaid",
    "account_ship_frequency": "daily",
    "account_ip_at_opening": "192.0.2.7",
    "account_ip_at_booking": "2001:db8::7",
    "identity_document_sort": "passport",
    "identity_document_country": "cn",
    "identity_document_number": "e12345678",
}


def read(given: dict[str, str]) -> list[Row | RowError]:
    text = io.StringIO()
    csv.writer(text).writerows([given.keys(), given.values()])
    return list(read_lines(io.StringIO(text.getvalue())))


def row(given: dict[str, str]) -> Row:
    [outcome] = read(given)
    assert isinstance(outcome, Row)
    return outcome


def test_each_of_them_reaches_the_declaration() -> None:
    declaration = row(GIVEN).declaration
    assert (declaration.order, declaration.departure) == ("A-1001", "2026-11-24T22:10:00+08:00")
    assert declaration.account == Account(
        holder="Lotus Trading Ltd", name="lotus", issuer="Example Express", number="CN-778812",
        opened_on="2026-10-01", billing_type="prepaid", ship_frequency="daily", ip_at_opening="192.0.2.7",
        ip_at_booking="2001:db8::7",
    )  # fmt: skip
    assert declaration.identity_document == IdentityDocument(
        sort="passport", country="CN", number="E12345678"
    )


def test_a_parcel_without_them_says_nothing_of_them() -> None:
    bare = row(
        {name: text if name in ("tracking_number", "transport") else "" for name, text in GIVEN.items()}
    )
    assert bare.declaration == Declaration(
        consignment="RB123456785GB",
        transport=bare.declaration.transport,
        pieces=bare.declaration.pieces,
    )


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("Order ID", "order"), ("订单号", "order"), ("Número de pedido", "order"), ("Mã đơn hàng", "order"),
        ("Sipariş No", "order"), ("ऑर्डर नंबर", "order"),
        ("ETD", "departure"), ("起飞时间", "departure"),
        ("证件号码", "identity_document_number"), ("Account No.", "account_number"),
    ],
)  # fmt: skip
def test_senders_call_them_by_their_own_words(header: str, column: str) -> None:
    given = {header if name == column else name: text for name, text in GIVEN.items()}
    assert row(given).declaration == row(GIVEN).declaration


def test_a_serial_date_of_a_workbook_is_read_and_told() -> None:
    outcome = row(GIVEN | {"account_opened_on": "45931"})
    assert outcome.declaration.account.opened_on == "2025-10-01"
    assert [(mending.code, mending.column) for mending in outcome.mended] == [("W320", "account_opened_on")]


def test_every_fault_of_them_is_told_once() -> None:
    broken = {
        "order": "1.23457E+17",
        "departure": "tomorrow",
        "account_number": "1.23457E+17",
        "account_opened_on": "long ago",
        "identity_document_country": "China",
    }
    faults = [(fault.code, fault.column) for fault in read(GIVEN | broken) if isinstance(fault, RowError)]
    assert sorted(faults) == [
        ("E103", "account_number"), ("E103", "order"), ("E401", "identity_document_country"),
        ("E402", "account_opened_on"), ("E402", "departure"),
    ]  # fmt: skip


def test_json_tells_them_flat_or_nested() -> None:
    nested = {
        "tracking_number": "RB123456785GB", "transport": "mail", "order": {"id": "A-1001"},
        "etd": GIVEN["departure"],
        "account": {"holder": "Lotus Trading Ltd", "opened_on": "2026-10-01"},
        "identity_document": {"number": "E12345678"},
    }  # fmt: skip
    for order in (nested, GIVEN):
        [outcome] = read_file(io.BytesIO(json.dumps([order]).encode()), "x.json").rows
        assert isinstance(outcome, Row)
        declared = outcome.declaration
        assert (declared.order, declared.departure) == ("A-1001", GIVEN["departure"])
        assert (declared.account.holder, declared.account.opened_on) == (
            "Lotus Trading Ltd",
            "2026-10-01",
        )
        assert declared.identity_document.number == "E12345678"
