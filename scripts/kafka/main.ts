/** `node scripts/kafka/main.ts [1|3]`: a Kafka to play with; prints its address and runs until Ctrl-C. */
import { startKafka } from './launch.ts';
import { progressLine } from './progress.ts';

const line = progressLine(process.stderr);
const cluster = await startKafka({ nodes: process.argv[2] === '3' ? 3 : 1, onProgress: line.update });
line.end();
console.log(cluster.brokers.join(','));
const stay = setInterval(() => undefined, 60_000);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    clearInterval(stay);
    void cluster.stop();
  });
}
