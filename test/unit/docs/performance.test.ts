import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { getByPath } from '@walkeros/core';
import { readArguments } from '../../../bench/arguments.ts';
import { partNames, parts } from '../../../bench/parts.ts';
import { settingsSchema } from '../../../src/config/schema.ts';
import { metrics } from '../../../src/telemetry/metrics.ts';
import { textOf } from '../../support/docs/pages.ts';
import { fenced } from '../../support/docs/fenced.ts';

/** The rows of the table behind a heading, cell by cell. */
function rowsBehind(heading: string): string[][] {
  const table =
    textOf('docs/performance.md')
      .split(heading)[1]
      ?.match(/^\|.*\n(?:\|.*\n)+/m)?.[0] ?? '';
  const rows = table.trim().split('\n').slice(2);
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}
const code = (cell: string | undefined): string => cell?.replaceAll('`', '') ?? '';

describe('docs/performance.md', () => {
  it('names settings that there are, with their defaults', () => {
    const whole = settingsSchema.parse({
      kafka: { brokers: ['kafka1:9092'], topic: 'events' },
      spool: { path: '/var/lib/kafka.spool' },
    });
    const rows = rowsBehind('## Which setting matters when');
    assert.equal(rows.length, 10);
    for (const [setting, fallback] of rows)
      assert.equal(code(fallback), JSON.stringify(getByPath(whole, code(setting))), setting);
  });

  it('names metrics that there are', () => {
    const names = Object.values(metrics).map(({ name }): string => name);
    const shown = rowsBehind('## What to look at').map(([metric]) => code(metric));
    assert.equal(shown.length, 6);
    assert.deepEqual(
      shown.filter((name) => !names.includes(name)),
      [],
    );
  });

  it('names every part of the bench, by its title', async () => {
    const loaded = await Promise.all(partNames.map(async (name) => [name, (await parts[name]()).title]));
    assert.deepEqual(
      rowsBehind('## Measure').map(([part, title]) => [code(part), title]),
      loaded,
    );
  });

  it('shows commands that the bench understands', () => {
    const [block = ''] = fenced('performance.md', 'sh');
    const commands = block.trim().split('\n');
    const asked = commands.map((line) => {
      const [, words = ''] = /^npm run bench(?: -- ([^#]*))?/.exec(line) ?? assert.fail(line);
      const { parts, rounds, quick, row, profile } = readArguments(words.split(/\s+/).filter(Boolean));
      return { parts: parts.length, rounds, quick, row, profile };
    });
    assert.deepEqual(asked, [
      { parts: 11, rounds: 3, quick: false, row: '', profile: false },
      { parts: 9, rounds: 1, quick: true, row: '', profile: false },
      { parts: 2, rounds: 5, quick: false, row: '', profile: false },
      { parts: 1, rounds: 3, quick: false, row: 'lz4', profile: true },
    ]);
  });
});
