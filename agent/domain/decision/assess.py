"""The document half of a clearance: what is found before the piece is on the belt.

Runs when a declaration arrives, and again when policy or lists change. What the scale and the scan add, and
the decision itself, are elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from agent.domain.checks.reference_numbers import check_numbers
from agent.domain.consignment.declaration import Declaration
from agent.domain.consignment.effective import Conflict, Effective
from agent.domain.decision.decide import decide
from agent.domain.description.check import check_description
from agent.domain.description.hs_chapter import check_chapters
from agent.domain.description.text_models import UNREAD, TextModels
from agent.domain.findings.finding import Disclosure, Finding, Severity
from agent.domain.parties.check import check_parties
from agent.domain.policy.facts import FactValue, facts_of
from agent.domain.policy.pack import Policy
from agent.domain.screening.names import PartyList, key
from agent.domain.values.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What the documents of one consignment say, held against one policy and its lists."""

    consignment: str
    findings: tuple[Finding, ...]
    """OPEN and SEALED ones; who may read them is the caller's to keep."""
    evaluated_for: datetime
    """Aware UTC; the instant whose rules were applied: the expected arrival, else the time of assessment."""
    assessed_at: datetime
    regimes: tuple[str, ...]
    """Ids of the regimes that apply."""
    entry: str | None
    """The one of them by which the goods enter; None where value or currency leave it open."""
    declared_weight_g: int | None
    value: Money | None
    policy_id: str
    policy_sequence: int
    lists: tuple[str, ...]
    """Ids of the lists the parties were held against."""
    earlier: tuple[Assessment, ...] = ()
    """What the laws of arrivals that were expected before came to, where they differ; the latest last."""


def assess(
    effective: Effective,
    policy: Policy,
    lists: Sequence[PartyList],
    at: datetime,
    arrivals: Sequence[datetime] = (),
    *,
    readings: TextModels | None = UNREAD,
) -> Assessment:
    """Check one consignment's documents: data quality, description, parties, rules.

    Rules are those in force at the expected arrival, since that is the law the goods meet; without one, those
    in force at ``at`` (aware). An arrival that has passed counts as ``at``: no sender picks his law.
    Whether policy and lists are fresh is asked at each scan: see ``freshness``.

    Args:
        effective: The consignment.
        policy: The pack in force.
        lists: Those the parties are held against.
        at: Now, aware.
        arrivals: The arrivals that were expected, aware, in their order (see ``flights.arrivals``): where a
            flight slipped over the day a rule begins, what its law came to is kept with what counts.
        readings: The models that read goods texts; without them the lists alone say what is vague. None when
            they were refused: ``GOODS_UNREAD`` refers then.

    Raises:
        ValueError: An arrival has no offset from UTC.
    """
    if any(arrival.tzinfo is None for arrival in arrivals):
        raise ValueError("an arrival needs its offset from UTC: it decides which law counts")
    arrival, findings = _arrival(effective.declaration, policy, at)
    document = _document(effective, policy, lists, readings or UNREAD)
    made = _under_law(effective, document, findings, policy, lists, at, max(arrival or at, at))
    unread = () if readings else (Finding(code="GOODS_UNREAD"),)
    earlier: list[Assessment] = []
    for moment in arrivals:
        kept = (made, *earlier)
        if any(policy.same_law(*sorted((moment, other.evaluated_for))) for other in kept):
            continue
        if abs((moment - at).total_seconds()) <= policy.arrival.ahead_days * _DAY_S:
            earlier.append(_under_law(effective, document, (), policy, lists, at, moment))
    if not (earlier or unread):
        return made
    changes = (_law_changed(before, made, policy) for before in earlier[-MOST_EARLIER:])
    return replace(made, earlier=tuple(earlier), findings=(*made.findings, *changes, *unread))


def instant_of_law(declaration: Declaration, policy: Policy, at: datetime) -> datetime:
    """The instant whose rules apply at ``at`` (aware): the expected arrival, but never before ``at``."""
    arrival, _ = _arrival(declaration, policy, at)
    return max(arrival or at, at)


MOST_EARLIER = 3
"""Results under earlier laws that a decision tells, the latest ones."""


def _law_changed(before: Assessment, made: Assessment, policy: Policy) -> Finding:
    """``LAW_CHANGED``: what the law of an arrival that was expected before came to.

    Sealed findings count in neither: they must not show by what is missing.
    """
    shown = [finding for finding in before.findings if finding.disclosure is Disclosure.OPEN]
    now = {finding.code for finding in made.findings}
    gone = dict.fromkeys(f.code for f in shown if f.severity is not Severity.NOTE and f.code not in now)
    outcome = decide(shown, policy.outcome_of, risk=None, previous=None).disposition
    params: dict[str, str | int] = {
        "evaluated_for": before.evaluated_for.isoformat().replace("+00:00", "Z"),
        "disposition": outcome.value,
        "entry": before.entry or "open",
    }
    if gone:
        params["codes"] = " ".join(list(gone)[:MOST_CODES])
    return Finding(code="LAW_CHANGED", params=params)


