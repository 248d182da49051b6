"""Addresses and countries: what cannot be meant, what does not fit together, what is of a special class."""

from __future__ import annotations

from typing import Any

import pytest

from agent.domain.consignment.declaration import Declaration, Item, Party, Transport
from agent.domain.findings.finding import Severity
from agent.domain.parties.check import check_parties
from agent.domain.parties.tables import shipped
from agent.domain.policy.pack import Policy


def result(policy: Policy, **fields: Any) -> list[tuple[str, str, object]]:
    declaration = Declaration(consignment="X1", transport=Transport.EXPRESS, **fields)
    return [
        (f.code, f.severity.value, f.params.get("reason", f.params.get("class", f.params["field"])))
        for f in check_parties(declaration, policy)
    ]


@pytest.mark.parametrize(
    ("state", "postcode"),
    [
        ("IL", "62701"),
        ("il", "62701-1234"),
        ("Illinois", "627011234"),
        ("NY", "06390"),
        ("CT", "06390"),
        ("ny", "00501"),
        ("WY", "83414"),
        ("D.C.", "20500"),
        ("District of Columbia", "20500"),
        ("AE", "09012"),
        ("TX", "88595"),
        ("PR", "00901"),
        ("HI", "96813"),
        ("AS", "96799"),
        (None, "62701"),
        ("CA", None),
        (None, None),
    ],
)
def test_a_zip_code_of_its_state_passes(policy: Policy, state: str | None, postcode: str | None) -> None:
    party = Party(name="Ann Poe", street="2 Main St", state=state, postcode=postcode, country="US")
    assert result(policy, consignee=party) == []


@pytest.mark.parametrize(
    ("state", "postcode", "code"),
    [
        ("CA", "10001", "POSTCODE_OTHER_STATE"),
        ("New York", "90210", "POSTCODE_OTHER_STATE"),
        ("TX", "00000", "POSTCODE_UNASSIGNED"),
        (None, "00123", "POSTCODE_UNASSIGNED"),
        ("OH", "99999", "POSTCODE_OTHER_STATE"),
    ],
)
def test_a_zip_code_of_another_state_or_of_none_is_refused(
    policy: Policy, state: str | None, postcode: str, code: str
) -> None:
    party = Party(state=state, postcode=postcode, country="US")
    assert result(policy, consignee=party) == [(code, "mend", "consignee.postcode")]


def test_a_territory_is_a_state_by_its_country(policy: Policy) -> None:
    assert result(policy, consignee=Party(postcode="00901", country="PR")) == []
    wrong = result(policy, consignee=Party(postcode="62701", country="PR"))
    assert wrong == [("POSTCODE_OTHER_STATE", "mend", "consignee.postcode")]


@pytest.mark.parametrize("state", ["XX", "N/A", "-", "Ontario", "Guangdong"])
def test_a_state_nobody_knows_is_refused_in_america_only(policy: Policy, state: str) -> None:
    wrong = result(policy, consignee=Party(state=state, country="US", postcode="62701"))
    assert wrong == [("STATE_UNKNOWN", "mend", "consignee.state")]
    assert result(policy, consignee=Party(state=state, country="CN")) == []


@pytest.mark.parametrize("side", ["consignee", "purchaser"])
def test_the_shape_of_a_zip_code_is_asked_for(policy: Policy, side: str) -> None:
    wrong = result(policy, **{side: Party(postcode="6270", country="US")})
    assert wrong == [("POSTCODE_MALFORMED", "mend", f"{side}.postcode")]


def test_noughts_for_a_postcode_abroad_are_noted(policy: Policy) -> None:
    assert result(policy, consignor=Party(postcode="000000", country="HK")) == [
        ("POSTCODE_FILLER", "note", "consignor.postcode")
    ]
    assert result(policy, consignor=Party(postcode="100000", country="CN")) == []


def test_every_state_has_an_area_and_every_area_a_state() -> None:
    tables = shipped()
    assert set().union(*tables.zip_areas.values()) == set(tables.states.values())
    assert {len(area) for area in tables.zip_areas} == {3}
    assert len(tables.zip_areas) > 900


@pytest.mark.parametrize(
    ("street", "reason"),
    [
        ("...", "only_special"),
        ("12345", "only_digits"),
        ("xxxx", "identical_characters"),
        ("N/A", "placeholder"),
        ("unknown", "placeholder"),
        ("asdf ghjk", "keyboard_walk"),
        ("同上", "placeholder"),
        ("12-34", "special_and_digits"),
        ("朝阳区***路", "masked"),
        ("Ann Poe", "is_name"),
    ],
)
def test_a_street_that_says_nothing_is_refused(policy: Policy, street: str, reason: str) -> None:
    assert result(policy, consignee=Party(name="Ann Poe", street=street)) == [
        ("PARTY_REFUSED", "mend", reason)
    ]


