"""``preclear scorecard``: what a shipper or a sender of data can do better, read from the hub's findings."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from agent.cli.options import config_option, json_option
from agent.cli.policy.packs import pack_option

if TYPE_CHECKING:
    from agent.config.file import Config
    from agent.domain.policy.pack import Policy
    from agent.reports.scorecard_reading import Progress


_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option(
    "--by", type=click.Choice(["shipper", "sender"]), help="An overview of shippers, or of senders of data."
)
@click.option("--shipper", metavar="NAME", help="The card of one shipper (consignor).")
@click.option(
    "--country",
    metavar="CC",
    help="Of the shipper, if several share the name; none: one without.",
)
@click.option("--party", metavar="NAME", help="The card of one sender of data, or only what that one sent.")
@click.option("--since", type=_DAY, metavar="DATE", help="Declared on that day (UTC) or later.")
@click.option("--until", type=_DAY, metavar="DATE", help="Declared on that day (UTC) or before.")
@click.option(
    "--lang", default="en", show_default=True, help="A language tag, as zh-CN; the nearest is taken."
)
@click.option(
    "--top",
    default=20,
    show_default=True,
    type=click.IntRange(1, 1_000),
    help="Lines and descriptions that people are shown.",
)
@click.option("--csv", "csv_file", type=click.Path(path_type=Path, dir_okay=False), help="Write a table.")
@click.option(
    "--html", "html_file", type=click.Path(path_type=Path, dir_okay=False), help="Write a page to hand on."
)
@json_option
@pack_option
@config_option
def scorecard(
    *,
    by: Literal["shipper", "sender"] | None,
    shipper: str | None,
    country: str | None,
    party: str | None,
    since: datetime | None,
    until: datetime | None,
    lang: str,
    top: int,
    csv_file: Path | None,
    html_file: Path | None,
    as_json: bool,
    pack: Path | None,
    config_path: Path,
) -> None:
    """Show what a shipper can do better: errors by code with their remedy, trend, worst descriptions.

    Without --shipper or --party, an overview of all shippers, the one with most to correct first. A hub at
    work is not disturbed. Descriptions are held to the signed policy in force, or to --policy. Sealed
    findings, lists and risk are left out: a scorecard is about the quality of data.
    """
    from agent.config.file import load_config  # noqa: PLC0415
    from agent.reports.scorecard import ScorecardOrder, make_scorecard  # noqa: PLC0415
    from agent.reports.scorecard_csv import write_csv  # noqa: PLC0415
    from agent.reports.scorecard_html import page  # noqa: PLC0415 - the help comes without the readers

    if shipper is not None and by is not None:
        raise click.UsageError("--by gives an overview, --shipper one card; leave one of them out")
    if country is not None and shipper is None:
        raise click.UsageError("--country belongs to --shipper; give --shipper NAME too")
    first, last = _day(since), _day(until)
    if first is not None and last is not None and first > last:
        raise click.UsageError(f"--since {first} is after --until {last}; exchange them")
    config = load_config(config_path)
    policy = _policy(config, pack)
    order = ScorecardOrder(
        by=by, shipper=shipper, country=country, party=party, since=first, until=last, lang=lang, worst=top
    )
    with _progress() as progress:
        shown = make_scorecard(config.hub.data, policy, order, progress)
    if csv_file is not None:
        write_csv(csv_file, shown)
    if html_file is not None:
        html_file.write_text(page(shown, top), encoding="utf-8")
    for file in filter(None, (csv_file, html_file)):
        click.echo(f"written: {file}", err=True)
    if as_json:
        click.echo(json.dumps(shown, ensure_ascii=False))
    elif csv_file is None and html_file is None:
        _print(shown, top)


def _policy(config: Config, pack: Path | None) -> Policy:
    from agent.reference.loading import load_policy  # noqa: PLC0415
    from agent.reference.pack_files import read_pack  # noqa: PLC0415
    from agent.trust.hub_keys import load_trust  # noqa: PLC0415

    if pack is not None:
        return read_pack(pack)
    keys = load_trust(config.hub.data, config.hub.name, config.trust.cards).keys
    return load_policy(config.policy.file, keys)[0]


def _day(at: datetime | None) -> date | None:
    return None if at is None else at.date()


@contextmanager
def _progress() -> Iterator[Progress]:
    """A bar on standard error where that is a terminal: by declarations read."""
    if not sys.stderr.isatty():
        yield lambda _done, _size: None
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress as Shown  # noqa: PLC0415

    with Shown(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("declarations")
        yield lambda done, size: bar.update(task, completed=done, total=size)


def _print(shown: dict[str, Any], top: int) -> None:
    from rich.console import Console  # noqa: PLC0415

    from agent.reports.scorecard_text import PIPE_WIDTH, draw  # noqa: PLC0415

    on_terminal = sys.stdout.isatty()
    console = Console(width=None if on_terminal else PIPE_WIDTH)
    with console.capture() as capture:
        draw(shown, top, console)
    for line in capture.get().splitlines():
        click.echo(line if on_terminal else line.rstrip())
