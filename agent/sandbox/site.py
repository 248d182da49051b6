"""A hub whose time stands still: manifests of one good parcel, scans of it, and a look at the records."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from agent.app import Opened
from agent.cases.scan import Scan
from agent.config.file import Config
from agent.evidence.log import EvidenceLog
from agent.evidence.reader import StoredLog
from agent.intake.importer import ImportReport, import_manifest
from agent.sandbox.clock import START, ManualClock
from agent.sandbox.hub_folder import LIST_FILE, HubFolder
from agent.trust.hub_keys import Trust, load_trust
from sync import sqlite
from sync.central.identity import AUTHORITY_CARD, CENTRE_CARD, load_authority_key
from sync.keys import Keyring, Role, read_card
from sync.log import sealed
from sync.log.entries import Entry
from sync.log.statement import Decision as DecisionStatement
from sync.log.statement import parse
from sync.log.verify import LogReport, verify_log

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
"""A row that the shipped pack has nothing against."""
NO_AUDIT = ("audit_permille = 10", "audit_permille = 0")
"""The change of the shipped pack that leaves nothing to chance."""
LANE_WITHOUT_DEVICES = '[[stations]]\nname = "lane-1"\nscanner = { port = "no-scanner" }\n'


def write_manifest(path: Path, *rows: dict[str, str]) -> Path:
    """Write a CSV file, each row ``GOOD`` with some cells changed; returns its path."""
    with path.open("w", newline="", encoding="utf-8") as file:
        columns = dict.fromkeys([*GOOD, "last_mile_number", *(name for row in rows for name in row)])
        writer = csv.DictWriter(file, list(columns), restval="")
        writer.writeheader()
        writer.writerows({**GOOD, **row} for row in rows)
    return path


@dataclass(frozen=True, kw_only=True)
class Site(HubFolder):
    """One hub, the authority and the centre it trusts, and what a test does with them."""

    name: str = "test"
    clock: ManualClock

    def publish_policy(self, *changes: tuple[str, str], issued: datetime | None = None) -> None:
        """Sign the shipped pack without its random audit, which would refer one parcel in a hundred."""
        super().publish_policy(NO_AUDIT, *changes, issued=issued or START)

    def publish_list(self, *names: str, list_id: str = "watch", issued: datetime | None = None) -> None:
        """Sign a list of those names."""
        super().publish_list(*names, list_id=list_id, issued=issued or START)

    def configure(
        self,
        stations: str = LANE_WITHOUT_DEVICES,
        extra: str = "",
        *,
        lists: tuple[str, ...] = (LIST_FILE,),
        page_port: int = 0,
    ) -> Config:
        """Write the configuration; one lane, where none is given."""
        return super().configure(stations, extra, lists=lists, page_port=page_port)

    def trust(self) -> Trust:
        """What the hub trusts and signs with."""
        return load_trust(self.data, self.hub_name, self.cards)

    def log(self, connect: Callable[[Path], sqlite.Connection] = sqlite.connect) -> EvidenceLog:
        """The log alone; its caller closes it."""
        return EvidenceLog.open(self.data, self.trust().signer, self.clock, connect)[0]

    def manifest(self, *rows: dict[str, str], name: str = "manifest.csv") -> Path:
        """Write a CSV file; each row is ``GOOD`` with some cells changed."""
        return write_manifest(self.folder / name, *rows)

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
        statement = parse(entry.kind, entry.payload)
        if not isinstance(statement, DecisionStatement):
            raise TypeError(f"entry {entry.seq} is a {entry.kind}, not a decision")
        key = load_authority_key(self.authority, Role.SEALING)
        return sealed.unseal(statement.sealed, key, statement.log_id, statement.seq)

    def public_keys(self) -> Keyring:
        """Public halves alone, from the cards: all that an auditor has."""
        cards = (self.data / "hub.pub", self.centre / CENTRE_CARD, self.authority / AUTHORITY_CARD)
        return Keyring(key for card in cards for key in read_card(card.read_bytes()))

    def verify(self, path: Path | None = None) -> LogReport:
        """Verify a log as it lies on disk, from public keys alone."""
        with StoredLog(path or self.data / "evidence.db") as stored:
            return verify_log(
                stored.log_id,
                self.hub_name,
                stored.entries(),
                *stored.notes(),
                keys=self.public_keys(),
                cosigner=self.centre_name,
            )
