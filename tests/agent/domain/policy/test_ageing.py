"""What a pack says of its own age, and in which words its own rules speak."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.domain.decision.freshness import check_freshness
from agent.domain.errors import PolicyInvalid
from agent.domain.findings.finding import Severity
from agent.domain.policy.ageing import Ladder, Rung
from agent.domain.policy.pack import Policy, parse_policy
from agent.domain.screening.lists import parse_party_list
from agent.texts.findings import text_of

ISSUED = datetime(2025, 3, 1, tzinfo=UTC)
PACK = """
format = 1
id = "small"
sequence = 3
issued = 2025-03-01T00:00:00Z
fresh_for_days = 30
zone = "America/New_York"
validity_hours = 72
audit_permille = 10
[tolerance]
weight_tolerance_g = 50
weight_tolerance_permille = 50
settle_timeout_ms = 2000
[lists]
fresh_for_days = 10
by_list = { sdn = 3 }
"""
RULE = """
[[rule]]
id = "ivory"
code = "IVORY_NAMED"
from = 2020-01-01T00:00:00
severity = "refer"
citation = "50 CFR 23"
when = "true"
params = { appendix = 1 }
"""


def pack(more: str) -> Policy:
    return parse_policy((PACK + more).encode())


def faults_of(more: str) -> str:
    with pytest.raises(PolicyInvalid) as refused:
        pack(more)
    return str(refused.value)


def rung(of: str, days: int, severity: str) -> str:
    return f'[[staleness]]\nof = "{of}"\nafter_days = {days}\nseverity = "{severity}"\n'


def text(code: str = "IVORY_NAMED", lang: str = "en", reason: str = "Ivory, appendix {appendix}") -> str:
    return f'[[text]]\ncode = "{code}"\nlang = "{lang}"\nreason = "{reason}"\nremedy = "Send the permit."\n'


LADDER = rung("policy", 14, "note") + rung("policy", 60, "stop") + rung("lists", 5, "note")


@pytest.mark.parametrize(
    ("days", "severity"),
    [(14, None), (15, Severity.NOTE), (30, Severity.NOTE), (31, Severity.REFER), (61, Severity.STOP)],
)
def test_a_policy_climbs_from_a_note_to_a_referral_to_a_stop(days: int, severity: Severity | None) -> None:
    result = check_freshness(pack(LADDER), (), (), ISSUED + timedelta(days=days))
    assert [f.severity for f in result if f.code == "POLICY_STALE"] == ([severity] if severity else [])


def test_a_list_with_rungs_of_its_own_leaves_those_of_all_lists() -> None:
    policy = pack(LADDER + rung("sdn", 1, "note"))
    sdn, watch = (
        parse_party_list(f'{{"v":1,"id":"{name}","issued":"{ISSUED.isoformat()}","entries":[]}}'.encode())
        for name in ("sdn", "watch")
    )
    at = ISSUED + timedelta(days=2)
    assert [f.params["list"] for f in check_freshness(policy, (sdn, watch), (), at)] == ["sdn"]
    at = ISSUED + timedelta(days=6)
    events = {f.params["list"]: f.severity for f in check_freshness(policy, (sdn, watch), (), at)}
    assert events == {"sdn": Severity.REFER, "watch": Severity.NOTE}


def test_without_rungs_the_age_of_referral_is_the_only_one() -> None:
    assert check_freshness(pack(""), (), (), ISSUED + timedelta(days=30)) == ()
    assert [f.severity for f in check_freshness(pack(""), (), (), ISSUED + timedelta(days=31))] == [
        Severity.REFER
    ]


@given(
    st.lists(
        st.builds(Rung, of=st.just("policy"), after_days=st.integers(1, 9), severity=st.just(Severity.NOTE))
    ),
    st.integers(0, 40),
)
def test_what_is_past_its_age_never_weighs_less_than_a_referral(rungs: list[Rung], age: int) -> None:
    severity = Ladder(rungs=tuple(rungs)).severity("policy", age, 10)
    assert (severity is Severity.REFER) is (age > 10)


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        (rung("policy", 14, "refer"), "an earlier rung notes"),
        (rung("policy", 40, "note"), "a later one stops"),
        (rung("sdn", 4, "note"), "sdn refers from 3 days on"),
        (rung("policy", 14, "note") * 2, "two rungs at 14 days"),
        (rung("policy", 0, "note"), "after_days"),
    ],
)
def test_a_ladder_that_does_not_climb_is_refused(more: str, fault: str) -> None:
    assert fault in faults_of(more)


def test_a_rule_of_a_pack_speaks_in_the_words_of_the_pack() -> None:
    texts = pack(RULE + text() + text(lang="es", reason="Marfil, apéndice {appendix}")).texts
    params: dict[str, str | int] = {"rule": "ivory", "appendix": 1}
    assert text_of("IVORY_NAMED", params, "en", texts).reason == "Ivory, appendix 1"
    assert text_of("IVORY_NAMED", params, "es-MX", texts).reason == "Marfil, apéndice 1"
    assert text_of("IVORY_NAMED", params, "hi", texts).reason == "Ivory, appendix 1"
    assert text_of("IVORY_NAMED", params, "en").remedy is None


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        (RULE + text("PARTY_REFUSED"), "the code of no rule of this pack"),
        (RULE + text(lang="es"), "none in en"),
        (RULE + text(lang="English"), "not a language tag"),
        (RULE + text() + text(), "two texts in en"),
        (RULE + text(reason="one two three four five six seven eight nine"), "more than 8 words"),
        (RULE + text(reason="Ivory of {name}"), "name: no parameter"),
    ],
)
def test_words_that_nobody_could_show_are_refused(more: str, fault: str) -> None:
    assert fault in faults_of(more)
