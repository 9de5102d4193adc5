import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { randomOf } from '../../chaos/random.ts';
import type { Fault } from '../../chaos/scenario.ts';
import { killsSchedule, soakSchedule } from '../../chaos/scenarios/soak.ts';

describe('the schedule of a soak', () => {
  it('is the same for the same seed, and another for another', () => {
    const schedule = (seed: number): unknown => soakSchedule(randomOf(seed), 600);
    assert.deepEqual(schedule(7), schedule(7));
    assert.notDeepEqual(schedule(7), schedule(8));
  });

  it('is random numbers in [0, 1) that do not repeat', () => {
    const random = randomOf(1);
    const numbers = Array.from({ length: 1_000 }, random);
    assert.ok(numbers.every((number) => number >= 0 && number < 1));
    assert.equal(new Set(numbers).size, 1_000);
  });

  /** Otherwise the end would be judged while something is still broken. */
  for (const schedule of [soakSchedule, killsSchedule])
    it(`${schedule.name} mends all that it breaks, in its order, and leaves time to recover`, () => {
      for (let seed = 1; seed <= 50; seed++) {
        const broken = new Set<string>();
        let before = 0;
        for (const { at, do: fault } of schedule(randomOf(seed), 600)) {
          assert.ok(at >= before && at <= 600 - 18, `seed ${seed}: ${at} after ${before}`);
          before = at;
          const { breaks, mends } = effectOf(fault);
          if (breaks !== undefined) broken.add(breaks);
          if (mends !== undefined) assert.ok(broken.delete(mends), `seed ${seed}: nothing to mend, ${mends}`);
        }
        assert.deepEqual([...broken], [], `seed ${seed}`);
      }
    });

  it('kills our process every 5 to 20 s, and breaks brokers and networks in between', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const schedule = killsSchedule(randomOf(seed), 600);
      const kills = schedule.filter(({ do: fault }) => fault.kind === 'crash-flow').map(({ at }) => at);
      const pauses = kills.map((at, index) => at - (kills[index - 1] ?? 0));
      assert.ok(
        pauses.every((pause) => pause >= 4.9 && pause <= 20.1),
        `seed ${seed}: ${pauses.join(', ')}`,
      );
      assert.ok((kills.at(-1) ?? 0) > 600 - 20 - 20.1, `seed ${seed}: the last at ${kills.at(-1)}`);
      assert.ok(schedule.length - kills.length >= 20, `seed ${seed}: ${schedule.length} steps`);
    }
  });
});

function effectOf(fault: Fault): { breaks?: string; mends?: string } {
  if (fault.kind === 'kill' || fault.kind === 'stop') return { breaks: `process ${fault.broker}` };
  if (fault.kind === 'start') return { mends: `process ${fault.broker}` };
  if (fault.kind === 'freeze') return { breaks: `frozen ${fault.broker}` };
  if (fault.kind === 'thaw') return { mends: `frozen ${fault.broker}` };
  if (fault.kind !== 'network') return {};
  const { trouble, broker } = fault;
  if (trouble.kind === 'heal') return { mends: `network ${broker}` };
  return ['reset', 'half-open', 'cut-answer'].includes(trouble.kind) ? {} : { breaks: `network ${broker}` };
}
