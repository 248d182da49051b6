"""``preclear import``: imports files one after the other and shows their progress and what was refused."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from agent.app import open_hub
from agent.cli.exit_codes import FINDING, exit_code
from agent.cli.options import config_option, json_option, show
from agent.cli.progress import Lines, ProgressBar, Silent
from agent.config.file import Config, load_config
from agent.control.import_verb import import_by_hub
from agent.domain.consignment.declaration import Transport
from agent.domain.consignment.effective import SourceRole
from agent.errors import AgentError
from agent.hub import Hub
from agent.intake.importer import Sender, take_in, try_out
from agent.intake.listener import Listener
from agent.intake.preview import preview_of
from agent.intake.protocol import Fault, FileHeader, Progress
from agent.intake.rejected_rows import MAX_FAULTS, RejectedRowsReport
from agent.intake.supervisor import opened
from agent.runtime.clock import SystemClock
from agent.texts.catalogue import choose
from agent.trust.senders import SUFFIX, read_signature

PREVIEW_ROWS = 20
_SUMS = ("rows", "accepted", "mended", "rejected_rows", "decided_again", "seconds")


@click.command("import")
@click.argument(
    "files",
    metavar="FILE...",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
)
@click.option("--party", help="Who sent the files, unless a signature says so.")
@click.option(
    "--role",
    type=click.Choice([role.value for role in SourceRole]),
    help="In which capacity; forwarder unless this or a signature says otherwise.",
)
@click.option(
    "--signature",
    "signed_by",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help=f"The signature of FILE; FILE{SUFFIX} if it exists.",
)
@click.option(
    "--transport",
    type=click.Choice([transport.value for transport in Transport]),
    help="How the parcels travel, if the file does not say so.",
)
@click.option("--profile", help="Id of a mapping profile; without it, sender and header decide.")
@click.option("--dry-run", is_flag=True, help="Read everything, store nothing.")
@click.option("--preview", "look", is_flag=True, help=f"Show what the first {PREVIEW_ROWS} rows are read as.")
@click.option(
    "--report",
    "report_folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write rejected.csv and rejected.xlsx here; the workbook can be corrected and imported.",
)
@click.option(
    "--lang",
    help="Language of the report, as zh-CN; without it, as the mapping profile says, or English.",
)
@config_option
@json_option
def import_(
    *,
    files: tuple[Path, ...],
    party: str | None,
    role: str | None,
    signed_by: Path | None,
    transport: str | None,
    profile: str | None,
    dry_run: bool,
    look: bool,
    report_folder: Path | None,
    lang: str | None,
    config_path: Path,
    as_json: bool,
) -> None:
    """Import manifests; every refused and every corrected row is reported.

    Each file is read in a process of its own, under limits. The same file again stores nothing and reports
    its refused rows again; an interrupted import resumes where it stopped.

    A table needs the columns tracking_number and transport (express or mail), unless --transport says it.

    A sender whose key is pinned under [[intake.senders]] signs with `openssl dgst -sha256 -sign KEY -out
    FILE.sig FILE`; the key then says who sent it.
    """
    files = _manifests(files, signed_by)
    config = load_config(config_path)
    sender = Sender(
        party=party,
        role=None if role is None else SourceRole(role),
        transport=transport,
        profile=profile,
        profiles=config.intake.profile_texts(),
    )
    if look:
        for path in files:
            _preview(config, path.resolve(), _signed(sender, path, signed_by), as_json)
        return
    reports, refused = [], []
    for path in files:
        folder = report_folder if report_folder is None or len(files) == 1 else report_folder / path.name
        try:
            signed = _signed(sender, path, signed_by)
            reports.append(_one(config, path.resolve(), signed, folder, lang, dry_run=dry_run, quiet=as_json))
        except AgentError as error:
            if len(files) == 1 or exit_code(error) != FINDING:
                raise
            refused.append({"file": path.name, "error": str(error)})
            click.echo(f"preclear: {error}", err=True)
            continue
        if not as_json:
            show(reports[-1], as_json=False, lines=_lines)
    if as_json:
        result = reports[0] if len(files) == 1 else _together(reports, refused)
        click.echo(
            json.dumps(result if lang is None else {**result, "lang": choose(lang)}, ensure_ascii=False)
        )
    sys.exit(FINDING if refused or any(report["rejected_rows"] for report in reports) else 0)


def _manifests(files: tuple[Path, ...], signed_by: Path | None) -> tuple[Path, ...]:
    """The files without the signatures that a shell's pattern matches too."""
    if signed_by is not None and len(files) > 1:
        raise click.UsageError(
            f"--signature takes a single file; for several, place each FILE{SUFFIX} next to its file"
        )
    manifests = tuple(path for path in files if path.suffix.lower() != SUFFIX)
    alone = [path for path in files if path not in manifests and path.with_suffix("") not in manifests]
    if alone:
        raise click.UsageError(f"{alone[0]} is a signature; name the file that it signs")
    return manifests


def _signed(sender: Sender, path: Path, signed_by: Path | None) -> Sender:
    try:
        signature = read_signature(signed_by or path.with_name(path.name + SUFFIX))
    except FileNotFoundError:
        return sender
    return replace(sender, signature=signature)


