"""Regimes: what they ask of whom, when they only advise, how goods enter; and several arrivals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from agent.domain.consignment.declaration import Declaration, Party, Transport
from agent.domain.consignment.effective import Effective
from agent.domain.decision.assess import assess
from agent.domain.errors import PolicyInvalid
from agent.domain.findings.codes import pack_code
from agent.domain.findings.finding import Disclosure, Finding, Severity
from agent.domain.policy.pack import Arrival, Policy, parse_policy
from agent.domain.values.money import Money

HEAD = """
format = 1
id = "small"
sequence = 3
issued = 2025-03-01T00:00:00Z
fresh_for_days = 30
zone = "UTC"
validity_hours = 72
audit_permille = 10
[tolerance]
weight_tolerance_g = 50
weight_tolerance_permille = 50
settle_timeout_ms = 2000
[lists]
fresh_for_days = 10
"""
AT = datetime(2025, 6, 1, tzinfo=UTC)


def entry(sort: str, name: str, text: str) -> str:
    begins = "" if "from =" in text else "from = 2025-01-01T00:00:00Z"
    return f'[[{sort}]]\nid = "{name}"\n{begins}\n{text}\ncitation = "a test of {name}"\n'


def pack(*entries: str, head: str = HEAD) -> Policy:
    return parse_policy((head + "\n".join(entries)).encode())


def faults(*entries: str) -> str:
    with pytest.raises(PolicyInvalid) as refused:
        pack(*entries)
    return str(refused.value)


def result(policy: Policy, at: datetime = AT, **words: Any) -> list[tuple[str, str]]:
    base: dict[str, Any] = {"consignment": "A1", "transport": Transport.EXPRESS}
    made = assess(Effective(declaration=Declaration(**{**base, **words})), policy, (), at)
    return [(f.code, f.severity.value) for f in made.findings]


def test_of_a_group_one_fact_is_enough_and_the_first_is_asked_for() -> None:
    policy = pack(entry("regime", "r", 'requires_any = [["goods.hs", "goods.description"]]'))
    assert result(policy, hs="610910") == []
    assert result(policy, description="cotton shirt") == []
    assert result(policy) == [("MISSING_GOODS_HS", "mend")]
    made = assess(
        Effective(declaration=Declaration(consignment="A1", transport=Transport.MAIL)), policy, (), AT
    )
    assert dict(made.findings[0].params) == {"regime": "r", "or": "goods.description"}


@pytest.mark.parametrize(("known", "asked"), [(True, False), (False, True), (None, True)])
def test_a_fact_frees_from_what_a_regime_asks_and_an_unknown_one_does_not(
    known: bool | None, asked: bool
) -> None:
    policy = pack(
        entry(
            "regime", "r",
            'requires = ["account.holder"]\n'
            'requires_unless = { fact = "consignment.known_consignor", equals = true }',
        )
    )  # fmt: skip
    assert bool(result(policy, known_consignor=known)) is asked


def test_in_its_advisory_time_a_regime_and_a_rule_only_note() -> None:
    until = datetime(2025, 5, 1, tzinfo=UTC)
    policy = pack(
        entry("regime", "r", 'requires = ["goods.hs"]\nadvisory_until = 2025-05-01T00:00:00Z'),
        entry(
            "rule",
            "one",
            'code = "ONE"\nseverity = "stop"\nwhen = "true"\nadvisory_until = 2025-05-01T00:00:00Z',
        ),
    )
    second = timedelta(seconds=1)
    assert result(policy, until - second) == [("MISSING_GOODS_HS", "note"), ("ONE", "note")]
    assert result(policy, until) == [("MISSING_GOODS_HS", "mend"), ("ONE", "stop")]
    assert not policy.same_law(until - second, until)
    assert until in policy.bounds


def test_a_fact_that_one_regime_advises_and_another_demands_is_demanded_once() -> None:
    policy = pack(
        entry("regime", "gentle", 'requires = ["goods.hs"]\nseverity = "note"'),
        entry("regime", "strict", 'requires = ["goods.hs"]'),
        entry("regime", "later", 'requires = ["goods.hs"]'),
    )
    assert result(policy) == [("MISSING_GOODS_HS", "mend")]
    declaration = Declaration(consignment="A1", transport=Transport.MAIL)
    (finding,) = assess(Effective(declaration=declaration), policy, (), AT).findings
    assert finding.params["regime"] == "strict"
    assert policy.citation_of(finding, AT) == "a test of strict"


def test_a_regime_with_a_condition_asks_only_where_it_holds() -> None:
    policy = pack(
        entry(
            "regime", "r",
            'requires = ["goods.hs"]\ngiven = ["consignment.entry_type"]\n'
            "when = 'consignment.entry_type == \"86\"'",
        )
    )  # fmt: skip
    assert result(policy) == []
    assert result(policy, entry_type="01") == []
    assert result(policy, entry_type="86") == [("MISSING_GOODS_HS", "mend")]


def test_a_regime_that_cannot_be_judged_refers() -> None:
    unguarded = pack(entry("regime", "r", "requires = [\"goods.hs\"]\nwhen = 'goods.quantity > 1'"))
    assert result(unguarded, quantity=2) == [("MISSING_GOODS_HS", "mend")]
    assert result(unguarded) == [("RULE_NOT_EVALUABLE", "refer")]
    by_origin = pack(entry("regime", "r", 'requires = ["goods.hs"]\norigin = ["CN"]'))
    assert result(by_origin, origin_country="CN") == [("MISSING_GOODS_HS", "mend")]
    assert result(by_origin, origin_country="GB") == []
    assert result(by_origin) == [("RULE_NOT_EVALUABLE", "refer")]


def test_goods_enter_by_the_first_regime_of_that_kind_that_holds() -> None:
    dollars = 'given = ["consignment.value_minor"]\nkind = "entry"\nwhen = "consignment.value_minor <= {}"'
    policy = pack(
        entry("regime", "small", dollars.format(100)),
        entry("regime", "data", 'kind = "data"'),
        entry("regime", "middle", dollars.format(500)),
        entry("regime", "large", dollars.format(900)),
    )

    def entering(cents: int) -> tuple[str | None, tuple[str, ...]]:
        declaration = Declaration(consignment="A1", transport=Transport.MAIL, value=Money(cents, "USD"))
        made = assess(Effective(declaration=declaration), policy, (), AT)
        return made.entry, made.regimes

    assert entering(100) == ("small", ("small", "data"))
    assert entering(101) == ("middle", ("data", "middle"))
    assert entering(901) == (None, ("data",))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('requires_any = ["goods.hs"]', "a list of lists of texts"),
        ('requires_any = [["goods.hz"]]', "'goods.hz' is not a fact"),
        ('given = ["goods.hz"]', "'goods.hz' is not a fact"),
        ('requires_unless = { fact = "goods.hz", equals = 1 }', "'goods.hz' is not a fact"),
        ('requires_unless = { fact = "goods.hs", equals = 1 }', "1 is never the value of goods.hs"),
        ('requires_unless = { fact = "goods.quantity", equals = true }', "True is never the value"),
        ('requires_unless = { fact = "goods.hs" }', "requires_unless.equals"),
        ("advisory_until = 2024-01-01T00:00:00Z", "nothing would be advisory"),
        ('confidence = "sure"', "high or medium or low"),
        ('kind = "tax"', "security or data or entry"),
        ('supersedes = ["other"]', "'other' is not a regime of this pack"),
        ('when = "goods.hs"', "it gives STRING"),
        ('requires = ["goods.hs"]\nunknown = 1', "unknown key"),
    ],
)
def test_a_malformed_regime_is_refused(text: str, fault: str) -> None:
    assert fault in faults(entry("regime", "r", text))


def test_what_is_superseded_is_over_when_its_successor_begins() -> None:
    later = entry("regime", "new", 'supersedes = ["old"]\nfrom = 2025-06-01T00:00:00Z')
    assert "still in force" in faults(entry("regime", "old", ""), later)
    assert "still in force" in faults(entry("regime", "old", "to = 2025-06-01T00:00:01Z"), later)
    assert len(pack(entry("regime", "old", "to = 2025-06-01T00:00:00Z"), later).regimes) == 2


def test_a_code_has_the_weight_and_the_source_of_its_time() -> None:
    policy = pack(
        entry("code", "a", 'code = "DESCRIPTION_REFUSED"\nseverity = "note"\nto = 2025-06-01T00:00:00Z'),
        entry(
            "code", "b", 'code = "DESCRIPTION_REFUSED"\nabout = "goods.description"\n'
            "from = 2025-06-01T00:00:00Z",
        ),
    )  # fmt: skip
    before = AT - timedelta(seconds=1)
    assert result(policy, before, description="12345") == [("DESCRIPTION_REFUSED", "note")]
    assert result(policy, AT, description="12345") == [("DESCRIPTION_REFUSED", "mend")]
    finding = Finding(code="DESCRIPTION_REFUSED", severity=Severity.CORRECTABLE)
    assert [policy.citation_of(finding, at) for at in (before, AT)] == ["a test of a", "a test of b"]
    assert [policy.fact_of(finding, at) for at in (before, AT)] == [None, "goods.description"]


def test_no_code_makes_a_sealed_finding_or_a_referral_lighter() -> None:
    policy = pack(entry("code", "a", 'code = "ANY"\nseverity = "note"'))
    correctable = Finding(code=pack_code("ANY"))
    sealed = Finding(code=pack_code("ANY", disclosure=Disclosure.SEALED))
    refers = Finding(code=pack_code("ANY", Severity.REFER))
    assert policy.weighed(sealed, AT, "mail") is sealed
    assert policy.weighed(refers, AT, "mail") is refers
    assert policy.weighed(correctable, AT, "mail").severity is Severity.NOTE


# -- arrivals ------------------------------------------------------------------------------------------------

SHIRT = Declaration(
    consignment="A1",
    transport=Transport.EXPRESS,
    consignor=Party(name="Acme Ltd", street="1 High St", country="GB"),
    description="men's cotton shirt",
    origin_country="GB",
    value=Money(5_000, "USD"),
)
BOUNDARY = datetime(2025, 8, 29, 4, 1, tzinfo=UTC)
BEFORE, AFTER = BOUNDARY - timedelta(hours=1), BOUNDARY + timedelta(hours=1)


def arriving(arrival: datetime) -> Effective:
    return Effective(declaration=msgspec.structs.replace(SHIRT, expected_arrival=arrival.isoformat()))


def test_a_flight_that_slips_over_a_boundary_is_assessed_under_both_laws(policy: Policy) -> None:
    at = BOUNDARY - timedelta(days=1)
    made = assess(arriving(AFTER), policy, (), at, (BEFORE, AFTER))
    assert (made.evaluated_for, made.entry) == (AFTER, "us-informal-entry")
    (before,) = made.earlier
    assert (before.evaluated_for, before.entry) == (BEFORE, "us-section-321")
    assert before.assessed_at == made.assessed_at == at


def test_what_the_earlier_law_came_to_stands_among_the_findings_as_a_note(policy: Policy) -> None:
    made = assess(arriving(AFTER), policy, (), BOUNDARY - timedelta(days=1), (BEFORE, AFTER))
    (events,) = (finding for finding in made.findings if finding.code == "LAW_CHANGED")
    assert events.severity is Severity.NOTE
    assert events.params["evaluated_for"] == "2025-08-29T03:01:00Z"
    assert events.params["entry"] == "us-section-321"
    assert events.params["disposition"] in ("RFI", "CLEAR")


def test_a_slip_under_one_law_adds_nothing(policy: Policy) -> None:
    at, minute = BOUNDARY - timedelta(days=1), timedelta(minutes=1)
    once = assess(arriving(BEFORE), policy, (), at)
    assert assess(arriving(BEFORE), policy, (), at, (BEFORE, BEFORE - minute, BEFORE)) == once


def test_a_flight_that_moves_back_and_forth_keeps_each_law_once(policy: Policy) -> None:
    at, minute = BOUNDARY - timedelta(days=1), timedelta(minutes=1)
    made = assess(arriving(BEFORE), policy, (), at, (BEFORE, AFTER, AFTER + minute, BEFORE))
    assert [made.entry, *(before.entry for before in made.earlier)] == ["us-section-321", "us-informal-entry"]


def test_a_flight_that_is_late_without_a_word_keeps_the_law_it_was_expected_under(policy: Policy) -> None:
    made = assess(arriving(BEFORE), policy, (), AFTER, (BEFORE,))
    assert (made.evaluated_for, made.entry) == (AFTER, "us-informal-entry")
    assert [before.entry for before in made.earlier] == ["us-section-321"]


def test_an_arrival_without_an_offset_is_an_error(policy: Policy) -> None:
    with pytest.raises(ValueError, match="offset"):
        assess(arriving(AFTER), policy, (), AT, (datetime(2025, 8, 29),))  # noqa: DTZ001


@pytest.mark.parametrize(("days", "believed"), [(-4, False), (-3, True), (0, True), (10, True), (11, False)])
def test_the_pack_says_how_far_off_an_arrival_is_believed(days: int, believed: bool) -> None:
    policy = pack(head=HEAD + "[arrival]\nlate_days = 3\nahead_days = 10\n")
    arrival = AT + timedelta(days=days)
    words = msgspec.structs.replace(SHIRT, description=None, expected_arrival=arrival.isoformat())
    made = assess(Effective(declaration=words), policy, (), AT, (arrival,))
    assert ("EXPECTED_ARRIVAL_IMPLAUSIBLE" not in {f.code for f in made.findings}) is believed


def test_without_a_word_of_the_pack_two_days_late_and_sixty_ahead_are_believed() -> None:
    assert pack().arrival == Arrival(late_days=2, ahead_days=60)
