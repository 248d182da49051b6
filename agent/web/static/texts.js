// Every text of the pages. Decisions carry codes and numbers; sentences are made here, where they are shown.
//
// Another language is another table with the same keys. A verdict has at most three words, a reason eight.
// Nothing here may say or suggest that the parcel was admitted: that is for the customs authority alone.

const en = {
  "word.CLEAR": "CLEAR",
  "word.RFI": "INFO NEEDED",
  "word.RFS": "SCREEN",
  "word.DNL": "DO NOT LOAD",
  "word.rescan": "SCAN AGAIN",
  "word.ready": "SCAN",
  "word.weighing": "WEIGHING",
  "word.stopped": "LANE DOWN",
  "word.gone": "NO LINK",
  "word.waiting": "WAIT",
  "word.unknown": "ASK FIRST",

  "action.safety": "Stop. Isolate. Do not open. Do not move.",
  "action.set_aside": "Set aside",
  "action.ready": "Scan the next parcel",
  "action.weighing": "Leave the parcel on the scale",
  "action.gone": "Load nothing by this screen",
  "action.waiting": "Connecting to the hub",
  "action.held": "Held by the authority",

  "tag.repeat": "Same parcel",
  "also": "Also: {reasons}",

  "reason.UNMANIFESTED": "Not on any manifest: set aside",
  "reason.CHECK_DIGIT": "Check digit of the number is wrong",
  "reason.AMBIGUOUS_LABEL": "{pieces} declared parcels carry this number",
  "reason.WEIGHT_NOT_COMPARABLE": "No declared weight to compare with",
  "reason.EXPECTED_ARRIVAL_IMPLAUSIBLE": "Expected arrival cannot be right",
  "reason.CLOCK_BEHIND": "Clock of this hub is wrong",
  "reason.WEIGHT_STATED": "Weight was typed, not measured",
  "reason.DECLARATION_UNREADABLE": "Declaration cannot be read",
  "reason.WEIGHT_MISMATCH": "Declared {declared_g} g, measured {measured_g} g",
  "reason.NO_WEIGHT": "No weight: place, wait, scan again",
  "reason.NO_WEIGHT.no_scale": "No weight: this lane has no scale",
  "reason.NO_WEIGHT.device_lost": "No weight: the scale is lost",
  "reason.NO_WEIGHT.device_silent": "No weight: the scale is silent",
  "reason.NO_WEIGHT.out_of_range": "No weight: too heavy or too light",
  "reason.NO_WEIGHT.not_seen_empty": "No weight: empty the scale, then place",
  "reason.SCAN_UNAUTHENTICATED": "Scan came over the network, unsigned",
  "reason.SCALE_OVERDUE": "Scale verification was due on {due}",
  "reason.SCALE_NOT_YET_VERIFIED": "Scale verified only from {verified}",
  "reason.SCALE_ABOVE_MAX": "Above the scale's maximum of {max_g} g",
  "reason.SCALE_BELOW_MIN": "Below the scale's minimum of {min_g} g",
  "reason.SCALE_NOT_CREDIBLE": "Scale says stable while its value walks",
  "reason.SCALE_ZERO_OFF": "Empty scale shows {zero_g} g: zero it",
  "reason.SCALE_NET": "Net weight: clear the scale's tare",
  "reason.SCALE_HIGH_RESOLUTION": "Digits finer than verified",
  "reason.SCALE_UNIT_CONFIGURED": "Unit {unit} by configuration",
  "reason.SCALE_STABLE_BY_WINDOW": "Scale has no stable flag",
  "reason.DUPLICATE_SCAN": "Scanned before at {earlier_station}",
  "reason.DESCRIPTION_REFUSED": "Sender must describe the goods better",
  "reason.DESCRIPTION_VAGUE": "Description says little beside {term}",
  "reason.DESCRIPTION_VAGUE.disguised": "Description has a word in disguise",
  "reason.DESCRIPTION_VAGUE.reads_vague": "Sender must describe the goods better",
  "reason.HOUSE_BILLS_NEEDED": "Consolidation: house bills must name the goods",
  "reason.PARTY_REFUSED": "Sender must correct the {field}",
  "reason.COUNTRY_UNKNOWN": "Sender must correct the {field}",
  "reason.HS_MALFORMED": "Sender must correct the HS code",
  "reason.EXPECTED_ARRIVAL_UNREADABLE": "Sender must correct the arrival time",
  "reason.DAY_TOTAL_ABOVE_LIMIT": "{parcels} parcels to one person exceed a limit",
  "reason.TOTALS_BEHIND": "Totals of a person not complete yet",
  "reason.NO_REGIME": "No law in force is known for it",
  "reason.GOODS_UNREAD": "Goods texts cannot be read by this hub",
  "reason.LAW_CHANGED": "Was {disposition} under the earlier arrival's law",
  "reason.SOURCES_DISAGREE": "Documents disagree on the {field}",
  "reason.ADDRESS_CLASS": "Address of a special class: {class}",
  "reason.ADDRESS_REPEATS_NAME": "Name is repeated in the {field}",
  "reason.COUNTRIES_DIFFER": "Differs: {field} and {other}",
  "reason.EMAIL_DISPOSABLE": "Throw-away mail service: {field}",
  "reason.EMAIL_REFUSED": "Sender must correct the {field}",
  "reason.ENTRY_NUMBER_REFUSED": "Sender must correct the entry number",
  "reason.HOUSE_NUMBER_LONG": "House number has {characters} characters, 12 fit",
  "reason.HOUSE_NUMBER_REFUSED": "Sender must correct the house number",
  "reason.HS_CHAPTER_UNKNOWN": "Sender must correct the HS code",
  "reason.HS_TEXT_DIFFERS": "Text reads like chapter {likely}, not {chapter}",
  "reason.IMPORTER_NUMBER_REFUSED": "Sender must correct the importer number",
  "reason.MASTER_NUMBER_REFUSED": "Sender must correct the master number",
  "reason.ORIGINAL_PARTY_NEEDED": "Forwarder given as {field}",
  "reason.PARTIES_IDENTICAL": "Sender and consignee are the same",
  "reason.PARTIES_SHARE_NAME": "Sender and consignee share a name",
  "reason.PARTY_MAY_FORWARD": "May be a forwarder: {field}",
  "reason.PHONE_COUNTRY_DIFFERS": "Phone of another country: {field}",
  "reason.PHONE_REFUSED": "Sender must correct the {field}",
  "reason.PORT_REFUSED": "Sender must correct the port of arrival",
  "reason.POSTCODE_FILLER": "Only zeros: {field}",
  "reason.POSTCODE_OTHER_STATE": "ZIP code belongs to another state",
  "reason.POSTCODE_UNASSIGNED": "ZIP code does not exist",
  "reason.STATE_UNKNOWN": "Sender must correct the {field}",
  "reason.VALUE_NOT_COMPARABLE": "Sender must give the value in USD",
  "reason.CONSIGNEE_NOT_IN_US": "Consignee is outside the United States",
  "reason.POSTCODE_MALFORMED": "Sender must correct the ZIP code",
  "reason.FORMAL_ENTRY_NEEDED": "Formal entry needed at this value",
  "reason.NO_DE_MINIMIS": "Entry needed at any value",
  "reason.GIFT_NOT_EXEMPT": "Gift above the duty-free limit",
  "reason.ENTRY_TYPE_UNKNOWN": "Sender must correct the entry type",
  "reason.ENTRY_TYPE_CLOSED": "Entry type not open: sender must change it",
  "reason.ENTRY_TYPE_CEILING": "Value too high for the entry type",
  "reason.MAIL_DUTY_DUE": "Duty due on mail",
  "reason.IEEPA_DUTY_DUE": "Duty due by country of origin",
  "reason.SURCHARGE_DUE": "Import surcharge due",
  "reason.GOODS_RESTRICTED": "Restricted goods: send to screening",
  "reason.SCREENING": "Send to screening",
  "reason.SAFETY": "Danger to people",
  "reason.MODEL_ABSENT": "Risk model missing: send to screening",
  "reason.POLICY_STALE": "Rules {age_days} days old: send to screening",
  "reason.LIST_STALE": "Watchlist {age_days} days old: send to screening",
  "reason.LIST_ABSENT": "Watchlist missing: send to screening",
  "reason.RULE_NOT_EVALUABLE": "Rule cannot be judged: send to screening",
  "reason.MORE_FINDINGS": "{count} more findings",
  "reason.MISSING": "Sender must add the {field}",

  "rescan.no_read": "Nothing was read",
  "rescan.unreadable": "Not a parcel number",
  "rescan.too_many_scans": "Too many scans at once",
  "rescan.noise": "The scanner sent noise",

  "field.consignor.name": "sender's name",
  "field.consignor.street": "sender's street",
  "field.consignor.city": "sender's city",
  "field.consignor.state": "sender's state",
  "field.consignor.postcode": "sender's postcode",
  "field.consignor.country": "sender's country",
  "field.consignor.phone": "sender's phone",
  "field.consignor.email": "sender's e-mail",
  "field.consignee.name": "consignee's name",
  "field.consignee.street": "consignee's street",
  "field.consignee.city": "consignee's city",
  "field.consignee.state": "consignee's state",
  "field.consignee.postcode": "consignee's ZIP code",
  "field.consignee.country": "consignee's country",
  "field.consignee.phone": "consignee's phone",
  "field.consignee.email": "consignee's e-mail",
  "field.goods.description": "goods description",
  "field.goods.hs": "HS code",
  "field.goods.quantity": "quantity",
  "field.goods.origin_country": "country of origin",
  "field.consignment.gross_weight_g": "gross weight",
  "field.consignment.value_minor": "value",
  "field.consignment.currency": "currency",
  "field.consignment.marketplace": "marketplace",
  "field.consignment.expected_arrival": "expected arrival",
  "field.consignment.receptacle": "bag number",
  "field.consignment.piece_count": "number of pieces",
  "field.consignment.master": "master air waybill",
  "field.consignment.shipped_country": "country of shipment",
  "field.consignment.pickup_place": "pick-up or packing place",
  "field.consignment.packing_place": "packing place",
  "field.consignment.arrival_port": "port of arrival",
  "field.consignment.entry_number": "entry number",
  "field.consignment.importer_of_record": "importer of record",
  "field.consignment.mail_service": "mail service",
  "field.consignment.mailed_on": "date of mailing",
  "field.account.holder": "account holder",
  "field.account.name": "account name",
  "field.account.issuer": "account issuer",
  "field.account.number": "account number",
  "field.account.opened_on": "account's opening date",
  "field.account.billing_type": "account's billing type",
  "field.account.ship_frequency": "account's shipping frequency",
  "field.account.ip_at_opening": "IP address at opening",
  "field.account.ip_at_booking": "IP address at booking",
  "field.identity.document_number": "identity document",
  "field.account": "account details",
  "field.consignment.entry_type": "entry type",
  "field.consignment.flight": "flight",
  "field.consignment.house": "house waybill number",
  "field.consignment.items": "list of items",
  "field.consignment.known_consignor": "known consignor status",
  "field.consignment.label_kinds": "labels",
  "field.consignment.level": "level of the waybill",
  "field.consignment.mail_category": "mail category",
  "field.consignment.pieces": "pieces",
  "field.consignment.product_link": "product page or picture",
  "field.consignment.transport": "mode of transport",
  "field.goods.text": "goods description",
  "field.goods.words": "goods description",
  "field.identity_document.number": "identity document number",
  "field.security": "security declaration",
  "field.security.issuer": "issuer of the security status",
  "field.security.methods": "screening methods",
  "field.security.status": "security status",
  "field.seller.name": "seller's name",
  "field.seller.street": "seller's street address",
  "field.seller.city": "seller's city",
  "field.seller.state": "seller's state or province",
  "field.seller.postcode": "seller's postcode",
  "field.seller.country": "seller's country",
  "field.seller.phone": "seller's phone number",
  "field.seller.email": "seller's e-mail address",
  "field.seller.registration": "seller's registration number",
  "field.purchaser.name": "buyer's name",
  "field.purchaser.street": "buyer's street address",
  "field.purchaser.city": "buyer's city",
  "field.purchaser.state": "buyer's state or province",
  "field.purchaser.postcode": "buyer's postcode",
  "field.purchaser.country": "buyer's country",
  "field.purchaser.phone": "buyer's phone number",
  "field.purchaser.email": "buyer's e-mail address",
  "field.purchaser.registration": "buyer's registration number",
  "field.consignor.registration": "sender's registration number",
  "field.consignee.registration": "consignee's registration number",

  "detail.weight": "{digits} {unit}",
  "detail.receptacle": "Bag {receptacle}",
  "recent": "Last 20 parcels",
  "again": "{number} was decided again: {word}",
  "acknowledge": "Acknowledge",
  "keyed.label": "Type a number",
  "keyed.send": "Send",
  "keyed.sent": "Sent to the lane",
  "keyed.sending": "Sending…",
  "keyed.refused": "Not sent: {detail}",
  "keyed.failed": "Not sent: no connection to the hub",
  "sound.off": "Start shift: sound on",
  "sound.on": "Test the sounds",
  "hub": "Hub",
  "lanes": "Lanes",
  "lane.none": "No parcel yet",

  "link.up": "Connected",
  "link.down": "Connecting…",
  "device.scanner": "Scanner",
  "device.scale": "Scale",
  "device.opening": "starting",
  "device.up": "ready",
  "device.silent": "silent: is it switched on?",
  "device.lost": "lost: is it plugged in?",
  "device.due": "verification due {due}",
  "concern.zero_drifting": "its zero drifts",
  "concern.zero_off": "its zero is off: empty and zero it",
  "concern.flag_not_credible": "says stable while its value walks",
  "concern.readings_dropped": "readings are lost on the way",
  "device.line": "{device}: {state}",
  "device.error": "{device}: {state} ({error})",
  "sync.online": "online, {unsent} to send",
  "sync.offline": "offline, {unsent} queued",
  "policy.line": "Rules {id} no. {sequence}, issued {age}",
  "policy.stale": "Rules {id} no. {sequence} are too old, issued {age}: all parcels go to screening",
  "outdated": "This page is older than the hub. Reload it.",
  "title": "{lane} · preclear",
};

export const TEXTS = { en };

/** The first language the reader prefers that there is a table for. */
export function choose(preferred) {
  const known = preferred.map((tag) => tag.toLowerCase().split("-")[0]).find((tag) => tag in TEXTS);
  return known ?? "en";
}

export const language = choose(navigator.languages ?? []);

const numbers = new Intl.NumberFormat(language);
const ages = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
const times = new Intl.DateTimeFormat(language, {
  hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
});

export function has(key) {
  return Object.hasOwn(TEXTS[language], key);
}

/** The text of a key, with `{name}` filled in; a missing parameter shows as a dash, a missing text as its key. */
export function text(key, params = {}) {
  return has(key) ? fill(TEXTS[language][key], params) : key;
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
