"""The page of a scorecard: whatever somebody wrote into a manifest, it stays text."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import UndefinedError

from agent.reports.scorecard_html import page
from agent.reports.scorecard_view import Shown
from agent.texts.catalogue import LANGUAGES

CardOf = Callable[..., Shown]
TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
CHARACTERS = st.characters(exclude_categories=["Cs"]) | st.sampled_from("<>&\"'{}%#/!-=" + TURNING)
HOSTILE = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "</bdi></title></style><svg onload=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;b&gt; &#60;b&#62; <!-- ",
    "]]><!DOCTYPE x>",
    "\u2069\u2069\u202egpj.exe",
    "' style='width:100%' \"",
)


class _Page(HTMLParser):
    """Tags with their attributes, and where each text stands."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.texts: list[tuple[str, str]] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(attrs)))
        if tag not in ("meta", "br", "line", "rect"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("line", "rect"):
            assert self._open.pop() == tag

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def handle_data(self, data: str) -> None:
        self.texts.append((self._open[-1] if self._open else "", data))


@pytest.mark.parametrize("overview", [False, True])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_text_in_an_isolated_run_and_changes_no_tag(
    card_of: CardOf, name: str, overview: bool
) -> None:
    benign, hostile = (_Page(page(card_of(text, overview=overview), 5)) for text in ("Ridge", name))
    assert hostile.tags == benign.tags
    visible = "".join("\u00b7" if c in TURNING else c for c in name)
    holders = {tag for tag, text in hostile.texts if visible in text}
    assert "bdi" in holders
    assert holders <= {"bdi", "title"}


@settings(deadline=None, max_examples=40)
@given(name=st.text(CHARACTERS, min_size=1))
def test_no_name_ever_changes_the_tags_or_turns_a_line_around(card_of: CardOf, name: str) -> None:
    text = page(card_of(name), 5)
    assert _Page(text).tags == _Page(page(card_of("Ridge"), 5)).tags
    assert not set(text) & set(TURNING)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_is_one_file_that_may_run_and_fetch_nothing(card_of: CardOf, lang: str) -> None:
    text = page(card_of("Pearl Ridge", lang=lang), 5)
    parsed = _Page(text)
    assert ("html", (("lang", lang),)) in parsed.tags
    assert "content=\"default-src 'none'; style-src 'unsafe-inline'\"" in text
    assert not {tag for tag, _ in parsed.tags} & {"script", "link", "img", "iframe", "object", "base", "form"}
    assert not {name for _, attrs in parsed.tags for name, _ in attrs} & {"src", "href", "srcset"}
    assert "url(" not in text
    assert "@import" not in text
    assert "--ink: #1a2230" in text  # the style sheet itself, as it stands in its file


def test_a_value_that_a_template_names_and_a_card_lacks_is_an_error(card_of: CardOf) -> None:
    shown = card_of("Pearl Ridge")
    del shown["worst"][0]["text"]
    with pytest.raises(UndefinedError, match="text"):
        page(shown, 5)


def test_a_bar_is_as_high_as_its_consignments_and_shows_how_many_are_clean(card_of: CardOf) -> None:
    text = page(card_of("Pearl Ridge"), 5)
    assert text.count('<rect class="bad"') == 2
    assert text.count('<rect class="good"') == 1
    assert "<title>2026-03-04: 1, Without errors 100.0\u00a0%</title>" in text
    assert 'style="width:66.7%"' in text  # two of three, as 667 thousandths
