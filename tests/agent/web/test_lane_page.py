"""What a lane's screen shows of real decisions, in a real Chromium."""

from __future__ import annotations

import pytest
from msgspec import structs
from playwright.async_api import expect

from agent.feed.messages import (
    DeviceMessage,
    PolicyMessage,
    StoppedMessage,
    SyncMessage,
    WeighingMessage,
    logged_decision,
)
from sync.log.statement import OpenFinding, Piece
from tests.agent.web.hall import DECLARED_G, Hall, OpenLane, Parcel, Watched

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest.mark.parametrize(
    ("parcel", "look", "word", "reason"),
    [
        (Hall.clear, "CLEAR", "CLEAR", ""),
        (Hall.information_needed, "RFI", "INFO NEEDED", "Sender must describe the goods better"),
        (Hall.screen, "RFS", "SCREEN", "Declared 290 g, measured 2,310 g"),
        (Hall.set_aside, "DNL", "DO NOT LOAD", "Not on any manifest: set aside"),
        (Hall.stopped_by_the_authority, "DNL", "DO NOT LOAD", "Stop. Isolate. Do not open. Do not move."),
    ],
)
async def test_a_decision_fills_the_screen_with_its_shape_word_and_reason(
    hall: Hall, open_lane: OpenLane, watched: Watched, parcel: Parcel, look: str, word: str, reason: str
) -> None:
    page = await open_lane()
    number = await parcel(hall)
    await expect(page.locator("#piece")).to_have_text(number)
    await expect(page.locator("#word")).to_have_text(word)
    await expect(page.locator("#reason")).to_have_text(reason)
    await expect(page.locator("#shape svg")).to_have_attribute("data-shape", look)
    row = page.locator("#rows li").first
    await expect(row).to_contain_text(word)
    await expect(row).to_contain_text(number)
    await expect(row).to_contain_text(reason)
    spoken = page.locator("#cry" if look == "DNL" else "#say")
    await expect(spoken).to_contain_text(f"{word}, {number}")
    page_text = (await page.locator("body").inner_text()).lower()
    assert "release" not in page_text
    assert "customs" not in page_text
    assert watched.faults == []


async def test_only_a_stop_of_the_authority_asks_to_be_acknowledged_and_it_stays_until_then(
    hall: Hall, open_lane: OpenLane
) -> None:
    page = await open_lane()
    button = page.get_by_role("button", name="Acknowledge")
    await hall.set_aside()
    await expect(page.locator("#word")).to_have_text("DO NOT LOAD")
    await expect(button).to_be_hidden()
    stopped = await hall.stopped_by_the_authority()
    await expect(button).to_be_visible()
    await hall.scan(stopped)
    later = await hall.clear()
    await expect(page.locator("#rows li").first).to_contain_text(later)
    await expect(page.locator("#piece")).to_have_text(stopped)
    await button.click()
    await expect(page.locator("#piece")).to_have_text(later)
    await expect(page.locator("#word")).to_have_text("CLEAR")
    await expect(button).to_be_hidden()


SAFETY, ASIDE, HELD = "Stop. Isolate. Do not open. Do not move.", "Set aside", "Held by the authority"


async def test_the_safety_script_belongs_to_the_authority_and_to_danger(
    hall: Hall, open_lane: OpenLane
) -> None:
    rows = [
        ("DNL", "AUTHORITY", "SCREENING", [SAFETY], "DNL"),
        ("DNL", "HUB", "SAFETY", [SAFETY], "DNL"),
        ("DNL", "HUB", "GOODS_RESTRICTED", ["Restricted goods: send to screening", ASIDE], "DNL"),
        ("DNL", "HUB", None, [ASIDE], "DNL"),
        ("RFS", "AUTHORITY", "SCREENING", [HELD], "RFS"),
        ("RFS", "HUB", "SCREENING", ["Send to screening"], "RFS"),
        ("RFS", "HUB", "NEW_CODE", ["NEW_CODE"], "RFS"),
        ("CLEAR", "HUB", "NO_DE_MINIMIS", [], "CLEAR"),
        ("SOMETHING", "HUB", None, [], "DNL"),
    ]
    page = await open_lane()
    policy = hall.hub.reference_data.current.policy
    await page.evaluate(
        "async (own) => (await import('/static/texts.js')).learn(own)",
        {text.code: text.reason for text in policy.texts if text.lang == "en"},
    )
    for disposition, set_by, code, lines, look in rows:
        findings = [] if code is None else [{"code": code, "params": {}}]
        explained = await page.evaluate(
            """async (decision) => {
              const { explain, lookOf } = await import('/static/verdict.js');
              return [explain(decision), lookOf(decision.disposition)];
            }""",
            {"disposition": disposition, "set_by": set_by, "findings": findings},
        )
        assert explained == [lines, look], (disposition, set_by, code)


