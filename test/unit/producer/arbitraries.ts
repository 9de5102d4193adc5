import fc from 'fast-check';
import type { Answer } from './answers.ts';

/** What a broker does with a request, and in how many milliseconds. */
export const answers = fc.array(
  fc.record({
    answer: fc.oneof(
      { weight: 6, arbitrary: fc.constant<Answer>('stored') },
      {
        weight: 4,
        arbitrary: fc.constantFrom<Answer>('busy', 'moved', 'lost-answer', 'lost-request', 'unreachable'),
      },
    ),
    latency: fc.integer({ min: 0, max: 900 }),
  }),
  { maxLength: 20 },
);

/** Null: the record has none, and no order. */
export const key = fc.constantFrom('a', 'b', 'c', 'd', null);

/** Of a value, in bytes: a few of them fill a `batchSize` of 500. Null: a tombstone. */
export const size = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 2, max: 60 }) },
  { weight: 2, arbitrary: fc.constant(400) },
  { weight: 1, arbitrary: fc.constant(null) },
);

/** Until the next push, in milliseconds. */
export const wait = fc.oneof(
  { weight: 4, arbitrary: fc.constant(0) },
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 700 }) },
  { weight: 1, arbitrary: fc.constant(6_000) },
);

/** While something is away, in milliseconds of a life. */
export const outage = fc.record({
  from: fc.integer({ min: 0, max: 5_000 }),
  length: fc.constantFrom(0, 2_000, 12_000, 60_000),
});

/** Until then this partition has no leader, and everybody knows. */
export const leaderless = fc.record({
  partition: fc.constantFrom(0, 1),
  until: fc.constantFrom(0, 0, 9_000, 20_000),
});

export const sizes = {
  bufferMemory: fc.constantFrom(600, 1_500, 1_000_000),
  batchSize: fc.constantFrom(500, 1_000_000),
  diskLatency: fc.constantFrom(0, 5, 300),
};
