"""Assessments: the document half of a clearance."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.domain.consignment.declaration import Declaration, Item, Label, Party, Transport
from agent.domain.consignment.effective import Claim, Effective, SourceRole, effective
from agent.domain.decision.assess import Assessment, assess
from agent.domain.findings.disposition import Disposition
from agent.domain.findings.finding import Disclosure, Severity
from agent.domain.policy.cel import RuleSet
from agent.domain.policy.pack import Policy, parse_policy
from agent.domain.screening.names import ListEntry, PartyList
from agent.domain.values.money import Money

ISSUED = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 1, 5, tzinfo=UTC)

GOOD = Declaration(
    consignment="RB123456785GB",
    transport=Transport.EXPRESS,
    pieces=((Label("s10", "RB123456785GB"),),),
    consignor=Party(name="Acme Ltd", street="1 High St", country="GB"),
    consignee=Party(
        name="Jane Doe", street="2 Main St", city="Springfield", state="IL", country="US", postcode="62701"
    ),
    description="men's cotton shirt",
    hs="610910",
    gross_weight_g=250,
    value=Money(300_000, "USD"),
    origin_country="CN",
)
LISTED = PartyList(id="sdn", issued=ISSUED, entries=(ListEntry(id="42", names=("DOE, Jane",)),))


def assessed(policy: Policy, *lists: PartyList, at: datetime = NOW, **changes: Any) -> Assessment:
    return assess(Effective(declaration=msgspec.structs.replace(GOOD, **changes)), policy, lists, at)


def to(**changes: str) -> Party:
    """The consignee with something changed."""
    return msgspec.structs.replace(GOOD.consignee, **changes)


def codes(assessment: Assessment) -> list[str]:
    """Codes of everything found but notes."""
    return [f.code for f in assessment.findings if f.severity is not Severity.NOTE]


def test_a_good_declaration_gives_nothing_but_notes(policy: Policy) -> None:
    assessment = assessed(policy, LISTED, consignee=to(name="Ann Poe"))
    assert codes(assessment) == []
    asked_from_november = {f.code for f in assessment.findings if f.code.startswith("MISSING_")}
    assert "MISSING_CONSIGNEE_EMAIL" in asked_from_november
    assert [f.code for f in assessment.findings if f.code not in asked_from_november] == [
        "COUNTRIES_DIFFER",
        "FORMAL_ENTRY_NEEDED",
    ]
    assert (assessment.entry, "us-acas" in assessment.regimes) == ("us-formal-entry", True)
    assert assessment.consignment == "RB123456785GB"
    assert (assessment.declared_weight_g, assessment.value) == (250, Money(300_000, "USD"))
    assert (assessment.policy_id, assessment.policy_sequence) == (policy.id, policy.sequence)
    assert assessment.lists == ("sdn",)
    assert assessment.assessed_at == assessment.evaluated_for == NOW


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            {"consignee": Party(country="US", city="Springfield", postcode="62701")},
            ["MISSING_CONSIGNEE_NAME", "MISSING_CONSIGNEE_STREET"],
        ),
        ({"consignor": Party(name="A Ltd", country="GB")}, ["MISSING_CONSIGNOR_STREET"]),
        ({"gross_weight_g": None}, ["MISSING_CONSIGNMENT_GROSS_WEIGHT_G"]),
        ({"description": None}, ["MISSING_GOODS_DESCRIPTION"]),
        ({"hs": None}, ["MISSING_GOODS_HS"]),
        ({"value": None}, ["MISSING_CONSIGNMENT_VALUE_MINOR"]),
        ({"description": "gift"}, ["DESCRIPTION_REFUSED"]),
        ({"description": "fentanyl test strips"}, ["GOODS_RESTRICTED"]),
        ({"hs": "61091"}, ["HS_MALFORMED"]),
        ({"hs": "shirts"}, ["HS_MALFORMED"]),
        ({"origin_country": "XX"}, ["COUNTRY_UNKNOWN"]),
        ({"value": Money(100, "EUR")}, ["VALUE_NOT_COMPARABLE"]),
        ({"consignee": to(name="Unknown")}, ["PARTY_REFUSED"]),
        ({"consignee": to(street="...")}, ["PARTY_REFUSED"]),
        ({"consignee": to(country="DE")}, ["CONSIGNEE_NOT_IN_US"]),
        (
            {"consignee": to(postcode="6270")},
            ["POSTCODE_MALFORMED"],
        ),
        ({"expected_arrival": "2026-01-09T10:00:00"}, ["EXPECTED_ARRIVAL_UNREADABLE"]),
        ({"expected_arrival": "soon"}, ["EXPECTED_ARRIVAL_UNREADABLE"]),
    ],
)
def test_each_fault_of_a_document_is_found(
    policy: Policy, change: dict[str, Any], expected: list[str]
) -> None:
    assessment = assessed(policy, **change)
    assert codes(assessment) == expected
    assert all(f.disclosure is Disclosure.OPEN for f in assessment.findings)


def test_mail_is_asked_for_what_mail_must_say(policy: Policy) -> None:
    assert codes(assessed(policy, transport=Transport.MAIL, hs=None)) == ["MISSING_GOODS_QUANTITY"]


def test_what_is_missing_is_asked_for_only_while_its_regime_is_in_force(policy: Policy) -> None:
    boundary = datetime(2025, 8, 29, 4, 1, tzinfo=UTC)
    british = {"hs": None, "origin_country": "GB"}
    assert codes(assessed(policy, at=boundary - timedelta(seconds=1), **british)) == []
    assert codes(assessed(policy, at=boundary, **british)) == ["MISSING_GOODS_HS"]


def test_a_regime_asks_up_to_not_at_its_end(policy: Policy) -> None:
    regimes = tuple(replace(regime, ends=NOW) for regime in policy.regimes if regime.starts < NOW)
    ended = replace(policy, rules=RuleSet(policy.rules.rules, regimes))
    assert codes(assessed(ended, at=NOW - timedelta(seconds=1), hs=None)) == ["MISSING_GOODS_HS"]
    assert codes(assessed(ended, at=NOW, hs=None)) == ["NO_REGIME"]


def test_rules_are_those_of_the_expected_arrival(policy: Policy) -> None:
    before, after = "2025-08-29T00:00:59-04:00", "2025-08-29T00:01:00-04:00"
    day_before = datetime(2025, 8, 28, tzinfo=UTC)
    british = {"hs": None, "origin_country": "GB"}
    assert codes(assessed(policy, at=day_before, expected_arrival=before, **british)) == []
    late = assessed(policy, at=datetime(2025, 8, 1, tzinfo=UTC), expected_arrival=after, **british)
    assert codes(late) == ["MISSING_GOODS_HS"]
    assert late.evaluated_for == datetime(2025, 8, 29, 4, 1, tzinfo=UTC)


def test_an_arrival_that_has_passed_does_not_choose_the_law(policy: Policy) -> None:
    result = assessed(policy, hs=None, expected_arrival=(NOW - timedelta(days=1)).isoformat())
    assert codes(result) == ["MISSING_GOODS_HS"]
    assert result.evaluated_for == NOW


@pytest.mark.parametrize("days", [-5000, -3, 61, 5000])
def test_an_arrival_that_nobody_would_believe_refers(policy: Policy, days: int) -> None:
    result = assessed(policy, hs=None, expected_arrival=(NOW + timedelta(days=days)).isoformat())
    assert codes(result) == ["EXPECTED_ARRIVAL_IMPLAUSIBLE", "MISSING_GOODS_HS"]
    assert result.evaluated_for == NOW


def test_a_party_that_one_source_names_is_screened_whatever_another_says(policy: Policy) -> None:
    other = msgspec.structs.replace(
        GOOD, consignee=msgspec.structs.replace(GOOD.consignee, name="Avery Vale")
    )
    listed = Party(name="Nobody Listed")
    party_list = PartyList(id="sdn", issued=NOW, entries=(ListEntry(id="42", names=("Nobody Listed",)),))
    claims = [
        Claim(role=SourceRole.CARRIER, party="one", received="2026-01-02T00:00:00Z", declaration=other),
        Claim(
            role=SourceRole.FORWARDER,
            party="one",
            received="2026-01-01T00:00:00Z",
            declaration=msgspec.structs.replace(GOOD, consignee=listed),
        ),
    ]
    result = assess(effective(claims), policy, [party_list], NOW).findings
    assert [f.code for f in result if f.disclosure is Disclosure.SEALED] == ["LISTED_PARTY"]


def test_a_listed_party_refers_and_is_sealed(policy: Policy) -> None:
    (finding,) = [f for f in assessed(policy, LISTED).findings if f.severity is not Severity.NOTE]
    assert (finding.code, finding.disclosure) == ("LISTED_PARTY", Disclosure.SEALED)
    assert dict(finding.params) == {"list": "sdn", "entry": "42", "party": "consignee"}
    assert policy.outcome_of(finding) is Disposition.RFS


def test_a_sealed_rule_gives_a_sealed_finding(policy: Policy) -> None:
    (finding,) = [
        f for f in assessed(policy, description="steel tablet press").findings if f.severity is Severity.REFER
    ]
    assert (finding.code, finding.disclosure) == ("GOODS_RESTRICTED", Disclosure.SEALED)


def test_sources_that_disagree_are_found_with_the_field_and_without_the_claims(policy: Policy) -> None:
    claims = [
        Claim(role=SourceRole.CARRIER, party="one", received="2026-01-01T00:00:00Z", declaration=GOOD),
        Claim(
            role=SourceRole.SELLER,
            party="one",
            received="2026-01-02T00:00:00Z",
            declaration=msgspec.structs.replace(GOOD, gross_weight_g=900),
        ),
    ]
    result = assess(effective(claims), policy, [], NOW).findings
    assert [dict(f.params) for f in result if f.code == "SOURCES_DISAGREE"] == [
        {
            "field": "gross_weight_g",
            "chosen": "carrier",
            "other": "seller",
            "chosen_value": GOOD.gross_weight_g,
            "other_value": 900,
        }
    ]


@given(
    name=st.none() | st.text(max_size=40),
    description=st.none() | st.text(max_size=60),
    arrival=st.none() | st.text(max_size=30) | st.datetimes().map(str),
    country=st.none() | st.text(max_size=2),
)
def test_no_finding_ever_repeats_a_name_or_a_description(
    policy: Policy, name: str | None, description: str | None, arrival: str | None, country: str | None
) -> None:
    marked = None if name is None else f"Quetzalcoatl {name}"
    assessment = assessed(
        policy,
        consignee=Party(name=marked, country=country),
        description=None if description is None else f"Quetzalcoatl {description}",
        expected_arrival=arrival,
    )
    assert not any("quetzal" in str(v).lower() for f in assessment.findings for v in f.params.values())


def test_of_many_earlier_laws_a_decision_keeps_the_latest_three(pack: bytes) -> None:
    days = [NOW + timedelta(days=number) for number in range(1, 6)]
    rules = "".join(
        f'\n[[rule]]\nid = "day-{number}"\ncode = "LAW_OF_DAY_{number}"\nfrom = {begins.isoformat()}\n'
        'severity = "note"\ncitation = "a test"\nwhen = "true"\n'
        for number, begins in enumerate(days, 1)
    )
    policy = parse_policy(pack + rules.encode())
    arrivals = [NOW + timedelta(hours=12), *(begins + timedelta(hours=12) for begins in days)]
    declaration = msgspec.structs.replace(GOOD, expected_arrival=arrivals[-1].isoformat())
    made = assess(Effective(declaration=declaration), policy, (), NOW, arrivals)
    assert [earlier.evaluated_for for earlier in made.earlier] == arrivals[:-1]
    kept = [f.params["evaluated_for"] for f in made.findings if f.code == "LAW_CHANGED"]
    assert kept == [f"{arrival.isoformat().removesuffix('+00:00')}Z" for arrival in arrivals[2:-1]]


@pytest.mark.parametrize(
    "changes",
    [
        {"description": "F3ntanyl powder in bag, white"},
        {"description": "fеntanyl powder in plastic bag"},  # a Cyrillic letter
        {"description": "p1ll press steel"},
        {"description": "f e n t a n y l powder"},
        {"description": "Acetylfentanyl powder 10g"},
        {"description": "fentanilo en polvo"},
        {"description": "芬太尼粉末"},
        {"description": "blasting caps, electric"},
        {"items": (Item(description="knitted socks"), Item(description="fentanyl powder"))},
        {"items": (Item(description="steel tablet press"),)},
    ],
)
def test_restricted_goods_are_found_in_every_line_and_in_disguise(
    policy: Policy, changes: dict[str, Any]
) -> None:
    assert "GOODS_RESTRICTED" in codes(assessed(policy, **changes))


@pytest.mark.parametrize(
    "text", ["Heroine action figure, plastic", "pillow case, cotton", "2pcs tablet case"]
)
def test_what_only_resembles_restricted_goods_is_not_restricted(policy: Policy, text: str) -> None:
    assert "GOODS_RESTRICTED" not in codes(assessed(policy, description=text))
