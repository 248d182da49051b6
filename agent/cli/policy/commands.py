"""``preclear policy``: checks, shows, compares, explains and replays policy packs."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from agent import __version__
from agent.cli.exit_codes import FINDING, NOTHING_THERE
from agent.cli.options import config_option, json_option, show
from agent.cli.policy.packs import pack_argument, pack_option

MODES = ("express", "mail")


@click.group()
def policy() -> None:
    """Check and explain policy packs: folders of TOML, single files, or the one that comes with the program.

    A pack read here need not be signed; a hub takes only what its authority has signed.
    """


@policy.command()
@pack_argument
@json_option
def check(pack: Path, as_json: bool) -> None:
    """Read PACK as a hub would and report every fault with file, line and column; exit 3 if there is one."""
    from agent.domain.errors import PolicyInvalid  # noqa: PLC0415
    from agent.reference.pack_files import parsed  # noqa: PLC0415 - it loads the rules' library

    report: dict[str, Any] = {"schema": "preclear.policy-check", "version": __version__, "pack": str(pack)}
    try:
        read = parsed(pack)
    except PolicyInvalid as refused:
        errors = [
            {
                "file": error.file, "line": error.line, "column": error.column, "path": error.path or None,
                error.sort: error.rule, "message": error.message, "text": str(error),
            }
            for error in refused.errors
        ]  # fmt: skip
        report |= {"sound": False, "errors": errors}
    else:
        report |= {
            "sound": True,
            "errors": [],
            "id": read.id,
            "sequence": read.sequence,
            "regimes": len(read.regimes),
            "rules": len(read.rules.rules),
            "codes": len(read.codes),
            "limits": len(read.aggregation.limits),
            "notices": len(read.notices),
            "boundaries": [bound.isoformat().replace("+00:00", "Z") for bound in read.bounds],
        }
    show(report, as_json=as_json, lines=_check_lines)
    sys.exit(0 if report["sound"] else FINDING)


def _check_lines(report: Mapping[str, Any]) -> Iterator[str]:
    for error in report["errors"]:
        yield error["text"]
    if report["sound"]:
        yield (
            f"{report['pack']}: sound; {report['id']} no. {report['sequence']}, {report['regimes']} regimes, "
            f"{report['rules']} rules, {report['codes']} codes, {report['limits']} limits, "
            f"{report['notices']} notices, "
            f"{len(report['boundaries'])} instants at which the law changes"
        )
    else:
        yield f"{report['pack']}: {len(report['errors'])} faults"


@policy.command("show")
@click.option(
    "--at", required=True, metavar="DATE", help="A date in the pack's zone, or a time with its offset."
)
@click.option("--mode", type=click.Choice(MODES), help="Only what applies to mail, or to express.")
@pack_option
@json_option
def show_(at: str, mode: str | None, pack: Path | None, as_json: bool) -> None:
    """List the regimes, rules, codes, limits and notices that are in force at a time, with their sources."""
    from agent.reference.pack_files import read_pack  # noqa: PLC0415 - it loads the rules' library
    from agent.reports.policy_view import in_force, line  # noqa: PLC0415

    read = read_pack(pack)
    moment = moment_of(at, read.zone)
    listing = {
        "schema": "preclear.policy",
        "version": __version__,
        "id": read.id,
        "sequence": read.sequence,
        "at": moment.isoformat().replace("+00:00", "Z"),
        "entries": in_force(read, moment, mode),
    }
    show(listing, as_json=as_json, lines=lambda view: map(line, view["entries"]))


def moment_of(text: str, zone: str) -> datetime:
    """The instant that ``text`` means; a date alone is its first second in ``zone``."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is not a date; write 2026-11-21 or 2026-11-21T00:00:00-05:00"
        ) from None
    if read.tzinfo is None:
        if "T" in text.upper() or " " in text:
            raise click.BadParameter(
                f"{text!r} has no offset; write it as 2026-11-21T00:00:00-05:00 or with Z"
            )
        read = read.replace(tzinfo=ZoneInfo(zone))
    return read.astimezone(UTC)


@policy.command()
@click.argument("old", type=click.Path(path_type=Path, exists=True))
@click.argument("new", type=click.Path(path_type=Path, exists=True))
@json_option
def diff(old: Path, new: Path, as_json: bool) -> None:
    """Compare two packs by what they say, not by their text."""
    from agent.reference.pack_files import read_pack  # noqa: PLC0415 - it loads the rules' library
    from agent.reports.policy_view import difference  # noqa: PLC0415

    report = {"schema": "preclear.policy-diff", "version": __version__}
    show(report | difference(read_pack(old), read_pack(new)), as_json=as_json, lines=_diff_lines)


