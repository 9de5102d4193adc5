import { alerts } from '../../src/telemetry/alerts.ts';
import { catalogue } from '../../src/telemetry/catalogue.ts';
import { attributes, metrics, type MetricSpec } from '../../src/telemetry/metrics.ts';
import { table } from './table.ts';

/** docs/telemetry.md: the metrics and the log lines, from the catalogue they are made of. */
export function metricsText(): string {
  const specs = Object.values<MetricSpec>(metrics);
  const rows = specs.map(({ name, kind, unit, help, attributes }) => [
    `\`${name}\``,
    kind,
    `\`${unit}\``,
    help,
    attributes.map(code).join(' ') || '–',
  ]);
  const names = Object.entries<string>(attributes);
  return [
    table(['Metric', 'Kind', 'Unit', 'Meaning', 'Attributes'], rows),
    'All have `walkeros.destination.id`. What the attributes say:',
    table(
      ['Attribute', 'Value'],
      names.map(([name, meaning]) => [`\`${name}\``, meaning]),
    ),
  ].join('\n\n');
}

export function alertsText(): string {
  const rows = alerts.map(({ name, when, because }) => [`\`${name}\``, when, because]);
  return table(['Alert', 'When', 'Because'], rows);
}

export function linesText(): string {
  const rows = Object.values(catalogue).flatMap((entry) =>
    entry.level
      ? [[entry.level, beginning(String(entry.text(anything as never))), entry.help, entry.act]]
      : [],
  );
  return table(['Level', 'Begins with', 'When', 'What to do'], rows);
}

/** Stands in for every notice and all that is in it: as text it is `…`, and so is what it answers. */
const anything: object = new Proxy(() => undefined, {
  get: (_target, name) => (name === Symbol.toPrimitive ? () => '…' : anything),
  apply: () => anything,
});

/** The first sentence of a line, to search for. Of a line that is the message of an error nothing is known beforehand. */
function beginning(line: string): string {
  const [sentence = ''] = line.replaceAll('NaN', '…').split(/(?<=[a-z"]\.) |(?<=more:) /);
  return sentence.startsWith('…') ? "the error's message" : code(sentence);
}

function code(text: string): string {
  return `\`${text}\``;
}
