"""The policy pack: dated, signed data that says what is checked and what follows. Format version 1.

Who signed a pack, and its digest, are looked after where its bytes are fetched; here they are read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from agent.domain.consignment.effective import CLAIMED_FIELDS, ClaimOrder, SourceRole
from agent.domain.description.terms import Terms, read_terms
from agent.domain.description.text_models import ReadingLimits, read_limits
from agent.domain.errors import PolicyError, PolicyInvalid
from agent.domain.findings.code import FindingCode
from agent.domain.findings.codes import FACT_OF_CODE
from agent.domain.findings.disposition import Disposition
from agent.domain.findings.finding import Finding, Severity
from agent.domain.packs.source import HEAD, MAX_BYTES, Places, parse
from agent.domain.packs.table import Table
from agent.domain.policy.ageing import LISTS, POLICY, Ladder, ListTerms, read_ladder, read_lists
from agent.domain.policy.cel import RuleSet
from agent.domain.policy.entries import CodeNote, DatedEntry, Notice, Regime
from agent.domain.policy.read_entries import ID, matching, read_codes, read_notices, read_regimes, read_rules
from agent.domain.policy.texts import PackText, params_of, read_texts
from agent.domain.policy.totals_terms import AggregationTerms, read_aggregation
from agent.domain.screening.names import key as name_key

FORMAT = 1

__all__ = ["FORMAT", "MAX_BYTES", "Arrival", "Policy", "fill", "is_template", "parse_policy"]

NO_OUTCOME = "none"

DEFAULT_OUTCOMES: Mapping[Severity, Disposition | None] = {
    Severity.STOP: Disposition.DNL,
    Severity.REFER: Disposition.RFS,
    Severity.CORRECTABLE: Disposition.RFI,
    Severity.NOTE: None,
}


class OnAbsent(StrEnum):
    """What happens to a piece when the model the policy names is not there."""

    REFER = "refer"
    RULES_ONLY = "rules_only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """How far measurements may differ, and how long is waited for them."""

    weight_tolerance_g: int
    weight_tolerance_permille: int
    """Of the declared weight; the larger of the two tolerances counts."""
    settle_timeout_ms: int
    repeat_window_ms: int
    """A piece scanned again at its station within this time repeats its verdict."""
    fold_window_ms: int
    """Reads of one text by one device within this time are one scan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """How far an expected arrival may have passed, and lie ahead, before it is not believed; in days."""

    late_days: int = 2
    ahead_days: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelTerms:
    """Which risk model is to be used, and from which risk on it refers."""

    digest: str
    """SHA-256 of the model bundle, 64 hexadecimal digits."""
    refer_at_permille: int
    on_absent: OnAbsent


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One policy pack, complete and compiled."""

    id: str
    sequence: int
    """Grows with each issue; an older pack never replaces a newer one."""
    issued: datetime
    fresh_for_days: int
    zone: str
    validity_hours: int
    """How long a decision holds."""
    audit_permille: int
    """Share of all declared pieces that is referred at random."""
    tolerance: Tolerance
    arrival: Arrival
    claims: ClaimOrder
    """Whose word counts, per field."""
    model: ModelTerms | None
    lists: ListTerms
    ladder: Ladder
    """What follows as the pack or a list grows old."""
    texts: tuple[PackText, ...]
    """Of the codes of its own rules."""
    rules: RuleSet
    """Rules and regimes, compiled."""
    codes: tuple[CodeNote, ...]
    notices: tuple[Notice, ...]
    bounds: tuple[datetime, ...]
    """Every instant at which a rule, a regime, a limit or the weight of a code changes; UTC, in order."""
    outcomes: Mapping[Severity, Disposition | None]
    outcomes_by_code: Mapping[str, Disposition | None]
    description_terms: Terms
    placeholder_names: frozenset[str]
    """``names.key`` of names that name nobody."""
    reading_limits: ReadingLimits
    """From which readings of a description on something is found."""
    aggregation: AggregationTerms
    """What is counted of one person's parcels, and which totals are too many."""

    @property
    def regimes(self) -> tuple[Regime, ...]:
        """The regimes of the pack, in its order."""
        return self.rules.regimes

    def same_law(self, earlier: datetime, later: datetime) -> bool:
        """Whether nothing of the law begins or ends after ``earlier`` and up to ``later``."""
        return not any(earlier < bound <= later for bound in self.bounds)

    def note_on(self, code: str, at: datetime, mode: str | None) -> CodeNote | None:
        """What the law says at ``at`` (aware) of a finding that the program makes by itself."""
        for note in self.codes:
            if note.code == code and note.in_force(at) and note.mode in (None, mode):
                return note
        return None

    def weighed(self, finding: Finding, at: datetime, mode: str) -> Finding:
        """``finding`` of a document with the weight its code has at ``at`` (aware)."""
        note = self.note_on(finding.code, at, mode)
        return finding if note is None else note.weighed(finding)

    def citation_of(self, finding: Finding, at: datetime, mode: str | None = None) -> str | None:
        """The source of ``finding``: its rule's, regime's or limit's, else its code's at ``at`` (aware)."""
        for sort, entries in self._named():
            named = finding.params.get(sort)
            if named is not None:
                return next((entry.citation for entry in entries if entry.id == named), None)
        note = self.note_on(finding.code, at, mode)
        return None if note is None else note.citation

    def _named(self) -> tuple[tuple[str, Sequence[DatedEntry]], ...]:
        return (
            ("rule", self.rules.rules),
            ("regime", self.rules.regimes),
            ("limit", self.aggregation.limits),
        )

    def fact_of(self, finding: Finding, at: datetime, mode: str | None = None) -> str | None:
        """The fact that ``finding`` is about, or the field that it names itself; None for the whole piece."""
        if finding.code in FACT_OF_CODE:
            return FACT_OF_CODE[finding.code]
        if isinstance(field := finding.params.get("field"), str):
            return field
        rule = finding.params.get("rule")
        if rule is not None:
            return next((entry.about for entry in self.rules.rules if entry.id == rule), None)
        note = self.note_on(finding.code, at, mode)
        return None if note is None else note.about

    def finding_code(self, name: str, params: Mapping[str, str | int]) -> str | FindingCode:
        """The code of a finding that was made under this pack: that of the rule it names, else the name."""
        of_rule = self.rules.codes.get(params.get("rule", ""))
        return name if of_rule is None or of_rule.name != name else of_rule

    def outcome_of(self, finding: Finding) -> Disposition | None:
        """What follows from ``finding``: by its code, else by its severity; None when nothing does."""
        if finding.code in self.outcomes_by_code:
            return self.outcomes_by_code[finding.code]
        return self.outcomes[finding.severity]


