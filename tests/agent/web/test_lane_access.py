"""Verdicts for every eye and ear, and a page that nobody else can speak through."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Literal

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped] # no py.typed marker
from playwright.async_api import Browser, BrowserContext, Page, Route, expect

from agent.domain.findings.code import Disclosure
from agent.domain.findings.codes import CODES
from agent.domain.packs.shipped import shipped_pack
from agent.domain.policy.pack import fill, parse_policy
from tests.agent.web.hall import Hall, OpenLane, Parcel, Watched

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PARCELS = (Hall.clear, Hall.screen, Hall.information_needed, Hall.set_aside)
"""From the lightest verdict to the darkest."""
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}

_LUMINANCE = """async (png) => {
  const image = await createImageBitmap(await (await fetch('data:image/png;base64,' + png)).blob());
  const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d');
  canvas.drawImage(image, 0, 0);
  const { data } = canvas.getImageData(0, 0, image.width, image.height);
  const light = (byte) => {
    const part = byte / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  };
  let sum = 0;
  let colour = 0;
  for (let i = 0; i < data.length; i += 4) {
    sum += 0.2126 * light(data[i]) + 0.7152 * light(data[i + 1]) + 0.0722 * light(data[i + 2]);
    colour = Math.max(colour, Math.abs(data[i] - data[i + 1]), Math.abs(data[i + 1] - data[i + 2]));
  }
  return { mean: sum / (data.length / 4), colour };
}"""


async def show(hall: Hall, page: Page, parcel: Parcel) -> None:
    """Scan a parcel and wait until its verdict stands."""
    number = await parcel(hall)
    await expect(page.locator("#piece")).to_have_text(number)


async def test_without_colours_the_verdicts_still_differ_in_shape_word_and_luminance(
    hall: Hall, open_lane: OpenLane, context: BrowserContext
) -> None:
    page, scales = await open_lane(), await context.new_page()
    devtools = await context.new_cdp_session(page)
    await devtools.send("Emulation.setEmulatedVisionDeficiency", {"type": "achromatopsia"})
    looks: list[tuple[str, str]] = []
    means: list[float] = []
    for parcel in PARCELS:
        await show(hall, page, parcel)
        picture = base64.b64encode(await page.locator("#stage").screenshot()).decode()
        measured = await scales.evaluate(_LUMINANCE, picture)
        assert measured["colour"] <= 3, "the picture was not taken without colours"
        means.append(measured["mean"])
        looks.append((await page.locator("#shape").inner_html(), await page.locator("#word").inner_text()))
    assert len({shape for shape, _ in looks}) == 4
    assert len({word for _, word in looks}) == 4
    ratios = [(light + 0.05) / (dark + 0.05) for light, dark in pairwise(means)]
    assert all(ratio > 1.3 for ratio in ratios), (means, ratios)


@pytest.mark.parametrize("forced", ["none", "active"])
@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1024, 768), (412, 915)])
async def test_a_verdict_fills_six_tenths_of_the_screen_and_its_word_a_tenth_of_the_height(
    hall: Hall, open_lane: OpenLane, width: int, height: int, forced: Literal["active", "none"]
) -> None:
    page = await open_lane()
    await page.set_viewport_size({"width": width, "height": height})
    await page.emulate_media(forced_colors=forced, reduced_motion="reduce")
    for parcel in (*PARCELS, Hall.stopped_by_the_authority):
        await show(hall, page, parcel)
        measured = await page.evaluate(
            """() => {
              const stage = document.getElementById('stage');
              const word = document.getElementById('word');
              const box = stage.getBoundingClientRect();
              const text = document.createRange();
              text.selectNodeContents(word);
              const inside = [...stage.children].filter((child) => child.offsetParent !== null);
              const cut = inside.filter((child) => {
                const range = document.createRange();
                range.selectNodeContents(child);
                const part = range.getBoundingClientRect();
                const edge = (side) => parseFloat(getComputedStyle(stage)[`border${side}Width`]);
                return part.left < box.left + edge('Left') || part.right > box.right - edge('Right')
                  || part.top < box.top + edge('Top') || part.bottom > box.bottom - edge('Bottom');
              });
              return {
                area: box.width * box.height / (innerWidth * innerHeight),
                word: parseFloat(getComputedStyle(word).fontSize) / innerHeight,
                reason: parseFloat(getComputedStyle(document.getElementById('reason')).fontSize),
                shape: document.querySelector('#shape svg').getBoundingClientRect().height,
                cut: cut.map((child) => child.id),
                sideways: document.documentElement.scrollWidth > innerWidth,
              };
            }"""
        )
        assert measured["area"] >= 0.6, (parcel, measured)
        assert measured["word"] >= 0.1, (parcel, measured)
        assert measured["reason"] >= 28, (parcel, measured)
        assert measured["shape"] >= 40, (parcel, measured)
        assert measured["cut"] == [], (parcel, measured)
        assert not measured["sideways"], (parcel, measured)


async def test_axe_finds_nothing_on_the_lane_in_any_verdict(hall: Hall, open_lane: OpenLane) -> None:
    page = await open_lane()
    await hall.devices_up()
    for parcel in (*PARCELS, Hall.stopped_by_the_authority):
        await show(hall, page, parcel)
        report = await Axe().run(page, options=RULES)
        assert not report.response["violations"], (parcel, report.generate_report())
        assert len(report.response["passes"]) > 15


async def test_axe_finds_nothing_on_the_lane_without_a_verdict_or_a_hub(
    hall: Hall, open_lane: OpenLane
) -> None:
    page = await open_lane()
    for action in (None, hall.go_dark):
        if action is not None:
            await action()
            await expect(page.locator("#word")).to_have_text("NO LINK")
        report = await Axe().run(page, options=RULES)
        assert not report.response["violations"], report.generate_report()


async def test_axe_finds_nothing_on_the_overview(hall: Hall, open_lane: OpenLane) -> None:
    page = await open_lane("/")
    await hall.devices_up()
    for parcel in PARCELS:
        number = await parcel(hall)
        await expect(page.locator("#cards > li").first).to_contain_text(number)
        report = await Axe().run(page, options=RULES)
        assert not report.response["violations"], (parcel, report.generate_report())


async def test_in_forced_colours_each_verdict_keeps_a_frame_of_its_own(
    hall: Hall, open_lane: OpenLane
) -> None:
    page = await open_lane()
    await page.emulate_media(forced_colors="active", reduced_motion="reduce")
    frames = set()
    for parcel in PARCELS:
        await show(hall, page, parcel)
        style = await page.locator("#stage").evaluate(
            "stage => ({ frame: getComputedStyle(stage).borderTopStyle,"
            " image: getComputedStyle(stage).borderImageSource, text: getComputedStyle(stage).color,"
            " ground: getComputedStyle(stage).backgroundColor,"
            " shape: getComputedStyle(stage.querySelector('svg > *')).stroke })"
        )
        frames.add(style["frame"])
        assert style["image"] == "none"
        assert style["shape"] == style["text"] != style["ground"]
    assert len(frames) == 4


@pytest.mark.parametrize(("motion", "animations"), [("reduce", 0), ("no-preference", 1)])
async def test_a_verdict_blinks_in_once_and_not_at_all_for_those_who_asked_for_rest(
    hall: Hall, open_lane: OpenLane, motion: Literal["no-preference", "reduce"], animations: int
) -> None:
    page = await open_lane()
    await page.emulate_media(reduced_motion=motion)
    # The idle screen blinks in too, and says so a frame later: that one is not to be counted.
    await expect(page.locator("#word")).to_have_text("SCAN")
    await page.evaluate(
        "Promise.allSettled(document.getAnimations().map((one) => one.finished))"
        ".then(() => new Promise(requestAnimationFrame)).then(() => new Promise(requestAnimationFrame))"
    )
    await page.evaluate(
        "window.blinks = 0;"
        "document.getElementById('stage').addEventListener('animationstart', () => { window.blinks += 1; })"
    )
    for arrived in (1, 2):  # the same verdict twice visibly arrives twice
        await show(hall, page, Hall.clear)
        await page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished))")
        assert await page.evaluate("window.blinks") == animations * arrived


async def test_verdicts_differ_in_rhythm_and_contour(hall: Hall, open_lane: OpenLane) -> None:
    page = await open_lane()
    tones: dict[str, list[list[float]]] = await page.evaluate(
        """async () => {
          const { RHYTHMS, schedule } = await import('/static/sound.js');
          const tones = {};
          for (const [name, notes] of Object.entries(RHYTHMS)) {
            const context = new OfflineAudioContext(1, 48_000, 48_000);
            schedule(context, notes);
            const samples = (await context.startRendering()).getChannelData(0);
            // Cut at silences of 20 ms or more; zero crossings give the pitch of what lies between.
            const bursts = [];
            let quiet = 960;
            samples.forEach((sample, i) => {
              if (Math.abs(sample) < 0.005) { quiet += 1; return; }
              if (quiet >= 960) bursts.push({ from: i, to: i, crossings: 0, sign: Math.sign(sample) });
              const burst = bursts.at(-1);
              if (Math.sign(sample) !== burst.sign) burst.crossings += 1;
              burst.sign = Math.sign(sample);
              burst.to = i;
              quiet = 0;
            });
            tones[name] = bursts.map(({ from, to, crossings }) =>
              [crossings * 24_000 / (to - from), (to - from) / 48_000]);
          }
          return tones;
        }"""
    )
    assert {name: len(bursts) for name, bursts in tones.items()} == {
        "CLEAR": 1, "RFI": 2, "RFS": 3, "DNL": 3, "SCAN": 4,
    }  # fmt: skip
    pitch = {name: [hertz for hertz, _ in bursts] for name, bursts in tones.items()}
    assert tones["CLEAR"][0][1] < 0.07
    assert pitch["RFI"][0] == pytest.approx(pitch["RFI"][1], rel=0.02)
    assert pitch["RFS"] == sorted(pitch["RFS"])
    assert pitch["RFS"][2] > 1.5 * pitch["RFS"][0]
    assert pitch["DNL"] == sorted(pitch["DNL"], reverse=True)
    assert pitch["DNL"][0] > 1.5 * pitch["DNL"][2]


async def test_the_lane_speaks_once_sound_is_on_and_a_stop_repeats_until_acknowledged(
    hall: Hall, open_lane: OpenLane, context: BrowserContext
) -> None:
    await context.add_init_script(
        "window.tones = 0; window.OscillatorNode = class extends window.OscillatorNode {"
        " start(when) { window.tones += 1; super.start(when); } };"
    )
    page = await open_lane()
    await show(hall, page, Hall.clear)
    assert await page.evaluate("window.tones") == 0
    await page.get_by_role("button", name="Start shift: sound on").click()
    await expect(page.get_by_role("button", name="Test the sounds")).to_be_visible()
    assert await page.evaluate("window.tones") == 1 + 2 + 3 + 3
    await page.evaluate("window.tones = 0")
    await show(hall, page, Hall.screen)
    assert await page.evaluate("window.tones") == 3
    await page.clock.install()
    await page.clock.pause_at(datetime.now(UTC) + timedelta(minutes=1))  # only the test moves the time on
    await page.evaluate("window.tones = 0")
    await show(hall, page, Hall.stopped_by_the_authority)
    await page.clock.fast_forward(2100)
    await page.clock.fast_forward(2100)
    repeated = await page.evaluate("window.tones")
    assert repeated == 9
    later = await hall.clear()
    await expect(page.locator("#rows li").first).to_contain_text(later)
    assert await page.evaluate("window.tones") == repeated, "nothing milder sounds over a stop"
    await page.get_by_role("button", name="Acknowledge").click()
    quiet = await page.evaluate("window.tones")
    await page.clock.fast_forward(6000)
    assert await page.evaluate("window.tones") == quiet


async def test_every_code_a_hub_can_show_has_words_at_most_eight(hall: Hall, open_lane: OpenLane) -> None:
    template = shipped_pack()
    policy = parse_policy(fill(template, model_digest="ab" * 32, issued=hall.hub.clock.now()))
    shown = {name for name, code in CODES.items() if code.disclosure is Disclosure.OPEN}
    codes = sorted(shown | {rule.code for rule in policy.rules.rules})
    own = {text.code: text.reason for text in policy.texts if text.lang == "en"}
    page = await open_lane()
    params: dict[str, str | int] = {
        name: "x" if parameter.type is str else 12
        for code in CODES.values()
        for name, parameter in code.params.items()
    }
    params["field"] = "consignee.postcode"
    words: dict[str, str] = await page.evaluate(
        """async ([codes, params, own]) => {
          const { learn, reasonOf } = await import('/static/texts.js');
          learn(own);
          return Object.fromEntries(codes.map((code) => [code, reasonOf({ code, params })]));
        }""",
        [codes, params, own],
    )
    of_a_pack = await page.evaluate(
        """async () => {
          const { learn, reasonOf } = await import('/static/texts.js');
          learn({ IVORY_NAMED: "Ivory, appendix {appendix}" });
          return ["IVORY_NAMED", "toString"].map((code) => reasonOf({ code, params: { appendix: 1 } }));
        }"""
    )
    assert of_a_pack == ["Ivory, appendix 1", "toString"]
    wordless = [code for code, text in words.items() if text == code or "{" in text or "–" in text]
    assert wordless == []
    assert [text for text in words.values() if len(text.split()) > 8] == []
    assert [text for text in words.values() if "_" in text] == []


async def test_the_page_speaks_the_first_language_of_its_reader_that_the_hub_has(
    hall: Hall, browser: Browser
) -> None:
    for locale, lang, word in (
        ("es-MX", "es", "ESCANEAR"),
        ("zh-TW", "zh-CN", "扫描"),
        ("fr-FR", "en", "SCAN"),
    ):
        page = await browser.new_page(locale=locale)
        await page.goto(hall.url("/lane/lane-1"))
        await expect(page.locator("#word")).to_have_text(word)
        assert await page.locator("html").get_attribute("lang") == lang
        await page.close()


async def test_a_page_whose_words_do_not_come_at_once_asks_again(hall: Hall, browser: Browser) -> None:
    page = await browser.new_page(locale="en-US")
    asked: list[str] = []

    async def refuse_once(route: Route) -> None:
        asked.append(route.request.url)
        await (route.abort() if len(asked) == 1 else route.continue_())

    await page.route("**/texts/lane.json*", refuse_once)
    await page.goto(hall.url("/lane/lane-1"))
    await expect(page.locator("#word")).to_have_text("SCAN")
    assert len(asked) == 2
    await page.close()


async def test_markup_that_slipped_in_could_run_nothing(
    hall: Hall, open_lane: OpenLane, watched: Watched
) -> None:
    page = await open_lane()
    await page.evaluate(
        """() => {
          const script = document.createElement('script');
          script.textContent = 'window.owned = true';
          document.body.append(script);
        }"""
    )
    assert await page.evaluate("window.owned === undefined")
    assert any("violation of script-src" in fault for fault in watched.faults), watched.faults
