import { html } from '../element.ts';
import type { BrowserPush } from './browser-source.ts';
import { viewOf } from './views.ts';

export interface Router {
  go(path: string): void;
  /** Shows the same address again, as it is now; no page view. */
  refresh(): void;
}

/** One page with many addresses: each shows its view, and is a page view of its own. */
export function startRouter(elb: BrowserPush): Router {
  const main = html('main');

  function show(): void {
    const { title, element } = viewOf(location.pathname);
    document.title = title;
    main.replaceChildren(element);
  }

  /** First the page, then what is on it: that is the order in which they go to Kafka. */
  function arrive(): void {
    show();
    void elb('page view', { id: location.pathname, title: document.title }, 'load');
    void elb('walker init', main);
  }

  function go(path: string): void {
    history.pushState(undefined, '', path);
    arrive();
    scrollTo(0, 0);
    main.focus({ preventScroll: true });
  }

  document.addEventListener('click', (event) => {
    const { target, ctrlKey, metaKey, shiftKey } = event;
    const link = target instanceof Element ? target.closest('a') : null;
    if (!link || ctrlKey || metaKey || shiftKey || link.origin !== location.origin) return;
    if (link.pathname === '/live' || link.hash !== '') return;
    event.preventDefault();
    // The tag listens to the same click and reads the page, so that changes afterwards.
    setTimeout(() => go(link.pathname));
  });
  addEventListener('popstate', arrive);
  arrive();
  return { go, refresh: show };
}
