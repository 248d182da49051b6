"""What a label gives rise to, and how it was read."""

from __future__ import annotations

from agent.domain.checks.label import check_label
from agent.domain.findings.finding import Severity


def test_a_label_of_one_declared_piece_gives_rise_to_nothing() -> None:
    assert check_label(0) == ()


def test_a_label_without_a_declaration_must_not_fly() -> None:
    (finding,) = check_label(None)
    assert (finding.code, finding.severity) == ("UNMANIFESTED", Severity.STOP)


def test_a_label_that_several_pieces_carry_refers_with_their_number() -> None:
    (finding,) = check_label(2)
    assert (finding.code, finding.severity) == ("AMBIGUOUS_LABEL", Severity.REFER)
    assert finding.params == {"pieces": 3}


def test_a_scan_that_anybody_could_have_sent_and_a_failed_check_digit_are_notes() -> None:
    findings = check_label(0, authenticated=False, unconfirmed_kind="s10")
    assert [(f.code, f.severity) for f in findings] == [
        ("SCAN_UNAUTHENTICATED", Severity.NOTE),
        ("CHECK_DIGIT", Severity.NOTE),
    ]
    assert findings[1].params == {"kind": "s10"}
