// Elements are made by calls and filled by textContent: labels, manifests and devices are other people's text.

/** The element with this id; a page that lacks it is broken, and says so at once. */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
}

/** A new element with attributes and children; a child that is text becomes a text node, never markup. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** Puts text into an element, only where it changed: a live region speaks each time its text is set. */
export function write(element, value) {
  if (element.textContent !== value) element.textContent = value;
}

/** At most `most` characters of a text that somebody else wrote. */
export function clip(value, most = 80) {
  const text = String(value);
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
