"""Damaged files for every importer: a minute each here, a few dozen each in every run of the tests.

``PRECLEAR_SOAK_S`` sets the seconds, ``PRECLEAR_SOAK_SEED`` the seed, which is printed. Of a file that an
importer broke on, the number and the bytes are printed; ``python -m tests.soak.importers --replay`` reads
them again.
"""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SECONDS = float(os.environ.get("PRECLEAR_SOAK_S", "60"))
SEED = int(os.environ.get("PRECLEAR_SOAK_SEED") or int.from_bytes(os.urandom(3)))
IMPORTERS = (
    "csv",
    "tsv",
    "typed-csv",
    "json",
    "jsonl",
    "xlsx",
    "xls",
    "ods",
    "fhl",
    "fwb",
    "ffm",
    "xfzb",
    "xfwb",
    "xffm",
    "itmatt",
    "x12-309",
    "placi",
)
MOST_GROWN_MB = 256
"""Memory that cases of a quarter of a megabyte at most may take, beyond that of the idle importer."""
WORKBOOKS = ("xlsx", "xls", "ods")
"""A cell far down or to the right opens a sheet as large: the ceiling of the process is all that holds it."""
HANGS_S = 60.0
"""What a run may take beyond its time, before it counts as one that hangs."""


def run(*arguments: str, case: Path, seconds: float) -> tuple[int, str, list[dict[str, Any]]]:
    """Exit code, standard error and what the program reported."""
    command = [sys.executable, "-m", "tests.soak.importers", "--case", str(case), *arguments]
    environment = {**os.environ, "RUST_BACKTRACE": "0"}
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, timeout=seconds + HANGS_S, env=environment, check=False
        )
    except subprocess.TimeoutExpired:
        pytest.fail(f"{arguments} hangs on {at_hand(case)}")
    figures = [json.loads(line) for line in done.stdout.splitlines()]
    return done.returncode, done.stderr.decode(errors="replace"), figures


def at_hand(case: Path) -> str:
    """The case that was being read, to be read again."""
    number, _, data = case.read_bytes().partition(b"\n")
    return f"case {int(number)}: --replay {base64.b64encode(data).decode()}"


def fed(name: str, seconds: float, seed: int, case: Path) -> dict[str, Any]:
    """Feed one importer for so long; where memory was refused it, go on in a new process, as the hub does."""
    total: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    worst: Counter[str] = Counter()
    first, ends = 0, time.monotonic() + seconds
    while (left := ends - time.monotonic()) > 0:
        limits = ("--seconds", f"{left:.1f}", "--first", str(first), "--seed", str(seed))
        code, errors, figures = run(*limits, name, case=case, seconds=left)
        for last in figures[-1:]:
            assert "failed" not in last, f"seed {seed}, {last['failed']['raised']}{last['failed']}"
            total.update({key: last[key] for key in ("cases", "bytes", "seconds", "rows")})
            outcomes.update(last["told"])
            worst |= Counter({key: last[key] for key in ("peak_rss_mb", "grown_mb", "slowest_ms")})
        if code == 0:
            break
        # The hub refuses such a file with E020: the reading process ends, and nothing else.
        refused = code == -signal.SIGABRT and "memory allocation of" in errors
        assert refused, f"{name}, seed {seed}: exit {code} on {at_hand(case)}\n{errors[-2000:]}"
        outcomes["file E020"] += 1
        first = int(case.read_bytes().partition(b"\n")[0]) + 1
    return {**total, "told": dict(outcomes.most_common()), **worst}


@pytest.mark.soak
@pytest.mark.parametrize("name", IMPORTERS)
def test_a_minute_of_damaged_files_gives_rows_faults_and_refusals_and_nothing_else(
    name: str, tmp_path: Path
) -> None:
    figures = fed(name, SECONDS, SEED, tmp_path / "case")
    refused = ", ".join(f"{code} {count}" for code, count in figures["told"].items())
    sys.stdout.write(
        f"\n{name}, seed {SEED}: {figures['cases']} files, {figures['bytes'] / 1e6:.0f} MB, "
        f"{figures['bytes'] / 1e6 / max(figures['seconds'], 0.001):.1f} MB/s, {figures['rows']} rows taken, "
        f"peak {figures['peak_rss_mb']} MB (+{figures.get('grown_mb', 0)}), "
        f"slowest {figures['slowest_ms']} ms; {refused}\n"
    )
    assert figures["cases"] > SECONDS
    assert figures["rows"] > 0
    assert figures["told"]
    assert figures.get("grown_mb", 0) <= (1024 if name in WORKBOOKS else MOST_GROWN_MB)


def test_some_damaged_files_of_each_importer(tmp_path: Path) -> None:
    code, errors, results = run("--cases", "15", "--seed", "1", case=tmp_path / "case", seconds=60)
    assert (code, [one["importer"] for one in results if "failed" in one]) == (0, []), errors
    assert {one["importer"] for one in results} == set(IMPORTERS)
    assert {one["importer"] for one in results if one["rows"] and one["told"]} == set(IMPORTERS)
