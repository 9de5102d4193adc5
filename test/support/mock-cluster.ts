import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { confluentPython } from '../../scripts/confluent/packages.ts';

export interface MockCluster {
  readonly brokers: string[];
  /** What a topic holds, as librdkafka's consumer reads it. */
  read(topic: string, count: number): Promise<{ partition: number; key: string; value: string }[]>;
  stop(): void;
}

/** librdkafka's mock cluster, a Kafka that nobody here wrote. See `confluentMissing` for machines that cannot run it. */
export async function startMockCluster(): Promise<MockCluster> {
  const found = await confluentPython();
  if ('missing' in found) throw new Error(found.missing);
  const script = fileURLToPath(new URL('../../scripts/confluent/mock.py', import.meta.url));
  const child = spawn(found.python, [script], { env: found.env, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async <Answer>(): Promise<Answer> => {
    const line = await lines.next();
    if (line.done === true) throw new Error('The mock cluster has ended');
    return JSON.parse(line.value) as Answer;
  };
  const { brokers } = await answer<{ brokers: string }>();
  return {
    brokers: brokers.split(','),
    async read(topic, count) {
      child.stdin.write(`${JSON.stringify({ topic, count })}\n`);
      const { records } = await answer<{ records: Awaited<ReturnType<MockCluster['read']>> }>();
      return records;
    },
    stop: () => void child.stdin.end(),
  };
}
