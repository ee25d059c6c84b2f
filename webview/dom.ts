/** DOM built from data: text is always text, so a node's name can never become markup. */
type Child = Node | string | undefined | false;

export interface Attributes {
  readonly [name: string]: string | number | boolean | undefined;
}

/**
 * An element with attributes (`true` sets an empty one, `false` and undefined leave it out) and children (strings become
 * text nodes, undefined and false are left out).
 */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.filter((child) => child !== undefined && child !== false));
  return element;
}

/** A number stays on one line with its unit, wherever else the text is broken. */
export function unbroken(text: string): string {
  return text.replace(/(\d) (?=%|\p{L}{1,4}(?!\p{L}))/gu, '$1\u00a0');
}

export function on<K extends keyof HTMLElementEventMap, E extends HTMLElement>(
  element: E,
  type: K,
  listener: (event: HTMLElementEventMap[K]) => void,
): E {
  element.addEventListener(type, listener);
  return element;
}
