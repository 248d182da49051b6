// One shape for each verdict: the first thing that is seen from three metres, in any light and by any eye.

const SVG = "http://www.w3.org/2000/svg";

const LINE = { fill: "none", stroke: "currentColor", "stroke-width": 9, "stroke-linejoin": "round" };
const BOLD = { ...LINE, "stroke-width": 17 };
const DOT = { fill: "currentColor" };

const PARTS = {
  CLEAR: [["polyline", { ...BOLD, points: "12,54 39,81 89,21" }]],
  RFI: [
    ["circle", { ...LINE, cx: 50, cy: 50, r: 43 }],
    ["circle", { ...DOT, cx: 50, cy: 29, r: 7.5 }],
    ["path", { ...LINE, d: "M50 45V76", "stroke-width": 13 }],
  ],
  RFS: [
    ["polygon", { ...LINE, points: "50,9 95,90 5,90" }],
    ["path", { ...LINE, d: "M50 37V62", "stroke-width": 12 }],
    ["circle", { ...DOT, cx: 50, cy: 76, r: 6.5 }],
  ],
  DNL: [
    ["polygon", { ...LINE, points: "31,5 69,5 95,31 95,69 69,95 31,95 5,69 5,31" }],
    ["path", { ...BOLD, d: "M24 50H76" }],
  ],
  SCAN: [["path", { ...LINE, d: "M12 20V80M30 20V80M44 20V80M64 20V80M76 20V80M90 20V80" }]],
  STOPPED: [["path", { ...BOLD, d: "M16 16L84 84M84 16L16 84" }]],
};

/** The shape of a verdict, or of a state: `SCAN`, `STOPPED`. Its colour is that of the text around it. */
export function shape(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 100 100");
  // The word beside it says the same; read twice it would only delay.
  svg.setAttribute("aria-hidden", "true");
  svg.dataset.shape = name;
  for (const [tag, attributes] of PARTS[name] ?? PARTS.STOPPED) {
    const part = document.createElementNS(SVG, tag);
    for (const [key, value] of Object.entries(attributes)) part.setAttribute(key, String(value));
    svg.append(part);
  }
  return svg;
}
