"""A whole hub in a short folder: real keys, a signed pack and list, SQLite files; only the time is ours."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from agent import app
from agent.app import Opened, open_hub
from agent.cases.scan import Scan
from agent.config.file import Config, load_config
from agent.domain.decision.values import Decision, Digests, Verdict
from agent.domain.findings.disposition import Because, Disposition, SetBy
from agent.domain.packs.shipped import shipped_pack
from agent.domain.piece import PieceKey
from agent.domain.policy.pack import fill
from agent.evidence.log import EvidenceLog
from agent.evidence.reader import StoredLog
from agent.intake.importer import ImportReport, import_manifest
from agent.trust.hub_keys import Trust, load_trust, make_keys
from models.risk.scorer import Scorer
from sync.central.cli import main as central
from sync.central.identity import init_authority, load_authority_key
from sync.keys import Keyring, Role, read_card
from sync.log import sealed
from sync.log.entries import Entry
from sync.log.statement import Decision as DecisionStatement
from sync.log.statement import parse
from sync.log.verify import LogReport, verify_log
from sync.reference import documents

collect_ignore = ["power_cut_disk.py"]
"""It loads another SQLite library, which must not meet ours in one process."""

HUB, CENTRE, AUTHORITY = "hub/test", "centre/test", "authority/test"
START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
GOOD = {
    "tracking_number": "RR473124829GB",
    "transport": "mail",
    "receptacle": "BAG-0001",
    "marketplace": "Kestrel Mall",
    "consignor_name": "Pearl Ridge Trading",
    "consignor_street": "88 Xinghu Road",
    "consignor_city": "Shenzhen",
    "consignor_country": "CN",
    "consignee_name": "Avery Bellwether",
    "consignee_street": "12 Dunmore Street",
    "consignee_city": "Portland",
    "consignee_state": "OR",
    "consignee_postcode": "97205",
    "consignee_country": "US",
    "description": "Women's knitted cotton t-shirt, short sleeve",
    "hs_code": "6109100040",
    "quantity": "1",
    "gross_weight_g": "290",
    "value": "12.90",
    "currency": "USD",
    "origin_country": "CN",
}
"""A row that the default pack finds nothing wrong with."""


@dataclass
class SetClock:
    """A clock that stands until it is moved on."""

    at: datetime = START
    ns: int = 1_000_000_000_000
    _sleepers: list[tuple[int, asyncio.Future[None]]] = field(default_factory=list)

    def advance(self, seconds: float) -> None:
        """Let time pass, and wake whoever slept that long."""
        self.at += timedelta(seconds=seconds)
        self.ns += round(seconds * 1e9)
        due = [woken for until, woken in self._sleepers if until <= self.ns and not woken.done()]
        self._sleepers = [s for s in self._sleepers if s[0] > self.ns]
        for woken in due:
            woken.set_result(None)

    def now(self) -> datetime:
        return self.at

    def monotonic_ns(self) -> int:
        return self.ns

    def boot(self) -> tuple[str, int]:
        return "00c0ffee00c0ffee", self.ns

    def trust(self) -> tuple[str, int | None]:
        return "ntp", 20

    async def sleep(self, seconds: float) -> None:
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.ns + round(seconds * 1e9), woken))
        await woken


@dataclass(kw_only=True)
class Site:
    """One hub's folder, the authority and the centre it trusts, and what a test does with them."""

    folder: Path
    authority: Path
    centre: Path
    clock: SetClock

    @property
    def config_file(self) -> Path:
        return self.folder / "hub.toml"

    @property
    def data(self) -> Path:
        return self.folder / "hub"

    def publish_policy(self, *changes: tuple[str, str], issued: datetime = START) -> None:
        """Sign the default pack, without the random audit, and with pieces of its text replaced."""
        template = shipped_pack()
        text = fill(template, model_digest=Scorer.load().digest, issued=issued).decode()
        for old, new in (("audit_permille = 10", "audit_permille = 0"), *changes):
            assert old in text
            text = text.replace(old, new)
        self._publish(text.encode(), documents.POLICY_TYPE, "policy.signed")

    def publish_list(self, *names: str, issued: datetime = START) -> None:
        """Sign a watchlist ``watch`` of those names; the configuration names its file already."""
        entries = [{"id": f"D{number}", "names": [name]} for number, name in enumerate(names, 1)]
        content = {"v": 1, "id": "watch", "issued": issued.isoformat(), "entries": entries}
        self._publish(json.dumps(content).encode(), documents.LIST_TYPE, "list.signed")

    def _publish(self, payload: bytes, kind: str, name: str) -> None:
        key = load_authority_key(self.authority, Role.PUBLISHING)
        (self.folder / name).write_bytes(documents.publish(payload, kind, key))

    def configure(self, stations: str = "", extra: str = "") -> Config:
        """Write the configuration and read it back; ``extra`` are more sections."""
        stations = stations or '[[stations]]\nname = "lane-1"\nscanner = { port = "no-scanner" }\n'
        self.config_file.write_text(
            f'lists = ["list.signed"]\n[hub]\nname = "{HUB}"\ndata = "hub"\n'
            f'[trust]\ncards = ["{self.centre}/centre.pub", "{self.authority}/authority.pub"]\n'
            f'[policy]\nfile = "policy.signed"\n[web]\nport = 0\n{extra}\n{stations}'
        )
        return load_config(self.config_file)

    def open(self, config: Config | None = None, **more: Any) -> AbstractAsyncContextManager[Opened]:
        """The hub, opened by the program's own code."""
        return open_hub(config or load_config(self.config_file), self.clock, **more)

    def trust(self) -> Trust:
        """What the hub trusts and signs with."""
        return load_trust(self.data, HUB, [self.centre / "centre.pub", self.authority / "authority.pub"])

    def log(self, **more: Any) -> EvidenceLog:
        """The log alone; the test closes it."""
        return EvidenceLog.open(self.data, self.trust().signer, self.clock, **more)[0]

    def manifest(self, *rows: dict[str, str], name: str = "manifest.csv") -> Path:
        """A CSV file; each row is ``GOOD`` with some cells changed."""
        path = self.folder / name
        with path.open("w", newline="", encoding="utf-8") as file:
            columns = dict.fromkeys([*GOOD, "last_mile_number", *(name for row in rows for name in row)])
            writer = csv.DictWriter(file, list(columns), restval="")
            writer.writeheader()
            writer.writerows({**GOOD, **row} for row in rows)
        return path

    async def declare(
        self, opened: Opened, *rows: dict[str, str], name: str = "manifest.csv"
    ) -> ImportReport:
        """Import rows as a manifest."""
        return await import_manifest(self.manifest(*rows, name=name), opened.hub)

    def scan(self, text: str = GOOD["tracking_number"], aim: str | None = None) -> Scan:
        """A label read now, at a station."""
        return Scan(text=text, aim=aim, raw=text.encode(), at_ns=self.clock.ns)

    def unseal(self, entry: Entry) -> sealed.Reasons:
        """What the authority reads in the sealed block of a decision."""
        found = parse(entry.kind, entry.payload)
        assert isinstance(found, DecisionStatement)
        key = load_authority_key(self.authority, Role.SEALING)
        return sealed.unseal(found.sealed, key, found.log_id, found.seq)

    def public_keys(self) -> Keyring:
        """Public halves alone, from the cards: all that an auditor has."""
        cards = (self.data / "hub.pub", self.centre / "centre.pub", self.authority / "authority.pub")
        return Keyring(key for card in cards for key in read_card(card.read_bytes()))

    def verify(self, path: Path | None = None) -> LogReport:
        """Verify a log as it lies on disk, from public keys alone."""
        with StoredLog(path or self.data / "evidence.db") as stored:
            return verify_log(
                stored.log_id,
                HUB,
                stored.entries(),
                *stored.notes(),
                keys=self.public_keys(),
                cosigner=CENTRE,
            )


