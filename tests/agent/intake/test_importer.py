"""Taking in a manifest: what is refused is told row by row, and the rest is taken."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from agent.app import Opened
from agent.domain.consignment.effective import SourceRole
from agent.domain.identifiers.candidates import Candidate
from agent.errors import FileRefused, StoreFailed
from agent.feed.messages import ImportMessage
from agent.intake import importer as taking
from agent.intake.importer import BATCH, import_manifest
from agent.intake.listener import NullListener
from agent.intake.protocol import Fault
from agent.sandbox.site import Site
from sync import sqlite


async def test_a_row_with_a_broken_weight_is_refused_with_its_place_and_remedy_and_the_rest_taken(
    opened: Opened, site: Site
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
    assert await opened.hub.declarations.counts() == (2, 1)


async def test_a_row_with_two_faults_is_one_refused_row(opened: Opened, site: Site) -> None:
    report = await site.declare(opened, {"gross_weight_g": "heavy", "value": "cheap"})
    assert (report.accepted, report.rejected_rows, len(report.errors)) == (0, 1, 2)


async def test_more_rows_than_one_batch_are_all_there(opened: Opened, site: Site) -> None:
    rows = [{"tracking_number": f"BOX-{number:06}"} for number in range(BATCH + 5)]
    report = await site.declare(opened, *rows)
    assert report.accepted == len(rows)
    assert await opened.hub.declarations.counts() == (len(rows), 1)


async def test_the_same_file_again_changes_nothing(opened: Opened, site: Site) -> None:
    first = await site.declare(opened, {})
    again = await site.declare(opened, {})
    assert (first.already_known, first.accepted) == (False, 1)
    assert (again.already_known, again.accepted) == (True, 0)
    assert await opened.hub.declarations.counts() == (1, 1)


async def test_the_same_file_again_tells_its_refused_rows_once_more(opened: Opened, site: Site) -> None:
    rows: tuple[dict[str, str], ...] = ({}, {"tracking_number": "BOX-000002", "gross_weight_g": "two"})
    first = await site.declare(opened, *rows)
    again = await site.declare(opened, *rows)
    assert again.already_known
    assert (again.rejected, again.errors) == (first.rejected, first.errors)
    assert [error.line for error in again.errors] == [3]


async def test_what_was_declared_is_assessed_afterwards_and_before_that_by_the_scan(
    opened: Opened, site: Site
) -> None:
    await site.declare(opened, {}, {"tracking_number": "BOX-000002"})
    hub = opened.hub
    read = hub.reference_data.current.assessed_under
    assert hub.to_assess.is_set()
    assert await hub.declarations.assessment("BOX-000002", read) is None
    await hub.assessments.of("BOX-000002")
    hub.declarations.flush()
    assert await hub.declarations.assessment("BOX-000002", read) is not None
    assert len(hub.assessments.catch_up()) == 1
    assert hub.assessments.catch_up() == []
    assert await hub.declarations.assessment("RR473124829GB", read) is not None


async def test_the_page_is_told_how_an_import_goes_on(opened: Opened, site: Site) -> None:
    await site.declare(opened, {}, {"tracking_number": "BOX-000002", "gross_weight_g": "two"})
    (shown,) = [state for state in opened.hub.feed.states() if isinstance(state, ImportMessage)]
    assert (shown.file, shown.state, shown.percent) == ("manifest.csv", "done", 100)
    assert (shown.rows, shown.rejected) == (2, 1)


async def test_a_file_that_is_written_to_while_it_is_read_is_refused_and_taken_later(
    opened: Opened, site: Site
) -> None:
    path = site.manifest({}, {"tracking_number": "BOX-000002", "gross_weight_g": "two"})

    class Writes(NullListener):
        def faults(self, faults: tuple[Fault, ...]) -> None:
            with path.open("ab") as file:
                file.write(b"\n")

    with pytest.raises(FileRefused, match="was written to while it was read"):
        await import_manifest(path, opened.hub, listener=Writes())
    assert not (await import_manifest(path, opened.hub)).already_known


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty; put the names of the columns in the first line"),
        (b"RR473124829GB,mail,290\n", "no header with a tracking_number column"),
        (b"tracking_number,description\nRR473124829GB,shirt\n", "no transport column"),
    ],
)
async def test_a_file_without_a_usable_header_is_refused_whole(
    opened: Opened, tmp_path: Path, content: bytes, says: str
) -> None:
    path = tmp_path / "manifest.csv"
    path.write_bytes(content)
    with pytest.raises(FileRefused, match=says):
        await import_manifest(path, opened.hub)


async def test_a_file_that_was_refused_is_taken_once_it_is_mended(opened: Opened, site: Site) -> None:
    path = site.manifest({})
    good = path.read_bytes()
    path.write_bytes(good.replace(b"tracking_number", b"colour"))
    with pytest.raises(FileRefused, match="E012"):
        await import_manifest(path, opened.hub)
    path.write_bytes(good)
    assert (await import_manifest(path, opened.hub)).accepted == 1


async def test_a_text_of_another_encoding_is_read_and_that_is_said(opened: Opened, site: Site) -> None:
    path = site.manifest({"consignee_name": "Renée Bellwether"})
    path.write_bytes(path.read_bytes().decode().encode("latin-1"))
    report = await import_manifest(path, opened.hub)
    assert (report.accepted, report.format) == (1, "csv")
    assert any("Windows-1252" in note for note in report.notes)


async def test_a_byte_order_mark_is_no_part_of_the_header(opened: Opened, site: Site) -> None:
    path = site.manifest({})
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert (await import_manifest(path, opened.hub)).accepted == 1


@pytest.mark.parametrize("make", [lambda path: None, Path.mkdir])
async def test_a_missing_file_or_a_folder_is_refused_by_name(
    opened: Opened, tmp_path: Path, make: Callable[[Path], None]
) -> None:
    make(tmp_path / "gone.csv")
    with pytest.raises(FileRefused, match=r"gone\.csv cannot be read"):
        await import_manifest(tmp_path / "gone.csv", opened.hub)


async def test_an_import_that_was_interrupted_goes_on_where_it_stood(
    opened: Opened, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(Exception):
        pass

    class Dies(NullListener):
        def faults(self, faults: tuple[Fault, ...]) -> None:
            raise Killed

    monkeypatch.setattr(taking, "BATCH", 512)
    rows = [{"tracking_number": f"BOX-{number:06}"} for number in range(1500)]
    rows[1400]["gross_weight_g"] = "heavy"
    path = site.manifest(*rows)
    with pytest.raises(Killed):
        await import_manifest(path, opened.hub, listener=Dies())
    opened.hub.declarations.flush()
    assert await opened.hub.declarations.counts() == (1024, 1)
    report = await import_manifest(path, opened.hub)
    assert (report.already_known, report.resumed_after) == (False, 1024)
    assert (report.rows, report.accepted, report.rejected_rows) == (1500, 1499, 1)
    assert await opened.hub.declarations.counts() == (1499, 1)


async def test_an_import_goes_on_in_the_middle_of_what_the_reader_gives_at_once(
    opened: Opened, site: Site
) -> None:
    rows = [
        {"tracking_number": f"BOX-{number * 7 % 600:06}", "last_mile_number": f"LAST-{number * 7 % 600:06}"}
        for number in range(600)
    ]
    path = site.manifest(*rows)
    await import_manifest(path, opened.hub)

    # As if the hub had been killed after row 300.
    opened.hub.declarations.flush()
    with closing(sqlite.connect(opened.hub.declarations.path)) as conn:
        gone = [(row["tracking_number"],) for row in rows[300:]]
        conn.executemany("DELETE FROM declaration WHERE consignment = ?", gone)
        conn.executemany("DELETE FROM identifier WHERE consignment = ?", gone)
        conn.execute("UPDATE source SET taken = 300, rows = NULL")
    report = await import_manifest(path, opened.hub)
    assert (report.resumed_after, report.accepted) == (300, 600)
    assert await opened.hub.declarations.counts() == (600, 1)
    for row in rows[298:302] + rows[598:]:
        label = Candidate(kind="plain", value=row["last_mile_number"])
        match = await opened.hub.declarations.match([label], site.clock.now())
        assert match is not None
        assert match.consignment == row["tracking_number"]


async def test_who_sent_a_file_in_which_capacity_is_kept(opened: Opened, site: Site) -> None:
    await import_manifest(site.manifest({}), opened.hub, party="Royal Mail", role=SourceRole.POST)
    claims = await opened.hub.declarations.claims("RR473124829GB")
    assert [claim.role for claim in claims.claims] == [SourceRole.POST]


async def test_a_disk_without_room_for_declarations_is_told_by_name(
    opened: Opened, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened.hub.declarations.limit_pages(20)
    rows = [{"tracking_number": f"BOX-{number:06}"} for number in range(500)]
    with pytest.raises(StoreFailed, match="full"):
        await site.declare(opened, *rows)


async def test_a_number_that_stands_twice_in_a_file_is_taken_once_and_said(
    opened: Opened, site: Site
) -> None:
    report = await site.declare(opened, {}, {"consignee_name": "Somebody Else"})
    assert (report.accepted, report.rejected_rows, report.rejected) == (1, 1, {"E112": 1})
    assert report.errors[0].line == 3
