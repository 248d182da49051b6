"""``preclear check description``: JSON lines in, verdicts out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import agent
from agent.cli import main


def check(*lines: str | bytes, options: tuple[str, ...] = ()) -> Result:
    given = b"".join((line if isinstance(line, bytes) else line.encode()) + b"\n" for line in lines)
    return CliRunner().invoke(main, ["check", "description", *options], input=given)


def answer(**asked: str) -> dict[str, Any]:
    result = check(json.dumps(asked))
    assert result.exit_code == 0, result.output
    judgement: dict[str, Any] = json.loads(result.output)
    return judgement


def test_every_line_has_its_verdict_score_and_terms_in_order() -> None:
    result = check(
        '{"text": "gift"}', "", '{"text": "men\'s knitted cotton shirts"}', '{"text": "日用品一批"}'
    )
    answers = [json.loads(line) for line in result.output.splitlines()]
    assert result.exit_code == 0
    assert [judgement["verdict"] for judgement in answers] == ["reject", "ok", "reject"]
    assert [judgement["terms"] for judgement in answers] == [["GIFT"], [], ["日用品"]]
    assert answers[1]["score"] < 0.2
    assert min(answers[0]["score"], answers[2]["score"]) >= 0.9


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("household items", "What is it"),
        ("各种配件", "是什么物品"),
        ("artículos varios", "¿Qué es"),
        ("ropa", "¿Qué es"),
    ],
)
def test_the_question_back_is_put_in_the_language_of_the_text(text: str, begins: str) -> None:
    assert answer(text=text)["question"].startswith(begins)


def test_a_given_language_goes_before_the_guess() -> None:
    assert answer(text="kit", lang="es-MX")["lang"] == "es"
    assert answer(text="kit", lang="zh-CN")["question"].startswith("是什么物品")


def test_a_master_bill_that_consolidates_is_taken_and_its_house_bills_are_asked_for() -> None:
    judgement = answer(text="Consolidated", level="master")
    assert (judgement["verdict"], judgement["reason"]) == ("ok", "house_bills_needed")
    assert "house bills" in judgement["question"]
    assert answer(text="Consolidated", level="house")["verdict"] == "reject"


def test_a_warning_names_the_term_and_a_disguise_is_told() -> None:
    judgement = answer(text="G1FT ceramic mug")
    assert (judgement["verdict"], judgement["terms"], judgement["disguised"]) == ("warn", ["GIFT"], True)


@pytest.mark.parametrize(
    "line",
    ["nope", "[]", "{}", '{"text": 5}', '{"text": "mug", "level": "box"}', b'{"text": "\xff"}', "[" * 5000],
)
def test_a_bad_line_is_answered_with_an_error_and_the_rest_goes_on(line: str | bytes) -> None:
    result = check(line, '{"text": "ceramic mug"}')
    first, second = (json.loads(line) for line in result.output.splitlines())
    assert list(first) == ["error"]
    assert second["verdict"] == "ok"
    assert result.exit_code == 3


def test_the_lists_come_from_the_pack_that_is_named(tmp_path: Path) -> None:
    shipped = Path(agent.__file__).parent / "domain" / "packs" / "us-origin"
    pack = tmp_path / "pack"
    pack.mkdir()
    for file in shipped.glob("*.toml"):
        if not file.name.startswith("terms-"):
            (pack / file.name).write_bytes(file.read_bytes())
    (pack / "terms-mine.toml").write_text('[[description_terms]]\nsource = "ours"\nstop = ["doohickey"]\n')
    result = check('{"text": "doohickeys"}', '{"text": "gift"}', options=("--policy", str(pack)))
    answers = [json.loads(line) for line in result.output.splitlines()]
    assert answers[0]["verdict"] == "reject"
    assert answers[1]["terms"] == []


def test_a_word_that_nobody_asked_for_is_a_mistake_and_not_passed_over() -> None:
    result = check('{"text": "consolidated", "levle": "master"}')
    assert result.exit_code == 3
    assert "levle" in result.output
