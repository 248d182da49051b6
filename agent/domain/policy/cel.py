"""Dated rules and regimes in CEL. The only module that knows the CEL library."""

from __future__ import annotations

import functools
import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from cel_expr_python import cel  # type: ignore[import-untyped] # ships no py.typed marker

from agent.domain.consignment.declaration import Transport
from agent.domain.errors import PolicyError, PolicyInvalid
from agent.domain.findings.code import FindingCode
from agent.domain.findings.finding import Finding, Severity
from agent.domain.policy.entries import DatedEntry, EntryKind, Regime, Rule
from agent.domain.policy.facts import SCHEMA, FactType, FactValue

_TYPES: Mapping[FactType, cel.Type] = {
    "INT": cel.Type.INT,
    "STRING": cel.Type.STRING,
    "BOOL": cel.Type.BOOL,
    "LIST": cel.Type.List(cel.Type.STRING),
}
_PLACE = re.compile(r"<input>:(\d+):(\d+): (.*)")
_WEIGHT = {Severity.NOTE: 0, Severity.CORRECTABLE: 1, Severity.REFER: 2, Severity.STOP: 3}


@dataclass(frozen=True, slots=True)
class Held:
    """What regimes and rules say of one consignment at one instant."""

    regimes: tuple[str, ...]
    """Ids of the regimes that apply, in the order of the pack."""
    entry: str | None
    """The one of them that says how the goods enter; None where the pack cannot tell."""
    missing: tuple[Finding, ...]
    """``MISSING_<FACT>`` for every fact a regime asks for, once, naming the first that insists."""
    findings: tuple[Finding, ...]
    """What the rules find, and what could not be told."""
    lawless: bool = False
    """Whether no regime at all is in force then for that transport."""


_REMEMBERED = 4096
"""Answers that a condition keeps: parcels differ in who and where, and are alike in what rules ask."""


class _Condition:
    """One expression, evaluated once for all consignments that are alike in the facts it names."""

    def __init__(self, env: cel.Env, expression: cel.Expression, names: Iterable[str]) -> None:
        self.names = tuple(names)
        self._env = env
        self._expression = expression
        # Typed: 1 and True are equal, and a rule over the one cannot be evaluated with the other.
        self._answer = functools.lru_cache(maxsize=_REMEMBERED, typed=True)(self._tell)

    def holds(self, facts: Mapping[str, FactValue]) -> bool | None:
        """Whether it holds of ``facts``; None where that cannot be told."""
        values: list[Any] = [facts.get(name) for name in self.names]
        if list in map(type, values):
            values = [tuple(value) if isinstance(value, list) else value for value in values]
        return self._answer(*values)

    def _tell(self, *values: FactValue | tuple[str, ...] | None) -> bool | None:
        activation = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in zip(self.names, values, strict=True)
            if value is not None
        }
        # eval never raises: an error is a Value whose content is a text, and a text is true. Only a BOOL has
        # the content True or False; asking the content is three times as fast as asking the type.
        content = self._expression.eval(self._env.Activation(activation)).value()
        return content if content is True or content is False else None


@dataclass(frozen=True, slots=True)
class _Compiled:
    given: tuple[str, ...]
    condition: _Condition | None
    origin: frozenset[str]
    needs_mode: bool
    unknown: Finding


@dataclass(frozen=True, slots=True)
class _Rule(_Compiled):
    holds: Finding


@dataclass(frozen=True, slots=True)
class _Regime(_Compiled):
    id: str
    enters: bool
    unless: tuple[str, object] | None
    needs: tuple[tuple[tuple[str, ...], Finding], ...]


@dataclass(frozen=True, slots=True)
class _Law:
    """What is in force between two instants for one mode of transport."""

    regimes: tuple[_Regime, ...]
    rules: tuple[_Rule, ...]


