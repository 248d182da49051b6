"""The law of the default pack, on both sides of every second at which it changes.

What is expected is written here by hand from the published dates, never read from the pack.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from agent.domain.consignment.declaration import Account, Declaration, IdentityDocument, Party, Transport
from agent.domain.consignment.effective import Effective
from agent.domain.decision.assess import Assessment, assess
from agent.domain.findings.finding import Finding, Severity
from agent.domain.policy.pack import Policy
from agent.domain.values.money import Money

EASTERN = ZoneInfo("America/New_York")
SECOND = timedelta(seconds=1)

WHOLE = Declaration(
    consignment="SKY-0001",
    transport=Transport.EXPRESS,
    consignor=Party(
        name="Pearl Ridge Trading Ltd", street="88 Xinghu Road", city="Shenzhen", country="CN",
        phone="+86 755 8345 1290", email="export@pearlridge-trading.cn",
    ),
    consignee=Party(
        name="Avery Bellwether", street="12 Dunmore Street", city="Portland", state="OR", postcode="97205",
        country="US", phone="+1 503 223 8761", email="avery@bellwether.org",
    ),
    description="men's knitted cotton shirt, short sleeve",
    hs="6109100012",
    quantity=1,
    piece_count=1,
    gross_weight_g=290,
    shipped_country="CN",
    packing_place="Shenzhen, Nanshan warehouse 4",
    pickup_place="Shenzhen, Nanshan warehouse 4",
    account=Account(
        holder="Pearl Ridge Trading Ltd", name="Pearl Ridge", issuer="Skylark Express", number="4417-22",
        opened_on="2021-04-06", billing_type="credit", ship_frequency="daily", ip_at_opening="203.0.113.9",
        ip_at_booking="203.0.113.10",
    ),
    identity_document=IdentityDocument(sort="passport", country="CN", number="E12345678"),
    mail_service="EMS",
    mail_category="sale",
    mailed_on="2025-01-02",
)  # fmt: skip
"""Says all that any regime asks for."""


def eastern(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=EASTERN).astimezone(UTC)


def assessed(policy: Policy, at: datetime, **changes: Any) -> Assessment:
    return assess(Effective(declaration=msgspec.structs.replace(WHOLE, **changes)), policy, (), at)


def law_of(made: Assessment) -> set[str]:
    """Codes of what a rule or a regime found; checks of names and texts have tests of their own."""
    return {f.code for f in made.findings if f.params.keys() & {"rule", "regime"}}


# -- value: ceilings, exemption, duties ----------------------------------------------------------------------

D, M, S, F = "NO_DE_MINIMIS", "MAIL_DUTY_DUE", "SURCHARGE_DUE", "FORMAL_ENTRY_NEEDED"
E = "IEEPA_DUTY_DUE"
NONE: set[str] = set()

# From this second on: what is found on goods up to 800 USD, sent by express or by mail, of China or another
# country, and whether the surcharge is due on express goods above that.
LAW: tuple[tuple[str, set[str], set[str], set[str], set[str], bool], ...] = (
    # from                 express CN  express GB  mail CN  mail GB  surcharge above 800
    ("2016-03-10T00:00:00", NONE, NONE, NONE, NONE, False),
    ("2025-02-04T00:01:00", {D}, NONE, {D}, NONE, False),
    ("2025-02-07T00:00:00", NONE, NONE, NONE, NONE, False),
    ("2025-05-02T00:01:00", {D}, NONE, {M}, NONE, False),
    ("2025-05-14T00:01:00", {D}, NONE, {M}, NONE, False),
    ("2025-08-29T00:01:00", {D, E}, {D, E}, {D, M}, {D, M}, False),
    ("2025-11-21T00:00:00", {D, E}, {D, E}, {D, M}, {D, M}, False),
    ("2026-02-24T00:00:00", {D}, {D}, {D, M}, {D, M}, False),
    ("2026-02-24T00:01:00", {D, S}, {D, S}, {D, M}, {D, M}, True),
    ("2026-02-28T00:00:00", {D, S}, {D, S}, {D, M}, {D, M}, True),
    ("2026-06-24T00:00:00", {D, S}, {D, S}, {D, M}, {D, M}, True),
    ("2026-07-24T00:01:00", {D}, {D}, {D}, {D}, False),
    ("2026-11-21T00:00:00", {D}, {D}, {D}, {D}, False),
    ("2027-07-01T00:00:00", {D}, {D}, {D}, {D}, False),
)
CENTS = (9_999, 10_000, 79_999, 80_000, 80_001, 250_000, 250_001)


def expected(row: int, mode: Transport, origin: str, cents: int) -> set[str]:
    if row < 0:
        return {F} if cents > 250_000 else set()
    _, express_cn, express_gb, mail_cn, mail_gb, surcharge = LAW[row]
    if cents <= 80_000:
        chinese = origin in ("CN", "HK")
        if mode is Transport.EXPRESS:
            return express_cn if chinese else express_gb
        return mail_cn if chinese else mail_gb
    above = {S} if surcharge and mode is Transport.EXPRESS else set()
    return above | ({F} if cents > 250_000 else set())


@pytest.mark.parametrize("row", range(len(LAW)), ids=[row[0] for row in LAW])
def test_each_value_meets_the_law_of_its_second(policy: Policy, row: int) -> None:
    boundary = eastern(LAW[row][0])
    for at, law in ((boundary - SECOND, row - 1), (boundary, row)):
        for mode, origin, cents in product(Transport, ("CN", "HK", "GB"), CENTS):
            made = assessed(policy, at, transport=mode, origin_country=origin, value=Money(cents, "USD"))
            result = law_of(made)
            assert result == expected(law, mode, origin, cents), (at, mode, origin, cents)


def test_nothing_of_value_changes_on_another_day(policy: Policy) -> None:
    bounds = [eastern(row[0]) for row in LAW]
    day, row = datetime(2024, 12, 31, 12, tzinfo=UTC), 0
    while day.year < 2028:
        row = sum(bound <= day for bound in bounds) - 1
        for mode, origin in product(Transport, ("CN", "GB")):
            made = assessed(policy, day, transport=mode, origin_country=origin, value=Money(50_000, "USD"))
            assert law_of(made) == expected(row, mode, origin, 50_000), (day, mode, origin)
        day += timedelta(days=3)
    assert row == len(LAW) - 1


def one(made: Assessment, code: str) -> Finding:
    (finding,) = [f for f in made.findings if f.code == code]
    return finding


@pytest.mark.parametrize(
    ("at", "mode", "origin", "before", "after"),
    [
        ("2025-08-29T00:01:00", Transport.EXPRESS, "CN", "14256", "14324"),
        ("2026-06-24T00:00:00", Transport.EXPRESS, "GB", "14324", "91 FR 37789"),
        ("2026-06-24T00:00:00", Transport.MAIL, "GB", "14324", "91 FR 37801"),
        ("2027-07-01T00:00:00", Transport.EXPRESS, "GB", "91 FR 37789", "119-21"),
        ("2027-07-01T00:00:00", Transport.MAIL, "CN", "91 FR 37801", "119-21"),
    ],
)
def test_the_end_of_the_exemption_is_cited_by_the_act_of_its_time(
    policy: Policy, at: str, mode: Transport, origin: str, before: str, after: str
) -> None:
    for moment, act in ((eastern(at) - SECOND, before), (eastern(at), after)):
        made = assessed(policy, moment, transport=mode, origin_country=origin, value=Money(80_000, "USD"))
        assert act in (policy.citation_of(one(made, D), moment) or "")


@pytest.mark.parametrize(
    ("at", "origin", "ad_valorem_permille", "specific_minor"),
    [
        ("2025-05-02T00:01:00", "CN", 1200, 10_000),
        ("2025-05-14T00:00:59", "HK", 1200, 10_000),
        ("2025-05-14T00:01:00", "CN", 540, 10_000),
        ("2025-08-29T00:00:59", "CN", 540, 10_000),
        ("2026-02-28T00:00:00", "GB", 100, None),
        ("2026-07-24T00:00:59", "CN", 100, None),
    ],
)
def test_mail_pays_the_rate_of_its_second(
    policy: Policy, at: str, origin: str, ad_valorem_permille: int, specific_minor: int | None
) -> None:
    made = assessed(
        policy, eastern(at), transport=Transport.MAIL, origin_country=origin, value=Money(5_000, "USD")
    )
    params = one(made, M).params
    assert params["ad_valorem_permille"] == ad_valorem_permille
    assert params.get("specific_minor") == specific_minor
    assert "specific_low_minor" not in params


@pytest.mark.parametrize("at", ["2025-08-29T00:01:00", "2026-02-27T23:59:59"])
def test_specific_duties_by_rate_class_last_six_months(policy: Policy, at: str) -> None:
    made = assessed(
        policy, eastern(at), transport=Transport.MAIL, origin_country="VN", value=Money(5_000, "USD")
    )
    assert one(made, M).params["specific_low_minor"] == 8_000


@pytest.mark.parametrize("mode", list(Transport))
@pytest.mark.parametrize(("cents", "exempt"), [(9_999, True), (10_000, True), (10_001, False)])
def test_a_gift_up_to_a_hundred_dollars_stays_exempt(
    policy: Policy, mode: Transport, cents: int, exempt: bool
) -> None:
    gift = {"transport": mode, "mail_category": "gift", "origin_country": "GB", "value": Money(cents, "USD")}
    suspended = eastern("2025-08-29T00:01:00")
    before, after = assessed(policy, suspended - SECOND, **gift), assessed(policy, suspended, **gift)
    assert law_of(before) == set()
    result = law_of(after)
    duty = E if mode is Transport.EXPRESS else M
    assert result == (set() if exempt else {D, "GIFT_NOT_EXEMPT", duty})
    assert (after.entry == "us-gift") is exempt


# -- how the goods enter -------------------------------------------------------------------------------------

X, P = Transport.EXPRESS, Transport.MAIL
ENTRIES = (
    ("2025-02-04T00:00:59", X, "CN", 80_000, "us-section-321-cn-hk"),
    ("2025-02-04T00:01:00", X, "CN", 80_000, "us-informal-entry"),
    ("2025-02-04T00:01:00", X, "GB", 80_000, "us-section-321"),
    ("2025-02-07T00:00:00", X, "CN", 80_000, "us-section-321-cn-hk-resumed"),
    ("2025-05-02T00:00:59", X, "HK", 80_000, "us-section-321-cn-hk-resumed"),
    ("2025-05-02T00:01:00", X, "HK", 80_000, "us-informal-entry"),
    ("2025-05-02T00:01:00", P, "CN", 80_000, "us-mail-duty-cn-hk"),
    ("2025-05-02T00:01:00", P, "CN", 80_001, "us-mail-entry"),
    ("2025-05-02T00:01:00", P, "GB", 80_000, "us-section-321"),
    ("2025-08-29T00:00:59", X, "GB", 80_000, "us-section-321"),
    ("2025-08-29T00:00:59", X, "GB", 80_001, "us-informal-entry"),
    ("2025-08-29T00:01:00", X, "GB", 9_999, "us-informal-entry"),
    ("2025-08-29T00:01:00", X, "CN", 250_000, "us-informal-entry"),
    ("2025-08-29T00:01:00", X, "CN", 250_001, "us-formal-entry"),
    ("2025-08-29T00:01:00", P, "GB", 80_000, "us-mail-duty"),
    ("2025-08-29T00:01:00", P, "GB", 80_001, "us-mail-entry"),
    ("2025-08-29T00:01:00", P, "GB", 250_001, "us-formal-entry"),
    ("2026-06-23T23:59:59", P, "GB", 80_000, "us-mail-duty"),
    ("2026-06-24T00:00:00", P, "GB", 80_000, "us-postal-informal-entry"),
    ("2026-06-24T00:00:00", P, "GB", 250_000, "us-postal-informal-entry"),
    ("2026-06-24T00:00:00", P, "GB", 250_001, "us-formal-entry"),
    ("2027-07-01T00:00:00", X, "GB", 50_000, "us-informal-entry"),
)


@pytest.mark.parametrize(("at", "mode", "origin", "cents", "entry"), ENTRIES)
def test_goods_enter_by_the_regime_of_their_second(
    policy: Policy, at: str, mode: Transport, origin: str, cents: int, entry: str
) -> None:
    made = assessed(policy, eastern(at), transport=mode, origin_country=origin, value=Money(cents, "USD"))
    assert made.entry == entry
    assert entry in made.regimes


def test_without_a_value_in_dollars_it_is_open_how_goods_enter(policy: Policy) -> None:
    at = eastern("2026-01-01T00:00:00")
    assert assessed(policy, at, origin_country="CN").entry is None
    assert assessed(policy, at, origin_country="CN", value=Money(100, "EUR")).entry is None


# -- entry types ---------------------------------------------------------------------------------------------

CLOSED, CEILING = "ENTRY_TYPE_CLOSED", "ENTRY_TYPE_CEILING"
TYPES = (
    # entry type, mode, origin, cents, second it changes, before, after
    ("86", X, "GB", 50_000, "2019-09-28T00:00:00", {CLOSED}, NONE),
    ("86", X, "CN", 50_000, "2025-05-02T00:01:00", NONE, {CLOSED}),
    ("86", X, "GB", 50_000, "2025-05-02T00:01:00", NONE, NONE),
    ("86", X, "GB", 80_000, "2025-08-29T00:01:00", NONE, {CLOSED}),
    ("86", X, "GB", 80_001, "2025-08-29T00:01:00", {CEILING}, {CLOSED}),
    ("86", P, "CN", 50_000, "2025-08-29T00:01:00", NONE, {CLOSED}),
    ("321", X, "GB", 80_000, "2025-08-29T00:01:00", NONE, {CLOSED}),
    ("321", X, "CN", 80_000, "2025-05-02T00:01:00", NONE, {CLOSED}),
    ("13", P, "GB", 250_000, "2026-06-24T00:00:00", {CLOSED}, NONE),
    ("13", P, "GB", 250_001, "2026-06-24T00:00:00", {CLOSED}, {CEILING}),
    ("13", X, "GB", 50_000, "2026-06-24T00:00:00", {CLOSED}, {CLOSED}),
    ("11", X, "GB", 250_000, "2025-08-29T00:01:00", NONE, NONE),
    ("11", X, "GB", 250_001, "2025-08-29T00:01:00", {CEILING}, {CEILING}),
    ("01", X, "GB", 250_001, "2025-08-29T00:01:00", NONE, NONE),
    ("99", X, "GB", 50_000, "2025-08-29T00:01:00", {"ENTRY_TYPE_UNKNOWN"}, {"ENTRY_TYPE_UNKNOWN"}),
)


@pytest.mark.parametrize("case", TYPES)
def test_an_entry_type_is_open_from_its_first_second_to_its_last(
    policy: Policy, case: tuple[str, Transport, str, int, str, set[str], set[str]]
) -> None:
    entry, mode, origin, cents, at, before, after = case
    for moment, codes in ((eastern(at) - SECOND, before), (eastern(at), after)):
        made = assessed(
            policy, moment, transport=mode, origin_country=origin, value=Money(cents, "USD"),
            entry_type=entry, entry_number="XYZ12345676", arrival_port="JFK", importer_of_record="12-3456789",
        )  # fmt: skip
        result = {f.code for f in made.findings if f.code.startswith("ENTRY_TYPE")}
        assert result == codes
        assert {f.severity for f in made.findings if f.code in codes} <= {Severity.CORRECTABLE}


# -- data that is asked for ----------------------------------------------------------------------------------

ACCOUNT_PARTS = "HOLDER NAME ISSUER NUMBER OPENED_ON BILLING_TYPE SHIP_FREQUENCY IP_AT_OPENING IP_AT_BOOKING"
ACCOUNT = {f"ACCOUNT_{part}" for part in ACCOUNT_PARTS.split()}
UNKNOWN_SHIPPER = {
    "account": Account(),
    "consignor": Party(name="Pearl Ridge Trading Ltd", street="88 Xinghu Road", country="CN"),
}
CONSIGNEE = {
    "consignee": Party(
        name="Avery Bellwether", street="12 Dunmore Street", city="Portland", postcode="97205", country="US"
    )
}
OF_SHIPPER = ACCOUNT | {"CONSIGNOR_EMAIL", "CONSIGNOR_PHONE"}
REACH = {"CONSIGNEE_EMAIL", "CONSIGNEE_PHONE"}
NOWHERE = {"packing_place": None, "pickup_place": None}
N, CORRECTABLE = Severity.NOTE, Severity.CORRECTABLE
ASKED: tuple[tuple[str, Transport, dict[str, Any], set[str], Severity | None, Severity | None], ...] = (
    # second, mode, what is not said, what is then missing, how much that weighed before and weighs after
    ("2018-06-12T00:00:00", X, {"piece_count": None}, {"CONSIGNMENT_PIECE_COUNT"}, None, CORRECTABLE),
    ("2018-06-12T00:00:00", X, {"gross_weight_g": None}, {"CONSIGNMENT_GROSS_WEIGHT_G"}, None, CORRECTABLE),
    ("2018-06-12T00:00:00", X, {"flight": "LH8160"}, {"CONSIGNMENT_MASTER"}, None, CORRECTABLE),
    ("2018-06-12T00:00:00", P, {"piece_count": None}, {"CONSIGNMENT_PIECE_COUNT"}, None, None),
    ("2021-03-15T00:00:00", P, {"quantity": None}, {"GOODS_QUANTITY"}, None, CORRECTABLE),
    ("2021-03-15T00:00:00", P, {"value": None}, {"CONSIGNMENT_VALUE_MINOR"}, None, CORRECTABLE),
    ("2021-03-15T00:00:00", P, {"description": None}, {"GOODS_DESCRIPTION"}, None, CORRECTABLE),
    ("2021-03-15T00:00:00", P, {"mailed_on": None}, {"CONSIGNMENT_MAILED_ON"}, None, N),
    ("2021-03-15T00:00:00", X, {"quantity": None}, {"GOODS_QUANTITY"}, None, None),
    ("2025-05-02T00:01:00", X, {"hs": None, "origin_country": "CN"}, {"GOODS_HS"}, None, CORRECTABLE),
    ("2025-05-02T00:01:00", X, {"hs": None}, {"GOODS_HS"}, None, None),
    ("2025-08-29T00:01:00", X, {"hs": None}, {"GOODS_HS"}, None, CORRECTABLE),
    ("2025-08-29T00:01:00", X, {"value": None}, {"CONSIGNMENT_VALUE_MINOR"}, None, CORRECTABLE),
    ("2025-08-29T00:01:00", P, {"origin_country": None}, {"GOODS_ORIGIN_COUNTRY"}, None, CORRECTABLE),
    ("2025-11-21T00:00:00", X, CONSIGNEE, REACH, None, N),
    ("2025-11-21T00:00:00", X, NOWHERE, {"CONSIGNMENT_PICKUP_PLACE"}, None, N),
    ("2025-11-21T00:00:00", X, UNKNOWN_SHIPPER, OF_SHIPPER, None, N),
    ("2026-11-21T00:00:00", X, CONSIGNEE, REACH, N, CORRECTABLE),
    ("2026-11-21T00:00:00", X, NOWHERE, {"CONSIGNMENT_PICKUP_PLACE"}, N, CORRECTABLE),
    ("2026-11-21T00:00:00", X, {"packing_place": None}, {"CONSIGNMENT_PICKUP_PLACE"}, None, None),
    ("2026-11-21T00:00:00", X, {"pickup_place": None}, {"CONSIGNMENT_PICKUP_PLACE"}, None, None),
    ("2026-11-21T00:00:00", X, UNKNOWN_SHIPPER, OF_SHIPPER, N, CORRECTABLE),
    ("2026-11-21T00:00:00", X, {**UNKNOWN_SHIPPER, "known_consignor": False}, OF_SHIPPER, N, CORRECTABLE),
    ("2026-11-21T00:00:00", X, {**UNKNOWN_SHIPPER, "known_consignor": True}, OF_SHIPPER, None, None),
    ("2026-11-21T00:00:00", X, {"identity_document": IdentityDocument()}, {"IDENTITY_DOCUMENT_NUMBER"}, N, N),
    ("2026-11-21T00:00:00", P, {**CONSIGNEE, **NOWHERE, **UNKNOWN_SHIPPER}, REACH, None, None),
)  # fmt: skip


@pytest.mark.parametrize(("at", "mode", "unsaid", "names", "before", "after"), ASKED)
def test_data_is_asked_for_from_the_second_the_law_asks(
    policy: Policy,
    at: str,
    mode: Transport,
    unsaid: dict[str, Any],
    names: set[str],
    before: Severity | None,
    after: Severity | None,
) -> None:
    words = {"transport": mode, "origin_country": "GB", "value": Money(50_000, "USD"), **unsaid}
    for moment, weight in ((eastern(at) - SECOND, before), (eastern(at), after)):
        made = assessed(policy, moment, **words)
        missing = {f.code.removeprefix("MISSING_"): f for f in made.findings if f.code.startswith("MISSING_")}
        assert missing.keys() & names == (names if weight is not None else set()), moment
        assert {missing[name].severity for name in names & missing.keys()} <= {weight}
        assert missing.keys() <= names
        for finding in missing.values():
            assert policy.citation_of(finding, moment)


@pytest.mark.parametrize(
    ("mode", "at", "before", "after"),
    [
        (X, "2024-04-01T00:00:00", N, N),
        (X, "2024-11-12T00:00:00", N, CORRECTABLE),
        (P, "2024-11-12T00:00:00", N, CORRECTABLE),
    ],
)
def test_a_vague_description_is_messaged_first_and_refused_later(
    policy: Policy, mode: Transport, at: str, before: Severity, after: Severity
) -> None:
    for moment, weight in ((eastern(at) - SECOND, before), (eastern(at), after)):
        made = assessed(
            policy, moment, transport=mode, description="gift", origin_country="GB", value=Money(5_000, "USD")
        )
        assert one(made, "DESCRIPTION_REFUSED").severity is weight


def test_every_entry_of_the_pack_names_its_source_and_how_sure_it_is(policy: Policy) -> None:
    entries = (*policy.regimes, *policy.rules.rules, *policy.codes, *policy.notices)
    assert len(entries) > 70
    assert all(len(entry.citation) > 8 for entry in entries)
    assert {entry.confidence.value for entry in entries} == {"high", "medium", "low"}


def test_every_date_of_the_timeline_stands_in_the_pack(policy: Policy) -> None:
    days = """
        2016-03-10 2018-06-12 2019-08-22 2019-09-28 2021-03-15 2023-02-16 2023-09-20 2024-02-15 2024-04-01
        2024-07-15 2024-09-03 2024-11-12 2025-01-11 2025-01-14 2025-01-21 2025-02-04 2025-02-07 2025-05-02
        2025-05-14 2025-07-04 2025-08-29 2025-11-21 2026-02-20 2026-02-24 2026-02-28 2026-06-24 2026-07-24
        2026-09-22 2026-11-21 2027-07-01
    """
    entries = (*policy.regimes, *policy.rules.rules, *policy.codes, *policy.notices)
    stand = {bound.astimezone(EASTERN).date().isoformat() for entry in entries for bound in entry.bounds()}
    assert set(days.split()) - stand == set()