@pytest.fixture(scope="session")
def authority_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The authority's keys and card."""
    folder = tmp_path_factory.mktemp("authority")
    init_authority(folder, AUTHORITY)
    return folder


@pytest.fixture(scope="session")
def centre_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A centre as its own command makes it: keys, card, empty database."""
    folder = tmp_path_factory.mktemp("centre")
    made = CliRunner().invoke(central, ["init", "--data", str(folder), "--name", CENTRE])
    assert made.exit_code == 0, made.output
    return folder


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder whose path leaves room for the names of UNIX sockets (108 bytes in all)."""
    folder = Path(tempfile.mkdtemp(prefix="pc-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def clock() -> SetClock:
    """A clock that the test moves."""
    return SetClock()


@pytest.fixture
def site(short_folder: Path, authority_folder: Path, centre_folder: Path, clock: SetClock) -> Site:
    """A hub that is enrolled and configured, with a fresh pack and a list of one firm; nothing is open."""
    made = Site(folder=short_folder, authority=authority_folder, centre=centre_folder, clock=clock)
    make_keys(made.data, HUB)
    made.publish_policy()
    made.publish_list("Obsidian Meridian Procurement")
    made.configure()
    return made


@pytest.fixture
async def opened(site: Site) -> AsyncIterator[Opened]:
    """The site's hub, open."""
    async with site.open() as found:
        yield found


@pytest.fixture
def run_hub(site: Site) -> Callable[[], AbstractAsyncContextManager[str]]:
    """Runs the hub in this process by the program's own loop, until SIGTERM; gives its page's address."""

    @asynccontextmanager
    async def run() -> AsyncIterator[str]:
        ready: asyncio.Queue[str] = asyncio.Queue()
        running = asyncio.create_task(app.run(load_config(site.config_file), ready=ready.put_nowait))
        listening = asyncio.create_task(ready.get())
        await asyncio.wait([running, listening], timeout=15, return_when=asyncio.FIRST_COMPLETED)
        assert not running.done(), running.exception()
        try:
            yield listening.result()
        finally:
            if not running.done():
                os.kill(os.getpid(), signal.SIGTERM)  # as an operator stops it
            async with asyncio.timeout(15):
                await running
            for number in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().remove_signal_handler(number)

    return run


@pytest.fixture
def make_decision() -> Callable[..., Decision]:
    """Makes the decision that piece number ``n`` is clear; keywords change its fields."""

    def make(number: int = 1, **changes: Any) -> Decision:
        clear = Verdict(disposition=Disposition.CLEAR, set_by=SetBy.HUB, open=(), sealed=(), risk=None)
        made = Decision(
            piece=PieceKey(kind="plain", value=f"PIECE{number:06}"),
            consignment=None,
            receptacle=None,
            station="lane-1",
            operator=None,
            verdict=clear,
            because=Because.SCAN,
            source="station",
            supersedes=None,
            evaluated_for=START,
            valid_until=START + timedelta(hours=72),
            weighed=None,
            digests=Digests(),
        )
        return replace(made, **changes)

    return make
