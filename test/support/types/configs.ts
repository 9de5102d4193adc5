import { schemas } from '../../../src/dev.ts';
import type { Editor } from './editor.ts';

/** Configurations as users write them into `startFlow({ … })`, for the compiler and for its language service. */

/** As much as is required, and one of everything. */
const goodConfigs: readonly string[] = [
  `{ settings: { kafka } }`,
  `{
    settings: {
      kafka: {
        ...kafka,
        acks: 1,
        ssl: { servername: 'kafka1', minVersion: 'TLSv1.2' },
        sasl: { mechanism: 'oauthbearer', oauthBearerProvider: () => Promise.resolve({ value: 'token' }) },
        retry: { retries: 1 },
        headers: { team: 'web' },
        clientId: undefined,
      },
      value: { format: 'avro', registry: { url: ['https://one:8081', 'https://two:8081'] } },
      deadLetter: { topic: 'events-dead' },
      spool: { path: '/var/lib/walkeros/kafka.spool', mode: 'always' },
      telemetry: { traceparent: 'ingest.traceparent' },
    },
    mapping: {
      order: {
        complete: { name: 'purchase', data: { map: { id: 'data.id' } }, settings: { topic: 'orders', key: 'data.id' } },
        refund: [{ condition: () => true, settings: { value: { format: 'json' } } }, { ignore: true }],
      },
      '*': { '*': { batch: 5 } },
    },
    setup: { numPartitions: 6, replicationFactor: 3, topics: { orders: {}, 'events-dead': { numPartitions: 1 } } },
    consent: { marketing: true }, timeout: 20_000, batch: { size: 500 }, breaker: 5, policy: { 'user.id': 'user.hash' },
  }`,
  `{ settings: { kafka }, setup: false }`,
];

interface Mistake {
  readonly what: string;
  readonly config: string;
  /** What the compiler underlines. */
  readonly at: string;
}

const inKafka = (setting: string): string => `{ settings: { kafka: { ...kafka, ${setting} } } }`;
const inSettings = (setting: string): string => `{ settings: { kafka, ${setting} } }`;
const inRule = (rule: string): string => `{ settings: { kafka }, mapping: { order: { complete: ${rule} } } }`;
const inSetup = (setup: string): string => `{ settings: { kafka }, setup: ${setup} }`;
const beside = (field: string): string => `{ settings: { kafka }, ${field} }`;

