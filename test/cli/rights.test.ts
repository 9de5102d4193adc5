import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  AclOperations,
  AclPermissionTypes,
  ResourcePatternTypes,
  ResourceTypes,
  type AclOperationValue,
} from '@platformatic/kafka';
import { withAdmin } from '../../scripts/kafka/admin.ts';
import { freePorts } from '../../scripts/kafka/ports.ts';
import { recordCounts } from '../../scripts/kafka/topics.ts';
import { startAclKafka, type AclKafka } from '../support/acl-kafka.ts';
import { freshTopic } from '../support/broker.ts';
import { event, runFlow } from '../support/flow.ts';
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
    user = 'shop',
  ): Promise<void> {
    const creation = {
      resourceType: ResourceTypes[resource],
      resourceName,
      resourcePatternType: ResourcePatternTypes.LITERAL,
      principal: `User:${user}`,
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

  it('find: READ on the topics and on the group of dead letters; without them it says what was not searched', async () => {
    const { topic, dead, group, path } = await letters();
    const find = ['find', event().id, '--flow', path, '--since', '2023-11-14'];
    const blind = await run(find);
    assert.equal(blind.code, 1);
    for (const one of [topic, dead])
      assert.match(
        blind.lines.join('\n'),
        new RegExp(`^not searched: topic "${one}": .*this user may not read it`, 'm'),
      );
    await grant(AclOperations.READ, topic);
    await grant(AclOperations.READ, dead);
    const unsure = await run(find);
    assert.equal(unsure.code, 0);
    assert.ok(unsure.lines.includes('    whether it was re-sent is not known'), unsure.lines.join('\n'));
    assert.match(unsure.lines.at(-1) ?? '', /^not searched: what was re-sent: Consumer group /);
    await grant(AclOperations.READ, group, 'GROUP');
    assert.ok((await run(find)).lines.every((line) => !line.startsWith('not searched')));
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

  describe('of an operator, whose login is in a file of its own', () => {
    /** The flow's own password is one that this machine does not have. */
    async function scene() {
      const { direct } = kafka.cluster;
      const [topic, dead] = await Promise.all([
        freshTopic('operated', { brokers: direct }),
        freshTopic('operated-dead', { brokers: direct }),
      ]);
      await fillDeadLetters(direct, dead, { count: 1, headers: refusal(topic) });
      const sasl = { ...kafka.sasl, password: '$env.PASSWORD_OF_THE_FLOW' };
      const spool = join(mkdtempSync(join(folder, 'spool-')), 'kafka.spool');
      const settings = {
        kafka: { brokers: [kafka.login], topic, sasl },
        deadLetter: { topic: dead },
        spool: { path: spool },
      };
      const [nobody = 0] = await freePorts(1);
      const away = { ...settings.kafka, sasl: undefined, brokers: [`127.0.0.1:${nobody}`] };
      const flow = await runFlow({ kafka: away, spool: { path: spool, mode: 'always' } });
      await flow.push(event());
      await flow.stop();
      return { topic, dead, path: flowFile(folder, { settings }), group: `walkeros-kafka-resend.${dead}` };
    }

    function loginFile(changed: object): string {
      const path = join(mkdtempSync(join(folder, 'login-')), 'ops.json');
      writeFileSync(path, JSON.stringify({ kafka: { sasl: { ...kafka.operator, ...changed } } }));
      return path;
    }

    const commandsOf = (path: string, topic: string): string[][] => [
      ['doctor', path],
      ['tail', topic, '--flow', path, '--from-beginning', '--to-end'],
      ['tail', topic, '--brokers', kafka.login, '--from-beginning', '--to-end'],
      ['find', event().id, '--flow', path, '--since', '2023-11-14'],
      ['dead-letters', 'list', path],
      ['dead-letters', 'resend', path],
      ['spool', 'status', path],
      ['spool', 'drain', path],
    ];

    it('every command goes by it', async () => {
      const { topic, dead, group, path } = await scene();
      const grants = [
        grant(AclOperations.READ, topic, 'TOPIC', 'ops'),
        grant(AclOperations.WRITE, topic, 'TOPIC', 'ops'),
        grant(AclOperations.READ, dead, 'TOPIC', 'ops'),
        grant(AclOperations.READ, group, 'GROUP', 'ops'),
      ];
      await Promise.all(grants);
      const login = loginFile({ password: '$env.PASSWORD_OF_OPS' });
      const environment = { PASSWORD_OF_OPS: kafka.operator.password };
      for (const words of commandsOf(path, topic)) {
        const { code, lines, notes } = await run([...words, '--login', login], { environment });
        assert.equal(code, 0, [words, ...lines, ...notes].join('\n'));
        if (words[0] !== 'doctor') continue;
        assert.deepEqual(lines.slice(0, 2), [
          `ok       flow      ${path}: destination "kafka" of flow "default"`,
          `ok       settings  ${kafka.login}, topic "${topic}", refused records to "${dead}", by the login of ${login}`,
        ]);
        assert.ok(lines.includes('ok       sasl      logged in with plain as "ops"'), lines.join('\n'));
        const shape = '1 partition, 1 replica in sync';
        const rights = "the flow's own rights not looked at (--login)";
        assert.ok(lines.includes(`ok       topics    "${dead}": ${shape}, ${rights}`), lines.join('\n'));
      }
      assert.deepEqual(await recordCounts(kafka.cluster.direct, topic), [2]);
    });

    it('a wrong one is named, with its file, and no secret', async () => {
      const { topic, path } = await scene();
      const login = loginFile({ password: 'hush-of-nobody' });
      // They know nothing of the cluster.
      const commands = commandsOf(path, topic).filter(
        (words) => words[1] !== 'status' && words[1] !== 'drain',
      );
      for (const words of commands) {
        for (const json of [[], ['--json']]) {
          const { code, lines, notes } = await run([...words, ...json, '--login', login]);
          const told = [...lines, ...notes].join('\n');
          // It is in the spool.
          assert.equal(code, words[0] === 'find' ? 0 : 1, told);
          assert.ok(told.includes(`kafka.sasl in ${login}`), told);
          assert.doesNotMatch(told, /hush/);
        }
      }
    });

    it('what it may not do is told with the command to type', async () => {
      const { topic, path } = await scene();
      const { lines } = await run(['doctor', path, '--login', loginFile({})]);
      const fix = `kafka-acls.sh --bootstrap-server ${kafka.login} --command-config admin.properties --add --allow-principal User:ops --operation Describe --topic ${topic}`;
      assert.ok(
        lines.some((line) => line.endsWith(`→ Grant it: ${fix}`)),
        lines.join('\n'),
      );
    });
  });
});
