import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Destination, Mapping, WalkerOS } from '@walkeros/core';
import { KafkaError, kafkaHealth } from '../../src/index.ts';
import type { RuleSettings, Settings, Setup, SimulatedSend, Types } from '../../src/types.ts';
import { event, runFlow } from './../support/flow.ts';

type Kafka = Partial<Settings['kafka']>;

interface Options {
  readonly kafka?: Kafka;
  readonly rule?: RuleSettings;
  readonly settings?: Omit<Settings, 'kafka'>;
  readonly events?: readonly Partial<WalkerOS.Event>[];
  readonly batch?: boolean;
  readonly setup?: Setup;
}

/** What the destination would have sent, in a real collector; and what became of each push. */
async function sent({ kafka, rule, settings, events = [{}], batch = false, setup }: Options) {
  const sends: (SimulatedSend['messages'][number] & { topic: string })[] = [];
  const config: Omit<Destination.Config<Types>, 'settings'> = {
    env: {
      kafka: {
        send: ({ topic, messages }) => void sends.push(...messages.map((one) => ({ topic, ...one }))),
      },
    },
    ...(rule && { mapping: { page: { view: { settings: rule } } } }),
    ...(batch && { batch: { wait: 5 } }),
    ...(setup && { setup }),
  };
  const flow = await runFlow(
    { ...settings, kafka: { brokers: ['b1:9092'], topic: 'events', ...kafka } },
    config,
  );
  const results = await Promise.all(events.map((one) => flow.push(event(one))));
  const [health] = kafkaHealth();
  await flow.stop();
  const errors = results.map(({ failed }) => {
    const error: unknown = failed?.['kafka']?.error;
    return error instanceof KafkaError ? error : undefined;
  });
  return { sends, errors, log: flow.log, health };
}

const first = <T>([one]: readonly T[]): T => {
  assert.ok(one !== undefined);
  return one;
};
const keyOf = async (key: Kafka['key'], events?: Options['events']) =>
  first((await sent({ kafka: { key }, ...(events && { events }) })).sends).key;

