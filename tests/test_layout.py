"""The tests mirror the packages, and every path that a page or a docstring names exists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("agent", "drivers", "models", "sync")
PAGES = sorted(page for page in ROOT.rglob("*.md") if not page.relative_to(ROOT).parts[0].startswith("."))
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TESTS = sorted(path for package in PACKAGES for path in (ROOT / "tests" / package).rglob("test_*.py"))

_LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
_QUOTED = re.compile(
    r"`([A-Za-z0-9_*][A-Za-z0-9_./*-]*\.(?:py|js|css|html|svg|png|onnx)|[a-z_0-9]+(?:/[a-z_0-9.*-]+)+/?)`"
)
_PATH = re.compile(r"(?<![\w./-])((?:agent|drivers|models|packaging|sync|tests)/[\w./-]*\w)")
_DOTTED = re.compile(r"``((?:agent|drivers|models|sync)(?:\.[a-z_0-9]+)+)``")


def mirrored(test: Path) -> bool:
    """Whether a test lies beside what it tests: a module or a package of that name, with what it is about."""
    place = ROOT / test.parent.relative_to(ROOT / "tests")
    subject = test.stem.removeprefix("test_")
    if not place.is_dir():
        return False
    names = {entry.stem for entry in place.iterdir() if entry.name != "__pycache__"} | {place.name}
    if (place / "static").is_dir():
        names |= {entry.stem for entry in (place / "static").iterdir()}
    return any(subject == name or subject.startswith(f"{name}_") for name in names)


def test_every_test_lies_where_its_module_lies() -> None:
    assert len(TESTS) > 100
    assert [str(test.relative_to(ROOT)) for test in TESTS if not mirrored(test)] == []


def test_a_test_of_nothing_is_noticed() -> None:
    assert not mirrored(ROOT / "tests" / "agent" / "test_nothing_of_ours.py")
    assert not mirrored(ROOT / "tests" / "agent" / "nowhere" / "test_clearance.py")
    assert mirrored(ROOT / "tests" / "agent" / "test_clearance_doubt.py")


def exists(path: str, near: Path) -> bool:
    """Whether a path, with or without wildcards, names something from a folder, the root, or the hub's."""
    return any(any(base.glob(path.rstrip("/"))) for base in (near, near / "static", ROOT, ROOT / "agent"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_path_of_a_page_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    quoted = [path for path in _QUOTED.findall(text) if path not in ELSEWHERE]
    missing = {path for path in (*_LINK.findall(text), *quoted) if not exists(path, page.parent)}
    assert missing == set()


def texts() -> Iterator[tuple[Path, str]]:
    for source in SOURCES:
        yield source, source.read_text(encoding="utf-8")


def test_every_path_that_a_module_names_exists() -> None:
    named = [(source, path) for source, text in texts() for path in _PATH.findall(text)]
    assert len(named) > 3
    assert [(str(s.relative_to(ROOT)), p) for s, p in named if not exists(p, s.parent)] == []


def test_every_module_that_a_module_names_exists() -> None:
    missing = []
    for source, text in texts():
        for name in _DOTTED.findall(text):
            parts = name.split(".")
            # What follows the module is a name in it; that one is found by whoever imports it.
            if not any(is_module(parts[:end]) for end in (len(parts), len(parts) - 1, len(parts) - 2) if end):
                missing.append((str(source.relative_to(ROOT)), name))
    assert missing == []


def is_module(parts: list[str]) -> bool:
    if len(parts) < 2:
        return False
    place = ROOT.joinpath(*parts)
    return place.is_dir() or place.with_suffix(".py").is_file()


ELSEWHERE = frozenset({"src/preclear/", "tests/transcripts/", "sources/remove"})
"""Not paths of this tree: a layout that was not chosen, a folder to come, a verb of the socket."""
