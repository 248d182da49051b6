"""Regimes and rules of a policy file: their dates, their scope, what they ask for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from agent.domain.declarations import Transport
from agent.domain.facts import FACTS
from agent.domain.findings import Disclosure, Severity
from agent.domain.rules import Rule
from agent.domain.tables import Table

ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_CODE = re.compile(r"[A-Z][A-Z0-9_]{2,63}")
_COUNTRY = re.compile(r"[A-Z]{2}")


PARAM = re.compile(r"[a-z][a-z0-9_]{0,31}")
MAX_PARAM, MAX_NUMBER = 200, 2**53 - 1
"""What a parameter may be, so that a decision which carries it can be signed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Regime:
    """One legal regime: what data it asks for, from when to when."""

    id: str
    starts: datetime
    ends: datetime | None
    mode: Transport | None
    citation: str
    requires: tuple[str, ...]
    """Names of facts a declaration must give."""


def matching(table: Table, key: str, shape: re.Pattern[str], wanted: str) -> str:
    """A short text of the given shape; ``wanted`` says it in words."""
    value = table.text(key, most=64)
    if value and shape.fullmatch(value) is None:
        table.fault(key, f"{value!r} must be of {wanted}")
    return value


def read_regimes(root: Table, zone: tzinfo) -> tuple[Regime, ...]:
    """Every ``[[regime]]`` of the file; dates without an offset are read in ``zone``."""
    regimes: list[Regime] = []
    for table in root.tables("regime"):
        requires = table.texts("requires")
        for unknown in sorted(set(requires) - FACTS.keys()):
            table.fault("requires", f"{unknown!r} is not a fact; see agent/domain/facts.py")
        regime_id = matching(table, "id", ID, "small letters, digits and dashes")
        if any(regime.id == regime_id for regime in regimes):
            table.fault("id", f"{regime_id!r} is given twice")
        starts, ends = _window(table, zone)
        regimes.append(
            Regime(
                id=regime_id,
                starts=starts,
                ends=ends,
                mode=_mode(table),
                citation=table.text("citation", most=400),
                requires=requires,
            )
        )
        table.done()
    return tuple(regimes)


def read_rules(root: Table, zone: tzinfo, regimes: Mapping[str, Regime]) -> list[Rule]:
    """The rules that are well formed; the others leave their faults behind."""
    rules: list[Rule] = []
    seen: set[str] = set()
    for table in root.tables("rule"):
        before = len(table.errors)
        rule_id = matching(table, "id", ID, "small letters, digits and dashes")
        if rule_id in seen:
            table.fault("id", f"{rule_id!r} is given twice")
        seen.add(rule_id)
        starts, ends = _window(table, zone)
        regime = table.optional_text("regime")
        if regime is not None and regime not in regimes:
            table.fault("regime", f"{regime!r} is no regime of this file")
        elif regime is not None:
            # A rule is in force only while its regime is.
            starts = max(starts, regimes[regime].starts)
            closing = [end for end in (ends, regimes[regime].ends) if end is not None]
            ends = min(closing, default=None)
        origin = table.texts("origin")
        for country in origin:
            if _COUNTRY.fullmatch(country) is None:
                table.fault("origin", f"{country!r} is not a country of two capital letters")
        rule = Rule(
            id=rule_id,
            code=matching(table, "code", _CODE, "capital letters, digits and underscores"),
            severity=table.choice("severity", Severity),
            when=table.text("when", most=4000),
            starts=starts,
            ends=ends,
            mode=_mode(table),
            origin=origin,
            citation=table.text("citation", most=400),
            disclosure=table.choice("disclosure", Disclosure, Disclosure.OPEN),
            regime=regime,
            params=_params(table.table("params")),
        )
        table.done()
        try:
            rule.finding()
        except ValueError as exc:
            table.fault("disclosure", str(exc))
        # One rule's fault is told once: a rule that is malformed is not compiled on top.
        if len(table.errors) == before:
            rules.append(rule)
    return rules


def _mode(table: Table) -> Transport | None:
    return table.choice("mode", Transport) if table.has("mode") else None


def _window(table: Table, zone: tzinfo) -> tuple[datetime, datetime | None]:
    starts, ends = table.instant("from", zone), table.optional_instant("to", zone)
    if ends is not None and ends <= starts:
        table.fault("to", "is not after `from`; the window would be empty")
    return starts, ends


def _params(table: Table) -> dict[str, str | int]:
    params: dict[str, str | int] = {}
    for key, value in table.items().items():
        if key == "rule" or isinstance(value, bool) or not isinstance(value, str | int):
            table.fault(key, "a parameter is a text or a whole number, and `rule` is taken")
        elif not PARAM.fullmatch(key):
            table.fault(key, "a parameter has a name of small letters, digits and underscores")
        elif len(value) > MAX_PARAM if isinstance(value, str) else abs(value) > MAX_NUMBER:
            table.fault(key, f"a text has at most {MAX_PARAM} characters, a number at most {MAX_NUMBER}")
        else:
            params[key] = value
    return params
