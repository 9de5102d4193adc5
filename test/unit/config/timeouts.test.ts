import assert from 'node:assert/strict';
import { it } from 'node:test';
import { resolveOptions } from '../../../src/config/resolve.ts';

// deliveryTimeout was 8 s, only because the collector gives up after 10: 467 to 1,297 of 69,000 pushes were rejected while a
// leader was replaced, which takes about ten. The collector's own limit can be raised, where the user has not set it.
const rows: [title: string, deliveryTimeout: number | undefined, timeout: unknown, is: [number, number]][] = [
  ['neither is set: the limit is raised', undefined, undefined, [30_000, 37_500]],
  ['a long deliveryTimeout: the limit is raised', 60_000, undefined, [60_000, 75_000]],
  ['a short deliveryTimeout: the limit need not be raised', 2_000, undefined, [2_000, 10_000]],
  [
    'the longest deliveryTimeout: a longer timer would fire at once',
    2_147_483_647,
    undefined,
    [2_147_483_647, 2_147_483_647],
  ],
  ['0 is no limit, as for the collector', undefined, 0, [30_000, 37_500]],
  ['text is no limit, as for the collector', undefined, '5000', [30_000, 37_500]],
  ['NaN is no limit, as for the collector', undefined, NaN, [30_000, 37_500]],
  ["the user's limit wins", undefined, 5_000, [4_000, 5_000]],
  ["the user's limit wins over a deliveryTimeout as long", 5_000, 5_000, [4_000, 5_000]],
  ["the user's limit wins over a longer deliveryTimeout", 60_000, 5_000, [4_000, 5_000]],
  ['both fit', 4_999, 5_000, [4_999, 5_000]],
  ['a limit far above changes nothing', undefined, 600_000, [30_000, 600_000]],
  ['a limit that no timer takes would fire at once', undefined, Infinity, [30_000, 2_147_483_647]],
  ['the least limit', undefined, 1, [1, 1]],
];

for (const [title, deliveryTimeout, timeout, is] of rows) {
  it(title, () => {
    const settings = { kafka: { brokers: ['b:1'], topic: 't', ...(deliveryTimeout && { deliveryTimeout }) } };
    const { options, collectorTimeout } = resolveOptions(settings, { timeout });
    assert.deepEqual([options.deliveryTimeout, collectorTimeout], is);
  });
}

// With the 30 s of a flow without spool, every push of an outage stayed in memory for 29 s before the disk took its record, and
// HTTP clients gave up meanwhile: the spool is what outlives an outage.
const spool = { path: '/var/lib/walkeros/kafka.spool' };
const withSpool: [
  title: string,
  deliveryTimeout: number | undefined,
  timeout: unknown,
  is: [number, number],
][] = [
  ['neither is set', undefined, undefined, [8_000, 10_000]],
  ['a deliveryTimeout of the user', 30_000, undefined, [30_000, 37_500]],
  ["the user's limit wins", undefined, 5_000, [4_000, 5_000]],
  ['a limit far above changes nothing', undefined, 60_000, [8_000, 60_000]],
];

for (const [title, deliveryTimeout, timeout, is] of withSpool) {
  it(`with a spool: ${title}`, () => {
    const kafka = { brokers: ['b:1'], topic: 't', ...(deliveryTimeout && { deliveryTimeout }) };
    const { options, collectorTimeout } = resolveOptions({ kafka, spool }, { timeout });
    assert.deepEqual([options.deliveryTimeout, collectorTimeout], is);
  });
}

it('fits into the limit that the collector has, where it will take no other', () => {
  const settings = { kafka: { brokers: ['b:1'], topic: 't' } };
  const { options, collectorTimeout } = resolveOptions(settings, { raisesTimeout: false });
  assert.deepEqual([options.deliveryTimeout, collectorTimeout], [8_000, 10_000]);
});
