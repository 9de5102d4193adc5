import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  AclOperations,
  AclPermissionTypes,
  ResourcePatternTypes,
  ResourceTypes,
  type AclOperationValue,
} from '@platformatic/kafka';
import { withAdmin } from '../../scripts/kafka/admin.ts';
import { recordCounts } from '../../scripts/kafka/topics.ts';
import { startAclKafka, type AclKafka } from '../support/acl-kafka.ts';
import { freshTopic } from '../support/broker.ts';
import { tempFolder } from '../support/temp.ts';
import { fillDeadLetters, refusal } from './support/letters.ts';
import { flowFile, run } from './support/run.ts';

const folder = tempFolder();

/** docs/security.md says which rights a command needs. One too few, and an operator stands before a closed door. */
describe('the rights that commands need', () => {
  let kafka: AclKafka;
  before(async () => {
    kafka = await startAclKafka();
  });
  after(() => kafka.cluster.stop());

  async function grant(
    operation: AclOperationValue,
    resourceName: string,
    resource: 'TOPIC' | 'GROUP' = 'TOPIC',
  ): Promise<void> {
    const creation = {
      resourceType: ResourceTypes[resource],
      resourceName,
      resourcePatternType: ResourcePatternTypes.LITERAL,
      principal: 'User:shop',
      host: '*',
      operation,
      permissionType: AclPermissionTypes.ALLOW,
    };
    await withAdmin(kafka.cluster.direct, (admin) => admin.createAcls({ creations: [creation] }));
  }

  /** A topic with a dead letter for it, and the flow of a user who may do nothing yet. */
  async function letters(): Promise<{ topic: string; dead: string; group: string; path: string }> {
    const { direct } = kafka.cluster;
    const topic = await freshTopic('rights', { brokers: direct });
    const dead = await freshTopic('rights-dead', { brokers: direct });
    await fillDeadLetters(direct, dead, { count: 1, headers: refusal(topic) });
    const settings = { brokers: [kafka.login], topic, sasl: kafka.sasl };
    const path = flowFile(folder, { settings: { kafka: settings, deadLetter: { topic: dead } } });
    return { topic, dead, group: `walkeros-kafka-resend.${dead}`, path };
  }

  const refused = async (words: readonly string[], message: RegExp): Promise<void> => {
    const { code, lines, notes } = await run(words);
    assert.equal(code, 1);
    assert.match([...lines, ...notes].join('\n'), message);
  };

  it('tail: READ on the topic', async () => {
    const { dead, path } = await letters();
    const tail = ['tail', dead, '--flow', path, '--from-beginning', '--to-end'];
    const noRead = new RegExp(
      `Kafka topic "${dead}": this user may not read it .* Grant the ACL operation READ on topic "${dead}"`,
    );
    await refused(tail, noRead);
    await grant(AclOperations.DESCRIBE, dead);
    await refused(tail, noRead);
    await grant(AclOperations.READ, dead);
    const { code, lines } = await run(tail);
    assert.deepEqual([code, lines.length], [0, 1]);
  });

  it('dead-letters: READ on the dead-letter topic and on the group, WRITE on the topic to send to', async () => {
    const { topic, dead, group, path } = await letters();
    const [list, resend] = [
      ['dead-letters', 'list', path],
      ['dead-letters', 'resend', path],
    ];
    await grant(AclOperations.READ, dead);
    const noGroup = new RegExp(
      `Consumer group "${group}": this user may not use it .* READ on group "${group}"`,
    );
    await refused(list, noGroup);
    await refused(resend, noGroup);
    await grant(AclOperations.READ, group, 'GROUP');
    assert.equal((await run(list)).code, 0);
    await refused(resend, new RegExp(`Topic "${topic}": the broker does not show it to this user`));
    await grant(AclOperations.WRITE, topic);
    assert.equal((await run(resend)).code, 0);
    assert.deepEqual(await recordCounts(kafka.cluster.direct, topic), [1]);
  });
});
