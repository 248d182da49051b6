// Every text of the pages. Decisions carry codes and numbers; sentences are made here, where they are shown.
//
// The hub serves the table of the reader's language from `agent/texts/lane/`. Nothing there may say or suggest
// that the parcel was admitted: that is for the customs authority alone.

const RETRY_MS = 1000;

/** The table of the first language the reader prefers that there is one for; asked for until the hub answers. */
async function load() {
  const query = new URLSearchParams((navigator.languages ?? []).map((tag) => ["lang", tag]));
  for (;;) {
    try {
      const response = await fetch(`/texts/lane.json?${query}`);
      if (response.ok) return await response.json();
    } catch {
      // The hub is starting or stopping; a page that gave up here would stay empty.
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

export const { language, texts: TEXTS } = await load();

const numbers = new Intl.NumberFormat(language);
const ages = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
const times = new Intl.DateTimeFormat(language, {
  hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
});

export function has(key) {
  return Object.hasOwn(TEXTS, key);
}

/** The text of a key, with `{name}` filled in; a missing parameter shows as a dash, a missing text as its key. */
export function text(key, params = {}) {
  return has(key) ? fill(TEXTS[key], params) : key;
}

/** Reasons that the policy pack in force brings for the codes of its own rules. */
let ofPack = {};

export function learn(texts) {
  ofPack = texts;
}

function fill(words, params) {
  return words.replace(/\{(\w+)\}/g, (_, name) => {
    const value = Object.hasOwn(params, name) ? params[name] : "–";
    return typeof value === "number" ? numbers.format(value) : String(value).slice(0, 200);
  });
}

/** Time of day of an instant, on the clock of the wall here. */
export function timeOf(iso) {
  return times.format(new Date(iso));
}

/** How long ago an instant was. */
export function ageOf(iso, now = Date.now()) {
  const minutes = Math.max(0, Math.round((now - Date.parse(iso)) / 60_000));
  if (minutes < 90) return ages.format(-minutes, "minute");
  if (minutes < 2880) return ages.format(-Math.round(minutes / 60), "hour");
  return ages.format(-Math.round(minutes / 1440), "day");
}

/** What a finding asks for, in words; a code that nobody has put into words is shown as it is. */
export function reasonOf({ code, params }) {
  const named = { ...params };
  if (typeof named.field === "string") named.field = fieldOf(named.field);
  const precise = `reason.${code}.${params.reason}`;
  if (has(precise)) return text(precise, named);
  if (has(`reason.${code}`)) return text(`reason.${code}`, named);
  if (Object.hasOwn(ofPack, code)) return fill(ofPack[code], named);
  if (code.startsWith("MISSING_")) return text("reason.MISSING", { field: missing(code) });
  return code;
}

function fieldOf(name) {
  return has(`field.${name}`) ? text(`field.${name}`) : name;
}

/** `MISSING_GOODS_ORIGIN_COUNTRY` is about `goods.origin_country`: the part before the first dot has no `_`. */
function missing(code) {
  const words = code.slice("MISSING_".length).toLowerCase();
  return fieldOf(words.replace("_", "."));
}

/** Puts the texts of a page's markup in place. */
export function translate(root = document) {
  root.documentElement.lang = language;
  for (const element of root.querySelectorAll("[data-text]")) element.textContent = text(element.dataset.text);
}
