"""The ladder of ages: what follows as a policy or a list grows old, rung by rung."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agent.domain.findings.finding import Severity
from agent.domain.packs.table import Table

POLICY, LISTS = "policy", "lists"


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
class Rung:
    """One step: from an age on, a finding of that severity on every piece."""

    of: str
    """``policy``, ``lists``, or the id of one list, whose own rungs stand in place of those of ``lists``."""
    after_days: int
    severity: Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """The rungs of a pack, beside the age from which it refers (``fresh_for_days``)."""

    rungs: tuple[Rung, ...] = ()

    def severity(self, of: str, age_days: float, fresh_for_days: int) -> Severity | None:
        """What follows at an age; None while it is fresh. The oldest rung that is passed counts."""
        own = [rung for rung in self.rungs if rung.of == of]
        if not own and of != POLICY:
            own = [rung for rung in self.rungs if rung.of == LISTS]
        passed = [(rung.after_days, rung.severity) for rung in own if age_days > rung.after_days]
        if age_days > fresh_for_days:
            passed.append((fresh_for_days, Severity.REFER))
        return max(passed, key=lambda step: step[0])[1] if passed else None


def read_lists(root: Table) -> ListTerms:
    """The table ``lists`` of a pack."""
    table = root.table("lists")
    ages = table.table("by_list")
    terms = ListTerms(
        required=table.texts("required"),
        fresh_for_days=table.whole("fresh_for_days", least=1, most=3660),
        by_list={name: ages.whole(name, least=1, most=3660) for name in ages.items()},
    )
    table.done()
    return terms


def read_ladder(root: Table, ages: Mapping[str, int]) -> Ladder:
    """Every ``[[staleness]]`` of a pack.

    Args:
        root: The pack.
        ages: ``fresh_for_days`` of ``policy``, of ``lists``, and of each list that has its own: before that
            age a rung can only note, after it only stop, since from then on everything is referred.
    """
    rungs: list[Rung] = []
    for table in root.tables("staleness", most=64):
        of = table.text("of", most=64)
        days = table.whole("after_days", least=1, most=3660)
        severity = table.choice("severity", Severity, Severity.NOTE)
        table.done()
        fresh_for = ages.get(of, ages[LISTS])
        allowed = Severity.NOTE if days < fresh_for else Severity.STOP
        if severity is not allowed:
            table.fault(
                "severity",
                f"{severity.value!r} at {days} days: {of} refers from {fresh_for} days on; "
                "an earlier rung notes, a later one stops",
            )
        if any((rung.of, rung.after_days) == (of, days) for rung in rungs):
            table.fault("after_days", f"{of} has two rungs at {days} days")
        rungs.append(Rung(of=of, after_days=days, severity=severity))
    return Ladder(rungs=tuple(rungs))
