"""The import contracts and the banned modules: they hold, and each breach is caught."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("agent", "drivers", "models", "sync")
BIN = Path(sys.executable).parent


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The Python files of the four packages and the project's configuration, in a folder of their own."""
    for package in PACKAGES:
        for source in (ROOT / package).rglob("*.py"):
            target = tmp_path / source.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    shutil.copyfile(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    return tmp_path


def run(project: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BIN / command[0], *command[1:]],
        cwd=project,
        env=os.environ | {"COLUMNS": "200"},  # a line is one line, however narrow the terminal
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_project_keeps_its_contracts(project: Path) -> None:
    result = run(project, "lint-imports", "--no-cache")
    assert result.returncode == 0, result.stdout
    assert "5 kept, 0 broken" in result.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("agent/domain", "import sync.merkle", "the domain imports none of the other packages"),
        ("drivers", "import agent.domain", "drivers know nothing of ours"),
        ("models", "from sync import merkle", "models know nothing of ours"),
        ("sync", "import models", "sync knows nothing of ours"),
        ("agent/domain", "import socket", "pure modules do no I/O"),
    ],
)
def test_a_planted_import_breaks_its_contract(project: Path, module: str, line: str, contract: str) -> None:
    planted = project / module / "planted.py"
    planted.write_text(f"{line}\n", encoding="utf-8")
    result = run(project, "lint-imports", "--no-cache")
    broken = [row for row in result.stdout.splitlines() if row.endswith("BROKEN")]
    assert result.returncode == 1
    assert len(broken) == 1, result.stdout
    assert broken[0].startswith(contract)
    assert "4 kept, 1 broken" in result.stdout
    assert f"{module.replace('/', '.')}.planted" in result.stdout


@pytest.mark.parametrize(
    ("line", "banned"),
    [
        ("import time", "`time` is banned"),
        ("import random", "`random` is banned"),
        ("import sqlite3", "`sqlite3` is banned"),
        ("from datetime import datetime\n\nNOW = datetime.now()", "`datetime.datetime.now` is banned"),
    ],
)
def test_a_planted_clock_or_library_is_caught(project: Path, line: str, banned: str) -> None:
    planted = project / "agent" / "domain" / "planted.py"
    command = ("ruff", "check", "--no-cache", "--select", "TID251", str(planted))
    planted.write_text('"""Nothing yet."""\n', encoding="utf-8")
    assert run(project, *command).returncode == 0
    planted.write_text(f"{line}\n", encoding="utf-8")
    result = run(project, *command)
    assert result.returncode == 1
    assert banned in result.stdout
