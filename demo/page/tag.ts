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

await startFlow({
  sources: { browser: { code: sourceBrowser, config: { settings: { pageview: true } } } },
  destinations: { collect: { code: destinationCollect('/collect', show) } },
});
