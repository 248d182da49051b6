"""``preclear sources``: who said what, whose signatures hold, and how a party's data is taken away."""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from agent.cli.options import config_option, json_option, show
from agent.config.file import Config, load_config
from agent.errors import NotFound
from agent.intake.removal import Choice, Going
from agent.store.declarations import FILE
from agent.store.reader import StoredDeclarations
from agent.store.source_table import StoredSource
from agent.trust.senders import TrustedSenders

LINE_EVERY_PERCENT = 10
_NUMBER = click.IntRange(1)


@click.group()
def sources() -> None:
    """Files and messages that were taken in: who sent them, and how to take a party's data away."""


def _stored(config: Config, *, party: str | None = None, number: int | None = None) -> list[StoredSource]:
    with StoredDeclarations(config.hub.data / FILE) as stored:
        found = stored.list_sources(party=party, number=number)
    if number is not None and not found:
        raise NotFound(f"there is no source {number} here; `preclear sources list` shows what there is")
    return found


def _view(source: StoredSource, senders: TrustedSenders) -> dict[str, Any]:
    key = None if source.signer is None else senders.get(source.signer)
    return {
        "number": source.number,
        "party": source.party,
        "role": source.role,
        "file": source.message,
        "sha256": source.sha256,
        "received": source.received,
        "rows": source.rows,
        "rejected": source.rejected,
        "signed": source.signer is not None,
        "signer": source.signer,
        "signed_by": None if key is None else key.party,
        "state": source.state,
    }


def _signed_by(view: dict[str, Any]) -> str:
    if not view["signed"]:
        return "unsigned"
    return f"signed by {view['signed_by'] or 'key ' + view['signer'][:16] + ', which is not pinned'}"


@sources.command("list")
@click.option("--party", help="Of this party alone.")
@config_option
@json_option
def list_(party: str | None, config_path: Path, as_json: bool) -> None:
    """All sources: number, party, file, when it came, rows, who signed it, and whether it is complete."""
    config = load_config(config_path)
    senders = config.intake.sender_keys()
    views = [_view(source, senders) for source in _stored(config, party=party)]
    show({"schema": "preclear.sources", "sources": views}, as_json=as_json, lines=_list_lines)


def _list_lines(found: dict[str, Any]) -> Iterator[str]:
    for view in found["sources"]:
        rows = "rows unknown" if view["rows"] is None else f"{view['rows']} rows, {view['rejected']} refused"
        who = f"{view['number']}  {view['party']} ({view['role']})  {view['file']}  {view['received']}"
        yield f"{who}  {rows}  {_signed_by(view)}  {view['state']}"
    if not found["sources"]:
        yield "nothing was taken in"


@sources.command("show")
@click.argument("number", type=_NUMBER)
@config_option
@json_option
def show_(number: int, config_path: Path, as_json: bool) -> None:
    """All that is kept of one source; its signature proves its SHA-256 without the file."""
    config = load_config(config_path)
    (source,) = _stored(config, number=number)
    found = {
        "schema": "preclear.source",
        **_view(source, config.intake.sender_keys()),
        "declarations": source.taken,
        "reading": source.reading,
        "program": source.program,
        "faults": json.loads(source.faults),
        "signature": None if source.signature is None else base64.b64encode(source.signature).decode(),
    }
    show(found, as_json=as_json, lines=_show_lines)


def _show_lines(found: dict[str, Any]) -> Iterator[str]:
    for name, value in found.items():
        if name != "schema" and value is not None:
            shown = ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else value
            yield f"{name}: {shown}"


@sources.command()
@click.argument("numbers", type=_NUMBER, nargs=-1)
@config_option
@json_option
def verify(numbers: tuple[int, ...], config_path: Path, as_json: bool) -> None:
    """Check the stored signatures with the pinned keys: of all sources, or of those named.

    Ends with 3 when one does not hold, or its key is not pinned any more.
    """
    config = load_config(config_path)
    senders = config.intake.sender_keys()
    if numbers:
        chosen = [source for number in numbers for source in _stored(config, number=number)]
    else:
        chosen = _stored(config)
    checked = [{**_view(source, senders), "verdict": _verdict(source, senders)} for source in chosen]
    counts = Counter(view["verdict"] for view in checked)
    found = {"schema": "preclear.sources.verified", "counts": counts, "sources": checked}
    show(found, as_json=as_json, lines=_verify_lines)
    sys.exit(3 if counts["broken"] or counts["unknown key"] else 0)


