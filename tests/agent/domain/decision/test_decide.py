"""From findings to a disposition: nothing is cleared by default, only the authority lifts its holds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.domain.decision.decide import audit_draw, audit_findings, decide, risk_findings
from agent.domain.decision.values import RiskScore, Verdict
from agent.domain.findings.codes import SEALED_CODES, pack_code
from agent.domain.findings.disposition import Disposition, SetBy, strictest
from agent.domain.findings.finding import Disclosure, Finding, Severity
from agent.domain.piece import PieceKey, Previous
from agent.domain.policy.pack import DEFAULT_OUTCOMES, ModelTerms, OnAbsent, Policy

TERMS = ModelTerms(digest="ab" * 32, refer_at_permille=500, on_absent=OnAbsent.REFER)
RULES_ONLY = replace(TERMS, on_absent=OnAbsent.RULES_ONLY)

dispositions = st.sampled_from(Disposition)
severities = st.sampled_from(Severity)
codes = st.sampled_from(["NO_WEIGHT", "WEIGHT_MISMATCH", "LIST_STALE", "MODEL_ABSENT", "MISSING_GOODS_HS"])
open_findings = st.builds(Finding, code=codes, severity=severities)
OF_A_SEALED_RULE = pack_code("GOODS_RESTRICTED", disclosure=Disclosure.SEALED, params={"rule": "pill-press"})
sealed_findings = st.builds(
    Finding, code=st.sampled_from([*sorted(SEALED_CODES), OF_A_SEALED_RULE]), severity=severities
)
findings = st.lists(open_findings | sealed_findings, max_size=8)
outcomes_by_code = st.dictionaries(
    st.sampled_from([*sorted(SEALED_CODES), "SCREENING", "GOODS_RESTRICTED", "NO_WEIGHT", "LIST_STALE"]),
    st.none() | dispositions,
)
holds = st.none() | st.sampled_from([Disposition.RFI, Disposition.RFS, Disposition.DNL])
previous = st.none() | st.builds(
    Previous, seq=st.integers(1, 9), disposition=dispositions, station=st.just("lane-1"), hold=holds
)


def outcome_of(finding: Finding) -> Disposition | None:
    return DEFAULT_OUTCOMES[finding.severity]


def verdict(*result: Finding, before: Previous | None = None, risk: RiskScore | None = None) -> Verdict:
    return decide(result, outcome_of, risk=risk, previous=before)


@given(result=findings, before=previous, by_code=outcomes_by_code)
def test_only_the_authority_lifts_its_holds(
    result: list[Finding], before: Previous | None, by_code: dict[str, Disposition | None]
) -> None:
    made = decide(
        result, lambda f: by_code.get(f.code, DEFAULT_OUTCOMES[f.severity]), risk=None, previous=before
    )
    hold = None if before is None else before.hold
    if hold is None:
        assert made.set_by is SetBy.HUB
    else:
        assert made.disposition.strictness >= hold.strictness
        # Up to the hold it is the authority's word; only a stricter one is the hub's.
        assert (made.set_by is SetBy.AUTHORITY) == (made.disposition is hold)


@given(result=findings, before=previous)
def test_nothing_is_cleared_when_any_check_could_not_run(
    result: list[Finding], before: Previous | None
) -> None:
    unchecked = Finding(code="NO_WEIGHT", severity=Severity.REFER)
    made = verdict(*result, unchecked, before=before)
    assert made.disposition in (Disposition.RFS, Disposition.DNL)


@given(result=findings, by_code=outcomes_by_code)
def test_a_sealed_finding_never_shows_and_refers_for_screening_whatever_the_policy_says_of_its_code(
    result: list[Finding], by_code: dict[str, Disposition | None]
) -> None:
    made = decide(
        result, lambda f: by_code.get(f.code, DEFAULT_OUTCOMES[f.severity]), risk=None, previous=None
    )
    assert all(f.disclosure is Disclosure.OPEN and f.code not in SEALED_CODES for f in made.open)
    assert list(made.sealed) == [f for f in result if f.disclosure is Disclosure.SEALED]
    weighing = [f for f in made.sealed if f.severity is not Severity.NOTE]
    neutral = [f for f in made.open if f.code == "SCREENING"]
    assert len(neutral) == bool(weighing)
    assert all(not f.params for f in neutral)
    expected = [by_code.get(f.code, DEFAULT_OUTCOMES[f.severity]) for f in made.open if f not in neutral]
    expected += [Disposition.RFS] * len(neutral)
    assert made.disposition is strictest(*(d for d in expected if d is not None))


@given(rest=st.lists(open_findings, max_size=4), first=sealed_findings, second=sealed_findings)
def test_what_was_sealed_makes_no_difference_outside(
    rest: list[Finding], first: Finding, second: Finding
) -> None:
    first, second = (finding.weighed(Severity.REFER) for finding in (first, second))
    by_list, by_audit = verdict(*rest, first), verdict(second, *rest)
    assert (by_list.open, by_list.disposition, by_list.set_by) == (
        by_audit.open,
        by_audit.disposition,
        by_audit.set_by,
    )


def test_a_sealed_stop_shows_as_screening_and_not_as_do_not_load() -> None:
    stop = Finding(code="LISTED_PARTY", severity=Severity.STOP, disclosure=Disclosure.SEALED)
    assert verdict(stop).disposition is Disposition.RFS


def test_a_listed_party_can_not_be_found_in_the_open() -> None:
    with pytest.raises(ValueError, match="LISTED_PARTY must be sealed"):
        Finding(code="LISTED_PARTY", disclosure=Disclosure.OPEN)


@given(result=findings, before=previous, permille=st.integers(0, 1000))
def test_risk_adds_a_referral_and_never_removes_one(
    result: list[Finding], before: Previous | None, permille: int
) -> None:
    risk = RiskScore(permille=permille)
    without = verdict(*result, before=before)
    with_risk = verdict(*result, *risk_findings(risk, TERMS), before=before, risk=risk)
    assert with_risk.disposition.strictness >= without.disposition.strictness
    assert with_risk.sealed[: len(without.sealed)] == without.sealed


@pytest.mark.parametrize(("permille", "refers"), [(0, False), (499, False), (500, True), (1000, True)])
def test_risk_refers_from_the_policys_threshold_on(permille: int, refers: bool) -> None:
    result = risk_findings(RiskScore(permille=permille), TERMS)
    assert [f.code for f in result] == ["RISK"] * refers
    assert all(f.disclosure is Disclosure.SEALED for f in result)


@pytest.mark.parametrize(
    ("terms", "disposition", "codes_shown"),
    [
        (TERMS, Disposition.RFS, ["MODEL_ABSENT"]),
        (RULES_ONLY, Disposition.CLEAR, ["MODEL_ABSENT"]),
        (None, Disposition.CLEAR, []),
    ],
)
def test_what_an_absent_model_means_is_the_policys_to_say(
    terms: ModelTerms | None, disposition: Disposition, codes_shown: list[str]
) -> None:
    made = verdict(*risk_findings(None, terms))
    assert made.disposition is disposition
    assert [f.code for f in made.open] == codes_shown


@given(result=st.lists(open_findings, max_size=8))
def test_the_strictest_finding_stands_first_and_equal_ones_keep_their_order(result: list[Finding]) -> None:
    def rank(finding: Finding) -> int:
        outcome = outcome_of(finding)
        return -1 if outcome is None else outcome.strictness

    shown = list(verdict(*result).open)
    ranks = [rank(f) for f in shown]
    assert ranks == sorted(ranks, reverse=True)
    for each in set(ranks):
        assert [f for f in shown if rank(f) == each] == [f for f in result if rank(f) == each]


@given(result=findings)
def test_no_finding_at_all_or_notes_alone_clear_and_anything_more_does_not(result: list[Finding]) -> None:
    notes = all(f.severity is Severity.NOTE for f in result)
    assert (verdict(*result).disposition is Disposition.CLEAR) == notes


@given(permille=st.integers(0, 1000), number=st.integers(0, 10**9))
def test_the_audit_draw_is_the_same_however_often_a_piece_is_scanned_and_grows_with_the_rate(
    permille: int, number: int
) -> None:
    piece = PieceKey(kind="plain", value=str(number))
    drawn = audit_draw(b"k" * 32, piece, permille)
    assert drawn == audit_draw(b"k" * 32, piece, permille)
    assert not drawn or audit_draw(b"k" * 32, piece, 1000)
    assert not audit_draw(b"k" * 32, piece, 0)
    assert audit_draw(b"k" * 32, piece, 1000)


def test_the_audit_takes_about_its_share_and_another_key_takes_other_pieces() -> None:
    pieces = [PieceKey(kind="plain", value=f"P{number:06}") for number in range(20_000)]
    taken = {p for p in pieces if audit_draw(b"k" * 32, p, 10)}
    others = {p for p in pieces if audit_draw(b"m" * 32, p, 10)}
    assert 140 < len(taken) < 260  # 200 expected; the key is fixed, so this is no matter of chance
    assert len(taken & others) < 20


def test_a_drawn_piece_is_referred_without_saying_why() -> None:
    made = verdict(*audit_findings(drawn=True))
    assert (made.disposition, [f.code for f in made.open]) == (Disposition.RFS, ["SCREENING"])
    assert [f.code for f in made.sealed] == ["RANDOM_AUDIT"]
    assert audit_findings(drawn=False) == ()


def test_the_default_pack_refers_whatever_could_not_be_checked(policy: Policy) -> None:
    for code in (
        "NO_WEIGHT",
        "POLICY_STALE",
        "LIST_STALE",
        "LIST_ABSENT",
        "RULE_NOT_EVALUABLE",
        "MODEL_ABSENT",
    ):
        assert policy.outcome_of(Finding(code=code, severity=Severity.REFER)) is Disposition.RFS
