"""Catalogues of every kind: the same keys and placeholders in every language, and short."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files

import pytest

from agent.domain.findings.code import Disclosure
from agent.domain.findings.codes import CODES, FACT_OF_CODE
from agent.texts.catalogue import (
    FINDINGS,
    KINDS,
    LANE,
    LANGUAGES,
    ROWS,
    SCORECARD,
    CatalogueKind,
    faults,
    faults_of,
    words_of,
)


def test_no_catalogue_has_a_fault() -> None:
    assert list(faults()) == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.folder)
def test_a_folder_holds_a_catalogue_for_each_language_and_nothing_else(kind: CatalogueKind) -> None:
    names = {entry.name for entry in files("agent.texts").joinpath(kind.folder).iterdir()}
    assert names == {f"{language}.json" for language in LANGUAGES}
    for language in LANGUAGES:
        pairs = json.loads(
            files("agent.texts").joinpath(kind.folder, f"{language}.json").read_text("utf-8"),
            object_pairs_hook=lambda pairs: [key for key, _ in pairs],
        )
        assert len(pairs) == len(set(pairs)), "a key stands twice"


def broken(kind: CatalogueKind, **changes: Mapping[str, str | None]) -> dict[str, Mapping[str, str]]:
    """The catalogues of a kind with some texts replaced, by language; None takes a text away."""
    catalogues: dict[str, Mapping[str, str]] = {}
    for language in LANGUAGES:
        texts = {**words_of(kind, language), **changes.get(language.replace("-", "_"), {})}
        catalogues[language] = {key: text for key, text in texts.items() if text is not None}
    return catalogues


def test_what_is_wrong_with_what_findings_ask_is_named() -> None:
    changes = {
        "reason.HS_MALFORMED": "one two three four five six seven eight nine",
        "remedy.MISSING": "Add it.",
        "reason.STATE_UNKNOWN": " ",
        "reason.NEW_CODE": "New",
        "field.goods.hs": None,
    }
    assert set(faults_of(FINDINGS, broken(FINDINGS, tr=changes))) == {
        "findings/tr: field.goods.hs is missing",
        "findings/tr: reason.NEW_CODE is not in en",
        "findings/tr: reason.NEW_CODE has no remedy",
        "findings/tr: reason.HS_MALFORMED has more than 8 words",
        "findings/tr: remedy.MISSING has other placeholders than en",
        "findings/tr: reason.STATE_UNKNOWN is empty",
        "findings/tr: reason.STATE_UNKNOWN has other placeholders than en",
    }


def test_what_is_wrong_with_the_texts_of_rows_is_named() -> None:
    catalogues = broken(
        ROWS,
        en={"row.E001": "one two three four five six seven eight nine ten eleven twelve 13"},
        zh_CN={"row.E204": "重" * 26, "row.E999": "新", "added.line": None},
        tr={"row.E001.remedy": "{value}", "row.E002": " "},
    )
    assert set(faults_of(ROWS, catalogues)) == {
        "rows/en: row.E001 has more than 12 words",
        "rows/zh-CN: added.line is missing",
        "rows/zh-CN: row.E204 has more than 12 words",
        "rows/zh-CN: row.E999 is not in en",
        "rows/zh-CN: row.E999 has no remedy",
        "rows/tr: row.E001.remedy has a placeholder",
        "rows/tr: row.E002 is empty",
    }


def test_what_is_wrong_with_scorecard_and_lane_is_named() -> None:
    catalogues = broken(SCORECARD, vi={"more": "nothing filled in"})
    assert set(faults_of(SCORECARD, catalogues)) == {"scorecard/vi: more has other placeholders than en"}
    changes = {
        "word.DNL": "please do not load",
        "reason.SCREENING": "one two three four five six seven eight nine",
        "also": "also",
    }
    assert set(faults_of(LANE, broken(LANE, hi=changes))) == {
        "lane/hi: word.DNL has more than 3 words",
        "lane/hi: reason.SCREENING has more than 8 words",
        "lane/hi: also has other placeholders than en",
    }


def test_the_lane_has_words_for_every_code_that_it_may_show_and_for_no_other() -> None:
    shown = {
        name
        for name, code in CODES.items()
        if code.disclosure is Disclosure.OPEN and name not in FACT_OF_CODE
    }
    worded = {key.split(".")[1] for key in words_of(LANE, "en") if key.startswith("reason.")}
    assert worded == shown | {"MISSING"}


def test_what_the_lane_fills_in_is_a_parameter_of_the_code() -> None:
    for key, text in words_of(LANE, "en").items():
        stem, _, code = key.partition(".")
        if stem == "reason" and (row := CODES.get(code.split(".")[0])):
            for part in text.split("{")[1:]:
                assert part.partition("}")[0] in row.params, key


FORBIDDEN = (
    "release", "customs", "cleared", "admit", "approved", "passed", "放行", "通关", "清关", "准许", "批准",
    "aduana", "despach", "liberad", "autoriz", "thông quan", "hải quan", "chấp thuận", "cho phép",
    "gümrük", "onaylandı", "serbest", "सीमा शुल्क", "स्वीकृत", "मंज़ूर", "अनुमति",
)  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_of_the_lane_says_that_a_parcel_was_admitted(language: str) -> None:
    texts = words_of(LANE, language).values()
    assert [text for text in texts if any(word in text.lower() for word in FORBIDDEN)] == []


def test_each_language_says_it_in_its_own_words() -> None:
    own = [key for key in words_of(LANE, "en") if key.startswith(("word.", "reason.", "action."))]
    assert len(own) > 80
    for key in own:
        assert len({words_of(LANE, language)[key] for language in LANGUAGES}) >= 5, key
