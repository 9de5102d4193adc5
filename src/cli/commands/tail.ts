import { UsageError, type Arguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import {
  configuredDestination,
  destinationOption,
  flowRequest,
  plainConnection,
  plainRegistry,
} from '../flow/configured.ts';
import type { Login } from '../flow/login.ts';
import { filterOf } from '../reading/filter.ts';
import { recordJson, recordParts } from '../reading/show.ts';
import { tailTopic, type Shown } from '../reading/tail.ts';
import type { Terminal } from '../terminal.ts';
import { KafkaError, kafkaErrorOf } from '../../model/errors.ts';

export const tail: Command = {
  name: 'tail',
  summary: 'Shows the records of a topic as they come, decoded.',
  positionals: ['<topic>'],
  options: {
    brokers: { value: '<host:port,…>', help: 'The cluster, without a flow.' },
    flow: { value: '<flow.json>', help: 'The cluster, login and schema registry of a flow.' },
    destination: destinationOption,
    registry: {
      value: '<url>',
      help: 'The schema registry, where it asks for no login. Default: those of the flow.',
    },
    'from-beginning': { help: 'From the first record that the topic still has.' },
    since: {
      value: '<time>',
      help: 'From a time on: 2026-11-23T08:00:00Z, or how long ago: 90s, 15m, 6h, 2d.',
    },
    'to-end': { help: 'Ends at what is the end now, instead of waiting for more.' },
    limit: { value: '<n>', help: 'Ends after so many records.' },
    key: { value: '<key>', help: 'Only this key; * stands for any text.' },
    event: { value: '<name>', help: 'Only events of this name, such as "order complete" or "order *".' },
    header: {
      value: '<name=value>',
      help: 'Only with this header; more than once: with all of them.',
      many: true,
    },
    json: { help: 'One JSON object a line, with headers.' },
  },
  notes: [
    'Avro, JSON Schema and Protobuf are decoded by the schemas of the registry: the one of settings.value (or of a mapping',
    'rule), else of config.setup. What cannot be decoded is shown as "schema 7" and its bytes in base64.',
    'It joins no consumer group and commits nothing. A line has the time of the event, partition/offset, key and value.',
    'Ctrl-C ends it.',
  ],
  examples: {
    'tail walkeros-events --brokers kafka1:9092': 'What is written from now on',
    'tail orders --flow flow.json --since 15m --event "order *" --json | jq .value.data.total':
      'The totals of the orders of the last quarter of an hour, and of all that follow',
    'tail walkeros-events --flow flow.json --from-beginning --to-end --key us3r': 'All of one key',
    'tail orders --brokers kafka1:9092 --registry http://registry:8081':
      'Values in Avro, JSON Schema or Protobuf, without a flow',
  },
  async run(words, terminal, login) {
    const topic = words.at(0);
    const { connection, registries } = await clusterOf(words, topic, terminal, login);
    const limit = words.count('limit') ?? Infinity;
    const inWords = (error: KafkaError): KafkaError =>
      words.has('brokers') ? errorOfTyped(error, login) : error;
    const records = tailTopic({
      connection,
      registries,
      topic,
      from: words.has('from-beginning') ? 'first' : (words.time('since', Date.now()) ?? 'end'),
      toEnd: words.has('to-end'),
      filter: filterOf({
        key: words.text('key'),
        event: words.text('event'),
        headers: words.texts('header'),
      }),
      signal: terminal.stop,
      onTrouble: once((error) => terminal.note(`walkeros-kafka: ${inWords(error).message} Waiting for it.`)),
      onRules: (message) => terminal.note(`walkeros-kafka: ${message}`),
      onUndecoded: (error) => {
        if (!terminal.stop.aborted) terminal.note(`walkeros-kafka: ${error.message} Shown as bytes.`);
      },
    });
    const asJson = words.has('json');
    let shown = 0;
    try {
      for await (const one of records) {
        await terminal.print(asJson ? recordJson(one.record, one.decoded) : lineOf(one, terminal));
        shown += 1;
        if (shown === limit) break;
      }
    } catch (thrown) {
      throw inWords(kafkaErrorOf(thrown));
    }
    return 0;
  },
};

async function clusterOf(words: Arguments, topic: string, terminal: Terminal, login: Login | undefined) {
  const [brokers, flow] = [words.text('brokers'), words.text('flow')];
  if ((brokers === undefined) === (flow === undefined))
    throw new UsageError('tell the cluster with either --brokers or --flow');
  if (words.has('from-beginning') && words.has('since'))
    throw new UsageError('--from-beginning and --since exclude each other');
  const url = words.text('registry');
  const named = url === undefined ? undefined : settingsOfTyped(() => plainRegistry(url));
  if (flow === undefined) {
    const addresses = (brokers ?? '').split(',').map((address) => address.trim());
    const connection = settingsOfTyped(() => plainConnection(addresses, topic, login));
    return { connection, registries: named ?? [] };
  }
  const { options, registries } = await configuredDestination(flowRequest(words, terminal, login, flow));
  return { connection: options.connection, registries: named ?? registries };
}

function lineOf({ record, decoded }: Shown, terminal: Terminal): string {
  const { time, place, key, format, value } = recordParts(record, decoded);
  return [
    terminal.paint('dim', `${time}  ${place.padEnd(8)}`),
    terminal.paint('cyan', key),
    `${terminal.paint('yellow', format)}${value}`,
  ].join('  ');
}

/** Leaves out a message that is the same as the last one. */
function once(tell: (error: KafkaError) => void): (error: KafkaError) => void {
  let last = '';
  return (error) => {
    if (error.message !== last) tell(error);
    last = error.message;
  };
}

/** Settings in messages, as the command line calls them. */
const names: readonly (readonly [setting: RegExp, typed: string])[] = [
  [/settings\.kafka\.brokers(\[\d+\])?/g, '--brokers'],
  [/settings\.kafka\.topic/g, '<topic>'],
  [/settings\.value\.registry\.url/g, '--registry'],
  [/put those into auth/g, 'the login of a registry stands in a flow file, which --flow names'],
];

const inTypedWords = (text: string): string =>
  names.reduce((message, [setting, typed]) => message.replace(setting, typed), text);

/** @throws UsageError for settings that are wrong, in the words of the command line */
function settingsOfTyped<Settings>(make: () => Settings): Settings {
  try {
    return make();
  } catch (thrown) {
    // The first line is a title, one problem on each of the others.
    const problems = new Set(kafkaErrorOf(thrown).message.split('\n').slice(1).map(inTypedWords));
    throw new UsageError([...problems].join('; '));
  }
}

function errorOfTyped(error: KafkaError, login: Login | undefined): KafkaError {
  const secure =
    /settings\.kafka\.(ssl|sasl)/.test(error.message) && login === undefined
      ? ' TLS and a login stand in a file: take --login, or --flow.'
      : '';
  const { code, topic, kafkaCode, detail } = error;
  const message = inTypedWords(error.message) + secure;
  return new KafkaError(code, message, { topic, kafkaCode, detail, cause: error });
}
