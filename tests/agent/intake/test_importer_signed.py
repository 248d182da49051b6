"""Signed files through every door: the command, its dry run and preview, the socket, the watched folder."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agent.cli import main
from agent.domain.consignment.effective import SourceRole
from agent.errors import FileRefused
from agent.intake.importer import Sender, take_in
from agent.intake.listener import NullListener
from agent.intake.protocol import FileHeader
from agent.intake.supervisor import opened as opened_file
from agent.intake.watched_folder import WatchedFolder
from agent.sandbox.site import Site
from agent.trust.senders import read_signature

Run = Callable[..., Result]
OLD_S = 1_700_000_000


def openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=30)


def sign(site: Site, path: Path) -> Path:
    signature = path.with_name(path.name + ".sig")
    openssl("dgst", "-sha256", "-sign", site.folder / "mall.key", "-out", signature, path)
    return signature


@pytest.fixture
def mall(site: Site) -> Site:
    """The site with one sender who must sign."""
    private, public = site.folder / "mall.key", site.folder / "mall.pem"
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", private)
    openssl("pkey", "-in", private, "-pubout", "-out", public)
    site.configure(
        extra='[[intake.senders]]\nparty = "Mall"\nrole = "marketplace"\nkey = "mall.pem"\nmust_sign = true\n'
    )
    return site


@pytest.fixture
def preclear(mall: Site) -> Run:
    def run(*arguments: object) -> Result:
        return CliRunner().invoke(main, [*map(str, arguments), "--config", str(mall.config_file)])

    return run


def test_a_signed_file_is_taken_in_under_the_name_of_its_key(preclear: Run, mall: Site) -> None:
    path = mall.manifest({})
    signature = sign(mall, path)
    looked = preclear("import", path, "--preview")
    assert looked.exit_code == 0, looked.output
    tried = json.loads(preclear("import", path, "--dry-run", "--json").stdout)
    assert (tried["signed"], tried["party"], tried["role"], tried["stored"]) == (
        True,
        "Mall",
        "marketplace",
        False,
    )
    # A shell's pattern takes the signature in with the file.
    result = preclear("import", path, signature)
    assert result.exit_code == 0, result.output
    assert "signed by Mall as marketplace, key" in result.stdout
    (row,) = json.loads(preclear("sources", "list", "--json").stdout)["sources"]
    assert (row["number"], row["party"], row["role"], row["signed_by"]) == (1, "Mall", "marketplace", "Mall")
    assert (row["rows"], row["rejected"], row["state"], row["signer"]) == (1, 0, "complete", tried["signer"])
    assert "signed by Mall  complete" in preclear("sources", "list", "--party", "Mall").stdout
    assert preclear("sources", "list", "--party", "Nobody").stdout == "nothing was imported\n"
    shown = json.loads(preclear("sources", "show", 1, "--json").stdout)
    assert (shown["declarations"], shown["faults"]) == (1, {})
    assert f"signer: {tried['signer']}" in preclear("sources", "show", 1).stdout
    assert preclear("sources", "show", 9).exit_code == 4


def test_what_is_not_signed_as_it_must_be_is_refused_and_nothing_is_kept(preclear: Run, mall: Site) -> None:
    path = mall.manifest({})
    unsigned = preclear("import", path, "--party", "Mall")
    assert (unsigned.exit_code, "manifest.csv: E031" in unsigned.stderr) == (3, True)
    elsewhere = sign(mall, path).rename(mall.folder / "elsewhere")
    assert preclear("import", path, "--party", "Mall", "--dry-run").exit_code == 3
    other = preclear("import", path, "--signature", elsewhere, "--party", "Fwd")
    assert (other.exit_code, "E033" in other.stderr) == (3, True)
    with path.open("a") as file:
        file.write("\n")
    for more in ((), ("--dry-run",), ("--preview",)):
        altered = preclear("import", path, "--signature", elsewhere, *more)
        assert (altered.exit_code, "E030" in altered.stderr) == (3, True)
    listed = preclear("sources", "list", "--json")
    assert json.loads(listed.stdout)["sources"] == []
    assert preclear("import", path, path, "--signature", elsewhere).exit_code == 2
    sole = mall.folder / "sole.csv.sig"
    sole.touch()
    assert "name the file that it signs" in preclear("import", sole).stderr


def test_stored_signatures_are_checked_without_the_files(preclear: Run, mall: Site) -> None:
    path = mall.manifest({})
    sign(mall, path)
    assert preclear("import", path).exit_code == 0
    path.unlink()
    plain = mall.manifest({"tracking_number": "BOX-000002"}, name="plain.csv")
    assert preclear("import", plain).exit_code == 0
    checked = preclear("sources", "verify", "--json")
    assert checked.exit_code == 0
    assert json.loads(checked.stdout)["counts"] == {"holds": 1, "unsigned": 1}
    assert "1  manifest.csv  signed by Mall: holds" in preclear("sources", "verify", 1).stdout
    assert preclear("sources", "verify", 3).exit_code == 4
    mall.configure()
    gone = preclear("sources", "verify", 1)
    assert (gone.exit_code, "which is not pinned: unknown key" in gone.stdout) == (3, True)
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", mall.folder / "mall.key")
    openssl("pkey", "-in", mall.folder / "mall.key", "-pubout", "-out", mall.folder / "mall.pem")


def test_a_party_is_taken_away_by_the_command_and_may_come_again(preclear: Run, mall: Site) -> None:
    path = mall.manifest({})
    sign(mall, path)
    assert preclear("import", path).exit_code == 0
    assert preclear("sources", "remove").exit_code == 2
    assert preclear("sources", "remove", "--party", "Nobody", "--yes").exit_code == 4
    assert preclear("sources", "remove", "--source", 1).exit_code == 1  # nobody said yes
    result = preclear("sources", "remove", "--party", "Mall", "--yes", "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert (report["declarations"], report["erased"], len(report["sources"])) == (1, True, 1)
    assert json.loads(preclear("sources", "list", "--json").stdout)["sources"] == []
    again = json.loads(preclear("import", path, "--json").stdout)
    assert (again["accepted"], again["already_known"]) == (1, False)
    result = preclear("sources", "remove", "--source", 1, "--yes")
    assert "1 sources with 1 declarations were removed" in result.stdout


async def test_a_running_hub_takes_signed_files_in_and_parties_away(
    preclear: Run, mall: Site, run_hub: Callable[[], AbstractAsyncContextManager[str]]
) -> None:
    path = mall.manifest({})
    sign(mall, path)
    async with run_hub():
        result = await asyncio.to_thread(preclear, "import", path, "--json")
        assert result.exit_code == 0, result.output
        assert json.loads(result.stdout)["party"] == "Mall"
        refused = await asyncio.to_thread(preclear, "import", mall.manifest({}, {}), "--party", "Mall")
        assert (refused.exit_code, "E030" in refused.stderr) == (3, True)
        listed = await asyncio.to_thread(preclear, "sources", "list")
        assert "Mall (marketplace)" in listed.stdout
        result = await asyncio.to_thread(preclear, "sources", "remove", "--party", "Mall", "--yes", "--json")
        assert result.exit_code == 0, result.output
        assert json.loads(result.stdout)["erased"] is True
        assert b"Avery Bellwether" not in (mall.data / "reference.db").read_bytes()


async def test_a_signed_file_that_changes_while_it_is_read_leaves_nothing(
    mall: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = mall.manifest({})
    signature = read_signature(sign(mall, path))
    async with mall.open() as opened:
        hub = opened.hub

        class Alters(NullListener):
            """Writes as much again, and hides when it did."""

            def begun(self, header: FileHeader) -> None:
                before = path.stat()
                path.write_bytes(path.read_bytes().replace(b"Avery", b"Every"))
                os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

        with opened_file(path) as file, pytest.raises(FileRefused, match="written to while it was read"):
            await take_in(file, hub, Sender(signature=signature), Alters())
        assert await hub.declarations.counts() == (0, 0)


async def test_the_watched_folder_reads_the_signature_that_was_laid_before_the_file(mall: Site) -> None:
    inbox = mall.folder / "in"
    (inbox / "Mall").mkdir(parents=True)
    path = mall.manifest({})
    signature = sign(mall, path)
    async with mall.open() as opened:
        watched = WatchedFolder(inbox, opened.hub)
        shutil.copyfile(signature, inbox / "a.csv.sig")
        os.utime(inbox / "a.csv.sig", (OLD_S, OLD_S))
        assert await watched.look() == 0  # a signature is never taken for a manifest
        for place in ("a.csv", "Mall/unsigned.csv"):
            shutil.copyfile(path, inbox / place)
            os.utime(inbox / place, (OLD_S, OLD_S))
        assert await watched.look() == 2
        (claim,) = (await opened.hub.declarations.claims("RR473124829GB")).claims
        assert (claim.party, claim.role) == ("Mall", SourceRole.MARKETPLACE)
        assert claim.signer is not None
    done = inbox / "done"
    assert {file.name for file in done.iterdir()} == {"a.csv", "a.csv.sig", "a.csv.report"}
    report = json.loads((done / "a.csv.report" / "report.json").read_text())
    assert (report["signed"], report["signer"]) == (True, claim.signer)
    refused = json.loads((inbox / "refused" / "Mall" / "unsigned.csv.report" / "report.json").read_text())
    assert "E031" in refused["error"]
    assert [file.name for file in inbox.iterdir() if file.is_file()] == []
