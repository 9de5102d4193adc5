/**
 * `npm run demo:visitors [-- --seconds 60 --visitors 50]`: that many visitors' traffic into `npm start`, which it starts
 * itself; then everything that was answered with 200 is looked for in Kafka, and the demo's memory compared.
 */
import { parseArgs } from 'node:util';
import { spawnDemo } from '../test/support/demo-process.ts';
import { readBack } from '../test/support/reader.ts';
import { residentMemory } from '../test/support/resident-memory.ts';
import { faultsOf, visit } from '../test/support/visitors.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, visitors: { type: 'string', default: '50' } },
});
const [seconds, visitors] = [Number(values.seconds), Number(values.visitors)];

const demo = spawnDemo({ KAFKA_BROKERS: process.env.KAFKA_BROKERS }, '--port', '0', '--no-open');
try {
  const origin = await demo.origin();
  const memory: number[] = [];
  const sample = async (): Promise<void> => void memory.push(await residentMemory(demo.pid));
  const visits = await visit({
    origin,
    visitors,
    seconds,
    prefix: `visitor-${Date.now().toString(36)}`,
    onSecond: () => void sample(),
  });
  const records = await readBack(await demo.brokers(), 'demo-events', {
    count: visits.total,
    timeoutMs: 120_000,
  });
  const faults = [...visits.troubles, ...faultsOf(visits, records)];
  const fifth = Math.ceil(memory.length / 5);
  const megabytes = [0, 1, 2, 3, 4].map((part) =>
    median(memory.slice(part * fifth, (part + 1) * fifth)).toFixed(0),
  );
  console.log(
    `${visitors} visitors, ${seconds} s: ${visits.total} events answered with 200, ${faults.length} faults; ` +
      `memory in MB, by fifths of the time: ${megabytes.join(', ')}`,
  );
  for (const fault of faults.slice(0, 20)) console.error(fault);
  process.exitCode = faults.length === 0 ? 0 : 1;
} finally {
  demo.signal('SIGINT');
  await demo.exitCode();
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;
}
