import type { Flow, Mapping, WalkerOS } from '@walkeros/core';
import type { RuleSettings, Settings, SimulatedMessage, SimulatedSend } from '../types.ts';

/** What goes in, how the destination is set up, and what Kafka gets. */
export interface StepExample extends Flow.StepExample {
  in: WalkerOS.Event;
  mapping?: Mapping.Rule<RuleSettings>;
  settings: Settings;
  out: readonly ['kafka.send', SimulatedSend][];
}

/**
 * The worked examples: shown in docs/examples.md and by walkerOS, and run as tests against a real broker.
 * Everything is spelt out, `value` as the very text that is stored.
 */

const settings: Settings = { kafka: { brokers: ['localhost:9092'], topic: 'walkeros-events' } };
const kafkaWith = (more: Partial<Settings['kafka']>): Settings => ({ kafka: { ...settings.kafka, ...more } });

const browser = { type: 'browser', platform: 'web', schema: '4', version: '4.2.1' };
const trace = '4bf92f3577b34da6a3ce929d0e0e4736';

/** One record, as the default settings have it. */
function stored(topic: string, key: string, timestamp: number, value: string): StepExample['out'] {
  const message = { key, value, headers: { 'content-type': 'application/json' }, timestamp };
  return [['kafka.send', { topic, messages: [message], acks: -1, compression: 'gzip' }]];
}

export const defaultEvent: StepExample = {
  title: 'Default event',
  description:
    'Without any mapping the whole event is stored as JSON. Its name, with spaces as "_", is the key.',
  in: {
    name: 'page view',
    data: { domain: 'www.example.com', title: 'Backpacks', id: '/backpacks/' },
    context: { test: ['engagement', 1] },
    globals: { pagegroup: 'shop' },
    custom: { release: '2024-11' },
    user: { id: 'us3r', device: 'c00k13', session: 's3ss10n' },
    nested: [],
    consent: { functional: true, marketing: true },
    id: '1f0c2a9d4b7e8f31',
    trigger: 'load',
    entity: 'page',
    action: 'view',
    timestamp: 1700000100000,
    timing: 1.23,
    source: { ...browser, count: 1, trace },
  },
  settings,
  out: stored(
    'walkeros-events',
    'page_view',
    1700000100000,
    '{"name":"page view","data":{"domain":"www.example.com","title":"Backpacks","id":"/backpacks/"},"context":{"test":["engagement",1]},"globals":{"pagegroup":"shop"},"custom":{"release":"2024-11"},"user":{"id":"us3r","device":"c00k13","session":"s3ss10n"},"nested":[],"consent":{"functional":true,"marketing":true},"id":"1f0c2a9d4b7e8f31","trigger":"load","entity":"page","action":"view","timestamp":1700000100000,"timing":1.23,"source":{"type":"browser","platform":"web","schema":"4","version":"4.2.1","count":1,"trace":"4bf92f3577b34da6a3ce929d0e0e4736"}}',
  ),
};

export const keyFromUserId: StepExample = {
  title: 'Key from user id',
  description:
    'The mapping path in settings.kafka.key makes the user id the key, so that the events of one user stay in order.',
  in: {
    name: 'product add',
    data: { id: 'ers', name: 'Everyday Ruck Snack', color: 'black', price: 420 },
    context: { shopping: ['intent', 0] },
    globals: { pagegroup: 'shop' },
    custom: {},
    user: { id: 'usr-789' },
    nested: [],
    consent: { functional: true },
    id: '7a3e90b15cd24f68',
    trigger: 'click',
    entity: 'product',
    action: 'add',
    timestamp: 1700000101000,
    timing: 8.4,
    source: { ...browser, count: 2, trace },
  },
  settings: kafkaWith({ key: 'user.id' }),
  out: stored(
    'walkeros-events',
    'usr-789',
    1700000101000,
    '{"name":"product add","data":{"id":"ers","name":"Everyday Ruck Snack","color":"black","price":420},"context":{"shopping":["intent",0]},"globals":{"pagegroup":"shop"},"custom":{},"user":{"id":"usr-789"},"nested":[],"consent":{"functional":true},"id":"7a3e90b15cd24f68","trigger":"click","entity":"product","action":"add","timestamp":1700000101000,"timing":8.4,"source":{"type":"browser","platform":"web","schema":"4","version":"4.2.1","count":2,"trace":"4bf92f3577b34da6a3ce929d0e0e4736"}}',
  ),
};

