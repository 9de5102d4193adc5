import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { readSpool } from '../../../src/spool/status.ts';
import { eventually } from '../../support/eventually.ts';
import { tempFolder } from '../../support/temp.ts';
import { openOn } from '../telemetry/runtime.ts';
import { filled, keep, open, record } from './file-spool.ts';

/** What one flipped bit may do to a row, where no check of SQLite sees it, and the words that are told of it. */
const damages: [what: string, sql: string, words: RegExp][] = [
  [
    'headers that are no JSON',
    "UPDATE records SET headers = '{!' WHERE id = 2",
    /a damaged record, row 2 of Kafka topic "events" \(its headers are no JSON\)/,
  ],
  [
    'headers that are no texts',
    "UPDATE records SET headers = '[7]' WHERE id = 2",
    /row 2 .*no texts by name/,
  ],
  [
    'an id that JavaScript cannot count',
    'UPDATE records SET id = 9007199254740999 WHERE id = 2',
    /row 9007199254740999 .*its id or its timestamp is none/,
  ],
  ['an id below the first', 'UPDATE records SET id = -2 WHERE id = 2', /row -2 /],
  [
    'a timestamp that is none',
    'UPDATE records SET timestamp = 9223372036854775807 WHERE id = 2',
    /row 2 .*its id or its timestamp is none/,
  ],
  [
    'a topic that is not in the file',
    'UPDATE records SET topic = 77 WHERE id = 2',
    /row 2 .*its topic is not in the file/,
  ],
];

/** One such row stopped its partition for ever, or the file could not be opened at all. */
describe('a spool with a damaged row', () => {
  for (const [what, sql, words] of damages)
    it(`sets it aside, names it, and delivers the others: ${what}`, async () => {
      const path = join(tempFolder(), 'spool.db');
      await filled(path, 4);
      const database = new DatabaseSync(path);
      database.exec(sql);
      assert.equal(database.prepare('PRAGMA integrity_check').get()?.integrity_check, 'ok');
      database.close();

      const { runtime, cluster, log } = await openOn({}, {}, { spool: { path } });
      try {
        await runtime.connect();
        const values = () => cluster.records('events').map(({ value }) => String(value).trim());
        await eventually('the others are delivered', () => values().length === 3);
        assert.deepEqual(values(), ['0', '2', '3']);
        await eventually('it is said that all was delivered', () =>
          log.some((line) => line.includes('everything in the spool was delivered')),
        );
        const told = log.filter((line) => line.includes('damaged record'));
        assert.equal(told.length, 1);
        assert.match(told[0] ?? '', words);
        const { records, refused } = await readSpool(path);
        assert.deepEqual({ records, refused }, { records: 0, refused: 1 });
      } finally {
        await runtime.close();
      }
      const again = await openOn({}, {}, { spool: { path } });
      await again.runtime.connect();
      await again.runtime.close();
    });

  it('that was kept at a time that is none can be looked at', async () => {
    const path = join(tempFolder(), 'spool.db');
    await filled(path, 2);
    const database = new DatabaseSync(path);
    database.exec('UPDATE records SET kept_at = 9223372036854775807');
    database.close();
    assert.equal((await readSpool(path)).records, 2);
  });
});

describe('the row of a record without a key, or without a value', () => {
  // Version 0.1.0 reads null in a column as empty, and would send a tombstone as an empty value.
  it('has headers that an earlier version takes for damaged, in a file that it opens', async () => {
    const path = join(tempFolder(), 'spool.db');
    const spool = await open(path);
    await keep(spool, 1, { ...record('v'), key: null });
    await keep(spool, 2, { ...record(''), value: null });
    await keep(spool, 3, { ...record(''), key: null, value: null });
    await spool.close();
    const database = new DatabaseSync(path);
    assert.equal(database.prepare('PRAGMA user_version').get()?.user_version, 1);
    const rows = database.prepare('SELECT headers, hex(key) AS key, hex(value) AS value FROM records').all();
    database.close();
    assert.deepEqual(
      rows.map((row) => ({ ...row })),
      [
        { headers: 'key {}', key: '', value: '76' },
        { headers: 'value {}', key: '6B', value: '' },
        { headers: 'key value {}', key: '', value: '' },
      ],
    );
  });
});
