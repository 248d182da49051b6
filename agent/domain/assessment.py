"""The document half of a clearance: what is found before the piece is on the belt.

Runs when a declaration arrives, and again when policy or lists change. What the scale and the scan add, and
the decision itself, are elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

from agent.domain.countries import ISO_COUNTRIES
from agent.domain.declarations import Declaration, Party
from agent.domain.descriptions import check_description, structural_fault
from agent.domain.effective import Conflict, Effective
from agent.domain.facts import FactValue, facts_of
from agent.domain.findings import Disclosure, Finding, Severity
from agent.domain.money import Money
from agent.domain.names import PartyList, key
from agent.domain.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What the documents of one consignment say, held against one policy and its lists."""

    consignment: str
    findings: tuple[Finding, ...]
    """OPEN and SEALED ones; who may read them is the caller's to keep."""
    evaluated_for: datetime
    """Aware UTC; the instant whose rules were applied: the expected arrival, else the time of assessment."""
    assessed_at: datetime
    declared_weight_g: int | None
    value: Money | None
    policy_id: str
    policy_sequence: int
    lists: tuple[str, ...]
    """Ids of the lists the parties were held against."""


def assess(effective: Effective, policy: Policy, lists: Sequence[PartyList], at: datetime) -> Assessment:
    """Check one consignment's documents: data quality, description, parties, rules.

    Rules are those in force at the expected arrival, since that is the law the goods meet; without one, those
    in force at ``at`` (aware). An arrival that has passed counts as ``at``: no sender picks his law.
    Whether policy and lists are fresh is asked at each scan: see ``staleness``.
    """
    declaration = effective.declaration
    arrival, findings = _arrival(declaration, at)
    evaluated_for = max(arrival or at, at).astimezone(UTC)
    facts = facts_of(effective)
    findings += _missing(facts, policy, evaluated_for)
    findings += _ill_formed(declaration, policy)
    if declaration.description is not None:
        refused = check_description(declaration.description, policy.description_terms)
        if refused is not None:
            findings.append(refused)
    findings += _conflicts(effective.conflicts)
    findings += _listed(effective.names(), lists)
    findings += policy.rules.evaluate(facts, evaluated_for)
    return Assessment(
        consignment=declaration.consignment,
        findings=tuple(findings),
        evaluated_for=evaluated_for,
        assessed_at=at,
        declared_weight_g=declaration.gross_weight_g,
        value=declaration.value,
        policy_id=policy.id,
        policy_sequence=policy.sequence,
        lists=tuple(party_list.id for party_list in lists),
    )