async def test_the_enter_of_a_scanner_that_types_presses_no_button(hall: Hall, open_lane: OpenLane) -> None:
    page = await open_lane()
    stopped = await hall.stopped_by_the_authority()
    await expect(page.locator("#piece")).to_have_text(stopped)
    await page.locator("#sound").click()
    await page.keyboard.type("LX123456785CN")
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement === document.body")
    await expect(page.get_by_role("button", name="Acknowledge")).to_be_visible()


async def test_the_same_parcel_again_repeats_its_verdict_and_adds_no_row(
    hall: Hall, open_lane: OpenLane
) -> None:
    page = await open_lane()
    (number,) = await hall.declare()
    await hall.scan(number, grams=DECLARED_G)
    await expect(page.locator("#word")).to_have_text("CLEAR")
    await expect(page.locator("#tag")).to_be_hidden()
    await hall.scan(number)
    await expect(page.locator("#tag")).to_have_text("Same parcel")
    await expect(page.locator("#word")).to_have_text("CLEAR")
    await expect(page.locator("#rows li")).to_have_count(1)


async def test_a_label_that_was_not_read_takes_the_last_verdict_off_the_screen(
    hall: Hall, open_lane: OpenLane
) -> None:
    page = await open_lane()
    await hall.clear()
    await expect(page.locator("#word")).to_have_text("CLEAR")
    await hall.scan("??")
    await expect(page.locator("#word")).to_have_text("SCAN AGAIN")
    await expect(page.locator("#reason")).to_have_text("Not a parcel number")
    await expect(page.locator("#piece")).to_be_empty()


async def test_a_clear_that_nobody_followed_up_fades_before_the_next_parcel_lies_there(
    hall: Hall, open_lane: OpenLane
) -> None:
    page = await open_lane()
    await page.clock.install()
    await page.reload()
    await page.locator("#link[data-up=true]").wait_for()
    number = await hall.clear()
    await expect(page.locator("#word")).to_have_text("CLEAR")
    await page.clock.fast_forward(21_000)
    await expect(page.locator("#word")).to_have_text("SCAN")
    await expect(page.locator("#rows li")).to_contain_text(number)
    await hall.set_aside()
    await page.clock.fast_forward(21_000)
    await expect(page.locator("#word")).to_have_text("DO NOT LOAD")


async def test_a_parcel_decided_again_elsewhere_never_changes_the_verdict_of_the_one_on_the_belt(
    hall: Hall, open_lane: OpenLane
) -> None:
    page = await open_lane()
    waiting = await hall.set_aside()
    await expect(page.locator("#piece")).to_have_text(waiting)
    on_the_belt = await hall.clear()
    await expect(page.locator("#piece")).to_have_text(on_the_belt)
    await hall.declare_number(waiting)
    await expect(page.locator("#note")).to_have_text(f"{waiting} was decided again: SCREEN")
    await expect(page.locator("#rows li").first).to_contain_text(waiting)
    await expect(page.locator("#piece")).to_have_text(on_the_belt)
    await expect(page.locator("#word")).to_have_text("CLEAR")


