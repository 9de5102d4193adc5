/** `npm run downstream -- connect|flink|spark`: writes events, has the engine read them, and compares. Exits 0 if all is as it should be. */
import { isDeepStrictEqual } from 'node:util';
import { startKafka } from '../../scripts/kafka/launch.ts';
import { progressLine } from '../../scripts/kafka/progress.ts';
import { checks } from './check.ts';

const shown = 8;

const isCheck = (name: string): name is keyof typeof checks => Object.hasOwn(checks, name);

async function main(name: string): Promise<number> {
  if (!isCheck(name)) {
    console.error(`Which one? npm run downstream -- ${Object.keys(checks).join('|')}`);
    return 1;
  }
  const line = progressLine(process.stderr);
  const kafka = await startKafka({ onProgress: line.update });
  try {
    const checked = await checks[name](kafka.brokers, line.update);
    line.end();
    for (const { what, found, expected } of checked) {
      console.table(found.slice(0, shown));
      console.log(
        isDeepStrictEqual(found, expected)
          ? `✔ ${what}: ${found.length} rows, as counted from the events`
          : `✖ ${what}: ${found.length} rows, which are not the ${expected.length} counted from the events`,
      );
    }
    return checked.every(({ found, expected }) => isDeepStrictEqual(found, expected)) ? 0 : 1;
  } finally {
    line.end();
    await kafka.stop();
  }
}

try {
  process.exitCode = await main(process.argv[2] ?? '');
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
