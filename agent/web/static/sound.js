// Verdicts by ear: told apart by rhythm and contour, so that neither pitch nor loudness has to be judged.

/** Notes of each verdict: frequency in Hz, start and length in seconds. */
export const RHYTHMS = {
  CLEAR: [[1320, 0, 0.06]],
  RFI: [[660, 0, 0.14], [660, 0.24, 0.14]],
  RFS: [[520, 0, 0.12], [680, 0.18, 0.12], [890, 0.36, 0.12]],
  DNL: [[760, 0, 0.2], [560, 0.27, 0.2], [400, 0.54, 0.3]],
  SCAN: [[240, 0, 0.05], [240, 0.1, 0.05], [240, 0.2, 0.05], [240, 0.3, 0.05]],
};

const REPEAT_MS = 2000;
const EDGE_S = 0.008;

/** Schedules a rhythm on an audio context, `after` seconds from now; returns what it sounds through. */
export function schedule(context, rhythm, after = 0) {
  const output = new GainNode(context);
  output.connect(context.destination);
  for (const [hertz, start, length] of rhythm) {
    const from = context.currentTime + after + start;
    const tone = new OscillatorNode(context, { type: "triangle", frequency: hertz });
    const loudness = new GainNode(context, { gain: 0 });
    // Without a slope at each end a note clicks, and a click is what CLEAR sounds like.
    loudness.gain.setValueAtTime(0, from);
    loudness.gain.linearRampToValueAtTime(0.5, from + EDGE_S);
    loudness.gain.setValueAtTime(0.5, from + length - EDGE_S);
    loudness.gain.linearRampToValueAtTime(0, from + length);
    tone.connect(loudness).connect(output);
    tone.start(from);
    tone.stop(from + length);
  }
  return output;
}

/** The lane's voice. Browsers keep it silent until somebody touches the page, or a kiosk policy allows it. */
export class Sound {
  #context = null;
  #alarm = null;
  #playing = null;

  /** @param {() => void} onChange called when sound becomes possible, or stops being so */
  constructor(onChange) {
    this.onChange = onChange;
  }

  get running() {
    return this.#context?.state === "running";
  }

  /** To be called from a click; where a policy allows sound at once, also at the start. */
  async unlock() {
    if (!this.#context) {
      this.#context = new AudioContext();
      this.#context.addEventListener("statechange", () => this.onChange());
    }
    await this.#context.resume();
    this.onChange();
  }

  /** Plays all verdicts, one after the other, so that the shift hears that it hears them. */
  test() {
    if (!this.running) return;
    ["CLEAR", "RFI", "RFS", "DNL"].forEach((name, i) => schedule(this.#context, RHYTHMS[name], i * 1.2));
  }

  /** Plays one verdict; one that still sounds is cut off, since two rhythms at once are neither. */
  play(name) {
    if (!this.running) return;
    this.#playing?.disconnect();
    this.#playing = schedule(this.#context, RHYTHMS[name]);
  }

  /** Repeats the alarm until told otherwise. */
  alarm(on) {
    if (on === (this.#alarm !== null)) return;
    if (on) {
      this.play("DNL");
      this.#alarm = setInterval(() => this.play("DNL"), REPEAT_MS);
    } else {
      clearInterval(this.#alarm);
      this.#alarm = null;
    }
  }
}
