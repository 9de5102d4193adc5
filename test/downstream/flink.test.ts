import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { checks } from '../../examples/downstream/check.ts';
import { runSql } from '../../examples/downstream/flink/run.ts';
import { freshTopic, sharedBroker } from '../support/broker.ts';
import { readBack } from '../support/reader.ts';
import { realProducer } from '../support/real-producer.ts';

describe('Flink SQL', () => {
  it('counts events per minute by the time at which they happened', async () => {
    const [minutes] = await checks.flink((await sharedBroker()).brokers);
    assert.ok(minutes);
    assert.equal(minutes.found.length, 33);
    assert.deepEqual(minutes.found.at(-2), {
      minute: '2026-01-05T12:10',
      name: 'product add',
      events: 6,
      items: 12,
    });
    assert.deepEqual(minutes.found, minutes.expected);
  });

  it('loses the row of a key whose tombstone it reads, with upsert-kafka', async () => {
    const { brokers } = await sharedBroker();
    const [profiles, seen] = [await freshTopic('profiles'), await freshTopic('seen')];
    const { send, close } = await realProducer(brokers);
    await send(profiles, 'erased', '{"name":"Ada"}');
    await send(profiles, 'kept', '{"name":"Bob"}');
    await send(profiles, 'erased', null);
    await close();
    const table = (name: string, topic: string, more = ''): string => `
      CREATE TABLE ${name} (id STRING, name STRING, PRIMARY KEY (id) NOT ENFORCED) WITH (
        'connector' = 'upsert-kafka', 'topic' = '${topic}', 'properties.bootstrap.servers' = '${brokers.join(',')}',
        'key.format' = 'raw', 'value.format' = 'json', 'value.fields-include' = 'EXCEPT_KEY'${more}
      );`;
    const folder = mkdtempSync(join(tmpdir(), 'upsert-'));
    try {
      const file = join(folder, 'upsert.sql');
      const bounded = ", 'scan.bounded.mode' = 'latest-offset'";
      const sql = [
        table('profiles', profiles, bounded),
        table('seen', seen),
        'INSERT INTO seen SELECT * FROM profiles;',
      ];
      writeFileSync(file, sql.join('\n'));
      await runSql(file, folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    const rows = new Map(
      (await readBack(brokers, seen)).map(({ key, value }) => [String(key), value && String(value)]),
    );
    assert.deepEqual(
      rows,
      new Map([
        ['erased', null],
        ['kept', '{"name":"Bob"}'],
      ]),
    );
  });
});
