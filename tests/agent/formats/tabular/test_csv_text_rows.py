"""CSV manifests: a row is read whole or refused whole, and costs no other row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.domain.consignment.declaration import Label, Party, Transport, decode, encode
from agent.domain.errors import ManifestRefused
from agent.domain.values.money import Money
from agent.formats.profiles.columns import COLUMNS, WEIGHT_COLUMNS
from agent.formats.rows import CLIP, Row, RowError
from agent.formats.tabular.csv_text import MAX_LINE, MAX_ROW_LINES, read_lines

HEADER = "tracking_number,transport,consignee_name,description,gross_weight_kg,value,currency"
GOOD = "RB123456785GB,mail,Jane Doe,cotton shirt,0.250,12.50,USD"


def read(*lines: str, transport: Transport | None = None) -> list[Row | RowError]:
    return list(read_lines((f"{line}\n" for line in lines), transport=transport))


def cells(**given: str) -> list[Row | RowError]:
    """One row with the given columns, and those every row needs."""
    row = {"tracking_number": "RB123456785GB", "transport": "mail", **given}
    text = io.StringIO()
    csv.writer(text).writerows([row.keys(), row.values()])
    return list(read_lines(io.StringIO(text.getvalue())))


def codes(**given: str) -> list[str]:
    return [outcome.code for outcome in cells(**given) if isinstance(outcome, RowError)]


def test_a_row_becomes_a_declaration() -> None:
    (row,) = cells(
        last_mile_number="9400111206206406260787",
        receptacle="bag7",
        consignor_name="Acme Ltd",
        consignor_country="cn",
        consignee_name=" Jane Doe ",
        consignee_postcode="02134",
        description="cotton shirt",
        hs_code="6109.10",
        quantity="2",
        gross_weight_kg="0.250",
        value="12.50",
        currency="usd",
        origin_country="CN",
        expected_arrival="2025-09-01T14:00:00-04:00",
    )
    assert isinstance(row, Row)
    assert row.line == 2
    declaration = row.declaration
    assert declaration.consignment == "RB123456785GB"
    assert declaration.transport is Transport.MAIL
    assert declaration.pieces == ((Label("s10", "RB123456785GB"), Label("plain", "9400111206206406260787")),)
    assert declaration.receptacle == "BAG7"
    assert declaration.consignor == Party(name="Acme Ltd", country="CN")
    assert declaration.consignee == Party(name="Jane Doe", postcode="02134")
    assert (declaration.hs, declaration.quantity, declaration.gross_weight_g) == ("610910", 2, 250)
    assert declaration.value == Money(1250, "USD")
    assert decode(encode(declaration)) == declaration


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_told_by_the_header(delimiter: str) -> None:
    outcomes = read(HEADER.replace(",", delimiter), GOOD.replace(",", delimiter))
    assert [type(outcome) for outcome in outcomes] == [Row]


def test_headers_are_known_by_synonym_whatever_their_case_spaces_and_order() -> None:
    (row,) = read("\ufeffDeclared Value,Mode,TRACKING NO.,Currency,colour", "3,express,AB-123456,USD,red")
    assert isinstance(row, Row)
    assert row.declaration.value == Money(300, "USD")
    assert row.declaration.pieces == ((Label("plain", "AB-123456"),),)


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", "E012"),
        ("tracking_number,transport," + "a," * 300, "E010"),
        ("x" * (MAX_LINE + 1), "E012"),
        ("tracking_number,transport,Tracking No", "E011"),
        ("description,transport", "E012"),
        ("tracking_number,description", "E013"),
        ("tracking_number,transport,gross_weight_kg,gross_weight_g", "E014"),
        ("tracking_number,transport,gross_weight", "E015"),
    ],
)
def test_an_unusable_header_refuses_the_file_with_one_error(header: str, code: str) -> None:
    with pytest.raises(ManifestRefused) as refused:
        read(header, GOOD)
    assert refused.value.code == code
    assert refused.value.hint


def test_a_file_without_a_transport_column_takes_the_one_it_is_given() -> None:
    (row,) = read("tracking_number", "RB123456785GB", transport=Transport.EXPRESS)
    assert isinstance(row, Row)
    assert row.declaration.transport is Transport.EXPRESS


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"tracking_number": ""}, "E101"),
        ({"tracking_number": "AB1"}, "E102"),
        ({"tracking_number": "1.23457E+17"}, "E103"),
        ({"last_mile_number": "9,40011E+21"}, "E103"),
        ({"receptacle": "1.2E+10"}, "E103"),
        ({"transport": "sea"}, "E201"),
        ({"transport": ""}, "E201"),
        ({"quantity": "two"}, "E203"),
        ({"quantity": "0"}, "E203"),
        ({"gross_weight_kg": "heavy"}, "E204"),
        ({"gross_weight_kg": "0,250"}, "E204"),
        ({"gross_weight_kg": "1e3"}, "E204"),
        ({"gross_weight_kg": "0"}, "E205"),
        ({"gross_weight_g": "-250"}, "E205"),
        ({"gross_weight": "1", "weight_unit": "stone"}, "E206"),
        ({"gross_weight": "1", "weight_unit": ""}, "E206"),
        ({"gross_weight_kg": "100001"}, "E207"),
        ({"value": "1,000.00", "currency": "USD"}, "E301"),
        ({"value": "1.001", "currency": "USD"}, "E301"),
        ({"value": "1", "currency": "XXX"}, "E302"),
        ({"value": "1"}, "E303"),
        ({"consignee_country": "USA"}, "E401"),
        ({"origin_country": "XX"}, "E401"),
        ({"expected_arrival": "2025-09-01"}, "E402"),
        ({"expected_arrival": "soon"}, "E402"),
        ({"description": "x" * 1001}, "E004"),
        ({"description": "bell\x07"}, "E005"),
        ({"description": "half \ud800"}, "E005"),
    ],
)
def test_a_broken_cell_has_its_code_its_column_and_a_hint(given: dict[str, str], code: str) -> None:
    (error,) = cells(**given)
    assert isinstance(error, RowError)
    assert error.code == code
    assert error.line == 2
    assert error.column in given or error.column in {"currency", "weight_unit"}
    assert len(error.value) <= CLIP
    assert error.hint


@pytest.mark.parametrize(
    ("given", "grams"),
    [
        ({"gross_weight_kg": "0.2505"}, 250),
        ({"gross_weight_kg": "0.2515"}, 252),
        ({"gross_weight_kg": "0.0001"}, 1),
        ({"gross_weight_g": "250"}, 250),
        ({"gross_weight": "1", "weight_unit": "LB"}, 454),
        ({"gross_weight": "10", "weight_unit": "oz"}, 283),
    ],
)
def test_a_weight_becomes_whole_grams(given: dict[str, str], grams: int) -> None:
    (row,) = cells(**given)
    assert isinstance(row, Row)
    assert row.declaration.gross_weight_g == grams


def test_every_fault_of_a_row_is_told_and_the_rows_around_it_are_read() -> None:
    outcomes = read(HEADER, GOOD, "AB1,sea,Jane Doe,shirt,abc,-1,USD", GOOD, "", GOOD)
    assert [type(o) for o in outcomes] == [Row, RowError, RowError, RowError, RowError, Row, Row]
    assert [o.code for o in outcomes if isinstance(o, RowError)] == ["E102", "E201", "E204", "E301"]
    assert [o.line for o in outcomes if isinstance(o, Row)] == [2, 4, 6]


def test_a_row_with_a_cell_too_many_or_too_few_is_refused_alone() -> None:
    outcomes = read(HEADER, GOOD + ",more", "RB123456785GB", GOOD)
    assert [getattr(o, "code", "row") for o in outcomes] == ["E001", "E001", "row"]


def test_a_quote_left_open_costs_its_own_row_only() -> None:
    rows = [GOOD] * (2 * MAX_ROW_LINES)
    outcomes = read(HEADER, GOOD, GOOD.replace("Jane", '"Jane'), *rows)
    assert [o.line for o in outcomes if isinstance(o, RowError)] == [3]
    assert [o.line for o in outcomes if isinstance(o, Row)] == [2, *range(4, 4 + len(rows))]


def test_a_quote_left_open_in_the_last_row_costs_that_row_only() -> None:
    outcomes = read(HEADER, GOOD, GOOD.replace("Jane", '"Jane'))
    assert [getattr(o, "code", "row") for o in outcomes] == ["row", "E003"]


def test_a_quote_left_open_is_given_up_before_the_file_is_swallowed() -> None:
    taken = 0

    def endless() -> Iterator[str]:
        nonlocal taken
        yield f"{HEADER}\n"
        yield '"' + f"{GOOD}\n"
        while True:
            taken += 1
            yield f"{GOOD}\n"

    outcomes = read_lines(endless())
    assert isinstance(next(outcomes), RowError)
    assert taken <= MAX_ROW_LINES


def test_an_address_may_hold_line_ends_and_the_row_counts_from_its_first_line() -> None:
    text = "\n".join([HEADER, GOOD.replace("Jane Doe", '"Jane\nDoe"'), GOOD])
    outcomes = list(read_lines(io.StringIO(text)))
    assert [o.line for o in outcomes if isinstance(o, Row)] == [2, 4]


def test_two_stray_quotes_do_not_hide_the_rows_between_them() -> None:
    outcomes = read(HEADER, '"', GOOD, '"', GOOD)
    assert [o.line for o in outcomes if isinstance(o, Row)] == [3, 5]


def test_a_line_past_the_ceiling_is_refused_alone() -> None:
    outcomes = read(HEADER, GOOD, "x" * (MAX_LINE + 1), GOOD)
    assert [getattr(o, "code", "row") for o in outcomes] == ["row", "E002", "row"]


TEXT = st.text(st.characters(codec="utf-8"), max_size=30)


@settings(deadline=None)
@given(lines=st.lists(st.one_of(TEXT, st.just(GOOD), st.just('"' + GOOD)), max_size=12))
def test_garbage_between_rows_never_raises_and_costs_no_row(lines: list[str]) -> None:
    outcomes = read(HEADER, *lines)
    assert sum(isinstance(o, Row) for o in outcomes) >= lines.count(GOOD)
    assert all(isinstance(o, RowError) or decode(encode(o.declaration)) == o.declaration for o in outcomes)


@settings(deadline=None)
@given(data=st.data())
def test_any_cell_text_is_read_or_refused(data: st.DataObject) -> None:
    columns = [c for c in COLUMNS if c not in WEIGHT_COLUMNS[1:]]
    given_cells = data.draw(
        st.fixed_dictionaries(
            {}, optional={c: st.one_of(TEXT, st.from_regex(r"[0-9]{1,4}\.?[0-9]{0,3}")) for c in columns}
        )
    )
    for outcome in cells(**{"weight_unit": "kg", **given_cells}):
        if isinstance(outcome, Row):
            assert decode(encode(outcome.declaration)) == outcome.declaration
        else:
            assert outcome.code.startswith("E")
            assert len(outcome.value) <= CLIP