describe('the key of a record', () => {
  it('comes from every form of a mapping value', async () => {
    assert.equal(await keyOf(['user.email', 'user.id']), 'us3r');
    assert.equal(await keyOf({ key: 'user.id' }), 'us3r');
    assert.equal(await keyOf({ value: 'all' }), 'all');
    assert.equal(await keyOf({ fn: (one) => `x-${(one as WalkerOS.Event).user.id}` }), 'x-us3r');
    assert.equal(await keyOf({ fn: () => Promise.resolve(7) }), '7');
    assert.equal(await keyOf({ key: 'data.flag' }, [{ data: { flag: true } }]), 'true');
    assert.equal(await keyOf([{ key: 'user.id', condition: () => false }, { value: 'b' }]), 'b');
    const consent: Mapping.Value = { key: 'user.id', consent: { marketing: true } };
    assert.equal(await keyOf(consent, [{ consent: { marketing: true } }]), 'us3r');
    assert.equal(await keyOf(consent), 'page_view');
  });

  it('is the name of the event where a value finds nothing, or an object', async () => {
    assert.equal(await keyOf({ key: 'user.email' }), 'page_view');
    assert.equal(await keyOf({ map: { a: 'user.id' } }), 'page_view');
    assert.equal(await keyOf(['user.email', 'user.phone']), 'page_view');
  });

  it('may be none, and a rule may have its own', async () => {
    assert.equal(await keyOf(false), null);
    const { sends } = await sent({ kafka: { key: 'user.id' }, rule: { key: false } });
    assert.equal(first(sends).key, null);
    const own = await sent({ kafka: { key: false }, rule: { key: 'id' } });
    assert.equal(first(own.sends).key, '1f0c2a9d4b7e8f31');
  });

  /** `user.sesion`: one partition for each name of an event, and nobody said so. */
  it('that is not found is told with path, event and what was used, once a minute, and counted', async () => {
    const { log, health, sends } = await sent({ kafka: { key: 'user.sesion' }, events: [{}, {}, {}] });
    assert.deepEqual(
      sends.map(({ key }) => key),
      ['page_view', 'page_view', 'page_view'],
    );
    assert.deepEqual(
      log.filter((line) => line.startsWith('WARN')),
      [
        'WARN Event "page view": settings.kafka.key ("user.sesion") finds no key in it. Its name is used instead, "page_view", as for every event like it: they all go to one partition, and in no order with other events of the same user.',
        'WARN Event "page view": settings.kafka.key ("user.sesion") finds no key in it. Its name is used instead, "page_view", as for every event like it: they all go to one partition, and in no order with other events of the same user. (and 1 more like it since the last line)',
      ],
    );
    assert.equal(health?.keyFallbacks, 3);
    const mapped = await sent({ rule: { key: ['user.sesion'] } });
    assert.ok(mapped.log.some((line) => line.includes('settings.key of its mapping rule finds no key')));
    assert.equal(mapped.health?.keyFallbacks, 1);
  });

  it('that fails takes its own event alone, and no fallback', async () => {
    const key: Mapping.Value = [
      {
        fn: (one) => {
          if ((one as WalkerOS.Event).data?.['bad'] === true) throw new Error('no user service');
          return 'k';
        },
      },
      'user.id',
    ];
    for (const batch of [false, true]) {
      const { errors, sends, log } = await sent({
        kafka: { key },
        events: [{}, { data: { bad: true } }, {}],
        batch,
      });
      assert.equal(sends.length, 2);
      const said =
        'Event "page view" was not sent: the mapping value of settings.kafka.key failed (no user service). Mend the mapping value, and send the event again.';
      assert.ok(
        log.some((line) => line.startsWith(`ERROR ${said}`)),
        log.join('\n'),
      );
      if (batch) continue;
      assert.deepEqual(
        errors.map((error) => error?.code),
        [undefined, 'MAPPING_FAILED', undefined],
      );
      assert.equal(errors[1]?.message, said);
      assert.equal(errors[1]?.retriable, true);
    }
  });

  it('keeps the order of pushes where one resolves later than the next, in batches too', async () => {
    const key: Mapping.Value = {
      fn: async (one) => {
        const { n } = (one as { data: { n: number } }).data;
        await new Promise((resolve) => setTimeout(resolve, (7 - n) * 3));
        return 'k';
      },
    };
    const events = [0, 1, 2, 3, 4, 5, 6].map((n) => ({ data: { n } }));
    for (const batch of [false, true]) {
      const { sends } = await sent({ kafka: { key }, events, batch });
      assert.deepEqual(
        sends.map(({ value }) => (JSON.parse(value ?? '') as { data: { n: number } }).data.n),
        [0, 1, 2, 3, 4, 5, 6],
      );
    }
  });
});

