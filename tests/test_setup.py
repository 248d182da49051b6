"""Setting a machine up: what is missing is said in one line, and nothing is installed twice."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ("sh", "make", "touch", "cut", "rm", "sed", "cat")


def script(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder of commands with the few that every machine has, and nobody's browser."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in TOOLS:
        tool = shutil.which(name)
        assert tool is not None
        (tools / name).symlink_to(tool)
    script(tools / "id", "echo 1000")
    return tools


def run(machine: Path, *command: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        cwd=machine.parent,
        env={"PATH": str(machine), **more},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


@pytest.mark.parametrize(
    ("python", "remedy"),
    [
        (None, "and 'python9' is not installed. Debian, Ubuntu: apt-get install python3 python3-venv"),
        (
            'case "$*" in *version_info*) exit 1;; *) echo Python 3.9.2;; esac',
            "'python9' is 3.9.2. Name another",
        ),
        (
            'case "$*" in *ensurepip*) exit 1;; *print*) echo 3.12;; esac',
            "venv module is missing. Debian, Ubuntu: apt-get install python3.12-venv",
        ),
    ],
    ids=["no Python", "old Python", "no venv module"],
)
def test_what_python_lacks_is_said_in_one_line(machine: Path, python: str | None, remedy: str) -> None:
    if python is not None:
        script(machine / "python9", python)
    result = run(machine, ROOT / "packaging" / "make-venv", "python9", machine.parent / "venv")
    assert result.returncode == 1
    assert remedy in result.stderr
    assert result.stderr.count("\n") == 1
    assert not (machine.parent / "venv").exists()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The Makefile and the locks, with scripts that note what they were asked to install."""
    folder = tmp_path / "checkout"
    (folder / "packaging").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "requirements.lock", "requirements-dev.lock"):
        shutil.copyfile(ROOT / name, folder / name)
    script(folder / "packaging" / "make-venv", 'mkdir -p "$2/bin" && echo venv >> asked')
    script(folder / "packaging" / "install", 'echo "$2" >> asked')
    return folder


def made(checkout: Path, *targets: str) -> list[str]:
    """What was set up to make the targets."""
    asked = checkout / "asked"
    asked.write_text("", encoding="utf-8")
    subprocess.run(["make", *targets], cwd=checkout, check=True, capture_output=True, timeout=30)
    return asked.read_text(encoding="utf-8").split()


def test_a_second_run_installs_nothing_and_a_changed_lock_installs_again(checkout: Path) -> None:
    assert made(checkout, ".venv/.runtime") == ["venv", "requirements.lock"]
    assert made(checkout, ".venv/.runtime") == []
    assert made(checkout, ".venv/.dev") == ["requirements-dev.lock"]
    assert made(checkout, ".venv/.dev", ".venv/.runtime") == []
    later = (checkout / ".venv" / ".dev").stat().st_mtime + 10
    os.utime(checkout / "requirements-dev.lock", (later, later))
    assert made(checkout, ".venv/.dev") == ["requirements-dev.lock"]


def test_what_tests_need_holds_all_that_a_hub_needs(checkout: Path) -> None:
    assert made(checkout, ".venv/.dev", ".venv/.runtime") == ["venv", "requirements-dev.lock"]


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_names_hashes_and_no_index(lock: str) -> None:
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    assert any(line.startswith("hatchling==") for line in lines)
    assert any(line.startswith("editables==") for line in lines)
    assert not any("://" in line or line.startswith("-") for line in lines)
    pinned = [n for n, line in enumerate(lines) if line[:1].isalnum()]
    assert all(lines[n].endswith("\\") and "--hash=sha256:" in lines[n + 1] for n in pinned)


def test_both_locks_pin_the_same_versions() -> None:
    def pins(lock: str) -> set[str]:
        rows = (ROOT / lock).read_text(encoding="utf-8").splitlines()
        return {row.split("\\")[0].strip() for row in rows if "==" in row and row[:1].isalnum()}

    assert pins("requirements.lock") <= pins("requirements-dev.lock")


@pytest.fixture
def checks(machine: Path) -> Path:
    """An environment whose tools note how they were called; it has no OpenMP runtime."""
    folder = machine.parent / "bin"
    folder.mkdir()
    for name in ("ruff", "mypy", "lint-imports", "pytest"):
        script(folder / name, f'echo "{name} $*" >> "{machine.parent}/called"')
    script(folder / "python", f'test "$1" != -c && echo "python $*" >> "{machine.parent}/called"')
    return folder


def test_without_root_and_without_a_browser_its_tests_are_left_out_and_the_last_line_says_how(
    machine: Path, checks: Path
) -> None:
    result = run(machine, ROOT / "packaging" / "test-system", checks)
    assert result.returncode == 0, result.stderr
    called = (machine.parent / "called").read_text(encoding="utf-8").splitlines()
    assert called == [
        "ruff format --check .",
        "ruff check .",
        "python packaging/lint-words",
        "mypy ",
        "lint-imports ",
        "pytest -n auto --maxprocesses 4 --dist worksteal -m not soak and not browser and not training",
    ]
    remedy = "sudo apt-get install chromium libgomp1 && make test"
    assert result.stdout.splitlines()[-1].endswith(remedy)


def test_with_everything_there_every_test_runs(machine: Path, checks: Path) -> None:
    script(machine / "chromium", "")
    script(checks / "python", "")
    result = run(machine, ROOT / "packaging" / "test-system", checks, CI="true")
    assert result.returncode == 0, result.stderr
    last = (machine.parent / "called").read_text(encoding="utf-8").splitlines()[-1]
    assert last == "pytest -n auto --maxprocesses 4 --dist worksteal -m not soak"
    assert "left out" not in result.stdout


def test_in_ci_no_test_may_be_left_out(machine: Path, checks: Path) -> None:
    result = run(machine, ROOT / "packaging" / "test-system", checks, CI="true")
    assert result.returncode == 1
    assert "in CI every test must run, and these packages are missing: chromium libgomp1" in result.stderr
    assert not (machine.parent / "called").exists()


def test_a_check_that_fails_fails_the_run(machine: Path, checks: Path) -> None:
    script(checks / "mypy", "exit 2")
    assert run(machine, ROOT / "packaging" / "test-system", checks).returncode == 2


def test_ci_runs_make_test_and_nothing_else_of_substance() -> None:
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    code = [line for line in lines if line and not line.startswith("#")]
    assert code == ["set -euo pipefail", 'cd "$(dirname "$0")/.."', "exec make test"]
