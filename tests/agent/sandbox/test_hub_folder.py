"""A made-up hub: each part is made once, by the programs' own code, and the hub opens on what was made."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.errors import AgentError
from agent.runtime.clock import SystemClock
from agent.sandbox.hub_folder import HubFolder


@pytest.fixture
def made(short_folder: Path) -> HubFolder:
    """A hub with an authority and no centre."""
    site = HubFolder(name="alone", folder=short_folder, clock=SystemClock())
    site.make_authority()
    site.make_hub_keys()
    site.publish_policy()
    return site


async def test_a_hub_without_a_centre_trusts_its_authority_alone_and_opens(made: HubFolder) -> None:
    assert made.cards == [made.authority / "authority.pub"]
    config = made.configure('[[stations]]\nname = "lane-1"\nscanner = { port = "none" }\n', lists=())
    async with made.open(config) as opened:
        assert opened.hub.name == "hub/alone"
        assert opened.hub.reference_data.current.lists == ()


async def test_a_hub_is_registered_with_the_centre_beside_it(made: HubFolder) -> None:
    await made.make_centre()
    assert made.cards == [made.centre / "centre.pub", made.authority / "authority.pub"]
    await made.register()
    with pytest.raises(AgentError, match="register-hub"):
        await HubFolder(name="none", folder=made.folder / "none", clock=made.clock).register()


def test_a_change_to_a_text_that_the_pack_does_not_have_is_refused(made: HubFolder) -> None:
    before = (made.folder / "policy.signed").read_bytes()
    with pytest.raises(ValueError, match="'no such line' is not in the policy pack"):
        made.publish_policy(("no such line", "another"))
    assert (made.folder / "policy.signed").read_bytes() == before
