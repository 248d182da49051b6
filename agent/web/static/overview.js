// All lanes of the hub: one card each, with its last verdict.

import { Bar, deviceLights } from "./bar.js";
import { Channel } from "./channel.js";
import { byId, clip, make, write } from "./dom.js";
import { shape } from "./shapes.js";
import { text, timeOf, translate } from "./texts.js";
import { explain, lookOf, wordOf } from "./verdict.js";

/** One lane's card: the link to its page, its last verdict, its devices. */
class Card {
  constructor(station) {
    this.verdict = make("p", { class: "verdict" }, text("lane.none"));
    this.number = make("p", { class: "number" });
    this.why = make("p", { class: "why" });
    this.lights = make("ul", { class: "devices" });
    const link = make("a", { href: `/lane/${encodeURIComponent(station)}` }, station);
    this.element = make("li", {}, make("h3", {}, link), this.verdict, this.number, this.why, this.lights);
    this.devices = new Map();
    this.last = null;
  }

  /** States are told anew after each hello; what no longer holds must not stay. */
  welcome() {
    this.devices.clear();
    this.lights.replaceChildren();
    if (this.last) this.decided(this.last);
  }

  decided(decision) {
    this.last = decision;
    const look = lookOf(decision.disposition);
    this.element.dataset.look = look;
    this.verdict.replaceChildren(shape(look), wordOf(decision.disposition));
    const time = make("time", { datetime: decision.at }, timeOf(decision.at));
    this.number.replaceChildren(time, ` ${clip(decision.piece.value)}`);
    write(this.why, clip(explain(decision).join(" "), 160));
  }

  stopped(message) {
    this.element.dataset.look = "STOPPED";
    this.verdict.replaceChildren(shape("STOPPED"), text("word.stopped"));
    this.number.replaceChildren();
    write(this.why, clip(message.reason, 160));
  }

  device(message) {
    this.devices.set(message.role, message);
    this.lights.replaceChildren(...deviceLights(this.devices));
  }
}

translate();
const bar = new Bar();
const cards = new Map();

function receive(message) {
  bar.apply(message);
  if (message.type === "hello") {
    write(byId("hub"), clip(message.hub));
    for (const name of message.stations) if (!cards.has(name)) cards.set(name, new Card(name));
    for (const card of cards.values()) card.welcome();
    byId("cards").replaceChildren(...message.stations.map((name) => cards.get(name).element));
  }
  const card = cards.get(message.station);
  if (message.type === "decision") card?.decided(message);
  if (message.type === "stopped") card?.stopped(message);
  if (message.type === "device") card?.device(message);
}

new Channel({
  message: receive,
  link: (up) => {
    bar.link(up);
    byId("cards").dataset.up = String(up);
  },
  renewed: () => cards.clear(),
  outdated: () => bar.outdated(),
  upgraded: () => location.reload(),
});
