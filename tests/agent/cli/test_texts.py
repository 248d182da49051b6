"""Looking up what a finding asks of a sender."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from agent.cli import main


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["texts", *words])


def test_the_shipped_catalogues_pass() -> None:
    result = run("check", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["faults"] == []
    assert json.loads(result.stdout)["languages"] == ["en", "zh-CN", "es", "vi", "tr", "hi"]


def test_a_fault_of_a_catalogue_ends_the_check_with_3(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.cli.texts.faults", lambda: iter(["tr: reason.X is missing"]))
    result = run("check")
    assert result.exit_code == 3
    assert result.stdout.startswith("tr: reason.X is missing\n")


def test_a_text_is_shown_in_the_language_asked_for() -> None:
    shown = run("show", "POSTCODE_OTHER_STATE", "--lang", "zh-CN")
    assert shown.exit_code == 0
    assert "邮政编码属于另一个州" in shown.stdout
    assert "L002" in shown.stdout


def test_a_missing_fact_is_shown_with_its_name_as_json() -> None:
    shown = run("show", "MISSING_CONSIGNEE_PHONE", "--lang", "es-MX", "--json")
    text = json.loads(shown.stdout)
    assert (text["lang"], text["fact"], text["example"]) == ("es", "consignee.phone", "+1 937 555 0142")
    assert text["reason"] == "Falta: teléfono (destinatario)"


def test_parameters_of_the_finding_are_put_in() -> None:
    shown = run("show", "DESCRIPTION_REFUSED", "--param", "reason=stop_term", "--param", "term=GIFT")
    assert "Too vague: GIFT" in shown.stdout
    assert run("show", "DESCRIPTION_REFUSED", "--param", "term").exit_code == 2


def test_without_a_code_the_codes_are_listed_and_an_unknown_one_is_not_found() -> None:
    assert "PARTY_REFUSED" in run("show").stdout.splitlines()
    unknown = run("show", "NOPE")
    assert unknown.exit_code == 4
    assert "NOPE has no text" in unknown.stderr


def test_what_a_fault_of_a_row_asks_is_shown_by_its_code() -> None:
    shown = run("show", "E204", "--lang", "vi", "--json")
    text = json.loads(shown.stdout)
    assert (text["code"], text["lang"], text["source"]) == ("E204", "vi", None)
    assert text["reason"] == "Trọng lượng không phải là số"
    assert "0.250" in text["remedy"]
    assert {"E204", "W310"} <= set(run("show").stdout.splitlines())
