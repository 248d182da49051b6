"""Taking in a manifest: what is refused is told row by row, and the rest is taken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.app import Opened
from agent.domain.effective import SourceRole
from agent.errors import ManifestRefused, ReferenceFailed
from agent.importing import BATCH, import_manifest
from sync import sqlite


async def test_a_row_with_a_broken_weight_is_refused_with_its_place_and_remedy_and_the_rest_taken(
    opened: Opened, site: Any
) -> None:
    report = await site.declare(
        opened,
        {},
        {"tracking_number": "RB123456785GB", "gross_weight_g": "about two"},
        {"tracking_number": "BOX-000003"},
    )
    assert (report.accepted, report.rejected_rows) == (2, 1)
    (error,) = report.errors
    assert (error.line, error.column, error.value) == (3, "gross_weight_g", "about two")
    assert error.code.startswith("E2")
    assert error.hint
    assert report.rejected == {error.code: 1}
    assert await opened.hub.reference.counts() == (2, 1)


async def test_a_row_with_two_faults_is_one_refused_row(opened: Opened, site: Any) -> None:
    report = await site.declare(opened, {"gross_weight_g": "heavy", "value": "cheap"})
    assert (report.accepted, report.rejected_rows, len(report.errors)) == (0, 1, 2)


async def test_more_rows_than_one_batch_are_all_there(opened: Opened, site: Any) -> None:
    rows = [{"tracking_number": f"BOX-{number:06}"} for number in range(BATCH + 5)]
    report = await site.declare(opened, *rows)
    assert report.accepted == len(rows)
    assert await opened.hub.reference.counts() == (len(rows), 1)


async def test_the_same_file_again_changes_nothing(opened: Opened, site: Any) -> None:
    first = await site.declare(opened, {})
    again = await site.declare(opened, {})
    assert (first.already_known, first.accepted) == (False, 1)
    assert (again.already_known, again.accepted) == (True, 0)
    assert await opened.hub.reference.counts() == (1, 1)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the first line is empty; put the names of the columns there"),
        (b"RR473124829GB,mail,290\n", "no header with a tracking_number column"),
        (b"tracking_number,description\nRR473124829GB,shirt\n", "no transport column"),
    ],
)
async def test_a_file_without_a_usable_header_is_refused_whole(
    opened: Opened, tmp_path: Path, content: bytes, says: str
) -> None:
    path = tmp_path / "manifest.csv"
    path.write_bytes(content)
    with pytest.raises(ManifestRefused, match=says):
        await import_manifest(path, opened.hub)


async def test_a_file_that_is_not_utf8_is_refused_with_the_line(opened: Opened, site: Any) -> None:
    path = site.manifest(*({"tracking_number": f"BOX-{number:06}"} for number in range(400)))
    lines = path.read_bytes().splitlines(keepends=True)
    lines[350] = lines[350].replace(b"Avery", "Renée".encode("latin-1"))
    path.write_bytes(b"".join(lines))
    with pytest.raises(ManifestRefused, match=r"not UTF-8 text \(line 351\); save it as CSV UTF-8"):
        await import_manifest(path, opened.hub)


async def test_a_file_that_was_refused_is_taken_once_it_is_mended(opened: Opened, site: Any) -> None:
    path = site.manifest({"consignee_name": "Renée Bellwether"})
    good = path.read_bytes()
    path.write_bytes(good.decode().encode("latin-1"))
    with pytest.raises(ManifestRefused):
        await import_manifest(path, opened.hub)
    path.write_bytes(good)
    assert (await import_manifest(path, opened.hub)).accepted == 1


async def test_a_byte_order_mark_is_no_part_of_the_header(opened: Opened, site: Any) -> None:
    path = site.manifest({})
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert (await import_manifest(path, opened.hub)).accepted == 1


@pytest.mark.parametrize("make", [lambda path: None, Path.mkdir])
async def test_a_missing_file_or_a_folder_is_refused_by_name(
    opened: Opened, tmp_path: Path, make: Callable[[Path], None]
) -> None:
    make(tmp_path / "gone.csv")
    with pytest.raises(ManifestRefused, match=r"gone\.csv cannot be read"):
        await import_manifest(tmp_path / "gone.csv", opened.hub)


async def test_an_import_that_was_interrupted_goes_on_when_the_file_comes_again(
    opened: Opened, site: Any
) -> None:
    class Killed(Exception):
        pass

    def die(done: int, total: int) -> None:
        raise Killed

    path = site.manifest(*({"tracking_number": f"BOX-{number:06}"} for number in range(BATCH + 5)))
    with pytest.raises(Killed):
        await import_manifest(path, opened.hub, progress=die)
    assert await opened.hub.reference.counts() == (BATCH, 1)
    report = await import_manifest(path, opened.hub)
    assert (report.already_known, report.accepted) == (False, BATCH + 5)
    assert await opened.hub.reference.counts() == (BATCH + 5, 1)


async def test_who_sent_a_file_in_which_capacity_is_kept(opened: Opened, site: Any) -> None:
    await import_manifest(site.manifest({}), opened.hub, party="Royal Mail", role=SourceRole.POST)
    claims = await opened.hub.reference.claims("RR473124829GB")
    assert [role for role, _, _ in claims.claims] == [SourceRole.POST]


async def test_a_disk_without_room_for_declarations_is_told_by_name(
    opened: Opened, site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def small(conn: sqlite.Connection) -> None:
        conn.execute("PRAGMA max_page_count=20")

    opened.hub.reference._writer.submit(small).result(10)
    rows = [{"tracking_number": f"BOX-{number:06}"} for number in range(500)]
    with pytest.raises(ReferenceFailed, match="full"):
        await site.declare(opened, *rows)


async def test_a_number_that_stands_twice_in_a_file_is_taken_once_and_said(opened: Opened, site: Any) -> None:
    report = await site.declare(opened, {}, {"consignee_name": "Somebody Else"})
    assert (report.accepted, report.rejected_rows, report.rejected) == (1, 1, {"E112": 1})
    assert report.errors[0].line == 3
