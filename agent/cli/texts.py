"""``preclear texts``: looks up a text for senders and checks the catalogues against each other."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from agent.cli.exit_codes import FINDING
from agent.cli.options import json_option, show
from agent.cli.policy.packs import pack_option
from agent.domain.findings.codes import FACT_OF_CODE
from agent.errors import AgentError
from agent.reference.pack_files import read_pack
from agent.texts.catalogue import LANGUAGES, choose, faults
from agent.texts.findings import codes, source_faults, source_of, text_of
from agent.texts.rows import row_codes, row_text


class TextUnknown(AgentError):
    """No catalogue has a text for this code."""

    def __init__(self, code: str) -> None:
        super().__init__(
            f"{code[:80]} has no text; run `preclear texts show` without a code to list those that have one"
        )


@click.group()
def texts() -> None:
    """What findings and refused rows ask of senders, in their languages."""


@texts.command()
@json_option
def check(as_json: bool) -> None:
    """Compare the catalogues with each other; exit 3 if one lacks or adds anything."""
    known = len(codes()) + len(row_codes())
    report = {"languages": list(LANGUAGES), "codes": known, "faults": [*faults(), *source_faults()]}
    show(report, as_json=as_json, lines=_check_lines)
    sys.exit(FINDING if report["faults"] else 0)


def _check_lines(report: dict[str, Any]) -> Iterator[str]:
    yield from report["faults"]
    yield f"{report['codes']} codes in {', '.join(report['languages'])}: {len(report['faults'])} faults"


@texts.command(name="show")
@click.argument("code", required=False)
@click.option(
    "--lang", default="en", show_default=True, help="A language tag, as zh-CN; the nearest language is used."
)
@click.option(
    "--param",
    "given",
    multiple=True,
    metavar="NAME=VALUE",
    help="A parameter of the finding; may be repeated.",
)
@pack_option
@json_option
def show_text(code: str | None, lang: str, given: tuple[str, ...], pack: Path | None, as_json: bool) -> None:
    """Reason, remedy, example and source of CODE; without one, the list of codes."""
    if code is None:
        show(
            {"codes": [*codes(), *row_codes()]}, as_json=as_json, lines=lambda listing: iter(listing["codes"])
        )
        return
    params: dict[str, str | int] = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals:
            raise click.BadParameter(f"{pair[:40]!r} must be NAME=VALUE", param_hint="--param")
        params[name] = value
    policy = read_pack(pack)
    wording = row_text(code, lang) or text_of(code, params, lang, policy.texts)
    if wording.remedy is None:
        raise TextUnknown(code)
    source = source_of(wording.citation) if wording.citation is not None else None
    if wording.citation == "rule":
        source = next((rule.citation for rule in policy.rules.rules if rule.code == code), None)
    text = {"code": code, "lang": choose(lang), **wording.as_dict(), "source": source}
    if code in FACT_OF_CODE:
        text["fact"] = FACT_OF_CODE[code]
    show(text, as_json=as_json, lines=_text_lines)


def _text_lines(text: dict[str, Any]) -> Iterator[str]:
    yield from (f"{name:9}{text[name]}" for name in ("reason", "remedy", "example", "source") if text[name])
