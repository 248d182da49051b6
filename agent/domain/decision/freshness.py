"""Whether policy, lists and clock can be relied on at this moment; every piece is asked about."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from agent.domain.findings.finding import Finding
from agent.domain.policy.ageing import POLICY
from agent.domain.policy.pack import Policy
from agent.domain.screening.names import PartyList

CLOCK_MAY_LAG_S = 120
"""How far the clock may lie behind the newest signed issue before ages mean nothing."""

_DAY_S = 86_400


def check_freshness(
    policy: Policy, lists: Sequence[PartyList], expected_lists: Collection[str], now: datetime
) -> tuple[Finding, ...]:
    """What concerns every piece at ``now`` (aware), whatever its documents are.

    Args:
        policy: The pack in force.
        lists: Those that are loaded.
        expected_lists: Ids of the lists that were ever in force here; one that is gone could not be checked.
        now: Aware.

    Returns:
        ``LIST_ABSENT`` (params ``list``), ``CLOCK_BEHIND`` (``seconds``), ``POLICY_STALE`` (``age_days``) and
        ``LIST_STALE`` (``list``, ``age_days``), all OPEN: they say nothing of the piece. REFER, or what the
        pack's ladder of ages says before and after.
    """
    loaded = {party_list.id for party_list in lists}
    required = [name for name in policy.lists.required if name not in loaded]
    others = sorted(set(expected_lists) - loaded - set(required))
    return (
        *_absent(others),
        *_clock_behind(policy, lists, now),
        *_past_their_age(policy, lists, now),
        *_absent(required),
    )


def _absent(names: Iterable[str]) -> Iterable[Finding]:
    for name in names:
        yield Finding(code="LIST_ABSENT", params={"list": name})


def _clock_behind(policy: Policy, lists: Sequence[PartyList], now: datetime) -> Iterable[Finding]:
    # Of all times only these are signed: none of them can lie ahead of a clock that is right.
    newest = max([policy.issued, *(party_list.issued for party_list in lists)])
    behind_s = int((newest - now).total_seconds())
    if behind_s > CLOCK_MAY_LAG_S:
        yield Finding(code="CLOCK_BEHIND", params={"seconds": behind_s})


def _past_their_age(policy: Policy, lists: Sequence[PartyList], now: datetime) -> Iterable[Finding]:
    age = (now - policy.issued).total_seconds() / _DAY_S
    severity = policy.ladder.severity(POLICY, age, policy.fresh_for_days)
    if severity is not None:
        yield Finding(code="POLICY_STALE", severity=severity, params={"age_days": int(age)})
    for party_list in {each.id: each for each in lists}.values():
        age = (now - party_list.issued).total_seconds() / _DAY_S
        severity = policy.ladder.severity(party_list.id, age, policy.lists.fresh_for(party_list.id))
        if severity is not None:
            params: dict[str, str | int] = {"list": party_list.id, "age_days": int(age)}
            yield Finding(code="LIST_STALE", severity=severity, params=params)
