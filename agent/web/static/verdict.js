// From messages to what a lane's screen shows. Pure: no document, no clock of its own.

import { has, reasonOf, text } from "./texts.js";

export const ROWS = 20;

const ALSO = 3;

/** A CLEAR that was looked at for so long is of an earlier parcel; left standing, it would wave the next one on. */
export const CLEAR_FADES_MS = 20_000;

const KNOWN = new Set(["CLEAR", "RFI", "RFS", "DNL"]);

/** The word of a disposition; of one that this page does not know, never a mild one. */
export function wordOf(disposition) {
  return KNOWN.has(disposition) ? text(`word.${disposition}`) : text("word.unknown");
}

/** Shape and colours of a disposition; an unknown one looks like the strictest. */
export function lookOf(disposition) {
  return KNOWN.has(disposition) ? disposition : "DNL";
}

/** Whether the authority stopped the parcel; that stays on the screen until somebody has acknowledged it. */
function isHeld(decision) {
  return decision.disposition === "DNL" && decision.set_by === "AUTHORITY";
}

/** Whether people must keep away from the parcel: the authority's stop, and findings of danger; no stop of ours. */
export function isDangerous(decision) {
  return isHeld(decision) || decision.findings.some((finding) => finding.code === "SAFETY");
}

/** Why, in at most eight words, and what to do; empty for CLEAR. */
export function explain(decision) {
  if (isDangerous(decision)) return [text("action.safety")];
  if (decision.disposition === "CLEAR") return [];
  if (decision.set_by === "AUTHORITY") return [text("action.held")];
  const [first] = decision.findings; // the strictest stands first
  const lines = first ? [reasonOf(first)] : [];
  if (decision.disposition === "DNL" && first?.code !== "UNMANIFESTED") lines.push(text("action.set_aside"));
  return lines;
}

/** What else was found, for whoever has time to read small print; empty where the first reason says it all. */
export function alsoFound(decision) {
  if (decision.disposition === "CLEAR" || isDangerous(decision)) return "";
  const reasons = decision.findings.slice(1, 1 + ALSO).map(reasonOf).join("; ");
  return reasons && text("also", { reasons });
}

function rescanReason(message) {
  return text(has(`rescan.${message.reason}`) ? `rescan.${message.reason}` : "rescan.noise");
}

/** What one lane knows, and therefore shows. */
export class Lane {
  constructor(station) {
    this.station = station;
    this.clear();
  }

  /** Forgets everything, as when the hub has begun another log. */
  clear() {
    /** Decisions, newest first. */
    this.rows = [];
    this.current = null;
    this.rescan = null;
    this.weighing = false;
    this.stopped = null;
    this.up = null;
    /** Stops of the authority that nobody has acknowledged, oldest first. */
    this.holds = [];
  }

  /** The link to the hub came or went; states are told anew after each hello. */
  link(up) {
    this.up = up;
    if (up) this.stopped = null;
  }

  /**
   * Takes a message in.
   *
   * Returns what is to be heard (`CLEAR`, `RFI`, `RFS`, `DNL`, `SCAN`), or null; and the decision that changed
   * another parcel than the one on the belt, or null.
   */
  apply(message, past, now) {
    const nothing = { sound: null, elsewhere: null };
    if (message.station !== this.station) return nothing;
    if (message.type === "rescan") {
      this.rescan = message;
      this.weighing = false;
      return { ...nothing, sound: "SCAN" };
    }
    if (message.type === "weighing") {
      this.weighing = true;
      return nothing;
    }
    if (message.type === "stopped") {
      this.stopped = message;
      return { ...nothing, sound: "DNL" };
    }
    if (message.type !== "decision" && message.type !== "repeat") return nothing;
    if (message.type === "decision") this.#keep(message);
    if (this.#isOnTheBelt(message)) this.#show(message, past, now);
    else if (past) return nothing;
    else if (isHeld(message)) this.#hold(message);
    else return { ...nothing, elsewhere: message };
    return { ...nothing, sound: past ? null : lookOf(message.disposition) };
  }

  #keep(decision) {
    this.rows = [decision, ...this.rows].slice(0, ROWS);
  }

  /** A decision that a manifest or a new rule made is seldom of the parcel that lies there now. */
  #isOnTheBelt(message) {
    if (message.type === "repeat" || message.because === "scan") return true;
    return this.current !== null && this.current.message.seq === message.supersedes;
  }

  #show(message, past, now) {
    // A verdict from before the page was opened is of a parcel that may be gone: it stays in the list. A stop
    // of the authority is shown whatever its age.
    this.rescan = null;
    this.weighing = false;
    this.current = past && !isHeld(message) ? null : { message, at: now };
    if (past) this.holds = [];
    if (isHeld(message)) this.#hold(message);
  }

  /** Scanned ten times over, a stopped parcel is still acknowledged once. */
  #hold(message) {
    if (!this.holds.some((held) => held.seq === message.seq)) this.holds.push(message);
  }

  /** The operator has seen the stop that is on the screen. */
  acknowledge() {
    this.holds.shift();
  }

  /** What fills the screen at `now` (ms): a look, a word, lines below it, and the decision it comes from. */
  shown(now) {
    const plain = (look, word, ...lines) => ({ look, word: text(word), lines, decision: null, hold: false });
    if (this.holds.length) return this.#verdict(this.holds[0], true);
    if (this.up === null) return plain("SCAN", "word.waiting", text("action.waiting"));
    // Scans made while the link is down are decided and recorded; this screen would show an older one.
    if (!this.up) return plain("STOPPED", "word.gone", text("action.gone"));
    if (this.stopped) return plain("STOPPED", "word.stopped", this.stopped.reason);
    // While the next parcel settles, the verdict of the last one must not wave it on.
    if (this.weighing) return plain("READY", "word.weighing", text("action.weighing"));
    if (this.rescan) return plain("SCAN", "word.rescan", rescanReason(this.rescan));
    const { message, at } = this.current ?? {};
    if (!message || (message.disposition === "CLEAR" && now - at >= CLEAR_FADES_MS)) {
      return plain("READY", "word.ready", text("action.ready"));
    }
    return this.#verdict(message, false);
  }

  #verdict(decision, hold) {
    return {
      look: lookOf(decision.disposition),
      word: wordOf(decision.disposition),
      lines: explain(decision),
      decision,
      hold,
    };
  }
}
