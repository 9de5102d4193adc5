import type { WalkerOS } from '@walkeros/core';
import { eventsTopic, ordersTopic } from '../topics.ts';

/** What one request of `--once` carries, in each of the shapes that the source takes. */
export interface FixedRequest {
  readonly title: string;
  readonly body: unknown;
}

/** What must be stored of it. */
export interface Expected {
  readonly name: string;
  readonly topic: string;
  readonly key: string;
  readonly timestamp: number;
  /** The whole value where `whole`, else the members that must be there just so, beside those that walkerOS adds. */
  readonly value: Readonly<Record<string, unknown>>;
  readonly whole?: boolean;
}

/**
 * The fixed set.
 * @param now of the events, in ms: old ones would fall to the topic's retention
 */
export function fixedEvents(now: number): {
  readonly requests: FixedRequest[];
  readonly expected: Expected[];
} {
  const [single, ...array] = visit(now);
  const batch = checkout(now);
  return {
    requests: [
      { title: 'one event', body: single },
      { title: 'an array', body: array },
      { title: '{ "batch": [...] }', body: { batch } },
    ],
    expected: [
      {
        name: 'page view',
        topic: eventsTopic,
        key: 'visitor-1',
        timestamp: now,
        value: {
          name: 'page view',
          data: { title: 'Kettles', path: '/kettles' },
          user: { session: 'visitor-1' },
          id: 'a1b2c3d4e5f60001',
          entity: 'page',
          action: 'view',
          timestamp: now,
        },
      },
      {
        name: 'product view',
        topic: eventsTopic,
        key: 'visitor-1',
        timestamp: now + 1,
        value: {
          name: 'product view',
          data: { id: 'kettle-1', name: 'Wasserkessel „Größe 2“ 🫖', price: 39.5, currency: 'EUR' },
          context: { shopping: ['detail', 0] },
          user: { session: 'visitor-1' },
          id: 'a1b2c3d4e5f60002',
          timestamp: now + 1,
        },
      },
      {
        name: 'product add',
        topic: eventsTopic,
        key: 'visitor-2',
        timestamp: now + 2,
        value: {
          name: 'product add',
          data: { id: 'kettle-1', quantity: 2 },
          user: { session: 'visitor-2' },
          id: 'a1b2c3d4e5f60003',
          timestamp: now + 2,
        },
      },
      {
        name: 'cart view',
        topic: eventsTopic,
        // Nobody's session is known, so the key is the event's name.
        key: 'cart_view',
        timestamp: now + 3,
        value: {
          name: 'cart view',
          data: { items: 2 },
          user: {},
          id: 'a1b2c3d4e5f60004',
          timestamp: now + 3,
        },
      },
      {
        name: 'order complete',
        topic: ordersTopic,
        key: 'order-1001',
        timestamp: now + 4,
        whole: true,
        value: {
          event: 'order complete',
          order_id: 'order-1001',
          total: 79,
          currency: 'EUR',
          session: 'visitor-2',
          event_id: 'a1b2c3d4e5f60005',
        },
      },
    ],
  };
}

function visit(now: number): WalkerOS.DeepPartialEvent[] {
  return [
    {
      name: 'page view',
      id: 'a1b2c3d4e5f60001',
      timestamp: now,
      data: { title: 'Kettles', path: '/kettles' },
      user: { session: 'visitor-1' },
    },
    {
      name: 'product view',
      id: 'a1b2c3d4e5f60002',
      timestamp: now + 1,
      data: { id: 'kettle-1', name: 'Wasserkessel „Größe 2“ 🫖', price: 39.5, currency: 'EUR' },
      context: { shopping: ['detail', 0] },
      user: { session: 'visitor-1' },
    },
    {
      name: 'product add',
      id: 'a1b2c3d4e5f60003',
      timestamp: now + 2,
      data: { id: 'kettle-1', quantity: 2 },
      user: { session: 'visitor-2' },
    },
  ];
}

function checkout(now: number): WalkerOS.DeepPartialEvent[] {
  return [
    { name: 'cart view', id: 'a1b2c3d4e5f60004', timestamp: now + 3, data: { items: 2 } },
    {
      name: 'order complete',
      id: 'a1b2c3d4e5f60005',
      timestamp: now + 4,
      data: { id: 'order-1001', total: 79, currency: 'EUR' },
      user: { session: 'visitor-2' },
    },
  ];
}
