import { UsageError, type Arguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { destinationOption, flowRequest } from '../flow/configured.ts';
import { checkSchemas, type SchemaCheck, type Status, type SubjectFinding } from '../schema/check.ts';
import { eventsOfFile, type NamedEvent } from '../schema/events.ts';
import { Stopped, unlessStopped } from '../stopping.ts';
import { counted, type Terminal } from '../terminal.ts';
import { reasonOf } from '../../model/errors.ts';
import { printable, printableJson } from '../../model/foreign.ts';

export const schemaCheck: Command = {
  name: 'schema check',
  summary: 'Says what a change of schemas breaks, before it is deployed.',
  positionals: ['<flow.json>'],
  options: {
    destination: destinationOption,
    events: {
      value: '<file.ndjson>',
      help: 'Events to try, one a line, beside the step examples of the flow.',
    },
    json: { help: 'One JSON object instead of lines.' },
  },
  notes: [
    'Asks the registry about the schema of each topic, with all versions that the level of its subject demands, and tries events',
    'against it. It changes nothing. Exit code 1 where something breaks, 3 where nothing does and a registry could not be asked.',
  ],
  examples: {
    'schema check flow.json': 'In CI, before "walkeros setup" and the deployment',
    'schema check flow.json --events events.ndjson --json': 'With events of production, for another program',
  },
  async run(words, terminal, login) {
    const request = {
      ...flowRequest(words, terminal, login),
      events: eventsOf(words),
      signal: terminal.stop,
    };
    try {
      const check = await unlessStopped(checkSchemas(request), terminal.stop);
      await terminal.print(words.has('json') ? jsonOf(check) : textOf(check, terminal));
      return exitCodes[check.status];
    } catch (thrown) {
      if (thrown instanceof Stopped) return 1;
      throw thrown;
    }
  },
};

const exitCodes: Readonly<Record<Status, number>> = { ok: 0, break: 1, unknown: 3 };

async function* eventsOf(words: Arguments): AsyncGenerator<NamedEvent, void, undefined> {
  const path = words.text('events');
  if (path === undefined) return;
  try {
    yield* eventsOfFile(path);
  } catch (thrown) {
    throw new UsageError(`--events: the file cannot be read (${reasonOf(thrown)})`);
  }
}

const styles = { ok: 'green', break: 'red', unknown: 'yellow' } as const;
const margin = ' '.repeat(9);

function textOf({ subjects, events }: SchemaCheck, terminal: Terminal): string {
  const head = (status: Status): string =>
    terminal.paint(styles[status], status) + margin.slice(status.length);
  const lines = subjects.flatMap(({ status, subject, topics, schemaType, message, reasons }) => [
    `${head(status)}${printable(`${subject} (${[schemaType, ...topics.map((topic) => `topic "${topic}"`)].join(', ')}): ${message}`)}`,
    ...reasons.map((reason) => margin + printable(shortened(reason))),
  ]);
  const breaks = events.breaks.map(({ from, event, topic, reason }) => {
    const where = topic === undefined ? '' : `, topic "${topic}"`;
    return `${head('break')}${printable(`${from}: event "${event}"${where}: ${reason}`)}`;
  });
  const more = events.broken - events.breaks.length;
  return [
    ...lines,
    ...breaks,
    ...(more > 0 ? [`${margin}and ${counted(more, 'event')} more`] : []),
    '',
    subjects.length === 0
      ? 'No topic is written with a schema.'
      : [
          counted(subjects.length, 'schema'),
          ...counts(subjects),
          `${counted(events.ok, 'event')} ${events.ok === 1 ? 'fits' : 'fit'}, ${events.broken} ${events.broken === 1 ? 'does' : 'do'} not`,
          ...(events.skipped > 0 ? [`${events.skipped} not tried`] : []),
        ].join(', '),
  ].join('\n');
}

function counts(subjects: readonly SubjectFinding[]): string[] {
  const count = (status: Status) => subjects.filter((subject) => subject.status === status).length;
  const [broken, unknown] = [count('break'), count('unknown')];
  return [
    ...(broken > 0 ? [`${broken} of them ${broken === 1 ? 'breaks' : 'break'}`] : []),
    ...(unknown > 0 ? [`${unknown} not asked about`] : []),
  ];
}

/** Registries quote whole schemas. `--json` has all of it. */
const shortened = (reason: string): string => (reason.length > 500 ? `${reason.slice(0, 500)} …` : reason);

function jsonOf({ status, subjects, events }: SchemaCheck): string {
  return printableJson(JSON.stringify({ ok: status === 'ok', subjects, events }, undefined, 2));
}