describe('the headers of a record', () => {
  it('are text as it stands, and what mapping values find', async () => {
    const { sends } = await sent({
      kafka: {
        headers: {
          team: 'user.id',
          user: { key: 'user.id' },
          none: { key: 'user.email' },
          n: { value: 0 },
          flag: { key: 'data.flag' },
          empty: { key: 'data.empty' },
          all: { map: { id: 'user.id', name: 'name' } },
          list: { key: 'data.list' },
          'content-type': { value: 'application/vnd.shop+json' },
        },
      },
      events: [{ data: { flag: false, list: ['a', 1], empty: '' } }],
    });
    assert.deepEqual(first(sends).headers, {
      'content-type': 'application/vnd.shop+json',
      team: 'user.id',
      user: 'us3r',
      n: '0',
      flag: 'false',
      empty: '',
      all: '{"id":"us3r","name":"page view"}',
      list: '["a",1]',
    });
  });

  it('of a rule are added to those of the settings, and replace them', async () => {
    const { sends } = await sent({
      kafka: { headers: { team: 'web', region: 'eu', version: { value: '1' } } },
      rule: { headers: { region: { key: 'data.region' }, version: '2', extra: 'x' } },
    });
    // What a rule maps and does not find is no header, not that of the settings.
    assert.deepEqual(first(sends).headers, {
      'content-type': 'application/json',
      team: 'web',
      version: '2',
      extra: 'x',
    });
  });

  it('come last in CloudEvents, too', async () => {
    const { sends } = await sent({
      settings: { value: { format: 'cloudevents' } },
      rule: { headers: { ce_source: '/shop', tenant: { key: 'user.id' } } },
    });
    const { ce_source, tenant, ce_id } = first(sends).headers;
    assert.deepEqual(
      { ce_source, tenant, ce_id },
      { ce_source: '/shop', tenant: 'us3r', ce_id: '1f0c2a9d4b7e8f31' },
    );
  });

  it('have a bound where they come from the event, which names the header', async () => {
    const { errors, sends } = await sent({
      kafka: { headers: { agent: { key: 'data.agent' } } },
      events: [{ data: { agent: 'ä'.repeat(4_096) } }, { data: { agent: 'ä'.repeat(4_097) } }],
    });
    assert.equal(sends.length, 1);
    assert.equal(
      errors[1]?.message,
      'Event "page view" was not sent: header "agent" has 8194 bytes, of 8192 that one from the event may have. Mend the mapping value, and send the event again.',
    );
    const long = 'x'.repeat(20_000);
    assert.equal(first((await sent({ kafka: { headers: { long } } })).sends).headers['long'], long);
  });
});

describe('the topic of a record', () => {
  const topic = { value: 'data.region', topics: ['eu', 'us'] };
  const of = (region: unknown) => ({ data: { region: region as string } });

  it('is one of those that are declared, and the dead letters have the others', async () => {
    const { sends, errors } = await sent({
      kafka: { topic, key: 'user.id' },
      settings: { deadLetter: { topic: 'dead' } },
      events: [of('us'), of('uk'), of('eu'), of(undefined), of('../\n\u001b'), of('dead')],
    });
    assert.deepEqual(errors, Array(6).fill(undefined));
    assert.deepEqual(
      sends.map((one) => [one.topic, one.headers['walkeros-dead-letter-topic'], one.key]).sort(),
      [
        ['dead', '(unknown)', 'us3r'],
        ['dead', '../\\u000a\\u001b', 'us3r'],
        ['dead', 'dead', 'us3r'],
        ['dead', 'uk', 'us3r'],
        ['eu', undefined, 'us3r'],
        ['us', undefined, 'us3r'],
      ],
    );
    const letter = sends.find(({ headers }) => headers['walkeros-dead-letter-topic'] === 'uk');
    assert.equal(letter?.headers['walkeros-dead-letter-code'], 'TOPIC_UNDECLARED');
    assert.equal(
      letter.headers['walkeros-dead-letter-message'],
      'Event "page view" was not sent: the mapping value of settings.kafka.topic gives the topic "uk", and may give "eu", "us". Add the topic to `topics` if events belong there.',
    );
  });

  it('fails the push where there are no dead letters', async () => {
    const { sends, errors } = await sent({ rule: { topic }, events: [of('us'), of('uk')] });
    assert.equal(sends.length, 1);
    assert.equal(errors[1]?.code, 'TOPIC_UNDECLARED');
    assert.match(
      errors[1].message,
      /the mapping value of settings.topic of its mapping rule gives the topic "uk"/,
    );
  });

  it('may begin with a prefix, a hundred of them, and never with two underscores', async () => {
    const events = Array.from({ length: 102 }, (_, n) => of(`eu-${n}`));
    const { errors } = await sent({
      kafka: { topic: { ...topic, prefix: 'eu-' } },
      events: [...events, of('eu-5'), of('eu')],
    });
    assert.deepEqual(
      errors.map((error) => error?.code).filter((code) => code !== undefined),
      ['TOPIC_UNDECLARED', 'TOPIC_UNDECLARED'],
    );
    // Names that no topic can have took up the hundred, and each was asked for at the cluster.
    const strange = Array.from({ length: 100 }, (_, n) => of(`eu-../${n}\u0007`));
    const refused = await sent({
      kafka: { topic: { ...topic, prefix: 'eu-' } },
      events: [...strange, of(`eu-${'x'.repeat(247)}`), of(`eu-${'x'.repeat(246)}`)],
    });
    assert.deepEqual(
      refused.errors.map((error) => error?.code),
      [...Array<string>(101).fill('TOPIC_UNDECLARED'), undefined],
    );
    const own = await sent({
      kafka: { topic: { ...topic, prefix: '_' } },
      events: [of('__consumer_offsets'), of('_x')],
    });
    assert.deepEqual(
      own.errors.map((error) => error?.code),
      ['TOPIC_UNDECLARED', undefined],
    );
  });
});

