import type { WalkerOS } from '@walkeros/core';

const pages = [
  '',
  'blog/',
  'projects/xdotool/',
  'presentations/logstash/',
  'files/',
  'articles/dynamic-dns/',
];
const assets = ['style2.css', 'favicon.ico', 'images/kibana-search.png', 'plugin/highlight/highlight.js'];
const agents = [
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9_1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/32.0.1700.77 Safari/537.36',
  'Mozilla/5.0 (Windows NT 6.1; rv:27.0) Gecko/20100101 Firefox/27.0',
  'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
];

/** Events of the size, the shape and about the repetitiveness of real ones; the same at each call. */
export function generateEvents(count: number): WalkerOS.Event[] {
  const random = seeded(0x5eed);
  const pick = (texts: readonly string[]): string => texts[Math.floor(random() * texts.length)] ?? '';
  const hex = (digits: number): string =>
    Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('');
  const visitors = Array.from({ length: Math.ceil(count / 6) }, () => ({
    user: { device: hex(8), session: hex(12) },
    ua: pick(agents),
  }));
  return Array.from({ length: count }, (_, index) => {
    const visitor = visitors[Math.floor(random() * visitors.length)] ?? { user: {}, ua: '' };
    const [entity, action] = random() < 0.55 ? ['asset', 'load'] : ['page', 'view'];
    const path = `/${pick(pages)}${entity === 'asset' ? pick(assets) : ''}`;
    const referrer = `https://www.example.com/${pick(pages)}`;
    const bytes = Math.floor(random() * 200_000);
    return {
      name: `${entity} ${action}`,
      data: { path, method: 'GET', status: 200, bytes, referrer },
      context: {},
      globals: { lang: 'en' },
      custom: {},
      user: visitor.user,
      nested: [],
      consent: { functional: true },
      id: hex(16),
      trigger: 'load',
      entity,
      action,
      timestamp: 1_431_857_103_000 + index * 61,
      timing: 0,
      source: {
        type: 'browser',
        platform: 'web',
        url: `https://www.example.com${path}`,
        referrer,
        count: index % 40,
        ua: visitor.ua,
      },
    };
  });
}

/** Marsaglia's xorshift: the same numbers in [0, 1) everywhere. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
