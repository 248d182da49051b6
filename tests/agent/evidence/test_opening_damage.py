"""Logs that were damaged, cut short or killed: set aside, continued, and nothing acknowledged is lost."""

from __future__ import annotations

import os
import pickle
import random
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from agent.domain.decision.values import Decision
from agent.domain.findings.disposition import Disposition
from agent.errors import EvidenceFailed
from agent.evidence.log import EvidenceLog
from agent.evidence.opening import set_aside
from agent.evidence.reader import StoredLog
from agent.sandbox.site import Site
from sync import sqlite
from sync.central.identity import load_centre
from sync.errors import BadLog
from sync.log import note
from sync.log.statement import Event, LogOpened, parse

Make = Callable[..., Decision]
Written = Callable[..., Awaitable[tuple[str, Path]]]


@pytest.fixture
def written(site: Site, make_decision: Make) -> Written:
    """Writes a log of DNL decisions, receipted up to one of them, and closes it; its id and path."""

    async def write(count: int, receipted: int | None = None) -> tuple[str, Path]:
        log = site.log()
        for number in range(count):
            verdict = replace(make_decision().verdict, disposition=Disposition.DNL)
            await log.append(make_decision(number, verdict=verdict))
            if number + 1 == (receipted or count):
                centre = load_centre(site.centre)
                receipt = note.cosign(await log.checkpoint(), centre.name, centre.cosigner, 1_772_443_800)
                await log.keep_receipt(receipt, "no note")
        log.close()
        return log.log_id, log.path

    return write


def reopen(site: Site) -> tuple[EvidenceLog, str | None]:
    return EvidenceLog.open(site.data, site.trust().signer, site.clock)


async def opening_of(log: EvidenceLog) -> LogOpened:
    (first,) = await log.read(0, 1)
    result = parse(first.kind, first.payload)
    assert isinstance(result, LogOpened)
    return result


def overwrite_head(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 2000)