describe('a tombstone', () => {
  it('has its key, and no value', async () => {
    const { sends } = await sent({
      kafka: { headers: { team: 'web' } },
      rule: { tombstone: true, key: 'user.id', headers: { why: { key: 'trigger' } } },
    });
    assert.deepEqual(first(sends), {
      ...{ topic: 'events', key: 'us3r', value: null, timestamp: 1_700_000_000_123 },
      headers: { team: 'web', why: 'load' },
    });
  });

  it('has no form, whatever the others have: no schema is asked for, and no header says what is not there', async () => {
    const values: readonly Settings['value'][] = [
      undefined,
      { format: 'cloudevents', mode: 'binary', source: 'shop' },
      { format: 'cloudevents', mode: 'structured', source: 'shop' },
      { format: 'avro', registry: { url: 'http://127.0.0.1:1' } },
    ];
    for (const value of values) {
      const { sends, errors } = await sent({
        settings: { ...(value && { value }) },
        kafka: { headers: { team: 'web' } },
        rule: { tombstone: true, key: 'user.id' },
      });
      assert.deepEqual(errors, [undefined]);
      assert.deepEqual(first(sends), {
        ...{ topic: 'events', key: 'us3r', value: null, timestamp: 1_700_000_000_123 },
        headers: { team: 'web' },
      });
    }
  });

  it('without its key fails alone, and never erases the name of the event', async () => {
    for (const key of ['user.id', ['user.id', 'user.device']]) {
      const { sends, errors } = await sent({
        kafka: { key },
        rule: { tombstone: true },
        settings: { deadLetter: { topic: 'dead' } },
        events: [{ user: {} }, {}],
      });
      assert.equal(sends.length, 1);
      assert.equal(errors[0]?.code, 'KEY_MISSING');
      assert.equal(errors[0].retriable, false);
      assert.match(
        errors[0].message,
        /^Event "page view" \(1f0c2a9d4b7e8f31\) erases nothing: settings\.kafka\.key( \("user\.id"\))? finds no key in it, and a tombstone has nothing else\. Send the event again with its key\.$/,
      );
    }
  });
});

it('a simulation shows the partition of a key, where setup says how many there are', async () => {
  const setup = { numPartitions: 6, replicationFactor: 1, topics: { orders: { numPartitions: 12 } } };
  const partitionOf = async (kafka: Kafka, rule: RuleSettings = {}, of: Setup | undefined = setup) =>
    first((await sent({ kafka, rule, ...(of && { setup: of }) })).sends).partition;
  // As Java's producer has it.
  assert.equal(await partitionOf({ key: 'user.id' }), 4);
  assert.equal(await partitionOf({ key: ['id'] }, { topic: 'orders' }), 11);
  assert.equal(await partitionOf({ key: false }), undefined);
  assert.equal(await partitionOf({ key: 'user.id' }, { topic: 'others' }), undefined);
});
