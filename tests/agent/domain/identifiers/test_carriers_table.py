"""The table of carriers as data: each record reads its own example, and notices one digit changed."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.domain.identifiers import identify
from agent.domain.identifiers.candidates import Candidate
from agent.domain.identifiers.carriers import FORMATS
from agent.domain.identifiers.checks import GS1, LUHN, MOD7, Check, Hybrid, Weighted, holds
from agent.domain.identifiers.formats import NumberFormat, Shape, readings

CHECKED = [form for form in FORMATS if form.check is not None]


def read_as(form: NumberFormat, text: str) -> Candidate | None:
    return next((findings for _, findings in readings([form], text, None)), None)


def named(forms: list[NumberFormat] | tuple[NumberFormat, ...]) -> list[object]:
    return [pytest.param(form, id=form.name) for form in forms]


@pytest.mark.parametrize("form", named(FORMATS))
def test_every_record_reads_its_example_and_says_where_it_comes_from(form: NumberFormat) -> None:
    findings = read_as(form, form.example)
    assert findings is not None
    assert (findings.kind, findings.valid, findings.reason) == (form.name.partition(":")[0], True, None)
    assert form.source
    assert findings.value in form.example.replace("-", "") or findings.value == form.example
    assert (findings.kind, findings.value) in {(c.kind, c.value) for c in identify(form.example, None)}


@pytest.mark.parametrize("form", named(CHECKED))
def test_any_other_check_digit_is_wrong(form: NumberFormat) -> None:
    match = form.pattern.fullmatch(form.example)
    assert match is not None
    at = match.end("_checked" if "_checked" in form.pattern.groupindex else 0) - 1
    right = form.example[at]
    for digit in set("0123456789") - {right}:
        findings = read_as(form, form.example[:at] + digit + form.example[at + 1 :])
        assert findings is None or (findings.valid, findings.reason) == (False, "check_digit")


@given(
    form=st.sampled_from([form for form in CHECKED if form.check in (GS1, LUHN)]),
    at=st.integers(0, 33),
    digit=st.sampled_from("0123456789"),
)
def test_modulo_ten_finds_every_single_digit_read_wrong(form: NumberFormat, at: int, digit: str) -> None:
    match = form.pattern.fullmatch(form.example)
    assert match is not None
    start, end = match.span("_checked" if "_checked" in form.pattern.groupindex else 0)
    place = start + at % (end - start)
    findings = read_as(form, form.example[:place] + digit + form.example[place + 1 :])
    assert findings is None or findings.valid == (digit == form.example[place])


def test_names_are_told_once_and_no_pattern_repeats_what_repeats() -> None:
    assert len({form.name for form in FORMATS}) == len(FORMATS)
    # A quantified group that holds a quantifier without bound is where backtracking explodes.
    assert not [f.name for f in FORMATS if re.search(r"[*+]", f.pattern.pattern)]


@pytest.mark.parametrize("aim", ["]E0", "]E4"])
@pytest.mark.parametrize("form", named([form for form in FORMATS if form.shape is Shape.COMMON]))
def test_no_carrier_is_read_out_of_a_shop_s_symbol_but_by_chance(form: NumberFormat, aim: str) -> None:
    findings = [c.kind for c in identify(form.example, aim)]
    assert (
        form.kind not in findings
        or "plain" not in findings
        or findings.index("plain") < findings.index(form.kind)
    )


@given(number=st.integers(0, 10**12))
def test_the_weights_of_modulo_seven_are_the_number_itself_modulo_seven(number: int) -> None:
    assert MOD7.digit(str(number)) == str(number % 7)


@given(
    check=st.sampled_from([form.check for form in CHECKED if form.check is not None]),
    body=st.text(st.sampled_from("0123456789"), min_size=1, max_size=30),
)
def test_the_digit_that_a_rule_computes_is_the_one_it_accepts(check: Check, body: str) -> None:
    assert holds(check, body + check.digit(body))
    assert isinstance(check, Weighted | Hybrid)


def test_the_kinds_are_those_that_others_rely_on() -> None:
    assert {form.kind for form in FORMATS} == {
        *("iata-awb", "iata-awb-piece", "usps", "ups", "fedex", "dhl", "amazon", "canada-post", "purolator"),
        *(
            "canpar",
            "dpd",
            "ontrac",
            "lasership",
            "landmark",
            "yunexpress",
            "gofo",
            "old-dominion",
            "speedee",
        ),
        *("yodel", "iso15459"),
    }
