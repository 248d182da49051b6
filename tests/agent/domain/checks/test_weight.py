"""What the scale and the scan say, held against the declaration."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.domain.checks.weight import allowed_g, check_duplicate, check_weight
from agent.domain.findings.disposition import Disposition
from agent.domain.findings.finding import Finding, Severity
from agent.domain.piece import Previous, Weighed
from agent.domain.policy.pack import Tolerance

TOLERANCE = Tolerance(
    weight_tolerance_g=50,
    weight_tolerance_permille=50,
    settle_timeout_ms=2000,
    repeat_window_ms=10_000,
    fold_window_ms=800,
)


def weighed(grams: int, u_grams: int = 0) -> Weighed:
    return Weighed(digits=str(grams), unit="g", grams=grams, u_grams=u_grams)


def weight_findings(
    declared_g: int | None, result: Weighed | None, reason: str | None = None
) -> list[Finding]:
    return list(check_weight(declared_g, result, reason, TOLERANCE))


@pytest.mark.parametrize(
    ("declared_g", "measured_g", "u_grams", "fits"),
    [
        # Below 1,000 g the 50 g count, above it the 50 per mille.
        (290, 340, 0, True),
        (290, 341, 0, False),
        (290, 240, 0, True),
        (290, 239, 0, False),
        (1000, 1050, 0, True),
        (1000, 1051, 0, False),
        (2000, 2100, 0, True),
        (2000, 2101, 0, False),
        (2000, 1900, 0, True),
        (2000, 1899, 0, False),
        # Half grams of tolerance are dropped: 50 per mille of 1,019 g are 50.95 g.
        (1019, 1069, 0, True),
        (1019, 1070, 0, False),
        # What the scale itself cannot tell is on the sender's side.
        (290, 345, 5, True),
        (290, 346, 5, False),
    ],
)
def test_a_weight_may_differ_by_the_larger_tolerance_and_the_scales_uncertainty(
    declared_g: int, measured_g: int, u_grams: int, fits: bool
) -> None:
    result = weight_findings(declared_g, weighed(measured_g, u_grams))
    assert (result == []) == fits
    for finding in result:
        assert (finding.code, finding.severity) == ("WEIGHT_MISMATCH", Severity.REFER)
        assert finding.params == {
            "declared_g": declared_g,
            "measured_g": measured_g,
            "allowed_g": allowed_g(declared_g, TOLERANCE) + u_grams,
        }


@given(declared_g=st.integers(1, 100_000), measured_g=st.integers(0, 200_000), u_grams=st.integers(0, 50))
def test_a_mismatch_is_found_exactly_beyond_what_is_allowed(
    declared_g: int, measured_g: int, u_grams: int
) -> None:
    result = weight_findings(declared_g, weighed(measured_g, u_grams))
    beyond = abs(measured_g - declared_g) - u_grams
    assert bool(result) == (beyond > max(50, declared_g * 50 // 1000))


@pytest.mark.parametrize("reason", ["not_weighed", "not_stable", "device_lost", "no_unit", "no_scale"])
@pytest.mark.parametrize("declared_g", [None, 290])
def test_a_piece_without_a_weight_is_referred_and_says_why(reason: str, declared_g: int | None) -> None:
    (result,) = weight_findings(declared_g, None, reason)
    assert (result.code, result.severity, result.params) == ("NO_WEIGHT", Severity.REFER, {"reason": reason})


def test_a_missing_weight_without_a_reason_was_not_weighed() -> None:
    (result,) = weight_findings(290, None)
    assert result.params == {"reason": "not_weighed"}


def test_a_weight_that_there_is_no_declared_one_for_could_not_be_checked_and_refers() -> None:
    (result,) = weight_findings(None, weighed(812))
    assert (result.code, result.severity) == ("WEIGHT_NOT_COMPARABLE", Severity.REFER)
    assert result.params == {"measured_g": 812}


def test_the_first_scan_of_a_piece_is_no_duplicate() -> None:
    assert check_duplicate(None) == ()


@pytest.mark.parametrize(
    ("before", "severity"),
    [
        (Disposition.CLEAR, Severity.REFER),
        (Disposition.RFI, Severity.NOTE),
        (Disposition.RFS, Severity.NOTE),
        (Disposition.DNL, Severity.NOTE),
    ],
)
def test_a_second_scan_refers_only_a_piece_that_was_cleared(before: Disposition, severity: Severity) -> None:
    cleared = before is Disposition.CLEAR
    (result,) = check_duplicate(Previous(seq=7, disposition=before, station="lane-2", cleared=cleared))
    assert (result.code, result.severity) == ("DUPLICATE_SCAN", severity)
    assert result.params == {"earlier_seq": 7, "earlier_station": "lane-2"}


def test_a_number_that_was_ever_cleared_refers_each_further_scan() -> None:
    (result,) = check_duplicate(Previous(seq=9, disposition=Disposition.RFS, station="lane-1", cleared=True))
    assert result.severity is Severity.REFER


def test_an_earlier_decision_of_a_log_that_was_set_aside_has_no_number_here() -> None:
    earlier = Previous(seq=None, disposition=Disposition.CLEAR, station="lane-2", cleared=True)
    (result,) = check_duplicate(earlier)
    assert (result.severity, result.params) == (Severity.REFER, {"earlier_station": "lane-2"})
