"""Texts for refused and mended rows: every code that the reading of a file gives, in every language."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

import pytest

from agent.texts import rows as row_texts
from agent.texts.findings import LANGUAGES
from agent.texts.rows import row_codes, row_faults, row_text, row_words

_CODE = re.compile(r"[EW][0-9]{3}")


def sources(place: Traversable) -> Iterator[str]:
    if place.is_dir():
        for entry in place.iterdir():
            yield from sources(entry)
    elif place.name.endswith(".py"):
        yield place.read_text(encoding="utf-8")


def codes_of_the_readers() -> set[str]:
    """Every code that stands in a module by which files are read or taken in."""
    places = [files(f"agent.{name}") for name in ("formats", "intake", "domain", "trust")]
    found: set[str] = set()
    for place in places:
        for source in sources(place):
            nodes = ast.walk(ast.parse(source))
            texts = [n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)]
            found.update(filter(_CODE.fullmatch, texts))
    return found


def test_every_code_has_a_text_and_every_text_a_code() -> None:
    found = codes_of_the_readers()
    assert {"E001", "E031", "E112", "E204", "E451", "W310", "W351", "W395"} <= found
    assert sorted(found) == list(row_codes())


def test_the_catalogues_have_the_same_keys_no_placeholders_and_are_short() -> None:
    assert list(row_faults()) == []


def test_each_language_says_it_in_its_own_words() -> None:
    for code in row_codes():
        told = [row_text(code, language) for language in LANGUAGES]
        assert len({one.reason for one in told if one}) == len(LANGUAGES)
        assert len({one.remedy for one in told if one}) == len(LANGUAGES) or code == "E062"


def test_the_nearest_language_is_taken_and_an_unknown_code_has_no_text() -> None:
    assert row_text("E204", "vi-VN") == row_text("E204", "vi") != row_text("E204", "fr")
    assert row_text("E204", "fr") == row_text("E204", "en")
    assert row_text("E999", "en") is None
    assert row_text("", "en") is None


def test_what_is_wrong_with_a_catalogue_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    english, chinese = dict(row_words("en")), dict(row_words("zh-CN"))
    broken = {
        "en": {**english, "row.E001": "one two three four five six seven eight nine ten eleven twelve 13"},
        "zh-CN": {**chinese, "row.E204": "重" * 26, "row.E999": "新"},
        "tr": {**row_words("tr"), "row.E001.remedy": "{value}", "row.E002": " "},
    }
    del broken["zh-CN"]["added.line"]
    monkeypatch.setattr(row_texts, "row_words", lambda lang: broken.get(lang, broken["en"]))
    assert set(row_texts.row_faults()) == {
        "en: row.E001 has more than 12 words",
        "es: row.E001 has more than 12 words",
        "vi: row.E001 has more than 12 words",
        "hi: row.E001 has more than 12 words",
        "zh-CN: added.line is missing",
        "zh-CN: row.E204 has more than 12 words",
        "zh-CN: row.E999 is not in en",
        "zh-CN: row.E999 has no remedy",
        "tr: row.E001.remedy has a placeholder",
        "tr: row.E002 is empty",
    }
