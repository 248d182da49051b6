"""The dated entries of a policy pack: their dates, their scope, their source, what they ask for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import TypedDict, TypeVar

from agent.domain.consignment.declaration import Transport
from agent.domain.findings.finding import Disclosure, Severity
from agent.domain.packs.table import Table
from agent.domain.policy.entries import (
    CodeNote,
    DatedEntry,
    EntryKind,
    Notice,
    Regime,
    Rule,
    SourceConfidence,
    Unless,
)
from agent.domain.policy.facts import FACTS, FactType

ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_CODE = re.compile(r"[A-Z][A-Z0-9_]{2,63}")
_COUNTRY = re.compile(r"[A-Z]{2}")

PARAM = re.compile(r"[a-z][a-z0-9_]{0,31}")
MAX_PARAM, MAX_NUMBER = 200, 2**53 - 1
"""What a parameter may be, so that a decision which carries it can be signed."""

_TYPES: Mapping[FactType, type] = {"INT": int, "STRING": str, "BOOL": bool}

_CONDITIONAL = ("regime", "rule")
"""Entries that apply to some consignments and not to others by what is declared."""

_D = TypeVar("_D", bound=DatedEntry)


class Common(TypedDict):
    """What every dated entry has."""

    id: str
    starts: datetime
    ends: datetime | None
    mode: Transport | None
    origin: tuple[str, ...]
    citation: str
    confidence: SourceConfidence
    given: tuple[str, ...]
    supersedes: tuple[str, ...]


def matching(table: Table, key: str, shape: re.Pattern[str], wanted: str) -> str:
    """A short text of the given shape; ``wanted`` says it in words."""
    value = table.text(key, most=64)
    if value and shape.fullmatch(value) is None:
        table.fault(key, f"{value!r} must be of {wanted}")
    return value


def read_regimes(root: Table, zone: tzinfo) -> tuple[Regime, ...]:
    """Every ``[[regime]]`` of the pack; dates without an offset are read in ``zone``."""
    regimes: list[Regime] = []
    for table, common in dated_entries(root, "regime", zone):
        regimes.append(
            Regime(
                **common,
                title=table.text("title", common["id"] or "?"),
                kind=table.choice("kind", EntryKind, EntryKind.DATA),
                when=table.text("when", most=4000) if table.has("when") else None,
                requires=_facts(table, "requires", table.texts("requires")),
                requires_any=tuple(
                    known
                    for group in table.groups("requires_any")
                    if (known := _facts(table, "requires_any", group))
                ),
                unless=_unless(table),
                severity=table.choice("severity", Severity, Severity.CORRECTABLE),
                advisory_until=advisory_end(table, common, zone),
            )
        )
        table.done()
    check_supersedes(root, "regime", regimes)
    return tuple(regimes)


def read_rules(root: Table, zone: tzinfo, regimes: Mapping[str, Regime]) -> list[Rule]:
    """Every ``[[rule]]`` of the pack; one that is malformed leaves its faults behind."""
    rules: list[Rule] = []
    for table, common in dated_entries(root, "rule", zone):
        regime = table.optional_text("regime")
        if regime is not None and regime not in regimes:
            table.fault("regime", f"{regime!r} is not a regime of this pack")
        elif regime is not None:
            # A rule is in force only while its regime is.
            common["starts"] = max(common["starts"], regimes[regime].starts)
            closing = [end for end in (common["ends"], regimes[regime].ends) if end is not None]
            common["ends"] = min(closing, default=None)
        rule = Rule(
            **common,
            code=matching(table, "code", _CODE, "upper-case letters, digits and underscores"),
            severity=table.choice("severity", Severity),
            when=table.text("when", most=4000),
            disclosure=table.choice("disclosure", Disclosure, Disclosure.OPEN),
            regime=regime,
            about=_about(table),
            advisory_until=advisory_end(table, common, zone),
            params=_params(table.table("params")),
        )
        table.done()
        try:
            rule.finding()
        except ValueError as exc:
            table.fault("disclosure", str(exc))
            rule = replace(rule, disclosure=Disclosure.SEALED)
        rules.append(rule)
    check_supersedes(root, "rule", rules)
    return rules


def read_codes(root: Table, zone: tzinfo) -> tuple[CodeNote, ...]:
    """Every ``[[code]]``: what the law says of a finding that the program makes by itself."""
    notes: list[CodeNote] = []
    for table, common in dated_entries(root, "code", zone):
        notes.append(
            CodeNote(
                **common,
                code=matching(table, "code", _CODE, "upper-case letters, digits and underscores"),
                about=_about(table),
                severity=table.choice("severity", Severity) if table.has("severity") else None,
            )
        )
        table.done()
    check_supersedes(root, "code", notes)
    return tuple(notes)


def read_notices(root: Table, zone: tzinfo) -> tuple[Notice, ...]:
    """Every ``[[notice]]``: an event of the law from which no finding follows."""
    notices: list[Notice] = []
    for table, common in dated_entries(root, "notice", zone):
        notices.append(Notice(**common, says=table.text("says", most=400)))
        table.done()
    check_supersedes(root, "notice", notices)
    return tuple(notices)


def dated_entries(root: Table, sort: str, zone: tzinfo) -> Iterator[tuple[Table, Common]]:
    """Each ``[[sort]]`` with what all entries have; ids are given once."""
    ids: set[str] = set()
    for table in root.tables(sort):
        entry_id = matching(table, "id", ID, "lower-case letters, digits and dashes")
        if entry_id in ids:
            table.fault("id", f"{entry_id!r} is given twice")
        ids.add(entry_id)
        starts, ends = table.instant("from", zone), table.optional_instant("to", zone)
        if ends is not None and ends <= starts:
            table.fault("to", "is not after `from`; the window would be empty")
        origin = table.texts("origin")
        for country in origin:
            if _COUNTRY.fullmatch(country) is None:
                table.fault("origin", f"{country!r} is not a country of two upper-case letters")
        yield (
            table,
            Common(
                id=entry_id,
                starts=starts,
                ends=ends,
                mode=table.choice("mode", Transport) if table.has("mode") else None,
                origin=origin,
                citation=table.text("citation", most=400),
                confidence=table.choice("confidence", SourceConfidence, SourceConfidence.HIGH),
                given=_facts(table, "given", table.texts("given")) if sort in _CONDITIONAL else (),
                supersedes=table.texts("supersedes"),
            ),
        )


def check_supersedes(root: Table, sort: str, entries: Sequence[_D]) -> None:
    """An entry that another one supersedes must be there, and be over when the other begins."""
    known = {entry.id: entry for entry in entries}
    for place, entry in enumerate(entries):
        table = Table({}, f"{sort}[{place}]", root.errors, rule=entry.id, sort=sort)
        for earlier in entry.supersedes:
            ended = known[earlier].ends if earlier in known else None
            if earlier not in known:
                table.fault("supersedes", f"{earlier!r} is not a {sort} of this pack")
            elif ended is None or ended > entry.starts:
                table.fault(
                    "supersedes", f"{earlier!r} is still in force when this one begins; end it with `to`"
                )


def advisory_end(table: Table, common: Common, zone: tzinfo) -> datetime | None:
    """``advisory_until`` of an entry, which must lie after its beginning."""
    until = table.optional_instant("advisory_until", zone)
    if until is not None and until <= common["starts"]:
        table.fault("advisory_until", "is not after `from`; nothing would be advisory")
    return until


def _facts(table: Table, key: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Those of ``names`` that are facts; each of the others leaves its fault behind."""
    for unknown in sorted(set(names) - FACTS.keys()):
        table.fault(key, f"{unknown!r} is not a fact; `preclear schema facts` lists them")
    return tuple(name for name in names if name in FACTS)


