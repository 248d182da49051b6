"""What the narrator would not let pass."""

from __future__ import annotations

from typing import Any

import pytest

from agent.demo.report import Report, make_report
from agent.sandbox.day import DayParcel, Planted
from agent.sandbox.lane import Played

GOOD_PROOF = {"verified": True, "entries": 3, "receipted": 3}


def played(number: str, planted: Planted = Planted.NOTHING, kind: str | None = "decision") -> Played:
    parcel = DayParcel(label=number, aim="]C0", number=number, grams=100.0, planted=planted)
    return Played(lane="lane-1", parcel=parcel, message=None if kind is None else {"type": kind})


def decided(number: str, disposition: str = "CLEAR", *codes: str) -> dict[str, Any]:
    return {
        "because": "scan",
        "source": "station",
        "station": "lane-1",
        "piece": {"kind": "s10", "value": number},
        "disposition": disposition,
        "findings": [{"code": code, "params": {}} for code in codes],
    }


def report(
    scans: list[Played], decisions: list[dict[str, Any]], proof: dict[str, Any] | None = None
) -> Report:
    return make_report(
        scans,
        decisions,
        proof or GOOD_PROOF,
        {"p50": 1.0, "p99": 2.0},
        first_verdict_s=3.0,
        seconds=4.0,
        link_killed=1,
    )


def test_a_shift_in_which_everything_holds_has_no_fault() -> None:
    scans = [played("A"), played("B", Planted.UNDECLARED), played("A", kind="repeat")]
    outcome = report(scans, [decided("A"), decided("B", "DNL", "UNMANIFESTED")])
    assert outcome.faults == ()
    assert (outcome.scans, outcome.entries, outcome.repeats) == (3, 2, 1)
    assert outcome.as_json()["ok"] is True
    assert [k.detected for k in outcome.kinds if k.kind == "undeclared"] == [1]


@pytest.mark.parametrize(
    ("scans", "decisions", "proof", "fault"),
    [
        (
            [played("A"), played("B")],
            [decided("A")],
            None,
            "B was scanned 1 times at lane-1 and has 0 entries",
        ),
        ([played("A")], [decided("A")] * 2, None, "A was scanned 1 times at lane-1 and has 2 entries"),
        ([played("A", kind="repeat")], [decided("A")], None, "A was scanned 0 times at lane-1"),
        ([played("A", kind=None)], [decided("A")], None, "A got no verdict at lane-1"),
        ([played("A", Planted.UNDECLARED)], [decided("A", "RFS")], None, "undeclared A is RFS, not DNL"),
        ([], [], {"verified": False, "reason": "entry 4: altered"}, "the log does not verify: entry 4"),
        ([], [], {"verified": True, "entries": 3, "receipted": 2}, "receipts cover 2 of 3 entries"),
    ],
)
def test_the_narrator_names_what_does_not_hold(
    scans: list[Played], decisions: list[dict[str, Any]], proof: dict[str, Any] | None, fault: str
) -> None:
    outcome = report(scans, decisions, proof)
    assert any(fault in f for f in outcome.faults), outcome.faults
    assert outcome.as_json()["ok"] is False