_DIGEST_MARK = b"@MODEL_DIGEST@"
_ISSUED_MARK = b"@ISSUED@"
_HEX64 = re.compile(r"[0-9a-f]{64}")


def is_template(data: bytes) -> bool:
    """Whether a pack still has marks to fill."""
    return _DIGEST_MARK in data or _ISSUED_MARK in data


def fill(template: bytes, *, model_digest: str, issued: datetime) -> bytes:
    """Put model digest and time of issue into a template of a pack, before it is signed.

    Raises:
        ValueError: The digest is not 64 hexadecimal digits in lower case, ``issued`` has no offset, or the
            template lacks one of the two marks.
    """
    if _HEX64.fullmatch(model_digest) is None:
        raise ValueError(f"{model_digest[:70]!r} is not a SHA-256 digest of 64 hexadecimal digits")
    if issued.tzinfo is None:
        raise ValueError("the time of issue needs its offset from UTC")
    for mark in (_DIGEST_MARK, _ISSUED_MARK):
        if mark not in template:
            raise ValueError(f"the template has no {mark.decode()} to fill")
    at = issued.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return template.replace(_DIGEST_MARK, model_digest.encode()).replace(_ISSUED_MARK, at.encode())


def parse_policy(data: bytes, *, source: str = "policy.toml") -> Policy:
    """Read and compile a policy pack.

    Args:
        data: TOML, UTF-8, as published.
        source: What to call the file in errors.

    Raises:
        PolicyInvalid: with every fault of the file at once; a file of another format or of broken syntax has
            that one fault.
    """
    errors: list[PolicyError] = []
    text, content = parse(data, source=source)
    root = Table(content, "", errors)
    if (version := root.whole("format", least=1)) != FORMAT or errors:
        reason = f"policy of format {version}; this program reads format {FORMAT}, update it first"
        raise PolicyInvalid(source, _located(errors or [PolicyError(path="format", message=reason)], text))
    zone_name = root.text("zone")
    zone = _zone(root, zone_name)
    regimes = read_regimes(root, zone)
    policy_id = matching(root, "id", ID, "lower-case letters, digits and dashes")
    issued = root.instant("issued", None)
    outcomes, by_code = _outcomes(root.table("outcomes"))
    settings = {
        "sequence": root.whole("sequence", least=1),
        "fresh_for_days": root.whole("fresh_for_days", least=1, most=3660),
        "validity_hours": root.whole("validity_hours", least=1, most=8760),
        "audit_permille": root.whole("audit_permille", most=1000),
    }
    tolerance, arrival = _tolerance(root.table("tolerance")), _arrival(root.table("arrival"))
    claims = _claims(root.table("claims"))
    model, lists = _model(root), read_lists(root)
    ladder = read_ladder(
        root, {POLICY: settings["fresh_for_days"], LISTS: lists.fresh_for_days, **lists.by_list}
    )
    terms, placeholders, readings = read_terms(root), _placeholders(root), read_limits(root)
    codes, notices = read_codes(root, zone), read_notices(root, zone)
    rules = read_rules(root, zone, {regime.id: regime for regime in regimes})
    texts = read_texts(root, params_of(rules))
    aggregation = read_aggregation(root, zone)
    root.done()
    compiled: RuleSet | None = None
    try:
        compiled = RuleSet(rules, regimes)
    except PolicyInvalid as exc:
        # A value that is not a text is reported as that, and not also as a rule that does not compile.
        reported = {error.path for error in errors}
        errors.extend(error for error in exc.errors if error.path not in reported)
    if errors or compiled is None:
        raise PolicyInvalid(source, _located(errors, text))
    return Policy(
        id=policy_id, issued=issued, zone=zone_name, tolerance=tolerance, arrival=arrival, claims=claims,
        model=model, lists=lists, ladder=ladder, texts=texts, rules=compiled, codes=codes, notices=notices,
        outcomes=outcomes, bounds=_bounds((*codes, *aggregation.limits), compiled), outcomes_by_code=by_code,
        description_terms=terms, placeholder_names=placeholders, reading_limits=readings,
        aggregation=aggregation, **settings,
    )  # fmt: skip


