import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { freePorts } from '../../../../scripts/kafka/ports.ts';
import { topics } from '../../../../src/cli/doctor/checks/topics.ts';
import { flowFile, run } from '../../../cli/support/run.ts';
import { tempFolder } from '../../../support/temp.ts';
import { targetWith } from './target.ts';

const folder = tempFolder();

async function away(settings: object, more: object = {}): Promise<string> {
  const [nobody = 0] = await freePorts(1);
  const kafka = { brokers: [`127.0.0.1:${nobody}`], topic: 'events' };
  return flowFile(folder, { settings: { kafka, ...settings }, ...more });
}

describe('what the doctor advises', () => {
  /** "Lower batchSize to 100", it said, where the record that was refused had 418 bytes. */
  it('is no smaller batch where one event may be larger than the topic takes', async () => {
    const fixFor = async (most: string) => {
      const topicConfig = () => Promise.resolve(new Map([['max.message.bytes', most]]));
      const [verdict] = await topics(
        targetWith({ brokers: ['b:9092'], batchSize: 1_000_000 }, { topicConfig }),
      );
      return verdict?.fix;
    };
    const alter =
      "raise the topic's limit: kafka-configs.sh --bootstrap-server b:9092 --alter --topic events --add-config max.message.bytes=1000000";
    assert.equal(await fixFor('100'), `An event alone may have more: ${alter}`);
    assert.equal(await fixFor('100000'), `Lower batchSize to 100000, or ${alter}`);
  });

  /** `deadLetter` beside `settings` was read by nobody, and all was "ok": refused events were lost. */
  it('is to move settings that stand beside `settings`, each by its name', async () => {
    const path = await away({}, { deadLetter: { topic: 'dead' }, brokers: [], timeout: 40_000, batch: 100 });
    const { lines } = await run(['doctor', path]);
    const misplaced = lines.filter((line) => line.includes('is read by nobody'));
    assert.deepEqual(misplaced, [
      'warning  settings  config.deadLetter is read by nobody: it belongs to config.settings.deadLetter.',
      'warning  settings  config.brokers is read by nobody: it belongs to config.settings.kafka.brokers.',
    ]);
  });

  /** A full disk takes files with nothing in them: "writable, empty", and a warning at most. */
  it('is to make room on a full disk, which is a failure', async () => {
    const spool = join(folder, 'full', 'kafka.spool');
    const path = await away({ spool: { path: spool } });
    const program = new URL('../../../../src/cli.ts', import.meta.url).pathname;
    const command = `ulimit -S -f 0; "${process.execPath}" "${program}" doctor "${path}" | cat; true`;
    const told = execFileSync('bash', ['-c', command], { encoding: 'utf8' }).split('\n');
    const at = told.findIndex((line) => line.startsWith('failure  spool'));
    assert.deepEqual(
      [told[at]?.replace(/\(E\w+: [^)]*\)/, '(why)'), told[at + 1]?.trim()],
      [
        `failure  spool     The disk of ${spool} takes nothing more (why): the spool keeps no record, and pushes fail while Kafka takes none.`,
        '→ Make room on it, or raise its quota.',
      ],
    );
  });
});