const mistakes: readonly Mistake[] = [
  { what: 'no settings', config: '{ }', at: '{ }' },
  { what: 'no kafka', config: '{ settings: {} }', at: 'settings' },
  { what: 'no topic', config: "{ settings: { kafka: { brokers: ['kafka1:9092'] } } }", at: 'kafka' },
  { what: 'no brokers', config: "{ settings: { kafka: { topic: 'events' } } }", at: 'kafka' },
  { what: 'brokers as text', config: inKafka("brokers: 'kafka1:9092'"), at: 'brokers' },
  { what: 'a misspelt setting', config: inKafka("compresion: 'gzip'"), at: 'compresion' },
  { what: 'a setting one level off', config: inSettings("topic: 'events'"), at: 'topic' },
  { what: 'a codec that Kafka has not', config: inKafka("compression: 'brotli'"), at: 'compression' },
  { what: "acks in Kafka's own words", config: inKafka("acks: 'all'"), at: 'acks' },
  { what: 'a number as text', config: inKafka("linger: '5'"), at: 'linger' },
  { what: 'a boolean as text', config: inKafka("idempotent: 'true'"), at: 'idempotent' },
  { what: 'a header that is a number', config: inKafka('headers: { version: 1 }'), at: 'version' },
  { what: 'a key that is a number', config: inKafka('key: 5'), at: 'key' },
  { what: 'a number for retry', config: inKafka('retry: 5'), at: 'retry' },
  { what: 'a misspelt field of retry', config: inKafka('retry: { maxRetries: 5 }'), at: 'maxRetries' },
  { what: 'ssl as text', config: inKafka("ssl: 'true'"), at: 'ssl' },
  { what: 'an unknown field of ssl', config: inKafka("ssl: { caFile: '/ca.pem' }"), at: 'caFile' },
  { what: 'an unknown mechanism', config: inKafka("sasl: { mechanism: 'gssapi' }"), at: 'mechanism' },
  {
    what: 'a login without mechanism',
    config: inKafka("sasl: { username: 'me', password: 'mine' }"),
    at: 'sasl',
  },
  {
    what: 'an unknown field of sasl',
    config: inKafka("sasl: { mechanism: 'plain', user: 'me' }"),
    at: 'user',
  },
  {
    what: 'a token endpoint without client',
    config: inKafka("sasl: { mechanism: 'oauthbearer', oauth: { tokenEndpoint: 'https://idp/token' } }"),
    at: 'oauth',
  },
  {
    what: 'a provider that answers with text',
    config: inKafka("sasl: { mechanism: 'oauthbearer', oauthBearerProvider: async () => 'token' }"),
    at: 'oauthBearerProvider',
  },
  { what: 'a format in capitals', config: inSettings("value: { format: 'AVRO' }"), at: 'format' },
  { what: 'the format alone', config: inSettings("value: 'avro'"), at: 'value' },
  {
    what: 'the registry as text',
    config: inSettings("value: { format: 'avro', registry: 'https://registry:8081' }"),
    at: 'registry',
  },
  {
    what: 'a registry without URL',
    config: inSettings("value: { format: 'avro', registry: {} }"),
    at: 'registry',
  },
  {
    what: 'an unknown field of the registry',
    config: inSettings("value: { registry: { url: 'https://registry:8081', username: 'me' } }"),
    at: 'username',
  },
  {
    what: 'a login at the registry without client',
    config: inSettings(
      "value: { registry: { url: 'https://registry:8081', auth: { oauth: { tokenEndpoint: 'https://idp/token' } } } }",
    ),
    at: 'oauth',
  },
  { what: 'a spool that is only switched on', config: inSettings('spool: true'), at: 'spool' },
  { what: 'a spool without path', config: inSettings("spool: { mode: 'always' }"), at: 'spool' },
  {
    what: 'an unknown mode of the spool',
    config: inSettings("spool: { path: '/spool', mode: 'never' }"),
    at: 'mode',
  },
  {
    what: 'the dead-letter topic as text',
    config: inSettings("deadLetter: 'events-dead'"),
    at: 'deadLetter',
  },
  { what: 'dead letters without topic', config: inSettings('deadLetter: {}'), at: 'deadLetter' },
  {
    what: 'a misspelt field of telemetry',
    config: inSettings("telemetry: { traceParent: 'a' }"),
    at: 'traceParent',
  },
  { what: 'a misspelt rule setting', config: inRule("{ settings: { topics: 'orders' } }"), at: 'topics' },
  { what: 'a rule setting of the wrong type', config: inRule('{ settings: { topic: 5 } }'), at: 'topic' },
  {
    what: 'a wrong setting in one of several rules',
    config: inRule("[{ settings: { value: { mode: 'text' } } }]"),
    at: 'mode',
  },
  { what: 'a misspelt field of a rule', config: inRule("{ setting: { topic: 'orders' } }"), at: 'setting' },
  { what: 'setup: true', config: inSetup('true'), at: 'setup' },
  { what: 'setup without replicationFactor', config: inSetup('{ numPartitions: 6 }'), at: 'setup' },
  {
    what: 'partitions as text',
    config: inSetup("{ numPartitions: '6', replicationFactor: 3 }"),
    at: 'numPartitions',
  },
  {
    what: 'an unknown field of a topic to create',
    config: inSetup('{ numPartitions: 6, replicationFactor: 3, topics: { orders: { partitions: 6 } } }'),
    at: 'partitions',
  },
  {
    what: 'a type of schema in small letters',
    config: inSetup(
      "{ numPartitions: 6, replicationFactor: 3, schemaRegistry: { url: 'https://registry:8081', subject: 'a', schemaType: 'avro', schema: '{}' } }",
    ),
    at: 'schemaType',
  },
  { what: 'config.timeout as text', config: beside("timeout: '10000'"), at: 'timeout' },
  { what: 'config.batch as text', config: beside("batch: '5'"), at: 'batch' },
  { what: 'a misspelt field of config', config: beside('breakers: 5'), at: 'breakers' },
  { what: 'config.credentials, which nobody reads', config: beside('credentials: {}'), at: 'credentials' },
];

