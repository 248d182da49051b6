"""The packs that come with the program, as a publisher would find them in its folder."""

from __future__ import annotations

from importlib.resources import files

from agent.domain.packs.source import join

DEFAULT = "us-origin"


def shipped_pack(name: str = DEFAULT) -> bytes:
    """One document of a shipped policy pack; its marks are not filled (see ``policy.fill``).

    Part of the program as its modules are: it is read, never written, and the same wherever it runs.
    """
    folder = files("agent.domain.packs").joinpath(name)
    return join(
        {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.name.endswith(".toml")},
        source=f"the shipped pack {name}",
    )