MOST_CODES = 8
"""Codes that are named of those found under the earlier law alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    """What is known of a consignment whatever the law says."""

    facts: Mapping[str, FactValue]
    checked: tuple[Finding, ...]
    listed: tuple[Finding, ...]


def _document(
    effective: Effective, policy: Policy, lists: Sequence[PartyList], readings: TextModels
) -> _Document:
    return _Document(
        facts=facts_of(effective, policy.rules.asked),
        checked=tuple(_checked(effective, policy, readings)),
        listed=tuple(_listed(effective.names(), lists)),
    )


def _checked(effective: Effective, policy: Policy, readings: TextModels) -> Iterable[Finding]:
    """What is found whatever the law says."""
    declaration = effective.declaration
    yield from _ill_formed(declaration, policy)
    for finding in _described(declaration, policy, readings):
        if finding.code != "HOUSE_BILLS_NEEDED" or not effective.houses:
            yield finding
    yield from check_chapters(declaration, readings, policy.reading_limits)
    yield from _conflicts(effective.conflicts)


def _under_law(
    effective: Effective,
    document: _Document,
    findings: tuple[Finding, ...],
    policy: Policy,
    lists: Sequence[PartyList],
    at: datetime,
    moment: datetime,
) -> Assessment:
    declaration = effective.declaration
    evaluated_for = moment.astimezone(UTC)
    held = policy.rules.hold(document.facts, evaluated_for)
    mode = declaration.transport.value
    weighed = tuple(policy.weighed(finding, evaluated_for, mode) for finding in document.checked)
    if policy.regimes and held.lawless:
        # By no law that is known here could it be told that the goods may go.
        findings = (*findings, Finding(code="NO_REGIME"))
    return Assessment(
        consignment=declaration.consignment,
        findings=(*findings, *held.missing, *weighed, *document.listed, *held.findings),
        evaluated_for=evaluated_for,
        assessed_at=at,
        regimes=held.regimes,
        entry=held.entry,
        declared_weight_g=declaration.gross_weight_g,
        value=declaration.value,
        policy_id=policy.id,
        policy_sequence=policy.sequence,
        lists=tuple(party_list.id for party_list in lists),
    )


_DAY_S = 86_400


def _arrival(
    declaration: Declaration, policy: Policy, at: datetime
) -> tuple[datetime | None, tuple[Finding, ...]]:
    if declaration.expected_arrival is None:
        return None, ()
    try:
        arrival = datetime.fromisoformat(declaration.expected_arrival)
        # Without an offset it could lie on either side of the second a rule begins.
        if arrival.tzinfo is not None:
            return _believed(arrival, policy, at)
    except (ValueError, OverflowError):
        pass
    return None, (Finding(code="EXPECTED_ARRIVAL_UNREADABLE"),)


def _believed(arrival: datetime, policy: Policy, at: datetime) -> tuple[datetime, tuple[Finding, ...]]:
    """The arrival that counts; one far from ``at`` is found implausible and never counts as later."""
    days = (arrival - at).total_seconds() / _DAY_S
    if -policy.arrival.late_days <= days <= policy.arrival.ahead_days:
        return arrival.astimezone(UTC), ()
    implausible = Finding(code="EXPECTED_ARRIVAL_IMPLAUSIBLE", params={"days": round(days)})
    return min(arrival, at).astimezone(UTC), (implausible,)


def _ill_formed(declaration: Declaration, policy: Policy) -> Iterable[Finding]:
    """What was given and cannot be meant."""
    yield from check_parties(declaration, policy)
    yield from check_numbers(declaration)


def _described(declaration: Declaration, policy: Policy, readings: TextModels) -> Iterable[Finding]:
    """What the descriptions are worth; the same fault of several items is found once, at its weightiest."""
    texts = (declaration.description, *(item.description for item in declaration.items))
    findings: dict[tuple[str, str | int | None], Finding] = {}
    for text in dict.fromkeys(texts):
        if text is not None:
            finding = check_description(
                text,
                policy.description_terms,
                level=declaration.level,
                reads=readings.vague,
                limits=policy.reading_limits,
            )
            if finding is not None:
                same = (finding.code, finding.params.get("term"))
                if same not in findings or findings[same].severity is Severity.NOTE:
                    findings[same] = finding
    return findings.values()


def _conflicts(conflicts: Iterable[Conflict]) -> Iterable[Finding]:
    """``SOURCES_DISAGREE`` for each side that another was chosen over: field, capacities, what both counted.

    Numbers alone are repeated; texts, names and places stay in the declarations.
    """
    findings: list[Finding] = []
    for conflict in conflicts:
        chosen, *others = conflict.sides
        severity = Severity.NOTE if conflict.field in _OF_THE_FLIGHT else Severity.CORRECTABLE
        for other in others:
            params: dict[str, str | int] = {"field": conflict.field}
            params |= {"chosen": chosen.role.value, "other": other.role.value}
            if conflict.field in _COUNTED:
                params |= {"chosen_value": int(chosen.claim), "other_value": int(other.claim)}
            findings.append(Finding(code="SOURCES_DISAGREE", severity=severity, params=params))
    return findings


_COUNTED = frozenset({"gross_weight_g", "quantity", "piece_count"})
_OF_THE_FLIGHT = frozenset({"expected_arrival", "departure", "flight", "arrival_port"})
"""Where the words differ since a flight moved: no sender can mend that."""


def _listed(names: Sequence[tuple[str, str]], lists: Sequence[PartyList]) -> Iterable[Finding]:
    """Who of all named parties is on a list; one claim cannot hide whom another claim names.

    Sealed: at the hub nobody learns that a list was hit, nor which.
    """
    return [
        Finding(code="LISTED_PARTY", params={"list": hit.list_id, "entry": hit.entry_id, "party": side})
        for side, name_key in dict.fromkeys((side, key(name)) for side, name in names)
        for party_list in lists
        for hit in party_list.match_keys((name_key,))
    ]
