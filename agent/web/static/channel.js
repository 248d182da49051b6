// The live channel: one WebSocket, resumed by the sequence of the last decision that was seen.

export const VERSION = 1;

const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 8000;
const PROBE_MS = 10_000;
const PROBE_PATIENCE_MS = 5000;

/**
 * Keeps a page in touch with its hub.
 *
 * Listeners: `message(message, past)` for each message in order, `past` for what the page had not been there
 * for when it was opened; `link(up)` when the connection comes and goes; `renewed()` when the hub began
 * another log, so that everything seen so far is void; `outdated()` when the hub speaks a newer format;
 * `upgraded()` when the hub now runs another version than the one this page came from.
 */
export class Channel {
  #on;
  #socket = null;
  #last = -1;
  #catchingUp = -1;
  #version = null;
  #retryMs = FIRST_RETRY_MS;
  #timer = null;

  constructor(listeners) {
    this.#on = listeners;
    addEventListener("online", () => this.#now());
    document.addEventListener("visibilitychange", () => document.hidden || this.#now());
    setInterval(() => this.#probe(), PROBE_MS);
    this.#connect();
  }

  #connect() {
    this.#timer = null;
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/ws?since=${this.#last}`);
    this.#socket = socket;
    socket.addEventListener("message", (event) => socket === this.#socket && this.#receive(event.data));
    socket.addEventListener("close", () => socket === this.#socket && this.#closed());
  }

  #closed() {
    this.#socket = null;
    this.#on.link(false);
    // A hall of pages must not come back in one instant.
    this.#timer = setTimeout(() => this.#connect(), this.#retryMs * (0.5 + Math.random() / 2));
    this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS);
  }

  #drop() {
    const socket = this.#socket;
    this.#closed();
    socket?.close();
  }

  #now() {
    if (this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#connect();
  }

  async #probe() {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return;
    try {
      await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(PROBE_PATIENCE_MS) });
    } catch {
      // A socket whose other end vanished without a word stays open for minutes; a lane cannot wait so long.
      if (socket === this.#socket) this.#drop();
    }
  }

  #receive(data) {
    const message = JSON.parse(data);
    if (message.v !== VERSION) {
      this.#on.outdated();
      return;
    }
    if (message.type === "hello" && !this.#welcome(message)) return;
    let past = false;
    if (message.type === "decision") {
      if (message.seq <= this.#last) return;
      this.#last = message.seq;
      past = message.seq <= this.#catchingUp;
    }
    this.#on.message(message, past);
  }

  #welcome(hello) {
    this.#retryMs = FIRST_RETRY_MS;
    if (hello.seq < this.#last) {
      // Its newest decision is older than one we saw: another log has begun, whose numbers start anew.
      this.#last = -1;
      this.#on.renewed();
      this.#drop();
      return false;
    }
    // What was missed while the link was down belongs to the parcels in hand; what was there before the page
    // was opened does not.
    this.#catchingUp = this.#version === null ? hello.seq : -1;
    if (this.#version === null) this.#version = hello.version;
    else if (this.#version !== hello.version) this.#on.upgraded();
    this.#on.link(true);
    return true;
  }
}
