"""What is counted of a consignment: who is one person, where he is, on which day, under which order."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.domain.consignment.declaration import Declaration, Item, Level, Party, Transport
from agent.domain.consignment.effective import Effective
from agent.domain.policy.facts import facts_of
from agent.domain.policy.pack import Policy
from agent.domain.policy.totals_terms import AggregationTerms, DayKey, PersonKey
from agent.domain.totals.check import same_person
from agent.domain.totals.keys import KeyedDigests
from agent.domain.totals.ports_of_arrival import zone_of
from agent.domain.totals.tally import MOST_DAYS_OFF, Tally, tally_of
from agent.domain.values.money import Money
from agent.formats.consignment_json import read_consignment

SECRET = bytes(range(32))
RECEIVED = datetime(2025, 1, 10, 9, tzinfo=UTC)
JANE = Party(
    name="Jane Doe",
    street="123 Main Street Apt 4",
    city="Portland",
    state="OR",
    postcode="97201",
    country="US",
)


@pytest.fixture(scope="module")
def terms(policy: Policy) -> AggregationTerms:
    return policy.aggregation


def counted(
    terms: AggregationTerms, *, evaluated_for: datetime | None = None, secret: bytes = SECRET, **fields: Any
) -> Tally | None:
    words: dict[str, Any] = {"consignment": "LP00012345", "transport": Transport.EXPRESS, "consignee": JANE}
    declaration = Declaration(**words | fields)
    return tally_of(
        Effective(declaration=declaration), terms, secret, received=RECEIVED, evaluated_for=evaluated_for
    )


def known(tally: Tally | None) -> Tally:
    assert tally is not None
    return tally


def party(**parts: str | None) -> Party:
    return msgspec.structs.replace(JANE, **parts)


def of(terms: AggregationTerms, **parts: str | None) -> Tally:
    return known(counted(terms, consignee=party(**parts)))


# Names.


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Jane Doe", "DOE, Jane"),
        ("Jane Doe", "Mrs. Jane Q. Doe"),
        ("Mohammed Al-Sayed", "Muhammad Al Sayyed"),
        ("Alexey Ivanov", "Aleksei Iwanow"),
        ("José Gonzalez", "Jose Gonzales"),
        ("王小明", "王小明"),
    ],
)
def test_a_name_in_two_spellings_at_one_building_is_one_person(
    terms: AggregationTerms, one: str, other: str
) -> None:
    assert same_person(of(terms, name=one), of(terms, name=other), PersonKey.CONSIGNEE)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Maria Garcia", "Mario Garcia"),
        ("J. Smith", "K. Smith"),
        ("Wei Chen", "Wei Chan"),
        ("Dan Brown", "Don Brown"),
        ("王小明", "王大明"),
    ],
)
def test_people_of_one_household_stay_apart(terms: AggregationTerms, one: str, other: str) -> None:
    assert not same_person(of(terms, name=one), of(terms, name=other), PersonKey.CONSIGNEE)


@pytest.mark.parametrize("name", ["Unknown", "Recipient", "xxx", "12345", "Mickey Mouse", None])
def test_a_name_that_names_nobody_makes_nobody_one(terms: AggregationTerms, name: str | None) -> None:
    one = of(terms, name=name)
    assert one.person == 0
    assert not same_person(one, one, PersonKey.CONSIGNEE)


def test_names_that_the_pack_alone_refuses_name_nobody_either(terms: AggregationTerms) -> None:
    findings = tally_of(
        Effective(declaration=Declaration(consignment="A1", transport=Transport.MAIL, consignee=JANE)),
        terms, SECRET, received=RECEIVED, evaluated_for=None, placeholders=frozenset({"doejane"}),
    )  # fmt: skip
    assert known(findings).person == 0


def test_one_name_at_two_buildings_is_one_person_only_by_a_contact(terms: AggregationTerms) -> None:
    here, there = of(terms), of(terms, street="9 Oak Avenue")
    assert here.person == there.person
    assert not same_person(here, there, PersonKey.CONSIGNEE)
    for contact in ({"phone": "+1 503 226 0100"}, {"email": "jane@doe-family.org"}):
        assert same_person(
            of(terms, **contact), of(terms, street="9 Oak Avenue", **contact), PersonKey.CONSIGNEE
        )


# Addresses.


@pytest.mark.parametrize(
    "street",
    [
        "123 Main St #4",
        "123 MAIN ST., APT. 4",
        "123 Main Str Unit 4",
        "123 Main St Apartment # 4",
        "123 MAIN STREET, Ste 4",
        "123 Main Street Apt 4",
    ],
)
def test_spellings_of_one_american_address_are_one_building_and_unit(
    terms: AggregationTerms, street: str
) -> None:
    one, other = of(terms), of(terms, street=street, city="PORTLAND", postcode="97201-1234")
    assert (one.building, one.address, other.standing) == (other.building, other.address, "units")


def test_another_unit_is_the_same_building_and_another_address(terms: AggregationTerms) -> None:
    one, other = of(terms), of(terms, street="123 Main St Apt 5")
    assert one.building == other.building
    assert one.address != other.address


@pytest.mark.parametrize(
    "parts",
    [
        {"street": "125 Main Street Apt 4"},
        {"street": "123 Main Avenue Apt 4"},
        {"street": "123 N Main Street Apt 4"},
        {"postcode": "97202"},
        {"country": "CA", "postcode": "H2X 1Y4"},
    ],
)
def test_another_number_street_direction_or_postcode_is_another_building(
    terms: AggregationTerms, parts: dict[str, str | None]
) -> None:
    assert of(terms).building != of(terms, **parts).building


def test_directions_and_suffixes_are_read_as_the_post_abbreviates_them(terms: AggregationTerms) -> None:
    assert of(terms, street="9 North Oak Boulevard").building == of(terms, street="9 N. Oak Blvd").building
    assert of(terms, street="9 County Road 12").building != of(terms, street="9 County Road 14").building
    assert of(terms, street="7 Elm St Apt 4 B").address == of(terms, street="7 Elm St # 4B").address != 0
    assert of(terms, street="7 Elm St, 2nd Floor").address == of(terms, street="7 Elm St Fl 2").address != 0
    assert of(terms, street="7 Pier Ave").address == 0


def test_a_post_office_box_is_known_by_its_number(terms: AggregationTerms) -> None:
    one, other = of(terms, street="P.O. Box 77"), of(terms, street="PO Box 78")
    assert one.building == of(terms, street="P O BOX 77").building != other.building
    assert one.standing == "po_box"


@pytest.mark.parametrize("street", [None, "Main Street", "N/A", "123456", "same as above"])
def test_an_address_that_leaves_the_house_open_is_no_key(terms: AggregationTerms, street: str | None) -> None:
    phoned = of(terms, street=street, phone="503-226-0100")
    assert (phoned.building, phoned.standing) == (0, "")
    assert phoned.keys() == (phoned.phone,)


def test_an_address_abroad_goes_by_its_words_its_postcode_and_its_country(terms: AggregationTerms) -> None:
    abroad = {"country": "DE", "state": None, "city": "Köln", "postcode": "50667"}
    one = of(terms, street="Hohe Straße 12", **abroad)
    assert one.building == of(terms, street="12, Hohe Strasse", **abroad).building != 0
    assert one.building != of(terms, street="Hohe Straße 13", **abroad).building
    nowhere = abroad | {"city": None, "postcode": "00000", "phone": "+49 221 123987"}
    assert of(terms, street="Hohe Straße 12", **nowhere).building == 0


# Contacts.


@pytest.mark.parametrize(
    "phone", ["(503) 226-0100", "+1 503 226 0100", "1-503-226-0100 ext. 7", "001 503 226 0100"]
)
def test_spellings_of_one_telephone_number_are_one(terms: AggregationTerms, phone: str) -> None:
    assert of(terms, phone=phone).phone == of(terms, phone="5032260100").phone != 0


def test_contacts_that_reach_nobody_are_no_keys(terms: AggregationTerms) -> None:
    for parts in ({"phone": "0000000000"}, {"phone": "123"}, {"email": "none"}, {"email": "j***@doe.org"}):
        findings = of(terms, **parts)
        assert (findings.phone, findings.email) == (0, 0)


def test_a_mailbox_is_one_whatever_its_case_and_what_follows_a_plus(terms: AggregationTerms) -> None:
    assert of(terms, email="Jane+shop@Doe-Family.org").email == of(terms, email="jane@doe-family.org").email
    assert of(terms, email="jane@doe-family.org").email != of(terms, email="june@doe-family.org").email


# Who counts.


def test_the_purchaser_counts_where_the_policy_says_so(terms: AggregationTerms) -> None:
    buyers = replace(terms, person=PersonKey.PURCHASER)
    buyer = Party(name="Rex Roe", email="rex@roe-family.org")
    findings = known(counted(buyers, purchaser=buyer))
    assert findings.person == of(terms, name="Rex Roe").person
    assert (findings.building, findings.email != 0) == (0, True)
    bare = known(counted(buyers, purchaser=Party(name="Rex Roe")))
    assert bare.building == of(terms).building
    assert known(counted(buyers)).person == of(terms).person


def test_by_the_place_of_delivery_whoever_is_named_there_is_one(terms: AggregationTerms) -> None:
    one, other = of(terms), of(terms, name="Rex Roe")
    assert same_person(one, other, PersonKey.DELIVER_TO)
    assert not same_person(one, of(terms, street="123 Main St Apt 5"), PersonKey.DELIVER_TO)
    nowhere = of(terms, street=None, phone="503-226-0100")
    assert not same_person(nowhere, nowhere, PersonKey.DELIVER_TO)


# Days.


def day(moment: date) -> int:
    return moment.toordinal()


@pytest.mark.parametrize(
    ("arrival", "port", "expected"),
    [
        # Winter: New York is five hours behind, Los Angeles eight.
        ("2025-01-16T04:59:59Z", "JFK", date(2025, 1, 15)),
        ("2025-01-16T05:00:00Z", "JFK", date(2025, 1, 16)),
        ("2025-01-16T07:59:59Z", "LAX", date(2025, 1, 15)),
        ("2025-01-16T08:00:00Z", "USLAX", date(2025, 1, 16)),
        # Summer time began on 9 March 2025.
        ("2025-03-10T03:59:59Z", "4701", date(2025, 3, 9)),
        ("2025-03-10T04:00:00Z", "4701", date(2025, 3, 10)),
        ("2025-03-10T06:59:59Z", "2720", date(2025, 3, 9)),
        ("2025-03-10T07:00:00Z", "2720", date(2025, 3, 10)),
        ("2025-01-16T09:59:59Z", "HNL", date(2025, 1, 15)),
        # A port that is not known: the zone of the pack, which is New York's.
        ("2025-01-16T05:00:00Z", "ZZZ", date(2025, 1, 16)),
        ("2025-01-16T04:59:59Z", None, date(2025, 1, 15)),
    ],
)
def test_a_day_begins_at_midnight_of_the_port_of_arrival(
    terms: AggregationTerms, arrival: str, port: str | None, expected: date
) -> None:
    assert known(counted(terms, expected_arrival=arrival, arrival_port=port)).day == day(expected)


def test_the_entry_date_is_the_day_of_arrival_in_the_zone_of_the_pack(terms: AggregationTerms) -> None:
    entry = replace(terms, day=DayKey.ENTRY_DATE)
    at = "2025-01-16T06:00:00Z"
    assert known(counted(entry, expected_arrival=at, arrival_port="LAX")).day == day(date(2025, 1, 16))


def test_the_day_of_departure_is_in_utc_and_falls_back_to_the_arrival(terms: AggregationTerms) -> None:
    flown = replace(terms, day=DayKey.DEPARTURE_UTC)
    arrival = "2025-01-16T05:00:00Z"
    findings = known(counted(flown, expected_arrival=arrival, departure="2025-01-15T07:59:59+08:00"))
    assert findings.day == day(date(2025, 1, 14))
    assert known(counted(flown, expected_arrival=arrival)).day == day(date(2025, 1, 16))


def test_without_an_arrival_it_is_the_day_the_message_came(terms: AggregationTerms) -> None:
    assert known(counted(terms)).day == day(date(2025, 1, 10))
    law = datetime(2025, 1, 12, 12, tzinfo=UTC)
    assert known(counted(terms, evaluated_for=law)).day == day(date(2025, 1, 12))


@pytest.mark.parametrize(
    "arrival", ["2031-01-01T00:00:00Z", "2025-01-16T05:00:00", "soon", "9999-12-31T23:59:59Z"]
)
def test_an_arrival_that_cannot_be_meant_gives_way_to_the_one_that_is_believed(
    terms: AggregationTerms, arrival: str
) -> None:
    law = datetime(2025, 1, 12, 12, tzinfo=UTC)
    assert known(counted(terms, expected_arrival=arrival, evaluated_for=law)).day == day(date(2025, 1, 12))


@given(port=st.text(max_size=8), moment=st.datetimes(timezones=st.just(UTC)))
def test_no_port_and_no_time_breaks_the_count(policy: Policy, port: str, moment: datetime) -> None:
    findings = known(
        counted(policy.aggregation, arrival_port=port, expected_arrival=moment.isoformat(), departure="\x00")
    )
    assert abs(findings.day - RECEIVED.date().toordinal()) <= MOST_DAYS_OFF + 1


def test_every_zone_of_the_ports_is_one_the_system_knows() -> None:
    codes = ("JFK", "DTW", "IND", "SDF", "ORD", "DEN", "PHX", "SEA", "ANC", "HNL", "SJU", "STT", "GUM", "PPG")
    assert all(isinstance(zone_of(code), ZoneInfo) for code in codes)
    assert zone_of("PRSJU") == zone_of("4909") == ZoneInfo("America/Puerto_Rico")
    assert [zone_of(code) for code in ("DEFRA", "FRA", "9999", "", None)] == [None] * 5


# Values, orders, numbers.


def test_an_outsider_declares_the_order_and_the_departure() -> None:
    line = (
        b'{"id": "A1", "mode": "express", "order": "A-1001", "departure": "2025-01-15T07:59:59+08:00",'
        b' "account": {"number": "7"}}'
    )
    words = read_consignment(line)
    assert (words.order, words.departure, words.account.number) == (
        "A-1001",
        "2025-01-15T07:59:59+08:00",
        "7",
    )
    facts = facts_of(Effective(declaration=words))
    assert (facts["consignment.order"], facts["consignment.departure"]) == (words.order, words.departure)


def test_the_value_is_the_consignments_else_that_of_all_its_items(terms: AggregationTerms) -> None:
    lines = (Item(value=Money(1_000, "USD")), Item(value=Money(250, "USD")))
    assert known(counted(terms, value=Money(5, "EUR"), items=lines)).value_minor == 5
    assert known(counted(terms, items=lines)).value_minor == 1_250
    mixed = (*lines, Item(value=Money(1, "EUR")))
    for items in ((*lines, Item()), mixed, ()):
        findings = known(counted(terms, items=items))
        assert (findings.value_minor, findings.currency) == (None, "")


def test_an_order_is_known_with_its_shop(terms: AggregationTerms) -> None:
    shop = Party(name="Lotus Trading Ltd")
    one = known(counted(terms, order="A-1001", seller=shop))
    assert (
        one.order == known(counted(terms, order="a 1001", seller=Party(name="LOTUS TRADING LTD"))).order != 0
    )
    assert one.order != known(counted(terms, order="A-1001", seller=Party(name="Rose Trading Ltd"))).order
    assert known(counted(terms, order="1001")).order == 0
    assert known(counted(terms, order="2025-0110-77812")).order != 0
    assert one.keys() == (one.building, one.order)


def test_numbers_that_follow_each_other_share_a_series(terms: AggregationTerms) -> None:
    first = known(counted(terms, consignment="RB473124829GB"))
    second = known(counted(terms, consignment="RB473124832GB"))
    assert (first.series, second.serial - first.serial) == (second.series, 1)
    assert known(counted(terms, consignment="RC473124832GB")).series != first.series
    assert known(counted(terms, consignment="ABCDEF")).series == 0


# What is not counted.


def test_a_master_bill_and_a_parcel_without_any_key_are_not_counted(terms: AggregationTerms) -> None:
    assert counted(terms, level=Level.MASTER) is None
    assert counted(terms, consignee=Party(name="Jane Doe")) is None
    assert counted(AggregationTerms()) is None


def test_digests_of_another_secret_do_not_compare_and_an_empty_one_is_refused(
    terms: AggregationTerms,
) -> None:
    one, other = known(counted(terms)), known(counted(terms, secret=b"another"))
    assert {one.person, one.building, one.address}.isdisjoint({other.person, other.building, other.address})
    with pytest.raises(ValueError, match="secret is empty"):
        counted(terms, secret=b"")


@given(text=st.text(max_size=40))
def test_a_digest_is_a_positive_number_that_a_table_can_hold(text: str) -> None:
    digests = KeyedDigests(SECRET)
    assert 0 < digests.of("person", text) < 2**63
    assert digests.of("person", text) != digests.of("building", text)


@given(
    name=st.text(max_size=40),
    street=st.text(max_size=60),
    phone=st.text(max_size=20),
    number=st.text(min_size=1, max_size=30),
)
def test_whatever_is_declared_can_be_counted_and_kept(
    policy: Policy, name: str, street: str, phone: str, number: str
) -> None:
    findings = counted(
        policy.aggregation,
        consignment=number,
        order=number,
        consignee=party(name=name, street=street, phone=phone),
    )
    if findings is not None:
        packed = msgspec.msgpack.encode(findings)
        assert msgspec.msgpack.decode(packed, type=Tally) == findings
        keys = findings.keys()
        assert 0 < len(keys) == len(set(keys)) <= 4
        assert all(keys)


def test_what_is_kept_of_a_consignment_is_small_and_names_nobody(terms: AggregationTerms) -> None:
    findings = known(
        counted(
            terms, consignee=party(phone="5032260100", email="jane@doe-family.org"), order="A-1001",
            seller=Party(name="Lotus Trading"), value=Money(79_999, "USD"), hs="610910", origin_country="CN",
        )
    )  # fmt: skip
    packed = msgspec.msgpack.encode(findings)
    assert len(packed) <= 140
    assert b"ane" not in packed
    assert b"97201" not in packed