def staleness(policy: Policy, lists: Sequence[PartyList], at: datetime) -> tuple[Finding, ...]:
    """What refers every piece at ``at`` (aware): a policy or list past its age, a list that is absent.

    Returns:
        ``POLICY_STALE``, ``LIST_STALE`` (params ``list``, ``age_days``) and ``LIST_ABSENT`` (``list``), all
        REFER and OPEN: they say nothing of the piece.
    """
    found: list[Finding] = []
    age_s = (at - policy.issued).total_seconds()
    if age_s > policy.fresh_for_days * _DAY_S:
        found.append(_finding("POLICY_STALE", Severity.REFER, age_days=int(age_s // _DAY_S)))
    present = {party_list.id: party_list for party_list in lists}
    for party_list in present.values():
        age_s = (at - party_list.issued).total_seconds()
        if age_s > policy.lists.fresh_for(party_list.id) * _DAY_S:
            age_days = int(age_s // _DAY_S)
            found.append(_finding("LIST_STALE", Severity.REFER, list=party_list.id, age_days=age_days))
    found += (
        _finding("LIST_ABSENT", Severity.REFER, list=name)
        for name in policy.lists.required
        if name not in present
    )
    return tuple(found)


_DAY_S = 86_400


def _finding(
    code: str, severity: Severity, disclosure: Disclosure = Disclosure.OPEN, **params: str | int
) -> Finding:
    return Finding(code=code, severity=severity, disclosure=disclosure, params=MappingProxyType(params))


_LATE_DAYS, _AHEAD_DAYS = 2, 60
"""How far an expected arrival may have passed, and lie ahead, before it is not believed."""


def _arrival(declaration: Declaration, at: datetime) -> tuple[datetime | None, list[Finding]]:
    if declaration.expected_arrival is None:
        return None, []
    try:
        arrival = datetime.fromisoformat(declaration.expected_arrival)
        # Without an offset it could lie on either side of the second a rule begins.
        if arrival.tzinfo is not None:
            days = (arrival - at).total_seconds() / _DAY_S
            if -_LATE_DAYS <= days <= _AHEAD_DAYS:
                return arrival.astimezone(UTC), []
            implausible = _finding("EXPECTED_ARRIVAL_IMPLAUSIBLE", Severity.REFER, days=round(days))
            return min(arrival, at).astimezone(UTC), [implausible]
    except (ValueError, OverflowError):
        pass
    return None, [_finding("EXPECTED_ARRIVAL_UNREADABLE", Severity.MEND)]


def _missing(facts: Mapping[str, FactValue], policy: Policy, at: datetime) -> Iterable[Finding]:
    """``MISSING_<FACT>`` for every fact a regime in force asks for, once, naming the first that does."""
    transport = facts.get("consignment.transport")
    missing: dict[str, str] = {}
    for regime in policy.regimes:
        in_force = regime.starts <= at and (regime.ends is None or at < regime.ends)
        if in_force and (regime.mode is None or regime.mode.value == transport):
            for fact in regime.requires:
                if fact not in facts:
                    missing.setdefault(fact, regime.id)
    return [
        _finding(f"MISSING_{fact.replace('.', '_').upper()}", Severity.MEND, regime=regime)
        for fact, regime in missing.items()
    ]


_CHECKED_TEXTS: tuple[tuple[str, Callable[[Party], str | None]], ...] = (
    ("name", lambda party: party.name),
    ("street", lambda party: party.street),
)


def _ill_formed(declaration: Declaration, policy: Policy) -> Iterable[Finding]:
    """What was given and cannot be meant."""
    for side, party in (("consignor", declaration.consignor), ("consignee", declaration.consignee)):
        for field, read in _CHECKED_TEXTS:
            text = read(party)
            fault = structural_fault(text) if text is not None else None
            if text is not None and fault is None and field == "name":
                fault = "placeholder" if key(text) in policy.placeholder_names else None
            if fault is not None:
                yield _finding("PARTY_REFUSED", Severity.MEND, field=f"{side}.{field}", reason=fault)
        if party.country is not None and party.country not in ISO_COUNTRIES:
            yield _finding("COUNTRY_UNKNOWN", Severity.MEND, field=f"{side}.country")
    if declaration.origin_country is not None and declaration.origin_country not in ISO_COUNTRIES:
        yield _finding("COUNTRY_UNKNOWN", Severity.MEND, field="goods.origin_country")
    hs = declaration.hs
    # Chapter, heading and subheading are the world's; what follows them is national, up to ten digits.
    if hs is not None and not (hs.isascii() and hs.isdecimal() and 6 <= len(hs) <= 10):
        yield _finding("HS_MALFORMED", Severity.MEND)


def _conflicts(conflicts: Iterable[Conflict]) -> Iterable[Finding]:
    return [_finding("SOURCES_DISAGREE", Severity.MEND, field=conflict.field) for conflict in conflicts]


def _listed(names: Sequence[tuple[str, str]], lists: Sequence[PartyList]) -> Iterable[Finding]:
    """Who of all named parties is on a list; one claim cannot hide whom another claim names.

    Sealed: at the hub nobody learns that a list was hit, nor which.
    """
    return [
        _finding(
            "LISTED_PARTY",
            Severity.REFER,
            Disclosure.SEALED,
            list=hit.list_id,
            entry=hit.entry_id,
            party=side,
        )
        for side, name_key in dict.fromkeys((side, key(name)) for side, name in names)
        for party_list in lists
        for hit in party_list.match_keys((name_key,))
    ]
