"""The import contracts and the banned modules: they hold, and each breach is caught."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
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


def contracts(project: Path) -> int:
    settings = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    return len(settings["tool"]["importlinter"]["contracts"])


def test_the_project_keeps_its_contracts(project: Path) -> None:
    result = run(project, "lint-imports", "--no-cache")
    assert result.returncode == 0, result.stdout
    assert f"{contracts(project)} kept, 0 broken" in result.stdout


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        (
            "agent/domain/planted.py",
            "import sync.log.merkle",
            "the domain imports none of the other packages",
        ),
        ("agent/domain/planted.py", "import socket", "the domain and the readers of files do no I/O"),
        ("agent/store/planted.py", "import agent.clearance", "the hub is built in layers"),
        ("drivers/planted.py", "import agent.domain", "drivers know nothing of ours"),
        ("drivers/scales/planted.py", "import socket", "framers, parsers and the weighing machine are fed"),
        ("drivers/planted.py", "import serialx", "which serial library stands behind a port"),
        ("models/planted.py", "from sync import merkle", "models know nothing of ours"),
        ("models/risk/features.py", "import os", "features are arithmetic"),
        ("sync/planted.py", "import models", "sync knows nothing of ours"),
        ("sync/log/merkle.py", "import time", "what is signed is a matter of bytes"),
    ],
)
def test_a_planted_import_breaks_its_contract(project: Path, file: str, line: str, contract: str) -> None:
    with (project / file).open("a", encoding="utf-8") as planted:
        planted.write(f"\n{line}\n")
    result = run(project, "lint-imports", "--no-cache")
    broken = [row for row in result.stdout.splitlines() if re.search(r" BROKEN( \(|$)", row)]
    assert result.returncode == 1
    assert len(broken) == 1, result.stdout
    assert broken[0].startswith(contract)
    assert file.removesuffix(".py").replace("/", ".") in result.stdout


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
