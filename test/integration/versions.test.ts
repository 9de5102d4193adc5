import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Offer } from '../support/broker-bytes.ts';
import { freshTopic, sharedBroker } from '../support/broker.ts';
import { eventually } from '../support/eventually.ts';
import { isWell, refuses, resends, setsUp, storesAndShows } from '../support/every-use.ts';
import { limitedBroker } from '../support/limited-broker.ts';
import { account, openFlow, startLoad, upTo } from '../support/load.ts';
import { readBack } from '../support/reader.ts';

const clients = ['platformatic', 'kafkajs'] as const;

/** Of Kafka 4.3.1, as far as we ask for it. */
const kafka4: readonly Offer[] = [
  [0, 0, 13],
  [1, 4, 18],
  [2, 1, 11],
  [3, 0, 13],
  [8, 2, 10],
  [9, 1, 10],
  [10, 0, 6],
  [18, 0, 4],
  [19, 2, 7],
  [22, 0, 6],
  [32, 1, 4],
];

/** Of Kafka 2.1.1. */
const kafka21: readonly Offer[] = [
  [0, 0, 7],
  [1, 0, 10],
  [2, 0, 4],
  [3, 0, 7],
  [8, 0, 6],
  [9, 0, 5],
  [10, 0, 2],
  [18, 0, 2],
  [19, 0, 3],
  [22, 0, 1],
  [32, 0, 2],
];

/** Of Azure Event Hubs: of each request the least that a report of 2018 to 2026 has. */
const eventHubs: readonly Offer[] = [
  [0, 3, 7],
  [1, 4, 5],
  [2, 0, 2],
  [3, 0, 5],
  [8, 0, 3],
  [9, 0, 3],
  [10, 0, 1],
  [18, 0, 1],
  [19, 0, 3],
];

const without = (key: number, offers: readonly Offer[]) => offers.filter(([offered]) => offered !== key);
const withOffer = (offer: Offer, offers: readonly Offer[]) => [...without(offer[0], offers), offer];
const limited = async (offers: readonly Offer[]) => {
  const { brokers } = await sharedBroker();
  return limitedBroker(brokers[0] ?? '', offers);
};

/**
 * Brokers were rolled back from 3.6.2 to 2.8.2, one by one: 0 of 8 pushes came through in 60 s on a healthy cluster, until
 * the flow was restarted. The client asked once in its life what brokers speak, and the messages said that it was the network.
 */
describe('a broker comes back with an older version: the stream goes on, and nothing is lost', () => {
  for (const client of clients) {
    // The numbering is ours, and the same for both.
    for (const idempotent of client === 'platformatic' ? [false, true] : [true]) {
      it(`${client}${idempotent ? ', idempotent' : ''}`, async () => {
        const broker = await limited(kafka4);
        const topic = await freshTopic('rolled-back', { partitions: 3 });
        const flow = await openFlow({
          kafka: { brokers: [broker.address], topic, client, idempotent, key: 'data.key' },
        });
        const load = await startLoad(flow, { perTick: 2, keys: 20 });
        await eventually('the stream flows', () => load.accepted > 100);
        for (const offers of [kafka21, eventHubs, kafka4]) {
          broker.offers = idempotent && offers === eventHubs ? [...offers, [22, 0, 1]] : offers;
          broker.hangUp();
          const goal = load.begun + 100;
          await eventually('the stream flows again', () => load.accepted > goal);
        }
        const failures = await load.stop();
        await flow.stop();
        assert.deepEqual([...failures], []);
        assert.deepEqual(broker.refused, []);
        const stored = await readBack((await sharedBroker()).brokers, topic);
        const { lost, disordered, duplicates } = account(stored, upTo(load.begun));
        assert.deepEqual({ lost, disordered }, { lost: [], disordered: [] });
        if (idempotent) assert.equal(duplicates, 0);
      });
    }
  }
});

