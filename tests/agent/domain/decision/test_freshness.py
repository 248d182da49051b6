"""Whether policy, lists and clock can be relied on: to the second, and each by a finding of its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from agent.domain.decision.freshness import check_freshness
from agent.domain.findings.finding import Disclosure, Severity
from agent.domain.policy.pack import Policy, parse_policy
from agent.domain.screening.names import ListEntry, PartyList

ISSUED = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 1, 5, tzinfo=UTC)
LISTED = PartyList(id="sdn", issued=ISSUED, entries=(ListEntry(id="42", names=("DOE, Jane",)),))


def test_fresh_policy_and_lists_refer_nothing(policy: Policy) -> None:
    assert check_freshness(policy, [LISTED], (), NOW) == ()


def test_age_is_counted_to_the_second(policy: Policy) -> None:
    list_end = ISSUED + timedelta(days=policy.lists.fresh_for_days)
    assert [f.severity for f in check_freshness(policy, [LISTED], (), list_end)] == [Severity.NOTE]
    (stale,) = check_freshness(policy, [LISTED], (), list_end + timedelta(seconds=1))
    assert (stale.code, stale.severity, stale.disclosure) == ("LIST_STALE", Severity.REFER, Disclosure.OPEN)
    assert dict(stale.params) == {"list": "sdn", "age_days": 10}
    policy_end = ISSUED + timedelta(days=policy.fresh_for_days)
    assert [f.severity for f in check_freshness(policy, [], (), policy_end)] == [Severity.NOTE]
    (old,) = check_freshness(policy, [], (), policy_end + timedelta(seconds=1))
    assert (old.code, dict(old.params)) == ("POLICY_STALE", {"age_days": 30})


def test_a_required_list_that_is_absent_refers(pack: bytes) -> None:
    strict = parse_policy(pack.replace(b"required = []", b'required = ["sdn", "other"]'))
    (absent,) = check_freshness(strict, [LISTED], (), NOW)
    assert (absent.code, dict(absent.params)) == ("LIST_ABSENT", {"list": "other"})


def test_a_list_that_was_ever_in_force_and_is_gone_refers_and_is_named_once(
    pack: bytes, policy: Policy
) -> None:
    gone = check_freshness(policy, [LISTED], {"watch", "sdn", "eu"}, NOW)
    assert [(f.code, f.severity, dict(f.params)) for f in gone] == [
        ("LIST_ABSENT", Severity.REFER, {"list": name}) for name in ("eu", "watch")
    ]
    strict = parse_policy(pack.replace(b"required = []", b'required = ["watch"]'))
    both = check_freshness(strict, [LISTED], {"watch"}, NOW)
    assert [dict(f.params) for f in both] == [{"list": "watch"}]


@pytest.mark.parametrize(("behind_s", "seconds"), [(0, None), (120, None), (121, 121), (86_400, 86_400)])
def test_a_clock_more_than_two_minutes_behind_what_was_signed_refers(
    policy: Policy, behind_s: int, seconds: int | None
) -> None:
    newest = PartyList(id="watch", issued=NOW, entries=())
    findings = check_freshness(policy, [LISTED, newest], (), NOW - timedelta(seconds=behind_s))
    assert [(f.code, f.severity, dict(f.params)) for f in findings] == (
        [] if seconds is None else [("CLOCK_BEHIND", Severity.REFER, {"seconds": seconds})]
    )
