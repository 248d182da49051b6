"""Whom the page's server answers, and what it says; without a browser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from agent.app import Opened
from agent.cases.scan import CommandLine
from agent.clearance import clear_piece
from agent.config.file import WebSection
from agent.errors import EvidenceFailed, PortTaken
from agent.feed.broker import ROOM
from agent.feed.messages import RescanMessage
from agent.sandbox.site import Site
from agent.web.server import create_web, known_hosts, serve_web


class Page:
    """The server of one hub, and what was typed on its page."""

    def __init__(self, port: int, typed: list[tuple[str, str]]) -> None:
        self.port = port
        self.typed = typed
        self.url = f"http://127.0.0.1:{port}"


@pytest.fixture
async def page(opened: Opened) -> AsyncIterator[Page]:
    """A server for the hub on a free port."""
    typed: list[tuple[str, str]] = []

    async def keyed(name: str, text: str) -> None:
        typed.append((name, text))

    section = WebSection(hosts=["hub.lan"])
    app = create_web(opened.hub, ["lane-1"], keyed, known_hosts(section))
    runner, port = await serve_web(app, "127.0.0.1", 0)
    yield Page(port, typed)
    await runner.cleanup()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as made:
        yield made


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:{port}", 200),
        ("127.0.0.1:{port}", 200),
        ("[::1]:{port}", 200),
        ("HUB.lan:{port}", 200),
        ("evil.example", 421),
        ("localhost.evil.example", 421),
        ("192.168.1.7", 421),
    ],
)
async def test_only_known_names_are_answered(
    page: Page, session: aiohttp.ClientSession, host: str, status: int
) -> None:
    headers = {"Host": host.format(port=page.port)}
    async with session.get(f"{page.url}/", headers=headers) as answer:
        assert answer.status == status


@pytest.mark.parametrize("path", ["/ws", "/api/status"])
async def test_a_page_of_another_site_is_not_talked_to(
    page: Page, session: aiohttp.ClientSession, path: str
) -> None:
    for origin in ("https://evil.example", "null", f"http://localhost:{page.port + 1}"):
        async with session.get(f"{page.url}{path}", headers={"Origin": origin}) as answer:
            assert answer.status == 403
    own = {"Origin": page.url, "Connection": "Upgrade", "Upgrade": "websocket"}
    async with session.get(f"{page.url}/api/status", headers={"Origin": own["Origin"]}) as answer:
        assert answer.status == 200


async def test_every_answer_forbids_scripts_of_others(page: Page, session: aiohttp.ClientSession) -> None:
    for path in ("/", "/lane/lane-1", "/static/lane.js", "/api/decisions", "/nothing"):
        async with session.get(f"{page.url}{path}") as answer:
            assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'; ")
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "unsafe" not in answer.headers["Content-Security-Policy"]


async def test_a_typed_number_is_handed_over(page: Page, session: aiohttp.ClientSession) -> None:
    async with session.post(f"{page.url}/api/stations/lane-1/keyed", json={"text": " RB1 "}) as answer:
        assert answer.status == 202
    assert page.typed == [("lane-1", "RB1")]


@pytest.mark.parametrize(
    ("station", "body", "status", "error"),
    [
        ("lane-9", {"text": "RB1"}, 404, "no-station"),
        ("lane-1", {"text": ""}, 400, "bad-number"),
        ("lane-1", {"text": "x" * 5000}, 400, "bad-number"),
        ("lane-1", {"text": 7}, 400, "bad-number"),
        ("lane-1", {}, 400, "bad-request"),
        ("lane-1", ["text"], 400, "bad-request"),
        ("lane-1", "text", 400, "bad-request"),
    ],
)
async def test_what_cannot_be_a_number_is_refused_with_a_reason(
    page: Page, session: aiohttp.ClientSession, station: str, body: object, status: int, error: str
) -> None:
    async with session.post(f"{page.url}/api/stations/{station}/keyed", json=body) as answer:
        assert answer.status == status
        assert (await answer.json())["error"] == error
    assert page.typed == []


async def test_a_form_of_another_site_cannot_type(page: Page, session: aiohttp.ClientSession) -> None:
    url = f"{page.url}/api/stations/lane-1/keyed"
    async with session.post(url, data={"text": "RB1"}) as answer:
        assert answer.status == 415
    assert page.typed == []


@pytest.mark.parametrize("since", ["x", "1e9", "", "9" * 5000])
async def test_a_sequence_that_is_no_number_is_refused(
    page: Page, session: aiohttp.ClientSession, since: str
) -> None:
    async with session.get(f"{page.url}/ws", params={"since": since}) as answer:
        assert answer.status in (400, 414)


async def test_a_page_catches_up_from_its_sequence_and_misses_nothing_after(
    page: Page, session: aiohttp.ClientSession, opened: Opened, site: Site
) -> None:
    hub = opened.hub
    for serial in range(4):
        await clear_piece(site.scan(f"PIECE00{serial}"), CommandLine(), hub)
    async with session.ws_connect(f"{page.url}/ws?since=2") as ws:
        hello = await ws.receive_json()
        assert hello["type"] == "hello"
        assert hello["seq"] == 4
        assert [(await ws.receive_json())["seq"] for _ in range(2)] == [3, 4]
        await clear_piece(site.scan("PIECE009"), CommandLine(), hub)
        while (message := await ws.receive_json())["type"] != "decision":
            pass
        assert message["seq"] == 5


async def test_a_screen_that_is_too_slow_is_dropped_and_holds_up_nobody(
    page: Page, session: aiohttp.ClientSession, opened: Opened
) -> None:
    async with session.ws_connect(f"{page.url}/ws?since=-1") as ws:
        await ws.receive_json()
        for number in range(ROOM + 2):  # without giving the loop a turn: nobody can have sent any of them
            opened.hub.feed.publish(RescanMessage(station="lane-1", reason="too_long", discarded=number))
        async with asyncio.timeout(10):
            while (frame := await ws.receive()).type is aiohttp.WSMsgType.TEXT:
                pass
        assert frame.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSING)
        assert ws.close_code == 1013


async def test_a_taken_port_is_named_with_the_remedy(page: Page, opened: Opened) -> None:
    async def keyed(name: str, text: str) -> None:
        raise AssertionError(name, text)

    app = create_web(opened.hub, ["lane-1"], keyed, frozenset())
    with pytest.raises(
        PortTaken, match=rf"port {page.port} on 127.0.0.1 is taken; choose another with --port"
    ):
        await serve_web(app, "127.0.0.1", page.port)


async def test_health_says_whether_decisions_can_be_recorded(
    page: Page, session: aiohttp.ClientSession, opened: Opened, site: Site
) -> None:
    async with session.get(f"{page.url}/healthz") as answer:
        assert (answer.status, (await answer.json())["ok"]) == (200, True)
    opened.hub.log.limit_pages(1)

    async def scan_until_the_disk_is_full() -> None:
        for serial in range(100):
            await clear_piece(site.scan(f"PIECE{serial:03}"), CommandLine(), opened.hub)

    with pytest.raises(EvidenceFailed):
        await scan_until_the_disk_is_full()
    async with session.get(f"{page.url}/healthz") as answer:
        body = await answer.json()
        assert (answer.status, body["ok"]) == (503, False)
        assert "full" in body["log"]


async def test_metrics_are_served_in_the_text_format_of_prometheus(
    page: Page, session: aiohttp.ClientSession
) -> None:
    async with session.get(f"{page.url}/metrics") as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        assert "preclear_log_entries 1.0" in await answer.text()


async def test_a_page_that_was_away_long_misses_no_verdict_of_its_lane(
    page: Page, session: aiohttp.ClientSession, opened: Opened, site: Site
) -> None:
    for serial in range(70):
        await clear_piece(site.scan(f"PIECE{serial:03}"), CommandLine(), opened.hub)
    async with session.ws_connect(f"{page.url}/ws?since=2") as ws:
        assert (await ws.receive_json())["seq"] == 70
        assert [(await ws.receive_json())["seq"] for _ in range(68)] == list(range(3, 71))
