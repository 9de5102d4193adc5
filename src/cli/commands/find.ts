import { printable, printableJson } from '../../model/foreign.ts';
import type { DeadLetter } from '../dead-letters/dead-letter.ts';
import { UsageError, type Arguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import {
  find,
  type FindResult,
  type Refused,
  type Searched,
  type Spooled,
  type Stored,
} from '../find/search.ts';
import { Wanted } from '../find/wanted.ts';
import {
  configuredDestination,
  destinationOption,
  flowRequest,
  type Configured,
} from '../flow/configured.ts';
import { bytesText, decodedJson, recordJson, recordParts } from '../reading/show.ts';
import { counted, grouped, progressBar, type Terminal } from '../terminal.ts';

const day = 86_400_000;
/** Beyond the codes that all commands have: a script can tell "not there" from "could not look". */
const notSeen = 3;
const notSeenText =
  'not seen: it may be older, wait in the memory of a flow, or have been refused where nothing keeps such records';

export const findCommand: Command = {
  name: 'find',
  summary: 'Says where an event is: in its topic, the dead letters or the spool.',
  positionals: ['[event id]'],
  options: {
    flow: { value: '<flow.json>', help: 'The flow that wrote it.' },
    destination: destinationOption,
    key: {
      value: '<key>',
      help: 'Its key: then one partition of a topic is read. Alone: all records of this key.',
    },
    since: {
      value: '<time>',
      help: 'Not older than: 2026-11-23T08:00:00Z, or how long ago: 90s, 15m, 6h, 2d. Default 1d.',
    },
    until: { value: '<time>', help: 'Ends at the first record of that time. Default: at the end.' },
    topic: {
      value: '<topic>',
      help: 'Only in this one; more than once: in all of them. Default: all of the flow.',
      many: true,
    },
    limit: { value: '<n>', help: 'Ends after so many. Default 100.' },
    json: { help: 'One JSON object, with what was searched.' },
  },
  notes: [
    'It only reads: the topics, settings.deadLetter.topic, and the file of settings.spool on this machine. A record is the event',
    'where its value, a header or its key holds the id. The time is that of the record; one that came late may stand behind',
    '--until, and one that was written with another number of partitions outside the one of its --key.',
    'Exit code 0 found, 3 not seen, 1 not all could be searched, or Ctrl-C ended it before anything was found.',
  ],
  examples: {
    'find 1f0c2a9d4b7e8f31 --flow flow.json': 'An event of the last day',
    'find 1f0c2a9d4b7e8f31 --flow flow.json --key us3r --since 2h --until 1h':
      'The same in a second, where its key and hour are known',
    'find --key us3r --flow flow.json --since 15m --json': 'All of one visitor',
  },
  async run(words, terminal, login) {
    const [id, key] = [words.at(0) === '' ? undefined : words.at(0), words.text('key')];
    if (id === undefined && key === undefined)
      throw new UsageError('tell what to find: an event id, or --key');
    const path = words.text('flow');
    if (path === undefined) throw new UsageError('tell the flow with --flow <flow.json>');
    const [since, until] = timesOf(words, Date.now());
    const configured = await configuredDestination(flowRequest(words, terminal, login, path));
    const asJson = words.has('json');
    const named = words.texts('topic');
    const limit = words.count('limit') ?? 100;
    const result = await find(configured, {
      wanted: new Wanted(id, key),
      topics: named.length > 0 ? named : [...configured.topics],
      prefixes: named.length > 0 ? [] : configured.prefixes,
      since,
      until,
      limit,
      signal: terminal.stop,
      onStored: async (hit) => {
        if (!asJson) await terminal.print(storedText(hit, terminal));
      },
      onProgress: (done, all) => terminal.progress(progressBar(done, all, 'searching')),
      inWords: login?.inItsWords ?? ((message) => message),
      onNote: (message) => terminal.note(`walkeros-kafka: ${message}`),
    });
    terminal.progress(undefined);
    const found = result.stored.length + result.deadLetters.length + result.spooled.length > 0;
    const around = { configured, id, key, since, until, limit, found, terminal };
    await terminal.print(asJson ? jsonOf(result, around) : restText(result, around));
    if (found) return 0;
    return result.stopped || result.notSearched.length > 0 ? 1 : notSeen;
  },
};

function timesOf(words: Arguments, now: number): [since: number, until: number | undefined] {
  const since = words.time('since', now) ?? now - day;
  const until = words.time('until', now);
  if (until !== undefined && until <= since)
    throw new UsageError('--until must be later than --since, which is a day ago by default');
  return [since, until];
}

function storedText({ record, decoded, at }: Stored, terminal: Terminal): string {
  const parts = recordParts(record, decoded);
  const head = `${terminal.paint('green', 'stored')}  ${printable(record.topic)} ${parts.place}`;
  return hitText(head, parts.time, at, parts, terminal);
}

function hitText(
  head: string,
  time: string,
  at: string,
  { key, format, value }: ReturnType<typeof recordParts>,
  terminal: Terminal,
): string {
  return [
    head,
    terminal.paint('dim', time),
    `key ${terminal.paint('cyan', key)}${atText(at)}`,
    `${terminal.paint('yellow', format)}${value}`,
  ].join('  ');
}

/** Where else than an event has it. */
const atText = (at: string): string => (at === 'id' || at === 'key' ? '' : `  (${printable(at)})`);

interface Around {
  readonly configured: Configured;
  readonly id: string | undefined;
  readonly key: string | undefined;
  readonly since: number;
  readonly until: number | undefined;
  readonly limit: number;
  readonly found: boolean;
  readonly terminal: Terminal;
}

/** All but what is stored, which was shown as it came. */
function restText(result: FindResult, around: Around): string {
  const { found, limit, terminal } = around;
  const { stopped, more, deadLetters, spooled, searched, notSearched } = result;
  const reasons = [...Map.groupBy(notSearched, ({ reason }) => reason)];
  return [
    ...deadLetters.flatMap((one) => deadLetterText(one, result, around)),
    ...spooled.flatMap((one) => spooledText(one, around)),
    ...(stopped || !found
      ? [
          terminal.paint(
            'yellow',
            stopped ? `stopped: ${found ? 'there may be more' : 'not seen so far'}` : notSeenText,
          ),
        ]
      : []),
    ...(more ? [`the first ${grouped(limit)}; there are more`] : []),
    ...searched.map((one) => terminal.paint('dim', searchedText(one, around))),
    ...reasons.map(
      ([reason, them]) =>
        `not searched: ${them.map(({ where }) => printable(where)).join(', ')}: ${printable(reason)}`,
    ),
  ].join('\n');
}

function deadLetterText(
  { deadLetter, decoded, at, resent }: Refused,
  result: FindResult,
  around: Around,
): string[] {
  const { stored: record } = deadLetter;
  const parts = recordParts(record, decoded);
  const head = `${around.terminal.paint('red', 'dead letter')}  ${printable(record.topic)} ${parts.place}`;
  return [
    hitText(head, printable(deadLetter.time), at, parts, around.terminal),
    `    ${reasonText(deadLetter)}`,
    `    ${resentText(deadLetter, resent, result, around)}`,
  ];
}

function reasonText({ topic, code, message, attempts }: DeadLetter): string {
  const tries = counted(attempts, 'attempt');
  return `refused by "${printable(topic)}" after ${tries}: ${printable(code)}: ${printable(message)}`;
}

function resentText(
  { topic, timestamp }: DeadLetter,
  resent: boolean | undefined,
  { stored, searched, more }: FindResult,
  { since, until }: Around,
): string {
  if (resent === undefined) return 'whether it was re-sent is not known';
  if (!resent) return 'not re-sent: "dead-letters resend" sends it, once the cause is mended';
  const places = stored
    .filter(({ record }) => record.topic === topic)
    .map(({ record }) => `${record.partition}/${record.offset}`);
  const head = `re-sent to "${printable(topic)}"`;
  if (places.length > 0) return `${head}: ${places.join(', ')}`;
  // It has the time of the refused record there.
  const isSearched = searched.some(
    ({ where, whole, stopped }) => where === topic && !stopped && (whole || timestamp >= since),
  );
  return isSearched && !more && until === undefined
    ? `${head}, and not seen there`
    : `${head}; not all of that was searched`;
}

function spooledText(
  { record, deadLetter, decoded, at, waitsFor }: Spooled,
  { configured, terminal }: Around,
): string[] {
  const { topic, partition = 0, keptAt, timestamp, key, refused } = record;
  const stored = { topic, partition, offset: 0n, timestamp, key, value: null, headers: [] };
  const state = terminal.paint('yellow', refused === undefined ? 'in the spool' : 'refused');
  const since = `since ${keptAt.toISOString()}`;
  return [
    hitText(`${state}  for "${printable(topic)}"`, since, at, recordParts(stored, decoded), terminal),
    refused === undefined
      ? `    waits in ${configured.options.spool?.path ?? ''} for ${printable(waitsFor ?? '')}`
      : `    stays in ${configured.options.spool?.path ?? ''}: ${printable(refused)}`,
    ...(deadLetter === undefined ? [] : [`    ${reasonText(deadLetter)}`]),
  ];
}

function searchedText(
  { where, records, partitions, whole, stopped }: Searched,
  { since, until }: Around,
): string {
  const what = `searched: ${printable(where)}, `;
  const cut = stopped ? ', stopped before the end' : '';
  if (partitions === undefined) return `${what}${counted(records, 'record')}${cut}`;
  const { read, all } = partitions;
  const one = read.length === 1 && all > 1 ? `partition ${read.join()} of ${all}` : counted(all, 'partition');
  const back = whole ? 'from its first record on' : `since ${new Date(since).toISOString()}`;
  const end = until === undefined ? '' : ` until ${new Date(until).toISOString()}`;
  return `${what}${one}, ${counted(records, 'record')} ${back}${end}${cut}`;
}

function jsonOf(
  { stored, deadLetters, spooled, searched, notSearched, more, stopped }: FindResult,
  { id, key, since, until, found }: Around,
): string {
  const lists = {
    stored: stored.map(({ record, decoded, at }) => withField(recordJson(record, decoded), 'at', at)),
    deadLetters: deadLetters.map(({ deadLetter, decoded, at, resent = null }) => {
      const { topic, code, message, attempts, time } = deadLetter;
      const letter = withField(recordJson(deadLetter.stored, decoded), 'at', at);
      return withField(letter, 'refused', { topic, code, message, attempts, time, resent });
    }),
    spooled: spooled.map(({ record, decoded, at, waitsFor = null }) => {
      const { topic, partition = null, keptAt, timestamp, key: bytes, headers, refused = null } = record;
      const text = JSON.stringify({
        topic,
        partition,
        keptAt,
        timestamp,
        key: bytes && bytesText(bytes),
        headers: Object.entries(headers).map(([name, content]) => [name, bytesText(Buffer.from(content))]),
        at,
        waitsFor,
        refused,
      });
      return `${text.slice(0, -1)},"format":${JSON.stringify(decoded.format)},"value":${decodedJson(decoded)}}`;
    }),
  };
  const head = JSON.stringify({
    id,
    key,
    since: new Date(since).toISOString(),
    until: until === undefined ? undefined : new Date(until).toISOString(),
    found,
    stopped,
    more,
  });
  const parts = Object.entries(lists).map(([name, list]) => `"${name}":[${list.join()}]`);
  const tail = JSON.stringify({ searched, notSearched });
  return printableJson(`${head.slice(0, -1)},${parts.join()},${tail.slice(1)}`);
}

/** One more field of an object in JSON. */
const withField = (json: string, name: string, value: unknown): string =>
  `${json.slice(0, -1)},${JSON.stringify(name)}:${JSON.stringify(value)}}`;