/** The event of the next three, which differ in their mapping only. */
const orderComplete: WalkerOS.Event = {
  name: 'order complete',
  data: { id: '0rd3r1d', currency: 'EUR', shipping: 5.22, total: 555 },
  context: { shopping: ['complete', 0] },
  globals: { pagegroup: 'shop' },
  custom: {},
  user: { id: 'us3r' },
  nested: [{ entity: 'product', data: { id: 'ers', price: 420 } }],
  consent: { functional: true },
  id: 'c5d81e07f2a94b36',
  trigger: 'load',
  entity: 'order',
  action: 'complete',
  timestamp: 1700000102000,
  timing: 3.14,
  source: { ...browser, count: 3, trace },
};

export const mappedPayload: StepExample = {
  title: 'Mapped payload',
  description:
    'With data.map the mapped data is stored instead of the event, in the shape the consumers expect.',
  in: orderComplete,
  mapping: { data: { map: { order_id: 'data.id', revenue: 'data.total', currency: 'data.currency' } } },
  settings,
  out: stored(
    'walkeros-events',
    'order_complete',
    1700000102000,
    '{"order_id":"0rd3r1d","revenue":555,"currency":"EUR"}',
  ),
};

export const renamedEvent: StepExample = {
  title: 'Renamed event',
  description: 'A rule that renames the event changes the stored name and the default key with it.',
  in: orderComplete,
  mapping: { name: 'purchase' },
  settings,
  out: stored(
    'walkeros-events',
    'purchase',
    1700000102000,
    '{"name":"purchase","data":{"id":"0rd3r1d","currency":"EUR","shipping":5.22,"total":555},"context":{"shopping":["complete",0]},"globals":{"pagegroup":"shop"},"custom":{},"user":{"id":"us3r"},"nested":[{"entity":"product","data":{"id":"ers","price":420}}],"consent":{"functional":true},"id":"c5d81e07f2a94b36","trigger":"load","entity":"order","action":"complete","timestamp":1700000102000,"timing":3.14,"source":{"type":"browser","platform":"web","schema":"4","version":"4.2.1","count":3,"trace":"4bf92f3577b34da6a3ce929d0e0e4736"}}',
  ),
};

export const topicOverride: StepExample = {
  title: 'Topic override',
  description: 'The settings of a rule send its events to a topic of their own.',
  in: orderComplete,
  mapping: { settings: { topic: 'orders' } },
  settings,
  out: stored(
    'orders',
    'order_complete',
    1700000102000,
    '{"name":"order complete","data":{"id":"0rd3r1d","currency":"EUR","shipping":5.22,"total":555},"context":{"shopping":["complete",0]},"globals":{"pagegroup":"shop"},"custom":{},"user":{"id":"us3r"},"nested":[{"entity":"product","data":{"id":"ers","price":420}}],"consent":{"functional":true},"id":"c5d81e07f2a94b36","trigger":"load","entity":"order","action":"complete","timestamp":1700000102000,"timing":3.14,"source":{"type":"browser","platform":"web","schema":"4","version":"4.2.1","count":3,"trace":"4bf92f3577b34da6a3ce929d0e0e4736"}}',
  ),
};

/** The event of the next ones, which differ in what decides about the record. */
const cartUpdate: WalkerOS.Event = {
  name: 'cart update',
  data: { id: 'c4rt', items: 2, region: 'eu' },
  context: {},
  globals: { language: 'de' },
  custom: {},
  user: { device: 'd3v1c3', session: 's3ss10n' },
  nested: [],
  consent: { functional: true },
  id: 'b7c1d22e90f4a865',
  trigger: 'click',
  entity: 'cart',
  action: 'update',
  timestamp: 1700000103000,
  timing: 4.2,
  source: { ...browser, count: 4, trace },
};

/** As it is stored. */
const cartUpdateValue =
  '{"name":"cart update","data":{"id":"c4rt","items":2,"region":"eu"},"context":{},"globals":{"language":"de"},"custom":{},"user":{"device":"d3v1c3","session":"s3ss10n"},"nested":[],"consent":{"functional":true},"id":"b7c1d22e90f4a865","trigger":"click","entity":"cart","action":"update","timestamp":1700000103000,"timing":4.2,"source":{"type":"browser","platform":"web","schema":"4","version":"4.2.1","count":4,"trace":"4bf92f3577b34da6a3ce929d0e0e4736"}}';

