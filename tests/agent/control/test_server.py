"""The socket of a running hub: its verbs, its owner, and what it refuses."""

from __future__ import annotations

import asyncio
import json
import os
import stat
from typing import Any

import pytest
from click.testing import CliRunner

from agent.app import Opened
from agent.cli import main
from agent.control.client import call
from agent.control.import_verb import import_by_hub
from agent.control.protocol import FILE
from agent.control.server import serve
from agent.control.verbs import VERBS, Verb
from agent.domain.consignment.effective import SourceRole
from agent.errors import AlreadyRunning, ConfigInvalid, HubRefused
from agent.intake.importer import Sender
from agent.intake.listener import NullListener
from agent.lane.station import Station
from agent.sandbox.site import Site

S10 = "RR473124829GB"
ONE_LANE = '[[stations]]\nname = "lane-1"\nscanner = { port = "/dev/null" }\n'


async def asked(site: Site, verb: str, **body: Any) -> dict[str, Any]:
    answer = await call(site.data, verb, body or None)
    assert answer is not None
    return answer


async def test_import_decide_and_status_reach_the_running_hub(running: str, site: Site) -> None:
    path = site.manifest({}, {"tracking_number": "RB123456785GB", "gross_weight_g": "?"})
    sender = Sender(party="seller", role=SourceRole.SELLER)
    report = await import_by_hub(site.data, path, sender, NullListener(), faults=False)
    assert report is not None
    assert (report["accepted"], report["rejected_rows"], report["errors"][0]["line"]) == (1, 1, 3)
    dry = await asked(site, "decide", barcode=S10, grams=290, record=False)
    assert (dry["recorded"], dry["disposition"]) == (False, "CLEAR")
    decided = await asked(site, "decide", barcode=S10, grams=290, record=True)
    assert (decided["recorded"], decided["disposition"], decided["seq"]) == (True, "CLEAR", 1)
    status = await asked(site, "status")
    assert (status["running"], status["entries"], status["unsent"]) == (True, 2, 2)
    assert (status["declarations"], status["sources"]) == (1, 1)
    assert status["policy"]["id"] == "us-origin-default"
    assert status["model"]["digest"]


async def test_the_socket_is_the_owners_alone(running: str, site: Site) -> None:
    mode = (site.data / FILE).stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


async def test_while_a_hub_runs_nobody_else_opens_its_files(running: str, site: Site) -> None:
    with pytest.raises(AlreadyRunning, match=f"process {os.getpid()}"):
        async with site.open():
            pass


async def test_a_devices_last_bytes_are_asked_of_the_running_hub(running: str, site: Site) -> None:
    assert await asked(site, "transcript", place="lane-1/scanner") == {"lines": []}
    with pytest.raises(HubRefused, match="there are lane-1/scanner") as caught:
        await asked(site, "transcript", place="lane-9/scale")
    assert caught.value.kinds == ("UnknownName", "AgentError")


async def test_the_bytes_that_a_device_sent_come_back_as_a_transcript(opened: Opened, site: Site) -> None:
    station = Station(site.configure(ONE_LANE).stations[0], opened.hub)
    station.recorders["scanner"]("in", b"RR473124829GB\r\n", 7)
    runner = await serve(opened.hub, site.data)
    command = ["devices", "recent", "lane-1/scanner", "--config", str(site.config_file)]
    shown = await asyncio.to_thread(CliRunner().invoke, main, command)
    await runner.cleanup()
    (record,) = [json.loads(line) for line in shown.stdout.splitlines()]
    assert (record["hex"], record["direction"], record["mono_ns"]) == (b"RR473124829GB\r\n".hex(), "in", 7)


@pytest.mark.parametrize("body", [{}, {"barcode": 7}, {"barcode": S10, "grams": "heavy"}])
async def test_a_request_of_another_shape_is_refused_and_nothing_is_decided(
    opened: Opened, site: Site, body: dict[str, Any]
) -> None:
    runner = await serve(opened.hub, site.data)
    with pytest.raises(HubRefused, match="cannot read this request"):
        await call(site.data, "decide", body)
    await runner.cleanup()
    assert opened.hub.log.size() == 1


async def test_a_path_that_no_socket_can_have_is_refused_with_its_limit(opened: Opened, site: Site) -> None:
    folder = site.folder / ("deep" * 25)
    folder.mkdir()
    with pytest.raises(ConfigInvalid, match="it may have 100 bytes"):
        await serve(opened.hub, folder)


def test_every_verb_either_answers_or_streams() -> None:
    assert sorted(VERBS) == ["decide", "import", "sources/remove", "status", "transcript"]
    assert [name for name, verb in VERBS.items() if verb.stream] == ["import", "sources/remove"]
    with pytest.raises(ValueError, match="either answers or streams"):
        Verb()
