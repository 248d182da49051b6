"""Consignments assessed without a hub: for platforms, brokers and others, before they ship."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from agent.cli.policy.packs import instant, pack_option
from agent.cli.stdin_lines import BadLine, each_line
from agent.reference.pack_files import read_pack


@click.command()
@click.option(
    "--at",
    required=True,
    callback=instant,
    metavar="TIME",
    help="The time of assessment, ISO 8601 with its offset. A consignment's expected arrival goes before it.",
)
@pack_option
def assess(at: datetime, pack: Path | None) -> None:
    """Assess consignments: JSON lines in, one JSON line out for each.

    `preclear schema consignment` prints what a line is. Each gives its id, its findings with code, severity,
    field and citation, the regime by which the goods enter (null where the value leaves it open), all regimes
    that apply, the instant whose law was applied, and the disposition that follows from the documents alone:
    no scale, no risk model and no watchlist. How vague a description is, and whether its tariff chapter can
    be meant, the shipped models read. A line that cannot be read gives {"error": ...}, and the command ends
    with 3. The pack is not verified: a hub takes only what its authority has signed.
    """
    import msgspec  # noqa: PLC0415 - the help comes without it

    from agent.assessment.outside import answer  # noqa: PLC0415 - it loads the rules' library
    from agent.domain.errors import DeclarationInvalid  # noqa: PLC0415
    from agent.reference.goods_models import shipped_readings  # noqa: PLC0415

    policy, readings = read_pack(pack), shipped_readings()
    encoder = msgspec.json.Encoder()

    def answered(line: bytes) -> Mapping[str, Any] | None:
        if not line.strip():
            return None
        try:
            return answer(line, policy, at, readings)
        except DeclarationInvalid as error:
            raise BadLine(f"{error}; `preclear schema consignment` prints what is read") from error

    each_line(answered, encode=lambda given: encoder.encode(given).decode())
