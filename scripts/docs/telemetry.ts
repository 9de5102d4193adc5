import { catalogue } from '../../src/telemetry/catalogue.ts';
import { attributes, metrics, type AttributeName, type MetricSpec } from '../../src/telemetry/metrics.ts';
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

export function linesText(): string {
  const rows = Object.values(catalogue).flatMap(({ help, line }) =>
    line ? [[line.level, help, line.act]] : [],
  );
  return table(['Level', 'When', 'What to do'], rows);
}

function code(name: AttributeName): string {
  return `\`${name}\``;
}
