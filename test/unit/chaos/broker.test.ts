import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KafkaNode } from '../../../scripts/kafka/cluster.ts';
import { Broker } from '../../chaos/stage/broker.ts';
import { openProxy } from '../../support/proxy.ts';

/**
 * The schedule of a soak told a broker to stop while it was starting; the launcher took the end of the process for a
 * failed start, and the soak ended after two minutes (seed 4242).
 */
describe('a broker of the chaos suite', () => {
  const scene = async (test: (broker: Broker, log: string[], started: () => void) => Promise<void>) => {
    const log: string[] = [];
    const start = Promise.withResolvers<void>();
    const say = (word: string) => () => Promise.resolve(void log.push(word));
    const node: KafkaNode = {
      id: 1,
      address: '',
      listensOn: '',
      direct: '',
      listeners: {},
      dataDir: undefined,
      stop: say('stop'),
      kill: say('kill'),
      freeze: say('freeze'),
      thaw: say('thaw'),
      async start() {
        log.push('starting');
        await start.promise;
        log.push('started');
      },
    };
    const proxy = await openProxy();
    try {
      await test(new Broker(node, proxy), log, start.resolve);
    } finally {
      await proxy.close();
    }
  };

  it('finishes its start before it stops', () =>
    scene(async (broker, log, started) => {
      const faults = [broker.suffer('restart'), broker.suffer('stop'), broker.suffer('freeze')];
      setImmediate(started);
      await Promise.all(faults);
      assert.deepEqual(log, ['stop', 'starting', 'started', 'stop']);
    }));

  it('is thawed before it is told to stop, and not after', () =>
    scene(async (broker, log) => {
      await Promise.all([broker.suffer('freeze'), broker.suffer('stop'), broker.suffer('thaw')]);
      assert.deepEqual(log, ['freeze', 'thaw', 'stop']);
    }));
});