class RuleSet:
    """Rules and regimes compiled against the fact schema in one environment. Never changes once built."""

    def __init__(self, rules: Sequence[Rule], regimes: Sequence[Regime] = ()) -> None:
        """Compile ``rules`` and the conditions of ``regimes``.

        Raises:
            PolicyInvalid: with one error for each that does not compile to BOOL.
        """
        self.rules = tuple(rules)
        self.regimes = tuple(regimes)
        self.codes: Mapping[str | int, FindingCode] = {rule.id: rule.finding_code() for rule in self.rules}
        """The code of each rule's findings, by the id of the rule."""
        self._env = cel.NewEnv(variables={name: _TYPES[fact_type] for name, fact_type in SCHEMA.items()})
        errors: list[PolicyError] = []
        self._conditions: dict[str, _Condition] = {}
        conditions = [("regime", n, r.id, r.when) for n, r in enumerate(regimes) if r.when is not None]
        conditions += [("rule", n, r.id, r.when) for n, r in enumerate(rules)]
        for sort, place, name, when in conditions:
            if when in self._conditions:
                continue
            compiled = _compile(self._env, when)
            if isinstance(compiled, PolicyError):
                errors.append(replace(compiled, path=f"{sort}[{place}].when", sort=sort, rule=name))
            else:
                self._conditions[when] = _Condition(self._env, compiled, _named(when))
        if errors:
            raise PolicyInvalid("the rules", errors)
        self.asked = self._asked()
        """Every fact that a rule or a regime looks at, at any time."""
        # The law changes at few instants. Between two of them it is one list for each mode: nothing that is
        # out of force, or of the other mode, is looked at for a consignment.
        everything: tuple[DatedEntry, ...] = (*self.regimes, *self.rules)
        self.bounds = tuple(
            sorted({bound.astimezone(UTC) for dated in everything for bound in dated.bounds()})
        )
        starts = (datetime.min.replace(tzinfo=UTC), *self.bounds)
        modes: tuple[Transport | None, ...] = (*Transport, None)
        self._laws = tuple(
            {mode.value if mode is not None else None: self._law(at, mode) for mode in modes} for at in starts
        )

    def evaluate(self, facts: Mapping[str, FactValue], at: datetime) -> tuple[Finding, ...]:
        """What regimes and rules in force at ``at`` (aware) find; see ``hold``."""
        held = self.hold(facts, at)
        return (*held.missing, *held.findings)

    def hold(self, facts: Mapping[str, FactValue], at: datetime) -> Held:
        """Which regimes apply at ``at`` (aware), what they miss, and what the rules find, in their order.

        A regime or rule that names a fact which is absent or of the wrong type, or whose scope cannot be
        told, gives ``RULE_NOT_EVALUABLE``; it is never taken for one that does not hold.

        Raises:
            ValueError: ``at`` has no offset from UTC.
        """
        if at.tzinfo is None:
            raise ValueError("rules are evaluated at an instant; give the time an offset from UTC")
        laws = self._laws[bisect_right(self.bounds, at.astimezone(UTC))]
        mode = facts.get("consignment.transport")
        law = laws.get(mode) if mode is None or isinstance(mode, str) else None
        if law is None:
            law = laws[None]
        applying: list[str] = []
        entry: str | None = None
        findings: list[Finding] = []
        missing: dict[str, Finding] = {}
        for regime in law.regimes:
            if regime.enters and entry is not None:
                continue
            applies = _holds(regime, facts)
            if applies is None:
                findings.append(regime.unknown)
            elif applies:
                applying.append(regime.id)
                if regime.enters:
                    entry = regime.id
                if regime.unless is None or facts.get(regime.unless[0]) != regime.unless[1]:
                    _miss(regime, facts, missing)
        for rule in law.rules:
            holds = _holds(rule, facts)
            if holds is None:
                findings.append(rule.unknown)
            elif holds:
                findings.append(rule.holds)
        return Held(tuple(applying), entry, tuple(missing.values()), tuple(findings), not law.regimes)

    def _asked(self) -> frozenset[str]:
        asked = {"consignment.transport", "goods.origin_country"}
        for dated in (*self.regimes, *self.rules):
            asked.update(dated.given)
        for regime in self.regimes:
            asked.update(fact for group in regime.needs() for fact in group)
            if regime.unless is not None:
                asked.add(regime.unless.fact)
        for condition in self._conditions.values():
            asked.update(condition.names)
        return frozenset(asked)

    def _law(self, at: datetime, mode: Transport | None) -> _Law:
        def counts(dated: DatedEntry) -> bool:
            return dated.in_force(at) and (mode is None or dated.mode is None or dated.mode is mode)

        regimes = [regime for regime in self.regimes if counts(regime)]
        rules = [rule for rule in self.rules if counts(rule)]
        return _Law(
            regimes=tuple(self._regime(regime, at, mode) for regime in regimes),
            rules=tuple(
                _Rule(
                    rule.given,
                    self._conditions[rule.when],
                    frozenset(rule.origin),
                    mode is None and rule.mode is not None,
                    rule.not_evaluable(),
                    rule.finding(at),
                )
                for rule in rules
            ),
        )

    def _regime(self, regime: Regime, at: datetime, mode: Transport | None) -> _Regime:
        return _Regime(
            regime.given,
            self._conditions[regime.when] if regime.when is not None else None,
            frozenset(regime.origin),
            mode is None and regime.mode is not None,
            regime.not_evaluable(),
            regime.id,
            regime.kind is EntryKind.ENTRY,
            (regime.unless.fact, regime.unless.equals) if regime.unless is not None else None,
            tuple((group, regime.missing(group, at)) for group in regime.needs()),
        )


def _holds(compiled: _Compiled, facts: Mapping[str, FactValue]) -> bool | None:
    """Whether it applies; None where that cannot be told."""
    for fact in compiled.given:
        if fact not in facts:
            return False
    if compiled.needs_mode:
        return None
    if compiled.origin:
        origin = facts.get("goods.origin_country")
        if origin not in compiled.origin:
            return None if origin is None else False
    return True if compiled.condition is None else compiled.condition.holds(facts)


def _miss(regime: _Regime, facts: Mapping[str, FactValue], missing: dict[str, Finding]) -> None:
    """Each missing fact once: the first regime that asks names it, unless a later one insists more."""
    for group, finding in regime.needs:
        if group[0] in facts or any(fact in facts for fact in group[1:]):
            continue
        known = missing.get(finding.code)
        if known is None or _WEIGHT[known.severity] < _WEIGHT[finding.severity]:
            missing[finding.code] = finding


def _named(when: str) -> Iterable[str]:
    """The variables that an expression names, and maybe some that it does not, which does no harm."""
    written = "".join(when.split())  # CEL allows white space around a dot
    return [name for name in SCHEMA if name in written]


def _compile(env: cel.Env, when: str) -> cel.Expression | PolicyError:
    try:
        expression = env.compile(when)
    except (RuntimeError, ValueError, TypeError) as exc:
        return _located(str(exc))
    returned = expression.return_type()
    if returned != cel.Type.BOOL:
        message = f"it gives {returned}, it must give BOOL; compare it with something"
        return PolicyError(path="when", line=1, column=1, message=message)
    return expression


def _located(text: str) -> PolicyError:
    """The compiler's first complaint with its place; the compiler quotes the source below it."""
    match = _PLACE.search(text)
    if match is None:
        return PolicyError(path="when", line=1, column=1, message=text.partition("\n")[0][:200])
    message = match[3].replace(" (in container '')", "")[:200]
    return PolicyError(path="when", line=int(match[1]), column=int(match[2]), message=message)
