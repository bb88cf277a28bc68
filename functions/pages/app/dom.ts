/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

type Given = Record<string, string | number | boolean | EventListener | undefined>;

/** An element with attributes, listeners (`onclick` and the like) and children. Text becomes a text node, never markup. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  given: Given = {},
  ...children: (Node | string | number)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  set(element, given);
  element.append(...children.map((child) => (typeof child === "number" ? String(child) : child)));
  return element;
}

/** The same for SVG. */
export function svg(tag: string, given: Given = {}, ...children: (Node | string)[]): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  set(element, given);
  element.append(...children);
  return element;
}

/** `true` sets an attribute without a value, `false` and `undefined` take it away. */
export function set(element: Element, given: Given): void {
  for (const [name, value] of Object.entries(given)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === undefined || value === false) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
}

/** Writes the text only when it is another: what did not change is neither painted nor read out again. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
