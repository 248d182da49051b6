"""``preclear-central``: the authority's commands.

Exit codes: 0 well, 1 unexpected, 2 usage, 3 a finding, 4 nothing there yet, 6 already in use, 78 bad
configuration. What is heavy is imported by the command that needs it.
"""

# ruff: noqa: PLC0415 - so that `--help` does not wait for aiohttp and the cryptography library

from __future__ import annotations

import json
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from sync.central.rules.reasons import OpenedReasons
    from sync.sqlite import Connection

FINDING = 3
NOTHING_THERE = 4
IN_USE = 6
BAD_CONFIGURATION = 78

_FOLDER = click.Path(path_type=Path, file_okay=False)
_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
_data = click.option("--data", type=_FOLDER, required=True, help="The centre's folder.")
_authority = click.option("--authority", type=_FOLDER, required=True, help="The authority's folder.")
_json = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")


def _exit_codes() -> dict[type[Exception], int]:
    """With what a command ends that one of these errors stops; every other error of ours: 1."""
    from sync import errors
    from sync.central import errors as central

    return {
        central.NotInitialised: NOTHING_THERE,
        central.AlreadyThere: IN_USE,
        central.StoreBusy: IN_USE,
        central.BadConfiguration: BAD_CONFIGURATION,
        errors.ForeignFile: BAD_CONFIGURATION,
        errors.SchemaTooNew: BAD_CONFIGURATION,
        errors.BadKeyFile: BAD_CONFIGURATION,
        errors.UnknownVersion: BAD_CONFIGURATION,
    }


class _Commands(click.Group):
    """Prints our errors as one line and ends with their exit code; everything else stays a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        from sync.errors import SyncError

        try:
            return super().invoke(ctx)
        except SyncError as error:
            click.echo(f"preclear-central: {error}", err=True)
            codes = _exit_codes()
            ctx.exit(next((code for kind, code in codes.items() if isinstance(error, kind)), 1))
        except OSError as error:
            click.echo(f"preclear-central: {error.filename}: {error.strerror}", err=True)
            ctx.exit(1)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """The authority's side: takes signed logs of hubs, gives receipts, publishes, reads sealed reasons."""


@main.command()
@_data
@click.option("--name", required=True, help="Such as centre/cbp; it stands in every receipt.")
def init(data: Path, name: str) -> None:
    """Make a centre: keys, an empty database, and the card that hubs pin."""
    from sync.central.identity import DATABASE, init_centre
    from sync.central.store.schema import open_store

    card = init_centre(data, name)
    open_store(data / DATABASE, create=True).close()
    click.echo(f"{name} is ready; give {card} to every hub")


@main.command()
@_data
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8800, show_default=True, type=click.IntRange(0, 65_535), help="0: any free.")
def serve(data: Path, host: str, port: int) -> None:
    """Run the service until SIGTERM or SIGINT."""
    from sync.central.serve import serve as run

    run(data, host, port)


@main.command("register-hub")
@click.argument("card", type=_FILE)
@_data
def register_hub(card: Path, data: Path) -> None:
    """Register a hub by the key card it made; a running service takes it up at once."""
    from sync.central.clock import posix_now
    from sync.central.store import queries as store
    from sync.central.store.writing import in_transaction
    from sync.keys import read_card

    keys = read_card(card.read_bytes(), str(card))
    with _open(data) as conn:
        new = in_transaction(conn, lambda c: store.register(c, keys, posix_now()))
    click.echo(f"{keys[0].owner} {'is registered' if new else 'was registered already, with these keys'}")


@main.command()
@_data
@_json
def status(data: Path, as_json: bool) -> None:
    """Show hubs, logs and receipts."""
    from dataclasses import asdict

    from sync.central.identity import load_centre
    from sync.central.rules import audit
    from sync.central.store import queries as store

    centre = load_centre(data)
    with _open(data) as conn:
        hubs, logs = store.hubs(conn), audit.states(conn)
        own = store.tree_of(conn, centre.name)
    if as_json:
        overview = {
            "centre": {"name": centre.name, "size": own.size, "root": own.root().hex()},
            "hubs": [
                {
                    "owner": hub.owner,
                    "registered_at": hub.registered_at,
                    "quarantined_at": hub.quarantined_at,
                    "reason": hub.reason,
                }
                for hub in hubs
            ],
            "logs": [asdict(log) for log in logs],
        }
        click.echo(json.dumps(overview))
        return
    click.echo(f"{centre.name}: {len(hubs)} hubs, {len(logs)} logs, {own.size} receipts")
    for hub in hubs:
        click.echo(f"{hub.owner}" + ("" if hub.quarantined_at is None else f"  QUARANTINED: {hub.reason}"))
        for log in (each for each in logs if each.owner == hub.owner):
            missing = f", {log.claimed - log.size} shown but not here" if log.claimed > log.size else ""
            twice = f", {log.equivocations} contradictions kept" if log.equivocations else ""
            click.echo(f"  log {log.log_id}: {log.size} entries, {log.receipted} receipted{missing}{twice}")