def _about(table: Table) -> str | None:
    about = table.optional_text("about")
    if about:
        _facts(table, "about", (about,))
    return about


def _unless(table: Table) -> Unless | None:
    if not table.has("requires_unless"):
        return None
    inner = table.table("requires_unless")
    fact, equals = inner.text("fact"), inner.scalar("equals")
    inner.done()
    if fact and fact not in FACTS:
        _facts(inner, "fact", (fact,))
    elif fact and type(equals) is not _TYPES.get(FACTS[fact]):
        inner.fault("equals", f"{equals!r} is never the value of {fact}, which is of type {FACTS[fact]}")
    return Unless(fact=fact, equals=equals)


def _params(table: Table) -> dict[str, str | int]:
    params: dict[str, str | int] = {}
    for key, value in table.items().items():
        if key == "rule" or isinstance(value, bool) or not isinstance(value, str | int):
            table.fault(key, "a parameter is a text or a whole number, and `rule` is taken")
        elif not PARAM.fullmatch(key):
            table.fault(key, "a parameter has a name of lower-case letters, digits and underscores")
        elif len(value) > MAX_PARAM if isinstance(value, str) else abs(value) > MAX_NUMBER:
            table.fault(key, f"a text has at most {MAX_PARAM} characters, a number at most {MAX_NUMBER}")
        else:
            params[key] = value
    return params
