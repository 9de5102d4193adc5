import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { runCommand } from '../../scripts/kafka/command.ts';
import { startKafka } from '../../scripts/kafka/launch.ts';
import { createTopic } from '../../scripts/kafka/topics.ts';
import { blocksFor } from '../support/docs/claims.ts';
import { commandsIn } from '../support/docs/commands.ts';
import { event, runFlow } from '../support/flow.ts';
import { kafkaScripts } from '../support/kafka-scripts.ts';
import { tempFolder } from '../support/temp.ts';

const folder = tempFolder();
const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';

describe('the commands of docs/platforms/self-managed.md and docs/security.md', () => {
  it('make a user who may write to the topics, and nowhere else', async (t) => {
    const cluster = await startKafka({
      own: true,
      config: {
        'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'super.users': 'User:ANONYMOUS',
      },
      listeners: [
        {
          name: 'LOGIN',
          protocol: 'SASL_PLAINTEXT',
          config: {
            'sasl.enabled.mechanisms': 'SCRAM-SHA-512',
            'scram-sha-512.sasl.jaas.config': scram,
          },
        },
      ],
    });
    t.after(() => cluster.stop());
    const topics = ['walkeros-events', 'walkeros-events-dead', 'other'];
    for (const topic of topics) await createTopic(cluster.brokers, topic);

    writeFileSync(join(folder, 'admin.properties'), '');
    const path = `${await kafkaScripts(folder)}:${process.env.PATH ?? ''}`;
    const lines = blocksFor(import.meta.filename).flatMap(commandsIn);
    assert.equal(lines.length, 3);
    for (const line of lines) {
      const here = line.replace('kafka1.example.com:9093', cluster.brokers.join(','));
      assert.notEqual(here, line);
      const { code, output } = await runCommand('sh', ['-c', `PATH='${path}' ${here}`], { cwd: folder });
      assert.equal(code, 0, output);
    }

    const sasl = { mechanism: 'scram-sha-512', username: 'walkeros', password: 'change-me' } as const;
    const brokers = [cluster.nodes[0]?.listeners.LOGIN ?? ''];
    const outcomes = [];
    for (const topic of topics) {
      const flow = await runFlow({ kafka: { brokers, topic, sasl } });
      outcomes.push((await flow.push(event())).ok);
      await flow.stop();
    }
    assert.deepEqual(outcomes, [true, true, false]);
  });
});
