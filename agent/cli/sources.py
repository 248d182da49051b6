"""``preclear sources``: who declared what, whose signatures hold, and how to remove a party's data."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from agent.cli.options import config_option, json_option, show
from agent.config.file import Config, load_config
from agent.errors import UnknownName
from agent.intake.removal import Choice, Going
from agent.reports.sources import source_detail, source_view, stored_sources, verified_sources

LINE_EVERY_PERCENT = 10
_NUMBER = click.IntRange(1)


@click.group()
def sources() -> None:
    """Imported files and messages: who sent them, and how to remove a party's data."""


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
    views = [source_view(source, senders) for source in stored_sources(config.hub.data, party=party)]
    show({"schema": "preclear.sources", "sources": views}, as_json=as_json, lines=_list_lines)


def _list_lines(report: dict[str, Any]) -> Iterator[str]:
    for view in report["sources"]:
        rows = "rows unknown" if view["rows"] is None else f"{view['rows']} rows, {view['rejected']} refused"
        who = f"{view['number']}  {view['party']} ({view['role']})  {view['file']}  {view['received']}"
        yield f"{who}  {rows}  {_signed_by(view)}  {view['state']}"
    if not report["sources"]:
        yield "nothing was imported"


@sources.command("show")
@click.argument("number", type=_NUMBER)
@config_option
@json_option
def show_(number: int, config_path: Path, as_json: bool) -> None:
    """All that is kept of one source; its signature proves its SHA-256 without the file."""
    config = load_config(config_path)
    (source,) = stored_sources(config.hub.data, number=number)
    detail = {"schema": "preclear.source", **source_detail(source, config.intake.sender_keys())}
    show(detail, as_json=as_json, lines=_show_lines)


def _show_lines(report: dict[str, Any]) -> Iterator[str]:
    for name, value in report.items():
        if name != "schema" and value is not None:
            shown = ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else value
            yield f"{name}: {shown}"


@sources.command()
@click.argument("numbers", type=_NUMBER, nargs=-1)
@config_option
@json_option
def verify(numbers: tuple[int, ...], config_path: Path, as_json: bool) -> None:
    """Check the stored signatures with the pinned keys: of all sources, or of those named.

    Ends with 3 when one does not hold, or its key is no longer pinned.
    """
    config = load_config(config_path)
    if numbers:
        chosen = [source for number in numbers for source in stored_sources(config.hub.data, number=number)]
    else:
        chosen = stored_sources(config.hub.data)
    report = verified_sources(chosen, config.intake.sender_keys())
    show(report, as_json=as_json, lines=_verify_lines)
    counts = report["counts"]
    sys.exit(3 if counts["broken"] or counts["unknown key"] else 0)


def _verify_lines(report: dict[str, Any]) -> Iterator[str]:
    for view in report["sources"]:
        if view["verdict"] != "unsigned":
            yield f"{view['number']}  {view['file']}  {_signed_by(view)}: {view['verdict']}"
    yield (
        ", ".join(f"{count} {verdict}" for verdict, count in sorted(report["counts"].items())) or "no sources"
    )


@sources.command()
@click.option("--party", help="All sources of this party.")
@click.option("--source", "number", type=_NUMBER, help="The one source of this number.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@config_option
@json_option
def remove(party: str | None, number: int | None, yes: bool, config_path: Path, as_json: bool) -> None:
    """Remove all that a party, or one source, declared. What others declared stays.

    Parcels that nobody else declared become unmanifested again. Decisions and their log stay as they are:
    they hold salted digests of what was declared, and the salts are removed with it. Lanes keep working.
    To resume an interrupted removal, run the command again. The same file may be imported again afterwards.

    The files themselves are yours: delete them where they are, such as in done/ of the watched folder.
    """
    if (party is None) == (number is None):
        raise click.UsageError("name either --party or --source")
    config = load_config(config_path)
    chosen = stored_sources(config.hub.data, party=party, number=number)
    choice = Choice(party=party, number=number)
    if not chosen:
        raise UnknownName(f"there is no {choice} here; `preclear sources list` shows what there is")
    if not yes:
        declarations = sum(source.taken for source in chosen)
        question = f"Remove {len(chosen)} sources with {declarations} declarations?"
        click.confirm(question, abort=True, err=True)
    report = asyncio.run(_remove(config, choice, _Lines() if not as_json else lambda going: None))
    show(report, as_json=as_json, lines=_removed_lines)


async def _remove(config: Config, choice: Choice, progress: Callable[[Going], None]) -> dict[str, Any]:
    """Have the running hub remove them, or remove them here."""
    from agent.app import open_hub  # noqa: PLC0415 - a hub's libraries are loaded where there is none at work
    from agent.control.removal_verb import remove_by_hub  # noqa: PLC0415
    from agent.intake.removal import remove_sources  # noqa: PLC0415
    from agent.runtime.clock import SystemClock  # noqa: PLC0415

    report = await remove_by_hub(config.hub.data, choice, progress)
    if report is not None:
        return report
    async with open_hub(config, SystemClock()) as opened:
        return await remove_sources(opened.hub, choice, progress)


class _Lines:
    """A line on standard error for each tenth of the declarations."""

    def __init__(self) -> None:
        self._next = LINE_EVERY_PERCENT

    def __call__(self, going: Going) -> None:
        percent = 100 * going.done // max(1, going.total)
        if self._next <= percent < 100:
            self._next = percent - percent % LINE_EVERY_PERCENT + LINE_EVERY_PERCENT
            click.echo(f"{percent} %  {going.removed} declarations removed", err=True)


def _removed_lines(report: dict[str, Any]) -> Iterator[str]:
    yield f"{len(report['sources'])} sources with {report['declarations']} declarations were removed"
    if not report["erased"]:
        yield (
            "another program is reading the declarations: an older state of them stays in reference.db-wal "
            "until that program ends; then stop the hub once"
        )
