"""Commands about proof: keys, verify, export."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from agent.cli.options import config_option, json_option, show
from agent.config.file import load_config
from agent.errors import NotFound
from agent.evidence.reader import FILE, StoredLog
from agent.trust.hub_keys import CARD, make_keys, read_cards
from sync import sqlite
from sync.errors import SyncError
from sync.keys import Keyring, Role
from sync.log import envelope
from sync.log.verify import verify_log


@click.group()
def keys() -> None:
    """The hub's own keys."""


@keys.command("make")
@config_option
def keys_make(config_path: Path) -> None:
    """Make the hub's keys; they never leave this machine. Register the card at the centre."""
    config = load_config(config_path)
    card = make_keys(config.hub.data, config.hub.name)
    click.echo(f"register at the centre: preclear-central register-hub {card}")


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--card", "cards", multiple=True, type=click.Path(path_type=Path, exists=True))
@click.option("--hub", help="Whose log it is (hub/NAME).")
@click.option("--centre", help="Who cosigned it (centre/NAME).")
@config_option
@json_option
def verify(
    file: Path | None,
    cards: tuple[Path, ...],
    hub: str | None,
    centre: str | None,
    config_path: Path,
    as_json: bool,
) -> None:
    """Verify a whole log from public keys alone: signatures, numbers, chain, checkpoints, receipts.

    Without FILE the log of the configured hub. With FILE (an evidence.db) give the key cards, the hub and the
    centre. Exit 0 only if everything is verified.
    """
    if file is None:
        config = load_config(config_path)
        file = config.hub.data / FILE
        cards = (config.hub.data / CARD, *config.trust.cards)
        hub = config.hub.name
        centre = config.centre.name if config.centre else "centre/none"
    elif not (cards and hub and centre):
        raise click.UsageError("with FILE give --card (once for each card), --hub and --centre")
    assert hub is not None
    assert centre is not None
    with StoredLog(file) as stored:
        ring = Keyring(read_cards(cards))
        try:
            report = verify_log(
                stored.log_id, hub, stored.entries(), *stored.notes(), keys=ring, cosigner=centre
            )
        except (SyncError, sqlite.Error) as error:
            show(
                {"schema": "preclear.verify", "verified": False, "reason": str(error), "file": str(file)},
                as_json=as_json,
                lines=lambda found: iter([f"NOT VERIFIED  {found['file']}: {found['reason']}"]),
            )
            sys.exit(3)
    show(
        {"schema": "preclear.verify", "verified": True, **asdict(report)},
        as_json=as_json,
        lines=_verify_lines,
    )


def _verify_lines(found: dict[str, Any]) -> Iterator[str]:
    yield f"verified  log {found['log_id']} of {found['hub']}"
    yield f"  {found['entries']} entries, {found['decisions']} decisions, {found['checkpoints']} checkpoints"
    yield f"  {found['receipts']} receipts; {found['receipted']} entries are receipted by the centre"
    yield f"  root {found['root']}"


@click.command()
@click.argument("seq", type=click.IntRange(0))
@config_option
def export(seq: int, config_path: Path) -> None:
    """One entry of the log as a DSSE envelope (JSON), for anybody to verify."""
    config = load_config(config_path)
    with StoredLog(config.hub.data / FILE) as stored:
        entry = next(iter(stored.entries(seq, 1)), None)
    if entry is None:
        raise NotFound(f"the log has no entry {seq}")
    key = Keyring(read_cards([config.hub.data / CARD])).only(Role.DECISIONS)
    sys.stdout.buffer.write(envelope.encode(entry.envelope(key.keyid)) + b"\n")
