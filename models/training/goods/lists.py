"""Goods by chapter of the Harmonized System, in three languages: our own lists, read as they stand."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files


@lru_cache(maxsize=8)
def by_chapter(language: str) -> Mapping[str, tuple[str, ...]]:
    """Chapter, two digits → what of it parcels carry; ``language`` is ``en``, ``zh`` or ``es``."""
    document = tomllib.loads(files(__package__).joinpath(f"{language}.toml").read_text(encoding="utf-8"))
    return {chapter: tuple(entries(text)) for chapter, text in document.items()}


def entries(text: str) -> list[str]:
    """The entries of a list that is written with commas."""
    return [entry.strip() for entry in text.replace("\n", " ").split(",")]
