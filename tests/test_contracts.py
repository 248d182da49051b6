"""The import contracts and the banned modules: they hold, and each breach is caught."""

from __future__ import annotations

import ast
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
TWO_SIDES = {"Decision", "Digests"}
"""Classes that are one thing in the domain and in what is signed of it."""
IMPORTS_BY_NAME = {"agent/cli/__init__.py"}
"""Files that import a module by its name in a string; a command's module is held to its name elsewhere."""


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
            "agent/domain/values/planted.py",
            "import sync.log.merkle",
            "the domain and the readers of files know",
        ),
        (
            "agent/formats/tabular/planted.py",
            "import models.risk",
            "the domain and the readers of files know",
        ),
        ("agent/domain/values/planted.py", "import socket", "the domain and the readers of files do no I/O"),
        ("drivers/planted.py", "import agent.domain", "drivers know nothing of ours"),
        ("drivers/scales/planted.py", "import socket", "framers, parsers and the weighing machine are fed"),
        ("drivers/planted.py", "import serialx", "which serial library stands behind a port"),
        ("models/planted.py", "from sync.log import merkle", "models know nothing of ours"),
        ("models/risk/features.py", "import os", "features are arithmetic"),
        ("sync/log/planted.py", "import models", "sync knows nothing of ours"),
        ("sync/log/merkle.py", "import time", "what is signed is a matter of bytes"),
    ],
)
def test_a_planted_import_breaks_its_contract(project: Path, file: str, line: str, contract: str) -> None:
    plant(project, file, line)
    result = run(project, "lint-imports", "--no-cache")
    broken = [row for row in result.stdout.splitlines() if re.search(r" BROKEN( \(|$)", row)]
    assert result.returncode == 1
    assert len(broken) == 1, result.stdout
    assert broken[0].startswith(contract)
    assert file.removesuffix(".py").replace("/", ".") in result.stdout


def plant(project: Path, file: str, *lines: str) -> None:
    with (project / file).open("a", encoding="utf-8") as planted:
        planted.write("".join(f"\n{line}\n" for line in lines))


def layers(project: Path, container: str) -> list[list[str]]:
    """The rooms of a container, a list for each layer, the highest first."""
    settings = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    for contract in settings["tool"]["importlinter"]["contracts"]:
        if contract.get("containers") == [container]:
            return [re.split(r" [|:] ", layer) for layer in contract["layers"]]
    raise AssertionError(f"no contract parts {container} into layers")


def planted_file(project: Path, container: str, room: str) -> str:
    """Where a module of a room may be planted: inside its package, or at the end of its file."""
    place = f"{container.replace('.', '/')}/{room}"
    return f"{place}/planted.py" if (project / place).is_dir() else f"{place}.py"


@pytest.mark.parametrize("container", ["agent", "agent.domain", "agent.formats", "sync", "sync.central"])
def test_whatever_imports_a_room_above_it_breaks_the_layers(project: Path, container: str) -> None:
    upward: set[tuple[str, str]] = set()
    above: list[str] = []
    for layer in layers(project, container):
        for room in layer:
            plant(
                project, planted_file(project, container, room), *(f"import {container}.{r}" for r in above)
            )
            upward |= {(f"{container}.{room}", f"{container}.{r}") for r in above}
        above += layer
    result = run(project, "lint-imports", "--no-cache")
    reported = set(re.findall(r"([\w.]+) is not allowed to import ([\w.]+):", result.stdout))
    assert result.returncode == 1
    assert len(upward) >= 3
    assert upward - reported == set()


def test_the_domain_may_import_nothing_of_the_hub(project: Path) -> None:
    rooms = [room for layer in layers(project, "agent") for room in layer if room != "domain"]
    plant(project, "agent/domain/values/planted.py", *(f"import agent.{room}" for room in rooms))
    result = run(project, "lint-imports", "--no-cache")
    reported = re.findall(r"agent\.domain is not allowed to import agent\.(\w+):", result.stdout)
    assert set(rooms) - set(reported) == set()


@pytest.mark.parametrize("file", ["agent/planted.py", "agent/domain/planted.py", "agent/formats/planted.py"])
def test_a_module_without_a_place_fails(project: Path, file: str) -> None:
    plant(project, file, '"""Nothing yet."""')
    result = run(project, "lint-imports", "--no-cache")
    assert result.returncode == 1
    assert "planted" in result.stdout


def test_the_packages_have_no_more_loose_modules_than_the_plan_allows() -> None:
    loose = {path.stem for path in (ROOT / "agent").glob("*.py")} - {"__init__"}
    assert loose == {"app", "clearance", "errors", "hub"}
    rooms = [path for path in (ROOT / "agent" / "domain").iterdir() if path.suffix == ".py" or path.is_dir()]
    assert len([room for room in rooms if room.stem not in {"__init__", "__pycache__"}]) <= 18


def test_every_package_says_what_belongs_in_it() -> None:
    for package in PACKAGES:
        for init in (ROOT / package).rglob("__init__.py"):
            assert ast.get_docstring(ast.parse(init.read_text(encoding="utf-8"))), init


def test_one_name_of_a_class_means_one_thing() -> None:
    homes: dict[str, set[str]] = {}
    for package in PACKAGES:
        for source in (ROOT / package).rglob("*.py"):
            for node in ast.parse(source.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    homes.setdefault(node.name, set()).add(source.relative_to(ROOT).as_posix())
    assert len(homes) > 200
    assert {name for name, places in homes.items() if len(places) > 1} == TWO_SIDES


def test_no_import_hides_in_a_string() -> None:
    """Whoever imports by name imports one of these, and nothing else."""
    hidden = set()
    for package in PACKAGES:
        for source in (ROOT / package).rglob("*.py"):
            text = source.read_text(encoding="utf-8")
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(
                    ("import_module", "__import__")
                ):
                    hidden.add(source.relative_to(ROOT).as_posix())
    assert hidden == IMPORTS_BY_NAME


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
    planted = project / "agent" / "domain" / "values" / "planted.py"
    command = ("ruff", "check", "--no-cache", "--select", "TID251", str(planted))
    planted.write_text('"""Nothing yet."""\n', encoding="utf-8")
    assert run(project, *command).returncode == 0
    planted.write_text(f"{line}\n", encoding="utf-8")
    result = run(project, *command)
    assert result.returncode == 1
    assert banned in result.stdout
