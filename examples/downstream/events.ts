import type { WalkerOS } from '@walkeros/core';

/** When the first of them happened. */
const start = Date.UTC(2026, 0, 5, 12, 0, 0);
const names = ['page view', 'product view', 'page view', 'product add', 'page view'] as const;

/**
 * A bit more than ten minutes in a shop, the same at each call. Every seventh event comes late, up to 20 s after events
 * that happened later; some happen in the last millisecond of a minute, and some in the first.
 */
export function shopEvents(count = 400): WalkerOS.Event[] {
  return Array.from({ length: count }, (_, index) => {
    const name = names[index % names.length] ?? 'page view';
    const [entity = '', action = ''] = name.split(' ');
    const visitor = (index * 7) % 23;
    return {
      name,
      data:
        name === 'product add'
          ? { product: `kettle-${index % 4}`, quantity: 1 + (index % 3) }
          : { title: 'Wasserkessel „Größe 2“ 🫖' },
      context: { shopping: ['discover', index] },
      globals: { lang: 'de' },
      custom: {},
      user: { session: `visitor-${visitor}` },
      nested: [],
      consent: { functional: true },
      id: (0xd0_0000_0000_0000n + BigInt(index)).toString(16).padStart(16, '0'),
      trigger: 'load',
      entity,
      action,
      timestamp: start + happened(index),
      timing: 0,
      source: { type: 'express', platform: 'server', schema: '4' },
    };
  });
}

function happened(index: number): number {
  const time = index * 1613;
  const minute = Math.round(time / 60_000) * 60_000;
  if (index % 37 === 1) return minute;
  if (index % 37 === 2) return minute + 59_999;
  return index % 7 === 6 ? Math.max(0, time - 20_000) : time;
}
