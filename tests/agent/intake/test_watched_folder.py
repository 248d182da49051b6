"""The watched folder: what settles is taken in, and moved away with its report."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from agent.app import Opened
from agent.domain.consignment.effective import SourceRole
from agent.errors import StoreFailed
from agent.intake import watched_folder as folder_module
from agent.intake.watched_folder import WatchedFolder
from agent.sandbox.site import Site

OLD_S = 1_700_000_000
S10 = "RR473124829GB"


@pytest.fixture
def inbox(site: Site) -> Path:
    path: Path = site.folder / "in"
    path.mkdir()
    return path


@pytest.fixture
def watched(opened: Opened, inbox: Path) -> WatchedFolder:
    return WatchedFolder(inbox, opened.hub)


def laid(site: Site, place: Path, *rows: dict[str, str], old: bool = True) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(site.manifest(*rows), place)
    if old:
        os.utime(place, (OLD_S, OLD_S))
    return place


def result(report: Path) -> Any:
    return json.loads((report / "report.json").read_text())


async def test_a_file_is_taken_in_and_moved_to_done_with_its_report(
    opened: Opened, site: Site, inbox: Path, watched: WatchedFolder
) -> None:
    path = laid(site, inbox / "a.csv", {}, {"tracking_number": "BOX-000002", "gross_weight_g": "two"})
    assert await watched.look() == 1
    assert not path.exists()
    assert (inbox / "done" / "a.csv").is_file()
    report = inbox / "done" / "a.csv.report"
    assert (result(report)["accepted"], result(report)["rejected_rows"]) == (1, 1)
    assert {file.name for file in report.iterdir()} == {"report.json", "rejected.csv", "rejected.xlsx"}
    assert await opened.hub.declarations.counts() == (1, 1)
    assert await watched.look() == 0


async def test_a_file_that_cannot_be_read_is_moved_to_refused_with_the_reason(
    inbox: Path, watched: WatchedFolder
) -> None:
    (inbox / "b.csv").write_text("colour\nred\n")
    os.utime(inbox / "b.csv", (OLD_S, OLD_S))
    await watched.look()
    assert "E012" in result(inbox / "refused" / "b.csv.report")["error"]


async def test_a_file_that_is_being_written_is_waited_for(
    site: Site, inbox: Path, watched: WatchedFolder
) -> None:
    path = laid(site, inbox / "a.csv", {}, old=False)
    assert await watched.look() == 0
    with path.open("ab") as file:
        file.write(b"\n")
    assert await watched.look() == 0
    assert await watched.look() == 1


@pytest.mark.parametrize("name", [".hidden.csv", "a.csv.part", "a.csv.tmp", "a.csv~"])
async def test_what_is_unfinished_by_its_name_is_left(
    site: Site, inbox: Path, watched: WatchedFolder, name: str
) -> None:
    laid(site, inbox / name, {})
    assert await watched.look() == 0
    (inbox / name).rename(inbox / "a.csv")
    assert await watched.look() == 1


@pytest.mark.parametrize(
    ("place", "beside", "sender"),
    [
        ("a.csv", "", ("unnamed", SourceRole.FORWARDER)),
        ("Acme/a.csv", "", ("Acme", SourceRole.FORWARDER)),
        ("Acme/post/a.csv", "", ("Acme", SourceRole.POST)),
        ("Acme/post/a.csv", 'party = "Kestrel"\nrole = "seller"\n', ("Kestrel", SourceRole.SELLER)),
    ],
)
async def test_who_sent_a_file_is_said_by_its_place_or_by_the_file_beside_it(
    opened: Opened,
    site: Site,
    watched: WatchedFolder,
    place: str,
    beside: str,
    sender: tuple[str, SourceRole],
) -> None:
    inbox = site.folder / "in"
    path = laid(site, inbox / place, {})
    if beside:
        path.with_name("a.csv.toml").write_text(beside)
    await watched.look()
    (claim,) = (await opened.hub.declarations.claims(S10)).claims
    assert (claim.party, claim.role) == sender
    assert (inbox / "done" / place).is_file()
    assert (inbox / "done" / f"{place}.toml").is_file() == bool(beside)
    assert not path.with_name("a.csv.toml").exists()


@pytest.mark.parametrize(
    ("place", "beside", "says"),
    [
        ("Acme/pirate/a.csv", "", "names no role"),
        ("a.csv", 'rule = "post"', "rule"),
        ("a.csv", "role = ", "cannot be used"),
        ("a.csv", "#" * 5000, "more than"),
    ],
)
async def test_a_sender_that_cannot_be_told_refuses_the_file(
    site: Site, inbox: Path, watched: WatchedFolder, place: str, beside: str, says: str
) -> None:
    path = laid(site, inbox / place, {})
    if beside:
        path.with_name("a.csv.toml").write_text(beside)
    await watched.look()
    assert says in result(inbox / "refused" / f"{place}.report")["error"]


async def test_links_are_followed_neither_to_files_nor_to_folders(
    opened: Opened, site: Site, inbox: Path, watched: WatchedFolder, tmp_path: Path
) -> None:
    secret = laid(site, tmp_path / "secret.csv", {})
    (inbox / "link.csv").symlink_to(secret)
    (inbox / "elsewhere").symlink_to(tmp_path)
    assert await watched.look() == 0
    assert await opened.hub.declarations.counts() == (0, 0)
    assert secret.exists()


async def test_a_done_folder_that_leads_elsewhere_is_not_written_to(
    site: Site, inbox: Path, watched: WatchedFolder, tmp_path: Path
) -> None:
    (inbox / "done").symlink_to(tmp_path)
    path = laid(site, inbox / "a.csv", {})
    with pytest.raises(OSError, match="done"):
        await watched.look()
    assert path.exists()
    assert not list(tmp_path.iterdir())
    assert await watched.look() == 0  # not read again and again


async def test_a_second_file_of_that_name_and_a_known_file_keep_their_own_place(
    opened: Opened, site: Site, inbox: Path, watched: WatchedFolder
) -> None:
    for _ in range(2):
        laid(site, inbox / "a.csv", {})
        assert await watched.look() == 1
    names = sorted(file.name for file in (inbox / "done").iterdir())
    assert len(names) == 4
    known = [result(inbox / "done" / name)["already_known"] for name in names if name.endswith(".report")]
    assert sorted(known) == [False, True]
    assert await opened.hub.declarations.counts() == (1, 1)


async def test_a_file_stays_while_nothing_can_be_stored(
    site: Site, inbox: Path, watched: WatchedFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object) -> None:
        raise StoreFailed("disk full")

    path = laid(site, inbox / "a.csv", {})
    with monkeypatch.context() as patched:
        patched.setattr(folder_module, "take_in", full)
        with pytest.raises(StoreFailed):
            await watched.look()
    assert path.exists()
    assert await watched.look() == 1


async def test_a_running_hub_watches_the_folder_of_its_configuration(
    site: Site, run_hub: Callable[[], AbstractAsyncContextManager[str]]
) -> None:
    inbox = site.folder / "in"
    laid(site, inbox / "a.csv", {})
    site.configure(extra='[intake]\nfolder = "in"\n')
    async with run_hub(), asyncio.timeout(20):
        while not (inbox / "done" / "a.csv").exists():  # noqa: ASYNC110 - the folder is all there is to look at
            await asyncio.sleep(0.05)
    assert result(inbox / "done" / "a.csv.report")["accepted"] == 1
