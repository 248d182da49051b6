"""``preclear export``: one entry of the log as a signed envelope."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from agent.cli.options import config_option
from agent.config.file import load_config
from agent.errors import UnknownName
from agent.evidence.reader import FILE, StoredLog
from agent.trust.hub_keys import CARD, read_cards
from sync.keys import Keyring, Role
from sync.log import envelope


@click.command()
@click.argument("seq", type=click.IntRange(0))
@config_option
def export(seq: int, config_path: Path) -> None:
    """One entry of the log as a DSSE envelope (JSON), for anybody to verify."""
    config = load_config(config_path)
    with StoredLog(config.hub.data / FILE) as stored:
        entry = next(iter(stored.entries(seq, 1)), None)
    if entry is None:
        raise UnknownName(f"the log has no entry {seq}")
    key = Keyring(read_cards([config.hub.data / CARD])).only(Role.DECISIONS)
    sys.stdout.buffer.write(envelope.encode(entry.envelope(key.keyid)) + b"\n")