async def test_a_parcel_decided_again_while_it_lies_there_changes_its_verdict(
    hall: Hall, open_lane: OpenLane
) -> None:
    page = await open_lane()
    waiting = await hall.set_aside()
    await expect(page.locator("#word")).to_have_text("DO NOT LOAD")
    await hall.declare_number(waiting)
    await expect(page.locator("#word")).to_have_text("SCREEN")
    await expect(page.locator("#piece")).to_have_text(waiting)


async def test_what_was_decided_before_the_page_was_opened_is_listed_and_not_taken_for_the_next_parcel(
    hall: Hall, open_lane: OpenLane
) -> None:
    numbers = [await hall.clear(), await hall.set_aside()]
    page = await open_lane()
    await expect(page.locator("#rows .number")).to_have_text(numbers[::-1])
    await expect(page.locator("#word")).to_have_text("SCAN")


async def test_a_stop_of_the_authority_outlives_a_reload_of_the_page(hall: Hall, open_lane: OpenLane) -> None:
    stopped = await hall.stopped_by_the_authority()
    page = await open_lane()
    await expect(page.locator("#piece")).to_have_text(stopped)
    await expect(page.get_by_role("button", name="Acknowledge")).to_be_visible()


async def test_a_lane_whose_log_cannot_be_written_says_that_it_is_down(
    hall: Hall, open_lane: OpenLane
) -> None:
    page = await open_lane()
    await hall.clear()
    await expect(page.locator("#word")).to_have_text("CLEAR")
    reason = "the evidence log cannot be written (disk full)"
    hall.hub.feed.publish_state(StoppedMessage(station="lane-1", reason=reason))
    await expect(page.locator("#word")).to_have_text("LANE DOWN")
    await expect(page.locator("#reason")).to_have_text(reason)
    await expect(page.locator("#cry")).to_contain_text("LANE DOWN")


async def test_a_typed_number_is_decided_like_a_scan(
    hall: Hall, open_lane: OpenLane, watched: Watched
) -> None:
    page = await open_lane()
    (number,) = await hall.declare()
    box = page.get_by_label("Type a number")
    assert not await box.evaluate("box => box === document.activeElement")
    await box.fill(number)
    await box.press("Enter")
    await expect(page.locator("#keyed-status")).to_have_text("Sent to the lane")
    await expect(box).to_have_value("")
    await expect(page.locator("#piece")).to_have_text(number)
    await expect(page.locator("#word")).to_have_text("SCREEN")
    await expect(page.locator("#reason")).to_have_text("No weight: empty the scale, then place")
    assert watched.faults == []


async def test_a_typed_number_that_is_refused_stays_in_its_box_with_the_reason(
    hall: Hall, open_lane: OpenLane
) -> None:
    page = await open_lane()
    box = page.get_by_label("Type a number")
    await box.fill("   ")
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator("#keyed-status")).to_have_text("Not sent: a number has 1 to 4096 characters")
    await hall.go_dark()
    await box.fill("LX1")
    await box.press("Enter")
    await expect(page.locator("#keyed-status")).to_have_text("Not sent: no connection to the hub")
    await expect(box).to_have_value("LX1")


async def test_devices_outbox_and_rules_are_shown_in_words(hall: Hall, open_lane: OpenLane) -> None:
    page = await open_lane()
    await hall.devices_up()
    await expect(page.locator("#devices li")).to_have_text(["Scanner: ready", "Scale: ready"])
    lost = DeviceMessage(station="lane-1", role="scale", state="lost", error="gone")
    hall.hub.feed.publish_state(lost)
    await expect(page.locator("#devices li").nth(1)).to_have_text("Scale: lost: is it plugged in? (gone)")
    doubts = {"concerns": ["zero_off"], "due": "2026-12-01", "advice": "set bits = 7", "error": None}
    hall.hub.feed.publish_state(structs.replace(lost, state="up", **doubts))
    doubted = "Scale: ready (set bits = 7; its zero is off: empty and zero it; verification due 2026-12-01)"
    await expect(page.locator("#devices li").nth(1)).to_have_text(doubted)
    await expect(page.locator("#sync")).to_have_text("offline, 1,240 queued")
    quiet = await page.locator("#sync").evaluate("line => getComputedStyle(line).color")
    red, green, blue = (int(part) for part in quiet[4:-1].split(","))
    assert max(red, green, blue) - min(red, green, blue) < 40, "being offline is no alarm: it is grey"
    hall.show_sync(online=True, unsent=3)
    await expect(page.locator("#sync")).to_have_text("online, 3 to send")
    await expect(page.locator("#policy")).to_contain_text("Rules us-origin-default no. 1, issued this minute")


