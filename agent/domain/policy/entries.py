"""The dated entries of a policy pack: what all of them have in common, regimes, rules, codes and notices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from agent.domain.consignment.declaration import Transport
from agent.domain.findings.code import FindingCode
from agent.domain.findings.codes import missing_code, pack_code
from agent.domain.findings.finding import EMPTY, Disclosure, Finding, Severity


class SourceConfidence(StrEnum):
    """How sure the author of an entry is of what its source says."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedEntry:
    """One entry of a pack: in force from ``starts`` up to, not at, ``ends``; both aware."""

    id: str
    starts: datetime
    ends: datetime | None = None
    """None: until further notice."""
    mode: Transport | None = None
    """Only for this transport; None for all."""
    origin: tuple[str, ...] = ()
    """Only for goods made in these countries; empty for all."""
    citation: str
    confidence: SourceConfidence = SourceConfidence.HIGH
    given: tuple[str, ...] = ()
    """Facts without which it does not apply; whatever asks for them is another entry's."""
    supersedes: tuple[str, ...] = ()
    """Ids of entries of the same sort that end when this one begins, or before."""

    def __post_init__(self) -> None:
        if self.starts.tzinfo is None or (self.ends is not None and self.ends.tzinfo is None):
            raise ValueError(f"{self.id}: its dates need an offset from UTC")

    def in_force(self, at: datetime) -> bool:
        """Whether it is in force at ``at`` (aware)."""
        return self.starts <= at and (self.ends is None or at < self.ends)

    def bounds(self) -> tuple[datetime, ...]:
        """The instants at which what follows from it changes."""
        return (self.starts,) if self.ends is None else (self.starts, self.ends)


class EntryKind(StrEnum):
    """What a regime is about."""

    SECURITY = "security"
    """Data that is due before loading."""
    DATA = "data"
    """Data that manifest or entry asks for."""
    ENTRY = "entry"
    """How the goods enter; of several that hold the first of the pack is the one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unless:
    """A fact whose value frees a declaration from what a regime asks for. An unknown fact does not."""

    fact: str
    equals: str | int | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Regime(DatedEntry):
    """One legal regime: what data it asks for, from when to when."""

    title: str
    kind: EntryKind
    when: str | None = None
    """CEL as in a rule; None where date, mode and origin say it all."""
    requires: tuple[str, ...] = ()
    """Names of facts a declaration must give."""
    requires_any: tuple[tuple[str, ...], ...] = ()
    """Of each group one fact at least."""
    unless: Unless | None = None
    severity: Severity = Severity.CORRECTABLE
    """Of what is missing."""
    advisory_until: datetime | None = None
    """Aware; before it, what is missing is only noted."""

    def bounds(self) -> tuple[datetime, ...]:
        """As ``DatedEntry.bounds``, and where the advisory time ends."""
        bounds = DatedEntry.bounds(self)
        return bounds if self.advisory_until is None else (*bounds, self.advisory_until)

    def severity_at(self, at: datetime) -> Severity:
        """How much a missing fact weighs at ``at`` (aware)."""
        return (
            Severity.NOTE if self.advisory_until is not None and at < self.advisory_until else self.severity
        )

    def needs(self) -> tuple[tuple[str, ...], ...]:
        """Groups of facts of which one must be given."""
        return (*((fact,) for fact in self.requires), *self.requires_any)

    def missing(self, group: tuple[str, ...], at: datetime) -> Finding:
        """What is found at ``at`` where no fact of ``group`` is given."""
        params = {"regime": self.id}
        if len(group) > 1:
            params["or"] = " ".join(group[1:])
        return Finding(code=missing_code(group[0]), severity=self.severity_at(at), params=params)

    def not_evaluable(self) -> Finding:
        """What is found where it cannot be told whether the regime applies."""
        return Finding(code=NOT_EVALUABLE, params={"regime": self.id})


NOT_EVALUABLE = "RULE_NOT_EVALUABLE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(DatedEntry):
    """An event of the law from which no finding follows: a proposal, a pilot, a ruling; told by ``show``."""

    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeNote(DatedEntry):
    """What the law says, in its time, of a finding the program makes by itself, and how much it weighs."""

    code: str
    about: str | None = None
    """The fact it is about, where the finding does not say so."""
    severity: Severity | None = None
    """None: as the check says. A sealed finding and a referral keep theirs."""

    def weighed(self, finding: Finding) -> Finding:
        """``finding`` with the severity of its time; never of a sealed one and never of a referral."""
        if (
            self.severity is None
            or finding.severity is not Severity.CORRECTABLE
            or finding.disclosure is not Disclosure.OPEN
        ):
            return finding
        return finding.weighed(self.severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(DatedEntry):
    """One dated rule of a policy: when ``when`` holds of a consignment, ``code`` is found on it."""

    code: str
    severity: Severity
    when: str
    """CEL over ``facts.SCHEMA``; must be of type BOOL."""
    disclosure: Disclosure = Disclosure.OPEN
    regime: str | None = None
    about: str | None = None
    """The fact that the finding is about."""
    advisory_until: datetime | None = None
    """Aware; before it, what is found is only noted."""
    params: Mapping[str, str | int] = field(default_factory=lambda: EMPTY)
    """Given on in the finding, beside the rule's id."""

    def bounds(self) -> tuple[datetime, ...]:
        """As ``DatedEntry.bounds``, and where the advisory time ends."""
        bounds = DatedEntry.bounds(self)
        return bounds if self.advisory_until is None else (*bounds, self.advisory_until)

    def finding(self, at: datetime | None = None) -> Finding:
        """What is found where the rule holds, at ``at`` (aware); None for after its advisory time.

        Raises:
            ValueError: The code must be sealed and the rule is open.
        """
        advisory = at is not None and self.advisory_until is not None and at < self.advisory_until
        return Finding(
            code=self.finding_code(),
            severity=Severity.NOTE if advisory else self.severity,
            params=self._given_params(),
        )

    def finding_code(self) -> FindingCode:
        """The code of its findings, with the parameters that they carry.

        Raises:
            ValueError: The code must be sealed and the rule is open.
        """
        return pack_code(self.code, self.severity, self.disclosure, self._given_params())

    def _given_params(self) -> dict[str, str | int]:
        return {**self.params, "rule": self.id}

    def not_evaluable(self) -> Finding:
        """What is found where it cannot be told whether the rule holds."""
        # A sealed rule stays sealed: that it exists is what the seal hides.
        return Finding(code=NOT_EVALUABLE, disclosure=self.disclosure, params={"rule": self.id})
