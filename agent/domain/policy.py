"""The policy pack: dated, signed data that says what is checked and what follows. Format version 1.

Who signed a pack, and its digest, are looked after where its bytes are fetched; here they are read.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from agent.domain.descriptions import Terms
from agent.domain.disposition import Disposition
from agent.domain.errors import PolicyError, PolicyInvalid
from agent.domain.findings import Finding, Severity
from agent.domain.names import key as name_key
from agent.domain.policy_rules import ID, Regime, matching, read_regimes, read_rules
from agent.domain.rules import RuleSet
from agent.domain.tables import Table

FORMAT = 1
MAX_BYTES = 4 * 2**20
"""Largest pack that is parsed."""

NO_OUTCOME = "none"

DEFAULT_OUTCOMES: Mapping[Severity, Disposition | None] = {
    Severity.STOP: Disposition.DNL,
    Severity.REFER: Disposition.RFS,
    Severity.MEND: Disposition.RFI,
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
class ModelTerms:
    """Which risk model is to be used, and from which risk on it refers."""

    digest: str
    """SHA-256 of the model bundle, 64 hexadecimal digits."""
    refer_at_permille: int
    on_absent: OnAbsent


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTerms:
    """Which party lists must be there, and how old a list may grow, in days."""

    required: tuple[str, ...]
    fresh_for_days: int
    by_list: Mapping[str, int]

    def fresh_for(self, list_id: str) -> int:
        """Days after which list ``list_id`` is stale."""
        return self.by_list.get(list_id, self.fresh_for_days)


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
    model: ModelTerms | None
    lists: ListTerms
    regimes: tuple[Regime, ...]
    rules: RuleSet
    outcomes: Mapping[Severity, Disposition | None]
    outcomes_by_code: Mapping[str, Disposition | None]
    description_terms: Terms
    placeholder_names: frozenset[str]
    """``names.key`` of names that name nobody."""

    def same_law(self, earlier: datetime, later: datetime) -> bool:
        """Whether no rule and no regime begins or ends after ``earlier`` and up to ``later``."""
        spans = [(r.starts, r.ends) for r in self.regimes] + [(r.starts, r.ends) for r in self.rules.rules]
        bounds = [bound for span in spans for bound in span if bound is not None]
        return not any(earlier < bound <= later for bound in bounds)

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
    root = Table(_toml(data, source), "", errors)
    if (version := root.whole("format", least=1)) != FORMAT or errors:
        reason = f"policy of format {version}; this program reads format {FORMAT}, update it first"
        raise PolicyInvalid(source, errors or [PolicyError(path="format", message=reason)])
    zone_name = root.text("zone")
    zone = _zone(root, zone_name)
    regimes = read_regimes(root, zone)
    policy_id = matching(root, "id", ID, "small letters, digits and dashes")
    issued = root.instant("issued", None)
    tolerance = root.table("tolerance")
    outcomes, by_code = _outcomes(root.table("outcomes"))
    settings = {
        "sequence": root.whole("sequence", least=1),
        "fresh_for_days": root.whole("fresh_for_days", least=1, most=3660),
        "validity_hours": root.whole("validity_hours", least=1, most=8760),
        "audit_permille": root.whole("audit_permille", most=1000),
    }
    tolerated = Tolerance(
        weight_tolerance_g=tolerance.whole("weight_tolerance_g", most=100_000),
        weight_tolerance_permille=tolerance.whole("weight_tolerance_permille", most=1000),
        settle_timeout_ms=tolerance.whole("settle_timeout_ms", least=100, most=60_000),
        repeat_window_ms=tolerance.whole("repeat_window_ms", 10_000, most=600_000),
        fold_window_ms=tolerance.whole("fold_window_ms", 800, most=10_000),
    )
    tolerance.done()
    model, lists = _model(root), _lists(root)
    terms, placeholders = _terms(root), _placeholders(root)
    rules = read_rules(root, zone, {regime.id: regime for regime in regimes})
    root.done()
    compiled: RuleSet | None = None
    try:
        compiled = RuleSet(rules)
    except PolicyInvalid as exc:
        errors.extend(exc.errors)
    if errors or compiled is None:
        raise PolicyInvalid(source, errors)
    return Policy(
        id=policy_id, issued=issued, zone=zone_name, tolerance=tolerated, model=model, lists=lists,
        regimes=regimes, rules=compiled, outcomes=outcomes, outcomes_by_code=by_code,
        description_terms=terms, placeholder_names=placeholders, **settings,
    )  # fmt: skip


def _toml(data: bytes, source: str) -> object:
    if len(data) > MAX_BYTES:
        fault = PolicyError(path="", message=f"{len(data)} bytes, the most that is read is {MAX_BYTES}")
        raise PolicyInvalid(source, [fault])
    try:
        return tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise PolicyInvalid(source, [PolicyError(path="", message=f"not TOML: {exc}")]) from exc


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


def _lists(root: Table) -> ListTerms:
    table = root.table("lists")
    ages = table.table("by_list")
    terms = ListTerms(
        required=table.texts("required"),
        fresh_for_days=table.whole("fresh_for_days", least=1, most=3660),
        by_list={name: ages.whole(name, least=1, most=3660) for name in ages.items()},
    )
    table.done()
    return terms


def _terms(root: Table) -> Terms:
    stop: list[str] = []
    fillers: list[str] = []
    for table in root.tables("description_terms"):
        # The source is for the reader of the pack: a term nobody can trace is not refused to a sender.
        table.text("source", most=400)
        stop += table.texts("stop")
        fillers += table.texts("fillers")
        table.done()
    return Terms(stop=tuple(stop), fillers=tuple(fillers))


def _placeholders(root: Table) -> frozenset[str]:
    names: set[str] = set()
    for table in root.tables("placeholder_names"):
        table.text("source", most=400)
        names.update(map(name_key, table.texts("names")))
        table.done()
    return frozenset(names - {""})
