import { startFlow } from '@walkeros/collector';
import type { Destination, WalkerOS } from '@walkeros/core';
import { type BrowserPush, sourceBrowser } from './browser-source.ts';
import { destinationCollect } from '../collect.ts';
import { Sent } from './sent.ts';
import { startShop } from './shop.ts';
import { visitor } from './visitor.ts';

const sent = new Sent();

/** Sees every event as it happens, consent or not: it only shows them, and nothing leaves the page. */
const onScreen: Destination.Instance = {
  type: 'screen',
  config: {},
  push: (event) =>
    sent.add(event, visitor.consent === false ? 'kept' : visitor.consent ? 'sending' : 'waiting'),
};

const collect = destinationCollect({
  url: '/collect',
  report: (event, outcome) => sent.report(event, outcome),
  onLeave: (leave) => addEventListener('pagehide', leave),
  stash: {
    keep: (events) => sessionStorage.setItem('unsent', JSON.stringify(events)),
    take() {
      const kept = JSON.parse(sessionStorage.getItem('unsent') ?? '[]') as WalkerOS.Event[];
      sessionStorage.removeItem('unsent');
      for (const event of kept) sent.add(event, 'sending');
      return kept;
    },
  },
});

const { elb } = await startFlow<BrowserPush>({
  run: true,
  user: { session: visitor.session, ...(visitor.user !== undefined && { id: visitor.user }) },
  ...(visitor.consent !== undefined && { consent: { analytics: visitor.consent } }),
  // Page views are pushed by the router: this is one page with many addresses.
  sources: { browser: { code: sourceBrowser, config: { settings: { pageview: false } } } },
  destinations: {
    screen: { code: onScreen },
    collect: {
      code: collect,
      // Without consent the collector keeps the events, and hands them over when it is given. An outage may take longer
      // than the ten seconds that the collector would wait.
      config: { consent: { analytics: true }, timeout: 3_600_000 },
    },
  },
});

startShop(elb, sent);