@pytest.mark.parametrize("field", ["packing_place", "pickup_place"])
def test_a_place_of_packing_that_says_nothing_is_refused(policy: Policy, field: str) -> None:
    assert result(policy, **{field: "TBD"}) == [("PARTY_REFUSED", "mend", "placeholder")]
    assert result(policy, **{field: "No 8 Keji Road, Shenzhen"}) == []


def test_a_city_that_says_nothing_is_refused(policy: Policy) -> None:
    assert result(policy, consignee=Party(city=".")) == [("PARTY_REFUSED", "mend", "only_special")]
    assert result(policy, consignee=Party(city="Å")) == []


@pytest.mark.parametrize(
    ("street", "kind"),
    [
        ("P.O. Box 12", "po_box"),
        ("PO BOX 12", "po_box"),
        ("Apartado Postal 5", "po_box"),
        ("Postfach 10 20", "po_box"),
        ("深圳市518邮政信箱", "po_box"),
        ("12 Oak St PMB 34", "mailbox_service"),
        ("The UPS Store, 4 Elm Rd", "mailbox_service"),
        ("500 Oak St Ste 100 #2345", "mailbox_service"),
        ("500 Oak St, Suite 4, Box 77", "mailbox_service"),
        ("MyUS 4299 Express Lane", "forwarder"),
        ("俄勒冈转运仓A12", "forwarder"),
        ("U-Haul Storage 12", "storage"),
        ("9 Dock Rd Self Storage Unit 4", "storage"),
        ("迷你仓3号", "storage"),
    ],
)
def test_an_address_of_a_special_class_is_noted_with_its_class(
    policy: Policy, street: str, kind: str
) -> None:
    assert result(policy, consignee=Party(street=street)) == [("ADDRESS_CLASS", "note", kind)]


@pytest.mark.parametrize(
    "street",
    [
        "2 Main St",
        "12 Box Hill Rd",
        "4 Elm Rd Apt # 5",
        "Suite 5",
        "1 Postal Rd",
        "Kho 7",
        "南山区科技南路8号",
        "ул. Ленина 5",
        "Calle 5 # 12-34",
        "221B Baker Street",
        "Av. Paulista 1000",
    ],
)
def test_an_ordinary_address_has_no_class(policy: Policy, street: str) -> None:
    assert result(policy, consignee=Party(street=street)) == []


def test_a_name_that_is_repeated_in_the_address_is_noted(policy: Policy) -> None:
    repeated = Party(name="Ann Poe", street="Ann Poe, 2 Main St")
    assert result(policy, consignee=repeated) == [("ADDRESS_REPEATS_NAME", "note", "consignee.street")]
    assert result(policy, consignee=Party(name="Poe", street="4 Poe Lane")) == []


@pytest.mark.parametrize("side", ["consignor", "consignee", "seller", "purchaser"])
def test_a_country_that_does_not_exist_is_refused(policy: Policy, side: str) -> None:
    assert result(policy, **{side: Party(country="XX")}) == [("COUNTRY_UNKNOWN", "mend", f"{side}.country")]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"origin_country": "XX"}, "goods.origin_country"),
        ({"items": (Item(origin_country="XX"),)}, "goods.origin_country"),
        ({"shipped_country": "UK"}, "consignment.shipped_country"),
    ],
)
def test_a_country_of_the_goods_that_does_not_exist_is_refused(
    policy: Policy, fields: dict[str, Any], field: str
) -> None:
    assert result(policy, **fields) == [("COUNTRY_UNKNOWN", "mend", field)]


def test_countries_that_differ_are_noted_and_never_more(policy: Policy) -> None:
    consignor = Party(country="GB")
    assert result(policy, consignor=consignor, origin_country="CN") == [
        ("COUNTRIES_DIFFER", "note", "goods.origin_country")
    ]
    assert result(policy, consignor=consignor, shipped_country="HK") == [
        ("COUNTRIES_DIFFER", "note", "consignment.shipped_country")
    ]
    assert result(policy, consignor=consignor, origin_country="GB", shipped_country="GB") == []
    assert policy.outcomes[Severity.NOTE] is None
