/** The element of that id, which the page has. @throws Error when it has not, or of another kind */
export function byId<Kind extends Element>(id: string, kind: new () => Kind): Kind {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`The page has no ${kind.name} #${id}`);
  return element;
}

export const html = (id: string): HTMLElement => byId(id, HTMLElement);

/** A new element with a class and a text. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className = '',
  text = '',
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

/** Writes only what differs: an unchanged text is no work for the browser. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Listens to clicks. */
export const onClick = (id: string, listener: () => void): void =>
  html(id).addEventListener('click', listener);
