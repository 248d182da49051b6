"""``preclear verify``: a whole log, verified from public keys alone."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from agent.cli.options import config_option, json_option, show
from agent.config.file import load_config
from agent.evidence.reader import FILE, StoredLog
from agent.trust.hub_keys import CARD, read_cards
from sync import sqlite
from sync.errors import SyncError
from sync.keys import Keyring
from sync.log.verify import verify_log


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
                lines=lambda refusal: iter([f"NOT VERIFIED  {refusal['file']}: {refusal['reason']}"]),
            )
            sys.exit(3)
    show(
        {"schema": "preclear.verify", "verified": True, **asdict(report)},
        as_json=as_json,
        lines=_lines,
    )


def _lines(report: dict[str, Any]) -> Iterator[str]:
    yield f"verified  log {report['log_id']} of {report['hub']}"
    counts = (f"{report[name]} {name}" for name in ("entries", "decisions", "checkpoints"))
    yield f"  {', '.join(counts)}"
    yield f"  {report['receipts']} receipts; {report['receipted']} entries are receipted by the centre"
    yield f"  root {report['root']}"
