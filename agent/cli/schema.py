"""Prints the formats of the program, for those who write or read them."""

from __future__ import annotations

import json

import click

from agent.cli.options import json_option


@click.group()
def schema() -> None:
    """Print a format: JSON Schema of consignments and of messages to screens, facts that rules may name."""


@schema.command()
def consignment() -> None:
    """Print the JSON Schema (2020-12) of a line of `preclear assess`."""
    from agent.formats.consignment_json import consignment_schema  # noqa: PLC0415 - the help comes without it

    click.echo(json.dumps(consignment_schema(), indent=2, ensure_ascii=False))


@schema.command()
def feed() -> None:
    """Print the JSON Schema (2020-12) of a message on the live channel (/ws)."""
    from agent.feed.messages import feed_schema  # noqa: PLC0415 - the help comes without it

    click.echo(json.dumps(feed_schema(), indent=2, ensure_ascii=False))


@schema.command()
@json_option
def facts(as_json: bool) -> None:
    """List the facts that a rule of a policy pack may name, with their types.

    known.FACT says whether a fact is present; *_minor is in minor units of the currency, *_g in grams.
    """
    from agent.domain.policy.facts import FACTS  # noqa: PLC0415 - the help comes without it

    if as_json:
        click.echo(json.dumps({"schema": "preclear.facts", "facts": dict(FACTS)}))
        return
    for name, fact_type in FACTS.items():
        click.echo(f"{name}  {fact_type.lower()}")