/** One broker of three was older than the others: 17 of 60 pushes failed. Here: the first to be asked, and the one that leads. */
describe('brokers of one cluster that speak different versions', { concurrency: true }, () => {
  for (const client of clients) {
    for (const [first, leading] of [
      [kafka21, kafka4],
      [kafka4, kafka21],
    ] as const) {
      it(`${client}: the ${first === kafka21 ? 'older' : 'newer'} one is asked first`, async () => {
        const leader = await limited(leading);
        const [address = ''] = (await sharedBroker()).brokers;
        const bootstrap = await limitedBroker(address, first, () => leader);
        const brokers = [bootstrap.address];
        const topic = await setsUp(brokers, client);
        await storesAndShows({ brokers, topic, client, idempotent: true });
        await isWell(brokers, topic);
        await resends(brokers, topic, await freshTopic('dead'));
        assert.deepEqual([...bootstrap.refused, ...leader.refused], []);
        assert.ok(leader.asked.has(leading === kafka21 ? '0 v7' : '0 v8'), [...leader.asked].join());
      });
    }
  }
});

/**
 * The default client refused Azure Event Hubs ("Kafka 2.1 or later is needed. Check … the network") where kafkajs worked, and
 * asked for InitProducerId where nothing was idempotent.
 */
describe('a broker that speaks what Azure Event Hubs does', { concurrency: true }, () => {
  for (const client of clients) {
    it(`${client}: setup, pushes, tail, the doctor and dead letters work`, async () => {
      const broker = await limited(eventHubs);
      const brokers = [broker.address];
      const topic = await setsUp(brokers, client);
      await storesAndShows({ brokers, topic, client });
      await isWell(brokers, topic);
      await resends(brokers, topic, await freshTopic('dead'));
      assert.deepEqual(broker.refused, []);
    });

    it(`${client}: what it cannot do is said, and which setting works`, async () => {
      const broker = await limited(eventHubs);
      const kafka = { brokers: [broker.address], topic: await freshTopic('hub'), client };
      assert.match(
        await refuses({ ...kafka, idempotent: true }),
        /Last failure: The broker at 127\.0\.0\.1:\d+ does not offer InitProducerId\. Remove settings\.kafka\.idempotent\./,
      );
      assert.deepEqual(broker.refused, []);
    });
  }
});

describe('a broker with which there is no version in common', { concurrency: true }, () => {
  for (const client of clients) {
    const refusedBy = async (offers: readonly Offer[], more: object = {}) => {
      const broker = await limited(offers);
      const kafka = { brokers: [broker.address], topic: await freshTopic('foreign'), client, ...more };
      const message = await refuses(kafka);
      assert.deepEqual(broker.refused, []);
      assert.doesNotMatch(message, /network/);
      return message;
    };

    it(`${client}: an older one`, async () => {
      assert.match(
        await refusedBy(withOffer([0, 0, 2], kafka21)),
        /Last failure: The broker at 127\.0\.0\.1:\d+ speaks Produce 0 to 2, and this package 3 to 8\. Kafka 0\.11 or later is needed\./,
      );
    });

    it(`${client}: a newer one, which was told that it is too old`, async () => {
      assert.match(
        await refusedBy(withOffer([0, 14, 16], kafka4)),
        /Last failure: The broker at 127\.0\.0\.1:\d+ speaks Produce 14 to 16, and this package 3 to 8\. The broker is newer than this package: update walkeros-destination-kafka\./,
      );
      assert.match(
        await refusedBy(withOffer([3, 20, 21], kafka4)),
        /speaks Metadata 20 to 21, and this package \d to \d+\. The broker is newer than this package/,
      );
    });

    it(`${client}: zstd, which Kafka has since 2.1`, async () => {
      assert.match(
        await refusedBy(withOffer([0, 0, 6], kafka21), { compression: 'zstd' }),
        /Last failure: The broker at 127\.0\.0\.1:\d+ speaks Produce 0 to 6, and settings\.kafka\.compression "zstd" needs 7\. Choose "gzip"/,
      );
    });
  }
});
