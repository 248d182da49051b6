"""One folder with all that a hub needs: keys, authority, centre, signed policy and list, configuration."""

from __future__ import annotations

import json
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from agent.app import Opened, open_hub
from agent.config.file import Config, load_config
from agent.domain.packs.shipped import shipped_pack
from agent.domain.policy.pack import fill
from agent.runtime.clock import Clock
from agent.sandbox.programs import CENTRE_PROGRAM, HUB_PROGRAM, run_command
from agent.trust.hub_keys import make_keys
from models.risk.scorer import Scorer
from sync.central.identity import AUTHORITY_CARD, CENTRE_CARD, init_authority, load_authority_key
from sync.keys import Role
from sync.reference import documents

POLICY_FILE = "policy.signed"
LIST_FILE = "list.signed"


@dataclass(frozen=True, kw_only=True)
class HubFolder:
    """A hub called ``hub/<name>``, with ``authority/<name>`` and ``centre/<name>`` beside it.

    Nothing is there at first; each ``make_…`` and ``publish_…`` adds its part, and ``configure`` comes last.
    """

    name: str
    folder: Path
    """Absolute, and short where stations listen at UNIX sockets in it (108 bytes in all)."""
    clock: Clock

    @property
    def hub_name(self) -> str:
        return f"hub/{self.name}"

    @property
    def centre_name(self) -> str:
        return f"centre/{self.name}"

    @property
    def config_file(self) -> Path:
        return self.folder / "hub.toml"

    @property
    def data(self) -> Path:
        """The hub's data directory."""
        return self.folder / "hub"

    @property
    def authority(self) -> Path:
        """The authority's keys and card."""
        return self.folder / "authority"

    @property
    def centre(self) -> Path:
        """The centre's keys, card and database; does not exist where the hub has no centre."""
        return self.folder / "centre"

    @property
    def cards(self) -> list[Path]:
        """Key cards of the others whom the hub trusts."""
        cards = (self.centre / CENTRE_CARD, self.authority / AUTHORITY_CARD)
        return [card for card in cards if card.exists()]

    def make_authority(self) -> None:
        """Make the keys that sign policy and lists and open sealed reasons."""
        init_authority(self.authority, f"authority/{self.name}")

    async def make_centre(self) -> None:
        """Make the centre as its own command makes it: keys, card, empty database."""
        await run_command(CENTRE_PROGRAM, "init", "--data", str(self.centre), "--name", self.centre_name)

    def make_hub_keys(self) -> Path:
        """Make the hub's keys; returns its card."""
        return make_keys(self.data, self.hub_name)

    async def register(self) -> None:
        """Register the hub's card with the centre."""
        await run_command(
            CENTRE_PROGRAM, "register-hub", str(self.data / "hub.pub"), "--data", str(self.centre)
        )

    def publish_policy(self, *changes: tuple[str, str], issued: datetime | None = None) -> None:
        """Sign the pack that is shipped, with pieces of its text replaced.

        Args:
            changes: What stands in the pack, and what comes in its place.
            issued: The time of issue; now, where none is given.
        """
        digest = Scorer.load().digest
        text = fill(shipped_pack(), model_digest=digest, issued=issued or self.clock.now()).decode()
        for old, new in changes:
            if old not in text:
                raise ValueError(f"{old!r} is not in the policy pack")
            text = text.replace(old, new)
        self._publish(text.encode(), documents.POLICY_TYPE, POLICY_FILE)

    def publish_list(self, *names: str, list_id: str = "watch", issued: datetime | None = None) -> None:
        """Sign a list of parties: one entry ``D1``, ``D2``, … a name."""
        content = {
            "v": 1,
            "id": list_id,
            "issued": (issued or self.clock.now()).isoformat(),
            "entries": [{"id": f"D{number}", "names": [name]} for number, name in enumerate(names, 1)],
        }
        self._publish(json.dumps(content).encode(), documents.LIST_TYPE, LIST_FILE)

    def _publish(self, payload: bytes, kind: str, name: str) -> None:
        key = load_authority_key(self.authority, Role.PUBLISHING)
        (self.folder / name).write_bytes(documents.publish(payload, kind, key))

    def configure(
        self,
        stations: str = "",
        extra: str = "",
        *,
        lists: tuple[str, ...] = (LIST_FILE,),
        page_port: int = 0,
    ) -> Config:
        """Write the configuration and read it back.

        Args:
            stations: The ``[[stations]]`` of the file.
            extra: Sections that come before them.
            lists: Files of lists.
            page_port: Of the hub's pages; 0: any free one.
        """
        self.config_file.write_text(
            f"# A made-up hub.\nlists = {json.dumps(list(lists))}\n"
            f'[hub]\nname = "{self.hub_name}"\ndata = "hub"\n'
            f"[trust]\ncards = {json.dumps([str(card) for card in self.cards])}\n"
            f'[policy]\nfile = "{POLICY_FILE}"\n'
            f"[web]\nport = {page_port}\n{extra}\n{stations}"
        )
        return load_config(self.config_file)

    def open(
        self, config: Config | None = None, *, forked: bool = False
    ) -> AbstractAsyncContextManager[Opened]:
        """The hub, opened in this process by the program's own code."""
        return open_hub(config or load_config(self.config_file), self.clock, forked=forked)

    async def preclear(self, *arguments: str, ok: tuple[int, ...] = (0,)) -> dict[str, Any]:
        """Run ``preclear … --json`` on this hub and read its answer.

        Raises:
            ProgramFailed: its exit code is not in ``ok``.
        """
        out = await run_command(HUB_PROGRAM, *arguments, "--config", str(self.config_file), "--json", ok=ok)
        answer: dict[str, Any] = json.loads(out)
        return answer
