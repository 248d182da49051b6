"""Texts for rejected and corrected rows: every code that the reading of a file gives, in every language."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

from agent.texts.catalogue import LANGUAGES
from agent.texts.rows import row_codes, row_text

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
    findings: set[str] = set()
    for place in places:
        for source in sources(place):
            nodes = ast.walk(ast.parse(source))
            texts = [n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)]
            findings.update(filter(_CODE.fullmatch, texts))
    return findings


def test_every_code_has_a_text_and_every_text_a_code() -> None:
    findings = codes_of_the_readers()
    assert {"E001", "E031", "E112", "E204", "E451", "W310", "W351", "W395"} <= findings
    assert sorted(findings) == list(row_codes())


def test_each_language_says_it_in_its_own_words() -> None:
    for code in row_codes():
        events = [row_text(code, language) for language in LANGUAGES]
        assert len({one.reason for one in events if one}) == len(LANGUAGES)
        assert len({one.remedy for one in events if one}) == len(LANGUAGES) or code == "E062"


def test_the_nearest_language_is_taken_and_an_unknown_code_has_no_text() -> None:
    assert row_text("E204", "vi-VN") == row_text("E204", "vi") != row_text("E204", "fr")
    assert row_text("E204", "fr") == row_text("E204", "en")
    assert row_text("E999", "en") is None
    assert row_text("", "en") is None
