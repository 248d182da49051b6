"""The shipped bundle, a scorer on it, and a folder with a copy that a test may damage."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from models.risk import bundle
from models.risk.features import Tables
from models.risk.scorer import Scorer


@pytest.fixture(scope="session")
def scorer() -> Scorer:
    return Scorer.load()


@pytest.fixture(scope="session")
def tables(scorer: Scorer) -> Tables:
    return scorer.tables


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the shipped bundle."""
    return Path(shutil.copytree(bundle.SHIPPED, tmp_path / "bundle"))


@pytest.fixture
def reseal(copied: Path) -> Callable[..., None]:
    """Write a file and a manifest that fits it, as an attacker with the tools of training would."""

    def put(file: str, content: bytes) -> None:
        (copied / file).write_bytes(content)
        raw = {name: (copied / name).read_bytes() for name in bundle.CEILINGS}
        listed = json.loads((copied / bundle.MANIFEST).read_bytes())
        manifest = bundle.manifest_of(raw, name=listed["name"], version=listed["version"])
        (copied / bundle.MANIFEST).write_bytes(manifest)

    return put
