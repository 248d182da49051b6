"""The report in the language of who mends the rows, and the mended workbook as a manifest again."""

from __future__ import annotations

import asyncio
import csv
import json
import os
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from python_calamine import CalamineWorkbook
from xlsxwriter import Workbook  # type: ignore[import-untyped]

from agent.app import Opened
from agent.cli import main
from agent.formats.errors import ProfileInvalid
from agent.formats.profiles.columns import column_of, is_added
from agent.formats.profiles.profile import fingerprint, load_profile
from agent.intake.importer import Sender, try_out
from agent.intake.protocol import Fault, FileHeader
from agent.intake.rejected_rows import CSV, XLSX, RejectedRowsReport
from agent.intake.supervisor import opened as opened_file
from agent.intake.watched_folder import WatchedFolder
from agent.runtime.clock import SystemClock
from agent.sandbox.site import Site
from agent.texts.catalogue import LANGUAGES
from agent.texts.rows import row_text, row_words
from agent.trust.senders import TrustedSenders

BAD = {"tracking_number": "BOX-000002", "gross_weight_g": "two"}
SHORT = {"tracking_number": "BOX-000003", "consignee_postcode": "7102"}


class Kept(RejectedRowsReport):
    """A report that remembers the header of the file."""

    header: tuple[str, ...] = ()

    def begun(self, header: FileHeader) -> None:
        self.header = header.columns
        super().begun(header)


def reported(
    path: Path, folder: Path, lang: str | None = None, profiles: tuple[tuple[str, str], ...] = ()
) -> tuple[tuple[str, ...], int]:
    """Read a file and write its report; its header, and how many consignments were accepted."""
    with opened_file(path) as file, closing(Kept(folder, lang)) as report:
        result = asyncio.run(
            try_out(file, SystemClock(), Sender(profiles=profiles), report, TrustedSenders())
        )
    return report.header, result.accepted


def listed(folder: Path) -> list[dict[str, str]]:
    with (folder / CSV).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def sheet(path: Path, name: str) -> list[list[Any]]:
    return CalamineWorkbook.from_path(str(path)).get_sheet_by_name(name).to_python()


def saved(path: Path, **sheets: list[list[Any]]) -> Path:
    with Workbook(path) as book:
        for name, rows in sheets.items():
            page = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for place, cell in enumerate(row):
                    page.write_string(number, place, str(cell))
    return path


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_report_is_read_in_its_language_and_its_workbook_mended_is_a_manifest(
    site: Site, tmp_path: Path, lang: str
) -> None:
    path = site.manifest({}, BAD, SHORT)
    header, accepted = reported(path, tmp_path / "own", lang)
    assert accepted == 2
    reported(path, tmp_path / "plain")
    in_english = listed(tmp_path / "plain")
    rows = listed(tmp_path / "own")
    assert [(r["outcome"], r["code"]) for r in rows] == [("rejected", "E204"), ("mended", "W310")]
    for row, english in zip(rows, in_english, strict=True):
        translated = row_text(row["code"], lang)
        assert translated is not None
        if lang == "en":
            assert row == english
        else:
            assert (row["message"], row["hint"]) == (translated.reason, translated.remedy)
            assert (row["message_en"], row["hint_en"]) == (english["message"], english["hint"])

    words, book = row_words(lang), tmp_path / "own" / XLSX
    faults, cells = sheet(book, "faults"), sheet(book, "rows")
    assert faults[0][:7] == [words[f"list.{name}"] for name in in_english[0]]
    assert [row[0] for row in faults[1:]] == [words["outcome.rejected"], words["outcome.mended"]]
    ours = cells[0][len(header) :]
    assert ours == [words["added.line"], words["added.says"]]
    assert [(is_added(name), column_of(name)) for name in ours] == [(True, None), (True, None)]
    assert fingerprint(cells[0]) == fingerprint(header)
    assert rows[0]["message"] in cells[1][-1]
    assert cells[1][-1].startswith("E204 gross_weight_g: ")

    cells[1][cells[0].index("gross_weight_g")] = "290"
    mended = saved(tmp_path / "mended.xlsx", rows=cells, faults=faults)
    assert reported(mended, tmp_path / "again", lang) == (tuple(cells[0]), 1)
    assert listed(tmp_path / "again") == []


def test_a_workbook_that_was_not_mended_gets_our_columns_once_whatever_their_language(
    site: Site, tmp_path: Path
) -> None:
    before, _ = reported(site.manifest(BAD), tmp_path / "first", "hi")
    reported(tmp_path / "first" / XLSX, tmp_path / "second", "es")
    header, row = sheet(tmp_path / "second" / XLSX, "rows")
    assert header == [*before, "preclear línea", "preclear indica"]
    assert row[header.index("gross_weight_g")] == "two"
    assert row[-1].startswith("E204 gross_weight_g: El peso")


