"""Texts for senders: look one up, hold the catalogues against each other."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from agent.cli.options import json_option, show
from agent.cli.policy.packs import pack_option, read_pack
from agent.domain.findings.codes import FACT_OF_CODE
from agent.errors import AgentError
from agent.texts.catalogue import LANGUAGES, choose, faults
from agent.texts.findings import codes, source_faults, source_of, text_of
from agent.texts.rows import row_codes, row_text


class TextUnknown(AgentError):
    """A code that nobody has put into words."""

    exit_code = 4

    def __init__(self, code: str) -> None:
        super().__init__(
            f"{code[:80]} has no text; `preclear texts show` without a code lists those that have"
        )


@click.group()
def texts() -> None:
    """What findings and refused rows ask of senders, in their languages."""


@texts.command()
@json_option
def check(as_json: bool) -> None:
    """Hold the catalogues against each other; exit 3 if one lacks or adds anything."""
    known = len(codes()) + len(row_codes())
    found = {"languages": list(LANGUAGES), "codes": known, "faults": [*faults(), *source_faults()]}
    show(found, as_json=as_json, lines=_checked)
    sys.exit(3 if found["faults"] else 0)


def _checked(found: dict[str, Any]) -> Iterator[str]:
    yield from found["faults"]
    yield f"{found['codes']} codes in {', '.join(found['languages'])}: {len(found['faults'])} faults"


@texts.command(name="show")
@click.argument("code", required=False)
@click.option(
    "--lang", default="en", show_default=True, help="A language tag, as zh-CN; the nearest is taken."
)
@click.option(
    "--param", "given", multiple=True, metavar="NAME=VALUE", help="Of the finding; may be repeated."
)
@pack_option
@json_option
def show_text(code: str | None, lang: str, given: tuple[str, ...], pack: Path | None, as_json: bool) -> None:
    """Reason, remedy, example and source of CODE; without one, the list of codes."""
    if code is None:
        show({"codes": [*codes(), *row_codes()]}, as_json=as_json, lines=lambda found: iter(found["codes"]))
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
    told = {"code": code, "lang": choose(lang), **wording.as_dict(), "source": source}
    if code in FACT_OF_CODE:
        told["fact"] = FACT_OF_CODE[code]
    show(told, as_json=as_json, lines=_told)


def _told(found: dict[str, Any]) -> Iterator[str]:
    yield from (f"{name:9}{found[name]}" for name in ("reason", "remedy", "example", "source") if found[name])
