"""The page's live channel: resumed by sequence, whatever happens between."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from msgspec import structs
from playwright.async_api import expect

from agent.feed.messages import Message, logged_decision
from agent.web import server
from tests.agent.web.hall import Hall, OpenLane, Watched

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


class Fanfare(Message, frozen=True, kw_only=True, tag="fanfare"):
    """A message that no page knows."""

    station: str


async def test_after_a_dropped_socket_nothing_is_lost_and_nothing_is_doubled(
    hall: Hall, open_lane: OpenLane
) -> None:
    page = await open_lane()
    numbers = [await hall.clear() for _ in range(3)]
    await expect(page.locator("#rows li")).to_have_count(3)
    await hall.go_dark()
    await expect(page.locator("#word")).to_have_text("NO LINK")
    numbers += [await hall.clear(), await hall.set_aside(), await hall.screen()]
    await hall.serve()
    await expect(page.locator("#piece")).to_have_text(numbers[-1])
    numbers.append(await hall.information_needed())
    await expect(page.locator("#rows .number")).to_have_text(numbers[::-1])
    seqs = await page.locator("#rows li").evaluate_all("rows => rows.map((row) => Number(row.dataset.seq))")
    assert seqs == sorted(set(seqs), reverse=True)
    entries = await hall.hub.log.recent(50)
    assert seqs == [entry.seq for entry in entries]


async def test_a_decision_that_is_sent_twice_counts_once(hall: Hall, open_lane: OpenLane) -> None:
    page = await open_lane()
    first = await hall.set_aside()
    (entry,) = await hall.hub.log.recent(1)
    second = await hall.clear()
    await expect(page.locator("#piece")).to_have_text(second)
    hall.hub.feed.publish(logged_decision(entry))
    third = await hall.screen()
    await expect(page.locator("#rows .number")).to_have_text([third, second, first])


async def test_the_page_asks_only_for_what_it_has_not_received(hall: Hall, open_lane: OpenLane) -> None:
    page = await open_lane()
    await hall.clear()
    await expect(page.locator("#rows li")).to_have_count(1)
    (newest,) = await hall.hub.log.recent(1)
    await hall.go_dark()
    await expect(page.locator("#link[data-up=false]")).to_be_visible()
    async with page.expect_websocket(lambda ws: ws.url.endswith(f"/ws?since={newest.seq}")):
        await hall.serve()
    await expect(page.locator("#link[data-up=true]")).to_be_visible()


async def test_a_clear_never_stays_on_a_screen_that_lost_its_hub(hall: Hall, open_lane: OpenLane) -> None:
    page = await open_lane()
    await hall.clear()
    await expect(page.locator("#word")).to_have_text("CLEAR")
    await hall.go_dark()
    await expect(page.locator("#word")).to_have_text("NO LINK")
    await expect(page.locator("#reason")).to_have_text("Load nothing by this screen")
    await expect(page.locator("#cry")).to_contain_text("NO LINK")


async def test_a_hub_that_vanished_without_a_word_is_missed_within_seconds(
    hall: Hall, open_lane: OpenLane
) -> None:
    page = await open_lane()
    await page.clock.install()
    await page.reload()
    await page.locator("#link[data-up=true]").wait_for()
    await page.route("**/healthz", lambda route: route.abort())
    await page.clock.fast_forward(10_000)
    await expect(page.locator("#link[data-up=false]")).to_be_visible()
    await page.unroute("**/healthz")
    await page.clock.fast_forward(1000)
    await expect(page.locator("#link[data-up=true]")).to_be_visible()


async def test_the_list_ends_at_twenty_parcels(hall: Hall, open_lane: OpenLane) -> None:
    for number in await hall.declare(23):
        await hall.scan(number)
    page = await open_lane()
    await expect(page.locator("#rows li")).to_have_count(20)
    last = await hall.set_aside()
    await expect(page.locator("#rows li").first).to_contain_text(last)
    await expect(page.locator("#rows li")).to_have_count(20)


async def test_seven_tabs_all_show_a_decision(hall: Hall, open_lane: OpenLane) -> None:
    pages = [await open_lane() for _ in range(7)]
    number = await hall.screen()
    for page in pages:
        await expect(page.locator("#piece")).to_have_text(number)


async def test_a_lane_shows_nothing_of_its_neighbour(hall: Hall, open_lane: OpenLane) -> None:
    first, second = await open_lane("/lane/lane-1"), await open_lane("/lane/lane-2")
    number = await hall.set_aside()
    await expect(first.locator("#piece")).to_have_text(number)
    await expect(second.locator("#word")).to_have_text("SCAN")
    await expect(second.locator("#rows li")).to_have_count(0)


async def test_a_hub_that_began_another_log_is_followed_from_its_beginning(
    hall: Hall,
    another_hall: Callable[[Path], AbstractAsyncContextManager[Hall]],
    open_lane: OpenLane,
    tmp_path: Path,
) -> None:
    page = await open_lane()
    for _ in range(3):
        await hall.clear()
    await expect(page.locator("#rows li")).to_have_count(3)
    await hall.go_dark()
    async with another_hall(tmp_path / "other") as renewed:
        renewed.serials = 700
        number = await renewed.set_aside()
        renewed.port = hall.port
        await renewed.serve()
        await expect(page.locator("#rows .number")).to_have_text([number])


async def test_a_newer_hub_makes_the_page_reload_between_parcels(
    hall: Hall, open_lane: OpenLane, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = await open_lane()
    await page.evaluate("window.old = true")
    await page.get_by_label("Type a number").fill("half a num")
    await hall.go_dark()
    monkeypatch.setattr(server, "__version__", "99.0.0")
    await hall.serve()
    await expect(page.locator("#link[data-up=true]")).to_be_visible()
    number = await hall.set_aside()
    await expect(page.locator("#piece")).to_have_text(number)
    assert await page.evaluate("window.old"), "somebody is typing: no time to reload"
    async with page.expect_event("load"):
        await page.get_by_label("Type a number").fill("")
    assert await page.evaluate("window.old === undefined")
    await expect(page.locator("#rows li")).to_contain_text(number)


async def test_unknown_types_are_passed_over_and_an_unknown_format_asks_for_a_reload(
    hall: Hall, open_lane: OpenLane, watched: Watched
) -> None:
    page = await open_lane()
    hall.hub.feed.publish(Fanfare(station="lane-1"))
    number = await hall.screen()
    await expect(page.locator("#piece")).to_have_text(number)
    await expect(page.locator("#note")).to_be_empty()
    (entry,) = await hall.hub.log.recent(1)
    hall.hub.feed.publish(structs.replace(logged_decision(entry), v=2, seq=10**6))
    await expect(page.locator("#note")).to_have_text("This page is older than the hub. Reload it.")
    await expect(page.locator("#piece")).to_have_text(number)
    assert watched.faults == []