def overwrite_middle(path: Path) -> None:
    with path.open("r+b") as file:
        size = path.stat().st_size
        file.seek(size // 4)
        file.write(b"\xff" * (size // 2))


def cut_short(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def replace_by_text(path: Path) -> None:
    path.write_bytes(b"this was a log once\n" * 500)


def lose_the_tail(path: Path) -> None:
    """As a restored snapshot, or a disk that lied about its cache, would leave it."""
    conn = sqlite.connect(path)
    conn.execute("DELETE FROM log WHERE seq > 10")
    conn.execute("DELETE FROM checkpoint WHERE size > 10")
    conn.close()


def forge_an_entry(path: Path) -> None:
    """The last entry was exchanged for another one after its head was signed."""
    conn = sqlite.connect(path)
    conn.execute("UPDATE log SET leaf = zeroblob(32) WHERE seq = (SELECT max(seq) FROM log)")
    conn.close()


@pytest.mark.parametrize(
    ("damage", "receipted"),
    [
        *((damage, 10) for damage in (overwrite_middle, forge_an_entry)),
        *((damage, 120) for damage in (overwrite_head, cut_short, replace_by_text, lose_the_tail)),
    ],
)
async def test_a_damaged_log_is_set_aside_and_a_new_one_begins(
    site: Site, written: Written, make_decision: Make, damage: Callable[[Path], None], receipted: int
) -> None:
    old_id, path = await written(120, receipted)
    damage(path)
    damaged = path.read_bytes()
    log, trouble = reopen(site)
    assert trouble is not None
    assert "evidence.db was set aside" in trouble
    assert log.log_id != old_id
    (aside,) = site.data.glob("evidence-*.db")
    assert aside.read_bytes()[4096:] == damaged[4096:]
    entry = await log.entry(1)
    assert entry is not None
    event = parse(entry.kind, entry.payload)
    assert isinstance(event, Event)
    assert event.code == "LOG_SET_ASIDE"
    assert (await log.append(make_decision())).entry.seq == 2
    log.close()
    assert site.verify().entries == 3


@pytest.mark.parametrize(("damage", "size"), [(lose_the_tail, 11), (forge_an_entry, 121)])
async def test_a_new_log_names_the_old_head_and_carries_the_standing_decisions_over(
    site: Site, written: Written, make_decision: Make, damage: Callable[[Path], None], size: int
) -> None:
    old_id, path = await written(120, 12)
    damage(path)
    log, trouble = reopen(site)
    assert trouble is not None
    opening = await opening_of(log)
    assert opening.continues is not None
    assert (opening.continues.log_id, opening.continues.size) == (old_id, size)
    with StoredLog(site.data / f"evidence-{old_id}.db") as old:
        assert len(list(old.entries())) == size
    standing = await log.previous(make_decision(119).piece)
    assert standing is not None
    assert standing.disposition is Disposition.DNL
    log.close()


async def test_a_log_whose_head_cannot_be_read_begins_without_an_old_one(
    site: Site, written: Written
) -> None:
    _, path = await written(3)
    replace_by_text(path)
    log, _ = reopen(site)
    assert (await opening_of(log)).continues is None
    assert await log.unmanifested() == []
    log.close()


async def test_a_hold_of_the_authority_outlives_the_log_it_was_set_in(
    site: Site, written: Written, make_decision: Make
) -> None:
    _, path = await written(3)
    conn = sqlite.connect(path)
    conn.execute("UPDATE current SET hold = 'DNL' WHERE piece = 'plain:PIECE000001'")
    conn.close()
    set_aside(site.data, site.clock)
    log, _ = reopen(site)
    await log.append(make_decision(1))
    standing = await log.previous(make_decision(1).piece)
    assert standing is not None
    assert standing.hold is Disposition.DNL
    log.close()


async def test_a_log_that_was_set_aside_before_a_power_cut_is_still_continued(
    site: Site, written: Written
) -> None:
    old_id, _ = await written(3)
    set_aside(site.data, site.clock)  # and here the power fails
    log, trouble = reopen(site)
    assert trouble is None
    opening = await opening_of(log)
    assert opening.continues is not None
    assert opening.continues.log_id == old_id
    log.close()


async def test_a_log_that_the_centre_knows_to_be_longer_is_closed_and_continued(
    site: Site, written: Written, make_decision: Make
) -> None:
    old_id, path = await written(3)
    async with site.open(forked=True) as opened:
        opening = await opening_of(opened.hub.log)
        assert opening.continues is not None
        assert (opening.continues.log_id, opening.continues.size) == (old_id, 4)
        assert opened.hub.log.log_id != old_id
        assert await opened.hub.log.previous(make_decision(1).piece) is not None
    assert site.verify(path.with_name(f"evidence-{old_id}.db")).entries == 4
    assert site.verify().entries == 1


async def test_a_second_copy_of_the_same_log_never_replaces_the_first_that_was_set_aside(
    site: Site, written: Written
) -> None:
    old_id, path = await written(3)
    copy = path.read_bytes()
    set_aside(site.data, site.clock)
    first_aside = site.data / f"evidence-{old_id}.db"
    with first_aside.open("ab") as file:
        file.write(b"\x00")  # the two copies went on differently
    path.write_bytes(copy)
    set_aside(site.data, site.clock)
    kept = sorted(p.stat().st_size for p in site.data.glob("evidence-*.db"))
    assert kept == [len(copy), len(copy) + 1]


async def test_damage_to_entries_that_the_centre_holds_is_found_by_verification_alone(
    site: Site, written: Written
) -> None:
    _, path = await written(12)
    forge_an_entry(path)
    log, trouble = reopen(site)
    log.close()
    assert trouble is None
    with pytest.raises(BadLog, match="entry 12: its leaf is not the hash of its payload"):
        site.verify()


async def test_a_page_that_cannot_be_read_is_a_failure_of_the_log_by_name(
    site: Site, written: Written
) -> None:
    _, path = await written(120)
    log, _ = reopen(site)
    overwrite_middle(path)
    with pytest.raises(EvidenceFailed, match="malformed"):
        await log.read(0, 1000)
    log.close()


_APPENDS = """
import asyncio, pickle, sys
from pathlib import Path
from agent.runtime.clock import SystemClock
from agent.trust.hub_keys import load_trust
from agent.evidence.log import EvidenceLog

folder, decision, *cards = sys.argv[1:]
decision = pickle.loads(bytes.fromhex(decision))
trust = load_trust(Path(folder), "hub/test", [Path(card) for card in cards])
log, trouble = EvidenceLog.open(Path(folder), trust.signer, SystemClock())
print("trouble", trouble, flush=True)

async def lane():
    while True:
        recorded = await log.append(decision)
        print(recorded.entry.seq, recorded.entry.leaf.hex(), flush=True)

async def main():
    await asyncio.gather(*(lane() for _ in range(4)))

asyncio.run(main())
"""


def test_a_killed_hub_has_lost_nothing_that_it_acknowledged(site: Site, make_decision: Make) -> None:
    decision = pickle.dumps(make_decision()).hex()
    cards = [str(site.centre / "centre.pub"), str(site.authority / "authority.pub")]
    rng = random.Random(5)
    acknowledged: dict[int, str] = {}
    for _ in range(4):
        process = subprocess.Popen(
            [sys.executable, "-c", _APPENDS, str(site.data), decision, *cards],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "trouble None\n"
        lines = [process.stdout.readline() for _ in range(rng.randrange(20, 120))]
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.readlines()
        process.stdout.close()
        process.wait()
        for seq, leaf in (line.split() for line in lines if line.endswith("\n")):
            assert int(seq) not in acknowledged
            acknowledged[int(seq)] = leaf
    site.log().close()
    with StoredLog(site.data / "evidence.db") as stored:
        recovered = {e.seq: e.leaf.hex() for e in stored.entries()}
    assert list(recovered) == list(range(len(recovered)))
    assert acknowledged.items() <= recovered.items()
    assert len(acknowledged) > 80
    assert site.verify().entries == len(recovered)
