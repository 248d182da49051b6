"""Policy packs as files: a folder of TOML, a single file, or the one that comes with the program.

Unsigned, to check and to explain: a hub puts in force only what its authority has signed, see ``loading``.
"""

from __future__ import annotations

from pathlib import Path

from agent.domain.errors import PolicyInvalid
from agent.domain.packs.shipped import DEFAULT, shipped_pack
from agent.domain.packs.source import join
from agent.domain.policy.pack import Policy, is_template, parse_policy
from agent.errors import AgentError

_DIGEST = (b"@MODEL_DIGEST@", b"0" * 64)
_ISSUED = (b"@ISSUED@", b"2000-01-01T00:00:00Z")


class PackRefused(AgentError):
    """A policy pack has faults; all of them are named with file, line and column."""


def read_source(pack: Path | None) -> tuple[bytes, str]:
    """One document of a pack, and what to call it.

    Raises:
        PolicyInvalid: the folder's files do not make one document.
    """
    if pack is None:
        return shipped_pack(), f"the shipped pack {DEFAULT}"
    if pack.is_dir():
        return join(
            {file.name: file.read_bytes() for file in sorted(pack.glob("*.toml"))}, source=str(pack)
        ), str(pack)
    return pack.read_bytes(), str(pack)


def parsed(pack: Path | None) -> Policy:
    """A pack, complete and compiled; the marks of a template are filled with a digest that fits no model.

    Raises:
        PolicyInvalid: with every fault of the pack.
    """
    data, name = read_source(pack)
    if is_template(data):
        data = data.replace(*_DIGEST).replace(*_ISSUED)
    return parse_policy(data, source=name)


def read_pack(pack: Path | None) -> Policy:
    """As ``parsed``.

    Raises:
        PackRefused: every fault of the pack.
    """
    try:
        return parsed(pack)
    except PolicyInvalid as error:
        raise PackRefused(str(error)) from error