async def test_the_overview_has_a_card_for_each_lane_with_its_last_verdict(
    hall: Hall, open_lane: OpenLane, watched: Watched
) -> None:
    page = await open_lane("/")
    number = await hall.screen()
    cards = page.locator("#cards > li")
    await expect(cards).to_have_count(2)
    await expect(cards.nth(0)).to_contain_text("SCREEN")
    await expect(cards.nth(0)).to_contain_text(number)
    await expect(cards.nth(1)).to_contain_text("No parcel yet")
    await page.get_by_role("link", name="lane-1").click()
    await expect(page).to_have_url(hall.url("/lane/lane-1"))
    await expect(page.locator("#rows li")).to_contain_text(number)
    assert watched.faults == []


EVIL = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"


async def test_texts_of_strangers_stay_texts(hall: Hall, open_lane: OpenLane, watched: Watched) -> None:
    pages = [await open_lane(), await open_lane("/")]
    await hall.scan("(21)<img/src=x/onload=a>")
    for page in pages:
        await expect(page.locator(".number").first).to_contain_text("<img/src=x/onload=a>")
    feed = hall.hub.feed
    (entry,) = await hall.hub.log.recent(1)
    decision = logged_decision(entry)
    evil = structs.replace(
        decision,
        seq=entry.seq + 1,
        disposition="RFI",
        piece=Piece(kind="plain", value=EVIL),
        receptacle=EVIL,
        findings=[
            OpenFinding(code=EVIL, params={EVIL: EVIL}),
            OpenFinding(code="PARTY_REFUSED", params={"field": EVIL}),
        ],
    )
    feed.publish(evil)
    lost = DeviceMessage(station="lane-1", role="scanner", state="lost", error=EVIL)
    feed.publish_state(lost)
    doubts = {"error": None, "advice": EVIL, "concerns": [EVIL], "due": EVIL}
    feed.publish_state(structs.replace(lost, role="scale", state="up", **doubts))
    feed.publish_state(PolicyMessage(id=EVIL, sequence=1, issued=decision.at, stale=True))
    feed.publish_state(SyncMessage(online=False, unsent=1, receipted=0, error=EVIL))
    for page in pages:
        await expect(page.locator(".number").first).to_contain_text("<img src=x onerror=")
        await expect(page.locator(".why").first).to_contain_text("<img src=x onerror=")
        await expect(page.locator("[data-role=scanner]").first).to_contain_text("<img src=x")
        await expect(page.locator("[data-role=scale]").first).to_contain_text("<img src=x")
        await expect(page.locator("#policy")).to_contain_text("<img src=x")
        assert await page.locator("img, body script").count() == 0
        assert "owned" not in await page.title()
    await expect(pages[0].locator("#piece")).to_contain_text("<img src=x onerror=")
    await expect(pages[0].locator("#also")).to_contain_text("<img src=x")
    feed.publish(StoppedMessage(station="lane-1", reason=EVIL))
    await expect(pages[0].locator("#reason")).to_contain_text("<img src=x")
    assert watched.faults == []


async def test_while_a_parcel_settles_the_last_verdict_does_not_wave_it_on(
    hall: Hall, open_lane: OpenLane
) -> None:
    page = await open_lane()
    await hall.clear()
    await expect(page.locator("#word")).to_have_text("CLEAR")
    hall.hub.feed.publish(WeighingMessage(station="lane-1"))
    await expect(page.locator("#word")).to_have_text("WEIGHING")
    number = await hall.screen()
    await expect(page.locator("#word")).to_have_text("SCREEN")
    await expect(page.locator("#piece")).to_have_text(number)
