"""A finding: built only from what the registry, or the rule of a pack, says of its code."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from agent.domain.findings.codes import SEALED_CODES, pack_code
from agent.domain.findings.finding import Disclosure, Finding, Severity


def test_weight_and_disclosure_are_those_of_the_code_unless_a_check_says_otherwise() -> None:
    listed = Finding(code="LISTED_PARTY", params={"list": "watch"})
    assert (listed.severity, listed.disclosure) == (Severity.REFER, Disclosure.SEALED)
    twice = Finding(code="DUPLICATE_SCAN")
    assert (twice.severity, twice.disclosure) == (Severity.NOTE, Disclosure.OPEN)
    assert Finding(code="DUPLICATE_SCAN", severity=Severity.REFER).severity is Severity.REFER
    assert Finding(code="RULE_NOT_EVALUABLE", disclosure=Disclosure.SEALED).disclosure is Disclosure.SEALED


def test_a_code_that_nobody_registered_is_refused() -> None:
    with pytest.raises(ValueError, match="'NO_WIEGHT' is not a code of a finding"):
        Finding(code="NO_WIEGHT")


@pytest.mark.parametrize(
    ("code", "params", "message"),
    [
        ("WEIGHT_MISMATCH", {"declared_kg": 1}, "no parameter 'declared_kg'.* declared_g, measured_g, allow"),
        ("WEIGHT_MISMATCH", {"declared_g": "1200"}, "'declared_g' is str, not int"),
        ("NO_WEIGHT", {"reason": 7}, "'reason' is int, not str"),
        ("NO_REGIME", {"regime": "us-acas"}, "no parameter 'regime'; its parameters are: none"),
        ("MISSING_GOODS_HS", {"field": "goods.hs"}, "no parameter 'field'"),
    ],
)
def test_a_parameter_that_the_code_does_not_have_or_of_another_type_is_refused(
    code: str, params: Mapping[str, str | int], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Finding(code=code, params=params)


@pytest.mark.parametrize("code", sorted(SEALED_CODES))
def test_a_sealed_code_is_never_open(code: str) -> None:
    with pytest.raises(ValueError, match=f"{code} must be sealed"):
        Finding(code=code, disclosure=Disclosure.OPEN)
    with pytest.raises(ValueError, match=f"{code} must be sealed"):
        pack_code(code)


def test_the_code_of_a_rule_is_as_strict_about_what_its_rule_gives() -> None:
    code = pack_code("IVORY_NAMED", Severity.STOP, params={"appendix": 1, "rule": "ivory"})
    finding = Finding(code=code, params={"appendix": 2, "rule": "ivory"})
    assert (finding.code, finding.severity, finding.params["appendix"]) == ("IVORY_NAMED", Severity.STOP, 2)
    with pytest.raises(ValueError, match="'appendix' is str, not int"):
        Finding(code=code, params={"appendix": "II"})
    with pytest.raises(ValueError, match="no parameter 'field'"):
        Finding(code=code, params={"field": "goods.text"})
    with pytest.raises(ValueError, match="not a code of a finding"):
        Finding(code="IVORY_NAMED")


def test_another_weight_leaves_all_else_and_the_finding_itself_as_it_was() -> None:
    finding = Finding(code="HS_MALFORMED", params={"item": 2})
    noted = finding.weighed(Severity.NOTE)
    assert (noted.code, noted.severity, noted.params) == ("HS_MALFORMED", Severity.NOTE, {"item": 2})
    assert finding.severity is Severity.CORRECTABLE
    assert finding == Finding(code="HS_MALFORMED", params={"item": 2}) != noted


def test_the_parameters_of_a_finding_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        Finding(code="HS_MALFORMED", params={"item": 2}).params["item"] = 3  # type: ignore[index]