def _verdict(source: StoredSource, senders: TrustedSenders) -> str:
    if source.signer is None or source.signature is None:
        return "unsigned"
    key = senders.get(source.signer)
    if key is None:
        return "unknown key"
    holds = key.verifies(source.sha256, source.signature)
    return "holds" if holds and (key.party, key.role) == (source.party, source.role) else "broken"


def _verify_lines(found: dict[str, Any]) -> Iterator[str]:
    for view in found["sources"]:
        if view["verdict"] != "unsigned":
            yield f"{view['number']}  {view['file']}  {_signed_by(view)}: {view['verdict']}"
    yield (
        ", ".join(f"{count} {verdict}" for verdict, count in sorted(found["counts"].items())) or "no sources"
    )


@sources.command()
@click.option("--party", help="All sources of this party.")
@click.option("--source", "number", type=_NUMBER, help="The one source of this number.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@config_option
@json_option
def remove(party: str | None, number: int | None, yes: bool, config_path: Path, as_json: bool) -> None:
    """Take away all that a party, or one source, declared. What others declared stands.

    Parcels that nobody else declared are unmanifested again. Decisions and their log stay as they are: they
    hold salted digests of what was declared, and the salts go with it. Lanes go on meanwhile; a removal that
    was interrupted goes on when it is called again. The same file may be imported again afterwards.

    The files themselves are not ours: delete them where they lie, such as in done/ of the watched folder.
    """
    if (party is None) == (number is None):
        raise click.UsageError("name either --party or --source")
    config = load_config(config_path)
    chosen = _stored(config, party=party, number=number)
    choice = Choice(party=party, number=number)
    if not chosen:
        raise NotFound(f"there is no {choice} here; `preclear sources list` shows what there is")
    if not yes:
        declarations = sum(source.taken for source in chosen)
        question = f"Take away {len(chosen)} sources with {declarations} declarations?"
        click.confirm(question, abort=True, err=True)
    found = asyncio.run(_remove(config, choice, _Lines() if not as_json else lambda going: None))
    show(found, as_json=as_json, lines=_removed_lines)


async def _remove(config: Config, choice: Choice, told: Callable[[Going], None]) -> dict[str, Any]:
    """Hand the work to the running hub, or do the same work here."""
    from agent.app import open_hub  # noqa: PLC0415 - a hub's libraries are loaded where there is none at work
    from agent.control.server import FILE as SOCKET  # noqa: PLC0415
    from agent.intake.removal import ask, remove_sources  # noqa: PLC0415
    from agent.runtime.clock import SystemClock  # noqa: PLC0415

    found = await ask(config.hub.data / SOCKET, choice, told)
    if found is not None:
        return found
    async with open_hub(config, SystemClock()) as opened:
        return await remove_sources(opened.hub, choice, told)


class _Lines:
    """A line on standard error for each tenth that was looked through."""

    def __init__(self) -> None:
        self._next = LINE_EVERY_PERCENT

    def __call__(self, going: Going) -> None:
        percent = 100 * going.done // max(1, going.total)
        if self._next <= percent < 100:
            self._next = percent - percent % LINE_EVERY_PERCENT + LINE_EVERY_PERCENT
            click.echo(f"{percent} %  {going.removed} declarations taken away", err=True)


def _removed_lines(found: dict[str, Any]) -> Iterator[str]:
    yield f"{len(found['sources'])} sources with {found['declarations']} declarations were taken away"
    if not found["erased"]:
        yield (
            "another program reads the declarations: an older state of them lies in reference.db-wal until "
            "that has ended and the hub was stopped once"
        )
