"""Every command that a message, a docstring or a page names exists, with its options."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from agent.cli import main as preclear
from sync.central.cli import main as central

ROOT = Path(__file__).parent.parent
PROGRAMS = {"preclear": preclear, "preclear-central": central}
SOURCES = ("agent", "drivers", "models", "sync")
PAGES = ("README.md", "CHANGELOG.md", "Makefile", "agent", "drivers", "models", "sync", "packaging")
NOT_COMMANDS = {
    "preclear consignment": "the title of a JSON Schema",
    "preclear feed": "the title of a JSON Schema",
    "preclear line": "a column of the report of refused rows",
    "preclear línea": "the same in Spanish",
    "preclear parcels": "the verb, in the help of the program itself",
    "preclear says": "a column of the report of refused rows",
}
"""What reads like a command and is none, in strings of the program."""

_NAMED = re.compile(r"(?<![\w./<-])(preclear(?:-central)?)\s+([a-z-][^`]*)")
_TICKED = re.compile(r"``?(preclear(?:-central)?)\s+([^`]+)``?")
_AT_THE_PROMPT = re.compile(
    r"^\s*(?:\$ |sudo (?:-u \S+ )?)*(preclear(?:-central)?)\s+(\S[^#\n]*)", re.MULTILINE
)
_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)

Named = tuple[str, str, str]
"""Where it stands, the program, and the words after it."""


def text_of(node: ast.expr) -> str | None:
    """The text of a string; what an f-string fills in is an argument in capitals."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        parts = (part.value if isinstance(part, ast.Constant) else "ARGUMENT" for part in node.values)
        return "".join(str(part) for part in parts)
    return None


def in_sources() -> Iterator[Named]:
    for path in sorted(file for package in SOURCES for file in (ROOT / package).rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        inside = {
            id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant | ast.JoinedStr) and id(node) not in inside:
                for program, words in _NAMED.findall(text_of(node) or ""):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", program, words


def in_pages() -> Iterator[Named]:
    files = [
        file
        for name in PAGES
        for file in ((ROOT / name).rglob("*") if (ROOT / name).is_dir() else [ROOT / name])
    ]
    for path in sorted(files):
        if path.is_file() and path.suffix in (".md", ".html", ".service", "") and "docs/adr" not in str(path):
            text = path.read_text("utf-8", errors="replace")
            prompts = _FENCED.findall(text) if path.suffix == ".md" else [text]
            named = [
                *_TICKED.findall(text),
                *(hit for part in prompts for hit in _AT_THE_PROMPT.findall(part)),
            ]
            for program, words in named:
                yield str(path.relative_to(ROOT)), program, words


def words_of(text: str) -> list[str]:
    return [word.strip(".,;:()[]\"'") for word in text.split()]


def alternatives(words: list[str]) -> Iterator[list[str]]:
    """``sources list | show`` is ``sources list`` and ``sources show``."""
    if "|" not in words:
        yield words
        return
    first = words.index("|")
    yield words[:first]
    yield from alternatives([*words[: first - 1], *words[first + 1 :]])


def fault(program: str, text: str) -> str | None:
    """What of a named command does not exist."""
    for words in alternatives(words_of(text)):
        command: click.Command = PROGRAMS[program]
        path: list[str] = []
        for word in words:
            if not isinstance(command, click.Group) or not re.match(r"[a-z]", word):
                break
            below = command.get_command(click.Context(command), word)
            if below is None:
                return f"{' '.join([program, *path])} has no command {word}"
            command, path = below, [*path, word]
        result = CliRunner().invoke(PROGRAMS[program], [*path, "--help"])
        if result.exit_code != 0:
            return f"{' '.join([program, *path])} --help ends with {result.exit_code}"
        known = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
        known |= {"--help", "-h", "--version"}
        options = [word.split("=")[0] for word in words[len(path) :] if re.match(r"--?[a-z]", word)]
        if unknown := [option for option in options if option not in known]:
            return f"{' '.join([program, *path])} has no option {unknown[0]}"
    return None


def test_every_command_that_the_program_names_exists() -> None:
    named = [
        (place, program, words)
        for place, program, words in in_sources()
        if f"{program} {words_of(words)[0]}" not in NOT_COMMANDS
    ]
    assert len(named) > 30
    assert [f"{place}: {what}" for place, program, words in named if (what := fault(program, words))] == []


def test_every_command_that_a_page_names_exists() -> None:
    named = list(in_pages())
    assert len(named) > 20
    assert [f"{place}: {what}" for place, program, words in named if (what := fault(program, words))] == []


@pytest.mark.parametrize(
    ("program", "words", "what"),
    [
        ("preclear", "keys init", "preclear keys has no command init"),
        ("preclear", "scan", "preclear has no command scan"),
        ("preclear", "import FILE --dry", "preclear import has no option --dry"),
        ("preclear-central", "register CARD", "preclear-central has no command register"),
        ("preclear", "sources list | shown", "preclear sources has no command shown"),
    ],
)
def test_a_command_that_does_not_exist_is_noticed(program: str, words: str, what: str) -> None:
    assert fault(program, words) == what
    assert fault("preclear", "keys make, then preclear run") is None