def test_a_column_is_named_as_its_sender_names_it(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("运单号,transport,毛重kg\nBOX-000001,mail,two\n", encoding="utf-8")
    reported(path, tmp_path / "report", "zh")
    assert sheet(tmp_path / "report" / XLSX, "rows")[1][-1].startswith("E204 毛重kg: 重量不是数字; ")


def test_a_profile_says_the_language_by_its_tag_or_is_refused() -> None:
    profile = b'format = 1\nid = "a"\nlang = "%s"\n'
    assert load_profile(profile % b"zh-Hans-CN", "a.toml").lang == "zh-Hans-CN"
    with pytest.raises(ProfileInvalid, match="a language tag, as zh-CN"):
        load_profile(profile % "中文".encode(), "a.toml")


def test_a_code_without_a_text_is_told_in_english(tmp_path: Path) -> None:
    with closing(RejectedRowsReport(tmp_path, "tr")) as report:
        report.begun(FileHeader(format="csv", columns=("tracking_number",)))
        report.faults((Fault(line=2, column="", code="E999", message="new", value="v", hint="do"),))
    assert (listed(tmp_path)[0]["message"], listed(tmp_path)[0]["hint"]) == ("new", "do")


def test_a_mended_workbook_is_read_by_its_senders_profile_whatever_sheet_that_names(tmp_path: Path) -> None:
    columns = ["运单号", "毛重", "颜色"]
    text = f'format = 1\nid = "own"\nfingerprints = ["{fingerprint(columns)}"]\nsheet = "货物"\n'
    text += 'transport = "mail"\nweight_unit = "kg"\nlang = "zh-CN"\n'
    profiles = (("own.toml", text),)
    path = saved(tmp_path / "a.xlsx", 货物=[columns, ["BOX-000001", "two", "red"]])
    reported(path, tmp_path / "first", profiles=profiles)
    rows = sheet(tmp_path / "first" / XLSX, "rows")
    assert rows[1][-1].startswith("E204 毛重: 重量不是数字; ")
    rows[1][1] = "0.2"
    assert reported(saved(tmp_path / "b.xlsx", rows=rows), tmp_path, profiles=profiles)[1] == 1


async def test_the_watched_folder_reports_in_the_language_of_the_senders_profile(
    opened: Opened, site: Site
) -> None:
    profile = 'format = 1\nid = "kestrel"\nsender = "kestrel"\nlang = "vi"\n'
    inbox = site.folder / "in"
    (inbox / "kestrel").mkdir(parents=True)
    site.manifest(BAD).rename(inbox / "kestrel" / "a.csv")
    site.manifest(BAD, name="b.csv").rename(inbox / "b.csv")
    for path in (inbox / "kestrel" / "a.csv", inbox / "b.csv"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    assert await WatchedFolder(inbox, opened.hub, (("kestrel.toml", profile),)).look() == 2
    report = inbox / "done" / "kestrel" / "a.csv.report"
    assert listed(report)[0]["message"] == "Trọng lượng không phải là số"
    assert listed(inbox / "done" / "b.csv.report")[0]["message"] == "the weight is not a number"
    result = json.loads((report / "report.json").read_text("utf-8"))
    assert result["errors"][0]["message"] == "the weight is not a number"
    assert "lang" not in result


def test_the_language_of_the_command_goes_before_the_profiles_and_stands_in_the_json(
    site: Site, tmp_path: Path
) -> None:
    site.configure(extra='[intake]\nprofiles = "profiles"\n')
    (site.folder / "profiles").mkdir()
    (site.folder / "profiles" / "own.toml").write_text('format = 1\nid = "own"\nlang = "vi"\n')
    words = ["import", str(site.manifest({}, BAD)), "--dry-run", "--profile", "own", "--json"]
    words += ["--report", str(tmp_path), "--config", str(site.config_file)]
    result = json.loads(CliRunner().invoke(main, [*words, "--lang", "zh-TW"]).stdout)
    assert (result["lang"], result["errors"][0]["message"]) == ("zh-CN", "the weight is not a number")
    assert listed(tmp_path)[0]["message"] == "重量不是数字"
    assert "lang" not in json.loads(CliRunner().invoke(main, words).stdout)
    assert listed(tmp_path)[0]["message"] == "Trọng lượng không phải là số"
