"""What a policy pack holds, as data and as lines for people. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from agent.domain.findings.codes import FACT_OF_CODE
from agent.domain.policy.entries import CodeNote, DatedEntry, Regime, Rule
from agent.domain.policy.pack import Policy
from agent.domain.policy.totals_terms import LIMIT_CODE, Limit
from agent.domain.values.money import EXPONENTS

_SETTINGS = (
    "id", "sequence", "fresh_for_days", "zone", "validity_hours", "audit_permille", "tolerance", "arrival",
    "model", "lists", "outcomes", "outcomes_by_code", "placeholder_names", "description_terms",
)  # fmt: skip
"""What a pack holds beside its dated entries. The time of issue differs between any two."""

_RENAMED = {"starts": "from", "ends": "to", "unless": "requires_unless"}


def entries(policy: Policy) -> Iterator[tuple[str, DatedEntry]]:
    """Every dated entry with its sort, in the order of the pack."""
    for sort, held in (
        ("regime", policy.regimes),
        ("rule", policy.rules.rules),
        ("code", policy.codes),
        ("limit", policy.aggregation.limits),
        ("notice", policy.notices),
    ):
        for entry in held:
            yield sort, entry


def described(sort: str, entry: DatedEntry) -> dict[str, Any]:
    """One entry under the names it has in the pack; what is not given is left out."""
    shown: dict[str, Any] = {"sort": sort}
    for field in fields(entry):
        value = getattr(entry, field.name)
        if value is None or (isinstance(value, tuple | Mapping) and not value):
            continue
        if field.name == "severity" and isinstance(entry, Regime) and not entry.needs():
            continue
        shown[_RENAMED.get(field.name, field.name)] = plain(value)
    return shown


def plain(value: object) -> Any:
    """A value of a pack as JSON holds it; times keep the offset of their zone."""
    if is_dataclass(value) and not isinstance(value, type):
        # What a value computes from its fields adds nothing.
        return {field.name: plain(getattr(value, field.name)) for field in fields(value) if field.init}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    return msgspec.to_builtins(value)


def in_force(policy: Policy, at: datetime, mode: str | None) -> list[dict[str, Any]]:
    """The entries in force at ``at`` (aware), for ``mode`` or for any."""
    return [
        described(sort, entry) | _advice(entry, at)
        for sort, entry in entries(policy)
        if entry.in_force(at) and (mode is None or entry.mode in (None, mode))
    ]


def _advice(entry: DatedEntry, at: datetime) -> dict[str, Any]:
    until = entry.advisory_until if isinstance(entry, Regime | Rule | Limit) else None
    return {} if until is None else {"advisory": at < until}


def about(policy: Policy, name: str) -> list[dict[str, Any]]:
    """Every entry that is called ``name``, that gives the code ``name``, or that asks for its fact."""
    fact = FACT_OF_CODE.get(name)
    hits: list[dict[str, Any]] = []
    for sort, entry in entries(policy):
        named = entry.id == name
        coded = isinstance(entry, Rule | CodeNote | Limit) and _code(entry) == name
        asks = (
            fact is not None and isinstance(entry, Regime) and any(fact in group for group in entry.needs())
        )
        if named or coded or asks:
            hits.append(described(sort, entry) | _outcome(policy, entry))
    return hits


def _outcome(policy: Policy, entry: DatedEntry) -> dict[str, Any]:
    severity = entry.severity if isinstance(entry, Regime | Rule | CodeNote | Limit) else None
    if severity is None:
        return {}
    code = _code(entry) if isinstance(entry, Rule | CodeNote | Limit) else None
    by_code = policy.outcomes_by_code.get(code) if code is not None else None
    outcome = by_code or policy.outcomes[severity]
    return {"outcome": outcome.value if outcome is not None else "none"}


def _code(entry: Rule | CodeNote | Limit) -> str:
    return LIMIT_CODE if isinstance(entry, Limit) else entry.code


def difference(old: Policy, new: Policy) -> dict[str, Any]:
    """What ``new`` adds, removes and changes: entries by sort and id, and settings."""
    before = {(sort, entry.id): described(sort, entry) for sort, entry in entries(old)}
    after = {(sort, entry.id): described(sort, entry) for sort, entry in entries(new)}
    changed = []
    for key in before.keys() & after.keys():
        if changes := _changes(before[key], after[key]):
            changed.append({"sort": key[0], "id": key[1], "changes": changes})
    return {
        "settings": _changes(_settings(old), _settings(new)),
        "added": [after[key] for key in after if key not in before],
        "removed": [before[key] for key in before if key not in after],
        "changed": sorted(changed, key=lambda entry: (str(entry["sort"]), str(entry["id"]))),
    }


def _settings(policy: Policy) -> dict[str, Any]:
    """Its limits are entries of their own, and its zone is the one of the pack."""
    terms = policy.aggregation
    counted = {
        f"aggregation.{field.name}": plain(getattr(terms, field.name))
        for field in fields(terms)
        if field.name not in ("limits", "zone")
    }
    return {name: plain(getattr(policy, name)) for name in _SETTINGS} | counted


def _changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: {"old": old.get(name), "new": new.get(name)}
        for name in {**old, **new}
        if old.get(name) != new.get(name)
    }


def _sum(entry: Mapping[str, Any]) -> str:
    """What a limit holds a total to, as ``at most 800.00 USD a day of one person,``."""
    if entry["sort"] != "limit":
        return ""
    amount = Decimal(entry["value_minor"]).scaleb(-EXPONENTS[entry["currency"]])
    return f"at most {amount} {entry['currency']} a {entry['per']} of one person,"


def line(entry: Mapping[str, Any]) -> str:
    """One entry as a line: when, where, what, by which source."""
    until = f" to {entry['to']}" if "to" in entry else ""
    outside = ["but", *entry["origin_except"]] if "origin_except" in entry else []
    scope = " ".join([entry.get("mode", "all"), *entry.get("origin", ()), *outside])
    what = entry.get("code") or entry.get("title") or entry.get("says") or _sum(entry)
    severity = f" {entry['severity']}" if "severity" in entry else ""
    advisory = " (advisory)" if entry.get("advisory") else ""
    return (
        f"{entry['sort']} {entry['id']}: {what}{severity}{advisory}\n"
        f"    {scope}, from {entry['from']}{until}; {entry['confidence']} confidence; {entry['citation']}"
    )
