import { startFlow } from '@walkeros/collector';
import { sourceBrowser } from '@walkeros/web-source-browser';
import { destinationCollect, type Report } from './destination-collect.ts';

/** The little of the DOM that is needed here: the repository is typed for Node alone. */
interface PageElement {
  className: string;
  textContent: string | null;
  append(...children: PageElement[]): void;
  prepend(child: PageElement): void;
}
declare const document: {
  createElement(name: string): PageElement;
  getElementById(id: string): PageElement | null;
};
declare const sessionStorage: {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
};

/** Shows each event and what became of it, the newest first. */
const show: Report = (event, { ok, text }) => {
  const line = document.createElement('li');
  line.append(span('name', event.name), span(ok ? 'stored' : 'lost', text));
  document.getElementById('events')?.prepend(line);
};

function span(className: string, text: string): PageElement {
  const element = document.createElement('span');
  element.className = className;
  element.textContent = text;
  return element;
}

/** A visit lasts as long as its tab: its events get one key, and so one partition and an order. */
function session(): string {
  const known = sessionStorage.getItem('session');
  const id = known ?? Math.random().toString(16).slice(2, 14);
  sessionStorage.setItem('session', id);
  return id;
}

await startFlow({
  user: { session: session() },
  sources: { browser: { code: sourceBrowser, config: { settings: { pageview: true } } } },
  destinations: { collect: { code: destinationCollect('/collect', show) } },
});
