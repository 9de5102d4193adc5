import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Cluster } from '../../../src/transport/cluster.ts';
import type { Transport } from '../../../src/transport/connection.ts';
import type { MetadataAnswer } from '../../../src/transport/metadata.ts';
import { clientOptions } from '../../support/client-options.ts';
import { openConnection } from './open-connection.ts';

const brokers = [1, 2, 3].map((nodeId) => ({ nodeId, host: `b${nodeId}`, port: 9092 }));

/** Three brokers that lead as each of them says, and who was asked. */
function rig(leaderBy: (host: string) => number) {
  const asked: string[] = [];
  const open: Transport['open'] = ({ host }) => {
    const metadata = (): Promise<MetadataAnswer> => {
      asked.push(host);
      const partitions = [{ partition: 0, leader: leaderBy(host), replicas: 3, inSync: 3 }];
      return Promise.resolve({ brokers, code: 0, partitions, controller: 2, clusterId: undefined });
    };
    return Promise.resolve(openConnection({ metadata }));
  };
  const transport: Transport = { open, close: () => Promise.resolve() };
  const cluster = new Cluster(transport, { ...clientOptions, brokers: ['b3:9092', 'b1:9092'] });
  return { cluster, asked };
}

describe('Cluster', () => {
  // One broker had lost its controller, and went on telling what it knew. It was always the first to be asked, so that all
  // records went to a leader of the past.
  it('asks another broker each time, for one may know old things only', async () => {
    const { cluster } = rig((host) => (host === 'b1' ? 1 : 2));
    const leaders = [];
    for (let asked = 0; asked < 4; asked++) leaders.push((await cluster.metadata('t')).leaders[0]);
    assert.deepEqual(leaders, [2, 1, 2, 2]);
  });

  it('begins with the brokers of the settings as they stand there', async () => {
    const { cluster, asked } = rig(() => 1);
    await cluster.connect();
    for (let question = 0; question < 4; question++) await cluster.metadata('t');
    assert.deepEqual(asked, ['b3', 'b1', 'b2', 'b3', 'b1']);
  });

  it('does not know what it doubts: topics led from there, and no others', async () => {
    const { cluster } = rig(() => 1);
    await cluster.metadata('t');
    cluster.invalidate('b2:9092');
    assert.equal(cluster.codeOf('t'), 0);
    cluster.invalidate('b1:9092');
    assert.equal(cluster.codeOf('t'), undefined);
    await cluster.metadata('t');
    assert.equal(cluster.codeOf('t'), 0);
  });

  // A frozen broker came first with every third question, which then took a second longer.
  it('asks a broker that was silent a moment ago after the others', async () => {
    const asked: string[] = [];
    const answer = {
      brokers,
      code: 0,
      partitions: [{ partition: 0, leader: 1, replicas: 3, inSync: 3 }],
      controller: 2,
      clusterId: undefined,
    };
    const open: Transport['open'] = ({ host }) => {
      asked.push(host);
      if (host === 'b2') return Promise.reject(new Error('connect ECONNREFUSED'));
      return Promise.resolve(openConnection({ metadata: () => Promise.resolve(answer) }));
    };
    const transport: Transport = { open, close: () => Promise.resolve() };
    const cluster = new Cluster(transport, { ...clientOptions, brokers: ['b1:9092'] });
    for (let question = 0; question < 7; question++) await cluster.metadata('t');
    assert.equal(asked.filter((host) => host === 'b2').length, 1);
  });
});
