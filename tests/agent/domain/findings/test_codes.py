"""The registry of codes: complete, used, and the one place from which sets of codes are taken."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import agent
from agent.domain.findings.code import Corrector, Disclosure, Severity
from agent.domain.findings.codes import (
    ALWAYS_SHOWN_CODES,
    CODES,
    FACT_OF_CODE,
    MISSING_FACTS,
    NEUTRAL_CODE,
    SCALE_CODES,
    SEALED_CODES,
    codes_corrected_by,
)
from agent.domain.policy.facts import FACTS

AGENT = Path(agent.__file__).parent
REGISTRY = AGENT / "domain" / "findings" / "codes.py"
BY_THE_PAGE = frozenset({"SAFETY"})
"""Of the authority's own word on a parcel: the page knows it, and no check makes it."""


def sources() -> Iterator[ast.Module]:
    for path in AGENT.rglob("*.py"):
        if path != REGISTRY:
            yield ast.parse(path.read_text(encoding="utf-8"))


def test_every_code_of_the_registry_is_made_somewhere() -> None:
    texts = {
        node.value
        for tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert CODES.keys() - texts - FACT_OF_CODE.keys() == BY_THE_PAGE


def test_every_code_that_stands_at_a_finding_is_in_the_registry() -> None:
    written = {
        keyword.value.value
        for tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Finding"
        for keyword in node.keywords
        if keyword.arg == "code" and isinstance(keyword.value, ast.Constant)
    }
    assert len(written) > 20
    assert written <= CODES.keys()


def test_each_fact_that_a_regime_can_ask_for_has_a_code() -> None:
    assert set(MISSING_FACTS) == FACTS.keys()
    assert FACT_OF_CODE["MISSING_GOODS_ORIGIN_COUNTRY"] == "goods.origin_country"
    assert FACT_OF_CODE.keys() <= codes_corrected_by(Corrector.SENDER)


def test_what_the_authority_looks_for_is_sealed_and_what_everybody_reads_is_not() -> None:
    assert codes_corrected_by(Corrector.AUTHORITY) - BY_THE_PAGE - {NEUTRAL_CODE} == SEALED_CODES
    assert {"LISTED_PARTY", "RISK", "RANDOM_AUDIT", "ORDER_SPLIT"} <= SEALED_CODES
    assert CODES[NEUTRAL_CODE].disclosure is Disclosure.OPEN


def test_no_sender_is_asked_for_what_a_scale_or_the_hub_has_to_put_right() -> None:
    assert (
        {"SCALE_OVERDUE", "SCALE_NET"} <= SCALE_CODES <= codes_corrected_by(Corrector.OPERATOR, Corrector.HUB)
    )
    correctable = {name for name, code in CODES.items() if code.severity is Severity.CORRECTABLE}
    assert correctable <= codes_corrected_by(Corrector.SENDER)
    assert set.union(*(set(codes_corrected_by(who)) for who in Corrector)) == CODES.keys()


def test_what_an_earlier_law_came_to_is_never_only_counted() -> None:
    assert {"LAW_CHANGED"} == ALWAYS_SHOWN_CODES


def test_a_number_names_its_unit() -> None:
    numbers = {
        (name, parameter.unit)
        for code in CODES.values()
        for name, parameter in code.params.items()
        if parameter.type is int
    }
    assert ("age_days", "days") in numbers
    assert all(unit for _, unit in numbers)
    assert {unit for name, unit in numbers if name.endswith("_g")} == {"g"}
