import { byId } from '../element.ts';

export type Values = Readonly<Record<string, string | number>>;

/** A copy of the page's template with its `{names}` filled in, in texts and in attributes, the tagging among them. */
export function fill(id: string, values: Values): Element {
  const copy = byId(id, HTMLTemplateElement).content.cloneNode(true) as DocumentFragment;
  const put = (text: string): string =>
    text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));
  const walker = document.createTreeWalker(copy, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node instanceof Element) {
      for (const attribute of node.attributes) {
        if (attribute.value.includes('{')) attribute.value = put(attribute.value);
      }
    } else if (node.nodeValue?.includes('{')) node.nodeValue = put(node.nodeValue);
  }
  const [element] = copy.children;
  if (!element) throw new Error(`Template ${id} is empty`);
  return element;
}