@main.command("authority-init")
@click.option("--folder", type=_FOLDER, required=True, help="Where its keys are made and stay.")
@click.option("--name", required=True, help="Such as authority/cbp.")
def authority_init(folder: Path, name: str) -> None:
    """Make the authority's keys, and the card that hubs pin."""
    from sync.central.identity import init_authority

    click.echo(f"{name} is ready; give {init_authority(folder, name)} to every hub")


@main.command()
@click.argument("kind", type=click.Choice(["policy", "list"]))
@click.argument("file", type=click.Path(path_type=Path, exists=True), required=False)
@_authority
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="Signed file.")
def publish(kind: str, file: Path | None, authority: Path, out: Path) -> None:
    """Sign a policy pack (TOML) or a watchlist (JSON), once it is read as a hub would read it.

    FILE may be the folder of a pack; its files are signed as one document. Without FILE, the policy pack that
    comes with the program.
    """
    from datetime import UTC, datetime

    from sync.central.clock import posix_now
    from sync.central.identity import load_authority_key
    from sync.central.rules.publish import signed
    from sync.keys import Role

    if kind == "list" and (file is None or file.is_dir()):
        raise click.UsageError("a list needs its FILE")
    issued = datetime.fromtimestamp(posix_now(), UTC)
    out.write_bytes(signed(kind, file, load_authority_key(authority, Role.PUBLISHING), issued))
    click.echo(f"{out} is signed; hubs that pin this authority take it")


@main.command()
@_data
@_authority
@click.option("--log", "log_id", help="This log only.")
@click.option("--since", default=0, type=click.IntRange(0), show_default=True, help="First number.")
@_json
def reasons(data: Path, authority: Path, log_id: str | None, since: int, as_json: bool) -> None:
    """Open the sealed reasons of stored decisions; exit 3 if one does not open."""
    from sync.central.errors import NotInitialised
    from sync.central.identity import load_authority_key
    from sync.central.rules.reasons import open_reasons
    from sync.central.store import queries as store
    from sync.keys import Role

    key = load_authority_key(authority, Role.SEALING)
    closed = 0
    with _open(data) as conn:
        known = [each for each, _, _ in store.logs(conn)]
        if log_id is not None and log_id not in known:
            raise NotInitialised(f"nothing of log {log_id} is here; `status` names the logs")
        for each in known if log_id is None else [log_id]:
            for opened in open_reasons(conn, key, each, since):
                closed += opened.error is not None
                click.echo(_reasons_json(opened) if as_json else _reasons_line(opened))
    if closed:
        click.echo(f"preclear-central: {closed} blocks do not open with this authority's key", err=True)
        sys.exit(FINDING)


@main.command()
@_data
def verify(data: Path) -> None:
    """Verify every stored log and the centre's own log again; exit 3 if anything does not fit."""
    from sync.central.identity import load_centre
    from sync.central.rules import audit
    from sync.central.store import queries as store
    from sync.errors import SyncError

    centre = load_centre(data)
    failed = False
    with _open(data) as conn:
        for log_id, owner, _ in store.logs(conn):
            try:
                report = audit.verify_stored(conn, centre, log_id, owner)
            except SyncError as error:
                failed = True
                click.echo(f"log {log_id} of {owner} FAILS: {error}")
            else:
                click.echo(
                    f"log {log_id} of {owner} verifies: {report.entries} entries, "
                    f"{report.decisions} decisions, {report.receipts} receipts, {report.receipted} receipted"
                )
        try:
            click.echo(f"the centre's own log verifies: {audit.verify_own_log(conn, centre)} receipts")
        except SyncError as error:
            failed = True
            click.echo(f"the centre's own log FAILS: {error}")
    if failed:
        sys.exit(FINDING)


def _open(data: Path) -> closing[Connection]:
    from sync.central.identity import DATABASE
    from sync.central.store.schema import open_store

    return closing(open_store(data / DATABASE))


def _reasons_json(opened: OpenedReasons) -> str:
    decision, reasons = opened.decision, opened.reasons
    row: dict[str, Any] = {
        "log_id": decision.log_id,
        "seq": decision.seq,
        "piece": {"kind": decision.piece.kind, "value": decision.piece.value},
        "disposition": decision.disposition,
    }
    if reasons is None:
        return json.dumps({**row, "error": opened.error})
    return json.dumps(
        {
            **row,
            "findings": [{"code": f.code, "params": f.params} for f in reasons.findings],
            "risk_permille": reasons.risk_permille,
            "risk_reasons": [{"feature": name, "points": points} for name, points in reasons.risk_reasons],
            "left_out": reasons.left_out,
        }
    )


def _reasons_line(opened: OpenedReasons) -> str:
    decision, reasons = opened.decision, opened.reasons
    head = f"{decision.log_id} {decision.seq} {decision.piece.value} {decision.disposition}"
    if reasons is None:
        return f"{head}  does not open: {opened.error}"
    codes = " ".join(f.code for f in reasons.findings) or "nothing sealed"
    risk = "no risk score" if reasons.risk_permille is None else f"risk {reasons.risk_permille} permille"
    more = f", {reasons.left_out} left out" if reasons.left_out else ""
    return f"{head}  {codes}{more}; {risk}"


if __name__ == "__main__":
    main()
