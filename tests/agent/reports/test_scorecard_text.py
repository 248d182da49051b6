"""What people read of a scorecard, on a terminal and where it is piped."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import StringIO
from typing import Literal

import pytest
from rich.console import Console

from agent.reports.scorecard_text import PIPE_WIDTH, draw, plain
from agent.reports.scorecard_view import Shown
from agent.texts.catalogue import LANGUAGES
from agent.texts.scorecard_words import card_words

CardOf = Callable[..., Shown]


def drawn(shown: Shown, *, width: int = PIPE_WIDTH, terminal: bool = False) -> str:
    file = StringIO()
    colors: Literal["standard", "auto"] = "standard" if terminal else "auto"
    draw(shown, 5, Console(file=file, width=width, force_terminal=terminal, color_system=colors))
    return file.getvalue()


@pytest.mark.parametrize("overview", [False, True])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_bars_and_the_limits_of_a_card_are_drawn_in_every_language(
    card_of: CardOf, lang: str, overview: bool
) -> None:
    shown = card_of("Pearl Ridge", overview=overview, lang=lang)
    text = drawn(shown, width=200)
    assert "█" in text
    assert card_words(lang)["about"] in text
    assert card_words(lang)["trend"] in text


def test_a_terminal_gets_colours_and_a_pipe_the_same_text_without_them(card_of: CardOf) -> None:
    on_terminal, piped = (drawn(card_of("Pearl Ridge"), terminal=terminal) for terminal in (True, False))
    assert "\x1b[" in on_terminal
    assert re.sub(r"\x1b\[[0-9;]*m", "", on_terminal) == piped


def test_a_card_says_that_there_are_no_errors(card_of: CardOf) -> None:
    shown = card_of("Pearl Ridge") | {"findings": []}
    assert "Errors to mend\nNone.\n" in drawn(shown)


def test_a_name_cannot_steer_a_terminal_or_be_taken_for_a_style(card_of: CardOf) -> None:
    assert plain("a\x1b[31m\u202eb\n") == "a·[31m·b·"
    assert plain("1\u202f234\u00a0%, 礼品") == "1\u202f234\u00a0%, 礼品"
    for overview in (False, True):
        text = drawn(card_of("a\x1b[31m[red]b[/]\u202e", overview=overview))
        assert "a·[31m[red]b[/]·" in text
        assert "\x1b" not in text