def _diff_lines(report: Mapping[str, Any]) -> Iterator[str]:
    from agent.reports.policy_view import line  # noqa: PLC0415 - it loads the rules' library

    for name, change in report["settings"].items():
        yield f"~ {name}: {_short(change['old'])} → {_short(change['new'])}"
    for entry in report["removed"]:
        yield f"- {line(entry)}"
    for entry in report["added"]:
        yield f"+ {line(entry)}"
    for entry in report["changed"]:
        for name, change in entry["changes"].items():
            values = f"{_short(change['old'])} → {_short(change['new'])}"
            yield f"~ {entry['sort']} {entry['id']}, {name}: {values}"
    if not any(report[part] for part in ("settings", "removed", "added", "changed")):
        yield "no difference except the time of issue"


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 80 else f"{text[:77]}..."


@policy.command()
@click.argument("name", metavar="RULE|CODE")
@pack_option
@json_option
def explain(name: str, pack: Path | None, as_json: bool) -> None:
    """Print all that a pack holds on the id of an entry or the code of a finding; exit 4 for nothing."""
    from agent.reference.pack_files import read_pack  # noqa: PLC0415 - it loads the rules' library
    from agent.reports.policy_view import about  # noqa: PLC0415

    report = {"schema": "preclear.policy-explain", "version": __version__, "name": name}
    entries = about(read_pack(pack), name)
    if not entries:
        click.echo(
            f"preclear: {name} is neither an entry nor a code of this pack; see preclear policy show",
            err=True,
        )
        sys.exit(NOTHING_THERE)
    show(report | {"entries": entries}, as_json=as_json, lines=_explain_lines)


_IN_LINE = (
    "sort",
    "id",
    "from",
    "to",
    "mode",
    "origin",
    "citation",
    "confidence",
    "code",
    "title",
    "severity",
)


def _explain_lines(report: Mapping[str, Any]) -> Iterator[str]:
    from agent.reports.policy_view import line  # noqa: PLC0415 - it loads the rules' library

    for entry in report["entries"]:
        yield line(entry)
        for name, value in entry.items():
            if name not in _IN_LINE:
                shown = ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
                yield f"    {name}: {' '.join(str(shown).split())}"


@policy.command()
@click.option(
    "--pack",
    "new",
    type=click.Path(path_type=Path, exists=True),
    required=True,
    help="The pack to try: a folder of TOML, or one file.",
)
@click.option("--since", required=True, metavar="DATE", help="Parcels decided since then.")
@click.option(
    "--against",
    type=click.Path(path_type=Path, exists=True),
    help="The pack to compare with; without it, the signed one in force.",
)
@config_option
@json_option
def replay(new: Path, since: str, against: Path | None, config_path: Path, as_json: bool) -> None:
    """Report how many past parcels another pack would decide differently, which, and why.

    The documents of every parcel decided since DATE are assessed again under both packs, each at the time of
    its last decision. Weights, watchlists and the risk model are left out: they are the same under both.
    """
    from agent.config.file import load_config  # noqa: PLC0415
    from agent.reference.loading import load_policy  # noqa: PLC0415
    from agent.reference.pack_files import read_pack  # noqa: PLC0415 - it loads the rules' library
    from agent.reports.policy_replay import replayed  # noqa: PLC0415
    from agent.trust.hub_keys import load_trust  # noqa: PLC0415

    config = load_config(config_path)
    proposed = read_pack(new)
    if against is not None:
        present = read_pack(against)
    else:
        keys = load_trust(config.hub.data, config.hub.name, config.trust.cards).keys
        present = load_policy(config.policy.file, keys)[0]
    begin = moment_of(since, present.zone)
    report = {
        "schema": "preclear.policy-replay",
        "version": __version__,
        "since": begin.isoformat().replace("+00:00", "Z"),
    } | replayed(config.hub.data, present, proposed, begin)
    show(report, as_json=as_json, lines=_replay_lines)


_MOST_LINES = 50


def _replay_lines(report: Mapping[str, Any]) -> Iterator[str]:
    for parcel in report["changed"][:_MOST_LINES]:
        why = [f"+{code}" for code in parcel["added"]] + [f"-{code}" for code in parcel["removed"]]
        change = f"{parcel['old']} → {parcel['new']}  {' '.join(why)}"
        yield f"{parcel['piece']} (entry {parcel['seq']}): {change}"
    if len(report["changed"]) > _MOST_LINES:
        yield f"and {len(report['changed']) - _MOST_LINES} more; --json lists them all"
    for change, count in report["by_change"].items():
        yield f"{change}: {count}"
    yield (
        f"{len(report['changed'])} of {report['parcels']} parcels would be decided differently; "
        f"{report['undeclared']} had no declaration and were left out"
    )
