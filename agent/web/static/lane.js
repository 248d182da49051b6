// The screen of one lane.

import { Bar, deviceLights } from "./bar.js";
import { Channel } from "./channel.js";
import { byId, clip, make, write } from "./dom.js";
import { shape } from "./shapes.js";
import { Sound } from "./sound.js";
import { text, timeOf, translate } from "./texts.js";
import { alsoFound, explain, Lane, lookOf, wordOf } from "./verdict.js";

const BETWEEN_PARCELS_MS = 3000;
const TICK_MS = 1000;

translate();
const station = decodeURIComponent(location.pathname.split("/")[2] ?? "");
document.title = text("title", { lane: station });
write(byId("lane"), station);
write(byId("hub"), text("hub"));

const lane = new Lane(station);
const bar = new Bar();
const devices = new Map();
const sound = new Sound(showSound);
let lastNews = performance.now();
let upgraded = false;
let painted = null;

function paint() {
  const shown = lane.shown(performance.now());
  const repeated = shown.decision?.type === "repeat";
  sound.alarm(shown.hold);
  byId("acknowledge").hidden = !shown.hold;
  // Painted anew for each message, not for each tick: the same verdict twice must be seen to arrive twice.
  const key = shown.decision ?? `${shown.look} ${shown.word} ${shown.lines.join(" ")}`;
  if (key === painted) return;
  painted = key;
  const stage = byId("stage");
  stage.dataset.look = shown.look;
  arrive(stage);
  byId("shape").replaceChildren(shape(shown.look === "READY" ? "SCAN" : shown.look));
  write(byId("word"), shown.word);
  byId("tag").hidden = !repeated;
  write(byId("tag"), repeated ? text("tag.repeat") : "");
  byId("reason").replaceChildren(...shown.lines.map((line) => make("span", {}, clip(line, 160))));
  write(byId("piece"), shown.decision ? clip(shown.decision.piece.value) : "");
  write(byId("details"), detailsOf(shown.decision));
  write(byId("also"), shown.decision ? alsoFound(shown.decision) : "");
  say(shown);
}

/** Lets the stage blink in again; between taking the class off and putting it on, the layout must be asked for. */
function arrive(stage) {
  stage.classList.remove("arriving");
  stage.getBoundingClientRect();
  stage.classList.add("arriving");
}

function detailsOf(decision) {
  if (!decision) return "";
  const { at, weight, receptacle } = decision;
  const parts = [timeOf(at)];
  if (weight) parts.push(text("detail.weight", weight));
  if (receptacle) parts.push(text("detail.receptacle", { receptacle: clip(receptacle) }));
  return parts.join(" · ");
}

/** Tells those who do not see the screen: a stop at once, the rest when there is time. */
function say({ look, word, lines, decision }) {
  const urgent = look === "DNL" || look === "STOPPED";
  const words = [word, decision ? clip(decision.piece.value) : "", ...lines].filter(Boolean).join(", ");
  write(byId("say"), urgent ? "" : words);
  write(byId("cry"), urgent ? words : "");
}

function paintRows() {
  byId("rows").replaceChildren(...lane.rows.map((decision) => make(
    "li",
    { "data-seq": decision.seq, "data-look": lookOf(decision.disposition) },
    make("time", { datetime: decision.at }, timeOf(decision.at)),
    make("b", {}, shape(lookOf(decision.disposition)), wordOf(decision.disposition)),
    make("span", { class: "number" }, clip(decision.piece.value)),
    make("span", { class: "why" }, clip(explain(decision).join(" "), 160)),
  )));
}

function paintDevices() {
  byId("devices").replaceChildren(...deviceLights(devices));
}

function showSound() {
  byId("sound").dataset.on = String(sound.running);
  write(byId("sound"), text(sound.running ? "sound.on" : "sound.off"));
}

function receive(message, past) {
  bar.apply(message);
  if (message.type === "hello") {
    write(byId("hub"), clip(message.hub));
    devices.clear();
    paintDevices();
  }
  if (message.type === "device" && message.station === station) {
    devices.set(message.role, message);
    paintDevices();
  }
  const { sound: heard, elsewhere } = lane.apply(message, past, performance.now());
  if (heard) {
    lastNews = performance.now();
    // A stop that waits to be acknowledged has its alarm, and nothing milder may be heard over it.
    if (!lane.holds.length) sound.play(heard);
  }
  if (elsewhere) {
    const words = { number: clip(elsewhere.piece.value), word: wordOf(elsewhere.disposition) };
    write(byId("note"), text("again", words));
  }
  if (message.type === "decision") paintRows();
  paint();
}

function reloadBetweenParcels() {
  const busy = lane.holds.length || byId("number").value || performance.now() - lastNews < BETWEEN_PARCELS_MS;
  if (upgraded && !busy) location.reload();
}

async function sendKeyed(event) {
  event.preventDefault();
  const input = byId("number");
  const status = byId("keyed-status");
  const typed = input.value;
  write(status, text("keyed.sending"));
  try {
    const response = await fetch(`/api/stations/${encodeURIComponent(station)}/keyed`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ text: typed }),
    });
    if (response.status === 202) {
      // Unless the next number is being typed already.
      if (input.value === typed) input.value = "";
      write(status, text("keyed.sent"));
      return;
    }
    const { detail } = await response.json().catch(() => ({ detail: String(response.status) }));
    write(status, text("keyed.refused", { detail }));
  } catch {
    write(status, text("keyed.failed"));
  }
}

byId("keyed").addEventListener("submit", sendKeyed);
byId("acknowledge").addEventListener("click", () => {
  lane.acknowledge();
  paint();
});
byId("sound").addEventListener("click", async () => {
  sessionStorage.setItem("sound", "on");
  await sound.unlock();
  sound.test();
});
// A button that was clicked keeps the focus, and the Enter of a scanner that types would press it again.
addEventListener("click", ({ detail, target }) => detail > 0 && target.closest("button")?.blur());

new Channel({
  message: receive,
  link: (up) => {
    bar.link(up);
    lane.link(up);
    paint();
  },
  renewed: () => {
    lane.clear();
    paintRows();
    paint();
  },
  outdated: () => bar.outdated(),
  upgraded: () => { upgraded = true; },
});
setInterval(() => {
  paint();
  reloadBetweenParcels();
}, TICK_MS);
paint();
showSound();
// After a reload of its own the lane speaks on, and in a kiosk from the start, where the browser's policy lets it.
const kiosk = new URLSearchParams(location.search).has("kiosk");
if (kiosk || sessionStorage.getItem("sound") === "on") sound.unlock();
