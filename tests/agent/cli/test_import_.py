"""``preclear import``: several files, dry runs, previews, reports, one object of JSON."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from agent.cli import main
from agent.cli.progress import Bar, Lines
from agent.intake.protocol import Progress

Run = Callable[..., Result]
BAD = {"tracking_number": "BOX-000002", "gross_weight_g": "two"}


@pytest.fixture
def preclear(site: Any) -> Run:
    def run(*arguments: object) -> Result:
        return CliRunner().invoke(main, [*map(str, arguments), "--config", str(site.config_file)])

    return run


def stored(site: Any) -> tuple[int, int]:
    async def count() -> tuple[int, int]:
        async with site.open() as opened:
            found: tuple[int, int] = await opened.hub.declarations.counts()
            return found

    return asyncio.run(count())


def test_json_is_one_object_with_every_figure(preclear: Run, site: Any) -> None:
    told = preclear("import", site.manifest({}, BAD), "--json")
    assert told.exit_code == 3
    found = json.loads(told.stdout)
    assert (found["rows"], found["accepted"], found["mended"], found["rejected"]) == (2, 1, 0, {"E204": 1})
    assert (found["format"], found["profile"]) == ("csv", None)
    assert found["seconds"] > 0
    assert found["rows_per_s"] > 0
    assert 10 < found["peak_memory_mb"] < 500
    assert "cells" not in found["errors"][0]


def test_several_files_are_summed_and_one_that_is_refused_costs_no_other(preclear: Run, site: Any) -> None:
    first = site.manifest({}, BAD)
    second = site.manifest({"tracking_number": "BOX-000003"}, name="second.csv")
    (site.folder / "empty.csv").touch()
    told = preclear("import", first, site.folder / "empty.csv", second, "--json")
    assert told.exit_code == 3
    found = json.loads(told.stdout)
    assert (found["rows"], found["accepted"], found["rejected"]) == (3, 2, {"E204": 1})
    assert [report["file"] for report in found["files"]] == ["manifest.csv", "second.csv"]
    assert [refused["file"] for refused in found["refused_files"]] == ["empty.csv"]
    assert stored(site) == (2, 2)


def test_a_dry_run_reports_everything_and_stores_nothing(preclear: Run, site: Any, tmp_path: Path) -> None:
    told = preclear("import", site.manifest({}, BAD), "--dry-run", "--report", tmp_path / "report")
    assert told.exit_code == 3
    assert "1 consignments accepted, 1 rows refused; nothing was stored" in told.stdout
    assert (tmp_path / "report" / "rejected.csv").is_file()
    assert stored(site) == (0, 0)


def test_a_preview_shows_what_columns_and_rows_are_read_as(preclear: Run, site: Any) -> None:
    path = site.folder / "own.csv"
    path.write_text("Tracking No.;Colour;Transport\nBOX-000001;red;mail\n;red;mail\n")
    told = preclear("import", path, "--preview", "--json")
    assert told.exit_code == 0
    found = json.loads(told.stdout)
    seen = [(one["written"], one["read_as"], one["verdict"]) for one in found["columns"]]
    assert seen[:2] == [("Tracking No.", "tracking_number", "refused"), ("Colour", None, "not read")]
    assert [row["consignment"] for row in found["rows"]] == ["BOX-000001"]
    assert [fault["code"] for fault in found["faults"]] == ["E101"]
    plain = preclear("import", path, "--preview").stdout
    assert "Colour: not read by its name" in plain
    assert "line 3 refused: E101" in plain
    assert stored(site) == (0, 0)


def test_a_preview_tells_of_each_column_what_the_profile_does_with_it(preclear: Run, site: Any) -> None:
    profiles = site.folder / "profiles"
    profiles.mkdir()
    (profiles / "acme.toml").write_text(
        'format = 1\nid = "acme"\nignore = ["Value"]\n[columns]\nnummer = "tracking_number"\n'
        'gewicht = "gross_weight_g"\n[constants]\ntransport = "mail"\n[json]\nrows = "all[*]"\n'
        '[json.fields]\ntracking_number = "ids[0]"\n'
    )
    site.configure(extra='[intake]\nprofiles = "profiles"\n')
    path = site.folder / "own.csv"
    path.write_text(
        "nummer,Gewicht,Description,Value,Colour\nBOX-000001,5,,1,red\nBOX-000002,five,,1,\nSum,,,,\n"
    )
    told = preclear("import", path, "--preview", "--profile", "acme", "--json")
    assert told.exit_code == 0, told.output
    found = json.loads(told.stdout)
    assert [(c["written"], c["read_as"], c["how"], c["verdict"], c["filled"]) for c in found["columns"]] == [
        ("nummer", "tracking_number", "profile", "fine", 2),
        ("Gewicht", "gross_weight_g", "profile", "refused", 2),
        ("Description", "description", "name", "empty", 0),
        ("Value", None, "ignored", "ignored", 2),
        ("Colour", None, "unknown", "not read", 1),
        ("mail", "transport", "constant", "constant", None),
    ]
    assert found["notes"] == ["W395 row 4 sums up others and was passed over"]
    plain = preclear("import", path, "--preview", "--profile", "acme").stdout
    assert "Gewicht: gross_weight_g, as the profile says, 1 refused" in plain
    assert "Value: passed over, as the profile says" in plain
    assert "mail: transport, for every row, from the profile" in plain
    document = site.folder / "own.json"
    document.write_text('{"all": [{"ids": ["BOX-000001"]}]}')
    found = json.loads(preclear("import", document, "--preview", "--profile", "acme", "--json").stdout)
    assert (found["columns"][0]["written"], found["columns"][0]["read_as"]) == ("ids[0]", "tracking_number")


def test_a_file_of_a_header_alone_is_no_fault_and_said(preclear: Run, site: Any) -> None:
    told = preclear("import", site.manifest(), "--dry-run")
    assert told.exit_code == 0, told.output
    assert "W398 there is no parcel in it" in told.stdout


def test_the_transport_of_a_file_without_that_column_is_said(preclear: Run, site: Any) -> None:
    path = site.folder / "own.csv"
    path.write_text("tracking_number\nBOX-000001\n")
    assert preclear("import", path).exit_code == 3
    assert preclear("import", path, "--transport", "mail").exit_code == 0


def test_a_mapping_profile_of_the_configuration_is_chosen_by_its_name(preclear: Run, site: Any) -> None:
    profiles = site.folder / "profiles"
    profiles.mkdir()
    (profiles / "acme.toml").write_text('format = 1\nid = "acme"\n[columns]\nnummer = "tracking_number"\n')
    site.configure(extra='[intake]\nprofiles = "profiles"\n')
    path = site.folder / "own.csv"
    path.write_text("nummer,transport\nBOX-000001,mail\n")
    assert preclear("import", path).exit_code == 3
    told = preclear("import", path, "--profile", "acme", "--json")
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)["profile"].startswith("acme@")
    unknown = preclear("import", path, "--profile", "ace")
    assert (unknown.exit_code, "E024" in unknown.stderr) == (3, True)


def test_progress_is_a_line_each_tenth_and_a_bar_by_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    steps = [
        Progress(done=n << 20, total=100 << 20, rows=n, mended=2, rejected=1) for n in (1, 10, 15, 23, 100)
    ]
    lines = Lines()
    for step in steps:
        lines.progress(step)
    told = capsys.readouterr().err.splitlines()
    assert [line.split()[0] for line in told] == ["10", "23"]
    assert "10 of 100 MB  10 rows, 2 mended, 1 refused" in told[0]
    drawn = StringIO()
    with Bar(Console(file=drawn, force_terminal=True, width=160)) as bar:
        bar.progress(steps[3])
    assert "23 rows  2 mended  1 refused" in drawn.getvalue()
