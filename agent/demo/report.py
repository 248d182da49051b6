"""What the narrator says at the end: planted against detected, scans against entries, what is proved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from agent.sandbox.day import SHOWN_BY, Planted
from agent.sandbox.lane import Played


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantedKind:
    """How many parcels of a planted kind there were, and how many showed it."""

    kind: str
    planted: int
    detected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One shift. ``faults`` is empty when everything that must hold does."""

    scans: int
    entries: int
    repeats: int
    dispositions: dict[str, int]
    kinds: tuple[PlantedKind, ...]
    p50_ms: float
    p99_ms: float
    first_verdict_s: float
    seconds: float
    signed: int
    receipted: int
    verified: bool
    link_killed: int
    faults: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``--json``."""
        kinds = [{"kind": k.kind, "planted": k.planted, "found": k.detected} for k in self.kinds]
        return {
            "schema": "preclear.demo",
            "version": 1,
            "ok": not self.faults,
            **asdict(self),
            "kinds": kinds,
        }


def make_report(
    played: Sequence[Played],
    decisions: Sequence[dict[str, Any]],
    proof: dict[str, Any],
    latency: dict[str, Any],
    *,
    first_verdict_s: float,
    seconds: float,
    link_killed: int,
) -> Report:
    """Hold what was played against what is in the log.

    Args:
        decisions: The open half of every decision in the log.
        proof: What ``preclear verify --json`` answered about the stopped hub's log.
        latency: The hub's own figures, last byte to durable.
    """
    scanned = [d for d in decisions if d["because"] == "scan" and d["source"] == "station"]
    repeats = sum(1 for p in played if p.message is not None and p.message["type"] == "repeat")
    faults = [*_unmatched(played, scanned), *_undeclared(played, scanned)]
    if not proof["verified"]:
        faults.append(f"the log does not verify: {proof.get('reason')}")
    elif proof["receipted"] != proof["entries"]:
        faults.append(f"receipts cover {proof['receipted']} of {proof['entries']} entries")
    return Report(
        scans=len(played),
        entries=len(scanned),
        repeats=repeats,
        dispositions=dict(sorted(Counter(d["disposition"] for d in scanned).items())),
        kinds=_kinds(played, scanned),
        p50_ms=latency["p50"],
        p99_ms=latency["p99"],
        first_verdict_s=round(first_verdict_s, 2),
        seconds=round(seconds, 1),
        signed=proof.get("entries", 0),
        receipted=proof.get("receipted", 0),
        verified=bool(proof["verified"]),
        link_killed=link_killed,
        faults=tuple(faults),
    )


def _unmatched(played: Iterable[Played], scanned: Iterable[dict[str, Any]]) -> list[str]:
    """Every scan that is not a repetition has exactly one entry, at its lane."""
    played = list(played)
    made = Counter(
        (p.lane, p.parcel.number) for p in played if p.message is None or p.message["type"] != "repeat"
    )
    kept = Counter((d["station"], d["piece"]["value"]) for d in scanned)
    faults = [
        f"{number} was scanned {made[key]} times at {lane} and has {kept[key]} entries"
        for key in sorted(made | kept)
        if made[key] != kept[key]
        for lane, number in (key,)
    ]
    return [
        *faults,
        *(f"{p.parcel.number} got no verdict at {p.lane}" for p in played if p.message is None),
    ]


def _undeclared(played: Iterable[Played], scanned: Iterable[dict[str, Any]]) -> list[str]:
    numbers = {p.parcel.number for p in played if p.parcel.planted is Planted.UNDECLARED}
    return [
        f"undeclared {d['piece']['value']} is {d['disposition']}, not DNL"
        for d in scanned
        if d["piece"]["value"] in numbers and d["disposition"] != "DNL"
    ]


def _kinds(played: Iterable[Played], scanned: Iterable[dict[str, Any]]) -> tuple[PlantedKind, ...]:
    codes: dict[str, set[str]] = {}
    for decision in scanned:
        codes.setdefault(decision["piece"]["value"], set()).update(f["code"] for f in decision["findings"])
    numbers: dict[Planted, set[str]] = {}
    for p in played:
        numbers.setdefault(p.parcel.planted, set()).add(p.parcel.number)
    return tuple(
        PlantedKind(
            kind=kind.value,
            planted=len(numbers.get(kind, ())),
            detected=sum(1 for n in numbers.get(kind, ()) if code in codes.get(n, ())),
        )
        for kind, code in SHOWN_BY.items()
    )