def _bounds(others: Sequence[DatedEntry], rules: RuleSet) -> tuple[datetime, ...]:
    changes = {bound.astimezone(UTC) for entry in others for bound in entry.bounds()}
    return tuple(sorted(changes.union(rules.bounds)))


def _located(errors: list[PolicyError], text: str) -> list[PolicyError]:
    """Each error with its file, line and column; those of the compiler count inside the text of the rule."""
    places = Places(text)
    located: list[PolicyError] = []
    for error in errors:
        place = places.of(error.path)
        if place is None:
            located.append(error)
            continue
        if error.line is not None and error.column is not None:
            place = place.inside(error.line, error.column)
        located.append(replace(error, file=place.file, line=place.line, column=place.column))
    return sorted(located, key=lambda e: (e.file != HEAD, e.file or "", e.line or 0, e.column or 0))


def _tolerance(table: Table) -> Tolerance:
    tolerance = Tolerance(
        weight_tolerance_g=table.whole("weight_tolerance_g", most=100_000),
        weight_tolerance_permille=table.whole("weight_tolerance_permille", most=1000),
        settle_timeout_ms=table.whole("settle_timeout_ms", least=100, most=60_000),
        repeat_window_ms=table.whole("repeat_window_ms", 10_000, most=600_000),
        fold_window_ms=table.whole("fold_window_ms", 800, most=10_000),
    )
    table.done()
    return tolerance


def _arrival(table: Table) -> Arrival:
    usual = Arrival()
    arrival = Arrival(
        late_days=table.whole("late_days", usual.late_days, most=60),
        ahead_days=table.whole("ahead_days", usual.ahead_days, least=1, most=366),
    )
    table.done()
    return arrival


def _claims(table: Table) -> ClaimOrder:
    """``usual``, and under ``by_field`` the order for one field: lists of roles, the first counts most."""
    fields = table.table("by_field")
    by_field: dict[str, tuple[SourceRole, ...]] = {}
    for name in fields.items():
        if name not in CLAIMED_FIELDS:
            fields.fault(name, f"no field is claimed by that name; use one of {', '.join(CLAIMED_FIELDS)}")
        by_field[name] = _roles(fields, name)
    order = ClaimOrder(usual=_roles(table, "usual") or tuple(SourceRole), by_field=by_field)
    table.done()
    return order


def _roles(table: Table, key: str) -> tuple[SourceRole, ...]:
    roles: list[SourceRole] = []
    known = [role.value for role in SourceRole]
    for name in table.texts(key):
        if name not in known or name in roles:
            table.fault(
                key, f"{name!r} is not a role, or is given twice; use each of {', '.join(known)} once"
            )
        else:
            roles.append(SourceRole(name))
    return tuple(roles)


def _zone(root: Table, name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        root.fault("zone", f"{name[:60]!r} is not a time zone of the IANA database")
        # The pack is refused; its dates are still looked at.
        return UTC


def _outcomes(
    table: Table,
) -> tuple[dict[Severity, Disposition | None], dict[str, Disposition | None]]:
    by_severity = dict(DEFAULT_OUTCOMES)
    for severity in Severity:
        if table.has(severity.value):
            by_severity[severity] = _outcome(table, severity.value, table.text(severity.value))
    codes = table.table("codes")
    by_code = {code: _outcome(codes, code, value) for code, value in codes.items().items()}
    table.done()
    return by_severity, by_code


def _outcome(table: Table, key: str, value: object) -> Disposition | None:
    allowed = [d.value for d in Disposition if d is not Disposition.CLEAR]
    if value not in [*allowed, NO_OUTCOME]:
        table.fault(key, f"{value!r:.40} is not one of {', '.join(allowed)}, {NO_OUTCOME}")
        return None
    return None if value == NO_OUTCOME else Disposition(str(value))


def _model(root: Table) -> ModelTerms | None:
    if not root.has("model"):
        return None
    table = root.table("model")
    terms = ModelTerms(
        digest=matching(table, "digest", _HEX64, "64 hexadecimal digits in lower case, a SHA-256"),
        refer_at_permille=table.whole("refer_at_permille", most=1000),
        on_absent=table.choice("on_absent", OnAbsent, OnAbsent.REFER),
    )
    table.done()
    return terms


def _placeholders(root: Table) -> frozenset[str]:
    names: set[str] = set()
    for table in root.tables("placeholder_names"):
        table.text("source", most=400)
        names.update(map(name_key, table.texts("names")))
        table.done()
    return frozenset(names - {""})
