"""``preclear import``: several files, dry runs, previews, reports, one object of JSON."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from click.testing import Result
from rich.console import Console

from agent.cli.progress import Lines, ProgressBar
from agent.intake.protocol import Progress
from agent.sandbox.site import Site

Run = Callable[..., Result]
BAD = {"tracking_number": "BOX-000002", "gross_weight_g": "two"}


def stored(site: Site) -> tuple[int, int]:
    async def count() -> tuple[int, int]:
        async with site.open() as opened:
            counts: tuple[int, int] = await opened.hub.declarations.counts()
            return counts

    return asyncio.run(count())


def test_json_is_one_object_with_every_figure(on_site: Run, site: Site) -> None:
    result = on_site("import", site.manifest({}, BAD), "--json")
    assert result.exit_code == 3
    report = json.loads(result.stdout)
    assert (report["rows"], report["accepted"], report["mended"], report["rejected"]) == (
        2,
        1,
        0,
        {"E204": 1},
    )
    assert (report["format"], report["profile"]) == ("csv", None)
    assert report["seconds"] > 0
    assert report["rows_per_s"] > 0
    assert 10 < report["peak_memory_mb"] < 500
    assert "cells" not in report["errors"][0]


def test_several_files_are_summed_and_one_that_is_refused_costs_no_other(on_site: Run, site: Site) -> None:
    first = site.manifest({}, BAD)
    second = site.manifest({"tracking_number": "BOX-000003"}, name="second.csv")
    (site.folder / "empty.csv").touch()
    result = on_site("import", first, site.folder / "empty.csv", second, "--json")
    assert result.exit_code == 3
    report = json.loads(result.stdout)
    assert (report["rows"], report["accepted"], report["rejected"]) == (3, 2, {"E204": 1})
    assert [one["file"] for one in report["files"]] == ["manifest.csv", "second.csv"]
    assert [refused["file"] for refused in report["refused_files"]] == ["empty.csv"]
    assert stored(site) == (2, 2)


def test_a_dry_run_reports_everything_and_stores_nothing(on_site: Run, site: Site, tmp_path: Path) -> None:
    result = on_site("import", site.manifest({}, BAD), "--dry-run", "--report", tmp_path / "report")
    assert result.exit_code == 3
    assert "1 consignments accepted, 1 rows refused; nothing was stored" in result.stdout
    assert (tmp_path / "report" / "rejected.csv").is_file()
    assert stored(site) == (0, 0)


def test_a_preview_shows_what_columns_and_rows_are_read_as(on_site: Run, site: Site) -> None:
    path = site.folder / "own.csv"
    path.write_text("Tracking No.;Colour;Transport\nBOX-000001;red;mail\n;red;mail\n")
    result = on_site("import", path, "--preview", "--json")
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    columns = [(one["written"], one["read_as"], one["verdict"]) for one in report["columns"]]
    assert columns[:2] == [("Tracking No.", "tracking_number", "refused"), ("Colour", None, "not read")]
    assert [row["consignment"] for row in report["rows"]] == ["BOX-000001"]
    assert [fault["code"] for fault in report["faults"]] == ["E101"]
    plain = on_site("import", path, "--preview").stdout
    assert "Colour: not read by its name" in plain
    assert "line 3 refused: E101" in plain
    assert stored(site) == (0, 0)


def test_a_preview_tells_of_each_column_what_the_profile_does_with_it(on_site: Run, site: Site) -> None:
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
    result = on_site("import", path, "--preview", "--profile", "acme", "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert [(c["written"], c["read_as"], c["how"], c["verdict"], c["filled"]) for c in report["columns"]] == [
        ("nummer", "tracking_number", "profile", "fine", 2),
        ("Gewicht", "gross_weight_g", "profile", "refused", 2),
        ("Description", "description", "name", "empty", 0),
        ("Value", None, "ignored", "ignored", 2),
        ("Colour", None, "unknown", "not read", 1),
        ("mail", "transport", "constant", "constant", None),
    ]
    assert report["notes"] == ["W395 row 4 sums up others and was passed over"]
    plain = on_site("import", path, "--preview", "--profile", "acme").stdout
    assert "Gewicht: gross_weight_g, as the profile says, 1 refused" in plain
    assert "Value: passed over, as the profile says" in plain
    assert "mail: transport, for every row, from the profile" in plain
    document = site.folder / "own.json"
    document.write_text('{"all": [{"ids": ["BOX-000001"]}]}')
    report = json.loads(on_site("import", document, "--preview", "--profile", "acme", "--json").stdout)
    assert (report["columns"][0]["written"], report["columns"][0]["read_as"]) == ("ids[0]", "tracking_number")


def test_a_file_of_a_header_alone_is_no_fault_and_said(on_site: Run, site: Site) -> None:
    result = on_site("import", site.manifest(), "--dry-run")
    assert result.exit_code == 0, result.output
    assert "W398 there is no parcel in it" in result.stdout


def test_the_transport_of_a_file_without_that_column_is_said(on_site: Run, site: Site) -> None:
    path = site.folder / "own.csv"
    path.write_text("tracking_number\nBOX-000001\n")
    assert on_site("import", path).exit_code == 3
    assert on_site("import", path, "--transport", "mail").exit_code == 0


def test_a_mapping_profile_of_the_configuration_is_chosen_by_its_name(on_site: Run, site: Site) -> None:
    profiles = site.folder / "profiles"
    profiles.mkdir()
    (profiles / "acme.toml").write_text('format = 1\nid = "acme"\n[columns]\nnummer = "tracking_number"\n')
    site.configure(extra='[intake]\nprofiles = "profiles"\n')
    path = site.folder / "own.csv"
    path.write_text("nummer,transport\nBOX-000001,mail\n")
    assert on_site("import", path).exit_code == 3
    result = on_site("import", path, "--profile", "acme", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["profile"].startswith("acme@")
    unknown = on_site("import", path, "--profile", "ace")
    assert (unknown.exit_code, "E024" in unknown.stderr) == (3, True)


def test_progress_is_a_line_each_tenth_and_a_bar_by_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    steps = [
        Progress(done=n << 20, total=100 << 20, rows=n, mended=2, rejected=1) for n in (1, 10, 15, 23, 100)
    ]
    lines = Lines()
    for step in steps:
        lines.progress(step)
    result = capsys.readouterr().err.splitlines()
    assert [line.split()[0] for line in result] == ["10", "23"]
    assert "10 of 100 MB  10 rows, 2 corrected, 1 refused" in result[0]
    drawn = StringIO()
    with ProgressBar(Console(file=drawn, force_terminal=True, width=160)) as bar:
        bar.progress(steps[3])
    assert "23 rows  2 corrected  1 refused" in drawn.getvalue()


def test_an_import_with_refused_rows_reports_each_and_ends_with_3(on_site: Run, site: Site) -> None:
    path = site.manifest({}, {"tracking_number": "BOX-000002", "gross_weight_g": "two"})
    result = on_site("import", path)
    assert result.exit_code == 3
    assert "line 3, gross_weight_g: E2" in result.output
    assert '"two"' in result.output
    assert "manifest.csv: 1 consignments accepted, 1 rows refused" in result.output
    again = on_site("import", path)
    assert again.exit_code == 3
    assert "line 3, gross_weight_g: E2" in again.output
    assert "was imported before; nothing changed" in again.output


def test_a_clean_import_ends_with_0_and_a_refused_file_with_3(on_site: Run, site: Site) -> None:
    report = on_site("import", site.manifest({}), "--json", "--role", "post")
    assert report.exit_code == 0
    assert json.loads(report.stdout)["accepted"] == 1
    (site.folder / "empty.csv").touch()
    refused = on_site("import", site.folder / "empty.csv")
    assert refused.exit_code == 3
    assert "empty.csv: E010" in refused.stderr


def test_a_file_that_is_not_there_is_a_usage_error(on_site: Run) -> None:
    assert on_site("import", "/nowhere/manifest.csv").exit_code == 2


def test_a_pipe_is_no_manifest(on_site: Run, site: Site) -> None:
    os.mkfifo(site.folder / "pipe.csv")
    result = on_site("import", str(site.folder / "pipe.csv"))
    assert result.exit_code == 3
    assert "not a regular file" in result.stderr
