// What both pages always show: the link, what waits to be sent, the rules in force, the devices.

import { byId, clip, make, write } from "./dom.js";
import { ageOf, learn, text } from "./texts.js";

const AGE_EVERY_MS = 30_000;

/** Link, outbox and rules, in the elements `link`, `sync`, `policy` and `note`. */
export class Bar {
  #policy = null;

  constructor() {
    this.link(false);
    setInterval(() => this.#showPolicy(), AGE_EVERY_MS);
  }

  link(up) {
    byId("link").dataset.up = String(up);
    write(byId("link"), text(up ? "link.up" : "link.down"));
  }

  apply(message) {
    if (message.type === "sync") this.#showSync(message);
    if (message.type === "policy") {
      this.#policy = message;
      learn(message.texts ?? {});
      this.#showPolicy();
    }
  }

  outdated() {
    write(byId("note"), text("outdated"));
  }

  #showSync({ online, unsent, error }) {
    const line = byId("sync");
    // Being offline is the ordinary state of a hub: grey, with a count, and no alarm.
    line.dataset.online = String(online);
    line.title = error ? clip(error, 200) : "";
    write(line, text(online ? "sync.online" : "sync.offline", { unsent }));
  }

  #showPolicy() {
    if (!this.#policy) return;
    const { id, sequence, issued, stale } = this.#policy;
    const line = byId("policy");
    line.dataset.stale = String(stale);
    write(line, text(stale ? "policy.stale" : "policy.line", { id: clip(id), sequence, age: ageOf(issued) }));
  }
}

/** The lights of a lane's devices, by role, so that each stands in the same place on every lane. */
export function deviceLights(devices) {
  return [...devices.values()].sort((a, b) => b.role.localeCompare(a.role)).map(deviceLight);
}

/** The light of one device: a dot, and the words that say the same. */
function deviceLight({ role, state, error, advice = null, concerns = [], due = null }) {
  const doubts = [
    ...(advice ? [advice] : []),
    ...concerns.map((concern) => text(`concern.${concern}`)),
    ...(due ? [text("device.due", { due })] : []),
  ];
  // A device that is up keeps its last error only as history; what is doubtful now matters more.
  const said = state === "up" ? doubts.join("; ") : (error ?? doubts.join("; "));
  const words = { device: text(`device.${role}`), state: text(`device.${state}`), error: clip(said, 160) };
  return make(
    "li",
    { "data-role": role, "data-state": state, "data-doubt": String(doubts.length > 0) },
    text(said ? "device.error" : "device.line", words),
  );
}