const json = { 'content-type': 'application/json' };

/** What is stored of `cartUpdate`, but for this. */
function cartUpdateStored({
  topic = 'walkeros-events',
  ...message
}: Partial<SimulatedMessage> & { topic?: string }): StepExample['out'] {
  const plain = { key: 'cart_update', value: cartUpdateValue, headers: json, timestamp: 1700000103000 };
  return [['kafka.send', { topic, messages: [{ ...plain, ...message }], acks: -1, compression: 'gzip' }]];
}

export const keyFallbacks: StepExample = {
  title: 'Key with fallbacks',
  description:
    'A list of mapping values: the first that finds something is the key. Who has no user id keeps the order of the device.',
  in: cartUpdate,
  settings: kafkaWith({ key: ['user.id', 'user.device'] }),
  out: cartUpdateStored({ key: 'd3v1c3' }),
};

export const keyByConsent: StepExample = {
  title: 'Key by consent',
  description:
    'Without consent to marketing the device stays out of the key, and the session takes its place.',
  in: cartUpdate,
  settings: kafkaWith({ key: [{ key: 'user.device', consent: { marketing: true } }, 'user.session'] }),
  out: cartUpdateStored({ key: 's3ss10n' }),
};

export const keyByFunction: StepExample = {
  title: 'Key by a function',
  description:
    'A function makes the key of the event. It may be asynchronous; events keep their order all the same.',
  in: cartUpdate,
  settings: kafkaWith({
    // eslint-disable-next-line @typescript-eslint/no-base-to-string -- text, in this event
    key: { fn: (_, { event }) => `${String(event.data?.region)}:${String(event.data?.id)}` },
  }),
  out: cartUpdateStored({ key: 'eu:c4rt' }),
};

export const noKey: StepExample = {
  title: 'No key',
  description:
    'Records without a key go to all partitions in turn, a batch to each. Their order is not kept.',
  in: cartUpdate,
  settings: kafkaWith({ key: false }),
  out: cartUpdateStored({ key: null }),
};

export const headersFromEvent: StepExample = {
  title: 'Headers from the event',
  description:
    'Text is sent as it stands, a mapping value gives the value from the event: here a path, one that finds nothing, and an ' +
    'object. The headers of the rule are added to those of the settings, and replace them.',
  in: cartUpdate,
  mapping: { settings: { headers: { team: 'checkout', language: { key: 'globals.language' } } } },
  settings: kafkaWith({
    headers: {
      team: 'web',
      device: { key: 'user.device' },
      user: { key: 'user.id' },
      cart: { map: { id: 'data.id', items: 'data.items' } },
    },
  }),
  out: cartUpdateStored({
    headers: { ...json, team: 'checkout', device: 'd3v1c3', cart: '{"id":"c4rt","items":2}', language: 'de' },
  }),
};

export const topicFromEvent: StepExample = {
  title: 'Topic from the event',
  description:
    'A mapping value chooses one of the topics that are declared beside it. An event that gives any other name is refused, to the ' +
    'dead letters if there are any.',
  in: cartUpdate,
  mapping: {
    settings: {
      topic: {
        // eslint-disable-next-line @typescript-eslint/no-base-to-string -- text, in this event
        value: { fn: (_, { event }) => `carts-${String(event.data?.region)}` },
        topics: ['carts-eu', 'carts-us'],
      },
    },
  },
  settings,
  out: cartUpdateStored({ topic: 'carts-eu' }),
};

export const tombstone: StepExample = {
  title: 'Tombstone',
  description: 'A key without a value: a compacted topic forgets what it has of that key.',
  in: { ...cartUpdate, name: 'cart remove', action: 'remove', id: 'b7c1d22e90f4a866' },
  mapping: { settings: { tombstone: true, key: 'data.id' } },
  settings,
  out: cartUpdateStored({ key: 'c4rt', value: null, headers: {} }),
};

export const ignoredEvent: StepExample = {
  title: 'Ignored event',
  description: 'A rule with ignore keeps its events away from Kafka.',
  public: false,
  in: { ...orderComplete, name: 'debug noise', entity: 'debug', action: 'noise', id: 'e94f06b7d3128ca5' },
  mapping: { ignore: true },
  settings,
  out: [],
};