/** As many lines before the first flow. */
const head = (name: string): string => `
  import { startFlow } from '@walkeros/collector';
  import { ${name} } from 'walkeros-destination-kafka';
  const kafka = { brokers: ['kafka1:9092'], topic: 'events' };`;
const firstLine = 4;

/** A flow a line. */
const flows = (before: string, configs: readonly string[], after: string): string =>
  configs
    .map(
      (config) =>
        `void startFlow({ destinations: { kafka: ${before}${config.replace(/\s+/g, ' ')}${after} } });`,
    )
    .join('\n');

const byHelper = (configs: readonly string[]): string =>
  `${head('kafkaDestination')}\n${flows('kafkaDestination(', configs, ')')}`;

const byHand = (configs: readonly string[]): string =>
  `${head('destinationKafka')}\n${flows('{ code: destinationKafka, config: ', configs, ' }')}`;

const wrong = mistakes.map(({ config }) => config);

/** What an editor has open, by name. */
export const sources = {
  'good-by-helper': byHelper(goodConfigs),
  'good-by-hand': byHand(goodConfigs),
  'wrong-by-helper': byHelper(wrong),
  'wrong-by-hand': byHand(wrong),
  'every-setting': everySetting().source,
};

/** Each mistake that an editor underlines, and where it does. */
export const refusals = (editor: Editor, file: string): string[] =>
  editor
    .underlined(file)
    .map(({ line, text }) => `${mistakes[line - firstLine]?.what ?? `line ${line}`}: ${text}`);

export const allRefusals: readonly string[] = mistakes.map(({ what, at }) => `${what}: ${at}`);

/** The settings that hovering over them does not explain with their description and their default. */
export function unexplained(editor: Editor, file: string): string[] {
  return everySetting().places.flatMap(({ path, offset, description, fallback }) => {
    const expected = [
      description,
      ...(fallback === undefined ? [] : [`@default ${JSON.stringify(fallback)}`]),
    ].join(' ');
    const shown = editor.hover(file, offset).replaceAll('\n', ' ');
    return shown === expected ? [] : [`${path}: ${shown}`];
  });
}

/** What hovering over a setting shows. */
export function shownOf(editor: Editor, file: string, path: string): string | undefined {
  const place = everySetting().places.find((each) => each.path === path);
  return place && editor.hover(file, place.offset);
}

/** A setting in `every-setting`, and what its schema says of it. */
interface Place {
  readonly path: string;
  readonly offset: number;
  readonly description: string;
  readonly fallback: unknown;
}

/** The parts of a JSON schema that are looked at. */
interface Node {
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: Node | boolean;
  readonly description?: string;
  readonly default?: unknown;
}

/** A configuration that names every setting, also in what has names that users choose. */
function everySetting(): { readonly source: string; readonly places: readonly Place[] } {
  const places: Place[] = [];
  let source = `${head('kafkaDestination')}\ndeclare const some: never;\n`;
  const write = (node: Node, path: string): void => {
    const { properties, additionalProperties } = node;
    if (typeof additionalProperties === 'object' && additionalProperties.properties) {
      source += '{ chosen: ';
      write(additionalProperties, `${path}.chosen`);
      source += ' }';
    } else if (properties) {
      source += '{ ';
      for (const [name, inside] of Object.entries(properties)) {
        const { description = '(no description)', default: fallback } = inside;
        const here = { path: `${path}.${name}`, offset: source.length };
        places.push({ ...here, description, fallback: inside.properties ? undefined : fallback });
        source += `${name}: `;
        write(inside, here.path);
        source += ', ';
      }
      source += '}';
    } else source += 'some';
  };
  source += 'kafkaDestination({ settings: ';
  write(schemas.settings as Node, 'settings');
  source += ', mapping: { order: { complete: { settings: ';
  write(schemas.mapping as Node, 'rule');
  source += ' } } }, setup: ';
  write(schemas.setup as Node, 'setup');
  return { source: `${source} });`, places };
}