def _one(
    config: Config,
    path: Path,
    sender: Sender,
    folder: Path | None,
    lang: str | None,
    *,
    dry_run: bool,
    quiet: bool,
) -> dict[str, Any]:
    with ExitStack() as stack:
        screen: Listener = ProgressBar() if sys.stderr.isatty() else Silent() if quiet else Lines()
        if isinstance(screen, ProgressBar):
            stack.enter_context(screen)
        report = RejectedRowsReport(folder, lang) if folder is not None else None
        if report is not None:
            stack.callback(report.close)
        listener = _Both(screen, report)
        if dry_run:
            with opened(path) as file:
                return asyncio.run(
                    try_out(file, SystemClock(), sender, listener, config.intake.sender_keys())
                ).as_json()
        return asyncio.run(_take_in(config, path, sender, listener, wants_faults=report is not None))


async def _take_in(
    config: Config, path: Path, sender: Sender, listener: Listener, *, wants_faults: bool
) -> dict[str, Any]:
    """Have the running hub import the file, or import it here."""
    report = await import_by_hub(config.hub.data, path, sender, listener, faults=wants_faults)
    if report is not None:
        return report
    async with open_hub(config, SystemClock()) as hub:
        gc.freeze()  # lists and policy live as long as we do
        return await _here(hub.hub, path, sender, listener)


async def _here(hub: Hub, path: Path, sender: Sender, listener: Listener) -> dict[str, Any]:
    with opened(path) as file:
        return (await take_in(file, hub, sender, listener)).as_json()


class _Both:
    """A screen, and a report where one is wanted."""

    def __init__(self, screen: Listener, report: RejectedRowsReport | None) -> None:
        self._screen = screen
        self._report = report

    def begun(self, header: FileHeader) -> None:
        self._screen.begun(header)
        if self._report is not None:
            self._report.begun(header)

    def faults(self, faults: tuple[Fault, ...]) -> None:
        if self._report is not None:
            self._report.faults(faults)

    def progress(self, progress: Progress) -> None:
        self._screen.progress(progress)


def _together(reports: list[dict[str, Any]], refused: list[dict[str, Any]]) -> dict[str, Any]:
    total: dict[str, Any] = {name: round(sum(report[name] for report in reports), 3) for name in _SUMS}
    total["rejected"] = {}
    for report in reports:
        for code, count in report["rejected"].items():
            total["rejected"][code] = total["rejected"].get(code, 0) + count
    total["rows_per_s"] = round(total["rows"] / total["seconds"]) if total["seconds"] else 0
    total["peak_memory_mb"] = max((report["peak_memory_mb"] for report in reports), default=0)
    return {**total, "files": reports, "refused_files": refused}


def _lines(report: dict[str, Any]) -> Iterator[str]:
    for error in report["errors"]:
        place = f"line {error['line']}" + (f", {error['column']}" if error["column"] else "")
        shown = f' "{error["value"]}"' if error["value"] else ""
        yield f"{place}: {error['code']} {error['message']}{shown}. {error['hint']}"
    unlisted = sum(report["rejected"].values()) - len(report["errors"])
    if unlisted > 0:
        yield f"and {unlisted} more; --report DIR writes up to {MAX_FAULTS} of them to files"
    yield from report["notes"]
    if report["signed"]:
        yield f"signed by {report['party']} as {report['role']}, key {report['signer'][:16]}"
    if report["already_known"]:
        yield f"{report['file']} was imported before; nothing changed"
        return
    mended = f", {report['mended']} of them corrected" if report["mended"] else ""
    would = "" if report["stored"] else "; nothing was stored"
    yield (
        f"{report['file']}: {report['accepted']} consignments accepted{mended}, "
        f"{report['rejected_rows']} rows refused{would}"
    )
    if report["resumed_after"]:
        yield f"resumed after consignment {report['resumed_after']} of an earlier import"
    if report["decided_again"]:
        yield f"{report['decided_again']} pieces that were set aside were decided again"


def _preview(config: Config, path: Path, sender: Sender, as_json: bool) -> None:
    with opened(path) as file:
        shown = preview_of(file, SystemClock(), sender, config.intake.sender_keys(), PREVIEW_ROWS)
    show(shown, as_json=as_json, lines=_preview_lines)


_NOT_READ = {"ignored": "passed over, as the profile says", "not read": "not read by its name"}
_WHO = {
    "profile": "as the profile says",
    "name": "by its name",
    "constant": "for every row, from the profile",
}


def _column_line(column: dict[str, Any]) -> str:
    """One column: what it is read as, who says so, and how its cells fared."""
    written, verdict = column["written"], column["verdict"]
    if column["read_as"] is None:
        return f"{written}: {_NOT_READ[verdict]}"
    fared = [verdict] if verdict in ("fine", "empty") and column["filled"] is not None else []
    fared += [f"{column['mended']} corrected"] if column["mended"] else []
    fared += [f"{column['faults']} refused"] if column["faults"] else []
    return f"{written}: {column['read_as']}, {', '.join([_WHO[column['how']], *fared])}"


def _preview_lines(shown: dict[str, Any]) -> Iterator[str]:
    yield f"{shown['file']}: {shown['format']}" + (f", {shown['encoding']}" if shown["encoding"] else "")
    yield f"profile: {shown['profile'] or 'none'}"
    for column in shown["columns"]:
        yield "  " + _column_line(column)
    yield from shown["notes"]
    for row in shown["rows"]:
        yield json.dumps(row, ensure_ascii=False)
    for fault in shown["faults"]:
        what = "corrected" if fault.get("mended") else "refused"
        yield f"line {fault['line']} {what}: {fault['code']} {fault['column']} {fault['message']}"
