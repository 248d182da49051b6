"""``preclear doctor``."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from agent import __version__
from agent.cli.options import config_option, json_option, show
from agent.maintenance.doctor import examine


@click.command()
@config_option
@json_option
def doctor(config_path: Path, as_json: bool) -> None:
    """Check configuration, data directory, ports and what else takes ports; each fault comes with its remedy.

    Ends with 3 if something keeps the hub from working.
    """
    diagnoses = asyncio.run(examine(config_path))
    report = {
        "schema": "preclear.doctor",
        "version": __version__,
        "ok": all(diagnosis.level != "fail" for diagnosis in diagnoses),
        "findings": [asdict(diagnosis) for diagnosis in diagnoses],
    }
    show(report, as_json=as_json, lines=_lines)
    if not report["ok"]:
        sys.exit(3)


def _lines(report: dict[str, Any]) -> Iterator[str]:
    marks = {"ok": "ok  ", "warn": "WARN", "fail": "FAIL"}
    for diagnosis in report["findings"]:
        yield f"{marks[diagnosis['level']]}  {diagnosis['subject']}: {diagnosis['text']}"
        if diagnosis["remedy"]:
            yield f"      {diagnosis['remedy']}"
